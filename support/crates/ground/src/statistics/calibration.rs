//! Calibration: is a classifier right as often as it is sure?
//!
//! Confidence is the probability of the predicted class. Texts are put into bins of equal width by their confidence, after
//! Guo et al. 2017 (arXiv:1706.04599). Few texts in a bin make its accuracy uncertain: look at the counts.

use polars::df;
use polars::prelude::DataFrame;

use crate::{Result, arg_max, bail};

/// Confidence against accuracy in `bins` intervals of equal width (10 is usual): a frame with `from`, `to` (a confidence
/// equal to an edge belongs to the lower bin), `texts`, `confidence` (their mean) and `accuracy`. The last two are empty
/// where there is no text.
///
/// `probabilities` holds one row of class probabilities per text. Where classes tie, the first one is the prediction.
///
/// # Errors
/// No texts, unequal numbers of labels and rows, a label that is no class, rows that are not probabilities, `bins` outside
/// 1 to 100.
pub fn reliability(labels: &[usize], probabilities: &[Vec<f64>], bins: usize) -> Result<DataFrame> {
    let bins = binned(labels, probabilities, bins)?;
    let edge = |k: usize| k as f64 / bins.len() as f64;
    let from: Vec<f64> = (0..bins.len()).map(edge).collect();
    let to: Vec<f64> = (1..=bins.len()).map(edge).collect();
    let texts: Vec<u32> = bins.iter().map(|bin| bin.texts).collect();
    let mean = |sum: f64, bin: &Bin| (bin.texts > 0).then(|| sum / f64::from(bin.texts));
    let confidence: Vec<Option<f64>> = bins.iter().map(|bin| mean(bin.confidence, bin)).collect();
    let accuracy: Vec<Option<f64>> = bins.iter().map(|bin| mean(f64::from(bin.right), bin)).collect();
    Ok(df!("from" => from, "to" => to, "texts" => texts, "confidence" => confidence, "accuracy" => accuracy)?)
}

/// The expected calibration error: the mean distance between confidence and accuracy over the bins of [`reliability`],
/// each bin weighted by its number of texts. 0 is perfect; always sure and always wrong is 1.
///
/// # Errors
/// As [`reliability`].
pub fn expected_calibration_error(labels: &[usize], probabilities: &[Vec<f64>], bins: usize) -> Result<f64> {
    let bins = binned(labels, probabilities, bins)?;
    let gaps: f64 = bins.iter().map(|bin| (bin.confidence - f64::from(bin.right)).abs()).sum();
    Ok(gaps / labels.len() as f64)
}

/// The texts of one interval of confidence: how many, the sum of their confidences, how many are right.
#[derive(Clone, Default)]
struct Bin {
    texts: u32,
    confidence: f64,
    right: u32,
}

fn binned(labels: &[usize], probabilities: &[Vec<f64>], bins: usize) -> Result<Vec<Bin>> {
    if labels.len() != probabilities.len() || labels.is_empty() {
        let (labels, rows) = (labels.len(), probabilities.len());
        bail!("there are {labels} labels and {rows} rows of probabilities: give one row per text, at least one");
    }
    if !(1..=100).contains(&bins) {
        bail!("{bins} bins asked for: give 1 to 100, usually 10");
    }
    let mut found = vec![Bin::default(); bins];
    for (text, (&label, row)) in labels.iter().zip(probabilities).enumerate() {
        if label >= row.len() {
            bail!("text {text} has label {label}, but its row holds {} probabilities: labels count from 0", row.len());
        }
        if row.iter().any(|p| !(-1e-6..=1.0 + 1e-6).contains(p)) || (row.iter().sum::<f64>() - 1.0).abs() > 1e-3 {
            bail!("row {text} is {row:?}: probabilities lie between 0 and 1 and sum to 1; apply softmax to logits");
        }
        let guess = arg_max(row).unwrap_or(0); // the row has a label, so a number
        // Bins are (from, to]: the number of inner edges below the confidence.
        let bin = (1..bins).filter(|&k| row[guess] > k as f64 / bins as f64).count();
        found[bin].texts += 1;
        found[bin].confidence += row[guess];
        found[bin].right += u32::from(guess == label);
    }
    Ok(found)
}
