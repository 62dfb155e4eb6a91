//! Measures: accuracy, the majority baseline, the counts of each mistake, rank correlation.
//!
//! Labels are indices into the list of classes.

use polars::df;
use polars::prelude::DataFrame;

use crate::error::{Result, bail};

/// The share of predictions that equal the label.
///
/// # Errors
/// Lists of different length, or empty ones.
pub fn accuracy(labels: &[usize], predicted: &[usize]) -> Result<f64> {
    same_length(labels, predicted)?;
    let right = labels.iter().zip(predicted).filter(|(label, guess)| label == guess).count();
    Ok(right as f64 / labels.len() as f64)
}

/// The accuracy of always answering `labels`' most frequent class: what a model must beat.
///
/// # Errors
/// No labels.
pub fn majority_accuracy(labels: &[usize]) -> Result<f64> {
    same_length(labels, labels)?;
    let count = |class: &usize| labels.iter().filter(|&label| label == class).count();
    Ok(labels.iter().map(count).max().unwrap_or(0) as f64 / labels.len() as f64)
}

/// How often each label (rows) got each prediction (columns): a frame with the column `label`, then one per class.
///
/// # Errors
/// Lists of different length or empty ones, or an index that is no class.
pub fn confusion_counts(labels: &[usize], predicted: &[usize], classes: &[String]) -> Result<DataFrame> {
    same_length(labels, predicted)?;
    let mut counts = vec![vec![0u32; classes.len()]; classes.len()];
    for (&label, &guess) in labels.iter().zip(predicted) {
        if label.max(guess) >= classes.len() {
            bail!("there is no class {}: the classes are 0 to {}", label.max(guess), classes.len().max(1) - 1);
        }
        counts[guess][label] += 1;
    }
    let mut frame = df!("label" => classes)?;
    for (class, column) in classes.iter().zip(counts) {
        let name = format!("predicted {class}");
        frame.with_column(polars::prelude::Column::new(name.as_str().into(), column))?;
    }
    Ok(frame)
}

/// Spearman's rank correlation of two lists: 1 for the same order, −1 for the opposite. Ties get their mean rank.
///
/// # Errors
/// Lists of different length or shorter than 2, numbers that are not finite, a list of equal numbers.
pub fn spearman(a: &[f64], b: &[f64]) -> Result<f64> {
    if a.len() != b.len() || a.len() < 2 {
        bail!("a rank correlation needs two lists of the same length, at least 2; found {} and {}", a.len(), b.len());
    }
    if a.iter().chain(b).any(|value| !value.is_finite()) {
        bail!("a rank correlation needs finite numbers");
    }
    let middle = (a.len() - 1) as f64 / 2.0;
    let (a, b) = (ranks(a), ranks(b));
    let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - middle) * (y - middle)).sum::<f64>();
    let spread = (product(&a, &a) * product(&b, &b)).sqrt();
    if spread == 0.0 {
        bail!("a rank correlation needs numbers that differ: all numbers of one list are equal");
    }
    Ok(product(&a, &b) / spread)
}

/// Ranks from 0; equal numbers share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for equal in order.chunk_by(|&i, &j| values[i] == values[j]) {
        for &i in equal {
            ranks[i] = first as f64 + (equal.len() - 1) as f64 / 2.0;
        }
        first += equal.len();
    }
    ranks
}

fn same_length(labels: &[usize], predicted: &[usize]) -> Result<()> {
    if labels.len() != predicted.len() {
        bail!("there are {} labels but {} predictions: give one per text", labels.len(), predicted.len());
    }
    if labels.is_empty() {
        bail!("there are no labels to compare with");
    }
    Ok(())
}
