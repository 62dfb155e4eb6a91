//! Measures: is a model right, is it as sure as it should be, and how far would the number move with other texts?
//!
//! | file | what it holds |
//! |---|---|
//! | `classification` | accuracy, majority baseline, counts of each mistake, precision, recall, macro-F1 |
//! | `calibration` | confidence against accuracy, expected calibration error |
//! | `bootstrap` | intervals for a mean, for any statistic, for the difference of two models |
//! | `ranking` | rank correlation, average precision (AUPRC) |
//!
//! Labels are indices into the list of classes.

mod bootstrap;
mod calibration;
mod classification;
mod ranking;

pub use bootstrap::{Interval, bootstrap, bootstrap_difference, bootstrap_statistic};
pub use calibration::{expected_calibration_error, reliability};
pub use classification::{accuracy, confusion_counts, counts, macro_f1, majority_accuracy, per_class};
pub use ranking::{average_precision, spearman};

use crate::{Result, bail};

fn same_length(labels: &[usize], predicted: &[usize]) -> Result<()> {
    if labels.len() != predicted.len() {
        bail!("there are {} labels but {} predictions: give one per text", labels.len(), predicted.len());
    }
    if labels.is_empty() {
        bail!("there are no labels to compare with");
    }
    Ok(())
}
