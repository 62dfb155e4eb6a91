//! The distribution of negatives: which words stand in for those that are not there (Mikolov et al. 2013, section 2.2).

/// Negatives are drawn with the words' counts to this power.
pub const NOISE_POWER: f64 = 0.75;

/// The probability with which each word is drawn as a negative: its count to the power of [`NOISE_POWER`], normalised.
pub fn noise_probabilities(counts: &[u64]) -> Vec<f64> {
    let weights: Vec<f64> = counts.iter().map(|&count| (count as f64).powf(NOISE_POWER)).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}
