//! a is to b as c is to …: the word nearest to b − a + c (Mikolov, Yih, Zweig 2013; "3CosAdd" in Levy and Goldberg 2014).

use std::collections::BTreeMap;

use candle_core::{Device, Tensor};
use polars::df;
use polars::prelude::DataFrame;

use super::WordVectors;
use ground::{Result, bail};

/// Questions that are answered at a time.
const BATCH: usize = 256;

impl WordVectors {
    /// The `k` best answers to "`a` is to `b` as `c` is to …": a frame with `word` and `cosine`, the cosine being that with
    /// b − a + c, all three scaled to length 1 before. The three words are left out.
    ///
    /// # Errors
    /// A word without a vector; `k` is 0 or more than there are other words.
    pub fn analogy(&self, a: &str, b: &str, c: &str, k: usize) -> Result<DataFrame> {
        let rows = [self.index(a)?, self.index(b)?, self.index(c)?];
        let [a, b, c] = [self.unit.get(rows[0])?, self.unit.get(rows[1])?, self.unit.get(rows[2])?];
        let direction = ((b - a)? + c)?;
        let length = direction.sqr()?.sum_all()?.sqrt()?.to_scalar::<f32>()?.max(f32::MIN_POSITIVE);
        self.ranked(&self.cosines(&(direction / f64::from(length))?)?, &rows, k, false)
    }

    /// Scores a set of questions: per relation, and for `all`, how many there are, how many have a first answer that is
    /// right, and which share that is. A question with an unknown word counts as wrong; `unknown` says how many those are.
    ///
    /// `questions` has the columns `relation`, `a`, `b`, `c`, `d`: a is to b as c is to d.
    ///
    /// # Errors
    /// A missing column, no question.
    pub fn score_analogies(&self, questions: &DataFrame) -> Result<DataFrame> {
        let right = self.analogies_right(questions)?;
        let relations = column(questions, "relation")?;
        let mut rows: BTreeMap<&str, [u32; 3]> = BTreeMap::new();
        let mut all = [0; 3];
        for (relation, right) in relations.iter().zip(&right) {
            let counts = [1, u32::from(*right == Some(true)), u32::from(right.is_none())];
            for row in [rows.entry(relation).or_default(), &mut all] {
                row.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
            }
        }
        let rows: Vec<(&str, [u32; 3])> = rows.into_iter().chain([("all", all)]).collect();
        let count = |k: usize| rows.iter().map(|(_, counts)| counts[k]).collect::<Vec<u32>>();
        let share = |row: &(&str, [u32; 3])| f64::from(row.1[1]) / f64::from(row.1[0]);
        Ok(df!(
            "relation" => rows.iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            "questions" => count(0),
            "right" => count(1),
            "unknown" => count(2),
            "accuracy" => rows.iter().map(share).collect::<Vec<f64>>(),
        )?)
    }

    /// Per question whether the first answer is right; `None` where a word has no vector.
    ///
    /// # Errors
    /// As [`score_analogies`](Self::score_analogies).
    pub fn analogies_right(&self, questions: &DataFrame) -> Result<Vec<Option<bool>>> {
        let columns = ["a", "b", "c", "d"].map(|name| column(questions, name));
        let [a, b, c, d] = columns;
        let (a, b, c, d) = (a?, b?, c?, d?);
        if a.is_empty() {
            bail!("there is no question: give a frame with the columns relation, a, b, c, d and at least one row");
        }
        let row = |word: &String| self.index.get(word).copied();
        let known: Vec<Option<[usize; 4]>> =
            (0..a.len()).map(|i| Some([row(&a[i])?, row(&b[i])?, row(&c[i])?, row(&d[i])?])).collect();
        let mut right = vec![None; known.len()];
        let asked: Vec<usize> = (0..known.len()).filter(|&i| known[i].is_some()).collect();
        for batch in asked.chunks(BATCH) {
            let rows = |k: usize| {
                let rows: Vec<u32> = batch.iter().filter_map(|&i| known[i]).map(|rows| rows[k] as u32).collect();
                let rows = Tensor::from_vec(rows, batch.len(), &Device::Cpu)?;
                Ok::<Tensor, ground::Error>(self.unit.index_select(&rows, 0)?) // (questions, dimensions)
            };
            let direction = ((rows(1)? - rows(0)?)? + rows(2)?)?;
            let cosines: Vec<Vec<f32>> = direction.matmul(&self.unit.t()?)?.to_vec2()?; // (questions, words)
            for (&i, cosines) in batch.iter().zip(&cosines) {
                let Some([a, b, c, d]) = known[i] else { continue };
                let others = (0..self.len()).filter(|row| ![a, b, c].contains(row));
                // The first of equal ones, as in `analogy`.
                let best = others.reduce(|best, row| if cosines[row] > cosines[best] { row } else { best });
                right[i] = Some(best == Some(d));
            }
        }
        Ok(right)
    }
}

/// A column of strings.
pub(super) fn column(frame: &DataFrame, name: &str) -> Result<Vec<String>> {
    let Ok(values) = frame.column(name) else {
        let names: Vec<String> = frame.get_column_names().iter().map(|name| name.to_string()).collect();
        bail!("the frame has no column `{name}`; its columns: {}", names.join(", "));
    };
    Ok(values.str()?.iter().map(|value| value.unwrap_or_default().to_owned()).collect())
}
