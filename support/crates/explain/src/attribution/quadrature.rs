//! Rules that turn the integral of integrated gradients into a sum: at which α, and with which weight.
//!
//! Names and points as in Captum 0.9 (`_utils/approximation_methods.py`), but the weights sum to 1 in every rule;
//! Captum's trapezoid divides by n instead of n − 1.

use std::f64::consts::PI;

/// Where the gradient is taken between the baseline (α = 0) and the input (α = 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Rule {
    /// The start of each of n equal intervals.
    Left,
    /// The end of each interval.
    Right,
    /// The middle of each interval: exact where the gradient changes in a straight line.
    Middle,
    /// n points from 0 to 1, both ends included; the ends count half. Needs at least 2.
    Trapezoid,
    /// n points so placed that polynomials up to degree 2n − 1 are integrated exactly. The default.
    #[default]
    GaussLegendre,
}

impl Rule {
    /// All five.
    pub const ALL: [Rule; 5] = [Rule::Left, Rule::Right, Rule::Middle, Rule::Trapezoid, Rule::GaussLegendre];

    /// As a reader should see it: `"Gauss–Legendre"`.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Left => "left",
            Rule::Right => "right",
            Rule::Middle => "middle",
            Rule::Trapezoid => "trapezoid",
            Rule::GaussLegendre => "Gauss–Legendre",
        }
    }

    /// The n points as (α, weight), α rising from 0 to 1. The weights sum to 1, those of the trapezoid too (in Captum
    /// they sum to (n − 1) / n). Empty where the rule has no such points: n = 0, and n = 1 for the trapezoid.
    pub fn alphas_and_weights(self, n: usize) -> Vec<(f64, f64)> {
        let whole = n as f64;
        let even = |shift: f64| (0..n).map(|k| ((k as f64 + shift) / whole, 1.0 / whole)).collect();
        match self {
            Rule::Left => even(0.0),
            Rule::Right => even(1.0),
            Rule::Middle => even(0.5),
            Rule::Trapezoid if n < 2 => Vec::new(),
            Rule::Trapezoid => {
                let intervals = whole - 1.0;
                let end = |k: usize| k == 0 || k == n - 1;
                (0..n).map(|k| (k as f64 / intervals, if end(k) { 0.5 } else { 1.0 } / intervals)).collect()
            }
            Rule::GaussLegendre => gauss_legendre(n),
        }
    }
}

/// Gauss–Legendre points and weights on [0, 1]: the roots of the Legendre polynomial P_n by Newton's method, from
/// the estimate cos(π (k + 3/4) / (n + 1/2)); weights 2 / ((1 − x²) P′_n(x)²), halved for the interval of length 1.
/// (Abramowitz and Stegun 1964, 25.4.29.)
fn gauss_legendre(n: usize) -> Vec<(f64, f64)> {
    let mut points = vec![(0.0, 0.0); n];
    for k in 0..n.div_ceil(2) {
        let mut x = (PI * (k as f64 + 0.75) / (n as f64 + 0.5)).cos();
        // Newton doubles the digits in each round: from about 3 of them, 4 rounds are enough.
        for _ in 0..10 {
            let (value, slope) = legendre(n, x);
            let step = value / slope;
            x -= step;
            if step.abs() < 1e-16 {
                break;
            }
        }
        // The middle root of an odd polynomial.
        if 2 * k + 1 == n {
            x = 0.0;
        }
        let slope = legendre(n, x).1;
        let weight = 1.0 / ((1.0 - x * x) * slope * slope);
        points[k] = ((1.0 - x) / 2.0, weight);
        points[n - 1 - k] = ((1.0 + x) / 2.0, weight);
    }
    points
}

/// P_n(x) and its derivative, for |x| < 1, by the three-term recurrence.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for degree in 2..=n {
        let k = degree as f64;
        (before, value) = (value, ((2.0 * k - 1.0) * x * value - (k - 1.0) * before) / k);
    }
    (value, n as f64 * (before - x * value) / (1.0 - x * x))
}
