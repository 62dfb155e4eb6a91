//! How well cosines agree with judgements of pairs of words (as in WordSim-353, Finkelstein et al. 2002).

use polars::prelude::DataFrame;

use super::WordVectors;
use super::analogies::column;
use ground::statistics::spearman;
use ground::{Result, bail};

impl WordVectors {
    /// The cosine of each pair of words, in order. `pairs` has the columns `word_a` and `word_b`.
    ///
    /// # Errors
    /// A missing column, a word without a vector.
    pub fn cosines_of(&self, pairs: &DataFrame) -> Result<Vec<f64>> {
        let (a, b) = (column(pairs, "word_a")?, column(pairs, "word_b")?);
        a.iter().zip(&b).map(|(a, b)| self.cosine(a, b)).collect()
    }

    /// Spearman's rank correlation of the cosines with the judgements in a numeric column of `pairs`.
    ///
    /// # Errors
    /// As [`cosines_of`](Self::cosines_of); the column is missing or not numeric; fewer than 2 pairs, or all judged alike.
    pub fn score_similarities(&self, pairs: &DataFrame, judgements: &str) -> Result<f64> {
        let Ok(judged) = pairs.column(judgements) else {
            let names: Vec<String> = pairs.get_column_names().iter().map(|name| name.to_string()).collect();
            bail!("the frame has no column `{judgements}`; its columns: {}", names.join(", "));
        };
        spearman(&self.cosines_of(pairs)?, &ground::Numbers::numbers(judged)?)
    }
}
