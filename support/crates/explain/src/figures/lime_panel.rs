//! The panel in which LIME's users expect an explanation: class probabilities, signed words, the text with its words
//! highlighted (the layout follows the `lime` Python package, github.com/marcotcr/lime).
//!
//! In the notebook it is HTML with inline styles; it saves as a standalone page or, drawn by `lime_picture`, as a PNG.

use super::lime_picture;
use super::scale::{Scale, signed};
use super::tokens::{BOX, check, facts_html, facts_line, visible};
use crate::attribution::Attribution;
use figures::display::{Figure, escape_html, one_line};
use figures::plot::axes::minus;
use figures::plot::colors::{diverging, sequential, sign};
use ground::values::{finite, same_length};
use ground::{Result, bail};
use std::collections::HashMap;
use std::fmt::Write as _;
use text::words::for_each_word;

/// At most this many words get a bar; all are highlighted in the text.
const WORDS: usize = 12;

/// The LIME panel for one text: `probabilities` of all `classes`, the words of `attribution` as signed bars, and
/// `text` with every occurrence of them highlighted.
///
/// Words are maximal runs of letters, digits and `_`, case-sensitive, as LIME cuts them. Under the bars stand F(x),
/// F(baseline), intercept, local prediction, R², sum and delta.
///
/// Errors: unequal numbers of classes and probabilities, a probability outside 0 to 1, an explained class that is not
/// among the classes, an attribution without tokens.
pub fn lime_panel(classes: &[String], probabilities: &[f64], text: &str, attribution: &Attribution) -> Result<Figure> {
    const NAME: &str = "plot::lime_panel";
    same_length(NAME, ("classes", classes.len()), ("probabilities", probabilities.len()))?;
    finite(NAME, "the probabilities", probabilities)?;
    if let Some(p) = probabilities.iter().find(|p| !(-1e-9..=1.0 + 1e-9).contains(*p)) {
        bail!("{NAME}: {p} is not a probability; give numbers between 0 and 1, one per class");
    }
    if attribution.target >= classes.len() {
        bail!("{NAME}: the attribution explains class {}, but there are {}", attribution.target, classes.len());
    }
    check(NAME, attribution)?;
    let panel = Panel::new(classes, probabilities, text, attribution);
    let title = format!("LIME panel for “{}”", one_line(&attribution.target_name));
    Ok(Figure::new(&title, panel.plain()).with_html(panel.html()).with_png(lime_picture::draw(&panel)?))
}

/// The panel's content, ready for HTML, text and picture.
pub(crate) struct Panel<'a> {
    pub(crate) classes: Vec<(String, f64)>,
    /// The words with the largest |score|, largest first.
    pub(crate) words: Vec<(String, f64)>,
    /// How many words got no bar.
    pub(crate) more: usize,
    /// The text cut into words and what stands between them; words of the attribution carry their score.
    pub(crate) pieces: Vec<(String, Option<f64>)>,
    pub(crate) attribution: &'a Attribution,
    pub(crate) largest: f64,
    pub(crate) digits: usize,
    pub(crate) scale: Scale,
}

impl<'a> Panel<'a> {
    fn new(classes: &[String], probabilities: &[f64], text: &str, attribution: &'a Attribution) -> Self {
        let mut words: Vec<(String, f64)> = attribution.top(attribution.tokens.len());
        let more = words.len().saturating_sub(WORDS);
        words.truncate(WORDS);
        let scale = Scale::of(attribution);
        Panel {
            classes: classes.iter().map(|class| one_line(class)).zip(probabilities.iter().copied()).collect(),
            words: words.iter().map(|(word, score)| (visible(word), *score)).collect(),
            more,
            pieces: highlight(text, attribution),
            attribution,
            largest: scale.largest,
            digits: scale.digits,
            scale,
        }
    }

    /// What stands over the bars.
    pub(crate) fn heading(&self) -> String {
        format!("Words for (red) and against (blue) “{}”", one_line(&self.attribution.target_name))
    }

    /// The line under the bars when some words have none.
    pub(crate) fn more_line(&self) -> Option<String> {
        match self.more {
            0 => None,
            1 => Some("… 1 more word with a smaller score".to_owned()),
            n => Some(format!("… {n} more words with smaller scores")),
        }
    }

    fn plain(&self) -> String {
        let classes: Vec<String> = self.classes.iter().map(|(class, p)| format!("{class} {p:.4}")).collect();
        let words: Vec<String> =
            self.words.iter().map(|(word, score)| format!("{word} ({})", signed(*score, self.digits))).collect();
        let more = self.more_line().map_or(String::new(), |more| format!(" {more}"));
        let text: String = self.pieces.iter().map(|piece| one_line(&piece.0)).collect();
        format!(
            "LIME panel. Probabilities: {}\nWords: {}{more}\n{}\nText: {text}",
            classes.join("; "),
            words.join(" "),
            facts_line(self.attribution),
        )
    }

