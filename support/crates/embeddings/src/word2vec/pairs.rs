//! From sentences to the pairs that are trained on: subsampling, windows of random size, negatives.

use super::SkipGram;
use super::vocabulary::{Alias, Corpus, Vocabulary};
use ground::random::SplitMix64;

/// What is drawn from.
pub(super) struct Sampler {
    keep: Vec<f64>,
    noise: Alias,
    window: usize,
    negatives: usize,
}

impl Sampler {
    pub fn new(vocabulary: &Vocabulary, settings: &SkipGram) -> Sampler {
        Sampler {
            keep: super::keep_probabilities(&vocabulary.counts, settings.sample),
            noise: Alias::new(&super::noise_probabilities(&vocabulary.counts)),
            window: settings.window,
            negatives: settings.negatives,
        }
    }

    /// How many words one pair takes in the list: the target, its context, the negatives.
    pub fn words(&self) -> usize {
        2 + self.negatives
    }

    /// Appends the pairs of sentence `i`, in order. Words that are skipped do not count for the distance, so that the
    /// window reaches further over frequent ones, as in word2vec.c.
    pub fn pairs(&self, corpus: &Corpus, i: usize, random: &mut SplitMix64, kept: &mut Vec<u32>, pairs: &mut Vec<u32>) {
        kept.clear();
        kept.extend(corpus.sentence(i).iter().filter(|&&word| {
            let keep = self.keep[word as usize];
            keep >= 1.0 || random.uniform() < keep
        }));
        for (at, &target) in kept.iter().enumerate() {
            let reach = 1 + random.below(self.window);
            for (other, &context) in kept.iter().enumerate().take(at + reach + 1).skip(at.saturating_sub(reach)) {
                if other == at {
                    continue;
                }
                pairs.extend([target, context]);
                for _ in 0..self.negatives {
                    let mut negative = self.noise.draw(random);
                    while negative == context || negative == target {
                        negative = self.noise.draw(random);
                    }
                    pairs.push(negative);
                }
            }
        }
    }
}
