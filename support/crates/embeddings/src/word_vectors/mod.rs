//! Words with their vectors, wherever they come from: word2vec, an embedding layer, the token embeddings of a transformer,
//! a file. What is near, what is opposite, what completes an analogy.
//!
//! Nearness is the cosine everywhere. Searching compares with every word; there is no index.

mod analogies;
mod format;
mod similarities;

use std::collections::HashMap;

use candle_core::{D, DType, Device, Tensor};
use polars::df;
use polars::prelude::DataFrame;

use ground::{Error, Result, bail};

/// How many spellings a message offers for an unknown word.
const SPELLINGS: usize = 5;

/// Words and a vector for each, all of one length.
#[derive(Clone)]
pub struct WordVectors {
    words: Vec<String>,
    index: HashMap<String, usize>,
    /// (words, dimensions), f32
    matrix: Tensor,
    /// The same, each row with length 1; a row of zeros stays.
    unit: Tensor,
}

impl WordVectors {
    /// Row `i` of `matrix`, of shape (words, dimensions), is the vector of word `i`.
    ///
    /// # Errors
    /// No word, a word twice, another number of rows, a number that is not finite.
    pub fn new(words: &[String], matrix: &Tensor) -> Result<WordVectors> {
        if words.is_empty() {
            bail!("there is no word: word vectors need at least one");
        }
        let (rows, dimensions) = match matrix.dims() {
            [rows, dimensions] if *dimensions > 0 => (*rows, *dimensions),
            dims => bail!("the vectors have the shape {dims:?}: give a matrix of shape (words, dimensions)"),
        };
        if rows != words.len() {
            bail!("{} words but {rows} rows of {dimensions} numbers: give one row for each word", words.len());
        }
        let mut index = HashMap::with_capacity(rows);
        for (i, word) in words.iter().enumerate() {
            if let Some(first) = index.insert(word.clone(), i) {
                bail!("the word `{word}` is there twice, in rows {first} and {i}: give each word once");
            }
        }
        let matrix = matrix.detach().to_dtype(DType::F32)?.contiguous()?;
        let lengths = matrix.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?; // (words, 1)
        for (word, length) in words.iter().zip(lengths.flatten_all()?.to_vec1::<f32>()?) {
            if !length.is_finite() {
                bail!("the vector of `{word}` is not finite: NaN or infinite numbers have no direction");
            }
        }
        let unit = matrix.broadcast_div(&lengths.maximum(f32::MIN_POSITIVE)?)?;
        Ok(WordVectors { words: words.to_vec(), index, matrix, unit })
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is no word; never, since [`new`](Self::new) asks for one.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The length of the vectors.
    pub fn dimensions(&self) -> usize {
        self.matrix.dims()[1]
    }

    /// The words, in the order of the rows.
    pub fn words(&self) -> Vec<String> {
        self.words.clone()
    }

    /// The vectors, shape (words, dimensions), f32.
    pub fn matrix(&self) -> Tensor {
        self.matrix.clone()
    }

    /// Whether a word has a vector.
    pub fn contains(&self, word: &str) -> bool {
        self.index.contains_key(word)
    }

    /// The row of a word.
    ///
    /// # Errors
    /// A word without a vector; the message offers words that are spelled alike.
    pub fn index(&self, word: &str) -> Result<usize> {
        self.index.get(word).copied().ok_or_else(|| self.unknown(word))
    }

    /// The vector of a word.
    ///
    /// # Errors
    /// As [`index`](Self::index).
    pub fn vector(&self, word: &str) -> Result<Vec<f64>> {
        let row = self.matrix.get(self.index(word)?)?;
        Ok(row.to_dtype(DType::F64)?.to_vec1()?)
    }

    /// The cosine of the angle between two words: 1 for the same direction, 0 for a right angle, −1 for opposite ones.
    ///
    /// # Errors
    /// As [`index`](Self::index).
    pub fn cosine(&self, a: &str, b: &str) -> Result<f64> {
        let (a, b) = (self.unit.get(self.index(a)?)?, self.unit.get(self.index(b)?)?);
        Ok(f64::from((a * b)?.sum_all()?.to_scalar::<f32>()?))
    }

    /// The length of each vector, in the order of the words.
    ///
    /// # Errors
    /// None that you can cause.
    pub fn lengths(&self) -> Result<Vec<f64>> {
        Ok(self.matrix.to_dtype(DType::F64)?.sqr()?.sum(D::Minus1)?.sqrt()?.to_vec1()?)
    }

    /// The `k` words nearest to a word, itself left out: a frame with `word` and `cosine`.
    ///
    /// # Errors
    /// As [`index`](Self::index); `k` is 0 or more than there are other words.
    pub fn neighbours(&self, word: &str, k: usize) -> Result<DataFrame> {
        let at = self.index(word)?;
        self.ranked(&self.cosines(&self.unit.get(at)?)?, &[at], k, false)
    }

    /// The `k` words that point away from a word most, the most opposite first: a frame with `word` and `cosine`.
    ///
    /// # Errors
    /// As [`neighbours`](Self::neighbours).
    pub fn opposites(&self, word: &str, k: usize) -> Result<DataFrame> {
        let at = self.index(word)?;
        self.ranked(&self.cosines(&self.unit.get(at)?)?, &[at], k, true)
    }

    /// The `k` words nearest to any vector: a frame with `word` and `cosine`.
    ///
    /// # Errors
    /// A vector of another length, of zeros, or with NaN; `k` is 0 or more than there are words.
    pub fn nearest(&self, vector: &[f64], k: usize) -> Result<DataFrame> {
        if vector.len() != self.dimensions() {
            bail!("a vector of {} numbers among words of {} dimensions", vector.len(), self.dimensions());
        }
        let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        if !(length.is_finite() && length > 0.0) {
            bail!("the vector has length {length}: a direction needs finite numbers, not all of them 0");
        }
        let unit: Vec<f32> = vector.iter().map(|x| (x / length) as f32).collect();
        let unit = Tensor::from_vec(unit, self.dimensions(), &Device::Cpu)?;
        self.ranked(&self.cosines(&unit)?, &[], k, false)
    }

    /// These words with their vectors, in this order.
    ///
    /// # Errors
    /// As [`index`](Self::index) and [`new`](Self::new).
    pub fn select(&self, words: &[String]) -> Result<WordVectors> {
        let rows = words.iter().map(|word| Ok(self.index(word)? as u32)).collect::<Result<Vec<u32>>>()?;
        let rows = Tensor::from_vec(rows, words.len(), &Device::Cpu)?;
        WordVectors::new(words, &self.matrix.index_select(&rows, 0)?)
    }

    /// The cosine of every word with a vector of length 1.
    fn cosines(&self, unit: &Tensor) -> Result<Vec<f32>> {
        Ok(self.unit.matmul(&unit.unsqueeze(1)?)?.flatten_all()?.to_vec1()?)
    }

    /// The `k` best words and their cosines; words of equal cosine in the order of the rows.
    fn ranked(&self, cosines: &[f32], without: &[usize], k: usize, opposite: bool) -> Result<DataFrame> {
        let mut order: Vec<usize> = (0..self.len()).filter(|i| !without.contains(i)).collect();
        if k == 0 || k > order.len() {
            let rest = if without.is_empty() { "" } else { " beside those that are asked about" };
            bail!("`k` is {k}, and there are {} words{rest}: give 1 to {}", order.len(), order.len());
        }
        let sign = if opposite { 1.0 } else { -1.0 };
        order.sort_by(|&a, &b| (sign * cosines[a]).total_cmp(&(sign * cosines[b])));
        order.truncate(k);
        let words: Vec<&str> = order.iter().map(|&i| self.words[i].as_str()).collect();
        let cosines: Vec<f64> = order.iter().map(|&i| f64::from(cosines[i])).collect();
        Ok(df!("word" => words, "cosine" => cosines)?)
    }

    fn unknown(&self, word: &str) -> Error {
        let mut alike: Vec<(usize, &String)> =
            self.words.iter().map(|known| (strsim::osa_distance(word, known), known)).collect();
        // Words are in order of frequency; sorting is stable.
        alike.sort_by_key(|(distance, _)| *distance);
        let most = (word.chars().count() / 2).max(1);
        let near: Vec<String> =
            alike.iter().take(SPELLINGS).filter(|(d, _)| *d <= most).map(|(_, known)| format!("`{known}`")).collect();
        let lower = word.to_lowercase();
        let advice = match near.is_empty() {
            _ if lower != word && self.contains(&lower) => format!("did you mean `{lower}`?"),
            true => "the words are those of the text that the vectors were trained on".to_owned(),
            false => format!("spelled alike: {}", near.join(", ")),
        };
        Error::new(format!("`{word}` is not among the {} words that have a vector; {advice}", self.len()))
    }

    /// One line.
    pub fn evcxr_display(&self) {
        println!("vectors of {} words in {} dimensions", self.len(), self.dimensions());
    }
}
