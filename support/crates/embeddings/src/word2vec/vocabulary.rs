//! The words of a corpus with their numbers: which are kept, how often each is skipped, which are drawn as negatives.

use std::collections::HashMap;

use ground::random::SplitMix64;
use ground::{Result, bail};

/// The words that occur often enough, the most frequent first; equally frequent ones in alphabetical order.
pub(super) struct Vocabulary {
    pub words: Vec<String>,
    pub counts: Vec<u64>,
    index: HashMap<String, u32>,
}

impl Vocabulary {
    pub fn of(sentences: &[Vec<String>], min_count: u64) -> Result<Vocabulary> {
        let mut counts: HashMap<&str, u64> = HashMap::new();
        for word in sentences.iter().flatten() {
            *counts.entry(word).or_default() += 1;
        }
        let all = counts.len();
        if all == 0 {
            bail!("the corpus is empty: give sentences with words in them");
        }
        let mut kept: Vec<(&str, u64)> = counts.into_iter().filter(|(_, count)| *count >= min_count).collect();
        kept.sort_unstable_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        if kept.len() < 3 {
            bail!(
                "{} of the {all} different words of the corpus occur {min_count} times or more, and training needs 3: one \
                 to start from, one beside it, one as a negative. Give more text, or a smaller `min_count`",
                kept.len()
            );
        }
        let words: Vec<String> = kept.iter().map(|(word, _)| (*word).to_owned()).collect();
        let index = words.iter().enumerate().map(|(i, word)| (word.clone(), i as u32)).collect();
        Ok(Vocabulary { words, counts: kept.iter().map(|(_, count)| *count).collect(), index })
    }

    /// The sentences as numbers, one after the other, and where each ends. Words that are not kept are left out.
    pub fn encode(&self, sentences: &[Vec<String>]) -> Corpus {
        let (mut ids, mut ends) = (Vec::new(), Vec::with_capacity(sentences.len()));
        for sentence in sentences {
            ids.extend(sentence.iter().filter_map(|word| self.index.get(word)));
            ends.push(ids.len());
        }
        Corpus { ids, ends }
    }
}

/// Sentences as numbers.
pub(super) struct Corpus {
    pub ids: Vec<u32>,
    /// Where each sentence ends in `ids`.
    pub ends: Vec<usize>,
}

impl Corpus {
    /// Sentence `i`.
    pub fn sentence(&self, i: usize) -> &[u32] {
        let start = if i == 0 { 0 } else { self.ends[i - 1] };
        &self.ids[start..self.ends[i]]
    }
}

/// Draws words with given weights, each in the same time (Walker's alias method, as Vose 1991 builds it).
pub(super) struct Alias {
    /// Of a column: the share that is its own, out of 2³².
    own: Vec<u32>,
    /// The word that has the rest.
    other: Vec<u32>,
}

impl Alias {
    pub fn new(weights: &[f64]) -> Alias {
        let n = weights.len();
        let sum: f64 = weights.iter().sum();
        let mut share: Vec<f64> = weights.iter().map(|weight| weight * n as f64 / sum).collect();
        let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..n).partition(|&i| share[i] < 1.0);
        let (mut own, mut other) = (vec![u32::MAX; n], (0..n as u32).collect::<Vec<_>>());
        while let (Some(&less), Some(&more)) = (small.last(), large.last()) {
            small.pop();
            own[less] = (share[less] * f64::from(u32::MAX)) as u32;
            other[less] = more as u32;
            share[more] -= 1.0 - share[less];
            if share[more] < 1.0 {
                large.pop();
                small.push(more);
            }
        }
        Alias { own, other }
    }

    /// One word.
    #[inline]
    pub fn draw(&self, random: &mut SplitMix64) -> u32 {
        let bits = random.next_u64();
        // The high half chooses the column, the low half between its two words.
        let column = ((bits >> 32) * self.own.len() as u64) >> 32;
        if (bits as u32) <= self.own[column as usize] { column as u32 } else { self.other[column as usize] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_drawn_as_often_as_their_weights_say() {
        let weights = [5.0, 1.0, 0.5, 3.5, 0.0];
        let (alias, mut random) = (Alias::new(&weights), SplitMix64::apart(3));
        let mut counts = [0u32; 5];
        (0..100_000).for_each(|_| counts[alias.draw(&mut random) as usize] += 1);
        for (count, weight) in counts.iter().zip(weights) {
            let expected = weight * 10_000.0;
            // Four standard deviations of a binomial count.
            assert!((f64::from(*count) - expected).abs() <= 4.0 * expected.sqrt(), "{counts:?}");
        }
    }
}
