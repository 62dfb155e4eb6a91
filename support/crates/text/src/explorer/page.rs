//! The explorer as one HTML file: markup, style, scripts and data in a row. It loads nothing.
//!
//! The parts lie beside this file. The template is cut at its marks before anything is put in, so that a text that
//! looks like a mark stays a text.

use figures::display::escape_html;

const TEMPLATE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPTS: [&str; 5] = [
    include_str!("data.js"),
    include_str!("plot.js"),
    include_str!("texts.js"),
    include_str!("search.js"),
    include_str!("start.js"),
];

/// The page with this title and this JSON block, which is escaped already.
pub(super) fn page(title: &str, json: &str) -> String {
    let mut out = String::with_capacity(json.len() + 60_000);
    for (at, part) in TEMPLATE.split("{{").enumerate() {
        let rest = match part.split_once("}}") {
            Some((mark, rest)) if at > 0 => {
                match mark {
                    "title" => out.push_str(&escape_html(title)),
                    "style" => out.push_str(STYLE),
                    "data" => out.push_str(json),
                    _ => SCRIPTS.iter().for_each(|script| out.push_str(script)),
                }
                rest
            }
            _ => part,
        };
        out.push_str(rest);
    }
    out
}
