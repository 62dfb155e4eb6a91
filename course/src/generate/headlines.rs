//! The corpus of word2vec: sentences from templates and tables, hand-written ones mixed in, and the two sets that follow
//! from the tables, analogies and similarities. Words of a planted pair are marked; no noise, no held-out part.

use super::grammar::{Class, Grammar};
use super::table::Table;
use super::{Output, csv, draw::Decks, overlap, planted, similar};
use random::SplitMix64;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const HANDWRITTEN: [&str; 2] = ["handwritten_1.txt", "handwritten_2.txt"];
/// Questions per relation, and how often each word of one must occur.
const QUESTIONS: usize = 60;
const PLANTED: usize = 60;
/// Pairs of the similarity set, how often their words must occur, and in how many pairs one may be.
const SIMILARITIES: usize = 220;
const KNOWN: usize = 30;
const PAIRS_PER_WORD: usize = 3;

struct Sentence {
    label: u32,
    text: String,
    source: &'static str,
}

/// headlines.csv, analogies.csv and similarities.csv, and a report for people.
pub fn generate(folder: &Path) -> Result<Output, String> {
    let mut tables = BTreeMap::new();
    for (name, contents) in files(&folder.join("lexicon"))? {
        let table = Table::parse(&format!("lexicon/{name}"), &contents)?;
        tables.insert(name.trim_end_matches(".txt").to_owned(), table);
    }
    let templates: Vec<_> = files(&folder.join("templates"))?;
    let templates: Vec<_> = templates.into_iter().map(|(name, text)| (format!("templates/{name}"), text)).collect();
    let grammar = Grammar::with_tables(&templates, tables)?;
    super::classes(&grammar)?;
    let mut written = Vec::new();
    for name in HANDWRITTEN {
        let path = folder.join(name);
        let contents = std::fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        written.extend(handwritten(name, &contents, &grammar.classes)?);
    }
    let sentences = mix(&grammar, written)?;
    let pairs = planted::pairs(&grammar)?;
    let partners = planted::partners(&pairs);
    let mut out = csv::line(&["id", "text", "label", "split", "source", "rationale"]);
    for (i, Sentence { label, text, source }) in sentences.iter().enumerate() {
        let (id, rationale) = (format!("s{:05}", i + 1), planted::rationale(text, &partners));
        out += &csv::line(&[&id, text, &label.to_string(), "train", source, &rationale]);
    }
    let texts: Vec<String> = sentences.iter().map(|sentence| sentence.text.clone()).collect();
    let counts = counts(&texts);
    let rare: Vec<&String> = pairs
        .iter()
        .flat_map(|relation| relation.pairs.iter().flat_map(|(a, b)| [a, b]))
        .filter(|word| counts.get(*word).is_none_or(|&n| n < PLANTED))
        .collect();
    if !rare.is_empty() {
        return Err(format!("words of a relation that occur fewer than {PLANTED} times: {rare:?}"));
    }
    let mut analogies = csv::line(&["relation", "a", "b", "c", "d"]);
    for question in planted::questions(&pairs, QUESTIONS, grammar.seed) {
        analogies += &csv::line(&question.each_ref().map(String::as_str));
    }
    let graded = similar::pairs(&grammar, &texts, SIMILARITIES, KNOWN, PAIRS_PER_WORD);
    let mut similarities = csv::line(&["word_a", "word_b", "similarity", "relatedness"]);
    for pair in &graded {
        let [a, b] = pair.words.each_ref();
        similarities += &csv::line(&[a, b, &pair.similarity.to_string(), &pair.relatedness.to_string()]);
    }
    let report = report(&grammar, &sentences, &counts, &pairs);
    let files = [("headlines.csv", out), ("analogies.csv", analogies), ("similarities.csv", similarities)];
    Ok(Output { files: files.map(|(name, text)| (name.to_owned(), text)).to_vec(), report })
}

/// The txt files of a folder, in order of name.
fn files(folder: &Path) -> Result<Vec<(String, String)>, String> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .map_err(|e| format!("cannot read {}: {e}", folder.display()))?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|x| x == "txt"))
        .collect();
    paths.sort();
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        Ok((path.file_name().unwrap_or_default().to_string_lossy().into_owned(), text))
    };
    paths.iter().map(read).collect()
}

