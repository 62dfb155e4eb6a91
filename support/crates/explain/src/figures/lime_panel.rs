//! The panel in which LIME's users expect an explanation: class probabilities, signed words, the text with its words
//! highlighted (the layout follows the `lime` Python package, github.com/marcotcr/lime).
//!
//! In the notebook it is HTML with inline styles; it saves as a standalone page or, drawn by `lime_picture`, as a PNG.

use super::facts::{BOX, check, facts_html, facts_line};
use super::lime_content::Panel;
use super::lime_picture;
use super::scale::signed;
use crate::attribution::Attribution;
use figures::display::{Figure, escape_html, one_line};
use figures::plot::axes::minus;
use figures::plot::colors::{diverging, sequential, sign};
use ground::values::{finite, same_length};
use ground::{Result, bail};
use std::fmt::Write as _;

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

impl Panel<'_> {
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
