#![doc = include_str!("../README.md")]

/// SplitMix64: 64 bits of state, period 2⁶⁴.
#[derive(Clone, Debug)]
pub struct SplitMix64 {
    state: u64,
}

/// What the state grows by: 2⁶⁴ divided by the golden ratio, made odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl SplitMix64 {
    /// The stream of `seed`. Seeds that differ by a multiple of the step give the same stream, shifted; see
    /// [`apart`](SplitMix64::apart).
    #[inline]
    pub fn new(seed: u64) -> SplitMix64 {
        SplitMix64 { state: seed }
    }

    /// The stream whose seed is the first number of the stream of `seed`: for seeds that are computed, which may differ by
    /// a multiple of the step.
    #[inline]
    pub fn apart(seed: u64) -> SplitMix64 {
        SplitMix64::new(SplitMix64::new(seed).next_u64())
    }

    /// The stream from number `at` on, without drawing those before.
    #[inline]
    pub fn from(seed: u64, at: u64) -> SplitMix64 {
        SplitMix64::new(seed.wrapping_add(at.wrapping_mul(STEP)))
    }

    /// The next 64 random bits.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The next eight random bytes.
    #[inline]
    pub fn bytes(&mut self) -> [u8; 8] {
        self.next_u64().to_le_bytes()
    }

    /// A whole number in `0..n`; 0 when `n` is 0. The bias of the multiplication, below n / 2⁶⁴, does not matter here.
    #[inline]
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next_u64()) * n as u128) >> 64) as usize
    }

    /// A number in 0 to 1, 1 exclusive: a multiple of 2⁻⁵³.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// True with probability `p`.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Fisher–Yates shuffle.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}

/// A standard normal number from two uniform ones in 0 to 1, 1 exclusive (Box and Muller 1958).
pub fn normal(u: f64, v: f64) -> f64 {
    (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()
}

/// Two independent standard normal numbers from two uniform ones in 0 to 1, 1 exclusive, in `f32`.
pub fn normal_pair(u: f32, v: f32) -> [f32; 2] {
    let radius = (-2.0 * (1.0 - u).ln()).sqrt();
    let angle = std::f32::consts::TAU * v;
    [radius * angle.cos(), radius * angle.sin()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values that the public reference implementation prints for seed 1234567.
    const REFERENCE: [u64; 5] = [
        6_457_827_717_110_365_317,
        3_203_168_211_198_807_973,
        9_817_491_932_198_370_423,
        4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
    ];

    #[test]
    fn equals_the_reference_stream() {
        let mut random = SplitMix64::new(1_234_567);
        assert_eq!(REFERENCE.map(|_| random.next_u64()), REFERENCE);
        let mut random = SplitMix64::new(1_234_567);
        assert_eq!(random.bytes(), REFERENCE[0].to_le_bytes());
        assert_eq!(random.uniform(), (REFERENCE[1] >> 11) as f64 / 9_007_199_254_740_992.0);
        assert_eq!(random.below(1000), ((u128::from(REFERENCE[2]) * 1000) >> 64) as usize);
    }

    #[test]
    fn a_stream_can_be_entered_anywhere() {
        for (at, expected) in REFERENCE.into_iter().enumerate() {
            assert_eq!(SplitMix64::from(1_234_567, at as u64).next_u64(), expected);
        }
        assert_eq!(SplitMix64::apart(1_234_567).next_u64(), SplitMix64::new(REFERENCE[0]).next_u64());
    }

    #[test]
    fn below_stays_in_range_and_reaches_all() {
        let mut random = SplitMix64::new(1);
        let mut seen = [0usize; 7];
        for _ in 0..7000 {
            seen[random.below(7)] += 1;
        }
        assert!(seen.iter().all(|&n| (850..1150).contains(&n)), "{seen:?}");
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn shuffle_keeps_all_items() {
        let mut items: Vec<u32> = (0..50).collect();
        SplitMix64::new(3).shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }

    #[test]
    fn normal_numbers_have_mean_0_and_variance_1() {
        let mut random = SplitMix64::new(5);
        let mut drawn: Vec<f64> = (0..20_000).map(|_| normal(random.uniform(), random.uniform())).collect();
        for _ in 0..10_000 {
            let pair = normal_pair(random.uniform() as f32, random.uniform() as f32);
            drawn.extend(pair.map(f64::from));
        }
        for half in drawn.chunks(20_000) {
            let mean = half.iter().sum::<f64>() / 20_000.0;
            let variance = half.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 20_000.0;
            assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
        }
        assert_eq!((normal(0.0, 0.3), normal_pair(0.0, 0.3)), (0.0, [0.0, 0.0]));
    }
}
