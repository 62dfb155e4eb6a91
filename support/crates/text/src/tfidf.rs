//! TF-IDF: counts in which a feature weighs more, the fewer texts it occurs in.
//!
//! The formula is scikit-learn's with `smooth_idf=True`, `sublinear_tf=False`:
//! idf = ln((1 + texts) / (1 + texts with the feature)) + 1, and each row is divided by its length (L2).

use super::counts::{Counts, FittedCounts, Scratch};
use super::sparse::Sparse;
use ground::Result;

/// How to make TF-IDF features. Start with `TfIdf::new()`, change what you want, then [`fit`](TfIdf::fit).
#[derive(Clone, Debug, PartialEq)]
pub struct TfIdf {
    counts: Counts,
    normalise: bool,
}

impl Default for TfIdf {
    fn default() -> Self {
        TfIdf::new()
    }
}

impl TfIdf {
    /// Single words in small letters, all of them, rows of length 1.
    pub fn new() -> TfIdf {
        TfIdf { counts: Counts::new(), normalise: true }
    }

    /// Use the sequences of `shortest` to `longest` words: `ngrams(1, 2)` for words and pairs of words.
    pub fn ngrams(mut self, shortest: usize, longest: usize) -> TfIdf {
        self.counts = self.counts.ngrams(shortest, longest);
        self
    }

    /// Whether `Good` and `good` are the same word. Default: true.
    pub fn lowercase(mut self, yes: bool) -> TfIdf {
        self.counts = self.counts.lowercase(yes);
        self
    }

    /// Words to leave out, before n-grams are made. They are compared after lowercasing: give small letters.
    pub fn stop_words(mut self, words: &[String]) -> TfIdf {
        self.counts = self.counts.stop_words(words);
        self
    }

    /// Keep only features that occur in at least this many texts. Default: 1.
    pub fn min_df(mut self, texts: usize) -> TfIdf {
        self.counts = self.counts.min_df(texts);
        self
    }

    /// Keep only this many features, those with the highest counts; ties go by the alphabet.
    pub fn max_features(mut self, features: usize) -> TfIdf {
        self.counts = self.counts.max_features(features);
        self
    }

    /// Whether each row is divided by its L2 norm, so that long and short texts weigh the same. Default: true.
    pub fn normalise(mut self, yes: bool) -> TfIdf {
        self.normalise = yes;
        self
    }

    /// Learns the vocabulary and the idf weights from `texts`. Fit on the training texts only.
    ///
    /// # Errors
    /// Options that make no sense, no texts, or no feature left.
    pub fn fit(&self, texts: &[String]) -> Result<FittedTfIdf> {
        Ok(self.fit_transform(texts)?.0)
    }

    /// [`fit`](TfIdf::fit), and the features of the same texts, shape (texts, features).
    ///
    /// # Errors
    /// As `fit`.
    pub fn fit_transform(&self, texts: &[String]) -> Result<(FittedTfIdf, Sparse)> {
        let (counts, mut matrix) = self.counts.fit_transform(texts)?;
        let texts = 1.0 + counts.fitted_texts() as f64;
        let idf = counts.document_frequencies().iter().map(|&df| (texts / (1.0 + df as f64)).ln() + 1.0).collect();
        let fitted = FittedTfIdf { counts, idf, normalise: self.normalise };
        fitted.weigh(&mut matrix);
        Ok((fitted, matrix))
    }
}

/// Learnt vocabulary and weights: gives the TF-IDF features of any texts.
#[derive(Clone, Debug)]
pub struct FittedTfIdf {
    counts: FittedCounts,
    idf: Vec<f64>,
    normalise: bool,
}

impl FittedTfIdf {
    /// The features in the order of the columns: words, and n-grams joined by a space.
    pub fn features(&self) -> &[String] {
        self.counts.features()
    }

    /// The column of a feature, if it is in the vocabulary.
    pub fn column(&self, feature: &str) -> Option<usize> {
        self.counts.column(feature)
    }

    /// The weight of each feature: 1 for one that is in every text, more for a rarer one.
    pub fn idf(&self) -> &[f64] {
        &self.idf
    }

    /// The vocabulary underneath.
    pub fn counts(&self) -> &FittedCounts {
        &self.counts
    }

    /// The TF-IDF features of `texts`, shape (texts, features). A text without a known word is a row of zeros.
    pub fn transform(&self, texts: &[String]) -> Sparse {
        let mut matrix = self.counts.transform(texts);
        self.weigh(&mut matrix);
        matrix
    }

    fn weigh(&self, matrix: &mut Sparse) {
        for i in 0..matrix.rows() {
            let (columns, values) = matrix.row_values_mut(i);
            for (&column, value) in columns.iter().zip(values.iter_mut()) {
                *value *= self.idf[column as usize];
            }
            if self.normalise {
                let norm = values.iter().map(|value| value * value).sum::<f64>().sqrt();
                if norm > 0.0 {
                    values.iter_mut().for_each(|value| *value /= norm);
                }
            }
        }
    }

    /// Calls `add(column, value)` for each feature of one text, without building a matrix.
    pub(crate) fn visit(&self, text: &str, scratch: &mut Scratch, mut add: impl FnMut(usize, f64)) {
        self.counts.find(text, scratch);
        scratch.columns.sort_unstable();
        let value = |run: &[u32]| run.len() as f64 * self.idf[run[0] as usize];
        let runs = || scratch.columns.chunk_by(|a, b| a == b);
        let norm = if self.normalise { runs().map(|run| value(run).powi(2)).sum::<f64>().sqrt() } else { 1.0 };
        for run in runs() {
            add(run[0] as usize, value(run) / norm);
        }
    }

    /// One line: how many features, learnt from how many texts.
    pub fn evcxr_display(&self) {
        println!("TF-IDF of {} features, fitted on {} texts", self.features().len(), self.counts.fitted_texts());
    }
}
