//! `--html`: one explanation as a page that needs no other file.

use std::path::{Path, PathBuf};

use support::display::{escape_html, one_line};
use support::{Error, Result, plot};

use crate::explain::Explained;
use crate::model::Model;
use crate::report;

/// The file of the page, in a folder that is there.
///
/// # Errors
/// No such folder, or a folder in the place of the file.
pub fn place(file: &str) -> Result<PathBuf> {
    let path = PathBuf::from(file);
    let folder = folder(&path);
    if !folder.is_dir() {
        return Err(Error::new(format!(
            "there is no folder {} for {}: make it first",
            folder.display(),
            one_line(file)
        )));
    }
    if path.is_dir() || path.file_name().is_none() {
        return Err(Error::new(format!("`{}` is a folder: --html takes the name of a file", one_line(file))));
    }
    Ok(path)
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."))
}

/// Writes the page. It replaces an older file in one step, so that no half of it can be seen.
///
/// # Errors
/// A figure that cannot be drawn, a file that cannot be written.
pub fn write(path: &Path, model: &Model, explained: &Explained) -> Result<()> {
    let page = page(model, explained)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = folder(path).join(format!(".{name}.{}", std::process::id()));
    std::fs::write(&draft, page).and_then(|()| std::fs::rename(&draft, path)).map_err(|error| {
        let _ = std::fs::remove_file(&draft);
        Error::from(error).context(format!("writing {}", path.display()))
    })
}

fn page(model: &Model, explained: &Explained) -> Result<String> {
    let (attribution, classes) = (&explained.attribution, model.classifier.classes());
    // LIME's panel has the probabilities and the text in it already.
    let (figure, above) = if attribution.surrogate.is_some() {
        (plot::lime_panel(classes, &explained.probabilities, &explained.text, attribution)?, Vec::new())
    } else {
        let predicted = report::probabilities(classes, &explained.probabilities);
        (attribution.heat_strip()?, vec![("Text", explained.text.clone()), ("Probabilities", predicted)])
    };
    let line = |(name, value): (&str, String)| {
        format!(
            "<p style=\"margin:4px 12px;font-size:14px\"><span style=\"color:#595959\">{name}</span> {}</p>\n",
            escape_html(&one_line(&value))
        )
    };
    let above: String = std::iter::once(("Model", model.name.clone())).chain(above).map(line).collect();
    let title = format!("{} for “{}”", attribution.method, attribution.target_name);
    Ok(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{}</title></head>\n\
         <body style=\"margin:24px;max-width:900px;background-color:#ffffff;color:#1a1a1a;font-family:sans-serif\">\n\
         {above}{}\n</body>\n</html>\n",
        escape_html(&one_line(&title)),
        figure.html().unwrap_or_default(),
    ))
}
