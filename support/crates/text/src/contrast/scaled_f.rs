//! The scaled F-score of Scattertext (J. Kessler, "Scattertext", ACL 2017, arXiv:1703.00565).
//!
//! A term is typical of a class when it is frequent there and rare elsewhere. It is a score to sort by, not a test.

use super::normal;
use ground::{Result, bail};

/// The beta of Scattertext's own default: frequency weighs more than precision.
pub const BETA: f64 = 2.0;

/// How typical each term is of one of two classes: 1 for the most typical of the first, −1 for the most typical of the
/// second, around 0 for terms of both.
///
/// A term gets the better of its two [one-sided scores](one_sided_scaled_f_scores), with a minus sign where this is the
/// second class's, and 0 where the two are equal. Then each side is stretched to 0..1 for itself, so that the largest
/// score of both sides has the size 1 and the smallest the size 0; where a side has one score only, it becomes 0.5.
/// (Scattertext shows the same on a scale from 0 to 1, with 0.5 for our 0.)
///
/// `beta` above 1 gives more weight to how often a term occurs, below 1 to how exclusive it is; Scattertext and
/// [`BETA`] have 2. The score depends on which terms are in the lists.
///
/// # Errors
/// Lists of different length, no terms, a term that occurs in neither class, a class without any term, or a `beta` that
/// is not a positive number.
pub fn scaled_f_scores(counts_a: &[u32], counts_b: &[u32], beta: f64) -> Result<Vec<f64>> {
    check(counts_a, counts_b, beta)?;
    Ok(balanced(counts_a, counts_b, beta))
}

/// How typical each term is of the class that `counts_a` come from, from 0 to 1: the weighted harmonic mean (an
/// F-score) of two numbers, each taken through the normal distribution function with the mean and the standard
/// deviation that it has over all terms.
///
/// * precision: the share of the term's occurrences that are in this class, `a / (a + b)`;
/// * frequency ("recall"): the term's share of all occurrences in this class, `a / Σa`.
///
/// A count of 0 is not treated apart: such a term has the lowest precision and the lowest frequency, and a small score
/// above 0. Where all terms have the same precision (or frequency), its scaled value is 0.5. `beta`: as in
/// [`scaled_f_scores`].
///
/// # Errors
/// As [`scaled_f_scores`].
pub fn one_sided_scaled_f_scores(counts_a: &[u32], counts_b: &[u32], beta: f64) -> Result<Vec<f64>> {
    check(counts_a, counts_b, beta)?;
    Ok(one_sided(counts_a, counts_b, beta))
}

pub(super) fn balanced(counts_a: &[u32], counts_b: &[u32], beta: f64) -> Vec<f64> {
    let (of_a, of_b) = (one_sided(counts_a, counts_b, beta), one_sided(counts_b, counts_a, beta));
    let better = |(a, b): (&f64, &f64)| match a.total_cmp(b) {
        std::cmp::Ordering::Greater => *a,
        std::cmp::Ordering::Less => -b,
        std::cmp::Ordering::Equal => 0.0,
    };
    let mut scores: Vec<f64> = of_a.iter().zip(&of_b).map(better).collect();
    for sign in [1.0, -1.0] {
        let side = || scores.iter().map(|score| sign * score).filter(|&size| size > 0.0);
        let least = side().fold(f64::INFINITY, f64::min);
        let most = side().fold(0.0, f64::max);
        for score in scores.iter_mut().filter(|score| sign * **score > 0.0) {
            *score = sign * if most > least { (sign * *score - least) / (most - least) } else { 0.5 };
        }
    }
    scores
}

fn one_sided(counts_a: &[u32], counts_b: &[u32], beta: f64) -> Vec<f64> {
    let total: f64 = counts_a.iter().map(|&a| f64::from(a)).sum();
    let share = |(&a, &b): (&u32, &u32)| f64::from(a) / (f64::from(a) + f64::from(b)).max(1.0);
    let precision = scaled(&counts_a.iter().zip(counts_b).map(share).collect::<Vec<f64>>());
    let frequency = scaled(&counts_a.iter().map(|&a| f64::from(a) / total.max(1.0)).collect::<Vec<f64>>());
    let weight = beta * beta;
    let mean = |(p, f): (&f64, &f64)| match weight * p + f {
        0.0 => 0.0,
        sum => (1.0 + weight) * p * f / sum,
    };
    precision.iter().zip(&frequency).map(mean).collect()
}

/// The normal distribution function of each value, with the values' own mean and standard deviation.
fn scaled(values: &[f64]) -> Vec<f64> {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let deviation = (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
    // Equal values can differ from their mean in the last bit.
    if deviation <= 1e-14 * mean.abs() {
        return vec![0.5; values.len()];
    }
    values.iter().map(|x| normal::cdf((x - mean) / deviation)).collect()
}

fn check(counts_a: &[u32], counts_b: &[u32], beta: f64) -> Result<()> {
    if !(beta > 0.0 && beta.is_finite()) {
        bail!("beta is {beta}: give a positive number; {BETA} is Scattertext's");
    }
    super::log_odds::same_terms(counts_a, counts_b)?;
    if let Some(at) = (0..counts_a.len()).find(|&i| counts_a[i] == 0 && counts_b[i] == 0) {
        bail!("term {at} occurs in neither class: take it out first");
    }
    Ok(())
}
