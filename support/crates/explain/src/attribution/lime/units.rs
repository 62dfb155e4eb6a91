//! The units of a text that LIME removes: words, occurrences of words, or phrases.
//!
//! A text is cut at every run of characters that are not part of a word (`\W+`), as the reference does. Each
//! piece is kept, so that the pieces joined are the text again.

use std::collections::HashMap;

use ground::Span;
use ground::{Result, bail};
use text::words::for_each_word;

/// What the reference puts in the place of a removed occurrence.
const UNKNOWN: &str = "UNKWORDZ";

/// A text cut into pieces, and the units that can be removed from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Units {
    /// Words and what stands between them, in order.
    pub pieces: Vec<String>,
    /// The first character of each piece (Unicode scalar values).
    pub starts: Vec<usize>,
    /// The units, in the order in which they first occur.
    pub names: Vec<String>,
    /// Per unit the pieces that are removed with it.
    pub positions: Vec<Vec<usize>>,
    /// What takes the place of a removed piece; nothing if `None`.
    pub replacement: Option<String>,
    /// The pieces that are words.
    words: Vec<usize>,
    /// Whether each occurrence is a unit of its own.
    each_occurrence: bool,
}

impl Units {
    /// One unit per distinct word: all its occurrences are removed together. Small and capital letters differ.
    ///
    /// # Errors
    /// A text without words.
    pub fn words(text: &str) -> Result<Units> {
        let mut units = Units::cut(text)?;
        let mut known: HashMap<String, usize> = HashMap::new();
        for &piece in &units.words {
            let word = &units.pieces[piece];
            let unit = *known.entry(word.clone()).or_insert_with(|| {
                units.names.push(word.clone());
                units.positions.push(Vec::new());
                units.names.len() - 1
            });
            units.positions[unit].push(piece);
        }
        Ok(units)
    }

    /// One unit per occurrence of a word. `UNKWORDZ` takes the place of a removed one, as in the reference.
    ///
    /// # Errors
    /// A text without words.
    pub fn occurrences(text: &str) -> Result<Units> {
        let mut units = Units::cut(text)?;
        units.names = units.words.iter().map(|&piece| units.pieces[piece].clone()).collect();
        units.positions = units.words.iter().map(|&piece| vec![piece]).collect();
        units.replacement = Some(UNKNOWN.to_owned());
        units.each_occurrence = true;
        Ok(units)
    }

    /// Where a unit stands in the text: one span per place, in characters.
    pub fn spans(&self, unit: usize) -> Vec<Span> {
        let span = |&piece: &usize| {
            let start = self.starts[piece];
            Span { start, end: start + self.pieces[piece].chars().count() }
        };
        self.positions[unit].iter().map(span).collect()
    }

    fn cut(text: &str) -> Result<Units> {
        let mut units = Units {
            pieces: Vec::new(),
            starts: Vec::new(),
            names: Vec::new(),
            positions: Vec::new(),
            replacement: None,
            words: Vec::new(),
            each_occurrence: false,
        };
        let mut end = 0;
        for_each_word(text, 1, |word, start| {
            if start > end {
                units.pieces.push(text[end..start].to_owned());
            }
            units.words.push(units.pieces.len());
            units.pieces.push(word.to_owned());
            end = start + word.len();
        });
        if units.words.is_empty() {
            bail!("there is no word to remove in {text:?}. LIME needs a text with at least one word");
        }
        if end < text.len() {
            units.pieces.push(text[end..].to_owned());
        }
        let mut start = 0;
        for piece in &units.pieces {
            units.starts.push(start);
            start += piece.chars().count();
        }
        Ok(units)
    }

    /// Makes one unit of the words of `phrase` wherever they stand next to each other. Small and capital
    /// letters are the same here. The same words elsewhere stay units of their own.
    ///
    /// # Errors
    /// A phrase of fewer than two words, or one that is not in the text.
    pub fn join(&mut self, phrase: &str) -> Result<()> {
        let mut wanted = Vec::new();
        for_each_word(phrase, 1, |word, _| wanted.push(word.to_lowercase()));
        if wanted.len() < 2 {
            bail!("the phrase {phrase:?} must have at least two words: a single word is a unit already");
        }
        let lower: Vec<String> = self.words.iter().map(|&piece| self.pieces[piece].to_lowercase()).collect();
        let mut joined = Vec::new();
        let mut at = 0;
        while at + wanted.len() <= lower.len() {
            if lower[at..at + wanted.len()] == wanted[..] {
                joined.push(self.words[at..at + wanted.len()].to_vec());
                at += wanted.len();
            } else {
                at += 1;
            }
        }
        if joined.is_empty() {
            bail!("the words of {phrase:?} do not stand next to each other in this text: {:?}", self.pieces.concat());
        }
        let groups = if self.each_occurrence { joined } else { vec![joined.concat()] };
        for group in groups {
            self.positions.iter_mut().for_each(|pieces| pieces.retain(|piece| !group.contains(piece)));
            self.names.push(wanted.join(" "));
            self.positions.push(group);
        }
        // Units that lost all their pieces go; the others are put in the order of the text.
        let mut order: Vec<usize> = (0..self.names.len()).filter(|&unit| !self.positions[unit].is_empty()).collect();
        order.sort_by_key(|&unit| self.positions[unit][0]);
        self.names = order.iter().map(|&unit| self.names[unit].clone()).collect();
        self.positions = order.iter().map(|&unit| self.positions[unit].clone()).collect();
        Ok(())
    }

    /// The pairs of units of which an occurrence of the second follows one of the first, in order of the text.
    pub fn neighbours(&self) -> Vec<(usize, usize)> {
        let mut unit_of = vec![usize::MAX; self.pieces.len()];
        for (unit, pieces) in self.positions.iter().enumerate() {
            pieces.iter().for_each(|&piece| unit_of[piece] = unit);
        }
        let mut pairs = Vec::new();
        for two in self.words.windows(2) {
            let pair = (unit_of[two[0]], unit_of[two[1]]);
            if pair.0 != pair.1 && !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
        pairs
    }

    /// The text with only the units that are kept: 1 keeps a unit, 0 removes it. What stands between words stays.
    ///
    /// # Panics
    /// If `kept` is shorter than the list of units.
    pub fn text(&self, kept: &[f64]) -> String {
        let mut removed = vec![false; self.pieces.len()];
        for (unit, pieces) in self.positions.iter().enumerate() {
            if kept[unit] == 0.0 {
                pieces.iter().for_each(|&piece| removed[piece] = true);
            }
        }
        let mut text = String::new();
        for (piece, removed) in self.pieces.iter().zip(removed) {
            if !removed {
                text.push_str(piece);
            } else if let Some(word) = &self.replacement {
                text.push_str(word);
            }
        }
        text
    }
}
