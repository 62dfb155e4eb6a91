//! The corpus of word2vec and what it promises: sizes, domains, spans, and how the two sets of words relate to it.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::DataFrame;
use sources::data::{self, Dataset, Source};

/// Lower-case words as the lesson has them: letters, digits, and apostrophes or hyphens between them.
fn words(text: &str) -> Vec<String> {
    let edge = |c: char| !c.is_alphanumeric();
    let parts = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '\'' | '’' | '-')));
    parts.map(|word| word.trim_matches(edge).to_lowercase()).filter(|word| !word.is_empty()).collect()
}

fn counts(texts: &[String]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    texts.iter().flat_map(|text| words(text)).for_each(|word| *counts.entry(word).or_default() += 1);
    counts
}

fn strings(frame: &DataFrame, column: &str) -> Vec<String> {
    let values = frame.column(column).unwrap().str().unwrap();
    values.iter().map(|value| value.unwrap().to_owned()).collect()
}

fn numbers(frame: &DataFrame, column: &str) -> Vec<f64> {
    frame.column(column).unwrap().f64().unwrap().iter().map(Option::unwrap).collect()
}

fn bundled() -> Dataset {
    data::headlines(Source::Bundled).unwrap()
}

#[test]
fn the_corpus_is_large_balanced_and_without_doubles() {
    let headlines = bundled();
    let texts = headlines.texts().unwrap();
    assert!(texts.iter().map(|text| words(text).len()).sum::<usize>() >= 450_000);
    assert!(counts(&texts).values().filter(|&&n| n >= 5).count() >= 2_500);
    assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), texts.len());
    assert_eq!((headlines.classes.len(), headlines.split("train").unwrap().len()), (14, texts.len()));
    let shares = headlines.class_counts().unwrap();
    let shares: Vec<f64> = numbers(&shares, "share");
    assert!(shares.iter().all(|share| (0.06..0.085).contains(share)), "{shares:?}");
    let written = strings(&headlines.frame, "source").iter().filter(|source| *source == "handwritten").count();
    assert!(written >= 1_600, "{written}");
}

/// A marked word is a whole word, and its partner in some relation is marked in the same sentence.
#[test]
fn spans_mark_both_words_of_planted_pairs() {
    let (headlines, questions) = (bundled(), data::analogies().unwrap());
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|column| strings(&questions, column));
    let mut pairs: BTreeSet<(String, String)> = a.into_iter().zip(b).chain(c.into_iter().zip(d)).collect();
    pairs.extend(pairs.clone().into_iter().map(|(first, second)| (second, first)));
    let (texts, spans) = (headlines.texts().unwrap(), headlines.rationales().unwrap());
    let marked = spans.iter().filter(|spans| !spans.is_empty()).count();
    assert!(marked * 10 > texts.len(), "{marked} sentences state a fact");
    for (text, spans) in texts.iter().zip(&spans) {
        let held: Vec<String> = spans.iter().map(|span| span.of(text).to_lowercase()).collect();
        let all = words(text);
        for word in &held {
            assert!(all.contains(word), "{word} is no word of: {text}");
            assert!(held.iter().any(|other| pairs.contains(&(word.clone(), other.clone()))), "{word} alone in: {text}");
        }
    }
}

