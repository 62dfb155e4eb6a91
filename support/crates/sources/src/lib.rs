#![doc = include_str!("../README.md")]

pub mod data;
pub mod hub;

use std::path::{Path, PathBuf};

/// The folder of the course, in which `data/` and `.course/` lie: `$COURSE_ROOT`, or the one that this was compiled in.
pub fn course_folder() -> PathBuf {
    let said = std::env::var_os("COURSE_ROOT").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    said.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.."))
}
