//! Pairs of words with two grades from 0 to 4, by construction from the tables: similarity (could one stand for the other?)
//! and relatedness (do they occur together?). The rule is in data/headlines/README.md. No embedding is looked at.

use super::grammar::Grammar;
use super::planted::words;
use random::SplitMix64;
use std::collections::{BTreeMap, BTreeSet};

/// A word of the tables and what it is.
struct Entry<'a> {
    word: String,
    part: &'a str,
    kind: &'a str,
    table: &'a str,
    field: &'a str,
    record: usize,
    class: &'a [String],
    domains: &'a [String],
}

/// Two words with their grades.
pub struct Graded {
    pub words: [String; 2],
    pub similarity: u32,
    pub relatedness: u32,
}

/// As many sentences must hold both words of a record, to call them a pair that occurs together.
const TOGETHER: usize = 5;

/// `count` pairs, spread over the combinations of grades; each word in the corpus `texts` at least `least` times and in
/// at most `most` pairs.
pub fn pairs(grammar: &Grammar, texts: &[String], count: usize, least: usize, most: usize) -> Vec<Graded> {
    // The sentences that hold each word.
    let mut places: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (i, text) in texts.iter().enumerate() {
        words(text).into_iter().for_each(|word| {
            places.entry(word.text).or_default().insert(i);
        });
    }
    let mut entries = entries(grammar);
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    entries.iter().for_each(|entry| *times.entry(entry.word.clone()).or_default() += 1);
    entries.retain(|e| times[&e.word] == 1 && places.get(&e.word).is_some_and(|held| held.len() >= least));
    let together = |a: &str, b: &str| places[a].intersection(&places[b]).count() >= TOGETHER;

    let mut cells: BTreeMap<(u32, u32), Vec<(usize, usize)>> = BTreeMap::new();
    for (i, a) in entries.iter().enumerate() {
        for (j, b) in entries.iter().enumerate().skip(i + 1) {
            let same = a.table == b.table && a.record == b.record;
            let relatedness = match same {
                true if together(&a.word, &b.word) => 4,
                true => 3,
                false => relatedness(a, b),
            };
            cells.entry((similarity(a, b), relatedness)).or_default().push((i, j));
        }
    }
    choose(&entries, cells, grammar.seed, count, most)
}

/// As many pairs of each similarity, within it as many of each relatedness, while there are any.
fn choose(
    entries: &[Entry],
    mut cells: BTreeMap<(u32, u32), Vec<(usize, usize)>>,
    seed: u64,
    count: usize,
    most: usize,
) -> Vec<Graded> {
    let mut rng = SplitMix64::new(seed);
    cells.values_mut().for_each(|pairs| rng.shuffle(pairs));
    let (mut used, mut chosen, mut turn) = (vec![0; entries.len()], Vec::new(), [0; 5]);
    while chosen.len() < count && cells.values().any(|pairs| !pairs.is_empty()) {
        for similarity in 0..=4 {
            let grades: Vec<u32> =
                cells.iter().filter(|(k, v)| k.0 == similarity && !v.is_empty()).map(|(k, _)| k.1).collect();
            let Some(&relatedness) = grades.get(turn[similarity as usize] % grades.len().max(1)) else { continue };
            turn[similarity as usize] += 1;
            let Some(pairs) = cells.get_mut(&(similarity, relatedness)) else { continue };
            let free = |&(i, j): &(usize, usize)| used[i] < most && used[j] < most;
            let next = std::iter::from_fn(|| pairs.pop()).find(free);
            if let Some((i, j)) = next.filter(|_| chosen.len() < count) {
                used[i] += 1;
                used[j] += 1;
                let words = [entries[i].word.clone(), entries[j].word.clone()];
                chosen.push(Graded { words, similarity, relatedness });
            }
        }
    }
    chosen
}

fn entries(grammar: &Grammar) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    for [part, kind, name, field] in &grammar.words {
        let Some(table) = grammar.tables.get(name) else { continue };
        let Some(column) = table.field(field) else { continue };
        for (record, row) in table.records.iter().enumerate() {
            for word in row.cells[column].iter().filter(|word| words(word).len() == 1) {
                let class = table.field("class").map_or(&[][..], |i| &row.cells[i]);
                let word = word.to_lowercase();
                entries.push(Entry { word, part, kind, table: name, field, record, class, domains: &row.domains });
            }
        }
    }
    entries
}

/// 4: one field of one table and one class; 3: one field; 2: one kind; 1: one part of speech, one table or a common
/// domain; 0: none of it.
fn similarity(a: &Entry, b: &Entry) -> u32 {
    match () {
        () if (a.table, a.field) == (b.table, b.field) => 3 + u32::from(a.class == b.class),
        () if a.kind == b.kind => 2,
        () => u32::from(a.part == b.part || relatedness(a, b) > 0),
    }
}

/// For words of different records. 2: a common domain; 1: one table; 0: neither.
fn relatedness(a: &Entry, b: &Entry) -> u32 {
    match () {
        () if a.domains.iter().any(|domain| b.domains.contains(domain)) => 2,
        () => u32::from(a.table == b.table),
    }
}