/// Hand-written sentences, one per line; `%domain NAME` says what those after it are about, `#` starts a comment.
fn handwritten(file: &str, contents: &str, classes: &[Class]) -> Result<Vec<Sentence>, String> {
    let (mut sentences, mut label) = (Vec::new(), None);
    for (number, line) in contents.lines().enumerate() {
        let (place, line) = (format!("{file}:{}", number + 1), line.trim());
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('%') {
            let class = name.strip_prefix("domain ").and_then(|name| classes.iter().find(|c| c.name == name.trim()));
            let known = || classes.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(", ");
            label = Some(class.ok_or_else(|| format!("{place}: expected `%domain` and one of {}", known()))?.label);
            continue;
        }
        let label = label.ok_or_else(|| format!("{place}: a sentence before any `%domain NAME`"))?;
        sentences.push(Sentence { label, text: line.to_owned(), source: "handwritten" });
    }
    Ok(sentences)
}

/// Hand-written and generated sentences, shuffled; no two have the same words.
fn mix(grammar: &Grammar, written: Vec<Sentence>) -> Result<Vec<Sentence>, String> {
    let mut seen = HashSet::new();
    let mut sentences = written;
    // Two authors had the same thought.
    sentences.retain(|sentence| seen.insert(overlap::words(&sentence.text)));
    for class in &grammar.classes {
        let mut rng = SplitMix64::new(grammar.seed.wrapping_add(u64::from(class.label)));
        let (mut kept, mut tries, mut decks) = (0, 0, Decks::new());
        while kept < class.rows {
            tries += 1;
            if tries > class.rows * 20 {
                return Err(format!("{}: only {kept} different sentences for `{}`", class.place, class.name));
            }
            let mut drawn = grammar.draw_in(&class.name, &class.rule, &mut rng, &mut decks);
            if let Some(first) = drawn.cells.first_mut() {
                first.ch = first.ch.to_uppercase().next().unwrap_or(first.ch);
            }
            let text = drawn.text();
            if seen.insert(overlap::words(&text)) {
                sentences.push(Sentence { label: class.label, text, source: "generated" });
                kept += 1;
            }
        }
    }
    SplitMix64::new(grammar.seed).shuffle(&mut sentences);
    Ok(sentences)
}

fn counts(texts: &[String]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for word in texts.iter().flat_map(|text| planted::words(text)) {
        *counts.entry(word.text).or_default() += 1;
    }
    counts
}

/// Sizes: the numbers of the datasheet.
fn report(
    grammar: &Grammar,
    sentences: &[Sentence],
    counts: &BTreeMap<String, usize>,
    pairs: &[planted::Pairs],
) -> String {
    let mut out = String::new();
    for class in &grammar.classes {
        let of: Vec<&Sentence> = sentences.iter().filter(|s| s.label == class.label).collect();
        let written = of.iter().filter(|s| s.source == "handwritten").count();
        let words: usize = of.iter().map(|s| planted::words(&s.text).len()).sum();
        let _ = writeln!(out, "{:10} {:5} sentences, {written} by hand, {words} words", class.name, of.len());
    }
    for relation in pairs {
        let frequency = |words: &dyn Fn(&(String, String)) -> String| {
            let mut n: Vec<usize> = relation.pairs.iter().map(|pair| counts[&words(pair)]).collect();
            n.sort_unstable();
            format!("{} to {} (median {})", n[0], n[n.len() - 1], n[n.len() / 2])
        };
        let (first, second) = (frequency(&|pair| pair.0.clone()), frequency(&|pair| pair.1.clone()));
        let _ = writeln!(out, "{:12} {:2} pairs; first {first}, second {second}", relation.name, relation.pairs.len());
    }
    let words: usize = counts.values().sum();
    let known = counts.values().filter(|&&n| n >= 5).count();
    let _ = write!(
        out,
        "{} sentences, {words} words, {} different, {known} of them five times or more",
        sentences.len(),
        counts.len()
    );
    out
}
