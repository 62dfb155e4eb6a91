//! How good is a classifier? Accuracy, the majority baseline, and the counts of each mistake.
//!
//! Labels are indices into the list of classes. Scores of explanations are not here.

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

fn same_length(labels: &[usize], predicted: &[usize]) -> Result<()> {
    if labels.len() != predicted.len() {
        bail!("there are {} labels but {} predictions: give one per text", labels.len(), predicted.len());
    }
    if labels.is_empty() {
        bail!("there are no labels to compare with");
    }
    Ok(())
}
