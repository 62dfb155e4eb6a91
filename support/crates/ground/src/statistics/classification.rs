//! Measures of predicted classes: accuracy, the majority baseline, the counts of each mistake, precision, recall and F1.
//!
//! Labels are indices into the list of classes. Probabilities are judged in [`calibration`](super::reliability).

use polars::df;
use polars::prelude::DataFrame;

use super::same_length;
use crate::{Result, bail};

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
    let counts = counts(labels, predicted, classes.len())?;
    let mut frame = df!("label" => classes)?;
    for (guess, class) in classes.iter().enumerate() {
        let name = format!("predicted {class}");
        let column: Vec<u32> = counts.iter().map(|row| row[guess]).collect();
        frame.with_column(polars::prelude::Column::new(name.as_str().into(), column))?;
    }
    Ok(frame)
}

/// How well each class is found: a frame with `class`, `rows` (how many have this label), `precision` (the share of the
/// predictions of this class that are right), `recall` (the share of its rows that are found) and `f1`, their harmonic
/// mean. Where nothing is there to divide by (a class that is never predicted has no precision), the cell is empty.
///
/// # Errors
/// As [`confusion_counts`].
pub fn per_class(labels: &[usize], predicted: &[usize], classes: &[String]) -> Result<DataFrame> {
    let counts = counts(labels, predicted, classes.len())?;
    let share = |part: u32, whole: u32| (whole > 0).then(|| f64::from(part) / f64::from(whole));
    let right = |class: usize| counts[class][class];
    let rows: Vec<u32> = counts.iter().map(|row| row.iter().sum()).collect();
    let guesses: Vec<u32> = (0..classes.len()).map(|class| counts.iter().map(|row| row[class]).sum()).collect();
    let all = 0..classes.len();
    let precision: Vec<Option<f64>> = all.clone().map(|class| share(right(class), guesses[class])).collect();
    let recall: Vec<Option<f64>> = all.clone().map(|class| share(right(class), rows[class])).collect();
    let f1: Vec<Option<f64>> = all.map(|class| share(2 * right(class), guesses[class] + rows[class])).collect();
    Ok(df!("class" => classes, "rows" => rows, "precision" => precision, "recall" => recall, "f1" => f1)?)
}

/// Macro-F1: the mean of the classes' F1, in which a small class counts as much as a large one.
///
/// Over the classes that occur among the labels or the predictions, as scikit-learn's `f1_score(average="macro")`.
///
/// # Errors
/// Lists of different length, or empty ones.
pub fn macro_f1(labels: &[usize], predicted: &[usize]) -> Result<f64> {
    let classes = labels.iter().chain(predicted).max().map_or(0, |largest| largest + 1);
    let names = vec![String::new(); classes];
    let f1 = per_class(labels, predicted, &names)?;
    let f1: Vec<f64> = f1.column("f1")?.f64()?.iter().flatten().collect();
    Ok(f1.iter().sum::<f64>() / f1.len() as f64)
}

/// How often each label (first index) got each prediction (second index).
pub fn counts(labels: &[usize], predicted: &[usize], classes: usize) -> Result<Vec<Vec<u32>>> {
    same_length(labels, predicted)?;
    let mut counts = vec![vec![0; classes]; classes];
    for (&label, &guess) in labels.iter().zip(predicted) {
        if label.max(guess) >= classes {
            bail!("there is no class {}: the classes are 0 to {}", label.max(guess), classes.max(1) - 1);
        }
        counts[label][guess] += 1;
    }
    Ok(counts)
}
