//! Which z-scores are more than chance, when thousands are looked at: Y. Benjamini and Y. Hochberg, "Controlling the
//! false discovery rate", Journal of the Royal Statistical Society B 57 (1995), 289–300.
//!
//! It bounds the expected share of false alarms among the terms that it names; it says nothing about one term alone.

use super::normal;
use ground::{Result, bail};

/// The two-sided p-value of each z-score: how likely a value at least that far from 0 is, if nothing but chance were at
/// work. 1 for z = 0, 0.05 for z = ±1.96.
pub fn p_values(z: &[f64]) -> Vec<f64> {
    z.iter().map(|&z| normal::two_sided(z)).collect()
}

/// The size of a z-score whose two-sided p-value is `p`: 1.96 for 0.05. For one test, planned in advance.
///
/// # Errors
/// A `p` that is not above 0 and below 1.
pub fn z_threshold(p: f64) -> Result<f64> {
    rate_is_share("p", p)?;
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..100 {
        let middle = (low + high) / 2.0;
        if normal::two_sided(middle) > p { low = middle } else { high = middle }
    }
    Ok(high)
}

/// Which z-scores stand out, when at most the share `rate` of those named may be false alarms on average:
/// [`benjamini_hochberg`] on the two-sided p-values.
///
/// # Errors
/// A rate that is not above 0 and below 1, or a z-score that is not a number.
pub fn significant(z: &[f64], rate: f64) -> Result<Vec<bool>> {
    benjamini_hochberg(&p_values(z), rate)
}

/// Which p-values stand out: sorted upwards, all up to the last one, the i-th of n, with p ≤ rate · i / n.
///
/// The share of false alarms is kept where the tests are independent or depend on each other positively.
///
/// # Errors
/// A rate that is not above 0 and below 1, or a p-value that is not between 0 and 1.
pub fn benjamini_hochberg(p: &[f64], rate: f64) -> Result<Vec<bool>> {
    rate_is_share("rate", rate)?;
    if let Some(at) = p.iter().position(|p| !(0.0..=1.0).contains(p)) {
        bail!("the p-value of term {at} is {}: it must lie between 0 and 1", p[at]);
    }
    let mut sorted = p.to_vec();
    sorted.sort_by(f64::total_cmp);
    let step = rate / p.len().max(1) as f64;
    let last = (0..sorted.len()).rev().find(|&i| sorted[i] <= step * (i + 1) as f64);
    let limit = last.map_or(-1.0, |i| sorted[i]);
    Ok(p.iter().map(|&p| p <= limit).collect())
}

fn rate_is_share(what: &str, value: f64) -> Result<()> {
    if !(value > 0.0 && value < 1.0) {
        bail!("{what} is {value}: give a number above 0 and below 1, such as 0.05");
    }
    Ok(())
}
