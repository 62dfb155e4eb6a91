//! What LIME's panel shows, before it becomes HTML, text and picture.

use super::facts::visible;
use super::scale::Scale;
use crate::attribution::Attribution;
use figures::display::one_line;
use std::collections::HashMap;
use text::words::for_each_word;

/// At most this many words get a bar; all are highlighted in the text.
const WORDS: usize = 12;

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
    pub(crate) fn new(classes: &[String], probabilities: &[f64], text: &str, attribution: &'a Attribution) -> Self {
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
