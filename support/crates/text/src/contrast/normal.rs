//! The standard normal distribution: its distribution function and its tails, with small relative error in the tails too.

use std::f64::consts::FRAC_1_SQRT_2;

use libm::erfc;

/// The standard normal distribution function: the probability of a value below `z`.
pub fn cdf(z: f64) -> f64 {
    0.5 * erfc(-z * FRAC_1_SQRT_2)
}

/// The probability of a value at least as far from 0 as `z`, on either side.
pub(super) fn two_sided(z: f64) -> f64 {
    erfc(z.abs() * FRAC_1_SQRT_2)
}
