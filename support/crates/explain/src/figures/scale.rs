//! The colours of token scores with their legend: blue–white–red for signed scores, white–green for unsigned ones.

use crate::attribution::Attribution;
use figures::display::escape_html;
use figures::plot::axes::minus;
use figures::plot::canvas::{Align, Canvas, Look, TEXT, text_width};
use figures::plot::colors::{GREY, GRID, Rgb, WHITE, diverging, sequential};
use std::fmt::Write as _;

/// Steps of the legend, an odd number: the middle one of a signed scale is zero.
const STEPS: usize = 11;

/// How the scores of an attribution become colours and numbers.
pub(crate) struct Scale {
    /// The largest |score|: the end of the scale.
    pub(crate) largest: f64,
    /// Decimals.
    pub(crate) digits: usize,
    unsigned: bool,
    unit: String,
}

impl Scale {
    pub(crate) fn of(attribution: &Attribution) -> Scale {
        let scores = &attribution.scores;
        let unit = if attribution.output.is_empty() { String::new() } else { format!(" ({})", attribution.output) };
        Scale { largest: largest(scores), digits: places(scores), unsigned: attribution.unsigned, unit }
    }

    /// The scale of scores that were divided by the largest of their list.
    pub(crate) fn of_shares(unsigned: bool) -> Scale {
        Scale { largest: 1.0, digits: 2, unsigned, unit: " ÷ the row's largest".into() }
    }

    pub(crate) fn unsigned(&self) -> bool {
        self.unsigned
    }

    /// White is zero; an unsigned score below zero, which no method gives, is blue.
    pub(crate) fn color(&self, score: f64) -> Rgb {
        match self.unsigned && score >= 0.0 && self.largest > 0.0 {
            true => WHITE.toward(sequential(1.0), (score / self.largest).min(1.0)),
            false => diverging(score, self.largest),
        }
    }

    /// A score as text, with a sign if scores have one.
    pub(crate) fn number(&self, score: f64) -> String {
        if self.unsigned { format!("{score:.places$}", places = self.digits) } else { signed(score, self.digits) }
    }

    /// Where the scale begins, the colours, and what stands behind it.
    fn legend(&self) -> (f64, Vec<Rgb>, String) {
        let low = if self.unsigned { 0.0 } else { -self.largest };
        let step = |step: usize| self.color(low + (self.largest - low) * step as f64 / (STEPS - 1) as f64);
        let meaning = match self.unsigned {
            true => "white is 0; how much a token matters, not in which direction",
            false => "white is 0, red speaks for the class, blue against it",
        };
        (low, (0..STEPS).map(step).collect(), format!("{} score{}; {meaning}", self.number(self.largest), self.unit))
    }

    /// The legend as spans.
    pub(crate) fn html(&self) -> String {
        let mut out = String::from("<span style=\"font-size:12px;color:#595959\">");
        if self.largest == 0.0 {
            return out + "all scores are 0</span>";
        }
        let (low, colors, text) = self.legend();
        let _ = write!(out, "{} ", minus(&self.number(low)));
        for color in colors {
            let _ = write!(
                out,
                "<span style=\"display:inline-block;width:16px;height:10px;background-color:{};\
                 border-top:1px solid #bbbbbb;border-bottom:1px solid #bbbbbb\"></span>",
                color.hex()
            );
        }
        let _ = write!(out, " {}</span>", escape_html(&text));
        out
    }

    /// Draws the legend with its text at `y`.
    pub(crate) fn draw(&self, canvas: &mut Canvas, y: f64) {
        let look = Look::new(TEXT - 1.0, GREY);
        if self.largest == 0.0 {
            return canvas.text((10.0, y), Align::Left, look, "all scores are 0");
        }
        let (low, colors, text) = self.legend();
        let low = minus(&self.number(low));
        canvas.text((10.0, y), Align::Left, look, &low);
        let start = 16.0 + text_width(&low, look);
        canvas.rect(start - 0.5, y - 10.5, 16.0 * STEPS as f64 + 1.0, 13.0, GRID);
        for (step, color) in colors.into_iter().enumerate() {
            canvas.rect(start + 16.0 * step as f64, y - 10.0, 16.0, 12.0, color);
        }
        canvas.text((start + 16.0 * STEPS as f64 + 6.0, y), Align::Left, look, &text);
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
