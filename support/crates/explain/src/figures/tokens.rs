//! An attribution as a figure: the tokens in colour, signed bars, several methods one under the other.
//!
//! All show the tokens exactly as the method used them, every score with its sign, and the numbers that tell whether
//! the scores add up: F(x), F(baseline), their sum and the convergence delta. An unknown token carries its word.

use super::facts::{check, facts_text, heading, names};
use super::strip;
use crate::attribution::Attribution;
use figures::display::Figure;
use figures::plot::Bars;
use ground::Result;
use std::fmt::Write as _;

/// Of more tokens than `MANY`, only `FEW` get a bar.
const MANY: usize = 60;
const FEW: usize = 40;

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