#[test]
fn every_word_of_a_question_is_frequent() {
    let (counts, questions) = (counts(&bundled().texts().unwrap()), data::analogies().unwrap());
    let relations = strings(&questions, "relation");
    let [a, b, c, d] = ["a", "b", "c", "d"].map(|column| strings(&questions, column));
    let mut pairs: BTreeMap<&str, BTreeSet<(&str, &str)>> = BTreeMap::new();
    for (i, relation) in relations.iter().enumerate() {
        for word in [&a[i], &b[i], &c[i], &d[i]] {
            assert!(counts.get(word).is_some_and(|&n| n >= 60), "{word} of {relation}: {:?}", counts.get(word));
        }
        assert!(a[i] != c[i] && b[i] != d[i]);
        let known = pairs.entry(relation).or_default();
        known.insert((&a[i], &b[i]));
        known.insert((&c[i], &d[i]));
    }
    let least = [
        ("capital", 24),
        ("people", 20),
        ("activity", 20),
        ("workplace", 20),
        ("plural", 30),
        ("comparative", 20),
        ("superlative", 20),
        ("opposite", 15),
        ("past", 20),
        ("gender", 8),
    ];
    assert_eq!(pairs.len(), least.len());
    for (relation, least) in least {
        let asked = relations.iter().filter(|name| *name == relation).count();
        assert!(pairs[relation].len() >= least && (40..=80).contains(&asked), "{relation}: {asked}");
    }
}

#[test]
fn the_graded_pairs_are_words_of_the_corpus_and_cover_the_grades() {
    let (counts, pairs) = (counts(&bundled().texts().unwrap()), data::similarities().unwrap());
    assert!(pairs.height() >= 150);
    let (a, b) = (strings(&pairs, "word_a"), strings(&pairs, "word_b"));
    let mut seen = BTreeSet::new();
    for (a, b) in a.iter().zip(&b) {
        assert!(counts.get(a).is_some_and(|&n| n >= 5) && counts.get(b).is_some_and(|&n| n >= 5), "{a} {b}");
        assert!(a != b && seen.insert((a.min(b), a.max(b))), "{a} {b} twice");
    }
    for column in ["similarity", "relatedness"] {
        let grades = numbers(&pairs, column);
        for grade in 0..=4 {
            let n = grades.iter().filter(|&&value| value == f64::from(grade)).count();
            assert!(n >= 10, "{column} {grade}: {n} pairs");
        }
    }
    // Alike but not together, and together but not alike.
    let (similarity, relatedness) = (numbers(&pairs, "similarity"), numbers(&pairs, "relatedness"));
    let cell = |s: f64, r: f64| (0..pairs.height()).any(|i| similarity[i] == s && relatedness[i] == r);
    assert!(cell(3.0, 1.0) && cell(1.0, 4.0));
}

#[test]
fn the_news() {
    let news = data::news(Source::Bundled).unwrap();
    assert_eq!(news.classes, ["world", "sports", "business", "science"]);
    let [texts, titles] = ["text", "headline"].map(|column| strings(&news.frame, column));
    assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), texts.len());
    assert!(
        texts.iter().zip(&titles).all(|(text, title)| text.starts_with(title.as_str()) && text.len() > title.len())
    );
    let spans = news.rationales().unwrap();
    assert!(spans.iter().filter(|spans| !spans.is_empty()).count() * 10 >= news.len() * 9);
    for (text, spans) in texts.iter().zip(&spans) {
        assert!(spans.iter().all(|span| span.of(text).trim() == span.of(text) && !text.contains("[[")));
    }
    for (part, least) in [("train", 200), ("test", 50)] {
        let rows = news.split(part).unwrap().class_counts().unwrap();
        assert!(rows.column("rows").unwrap().u32().unwrap().iter().flatten().all(|rows| rows >= least), "{part}");
    }
}

#[test]
fn own_files_and_their_mistakes() {
    let path = std::env::temp_dir().join(format!("support-headlines-{}.csv", std::process::id()));
    let source = || Source::File(path.to_string_lossy().into_owned());
    std::fs::write(&path, "text,label\nA goal in Rome,2\nRain,13\n").unwrap();
    assert_eq!(data::headlines(source()).unwrap().row(1).unwrap().class, "transport");
    let message = data::news(source()).unwrap_err().to_string();
    assert!(message.contains("label 13") && message.contains("3 science"), "{message}");
    let missing = data::headlines(Source::File("/nowhere.csv".into())).unwrap_err().to_string();
    assert!(missing.contains("/nowhere.csv"), "{missing}");
}
