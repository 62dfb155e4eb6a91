//! Counting the terms of two classes of texts: which n-grams, in how many texts, with which words left out.
//!
//! Words are those of [`words`](crate::words()). n-grams are neighbours among these, also over commas and full
//! stops, as in scikit-learn.

use std::collections::HashSet;

use super::{Contrast, rationale};
use crate::ngrams::{Cutter, FastMap, NONE, Tree};
use ground::{Result, bail};
use sources::data::Dataset;

/// How to count the terms of a [`Contrast`]. Start with `ContrastOptions::new()`, change what you want, then
/// [`fit`](ContrastOptions::fit).
#[derive(Clone, Debug, PartialEq)]
pub struct ContrastOptions {
    pub(super) shortest: usize,
    pub(super) longest: usize,
    pub(super) min_texts: usize,
    pub(crate) lowercase: bool,
    pub(crate) letters: usize,
    stop_words: Vec<String>,
}

impl Default for ContrastOptions {
    fn default() -> Self {
        ContrastOptions::new()
    }
}

impl ContrastOptions {
    /// Words of two characters or more and pairs of them, in at least 5 texts, in small letters, no word left out.
    pub fn new() -> ContrastOptions {
        ContrastOptions { shortest: 1, longest: 2, min_texts: 5, lowercase: true, letters: 2, stop_words: Vec::new() }
    }

    /// Count the sequences of `shortest` to `longest` words: `ngrams(1, 3)` for words, pairs and triples.
    pub fn ngrams(mut self, shortest: usize, longest: usize) -> ContrastOptions {
        (self.shortest, self.longest) = (shortest, longest);
        self
    }

    /// Keep only terms that occur in at least this many texts of both classes together. Default: 5.
    pub fn min_texts(mut self, texts: usize) -> ContrastOptions {
        self.min_texts = texts;
        self
    }

    /// Whether `Good` and `good` are the same word. Default: true.
    pub fn lowercase(mut self, yes: bool) -> ContrastOptions {
        self.lowercase = yes;
        self
    }

    /// Count words of at least this many characters; shorter ones are skipped, as if they were not there. Default: 2, as
    /// [`words`](crate::words()) does it. With 1, `a day` and `é bom` are pairs of words, and `don't` is
    /// the pair `don t`.
    pub fn shortest_word(mut self, characters: usize) -> ContrastOptions {
        self.letters = characters;
        self
    }

    /// Leave out the terms that begin or end with one of these words: `of time` goes, `waste of time` stays.
    ///
    /// The words are not taken out of the texts first, so every n-gram that is left stands in a text as it is written.
    /// (The counts of [`Counts`](crate::Counts) follow scikit-learn, where `waste time` would be counted.)
    pub fn stop_words(mut self, words: &[String]) -> ContrastOptions {
        self.stop_words = words.to_vec();
        self
    }

    /// Counts the terms of the class `class` and of all other texts.
    ///
    /// # Errors
    /// Options that make no sense, no rows, a class that is not there or has no text, no text of another class, a row
    /// with a bad label or rationale, or no term left.
    pub fn fit(&self, dataset: &Dataset, class: &str) -> Result<Contrast> {
        self.check()?;
        let (in_a, b) = sides(dataset, class)?;
        let texts_a = in_a.iter().filter(|&&yes| yes).count();
        let cutter = Cutter { lowercase: self.lowercase, stop: HashSet::new(), shortest: self.letters };
        let encoded = cutter.encode(&dataset.texts()?);
        let (tree, nodes, ends) = Tree::grow(&encoded, self.shortest, self.longest);
        let stop: HashSet<&str> = self.stop_words.iter().map(String::as_str).collect();
        let kept = |node: usize| {
            usize::from(tree.length[node]) >= self.shortest && tree.documents[node] as usize >= self.min_texts
        };
        let (order, names) = tree.alphabetical(&encoded.words, kept);
        let (order, terms): (Vec<u32>, Vec<String>) =
            order.into_iter().zip(names).filter(|(_, name)| !touches(name, &stop)).unzip();
        if terms.is_empty() {
            self.nothing_left(dataset.len(), encoded.words.is_empty())?;
        }
        let mut column = vec![NONE; tree.documents.len()];
        for (at, &node) in order.iter().enumerate() {
            column[node as usize] = at as u32;
        }
        let (mut words_a, mut start) = (0, 0);
        for (&yes, &end) in in_a.iter().zip(&encoded.ends) {
            words_a += if yes { end - start } else { 0 };
            start = end;
        }
        let (counts_a, documents_a) = of_class(&nodes, &ends, &column, &in_a, terms.len());
        let all = |counts: &[u32]| order.iter().map(|&node| counts[node as usize]).collect::<Vec<u32>>();
        let rest = |all: Vec<u32>, a: &[u32]| all.iter().zip(a).map(|(all, a)| all - a).collect::<Vec<u32>>();
        let mut contrast = Contrast {
            a: class.to_owned(),
            b,
            counts_b: rest(all(&tree.occurrences), &counts_a),
            documents_b: rest(all(&tree.documents), &documents_a),
            counts_a,
            documents_a,
            texts_a,
            texts_b: dataset.len() - texts_a,
            words_a,
            words_b: encoded.ids.len() - words_a,
            rationale_shares: None,
            options: self.clone(),
            index: index(&terms),
            terms,
        };
        contrast.rationale_shares = rationale::shares_if_known(dataset, &contrast)?;
        Ok(contrast)
    }

