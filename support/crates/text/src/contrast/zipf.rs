//! Zipf's law: a word's count falls with its rank about as rank^−exponent (G. Zipf, "Human behavior and the principle
//! of least effort", 1949), fitted in two ways.
//!
//! A straight line in a log-log plot is no proof of a power law: A. Clauset, C. Shalizi and M. Newman, "Power-law
//! distributions in empirical data", SIAM Review 51 (2009), arXiv:0706.1062. No test of fit is made here.

use ground::Numbers;
use ground::{Result, bail};

/// A fit of Zipf's law, and the points it was fitted to.
#[derive(Clone, Debug, PartialEq)]
pub struct ZipfFit {
    /// How steep the line is: count ≈ 10^intercept · rank^−exponent. About 1 for words of most texts.
    pub exponent: f64,
    /// The decimal logarithm of the count that the line gives to rank 1.
    pub intercept: f64,
    /// The share of the variance of the points' log₁₀ count that the line explains.
    pub r_squared: f64,
    /// The exponent of highest likelihood, if words are drawn with probabilities ∝ rank^−exponent over these ranks.
    pub maximum_likelihood: f64,
    /// The ranks of the points, from 1: one point per distinct count, at the mean rank of the words that share it.
    pub ranks: Vec<f64>,
    /// The counts of the points, falling.
    pub counts: Vec<f64>,
    /// How many words there are.
    pub words: usize,
}

/// Fits Zipf's law to the counts of all words of a collection, in any order: least squares on log₁₀ rank and log₁₀
/// count, and maximum likelihood.
///
/// Ties: words with the same count share their mean rank and are one point, or else the many words seen once would
/// draw the line alone. All ranks are used, the bent ends too.
///
/// Both exponents are biased: the ranks come from the same counts that they explain, so that the points cannot but fall
/// (S. Piantadosi, "Zipf's word frequency law in natural language", 2014). Least squares treats the few points
/// of frequent words like the many of rare words; likelihood weighs each word by its count and so follows the head.
/// Counts from which rare words were cut, or n-grams, give another exponent.
///
/// # Errors
/// Fewer than 3 different counts, or a count that is not a positive number.
pub fn zipf_fit(counts: &dyn Numbers) -> Result<ZipfFit> {
    let mut counts = counts.numbers()?;
    if let Some(at) = counts.iter().position(|&count| !(count > 0.0 && count.is_finite())) {
        bail!("count {at} is {}: a word that is listed must occur; take out the others first", counts[at]);
    }
    counts.sort_by(|a, b| b.total_cmp(a));
    let (mut ranks, mut distinct) = (Vec::new(), Vec::new());
    let mut before = 0;
    for equal in counts.chunk_by(|a, b| a == b) {
        ranks.push(before as f64 + (equal.len() + 1) as f64 / 2.0);
        distinct.push(equal[0]);
        before += equal.len();
    }
    if distinct.len() < 3 {
        bail!("a line needs at least 3 different counts; found {}: count more texts", distinct.len());
    }
    let x: Vec<f64> = ranks.iter().map(|rank| rank.log10()).collect();
    let y: Vec<f64> = distinct.iter().map(|count| count.log10()).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_x, mean_y) = (mean(&x), mean(&y));
    let product = |a: &[f64], of_a: f64, b: &[f64], of_b: f64| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - of_a) * (b - of_b)).sum()
    };
    let (xx, xy, yy) =
        (product(&x, mean_x, &x, mean_x), product(&x, mean_x, &y, mean_y), product(&y, mean_y, &y, mean_y));
    let slope = xy / xx;
    Ok(ZipfFit {
        exponent: -slope,
        intercept: mean_y - slope * mean_x,
        r_squared: xy * xy / (xx * yy),
        maximum_likelihood: most_likely(&counts),
        ranks,
        counts: distinct,
        words: counts.len(),
    })
}

impl ZipfFit {
    /// The count that the line gives to each rank of [`ranks`](ZipfFit::ranks): for a plot.
    pub fn fitted(&self) -> Vec<f64> {
        self.ranks.iter().map(|rank| 10f64.powf(self.intercept - self.exponent * rank.log10())).collect()
    }

    /// One line: both exponents, and how well the line fits.
    pub fn evcxr_display(&self) {
        println!(
            "count ≈ {:.0} · rank^−{:.3} over {} words (R² {:.3} in log-log; by maximum likelihood rank^−{:.3})",
            10f64.powf(self.intercept),
            self.exponent,
            self.words,
            self.r_squared,
            self.maximum_likelihood
        );
    }
}

/// The exponent at which the expected log rank is the observed one. The expectation falls as the exponent rises.
fn most_likely(falling: &[f64]) -> f64 {
    let logs: Vec<f64> = (1..=falling.len()).map(|rank| (rank as f64).ln()).collect();
    let observed = falling.iter().zip(&logs).map(|(count, log)| count * log).sum::<f64>() / falling.iter().sum::<f64>();
    let expected = |exponent: f64| {
        let (mut sum, mut weighted) = (0.0, 0.0);
        for log in &logs {
            let weight = (-exponent * log).exp();
            sum += weight;
            weighted += weight * log;
        }
        weighted / sum
    };
    let (mut low, mut high) = (0.0, 50.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if expected(middle) > observed { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}
