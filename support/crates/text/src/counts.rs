//! Counting words and n-grams: a vocabulary learnt from texts, and a matrix of counts.
//!
//! The rules are those of scikit-learn's `CountVectorizer`: words of two characters or more, stop words taken out
//! before n-grams are made, columns in alphabetical order. Words that were not seen when fitting are ignored.

use rayon::prelude::*;

use super::ngrams::{Cutter, FastMap, NONE, Tree, edge};
use super::sparse::Sparse;
use ground::{Result, bail};

/// How to count. Start with `Counts::new()`, change what you want, then [`fit`](Counts::fit).
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    shortest: usize,
    longest: usize,
    lowercase: bool,
    stop_words: Vec<String>,
    min_df: usize,
    max_features: Option<usize>,
}

impl Default for Counts {
    fn default() -> Self {
        Counts::new()
    }
}

impl Counts {
    /// Single words in small letters, all of them.
    pub fn new() -> Counts {
        Counts { shortest: 1, longest: 1, lowercase: true, stop_words: Vec::new(), min_df: 1, max_features: None }
    }

    /// Count the sequences of `shortest` to `longest` words: `ngrams(1, 2)` for words and pairs of words.
    pub fn ngrams(mut self, shortest: usize, longest: usize) -> Counts {
        (self.shortest, self.longest) = (shortest, longest);
        self
    }

    /// Whether `Good` and `good` are the same word. Default: true.
    pub fn lowercase(mut self, yes: bool) -> Counts {
        self.lowercase = yes;
        self
    }

    /// Words to leave out, before n-grams are made. They are compared after lowercasing: give small letters.
    pub fn stop_words(mut self, words: &[String]) -> Counts {
        self.stop_words = words.to_vec();
        self
    }

    /// Keep only features that occur in at least this many texts. Default: 1.
    pub fn min_df(mut self, texts: usize) -> Counts {
        self.min_df = texts;
        self
    }

    /// Keep only this many features, those with the highest counts; ties go by the alphabet.
    pub fn max_features(mut self, features: usize) -> Counts {
        self.max_features = Some(features);
        self
    }

    /// Learns the vocabulary from `texts`.
    ///
    /// # Errors
    /// Options that make no sense, no texts, or no feature left.
    pub fn fit(&self, texts: &[String]) -> Result<FittedCounts> {
        Ok(self.fit_transform(texts)?.0)
    }

    /// [`fit`](Counts::fit), and the counts of the same texts, shape (texts, features).
    ///
    /// # Errors
    /// As `fit`.
    pub fn fit_transform(&self, texts: &[String]) -> Result<(FittedCounts, Sparse)> {
        self.check(texts)?;
        let cutter = Cutter { lowercase: self.lowercase, stop: self.stop_words.iter().cloned().collect(), shortest: 2 };
        let encoded = cutter.encode(texts);
        let (mut tree, nodes, ends) = Tree::grow(&encoded, self.shortest, self.longest);
        let kept = |node: usize| {
            usize::from(tree.length[node]) >= self.shortest && tree.documents[node] as usize >= self.min_df
        };
        let (mut order, mut names) = tree.alphabetical(&encoded.words, kept);
        if let Some(most) = self.max_features
            && most < order.len()
        {
            let mut by_count: Vec<usize> = (0..order.len()).collect();
            by_count.sort_by_key(|&i| std::cmp::Reverse(tree.occurrences[order[i] as usize]));
            by_count.truncate(most);
            by_count.sort_unstable();
            names = by_count.iter().map(|&i| std::mem::take(&mut names[i])).collect();
            order = by_count.iter().map(|&i| order[i]).collect();
        }
        if order.is_empty() {
            self.nothing_left(&encoded.words)?;
        }
        let mut column = vec![NONE; tree.documents.len()];
        for (at, &node) in order.iter().enumerate() {
            column[node as usize] = at as u32;
        }
        let matrix = collect_rows(order.len(), &nodes, &ends, &column);
        let needed = tree.prune(encoded.words.len(), &order);
        let fitted = FittedCounts {
            documents: order.iter().map(|&node| tree.documents[node as usize] as usize).collect(),
            texts: texts.len(),
            words: encoded.words.into_iter().zip(0..).filter(|&(_, word)| needed[word as usize]).collect(),
            edges: tree.edges,
            longest: self.longest,
            features: names,
            column,
            cutter,
        };
        Ok((fitted, matrix))
    }

    fn check(&self, texts: &[String]) -> Result<()> {
        if self.shortest == 0 || self.shortest > self.longest {
            let (from, to) = (self.shortest, self.longest);
            bail!("ngrams({from}, {to}): the first number must be at least 1, and not above the second");
        }
        if self.longest > 20 {
            bail!("ngrams({}, {}): n-grams of at most 20 words are supported", self.shortest, self.longest);
        }
        if self.min_df == 0 {
            bail!("min_df(0): a feature must occur in at least 1 text");
        }
        if self.max_features == Some(0) {
            bail!("max_features(0): keep at least 1 feature");
        }
        if texts.is_empty() {
            bail!("there are no texts to learn a vocabulary from");
        }
        Ok(())
    }

