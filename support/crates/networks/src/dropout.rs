//! Dropout (Srivastava et al. 2014), and the random bytes that it is drawn from: the same seed gives the same numbers on
//! every machine.

use candle_core::Tensor;

use ground::Result;
use kernels::fused::rows::{Mask, mask};

/// splitmix64 (Steele et al. 2014): eight bytes in a nanosecond.
pub(super) struct Bytes {
    state: u64,
}

impl Bytes {
    pub fn new(seed: u64) -> Bytes {
        Bytes { state: seed }
    }

    /// For each of `count` places whether a random byte is at least `least`.
    pub fn at_least(&mut self, least: u8, count: usize) -> Vec<bool> {
        let mut found = Vec::with_capacity(count + 8);
        while found.len() < count {
            found.extend(self.next().to_le_bytes().map(|byte| byte >= least));
        }
        found.truncate(count);
        found
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The next dropout of `count` numbers, of which a share of `dropped` / 256 is set to zero and the others are made
    /// larger, so that the expected sum stays.
    pub fn mask(&mut self, dropped: u8, count: usize) -> Option<Mask> {
        let scale = 256.0 / (256.0 - f32::from(dropped));
        (dropped > 0).then(|| Mask { kept: self.at_least(dropped, count), scale })
    }
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
        let seed = Bytes::new(seed ^ place.wrapping_mul(0xd134_2543_de82_ef95)).next();
        Dropout { dropped: of_256(share), seed }
    }

    /// `x` with some numbers set to zero; the same ones each time.
    pub fn apply(&self, x: &Tensor) -> Result<Tensor> {
        match Bytes::new(self.seed).mask(self.dropped, x.elem_count()) {
            Some(kept) => Ok(mask(&x.contiguous()?, kept)?),
            None => Ok(x.clone()),
        }
    }
}
