//! Where terms stand in texts: all terms of one text, and one term in its contexts (a concordance).
//!
//! A place is the run of characters from the first to the last word of the term. n-grams are found as they were counted:
//! over commas, and over words that are too short to count.

use polars::df;
use polars::prelude::DataFrame;

use super::Contrast;
use crate::words::words_from;
use ground::{Result, bail};
use sources::data::{Dataset, Span};

impl Contrast {
    /// The terms that stand in `text`, each with its place in `terms` and its span in characters, in reading order.
    pub fn find(&self, text: &str) -> Vec<(usize, Span)> {
        let mut found = Vec::new();
        let tokens = words_from(text, self.options.letters);
        let words: Vec<String> = tokens
            .iter()
            .map(|token| if self.options.lowercase { token.text.to_lowercase() } else { token.text.clone() })
            .collect();
        let mut name = String::new();
        for first in 0..tokens.len() {
            name.clear();
            for last in first..tokens.len().min(first + self.options.longest) {
                if last > first {
                    name.push(' ');
                }
                name.push_str(&words[last]);
                if last + 1 - first < self.options.shortest {
                    continue;
                }
                if let Some(&term) = self.index.get(&name) {
                    found.push((term as usize, Span { start: tokens[first].start, end: tokens[last].end }));
                }
            }
        }
        found
    }

    /// [`contexts`](fn@contexts) of a term, found as this contrast counts its words: the concordance of a row of its frame.
    ///
    /// # Errors
    /// As [`contexts`](fn@contexts).
    pub fn contexts(&self, dataset: &Dataset, term: &str, width: usize, rows: usize) -> Result<DataFrame> {
        concordance(dataset, term, width, rows, self.options.letters)
    }
}

/// The first `rows` occurrences of a term, in the order of the data set, each with `width` characters of its text on
/// both sides: a frame with `id`, `class`, `before`, `term` (as it is written), `after`, and the place `start`, `end`
/// in characters. Small and capital letters are the same. Line breaks become spaces, `…` marks where the text goes on.
///
/// Words of one character are skipped (`what day` finds "what a day"), unless the term itself has one (`a day`).
///
/// # Errors
/// A term without a word, or one that is in no text.
pub fn contexts(dataset: &Dataset, term: &str, width: usize, rows: usize) -> Result<DataFrame> {
    let letters = words_from(term, 1).iter().map(|word| word.end - word.start).min().unwrap_or(1).min(2);
    concordance(dataset, term, width, rows, letters)
}

fn concordance(dataset: &Dataset, term: &str, width: usize, rows: usize, letters: usize) -> Result<DataFrame> {
    let wanted: Vec<String> = words_from(term, letters).into_iter().map(|word| word.text.to_lowercase()).collect();
    if wanted.is_empty() {
        bail!("`{term}` holds no word: give a word, or several with spaces between them");
    }
    let (ids, labels) = (dataset.frame.column("id")?.str()?.clone(), dataset.labels()?);
    let (mut id, mut class, mut before, mut found, mut after) =
        (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut start, mut end) = (Vec::new(), Vec::new());
    let mut any = false;
    'texts: for (row, text) in dataset.texts()?.iter().enumerate() {
        let tokens = words_from(text, letters);
        let matches = |at: &usize| {
            let run = &tokens[*at..*at + wanted.len()];
            run.iter().zip(&wanted).all(|(token, word)| token.text.to_lowercase() == *word)
        };
        let places: Vec<usize> = (0..(tokens.len() + 1).saturating_sub(wanted.len())).filter(matches).collect();
        if places.is_empty() {
            continue;
        }
        any = true;
        let characters: Vec<char> = text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
        for at in places {
            if id.len() == rows {
                break 'texts;
            }
            let (from, to) = (tokens[at].start, tokens[at + wanted.len() - 1].end);
            let (left, right) = (from.saturating_sub(width), characters.len().min(to.saturating_add(width)));
            let dots = |cut: bool| if cut { "…" } else { "" };
            let part = |from: usize, to: usize| characters[from..to].iter().collect::<String>();
            id.push(ids.get(row).unwrap_or_default().to_owned());
            class.push(dataset.classes[labels[row]].clone());
            before.push(format!("{}{}", dots(left > 0), part(left, from)));
            found.push(part(from, to));
            after.push(format!("{}{}", part(to, right), dots(right < characters.len())));
            start.push(from as u32);
            end.push(to as u32);
        }
    }
    if !any {
        bail!("`{term}` is in no text of `{}`. Terms are whole words: try another form", dataset.name);
    }
    Ok(df!(
        "id" => id, "class" => class, "before" => before, "term" => found, "after" => after,
        "start" => start, "end" => end
    )?)
}
