//! A model as an explanation method sees it from outside.

use crate::Result;

/// A text classifier: texts in, one row of class probabilities per text out.
///
/// Model-agnostic methods such as LIME need nothing else. `Sync`, because they ask from several threads.
pub trait TextClassifier: Sync {
    /// The names of the classes, in the order of the columns of [`probabilities`](Self::probabilities).
    fn classes(&self) -> &[String];

    /// Class probabilities, shape (texts, classes); each row sums to 1.
    fn probabilities(&self, texts: &[String]) -> Result<Vec<Vec<f64>>>;

    /// The class with the highest probability for one text, and the whole row.
    fn predict(&self, text: &str) -> Result<(usize, Vec<f64>)> {
        let row = self
            .probabilities(&[text.to_owned()])?
            .pop()
            .ok_or_else(|| crate::Error::new("the classifier returned no row for one text"))?;
        let best = (0..row.len())
            .max_by(|&a, &b| row[a].total_cmp(&row[b]))
            .ok_or_else(|| crate::Error::new("the classifier has no classes"))?;
        Ok((best, row))
    }
}
