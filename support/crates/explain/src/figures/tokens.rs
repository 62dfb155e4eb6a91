//! An attribution as a figure: the tokens in colour, signed bars, several methods one under the other.
//!
//! All show the tokens exactly as the method used them, every score with its sign, and the numbers that tell whether
//! the scores add up: F(x), F(baseline), their sum and the convergence delta. An unknown token carries its word.

use super::scale::signed;
use super::strip;
use crate::attribution::Attribution;
use figures::display::{Figure, escape_html, one_line};
use figures::plot::Bars;
use figures::plot::axes::minus;
use figures::plot::canvas::{Align, Canvas, Look, TEXT, WIDTH, wrap};
use figures::plot::colors::INK;
use ground::Result;
use ground::values::{finite, same_length};
use std::fmt::Write as _;

/// Of more tokens than `MANY`, only `FEW` get a bar.
const MANY: usize = 60;
const FEW: usize = 40;
/// What is said where a token has a dashed frame.
pub(crate) const UNKNOWN: &str =
    "dashed: the token that the model reads for every word it does not know; in brackets the word of the text";

impl Attribution {
    /// The tokens in the colour of their scores, with the numbers: [`plot::heat_strip`](heat_strip).
    pub fn heat_strip(&self) -> Result<Figure> {
        heat_strip(self)
    }

    /// The tokens as signed bars: [`plot::attribution`](attribution).
    pub fn bars(&self) -> Result<Figure> {
        attribution(self)
    }
}

/// Checks that an attribution can be shown: as many scores as tokens, at least one, all finite.
pub(crate) fn check(plot: &str, attribution: &Attribution) -> Result<()> {
    let (tokens, scores) = (&attribution.tokens, &attribution.scores);
    same_length(plot, ("tokens", tokens.len()), ("scores", scores.len()))?;
    finite(plot, "the scores", scores)?;
    finite(plot, "F(x) and F(baseline)", &[attribution.f_x, attribution.f_baseline])
}

/// The tokens of an attribution as signed bars in the order of the text; equal tokens stay separate.
///
/// Of more than 60 tokens, the 40 with the largest |score| are shown, and the title says so.
pub fn attribution(attribution: &Attribution) -> Result<Figure> {
    check("plot::attribution", attribution)?;
    let count = attribution.tokens.len();
    let mut shown: Vec<usize> = (0..count).collect();
    let mut title = heading(attribution);
    if count > MANY {
        shown.sort_by(|&a, &b| attribution.scores[b].abs().total_cmp(&attribution.scores[a].abs()));
        shown.truncate(FEW);
        shown.sort_unstable();
        let _ = write!(title, " · the {FEW} largest of {count} tokens");
    }
    let all = names(attribution);
    let tokens: Vec<String> = shown.iter().map(|&at| all[at].clone()).collect();
    let scores: Vec<f64> = shown.iter().map(|&at| attribution.scores[at]).collect();
    let bars = Bars::new(&title, &tokens, &scores).note(&facts_text(attribution));
    if attribution.unsigned {
        return bars.x(&format!("score ({}): how much, not in which direction", attribution.output)).draw();
    }
    bars.x(&format!("score ({}): red speaks for the class, blue against it", attribution.output)).signed().draw()
}

/// The tokens of an attribution in colour, each with its score; under them a legend, the class, the method with its
/// settings, F(x), F(baseline), the sum of the scores and the delta. An unknown token has a dashed frame and the word that
/// it stands for. Of more than 500 tokens the first are shown, and the title says so.
///
/// The notebook shows it as HTML with inline styles. `save` writes a `.png` or a standalone page.
pub fn heat_strip(attribution: &Attribution) -> Result<Figure> {
    check("plot::heat_strip", attribution)?;
    strip::draw(attribution)
}

/// The method, and the class that it explains.
pub(crate) fn heading(attribution: &Attribution) -> String {
    match attribution.target_name.is_empty() {
        true => attribution.method.clone(),
        false => format!("{} for “{}”", attribution.method, attribution.target_name),
    }
}

