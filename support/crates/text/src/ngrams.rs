//! The n-grams of a collection of texts, as a tree: a node is an n-gram, its children are one word longer.
//!
//! Words become numbers once, so that an n-gram is found by two numbers (its beginning, its last word) and
//! no text is copied per n-gram. Reading the tree in the order of the words gives the n-grams in
//! alphabetical order, because a space sorts before every character of a word.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

use rayon::prelude::*;

use super::words::for_each_word;

/// A node without a column, or a word that is not there.
pub(crate) const NONE: u32 = u32::MAX;

/// How texts are cut into words.
#[derive(Clone, Debug)]
pub(crate) struct Cutter {
    pub lowercase: bool,
    pub stop: HashSet<String>,
    /// The characters that a word has at least.
    pub shortest: usize,
}

/// Texts as numbers: the words of all texts in one row, and where each text ends.
pub(crate) struct Encoded {
    pub words: Vec<String>,
    pub ids: Vec<u32>,
    pub ends: Vec<usize>,
}

/// The n-grams of all texts: nodes `0..words` are the single words.
pub(crate) struct Tree {
    pub edges: FastMap<u64, u32>,
    /// In how many texts each node occurs.
    pub documents: Vec<u32>,
    /// How often each node occurs.
    pub occurrences: Vec<u32>,
    /// How many words each node has.
    pub length: Vec<u8>,
    /// The node without its last word; NONE for single words.
    parent: Vec<u32>,
}

pub(crate) fn edge(node: u32, word: u32) -> u64 {
    (u64::from(node) << 32) | u64::from(word)
}

impl Cutter {
    /// The text with small letters if asked for, written after what `buffer` holds already.
    fn normalise(&self, text: &str, buffer: &mut String) {
        if !self.lowercase {
            buffer.push_str(text);
        } else if text.is_ascii() {
            let start = buffer.len();
            buffer.push_str(text);
            buffer[start..].make_ascii_lowercase();
        } else {
            buffer.push_str(&text.to_lowercase());
        }
    }

    /// Calls `found` for each word of `text` that is kept; `buffer` is scratch.
    pub fn for_each(&self, text: &str, buffer: &mut String, mut found: impl FnMut(&str)) {
        buffer.clear();
        self.normalise(text, buffer);
        for_each_word(buffer, self.shortest, |word, _| {
            if self.stop.is_empty() || !self.stop.contains(word) {
                found(word);
            }
        });
    }

    /// The texts as numbers. Numbers are given in the order in which words first occur.
    pub fn encode(&self, texts: &[String]) -> Encoded {
        // Each part numbers its own words; then the parts' few distinct words are joined.
        let size = texts.len().div_ceil(4 * rayon::current_num_threads()).max(256);
        let parts: Vec<_> = texts
            .par_chunks(size)
            .map(|part| {
                let mut buffer = String::with_capacity(part.iter().map(|text| text.len() + 8).sum());
                let ends: Vec<usize> = part
                    .iter()
                    .map(|text| {
                        self.normalise(text, &mut buffer);
                        buffer.len()
                    })
                    .collect();
                self.number(buffer, &ends)
            })
            .collect();
        let mut known: FastMap<&str, u32> = FastMap::default();
        let mut words = Vec::new();
        let mut ids = Vec::with_capacity(parts.iter().map(|part| part.ids.len()).sum());
        let mut ends = Vec::with_capacity(texts.len());
        for part in &parts {
            let global: Vec<u32> = part
                .words
                .iter()
                .map(|word| {
                    *known.entry(word).or_insert_with(|| {
                        words.push(word.clone());
                        words.len() as u32 - 1
                    })
                })
                .collect();
            let before = ids.len();
            ids.extend(part.ids.iter().map(|&id| global[id as usize]));
            ends.extend(part.ends.iter().map(|end| end + before));
        }
        Encoded { words, ids, ends }
    }

    fn number(&self, buffer: String, text_ends: &[usize]) -> Encoded {
        let mut known: FastMap<&str, u32> = FastMap::default();
        let (mut words, mut ids, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        let mut start = 0;
        for &end in text_ends {
            for_each_word(&buffer[start..end], self.shortest, |word, _| {
                let id = *known.entry(word).or_insert_with(|| {
                    if self.stop.contains(word) {
                        return NONE;
                    }
                    words.push(word.to_owned());
                    words.len() as u32 - 1
                });
                if id != NONE {
                    ids.push(id);
                }
            });
            ends.push(ids.len());
            start = end;
        }
        Encoded { words, ids, ends }
    }
}

impl Tree {
    /// All n-grams with up to `longest` words, and per text the nodes of those with at least `shortest`.
    pub fn grow(encoded: &Encoded, shortest: usize, longest: usize) -> (Tree, Vec<u32>, Vec<usize>) {
        let words = encoded.words.len();
        let mut tree = Tree {
            edges: FastMap::default(),
            documents: vec![0; words],
            occurrences: vec![0; words],
            length: vec![1; words],
            parent: vec![NONE; words],
        };
        let mut last_text = vec![NONE; words];
        let mut nodes = Vec::with_capacity(encoded.ids.len() * (longest + 1 - shortest));
        let mut ends = Vec::with_capacity(encoded.ends.len());
        let mut start = 0;
        for (text, &end) in encoded.ends.iter().enumerate() {
            let ids = &encoded.ids[start..end];
            for first in 0..ids.len() {
                let mut node = ids[first];
                for n in 1..=longest.min(ids.len() - first) {
                    if n > 1 {
                        let (fresh, parent) = (tree.documents.len() as u32, node);
                        node = *tree.edges.entry(edge(parent, ids[first + n - 1])).or_insert(fresh);
                        if node == fresh {
                            tree.parent.push(parent);
                            tree.documents.push(0);
                            tree.occurrences.push(0);
                            tree.length.push(n as u8);
                            last_text.push(NONE);
                        }
                    }
                    let at = node as usize;
                    tree.occurrences[at] += 1;
                    if last_text[at] != text as u32 {
                        last_text[at] = text as u32;
                        tree.documents[at] += 1;
                    }
                    if n >= shortest {
                        nodes.push(node);
                    }
                }
            }
            ends.push(nodes.len());
            start = end;
        }
        (tree, nodes, ends)
    }

