//! The bootstrap: how far a number would move if other texts had been drawn, told by drawing from the texts at hand.
//!
//! Percentile intervals at 95 % (Efron and Tibshirani 1993, chapter 13). Rows are drawn as if they were independent: near
//! copies of one text make the interval too narrow. It says nothing of the chance in training.

use std::fmt;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::same_length;
use crate::{Result, bail};

/// An estimate with its 95 % bootstrap interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The statistic on all rows as they are.
    pub estimate: f64,
    /// 2.5 % of the samples lie below.
    pub low: f64,
    /// 2.5 % of the samples lie above.
    pub high: f64,
}

impl Interval {
    /// Whether `value` lies inside: an interval of a difference that contains 0 does not tell the two apart.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// One line, with three decimals.
    pub fn evcxr_display(&self) {
        println!("{self}");
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} (95 %: {:.3} to {:.3})", self.estimate, self.low, self.high)
    }
}

/// The mean of `values` with its interval, from `samples` draws (1,000 or more). For an accuracy give 1 for right and 0
/// for wrong.
///
/// # Errors
/// No values, a value that is not finite, fewer than 100 samples.
pub fn bootstrap(values: &[f64], samples: usize, seed: u64) -> Result<Interval> {
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        bail!("value {at} is {}: the mean of a sample needs finite values", values[at]);
    }
    let mean = |rows: &[usize]| Ok(rows.iter().map(|&row| values[row]).sum::<f64>() / rows.len() as f64);
    bootstrap_statistic(values.len(), &mean, samples, seed)
}

/// Any statistic of `rows` rows with its interval: `statistic` gets the numbers of the drawn rows, in which a row can
/// stand more than once, and computes its number from them.
///
/// The first call gets all rows in order and gives the estimate.
///
/// # Errors
/// No rows, fewer than 100 samples, an error of the statistic or a result of it that is not finite.
pub fn bootstrap_statistic(
    rows: usize,
    statistic: &dyn Fn(&[usize]) -> Result<f64>,
    samples: usize,
    seed: u64,
) -> Result<Interval> {
    if rows == 0 {
        bail!("a bootstrap draws from rows, and there are none");
    }
    if samples < 100 {
        bail!("{samples} samples are too few for the ends of a 95 % interval: give 100 or more, usually 1000");
    }
    let mut drawn: Vec<usize> = (0..rows).collect();
    let estimate = statistic(&drawn)?;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut found = Vec::with_capacity(samples);
    for sample in 0..samples {
        drawn.iter_mut().for_each(|row| *row = random.random_range(0..rows));
        let value = statistic(&drawn).map_err(|error| error.context(format!("sample {sample} of the bootstrap")))?;
        if !value.is_finite() {
            bail!("the statistic is {value} on sample {sample}: it must be defined for every draw of rows");
        }
        found.push(value);
    }
    found.sort_by(f64::total_cmp);
    Ok(Interval { estimate, low: percentile(&found, 0.025), high: percentile(&found, 0.975) })
}

/// The accuracy of the `first` predictions minus that of the `second`, with its interval. Paired: both are judged on the
/// same drawn texts, so what makes a text hard for both does not blur the difference.
///
/// # Errors
/// Lists of different length or empty ones, fewer than 100 samples.
pub fn bootstrap_difference(
    labels: &[usize],
    first: &[usize],
    second: &[usize],
    samples: usize,
    seed: u64,
) -> Result<Interval> {
    same_length(labels, first)?;
    same_length(labels, second)?;
    let right = |row: usize, guess: &[usize]| f64::from(u8::from(labels[row] == guess[row]));
    let gains: Vec<f64> = (0..labels.len()).map(|row| right(row, first) - right(row, second)).collect();
    bootstrap(&gains, samples, seed)
}

/// The value below which `share` of the sorted values lie, between two of them in proportion (as numpy's default).
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let place = share * (sorted.len() - 1) as f64;
    let (below, part) = (place.floor() as usize, place.fract());
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (sorted[above] - sorted[below]) * part
}
