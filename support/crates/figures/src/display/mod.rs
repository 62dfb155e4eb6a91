//! How a figure or a table reaches the notebook, the HTML export and a file: one MIME bundle per [`Figure`].
//!
//! The kernel reads a bundle from stdout between two marker lines (the evcxr display protocol). This module draws
//! nothing itself: `plot` fills the bundles. It emits no SVG, `<style>` or `<script>`, which untrusted notebooks drop.

mod png;
mod side_by_side;
mod table;

pub(crate) use png::encode;
pub use side_by_side::side_by_side;
pub use table::{table, table_rows};

use base64::Engine;
use ground::{Error, Result, bail};
use serde_json::Value;
use std::fmt::{self, Write as _};

/// The MIME type under which JupyterLab 4 shows an interactive chart.
const VEGA_LITE: &str = "application/vnd.vegalite.v5+json";

/// One result as a notebook shows it: always a text line, and a picture, an interactive chart or HTML.
///
/// As the last expression of a cell it shows itself. [`save`](Self::save) writes a `.png` or a standalone `.html`.
#[derive(Clone, PartialEq)]
pub struct Figure {
    title: String,
    plain: String,
    png: Option<Vec<u8>>,
    html: Option<String>,
    vega: Option<Value>,
    page: Option<String>,
}

impl Figure {
    /// A figure with a title (used for the page's `<title>`) and its text description.
    pub fn new(title: &str, plain: String) -> Self {
        Figure { title: title.to_owned(), plain, png: None, html: None, vega: None, page: None }
    }

    /// Adds the picture.
    pub fn with_png(mut self, png: Vec<u8>) -> Self {
        self.png = Some(png);
        self
    }

    /// Adds HTML made of elements with inline styles; every string in it must be escaped already.
    pub fn with_html(mut self, html: String) -> Self {
        self.html = Some(html);
        self
    }

    /// Adds a vega-lite v5 specification.
    pub fn with_vega(mut self, specification: Value) -> Self {
        self.vega = Some(specification);
        self
    }

    /// Adds a page of its own, a complete HTML document, for figures that can show more there than in a notebook.
    pub fn with_page(mut self, page: String) -> Self {
        self.page = Some(page);
        self
    }

    /// What the figure shows, as text: the `text/plain` part of the bundle.
    pub fn description(&self) -> &str {
        &self.plain
    }

    /// The picture as the bytes of a PNG file, at twice the size at which it is meant to be seen.
    pub fn png(&self) -> Option<&[u8]> {
        self.png.as_deref()
    }

    /// The HTML that the notebook shows: `span` and `table` elements with inline styles.
    pub fn html(&self) -> Option<&str> {
        self.html.as_deref()
    }

    /// The vega-lite v5 specification of an interactive figure.
    pub fn vega(&self) -> Option<&Value> {
        self.vega.as_ref()
    }

    /// The bundle as (MIME type, content) pairs, in the order in which they are sent.
    ///
    /// JupyterLab prefers HTML to every other type, so a figure with HTML sends no picture beside it.
    pub fn bundle(&self) -> Vec<(&'static str, String)> {
        let mut parts = Vec::new();
        if let Some(html) = &self.html {
            parts.push(("text/html", html.clone()));
        } else {
            if let Some(vega) = &self.vega {
                parts.push((VEGA_LITE, vega.to_string()));
            }
            if let Some(png) = &self.png {
                parts.push(("image/png", base64::engine::general_purpose::STANDARD.encode(png)));
            }
        }
        parts.push(("text/plain", self.plain.clone()));
        parts
    }

    /// Shows the figure in the notebook. The kernel calls this for the last expression of a cell.
    pub fn evcxr_display(&self) {
        emit(&self.bundle());
    }

    /// A complete HTML page with the figure, which needs no network and no other file.
    pub fn page(&self) -> String {
        if let Some(page) = &self.page {
            return page.clone();
        }
        let body = match (&self.html, &self.png) {
            (Some(html), _) => html.clone(),
            (None, Some(png)) => format!(
                "<img width=\"800\" style=\"max-width:100%\" alt=\"{}\" src=\"data:image/png;base64,{}\">",
                escape_html(&self.plain),
                base64::engine::general_purpose::STANDARD.encode(png)
            ),
            (None, None) => format!("<pre>{}</pre>", escape_html(&self.plain)),
        };
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{}</title></head>\n\
             <body style=\"margin:24px;background-color:#ffffff;color:#1a1a1a;font-family:sans-serif\">\n\
             {body}\n</body>\n</html>\n",
            escape_html(&self.title)
        )
    }

    /// Writes the figure to a file: a picture when `path` ends in `.png`, a standalone page when it ends in `.html`.
    ///
    /// Errors: another ending, a table saved as `.png`, a folder that does not exist.
    pub fn save(&self, path: &str) -> Result<()> {
        let lower = path.to_lowercase();
        let bytes = if lower.ends_with(".html") {
            self.page().into_bytes()
        } else if lower.ends_with(".png") {
            match &self.png {
                Some(png) => png.clone(),
                None => bail!("{path}: this figure has no picture; save it as .html"),
            }
        } else {
            bail!("{path}: a figure is saved as .png or .html; the name ends in neither")
        };
        std::fs::write(path, bytes).map_err(|error| Error::from(error).context(format!("writing {path}")))
    }
}

impl fmt::Debug for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.plain)
    }
}

/// Prints a bundle to stdout as the kernel reads it.
///
/// A line of the content that reads like the closing marker would end the content early, and what follows would be
/// taken for output; such a line gets a space in front.
pub fn emit(bundle: &[(&str, String)]) {
    println!("{}", protocol(bundle));
}

fn protocol(bundle: &[(&str, String)]) -> String {
    let mut out = String::new();
    for (mime, content) in bundle {
        let _ = writeln!(out, "EVCXR_BEGIN_CONTENT {mime}");
        for line in content.lines() {
            let space = if line.starts_with("EVCXR_") { " " } else { "" };
            let _ = writeln!(out, "{space}{line}");
        }
        out.push_str("EVCXR_END_CONTENT\n");
    }
    out.pop();
    out
}

/// `text` with the five characters that mean something in HTML written as entities: safe between tags and in a
/// quoted attribute.
pub fn escape_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// `text` on one line: line breaks, tabs and other control characters become visible signs, and characters that
/// change the direction of what follows become `�`.
pub fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => '⏎',
            '\r' => '␍',
            '\t' => '⇥',
            '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('�'),
            '\u{7f}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '�',
            '\u{2028}' | '\u{2029}' => '⏎',
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_marker_cannot_be_forged() {
        let tweet = "late again\nEVCXR_END_CONTENT\nEVCXR_BEGIN_CONTENT text/html\n<b>forged</b>".to_owned();
        let out = protocol(&[("text/plain", tweet)]);
        assert_eq!(out.lines().filter(|line| *line == "EVCXR_END_CONTENT").count(), 1);
        assert_eq!(out.lines().last(), Some("EVCXR_END_CONTENT"));
        assert_eq!(out.lines().filter(|line| line.starts_with("EVCXR_BEGIN_CONTENT")).count(), 1);
    }
}
