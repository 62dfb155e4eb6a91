//! What every figure of an attribution says beside its scores: method, class, F(x), F(baseline), sum, delta.

use super::scale::signed;
use crate::attribution::Attribution;
use figures::display::{escape_html, one_line};
use figures::plot::axes::minus;
use figures::plot::canvas::{Align, Canvas, Look, TEXT, WIDTH, wrap};
use figures::plot::colors::INK;
use ground::Result;
use ground::values::{finite, same_length};

/// What is said where a token has a dashed frame.
pub(crate) const UNKNOWN: &str =
    "dashed: the token that the model reads for every word it does not know; in brackets the word of the text";

/// Checks that an attribution can be shown: as many scores as tokens, at least one, all finite.
pub(crate) fn check(plot: &str, attribution: &Attribution) -> Result<()> {
    let (tokens, scores) = (&attribution.tokens, &attribution.scores);
    same_length(plot, ("tokens", tokens.len()), ("scores", scores.len()))?;
    finite(plot, "the scores", scores)?;
    finite(plot, "F(x) and F(baseline)", &[attribution.f_x, attribution.f_baseline])
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
pub(crate) fn facts_text(attribution: &Attribution) -> String {
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
