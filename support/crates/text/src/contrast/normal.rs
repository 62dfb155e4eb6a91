//! The standard normal distribution: its distribution function and its tails, to about 14 digits.
//!
//! The standard library has no error function. Series and continued fraction: Abramowitz & Stegun 7.1.6 and 7.1.14.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// The standard normal distribution function: the probability of a value below `z`.
pub fn cdf(z: f64) -> f64 {
    0.5 * erfc(-z * FRAC_1_SQRT_2)
}

/// The probability of a value at least as far from 0 as `z`, on either side.
pub(super) fn two_sided(z: f64) -> f64 {
    erfc(z.abs() * FRAC_1_SQRT_2)
}

/// The complementary error function, `1 − erf(x)`, with small relative error in the tail too.
fn erfc(x: f64) -> f64 {
    if x.is_nan() {
        return f64::NAN;
    }
    if x < 0.0 {
        return 2.0 - erfc(-x);
    }
    if x < 2.0 {
        // erf(x) = 2/√π e^(−x²) Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1))
        let (mut term, mut sum) = (x, x);
        let mut odd = 1.0;
        while term > 1e-17 * sum {
            odd += 2.0;
            term *= 2.0 * x * x / odd;
            sum += term;
        }
        return 1.0 - 2.0 / PI.sqrt() * (-x * x).exp() * sum;
    }
    // √π e^(x²) erfc(x) = 1/(x + ½/(x + 1/(x + 3/2/(x + …)))), from the inside out.
    let mut fraction = x;
    for k in (1..=120).rev() {
        fraction = x + 0.5 * f64::from(k) / fraction;
    }
    (-x * x).exp() / (PI.sqrt() * fraction)
}
