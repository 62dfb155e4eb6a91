//! What chance does in training: dropout (Srivastava et al. 2014) and words that are read as `<oov>`.
//!
//! Everything is drawn from one seed, so that the same seed gives the same step on every machine.

use candle_core::Tensor;
use rand::{RngCore as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::BiLstmConfig;
use crate::Result;
use crate::nn::lstm::ops::mask;

pub(super) struct Noise {
    random: ChaCha8Rng,
    /// A byte below this is dropped.
    dropped: u8,
    words_dropped: u8,
}

impl Noise {
    pub fn new(seed: u64, config: &BiLstmConfig) -> Noise {
        let of_256 = |share: f64| (share * 256.0).round().min(255.0) as u8;
        let random = ChaCha8Rng::seed_from_u64(seed);
        Noise { random, dropped: of_256(config.dropout), words_dropped: of_256(config.word_dropout) }
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.random.fill_bytes(&mut bytes);
        bytes
    }

    /// `ids` with some replaced by that of `<oov>`.
    pub fn words(&mut self, mut ids: Vec<u32>) -> Vec<u32> {
        if self.words_dropped > 0 {
            let bytes = self.bytes(ids.len());
            for (id, byte) in ids.iter_mut().zip(bytes) {
                if byte < self.words_dropped {
                    *id = 1;
                }
            }
        }
        ids
    }

    /// `x` with some numbers set to zero, the others made larger so that the expected sum stays.
    pub fn drop(&mut self, x: &Tensor) -> Result<Tensor> {
        if self.dropped == 0 {
            return Ok(x.clone());
        }
        let kept = self.bytes(x.elem_count()).into_iter().map(|byte| byte >= self.dropped).collect();
        Ok(mask(x, kept, 256.0 / (256.0 - f32::from(self.dropped)))?)
    }
}
