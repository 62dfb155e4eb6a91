//! An attribution as a figure: tokens on the diverging scale, and signed bars.
//!
//! Both show the tokens exactly as the method used them, every score with its sign, and the numbers that tell whether
//! the scores add up: F(x), F(baseline), their sum and the convergence delta.

use super::axes::minus;
use super::bars::Bars;
use super::canvas::{Align, Canvas, Look, TEXT, WIDTH, draw_title, text_width, title_height, title_lines, wrap};
use super::colors::{GREY, GRID, INK, diverging};
use super::input::{finite, same_length};
use crate::attribution::Attribution;
use crate::display::{Figure, escape_html, one_line};
use crate::error::Result;
use std::fmt::Write as _;

/// Steps of the legend's colour scale, an odd number: the middle one is zero.
const STEPS: usize = 11;
/// Of more tokens than `MANY`, only `FEW` get a bar.
const MANY: usize = 60;
const FEW: usize = 40;

impl Attribution {
    /// The tokens on the blue–white–red scale, with the numbers: [`plot::heat_strip`](heat_strip).
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
    let mut title = format!("{} for “{}”", attribution.method, attribution.target_name);
    if count > MANY {
        shown.sort_by(|&a, &b| attribution.scores[b].abs().total_cmp(&attribution.scores[a].abs()));
        shown.truncate(FEW);
        shown.sort_unstable();
        let _ = write!(title, " · the {FEW} largest of {count} tokens");
    }
    let tokens: Vec<String> = shown.iter().map(|&at| visible(&attribution.tokens[at])).collect();
    let scores: Vec<f64> = shown.iter().map(|&at| attribution.scores[at]).collect();
    let x_title = format!("score ({}): red speaks for the class, blue against it", attribution.output);
    Bars::new(&title, &tokens, &scores).x(&x_title).note(&facts_text(attribution)).signed().draw()
}