    /// Forgets the edges that lead to none of `kept`, and returns which words are still needed to reach these.
    pub fn prune(&mut self, words: usize, kept: &[u32]) -> Vec<bool> {
        let mut needed = vec![false; self.documents.len()];
        for &node in kept {
            let mut at = node;
            while at != NONE && !needed[at as usize] {
                needed[at as usize] = true;
                at = self.parent[at as usize];
            }
        }
        self.edges.retain(|_, child| needed[*child as usize]);
        self.edges.shrink_to_fit();
        needed.truncate(words);
        for &key in self.edges.keys() {
            needed[(key & 0xFFFF_FFFF) as usize] = true;
        }
        needed
    }

    /// The nodes that `wanted` keeps, in alphabetical order of their n-grams, with these n-grams.
    pub fn alphabetical(&self, words: &[String], wanted: impl Fn(usize) -> bool + Sync) -> (Vec<u32>, Vec<String>) {
        let mut by_name: Vec<u32> = (0..words.len() as u32).collect();
        by_name.par_sort_unstable_by(|&a, &b| words[a as usize].cmp(&words[b as usize]));
        let mut rank = vec![0u32; words.len()];
        for (place, &word) in by_name.iter().enumerate() {
            rank[word as usize] = place as u32;
        }
        // A node's beginning occurs in at least as many texts as the node: what is reachable is enough.
        let mut children: Vec<(u64, u32)> = self
            .edges
            .iter()
            .map(|(&key, &child)| (edge((key >> 32) as u32, rank[(key & 0xFFFF_FFFF) as usize]), child))
            .collect();
        children.par_sort_unstable();
        let mut first_child = vec![0usize; self.documents.len() + 1];
        for &(key, _) in &children {
            first_child[(key >> 32) as usize + 1] += 1;
        }
        for node in 0..self.documents.len() {
            first_child[node + 1] += first_child[node];
        }
        let (mut order, mut names) = (Vec::new(), Vec::new());
        let mut name = String::new();
        // (node, its word, length of the name before it)
        let mut open: Vec<(u32, u32, usize)> = by_name.iter().rev().map(|&word| (word, word, 0)).collect();
        while let Some((node, word, before)) = open.pop() {
            name.truncate(before);
            if before > 0 {
                name.push(' ');
            }
            name.push_str(&words[word as usize]);
            if wanted(node as usize) {
                order.push(node);
                names.push(name.clone());
            }
            let range = first_child[node as usize]..first_child[node as usize + 1];
            for &(key, child) in children[range].iter().rev() {
                open.push((child, by_name[(key & 0xFFFF_FFFF) as usize], name.len()));
            }
        }
        (order, names)
    }
}

/// A hash map for short keys that come from the learner's own texts: quick, and not hardened against forged keys.
pub(crate) type FastMap<K, V> = HashMap<K, V, BuildHasherDefault<FoldHasher>>;

/// Multiplies each eight bytes into the state and folds the two halves of the product.
#[derive(Default)]
pub(crate) struct FoldHasher(u64);

impl FoldHasher {
    fn mix(&mut self, value: u64) {
        let product = u128::from(self.0 ^ value ^ 0x9E37_79B9_7F4A_7C15) * 0xD1B5_4A32_D192_ED03;
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for FoldHasher {
    fn write(&mut self, bytes: &[u8]) {
        let mut eights = bytes.chunks_exact(8);
        for eight in eights.by_ref() {
            self.mix(u64::from_le_bytes([
                eight[0], eight[1], eight[2], eight[3], eight[4], eight[5], eight[6], eight[7],
            ]));
        }
        let rest = eights.remainder().iter().fold(bytes.len() as u64, |word, &byte| (word << 8) | u64::from(byte));
        self.mix(rest);
    }

    fn write_u64(&mut self, value: u64) {
        self.mix(value);
    }

    fn write_u8(&mut self, _: u8) {
        // The end mark that `str` writes: the length is in the hash already.
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
