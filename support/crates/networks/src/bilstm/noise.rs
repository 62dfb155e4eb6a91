//! What chance does in training: dropout and words that are read as `<oov>`.

use super::BiLstmConfig;
use crate::dropout::{Bytes, of_256};
use kernels::fused::rows::Mask;

pub(super) struct Noise {
    bytes: Bytes,
    /// A byte below this is dropped.
    dropped: u8,
    words_dropped: u8,
}

impl Noise {
    pub fn new(seed: u64, config: &BiLstmConfig) -> Noise {
        Noise { bytes: Bytes::new(seed), dropped: of_256(config.dropout), words_dropped: of_256(config.word_dropout) }
    }

    /// `ids` with some replaced by that of `<oov>`.
    pub fn words(&mut self, mut ids: Vec<u32>) -> Vec<u32> {
        if self.words_dropped > 0 {
            let kept = self.bytes.at_least(self.words_dropped, ids.len());
            ids.iter_mut().zip(kept).filter(|(_, kept)| !kept).for_each(|(id, _)| *id = 1);
        }
        ids
    }

    /// The next dropout of `count` numbers.
    pub fn mask(&mut self, count: usize) -> Option<Mask> {
        self.bytes.mask(self.dropped, count)
    }
}
