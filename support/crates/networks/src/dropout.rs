//! Dropout (Srivastava et al. 2014), drawn from random bytes: the same seed gives the same numbers on every machine.

use candle_core::Tensor;

use ground::Result;
use ground::random::SplitMix64;
use kernels::fused::rows::{self, Mask};

/// For each of `count` places whether a random byte is at least `least`.
pub(super) fn at_least(random: &mut SplitMix64, least: u8, count: usize) -> Vec<bool> {
    let mut found = Vec::with_capacity(count + 8);
    while found.len() < count {
        found.extend(random.bytes().map(|byte| byte >= least));
    }
    found.truncate(count);
    found
}

/// The next dropout of `count` numbers, of which a share of `dropped` / 256 is set to zero and the others are made
/// larger, so that the expected sum stays.
pub(super) fn mask(random: &mut SplitMix64, dropped: u8, count: usize) -> Option<Mask> {
    let scale = 256.0 / (256.0 - f32::from(dropped));
    (dropped > 0).then(|| Mask { kept: at_least(random, dropped, count), scale })
}

/// A share in 256ths.
pub(super) fn of_256(share: f64) -> u8 {
    (share * 256.0).round().min(255.0) as u8
}

/// Dropout at one place of a network, in one step.
pub(super) struct Dropout {
    dropped: u8,
    seed: u64,
}

impl Dropout {
    /// `place` is a number of the place's own: places drop different numbers.
    pub fn new(share: f64, seed: u64, place: u64) -> Dropout {
        let seed = SplitMix64::new(seed ^ place.wrapping_mul(0xd134_2543_de82_ef95)).next_u64();
        Dropout { dropped: of_256(share), seed }
    }

    /// `x` with some numbers set to zero; the same ones each time.
    pub fn apply(&self, x: &Tensor) -> Result<Tensor> {
        match mask(&mut SplitMix64::new(self.seed), self.dropped, x.elem_count()) {
            Some(kept) => Ok(rows::mask(&x.contiguous()?, kept)?),
            None => Ok(x.clone()),
        }
    }
}
