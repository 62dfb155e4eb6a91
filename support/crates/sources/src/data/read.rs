//! Reading a csv file into a [`Dataset`], with every mistake named by row and column.
//!
//! polars does the parsing. All columns are read as text first, so that a wrong label can be shown as it is written.

use std::path::Path;

use polars::df;
use polars::prelude::{
    Column, CsvParseOptions, CsvReadOptions, DataFrame, IntoColumn, NewChunkedArray, SerReader, StringChunked,
};

use super::Dataset;
use ground::{Error, Result, bail};

/// The path of a file that is part of the course.
pub(super) fn bundled(name: &str) -> Result<String> {
    let path = crate::course_folder().join("data").join(name);
    if !path.is_file() {
        let advice = format!("Bring it back with `git checkout -- data/{name}`");
        return Err(Error::environment(format!("the bundled file data/{name} is missing. {advice}")));
    }
    Ok(path.to_string_lossy().into_owned())
}

/// Reads the file at `path`; labels are indices into `classes`.
pub(super) fn csv(path: &str, name: &str, classes: &[String]) -> Result<Dataset> {
    let frame = parse(path).map_err(|error| error.context(format!("reading {path}")))?;
    let dataset = fill(&frame, classes).map_err(|error| error.context(format!("reading {path}")))?;
    Ok(Dataset { name: name.to_owned(), classes: classes.to_vec(), frame: dataset })
}

/// A csv file as a frame in which every column is text; the first line names the columns.
///
/// # Errors
/// A file that is missing, empty, not UTF-8, or no csv file.
pub fn parse(path: &str) -> Result<DataFrame> {
    let place = Path::new(path);
    if place.is_dir() {
        bail!("this is a folder. Give the path of a csv file");
    }
    if !place.exists() {
        bail!("there is no such file. A relative path starts in the notebook's folder; a full path works too");
    }
    let bytes = std::fs::read(place)?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        bail!("the file is empty. Its first line must name the columns: text,label");
    }
    if let Err(error) = std::str::from_utf8(&bytes) {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count();
        bail!("line {line} is not UTF-8. Save the file as UTF-8 (in a spreadsheet: \"CSV UTF-8\")");
    }
    CsvReadOptions::default()
        .with_has_header(true)
        .with_infer_schema_length(Some(0))
        .with_parse_options(CsvParseOptions::default().with_missing_is_null(false))
        .into_reader_with_file_handle(std::io::Cursor::new(bytes))
        .finish()
        .map_err(|error| {
            let all = error.to_string();
            let first = all.lines().next().unwrap_or_default();
            Error::new(format!(
                "this is not a csv file with one text per row ({first}). \
                 A text with commas, quotes or line breaks stands in double quotes; quotes inside are doubled"
            ))
        })
}

/// The frame of a [`Dataset`]: checked labels, and the columns that a file may leave out.
fn fill(frame: &DataFrame, classes: &[String]) -> Result<DataFrame> {
    let rows = frame.height();
    let texts = required(frame, "text")?;
    let written = required(frame, "label")?;
    if rows == 0 {
        bail!("there is a header, but no row below it");
    }
    let last = classes.len() - 1;
    let known = || classes.iter().enumerate().map(|(i, class)| format!("{i} {class}")).collect::<Vec<_>>().join(", ");
    let mut labels = Vec::with_capacity(rows);
    for (i, label) in written.iter().enumerate() {
        let row = i + 1;
        match label.trim().parse::<i64>() {
            Ok(value) if (0..=last as i64).contains(&value) => labels.push(value as u32),
            Ok(value) => bail!("row {row}: the label {value} is out of range. Labels: {}", known()),
            Err(_) if label.trim().is_empty() => bail!("row {row}: there is no label. Labels: {}", known()),
            Err(_) => bail!("row {row}: the label `{label}` is not a number. Labels: {}", known()),
        }
    }
    if let Some(i) = texts.iter().position(|text| text.trim().is_empty()) {
        bail!("row {}: the text is empty. Remove the row", i + 1);
    }
    let optional = |name: &str, otherwise: &dyn Fn(usize) -> String| -> Result<Vec<String>> {
        match column(frame, name)? {
            Some(values) => Ok(values),
            None => Ok((1..=rows).map(otherwise).collect()),
        }
    };
    let mut filled = df!(
        "id" => optional("id", &|row| row.to_string())?,
        "text" => &texts,
        "label" => &labels,
        "split" => optional("split", &|_| "train".to_owned())?,
        "source" => optional("source", &|_| "file".to_owned())?,
        "rationale" => optional("rationale", &|_| String::new())?,
    )?;
    for name in MORE {
        if let Some(values) = column(frame, name)? {
            filled.with_column(StringChunked::from_iter_values(name.into(), values.iter()).into_column())?;
        }
    }
    Ok(filled)
}

/// Columns that some data sets have.
const MORE: [&str; 2] = ["headline", "kind"];

/// A bundled table that is no [`Dataset`]: columns of text, then columns of numbers.
pub(super) fn table(name: &str, texts: &[&str], numbers: &[&str]) -> Result<DataFrame> {
    let path = bundled(name)?;
    let read = || -> Result<DataFrame> {
        let frame = parse(&path)?;
        let mut table = frame.select(texts.iter().chain(numbers).copied())?;
        for name in numbers {
            let values = table.column(name)?.str()?;
            let number = |(row, value): (usize, Option<&str>)| {
                let value = value.unwrap_or_default();
                let row = row + 1;
                value.parse::<f64>().map_err(|_| Error::new(format!("row {row}: `{name}` is no number: `{value}`")))
            };
            let values: Vec<f64> = values.iter().enumerate().map(number).collect::<Result<_>>()?;
            table.with_column(Column::new((*name).into(), values))?;
        }
        Ok(table)
    };
    read().map_err(|error| error.context(format!("reading {path}; `git checkout -- data/{name}` brings it back")))
}

fn required(frame: &DataFrame, name: &str) -> Result<Vec<String>> {
    let Some(values) = column(frame, name)? else {
        let found = frame.get_column_names().iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        bail!("there is no column `{name}`. Found: {found}; needed: `text` and `label`");
    };
    Ok(values)
}

fn column(frame: &DataFrame, name: &str) -> Result<Option<Vec<String>>> {
    match frame.column(name) {
        Ok(column) => {
            let values = column.str()?;
            Ok(Some(values.iter().map(|value| value.unwrap_or_default().to_owned()).collect()))
        }
        Err(_) => Ok(None),
    }
}