    fn html(&self) -> String {
        const CELL: &str = "border:none;padding:1px 6px;background-color:#ffffff;color:#1a1a1a;vertical-align:middle";
        const HEAD: &str = "<span style=\"font-weight:bold\">";
        const TABLE: &str = "<table style=\"border-collapse:collapse;border:none;margin:0px;table-layout:auto;\
                             background-color:#ffffff;font-size:13px\">";
        let bar = |width: f64, color: String| {
            format!(
                "<span style=\"display:inline-block;width:{width:.0}px;height:13px;background-color:{color};\
                 vertical-align:middle\"></span>"
            )
        };
        let mut out = format!("{BOX}{TABLE}<tr>");
        let column = "border:none;padding:0px 28px 0px 0px;background-color:#ffffff;color:#1a1a1a;vertical-align:top;text-align:left";
        let _ = write!(out, "<td style=\"{column}\">{HEAD}Class probabilities</span>{TABLE}");
        for (at, (class, p)) in self.classes.iter().enumerate() {
            let weight = if at == self.attribution.target { "bold" } else { "normal" };
            let _ = write!(
                out,
                "<tr><td style=\"{CELL};text-align:right;font-weight:{weight}\">{}</td>\
                 <td style=\"{CELL};text-align:left;white-space:nowrap\">{} {p:.2}</td></tr>",
                escape_html(class),
                bar(110.0 * p, sequential(0.25 + 0.75 * p).hex()),
            );
        }
        let _ = write!(out, "</table></td><td style=\"{column}\">{HEAD}{}</span>{TABLE}", escape_html(&self.heading()));
        for (word, score) in &self.words {
            let width = if self.largest > 0.0 { 120.0 * score.abs() / self.largest } else { 0.0 };
            let (bar, number) = (bar(width, sign(*score).hex()), minus(&signed(*score, self.digits)));
            let (left, right) = if *score < 0.0 {
                (format!("{number} {bar}"), String::new())
            } else {
                (String::new(), format!("{bar} {number}"))
            };
            let _ = write!(
                out,
                "<tr><td style=\"{CELL};text-align:right\">{}</td>\
                 <td style=\"{CELL};padding:1px 0px;text-align:right;white-space:nowrap;min-width:60px\">{left}</td>\
                 <td style=\"{CELL};padding:1px 0px;text-align:left;white-space:nowrap;\
                 border-left:1px solid #595959\">{right}</td></tr>",
                escape_html(word)
            );
        }
        out.push_str("</table>");
        if let Some(more) = self.more_line() {
            let _ = write!(out, "<span style=\"font-size:12px;color:#595959\">{more}</span>");
        }
        let _ = write!(out, "</td></tr></table>{HEAD}Text with highlighted words</span><br>");
        for (piece, score) in &self.pieces {
            let piece = escape_html(piece).replace('\n', "<br>");
            match score {
                None => out.push_str(&piece),
                Some(score) => {
                    let color = diverging(*score, self.largest);
                    let _ = write!(
                        out,
                        "<span title=\"{}\" style=\"background-color:{};color:{};border-radius:3px\">\
                         {piece}</span>",
                        signed(*score, self.digits),
                        color.hex(),
                        color.text().hex()
                    );
                }
            }
        }
        let _ = write!(out, "<br><br>{}<br>{}</div>", self.scale.html(), facts_html(self.attribution));
        out
    }
}

/// Cuts `text` into words and the rest, as LIME does; each word that has a score carries it.
///
/// A word with several scores, as methods give that keep repeated words apart, gets them in the order of the text.
/// A phrase that was one unit is one piece. The score of a *pair*, whose words have scores of their own, has no place
/// in the text; it is among the bars.
fn highlight(text: &str, attribution: &Attribution) -> Vec<(String, Option<f64>)> {
    let mut scores: HashMap<&str, Vec<f64>> = HashMap::new();
    for (token, score) in attribution.tokens.iter().zip(&attribution.scores) {
        scores.entry(token).or_default().push(*score);
    }
    let phrases: Vec<(&str, Vec<String>)> = scores
        .keys()
        .map(|token| (*token, cut(token)))
        .filter(|(_, words)| words.len() > 1 && words.iter().any(|word| !scores.contains_key(word)))
        .map(|(token, words)| (token, words.iter().map(|word| word.to_lowercase()).collect()))
        .collect();
    let mut words: Vec<(usize, usize)> = Vec::new();
    for_each_word(text, 1, |word, start| words.push((start, start + word.len())));
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut pieces = Vec::new();
    let (mut at, mut end) = (0, 0);
    while at < words.len() {
        let (start, stop) = words[at];
        let lower = |k: usize| words.get(k).map(|&(a, b)| text[a..b].to_lowercase());
        let phrase = phrases
            .iter()
            .filter(|(_, parts)| parts.iter().enumerate().all(|(k, part)| lower(at + k).as_ref() == Some(part)))
            .max_by_key(|(_, parts)| parts.len());
        let (token, count) = phrase.map_or((&text[start..stop], 1), |(token, parts)| (*token, parts.len()));
        let stop = words[at + count - 1].1;
        pieces.push((text[end..start].to_owned(), None));
        let score = scores.get(token).map(|all| {
            let place = seen.entry(token).or_default();
            *place += 1;
            all[(*place - 1).min(all.len() - 1)]
        });
        pieces.push((text[start..stop].to_owned(), score));
        (at, end) = (at + count, stop);
    }
    pieces.push((text[end..].to_owned(), None));
    pieces.retain(|piece| !piece.0.is_empty());
    pieces
}

/// The words of a unit's name.
fn cut(name: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for_each_word(name, 1, |word, _| words.push(word));
    words
}
