//! What chance does in training: dropout (Srivastava et al. 2014) and words that are read as `<oov>`.
//!
//! Everything is drawn from one seed, so that the same seed gives the same step on every machine.

use super::BiLstmConfig;
use crate::nn::lstm::ops::Mask;

pub(super) struct Noise {
    state: u64,
    /// A byte below this is dropped.
    dropped: u8,
    words_dropped: u8,
}

impl Noise {
    pub fn new(seed: u64, config: &BiLstmConfig) -> Noise {
        let of_256 = |share: f64| (share * 256.0).round().min(255.0) as u8;
        Noise { state: seed, dropped: of_256(config.dropout), words_dropped: of_256(config.word_dropout) }
    }

    /// For each of `count` places whether a random byte is at least `least`. splitmix64 (Steele et al. 2014): eight bytes
    /// in a nanosecond.
    fn at_least(&mut self, least: u8, count: usize) -> Vec<bool> {
        let mut found = Vec::with_capacity(count + 8);
        while found.len() < count {
            self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            found.extend((z ^ (z >> 31)).to_le_bytes().map(|byte| byte >= least));
        }
        found.truncate(count);
        found
    }

    /// `ids` with some replaced by that of `<oov>`.
    pub fn words(&mut self, mut ids: Vec<u32>) -> Vec<u32> {
        if self.words_dropped > 0 {
            let kept = self.at_least(self.words_dropped, ids.len());
            ids.iter_mut().zip(kept).filter(|(_, kept)| !kept).for_each(|(id, _)| *id = 1);
        }
        ids
    }

    /// The next dropout of `count` numbers: some are set to zero, the others made larger so that the expected sum stays.
    pub fn mask(&mut self, count: usize) -> Option<Mask> {
        let scale = 256.0 / (256.0 - f32::from(self.dropped));
        (self.dropped > 0).then(|| Mask { kept: self.at_least(self.dropped, count), scale })
    }
}
