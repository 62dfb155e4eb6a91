//! The bundled reviews keep what their datasheet promises: sizes, balance, spans, parts that are kept apart.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use sources::data::{self, Dataset, Source};

/// Words as the generator counts them: letters, digits and apostrophes, in lower case.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '\''))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn bundled() -> Dataset {
    data::reviews(Source::Bundled).unwrap()
}

fn part(name: &str) -> Dataset {
    bundled().split(name).unwrap()
}

fn column(dataset: &Dataset, name: &str) -> Vec<String> {
    let values = dataset.frame.column(name).unwrap().str().unwrap();
    values.iter().map(|value| value.unwrap_or_default().to_owned()).collect()
}

#[test]
fn sizes_balance_and_sources() {
    let reviews = bundled();
    assert_eq!((reviews.name.as_str(), reviews.classes.join(" ").as_str()), ("reviews", "negative positive"));
    for (name, least, sources) in [
        ("train", 6_000, &["generated", "handwritten"][..]),
        ("validation", 300, &["handwritten"]),
        ("test", 300, &["handwritten"]),
    ] {
        let part = reviews.split(name).unwrap();
        assert!(part.len() >= least, "{name}: {} rows", part.len());
        assert_eq!(
            part.labels().unwrap().iter().sum::<usize>() * 2,
            part.len(),
            "{name}: half of the rows are positive"
        );
        let found: BTreeSet<String> = column(&part, "source").into_iter().collect();
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), sources, "{name}");
    }
    assert!(part("validation").len() + part("test").len() >= 600);
}

#[test]
fn kinds_are_named_and_balanced_in_hand_written_rows_only() {
    for name in ["train", "validation", "test"] {
        let (part, mut counts) = (part(name), BTreeMap::<String, [usize; 2]>::new());
        let (kinds, sources) = (column(&part, "kind"), column(&part, "source"));
        for ((kind, source), label) in kinds.into_iter().zip(sources).zip(part.labels().unwrap()) {
            assert_eq!(kind.is_empty(), source == "generated", "{name}");
            if !kind.is_empty() {
                counts.entry(kind).or_default()[label] += 1;
            }
        }
        let known = ["comparison", "contrast", "irony", "mixed", "negation", "plain"];
        assert_eq!(counts.keys().collect::<Vec<_>>(), known.iter().collect::<Vec<_>>(), "{name}");
        for (kind, [negative, positive]) in counts {
            let share = positive as f64 / (negative + positive) as f64;
            assert!((0.3..=0.7).contains(&share), "{name}, {kind}: {negative} negative, {positive} positive");
        }
    }
}

#[test]
fn rationales_lie_inside_their_texts_and_leave_something_out() {
    let reviews = bundled();
    let (texts, rationales) = (reviews.texts().unwrap(), reviews.rationales().unwrap());
    for (text, spans) in texts.iter().zip(&rationales) {
        assert!(!spans.is_empty(), "no rationale: {text}");
        assert!(spans.iter().all(|span| span.of(text).chars().any(char::is_alphanumeric)), "{text}");
    }
    let marked: usize = rationales.iter().flatten().map(|span| span.end - span.start).sum();
    let all: usize = texts.iter().map(|text| text.chars().count()).sum();
    assert!((0.2..0.7).contains(&(marked as f64 / all as f64)), "{marked} of {all} characters are marked");
}

/// No text twice, in whatever part, and no run of five words that a generated text shares with a hand-written one.
#[test]
fn parts_are_kept_apart() {
    let (train, validation, test) = (part("train"), part("validation"), part("test"));
    let mut seen = HashSet::new();
    for dataset in [&train, &validation, &test] {
        for text in dataset.texts().unwrap() {
            assert!(seen.insert(words(&text)), "twice: {text}");
        }
    }
    let runs = |dataset: &Dataset| -> HashSet<Vec<String>> {
        let texts = dataset.texts().unwrap();
        texts.iter().flat_map(|text| words(text).windows(5).map(<[String]>::to_vec).collect::<Vec<_>>()).collect()
    };
    let generated = runs(&train);
    for dataset in [&validation, &test] {
        let shared: Vec<Vec<String>> = runs(dataset).intersection(&generated).cloned().collect();
        assert!(shared.is_empty(), "{shared:?}");
    }
}

#[test]
fn the_training_part_has_many_words_and_many_frames() {
    let texts = part("train").texts().unwrap();
    let types: BTreeSet<String> = texts.iter().flat_map(|text| words(text)).collect();
    assert!(types.len() >= 5_000, "{} word types", types.len());
    // No opening of four words makes up more than a hundredth of the rows.
    let mut openings = BTreeMap::<Vec<String>, usize>::new();
    for text in &texts {
        *openings.entry(words(text).into_iter().take(4).collect()).or_default() += 1;
    }
    let (opening, rows) = openings.iter().max_by_key(|(_, rows)| **rows).unwrap();
    assert!(rows * 100 <= texts.len(), "{rows} rows begin with {opening:?}");
}

/// Words without judgement are no evidence: each stands in about as many rows of one class as of the other.
#[test]
fn neutral_words_do_not_tell_the_class() {
    let train = part("train");
    let mut counts = BTreeMap::<String, [usize; 2]>::new();
    for (text, label) in train.texts().unwrap().iter().zip(train.labels().unwrap()) {
        for word in words(text).into_iter().collect::<BTreeSet<_>>() {
            counts.entry(word).or_default()[label] += 1;
        }
    }
    let neutral = "i we you it this and the film movie book coffee hotel phone course teacher sister friend monday lisbon \
                   but although never not second minutes bought read";
    for word in neutral.split_whitespace() {
        let [negative, positive] = counts[word];
        let share = positive as f64 / (negative + positive) as f64;
        assert!((0.4..=0.6).contains(&share), "{word}: {negative} negative, {positive} positive rows");
    }
    let mut totals = [0.0; 2];
    for (text, label) in train.texts().unwrap().iter().zip(train.labels().unwrap()) {
        totals[label] += words(text).len() as f64;
    }
    let lengths = totals.map(|total| 2.0 * total / train.len() as f64);
    assert!((lengths[0] / lengths[1] - 1.0).abs() < 0.03, "words per review: {lengths:?}");
}

#[test]
fn own_file_and_its_kinds() {
    let path = std::env::temp_dir().join(format!("support-reviews-{}.csv", std::process::id()));
    let own = |content: &str| {
        std::fs::write(&path, content).unwrap();
        data::reviews(Source::File(path.to_string_lossy().into_owned()))
    };
    let with = own("text,label,split,kind\nfine,1,train,\nnot fine,0,validation,negation\n").unwrap();
    assert_eq!(column(&with, "kind"), ["", "negation"]);
    assert_eq!(with.split("validation").unwrap().texts().unwrap(), ["not fine"]);
    let without = own("text,label\nfine,1\n").unwrap();
    assert!(without.frame.column("kind").is_err());
    let message = without.split("validation").unwrap_err().to_string();
    assert!(message.contains("`validation`") && message.contains("Parts: train"), "{message}");
    let message = own("text,label\nso so,2\n").unwrap_err().to_string();
    assert!(message.contains("label 2") && message.contains("1 positive"), "{message}");
    std::fs::remove_file(&path).unwrap();
}
