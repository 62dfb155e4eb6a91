//! A contrast as polars frames: all terms with all scores, the ends of a score, the most frequent n-grams of a class.
//!
//! Sorting is stable: equal scores go by count, then by the alphabet.

use polars::prelude::{Column, DataFrame, IdxCa, NewChunkedArray};

use super::Contrast;
use ground::{Result, bail};

impl Contrast {
    /// One row per term: `term`, `n` (its words), and for each class, by its name, `count …`, `texts …` (how many hold
    /// it) and `per 1000 …` (occurrences in 1,000 words); then `scaled_f`, `log_odds`, `z`, `pmi`, and `in_rationale`
    /// where the data set has rationales.
    ///
    /// # Errors
    /// Lists that were changed and no longer have the same length.
    pub fn frame(&self) -> Result<DataFrame> {
        let words = |term: &String| term.split(' ').count() as u32;
        let (a, b) = (&self.a, &self.b);
        let log_odds = self.default_log_odds();
        let column = |name: &str, values: Vec<f64>| Column::new(name.into(), values);
        let mut columns = vec![
            Column::new("term".into(), &self.terms),
            Column::new("n".into(), self.terms.iter().map(words).collect::<Vec<u32>>()),
            Column::new(format!("count {a}").into(), &self.counts_a),
            Column::new(format!("count {b}").into(), &self.counts_b),
            Column::new(format!("texts {a}").into(), &self.documents_a),
            Column::new(format!("texts {b}").into(), &self.documents_b),
            column(&format!("per 1000 {a}"), self.rates_a()),
            column(&format!("per 1000 {b}"), self.rates_b()),
            column("scaled_f", self.scaled_f_scores()),
            column("log_odds", log_odds.delta),
            column("z", log_odds.z),
            column("pmi", self.pmi()),
        ];
        columns.extend(self.rationale_shares.as_ref().map(|shares| column("in_rationale", shares.clone())));
        Ok(DataFrame::new(self.terms.len(), columns)?)
    }

    /// The `rows` rows of [`frame`](Contrast::frame) with the highest value of a score: the terms that lean to `a`
    /// for `"scaled_f"`, `"log_odds"`, `"z"`, `"pmi"`. Any numeric column will do.
    ///
    /// # Errors
    /// A name that is no numeric column; the message names them.
    pub fn top(&self, score: &str, rows: usize) -> Result<DataFrame> {
        self.end(score, rows, true)
    }

    /// The `rows` rows with the lowest value of a score, the lowest first: the terms that lean to `b`.
    ///
    /// # Errors
    /// As [`top`](Contrast::top).
    pub fn bottom(&self, score: &str, rows: usize) -> Result<DataFrame> {
        self.end(score, rows, false)
    }

    /// The most frequent terms of `n` words in the texts of one class, `a` or `b`: a frame with `term`, `count`,
    /// `per 1000` (occurrences in 1,000 words of this class), for a bar chart. To leave out stop words:
    /// `contrast.without(&stop_words("en")?)?.top_counts("hostile", 1, 15)`.
    ///
    /// # Errors
    /// A class that is neither of the two, or an `n` that was not counted.
    pub fn top_counts(&self, class: &str, n: usize, rows: usize) -> Result<DataFrame> {
        let (counts, rates) = match class {
            _ if class == self.a => (&self.counts_a, self.rates_a()),
            _ if class == self.b => (&self.counts_b, self.rates_b()),
            _ => bail!("there is no class `{class}` in this contrast. Its two sides: {}, {}", self.a, self.b),
        };
        let (from, to) = (self.options.shortest, self.options.longest);
        if !(from..=to).contains(&n) {
            bail!("terms of {n} words were not counted: n-grams of {from} to {to} words were. Change `ngrams`");
        }
        let mut order: Vec<usize> =
            (0..self.len()).filter(|&i| self.terms[i].split(' ').count() == n && counts[i] > 0).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(counts[i]));
        order.truncate(rows);
        Ok(DataFrame::new(
            order.len(),
            vec![
                Column::new("term".into(), order.iter().map(|&i| self.terms[i].clone()).collect::<Vec<_>>()),
                Column::new("count".into(), order.iter().map(|&i| counts[i]).collect::<Vec<_>>()),
                Column::new("per 1000".into(), order.iter().map(|&i| rates[i]).collect::<Vec<_>>()),
            ],
        )?)
    }

    fn end(&self, score: &str, rows: usize, highest: bool) -> Result<DataFrame> {
        let frame = self.frame()?;
        let numeric = |column: &&Column| column.dtype().is_primitive_numeric();
        let Some(values) = frame.columns().iter().filter(numeric).find(|column| column.name() == score) else {
            let known: Vec<String> =
                frame.columns().iter().filter(numeric).map(|column| format!("`{}`", column.name())).collect();
            bail!("there is no score `{score}`. Known: {}", known.join(", "));
        };
        let values = ground::Numbers::numbers(values)?;
        let counts = self.counts();
        let mut order: Vec<usize> = (0..values.len()).filter(|&i| !values[i].is_nan()).collect();
        order.sort_by(|&i, &j| {
            let by_score = values[i].total_cmp(&values[j]);
            let by_score = if highest { by_score.reverse() } else { by_score };
            by_score.then(counts[j].cmp(&counts[i]))
        });
        order.truncate(rows);
        let order: Vec<_> = order.into_iter().map(|i| i as polars::prelude::IdxSize).collect();
        Ok(frame.take(&IdxCa::from_slice("rows".into(), &order))?)
    }
}
