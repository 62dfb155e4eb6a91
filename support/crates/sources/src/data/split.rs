//! Chance, the same for the same seed: a split into training and test rows, a draw of rows per class, shuffled labels.
//!
//! The split is made before anything is fitted. It does not balance the classes; `sample` does.

use polars::prelude::{Column, IdxCa, NewChunkedArray};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::Dataset;
use ground::{Result, bail};

/// Shuffles the rows and cuts off `test_share` of them (0 to 1, rounded up) as test rows: (train, test).
///
/// The column `split` of both is set to their part.
///
/// # Errors
/// A share that is not between 0 and 1, or one that leaves a part empty.
pub fn train_test_split(dataset: &Dataset, test_share: f64, seed: u64) -> Result<(Dataset, Dataset)> {
    if !(test_share > 0.0 && test_share < 1.0) {
        bail!("test_share is {test_share}: give a share between 0 and 1, such as 0.1 for a tenth");
    }
    let rows = dataset.len();
    let test = (rows as f64 * test_share).ceil() as usize;
    if test == 0 || test >= rows {
        bail!("{rows} rows cannot be split with test_share {test_share}: one part would be empty");
    }
    let mut order: Vec<u32> = (0..rows as u32).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let part = |rows: &[u32], name: &str| -> Result<Dataset> {
        let frame = dataset.frame.take(&IdxCa::from_slice("row".into(), rows))?;
        Dataset { frame, ..dataset.clone() }.with_split(name)
    };
    Ok((part(&order[test..], "train")?, part(&order[..test], "test")?))
}

/// Draws `per_class` rows of each class without replacement, in the order of the data set.
///
/// The first rows of a file are seldom a fair picture of it: files are sorted by date, source or annotator.
///
/// # Errors
/// `per_class` is zero, or a class has fewer rows.
pub fn sample(dataset: &Dataset, per_class: usize, seed: u64) -> Result<Dataset> {
    if per_class == 0 {
        bail!("a sample of 0 rows per class is empty; ask for at least 1");
    }
    let labels = dataset.labels()?;
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut chosen: Vec<u32> = Vec::with_capacity(per_class * dataset.classes.len());
    for (class, name) in dataset.classes.iter().enumerate() {
        let mut rows: Vec<u32> = (0..labels.len()).filter(|&row| labels[row] == class).map(|row| row as u32).collect();
        if rows.len() < per_class {
            bail!("class `{name}` of `{}` has {} rows, fewer than the {per_class} asked for", dataset.name, rows.len());
        }
        rows.shuffle(&mut random);
        chosen.extend(&rows[..per_class]);
    }
    chosen.sort_unstable();
    Ok(Dataset { frame: dataset.frame.take(&IdxCa::from_slice("row".into(), &chosen))?, ..dataset.clone() })
}

/// The same texts with the labels dealt out anew: a control in which no word can have to do with the label.
///
/// Each class keeps its number of rows. What a method still finds here, it finds by chance. The rationales are
/// emptied, because they gave reasons for the old labels.
///
/// # Errors
/// A frame that was changed and has lost its labels.
pub fn shuffle_labels(dataset: &Dataset, seed: u64) -> Result<Dataset> {
    let mut labels: Vec<u32> = dataset.labels()?.into_iter().map(|label| label as u32).collect();
    labels.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut frame = dataset.frame.clone();
    frame.with_column(Column::new("label".into(), labels))?;
    frame.with_column(Column::new("rationale".into(), vec![""; dataset.len()]))?;
    Ok(Dataset { frame, ..dataset.clone() })
}