/// The tokens as they are shown: nothing invisible, unknown ones with their word.
pub(crate) fn names(attribution: &Attribution) -> Vec<String> {
    attribution.labels().iter().map(|label| visible(label)).collect()
}

/// Whether a token stands for a word that the model does not know.
pub(crate) fn is_unknown(attribution: &Attribution, at: usize) -> bool {
    attribution.unknown.get(at).is_some_and(Option::is_some)
}

/// A token that is all white space would be an empty box; show that it is there.
pub(crate) fn visible(token: &str) -> String {
    let token = one_line(token);
    match token.as_str() {
        "" => "∅".to_owned(),
        text if text.trim().is_empty() => "␣".repeat(text.chars().count()),
        _ => token,
    }
}

/// The numbers of an attribution as (name, value).
pub(crate) fn facts(attribution: &Attribution) -> Vec<(String, String)> {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let method = match attribution.settings.is_empty() {
        true => one_line(&attribution.method),
        false => one_line(&format!("{} ({})", attribution.method, attribution.settings)),
    };
    let mut facts = vec![
        fact("class", one_line(&attribution.target_name)),
        fact("method", method),
        fact(&format!("F(x) ({})", one_line(&attribution.output)), format!("{:.4}", attribution.f_x)),
        fact("F(baseline)", format!("{:.4}", attribution.f_baseline)),
        fact("sum of scores", signed(attribution.sum(), 4)),
        fact("delta", signed(attribution.delta(), 4)),
    ];
    facts.retain(|(name, value)| name != "class" || !value.is_empty());
    if let Some(surrogate) = &attribution.surrogate {
        facts.extend([
            fact("intercept", format!("{:.4}", surrogate.intercept)),
            fact("local prediction", format!("{:.4}", surrogate.local_prediction)),
            fact("R²", format!("{:.4}", surrogate.r2)),
            fact("samples", surrogate.samples.to_string()),
        ]);
    }
    facts
}

/// The facts as one line of text.
pub(crate) fn facts_line(attribution: &Attribution) -> String {
    facts(attribution).iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join("; ")
}

/// The opening of a white box, so that figures look the same in a dark theme.
pub(crate) const BOX: &str = "<div style=\"background-color:#ffffff;color:#1a1a1a;padding:10px 12px;\
    font-family:sans-serif;font-size:14px;line-height:1.4\">";

/// The facts as a line of spans.
pub(crate) fn facts_html(attribution: &Attribution) -> String {
    let facts: Vec<String> = facts(attribution)
        .iter()
        .map(|(name, value)| {
            format!(
                "<span style=\"color:#595959\">{}</span> <span style=\"font-weight:bold\">{}</span>",
                escape_html(name),
                escape_html(&minus_number(value))
            )
        })
        .collect();
    format!("<span style=\"font-size:12px\">{}</span>", facts.join(" &nbsp;·&nbsp; "))
}

/// A typographic minus for numbers; names with hyphens stay as they are.
fn minus_number(text: &str) -> String {
    if text.parse::<f64>().is_ok() { minus(text) } else { text.to_owned() }
}

/// The facts in lines that fit the width of a picture.
pub(crate) fn facts_lines(attribution: &Attribution) -> Vec<String> {
    wrap(&facts_text(attribution), WIDTH - 20.0, Look::new(TEXT - 1.0, INK), 4)
}

/// The facts on one line that breaks only between them.
fn facts_text(attribution: &Attribution) -> String {
    let facts: Vec<String> = facts(attribution)
        .iter()
        .map(|(name, value)| format!("{name} {}", minus_number(value)).replace(' ', "\u{a0}"))
        .collect();
    facts.join("\u{a0}\u{a0}·\u{a0} ")
}

/// Draws the lines of facts below `y`.
pub(crate) fn draw_facts(canvas: &mut Canvas, y: f64, lines: &[String]) {
    for (row, line) in lines.iter().enumerate() {
        canvas.text((10.0, y + 18.0 * row as f64), Align::Left, Look::new(TEXT - 1.0, INK), line);
    }
}