    fn check(&self) -> Result<()> {
        let (from, to) = (self.shortest, self.longest);
        if from == 0 || from > to || to > 20 {
            bail!("ngrams({from}, {to}): give two numbers from 1 to 20, the second not below the first");
        }
        if self.letters == 0 {
            bail!("shortest_word(0): a word has at least 1 character");
        }
        if self.min_texts == 0 {
            bail!("min_texts(0): a term must occur in at least 1 text");
        }
        Ok(())
    }

    fn nothing_left(&self, texts: usize, no_words: bool) -> Result<()> {
        if no_words {
            bail!("the texts hold no word of {} characters or more, so there is nothing to compare", self.letters);
        }
        let stop = if self.stop_words.is_empty() { "" } else { " without a stop word at its ends" };
        bail!(
            "no term is left: no n-gram of {} to {} words{stop} occurs in {} of the {texts} texts. \
             Try a lower min_texts",
            self.shortest,
            self.longest,
            self.min_texts
        );
    }
}

impl Contrast {
    /// The same counts without the terms that begin or end with one of `stop_words`: `of time` goes, `waste of
    /// time` stays. Ranks, scaled F-scores and log-odds depend on which terms there are, and change.
    ///
    /// # Errors
    /// No term is left.
    pub fn without(&self, stop_words: &[String]) -> Result<Contrast> {
        let stop: HashSet<&str> = stop_words.iter().map(String::as_str).collect();
        let kept: Vec<usize> = (0..self.terms.len()).filter(|&i| !touches(&self.terms[i], &stop)).collect();
        if kept.is_empty() {
            bail!("all {} terms begin or end with a stop word: shorten the list of stop words", self.len());
        }
        let numbers = |list: &[u32]| kept.iter().filter_map(|&i| list.get(i).copied()).collect::<Vec<u32>>();
        let terms: Vec<String> = kept.iter().map(|&i| self.terms[i].clone()).collect();
        let mut options = self.options.clone();
        options.stop_words.extend(stop_words.iter().cloned());
        Ok(Contrast {
            counts_a: numbers(&self.counts_a),
            counts_b: numbers(&self.counts_b),
            documents_a: numbers(&self.documents_a),
            documents_b: numbers(&self.documents_b),
            rationale_shares: self
                .rationale_shares
                .as_ref()
                .map(|shares| kept.iter().filter_map(|&i| shares.get(i).copied()).collect()),
            options,
            index: index(&terms),
            terms,
            ..self.clone()
        })
    }
}

/// Per row whether it is of `class`, and what the other side is called.
fn sides(dataset: &Dataset, class: &str) -> Result<(Vec<bool>, String)> {
    let classes = dataset.classes.join(", ");
    if dataset.is_empty() {
        bail!("`{}` has no rows: there is nothing to compare", dataset.name);
    }
    let Some(target) = dataset.classes.iter().position(|name| name == class) else {
        bail!("there is no class `{class}` in `{}`. Its classes: {classes}", dataset.name);
    };
    let in_a: Vec<bool> = dataset.labels()?.iter().map(|&label| label == target).collect();
    if !in_a.contains(&true) {
        bail!(
            "no row of `{}` is of class `{class}`: there is nothing to compare. Its classes: {classes}",
            dataset.name
        );
    }
    if !in_a.contains(&false) {
        bail!(
            "all rows of `{}` are of class `{class}`: a comparison needs texts of another class. Its classes: {classes}",
            dataset.name
        );
    }
    let b = match dataset.classes.as_slice() {
        [first, second] => if target == 0 { second } else { first }.clone(),
        _ => format!("not {class}"),
    };
    Ok((in_a, b))
}

/// Whether the first or the last word of the term is one of `stop`.
fn touches(term: &str, stop: &HashSet<&str>) -> bool {
    let first = term.split(' ').next().unwrap_or(term);
    let last = term.rsplit(' ').next().unwrap_or(term);
    stop.contains(first) || stop.contains(last)
}

fn index(terms: &[String]) -> FastMap<String, u32> {
    terms.iter().cloned().zip(0..).collect()
}

/// How often each term occurs in the texts that `wanted` marks, and in how many of them.
fn of_class(nodes: &[u32], ends: &[usize], column: &[u32], wanted: &[bool], terms: usize) -> (Vec<u32>, Vec<u32>) {
    let (mut counts, mut documents) = (vec![0; terms], vec![0; terms]);
    let mut last_text = vec![NONE; terms];
    let mut start = 0;
    for (text, (&end, &yes)) in ends.iter().zip(wanted).enumerate() {
        for &node in nodes[start..end].iter().filter(|_| yes) {
            let at = column[node as usize];
            if at == NONE {
                continue;
            }
            counts[at as usize] += 1;
            if last_text[at as usize] != text as u32 {
                last_text[at as usize] = text as u32;
                documents[at as usize] += 1;
            }
        }
        start = end;
    }
    (counts, documents)
}
