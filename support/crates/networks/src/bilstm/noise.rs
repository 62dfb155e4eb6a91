//! What chance does in training: dropout and words that are read as `<oov>`.

use super::BiLstmConfig;
use crate::dropout::{at_least, mask, of_256};
use ground::random::SplitMix64;
use kernels::fused::rows::Mask;

pub(super) struct Noise {
    random: SplitMix64,
    /// A byte below this is dropped.
    dropped: u8,
    words_dropped: u8,
}

impl Noise {
    pub fn new(seed: u64, config: &BiLstmConfig) -> Noise {
        let (dropped, words_dropped) = (of_256(config.dropout), of_256(config.word_dropout));
        Noise { random: SplitMix64::new(seed), dropped, words_dropped }
    }

    /// `ids` with some replaced by that of `<oov>`.
    pub fn words(&mut self, mut ids: Vec<u32>) -> Vec<u32> {
        if self.words_dropped > 0 {
            let kept = at_least(&mut self.random, self.words_dropped, ids.len());
            ids.iter_mut().zip(kept).filter(|(_, kept)| !kept).for_each(|(id, _)| *id = 1);
        }
        ids
    }

    /// The next dropout of `count` numbers.
    pub fn mask(&mut self, count: usize) -> Option<Mask> {
        mask(&mut self.random, self.dropped, count)
    }
}