/// The tokens of an attribution on the diverging scale, each with its score; under them a legend, the class, F(x),
/// F(baseline), the sum of the scores and the delta.
///
/// The notebook shows it as HTML with inline styles. `save` writes a `.png` or a standalone page.
pub fn heat_strip(attribution: &Attribution) -> Result<Figure> {
    check("plot::heat_strip", attribution)?;
    let title = format!("{} for “{}”", one_line(&attribution.method), one_line(&attribution.target_name));
    Ok(Figure::new(&title, plain(attribution)).with_html(html(attribution, &title)).with_png(png(attribution, &title)?))
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

/// The largest |score|: both ends of the scale.
pub(crate) fn largest(scores: &[f64]) -> f64 {
    scores.iter().fold(0.0, |largest: f64, score| largest.max(score.abs()))
}

/// A score with its sign and as many decimals as the largest one needs; zero has no sign.
pub(crate) fn signed(score: f64, places: usize) -> String {
    let text = format!("{score:+.places$}");
    if text[1..].chars().all(|c| c == '0' || c == '.') { text[1..].to_owned() } else { text }
}

/// Decimals for a set of scores: two significant digits of the largest, at least two decimals.
pub(crate) fn places(scores: &[f64]) -> usize {
    let largest = largest(scores);
    if largest == 0.0 { 2 } else { (2.0 - largest.log10().floor()).clamp(2.0, 8.0) as usize }
}

/// The numbers of an attribution as (name, value).
pub(crate) fn facts(attribution: &Attribution) -> Vec<(String, String)> {
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let mut facts = vec![
        fact("class", one_line(&attribution.target_name)),
        fact("method", one_line(&attribution.method)),
        fact(&format!("F(x) ({})", one_line(&attribution.output)), format!("{:.4}", attribution.f_x)),
        fact("F(baseline)", format!("{:.4}", attribution.f_baseline)),
        fact("sum of scores", signed(attribution.sum(), 4)),
        fact("delta", signed(attribution.delta(), 4)),
    ];
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

fn plain(attribution: &Attribution) -> String {
    let digits = places(&attribution.scores);
    let tokens: Vec<String> = attribution
        .tokens
        .iter()
        .zip(&attribution.scores)
        .map(|(token, score)| format!("{} ({})", visible(token), signed(*score, digits)))
        .collect();
    format!("Token scores: {}\n{}", tokens.join(" "), facts_line(attribution))
}

/// The opening of a white box, so that figures look the same in a dark theme.
pub(crate) const BOX: &str = "<div style=\"background-color:#ffffff;color:#1a1a1a;padding:10px 12px;\
    font-family:sans-serif;font-size:14px;line-height:1.4\">";

/// The colour scale from −`largest` to +`largest` as spans.
pub(crate) fn legend_html(largest: f64, digits: usize, output: &str) -> String {
    let mut out = String::from("<span style=\"font-size:12px;color:#595959\">");
    if largest == 0.0 {
        return out + "all scores are 0</span>";
    }
    let _ = write!(out, "{} ", minus(&signed(-largest, digits)));
    for step in 0..STEPS {
        let share = step as f64 / (STEPS - 1) as f64 * 2.0 - 1.0;
        let color = diverging(share, 1.0).hex();
        let _ = write!(
            out,
            "<span style=\"display:inline-block;width:16px;height:10px;background-color:{color};\
             border-top:1px solid #bbbbbb;border-bottom:1px solid #bbbbbb\"></span>"
        );
    }
    let end = signed(largest, digits);
    let _ = write!(
        out,
        " {end} score ({}); white is 0, red speaks for the class, blue against it</span>",
        escape_html(output)
    );
    out
}

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

fn html(attribution: &Attribution, title: &str) -> String {
    let (largest, digits) = (largest(&attribution.scores), places(&attribution.scores));
    let mut out = format!("{BOX}<span style=\"font-weight:bold\">{}</span><br>", escape_html(title));
    for (token, score) in attribution.tokens.iter().zip(&attribution.scores) {
        let color = diverging(*score, largest);
        let _ = write!(
            out,
            "<span style=\"display:inline-block;text-align:center;margin:3px 2px;padding:1px 5px;border-radius:3px;\
             border:1px solid #e0e0e0;background-color:{};color:{};white-space:pre-wrap\">{}<br>\
             <span style=\"font-size:10px\">{}</span></span> ",
            color.hex(),
            color.text().hex(),
            escape_html(&visible(token)),
            minus(&signed(*score, digits))
        );
    }
    let legend = legend_html(largest, digits, &attribution.output);
    let _ = write!(out, "<br>{legend}<br>{}</div>", facts_html(attribution));
    out
}

fn png(attribution: &Attribution, title: &str) -> Result<Vec<u8>> {
    let (largest, digits) = (largest(&attribution.scores), places(&attribution.scores));
    let (token_look, small) = (Look::new(13.0, INK), Look::new(9.5, INK));
    let title = title_lines(title);
    // Lay the chips out in rows first: the height of the canvas depends on them.
    let (mut x, mut y) = (10.0, title_height(&title) + 6.0);
    let mut chips = Vec::new();
    for (token, &score) in attribution.tokens.iter().zip(&attribution.scores) {
        let text = wrap(&visible(token), WIDTH - 60.0, token_look, 1).remove(0);
        let label = minus(&signed(score, digits));
        let width = text_width(&text, token_look).max(text_width(&label, small)) + 12.0;
        if x + width > WIDTH - 10.0 && x > 10.0 {
            (x, y) = (10.0, y + 40.0);
        }
        chips.push((x, y, width, text, label, diverging(score, largest)));
        x += width + 4.0;
    }
    let facts = facts_lines(attribution);
    let below = y + 52.0;
    let mut canvas = Canvas::new(below + 30.0 + 18.0 * facts.len() as f64);
    draw_title(&mut canvas, &title);
    for (x, y, width, text, label, color) in &chips {
        canvas.rect(*x, *y, *width, 36.0, GRID);
        canvas.rect(x + 0.5, y + 0.5, width - 1.0, 35.0, *color);
        let (ink, middle) = (color.text(), x + width / 2.0);
        canvas.text((middle, y + 17.0), Align::Center, Look { color: ink, ..token_look }, text);
        canvas.text((middle, y + 30.0), Align::Center, Look { color: ink, ..small }, label);
    }
    draw_legend(&mut canvas, below, largest, digits, &attribution.output);
    draw_facts(&mut canvas, below + 30.0, &facts);
    canvas.png()
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

/// Draws the colour scale with its ends at `y`.
pub(crate) fn draw_legend(canvas: &mut Canvas, y: f64, largest: f64, digits: usize, output: &str) {
    let look = Look::new(TEXT - 1.0, GREY);
    if largest == 0.0 {
        return canvas.text((10.0, y), Align::Left, look, "all scores are 0");
    }
    let low = minus(&signed(-largest, digits));
    canvas.text((10.0, y), Align::Left, look, &low);
    let start = 16.0 + text_width(&low, look);
    canvas.rect(start - 0.5, y - 10.5, 16.0 * STEPS as f64 + 1.0, 13.0, GRID);
    for step in 0..STEPS {
        let share = step as f64 / (STEPS - 1) as f64 * 2.0 - 1.0;
        canvas.rect(start + 16.0 * step as f64, y - 10.0, 16.0, 12.0, diverging(share, 1.0));
    }
    let text =
        format!("{} score ({output}); white is 0, red speaks for the class, blue against it", signed(largest, digits));
    canvas.text((start + 16.0 * STEPS as f64 + 6.0, y), Align::Left, look, &text);
}
