//! A polars frame as a table: HTML with inline styles that also an untrusted notebook shows, and aligned text.
//!
//! Text is escaped and stays on one line; numbers are right-aligned. Colours are left to the notebook's theme.

use super::{Figure, escape_html, one_line};
use polars::prelude::{AnyValue, DataFrame};
use std::fmt::Write as _;

/// At most this many rows are shown unless [`table_rows`] says otherwise.
pub(super) const ROWS: usize = 20;
/// Floats have so many decimals.
const DECIMALS: usize = 4;
/// Longer cells are cut in the text form of a table, where one long tweet would push all else off the page.
const TEXT_WIDTH: usize = 60;

/// The first 20 rows of a frame as a table, with a line that says how many more there are.
pub fn table(frame: &DataFrame) -> Figure {
    table_rows(frame, ROWS)
}

/// The first `rows` rows of a frame as a table, with a line that says how many more there are.
pub fn table_rows(frame: &DataFrame, rows: usize) -> Figure {
    let (columns, shown, more) = read(frame, rows, DECIMALS);
    let title = format!("Table: {} rows, {} columns", frame.height(), frame.width());
    Figure::new(&title, plain(&columns, shown, more.as_deref())).with_html(html(&columns, shown, more.as_deref()))
}

/// What a table shows of a frame: columns, how many rows, and a line about the others.
pub(super) fn read(frame: &DataFrame, rows: usize, decimals: usize) -> (Vec<Shown>, usize, Option<String>) {
    let shown = frame.height().min(rows);
    let columns: Vec<Shown> = frame
        .columns()
        .iter()
        .map(|column| Shown {
            name: one_line(column.name()),
            numeric: column.dtype().is_primitive_numeric(),
            cells: (0..shown)
                .map(|row| column.get(row).map_or(String::new(), |value| cell(&value, decimals)))
                .collect(),
        })
        .collect();
    let more = match frame.height() - shown {
        0 => None,
        1 => Some("… 1 more row".to_owned()),
        n => Some(format!("… {n} more rows")),
    };
    (columns, shown, more)
}

/// One column, ready to be printed.
pub(super) struct Shown {
    name: String,
    numeric: bool,
    cells: Vec<String>,
}

/// A value as a reader expects it: text as it is, floats with four significant digits, nothing for a missing value.
fn cell(value: &AnyValue, decimals: usize) -> String {
    match value {
        AnyValue::Null => "–".to_owned(),
        AnyValue::String(text) => one_line(text),
        AnyValue::StringOwned(text) => one_line(text),
        AnyValue::Float32(x) => float(f64::from(*x), decimals),
        AnyValue::Float64(x) => float(*x, decimals),
        other => one_line(&other.to_string()),
    }
}

fn float(x: f64, decimals: usize) -> String {
    let size = x.abs();
    if !x.is_finite() {
        x.to_string()
    } else if size != 0.0 && !(1e-4..1e7).contains(&size) {
        format!("{x:.3e}")
    } else {
        format!("{x:.decimals$}")
    }
}

pub(super) fn html(columns: &[Shown], rows: usize, more: Option<&str>) -> String {
    const EDGE: &str = "padding:3px 10px;vertical-align:top;border-bottom:1px solid rgba(128,128,128,0.4)";
    let side = |column: &Shown| if column.numeric { "right" } else { "left" };
    let mut out = String::from("<table style=\"border-collapse:collapse;margin:0px;table-layout:auto\"><thead><tr>");
    for column in columns {
        let _ = write!(
            out,
            "<th style=\"{EDGE};font-weight:bold;text-align:{}\">{}</th>",
            side(column),
            escape_html(&column.name)
        );
    }
    out.push_str("</tr></thead><tbody>");
    for row in 0..rows {
        out.push_str("<tr>");
        for column in columns {
            let text = escape_html(&column.cells[row]);
            let _ = write!(out, "<td style=\"{EDGE};text-align:{}\">{text}</td>", side(column));
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table>");
    if let Some(more) = more {
        let _ = write!(out, "<span style=\"font-size:90%\">{more}</span>");
    }
    out
}

pub(super) fn plain(columns: &[Shown], rows: usize, more: Option<&str>) -> String {
    let cut = |text: &str| -> String {
        if text.chars().count() <= TEXT_WIDTH {
            text.to_owned()
        } else {
            text.chars().take(TEXT_WIDTH - 1).chain(['…']).collect()
        }
    };
    let widths: Vec<usize> = columns
        .iter()
        .map(|column| {
            let longest = column.cells.iter().map(|text| cut(text).chars().count()).max().unwrap_or(0);
            longest.max(cut(&column.name).chars().count())
        })
        .collect();
    let line = |texts: Vec<String>| -> String {
        let padded: Vec<String> = texts
            .iter()
            .zip(columns)
            .zip(&widths)
            .map(|((text, column), width)| {
                let space = " ".repeat(width - text.chars().count());
                if column.numeric { format!("{space}{text}") } else { format!("{text}{space}") }
            })
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(columns.iter().map(|column| cut(&column.name)).collect())];
    lines.push(widths.iter().map(|width| "─".repeat(*width)).collect::<Vec<_>>().join("  "));
    lines.extend((0..rows).map(|row| line(columns.iter().map(|column| cut(&column.cells[row])).collect())));
    lines.extend(more.map(str::to_owned));
    lines.join("\n")
}