    fn nothing_left(&self, words: &[String]) -> Result<()> {
        if words.is_empty() {
            bail!(
                "no words are left: the texts hold only stop words, or no word of two characters or more. \
                 Shorten the list of stop words or look at the texts"
            );
        }
        bail!(
            "no feature is left: no n-gram of {} to {} words occurs in {} texts. Try a lower min_df",
            self.shortest,
            self.longest,
            self.min_df
        );
    }
}

/// One row per text: each kept node's column, with how often it occurs.
fn collect_rows(columns: usize, nodes: &[u32], ends: &[usize], column: &[u32]) -> Sparse {
    let parts: Vec<Sparse> = ends
        .par_chunks(512)
        .enumerate()
        .map(|(chunk, part)| {
            let mut start = if chunk == 0 { 0 } else { ends[chunk * 512 - 1] };
            let mut matrix = Sparse::with_columns(columns);
            let mut row = Vec::new();
            for &end in part {
                row.extend(nodes[start..end].iter().map(|&node| column[node as usize]).filter(|&at| at != NONE));
                push_counts(&mut row, &mut matrix);
                start = end;
            }
            matrix
        })
        .collect();
    Sparse::stack(columns, &parts)
}

/// Counts equal columns in `row`, writes them as the next row of `matrix`, and empties `row`.
fn push_counts(row: &mut Vec<u32>, matrix: &mut Sparse) {
    row.sort_unstable();
    for run in row.chunk_by(|a, b| a == b) {
        matrix.push(run[0], run.len() as f64);
    }
    matrix.end_row();
    row.clear();
}

/// A learnt vocabulary: counts the features of any texts.
#[derive(Clone, Debug)]
pub struct FittedCounts {
    cutter: Cutter,
    longest: usize,
    words: FastMap<String, u32>,
    edges: FastMap<u64, u32>,
    /// The column of each node of the tree, or NONE.
    column: Vec<u32>,
    features: Vec<String>,
    documents: Vec<usize>,
    texts: usize,
}

impl FittedCounts {
    /// The features in the order of the columns: words, and n-grams joined by a space.
    pub fn features(&self) -> &[String] {
        &self.features
    }

    /// The column of a feature, if it is in the vocabulary.
    pub fn column(&self, feature: &str) -> Option<usize> {
        self.features.binary_search_by(|name| name.as_str().cmp(feature)).ok()
    }

    /// In how many of the fitted texts each feature occurs.
    pub fn document_frequencies(&self) -> &[usize] {
        &self.documents
    }

    /// How many texts it was fitted on.
    pub fn fitted_texts(&self) -> usize {
        self.texts
    }

    /// The counts of `texts`, shape (texts, features).
    pub fn transform(&self, texts: &[String]) -> Sparse {
        let parts: Vec<Sparse> = texts
            .par_chunks(128)
            .map(|part| {
                let mut matrix = Sparse::with_columns(self.features.len());
                let mut scratch = Scratch::default();
                for text in part {
                    self.find(text, &mut scratch);
                    push_counts(&mut scratch.columns, &mut matrix);
                }
                matrix
            })
            .collect();
        Sparse::stack(self.features.len(), &parts)
    }

    /// Puts the column of each feature that occurs in `text` into `scratch.columns`, repeats included.
    pub(crate) fn find(&self, text: &str, scratch: &mut Scratch) {
        let Scratch { buffer, ids, columns } = scratch;
        ids.clear();
        columns.clear();
        self.cutter.for_each(text, buffer, |word| ids.push(self.words.get(word).copied().unwrap_or(NONE)));
        for (first, &word) in ids.iter().enumerate() {
            let mut node = word;
            for n in 1..=self.longest.min(ids.len() - first) {
                if n > 1 {
                    node = match ids[first + n - 1] {
                        NONE => NONE,
                        next => self.edges.get(&edge(node, next)).copied().unwrap_or(NONE),
                    };
                }
                if node == NONE {
                    break;
                }
                if self.column[node as usize] != NONE {
                    columns.push(self.column[node as usize]);
                }
            }
        }
    }

    /// One line: how many features, learnt from how many texts.
    pub fn evcxr_display(&self) {
        println!("vocabulary of {} features, fitted on {} texts", self.features.len(), self.texts);
    }
}

/// Memory that is used again from text to text.
#[derive(Default)]
pub(crate) struct Scratch {
    buffer: String,
    ids: Vec<u32>,
    pub columns: Vec<u32>,
}
