//! The texts of a command: the one behind `--text`, or the rows of the csv file behind `--file`.

use std::path::Path;

use support::data;
use support::display::one_line;
use support::polars::prelude::DataFrame;
use support::{Error, Result};

use crate::args::Args;

/// Where the texts come from.
pub enum Texts {
    One(String),
    /// The file's name and its rows.
    File(String, Vec<Row>),
}

/// A row of a csv file.
pub struct Row {
    /// From 1, the header not counted.
    pub number: usize,
    pub text: String,
    /// What stands in the column `label`, if there is one.
    pub label: Option<String>,
    /// What stands in the column `target`, if there is one and the cell is not empty.
    pub target: Option<String>,
}

impl Texts {
    /// What `--text` and `--file` say.
    ///
    /// # Errors
    /// Both or neither; a text without a letter; a file that cannot be read or has no column `text`.
    pub fn read(args: &Args) -> Result<Texts> {
        match (args.get("--text"), args.get("--file")) {
            (Some(text), None) => {
                not_empty(text)?;
                Ok(Texts::One(text.to_owned()))
            }
            (None, Some(path)) => {
                let rows = rows(path).map_err(|error| error.context(format!("reading {}", one_line(path))))?;
                Ok(Texts::File(path.to_owned(), rows))
            }
            (Some(_), Some(_)) => Err(Error::new("both --text and --file are given: give one of them")),
            (None, None) => Err(Error::new("neither --text nor --file is given: give one of them")),
        }
    }
}

/// An error for a text of nothing but spaces.
pub fn not_empty(text: &str) -> Result<()> {
    if text.trim().is_empty() { Err(Error::new("the text is empty: give at least one word")) } else { Ok(()) }
}

/// An error at the end if some rows failed.
pub fn all_done(path: &str, rows: usize, failed: usize, done: &str) -> Result<()> {
    match failed {
        0 => Ok(()),
        _ => Err(Error::new(format!("{}: {failed} of {rows} rows could not be {done}", one_line(path)))),
    }
}

fn rows(path: &str) -> Result<Vec<Row>> {
    if !Path::new(path).exists() {
        return Err(Error::new("there is no such file"));
    }
    let frame = data::csv_as_text(path)?;
    let Some(texts) = column(&frame, "text")? else {
        let found: Vec<String> = frame.get_column_names().iter().map(|name| format!("`{name}`")).collect();
        return Err(Error::new(format!("there is no column `text`. Found: {}", found.join(", "))));
    };
    if texts.is_empty() {
        return Err(Error::new("there is a header, but no row below it"));
    }
    let (labels, targets) = (column(&frame, "label")?, column(&frame, "target")?);
    let cell = |column: &Option<Vec<String>>, at: usize| column.as_ref().map(|cells| cells[at].clone());
    let row = |(at, text): (usize, String)| Row {
        number: at + 1,
        text,
        label: cell(&labels, at),
        target: cell(&targets, at).map(|target| target.trim().to_owned()).filter(|target| !target.is_empty()),
    };
    Ok(texts.into_iter().enumerate().map(row).collect())
}

fn column(frame: &DataFrame, name: &str) -> Result<Option<Vec<String>>> {
    let Ok(column) = frame.column(name) else { return Ok(None) };
    Ok(Some(column.str()?.iter().map(|cell| cell.unwrap_or_default().to_owned()).collect()))
}
