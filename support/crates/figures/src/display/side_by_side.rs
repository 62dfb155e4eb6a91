//! Small tables beside each other, to be compared: the nearest neighbours of a word in several models.
//!
//! They wrap where a page is too narrow. As text they stand one below the other.

use super::table::{ROWS, html, plain, read};
use super::{Figure, escape_html, one_line};
use polars::prelude::DataFrame;
use std::fmt::Write as _;

/// Numbers have so many decimals: one less than in a table of its own, because room is short.
const DECIMALS: usize = 3;

/// The first 20 rows of each frame as a table with a title, beside each other.
///
/// A frame without a title gets none; titles without a frame are left out.
pub fn side_by_side(titles: &[&str], frames: &[DataFrame]) -> Figure {
    const TABLE: &str = "display:inline-block;vertical-align:top;margin:0px 28px 12px 0px";
    let (mut markup, mut texts) = (String::from("<div>"), Vec::new());
    for (at, frame) in frames.iter().enumerate() {
        let title = titles.get(at).map_or(String::new(), |title| one_line(title));
        let (columns, rows, more) = read(frame, ROWS, DECIMALS);
        let _ = write!(markup, "<div style=\"{TABLE}\">");
        if !title.is_empty() {
            let _ = write!(markup, "<div style=\"font-weight:bold;padding:3px 10px\">{}</div>", escape_html(&title));
        }
        let _ = write!(markup, "{}</div>", html(&columns, rows, more.as_deref()));
        let heading = if title.is_empty() { title } else { title + "\n" };
        texts.push(heading + &plain(&columns, rows, more.as_deref()));
    }
    markup.push_str("</div>");
    let title = format!("{} tables", frames.len());
    let text = if texts.is_empty() { "no tables".to_owned() } else { texts.join("\n\n") };
    Figure::new(&title, text).with_html(markup)
}
