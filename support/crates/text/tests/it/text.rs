//! Words, counts, TF-IDF and logistic regression against scikit-learn: its documentation and fixtures/text.json.

use ground::statistics::{accuracy, confusion_counts, majority_accuracy, spearman};
use serde_json::{self, Value};
use sources::data::{self, Source};
use text::model::TextClassifier;
use text::{self, Counts, LogisticRegression, Solver, Sparse, TfIdf, TfidfClassifier};

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance * expected.abs().max(1.0), "found {found}, expected {expected}");
}

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/text.json")).unwrap()
}

fn list(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

/// The corpus and the numbers of scikit-learn's user guide, "Text feature extraction".
#[test]
fn tfidf_of_the_documentation() {
    let corpus = strings(&[
        "This is the first document.",
        "This document is the second document.",
        "And this is the third one.",
        "Is this the first document?",
    ]);
    let (model, matrix) = TfIdf::new().fit_transform(&corpus).unwrap();
    assert_eq!(model.features(), ["and", "document", "first", "is", "one", "second", "the", "third", "this"]);
    let idf = [1.91629073, 1.22314355, 1.51082562, 1.0, 1.91629073, 1.91629073, 1.0, 1.91629073, 1.0];
    let first = [0.0, 0.46979139, 0.58028582, 0.38408524, 0.0, 0.0, 0.38408524, 0.0, 0.38408524];
    for j in 0..9 {
        close(model.idf()[j], idf[j], 1e-8);
        close(matrix.get(0, j), first[j], 1e-8);
    }
    assert_eq!(model.transform(&corpus), matrix);
}

#[test]
fn words_and_their_places() {
    let found = |text: &str| -> Vec<(String, usize, usize)> {
        text::words(text).into_iter().map(|word| (word.text, word.start, word.end)).collect()
    };
    let word = |text: &str, start, end| (text.to_owned(), start, end);
    assert_eq!(found("I don't, b_12!"), [word("don", 2, 5), word("b_12", 9, 13)]);
    // Places are characters: the smiley is one, the é is one.
    assert_eq!(found("🙂 café Ёлка"), [word("café", 2, 6), word("Ёлка", 7, 11)]);
    assert_eq!(found(""), []);
    assert_eq!(found("a ❤️ 1️⃣ 🅰 … x"), []);
}

/// Where Python's `re` tears words at combining marks, ours stay whole (see text/words.rs).
#[test]
fn combining_marks_stay_with_their_letter() {
    let found = |text: &str| -> Vec<String> { text::words(text).into_iter().map(|word| word.text).collect() };
    assert_eq!(found("उड़ान हिन्दी में"), ["उड़ान", "हिन्दी", "में"]);
    assert_eq!(found("เที่ยวบิน"), ["เที่ยวบิน"]);
    assert_eq!(found("cafe\u{301} noir"), ["cafe\u{301}", "noir"]);
}

fn check_matrix(matrix: &Sparse, expected: &Value, first_row: usize) {
    let expected = expected.as_array().unwrap();
    assert_eq!(matrix.entries(), expected.len());
    for entry in expected {
        let (i, j) = (entry[0].as_u64().unwrap() as usize + first_row, entry[1].as_u64().unwrap() as usize);
        close(matrix.get(i, j), entry[2].as_f64().unwrap(), 1e-12);
    }
}

#[test]
fn counts_and_tfidf_equal_scikit_learn() {
    let made = fixture();
    let (texts, stop) = (list(&made["texts"]), list(&made["stop"]));
    let (fit, unseen) = texts.split_at(made["fitted"].as_u64().unwrap() as usize);
    for case in made["cases"].as_array().unwrap() {
        let (from, to) = (case["ngrams"][0].as_u64().unwrap() as usize, case["ngrams"][1].as_u64().unwrap() as usize);
        let min_df = case["min_df"].as_u64().unwrap() as usize;
        let lowercase = case["lowercase"].as_bool().unwrap();
        let mut counts = Counts::new().ngrams(from, to).min_df(min_df).lowercase(lowercase);
        let mut tfidf = TfIdf::new().ngrams(from, to).min_df(min_df).lowercase(lowercase);
        if case["stop"].as_bool().unwrap() {
            (counts, tfidf) = (counts.stop_words(&stop), tfidf.stop_words(&stop));
        }
        if let Some(most) = case["max_features"].as_u64() {
            (counts, tfidf) = (counts.max_features(most as usize), tfidf.max_features(most as usize));
        }
        let (counted, fitted_rows) = counts.fit_transform(fit).unwrap();
        assert_eq!(counted.features(), list(&case["features"]));
        let all = counted.transform(&texts);
        check_matrix(&all, &case["counts"], 0);
        for i in 0..fit.len() {
            assert_eq!(fitted_rows.row(i), all.row(i));
        }
        let weighted = tfidf.fit(fit).unwrap();
        for (found, expected) in weighted.idf().iter().zip(numbers(&case["idf"])) {
            close(*found, expected, 1e-12);
        }
        check_matrix(&weighted.transform(&texts), &case["tfidf"], 0);
        let raw = tfidf.normalise(false).fit(fit).unwrap();
        check_matrix(&raw.transform(unseen), &case["tfidf_without_norm"], 0);
    }
}

/// Enough texts for several threads: the vocabulary is sorted, and each row is what its text alone gives.
#[test]
fn many_texts_count_like_one() {
    let texts: Vec<String> =
        (0..3_000).map(|i| format!("w{} w{} common w{} Ünï{}", i % 7, i % 501, i * i % 97, i)).collect();
    let (model, matrix) = Counts::new().ngrams(1, 3).min_df(2).fit_transform(&texts).unwrap();
    let mut sorted = model.features().to_vec();
    sorted.sort();
    sorted.dedup();
    assert_eq!(model.features(), sorted);
    let common = model.column("common").unwrap();
    assert_eq!(model.document_frequencies()[common], 3_000);
    assert_eq!(matrix.column_sums()[common], 3_000.0);
    for i in [0, 255, 256, 511, 512, 1_999, 2_999] {
        assert_eq!(model.transform(&texts[i..=i]).row(0), matrix.row(i));
    }
}

#[test]
fn logistic_regression_equals_scikit_learn() {
    let made = fixture();
    let texts = &list(&made["texts"])[..18];
    let (_, features) = TfIdf::new().ngrams(1, 2).fit_transform(texts).unwrap();
    for case in made["models"].as_array().unwrap() {
        let labels: Vec<usize> = numbers(&case["labels"]).iter().map(|&label| label as usize).collect();
        let classes = case["classes"].as_u64().unwrap() as usize;
        for solver in [Solver::Linfa, Solver::Sparse] {
            let options = LogisticRegression::new().c(case["c"].as_f64().unwrap()).tolerance(1e-6).solver(solver);
            let model = options.fit(&features, &labels, classes).unwrap();
            assert!(model.converged(), "{solver:?}, C {}", case["c"]);
            let found = model.probabilities(&features).unwrap();
            for (row, expected) in found.iter().zip(case["probabilities"].as_array().unwrap()) {
                for (p, expected) in row.iter().zip(numbers(expected)) {
                    close(*p, expected, 1e-4);
                }
            }
            // Coefficients are compared as differences to class 0: a constant on all classes changes nothing.
            let ours = |class: usize| model.coefficients(class).unwrap();
            for class in 1..classes {
                let theirs = |class: usize| numbers(&case["coefficients"][class]);
                let expected: Vec<f64> = match classes {
                    2 => theirs(0),
                    _ => theirs(class).iter().zip(theirs(0)).map(|(a, b)| a - b).collect(),
                };
                for (j, expected) in expected.into_iter().enumerate() {
                    close(ours(class)[j] - ours(0)[j], expected, 1e-3);
                }
            }
        }
    }
}

#[test]
fn linear_contributions_add_up_to_the_logit() {
    let made = fixture();
    let texts = &list(&made["texts"])[..18];
    let (vectorizer, features) = TfIdf::new().ngrams(1, 2).fit_transform(texts).unwrap();
    let labels: Vec<usize> = numbers(&made["models"][0]["labels"]).iter().map(|&label| label as usize).collect();
    let model = LogisticRegression::new().c(5.0).fit(&features, &labels, 3).unwrap();
    let slow = model.probabilities(&features).unwrap();
    let classifier = TfidfClassifier::new(vectorizer, model, &strings(&["no", "so", "yes"])).unwrap();
    let fast = classifier.probabilities(texts).unwrap();
    let logits = classifier.logits(texts);
    for i in 0..texts.len() {
        for class in 0..3 {
            close(fast[i][class], slow[i][class], 1e-12);
            let parts = classifier.explain_linear(&texts[i], class).unwrap();
            let sum: f64 = parts.iter().map(|part| part.contribution).sum();
            close(classifier.model.intercepts()[class] + sum, logits[i][class], 1e-12);
            // Per word against the other classes: the sum is the slope of the log-odds along the text's features.
            let words: f64 = classifier.explain_words(&texts[i], class).unwrap().iter().map(|word| word.1).sum();
            let along = |scale: f64| -> f64 {
                let logits: Vec<f64> = (0..3)
                    .map(|k| {
                        let bias = classifier.model.intercepts()[k];
                        bias + scale * (logits[i][k] - bias)
                    })
                    .collect();
                let others: f64 = (0..3).filter(|&k| k != class).map(|k| logits[k].exp()).sum();
                logits[class] - others.ln()
            };
            close(words, (along(1.0 + 1e-5) - along(1.0 - 1e-5)) / 2e-5, 1e-7);
        }
    }
    // The crew was not good, not good at all!
    let parts = classifier.explain_linear(&texts[0], 0).unwrap();
    let pair = parts.iter().find(|part| part.feature == "not good").unwrap();
    assert_eq!(pair.words, ["not", "good"]);
    close(pair.contribution, pair.value * pair.coefficient, 1e-15);
}

/// The classifier of lesson 02 on the bundled tweets is far better than always giving the most frequent class.
#[test]
fn classifier_of_the_bundled_tweets() {
    let tweets = data::tweets(Source::Bundled).unwrap();
    let (train, test) = (tweets.split("train").unwrap(), tweets.split("test").unwrap());
    let options = TfIdf::new().ngrams(1, 2).min_df(3);
    let (vectorizer, features) = options.fit_transform(&train.texts().unwrap()).unwrap();
    let model = LogisticRegression::new().solver(Solver::Sparse).fit(&features, &train.labels().unwrap(), 3).unwrap();
    let classifier = TfidfClassifier::new(vectorizer, model, &tweets.classes).unwrap();
    let labels = test.labels().unwrap();
    let right = accuracy(&labels, &classifier.predict_all(&test.texts().unwrap())).unwrap();
    assert!(right > majority_accuracy(&labels).unwrap() + 0.15, "accuracy {right}");
}

#[test]
fn accuracy_and_confusion() {
    let (labels, guesses) = ([0, 0, 1, 2, 2, 2], [0, 1, 1, 2, 2, 0]);
    close(accuracy(&labels, &guesses).unwrap(), 4.0 / 6.0, 1e-15);
    close(majority_accuracy(&labels).unwrap(), 0.5, 1e-15);
    let frame = confusion_counts(&labels, &guesses, &strings(&["a", "b", "c"])).unwrap();
    let column = |name: &str| -> Vec<u32> { frame.column(name).unwrap().u32().unwrap().iter().flatten().collect() };
    assert_eq!(
        (column("predicted a"), column("predicted b"), column("predicted c")),
        (vec![1, 0, 1], vec![1, 1, 0], vec![0, 0, 2])
    );
}

#[test]
fn rank_correlation() {
    // scipy.stats.spearmanr
    close(spearman(&[1.0, 2.0, 3.0, 4.0, 5.0], &[5.0, 6.0, 7.0, 8.0, 7.0]).unwrap(), 0.8207826816681233, 1e-12);
    close(spearman(&[1.0, 2.0, 2.0, 3.0], &[1.0, 3.0, 2.0, 2.0]).unwrap(), 0.5, 1e-12);
    close(spearman(&[3.0, 1.0, 2.0], &[-3.0, -1.0, -2.0]).unwrap(), -1.0, 1e-12);
}

#[test]
fn stop_words_are_known() {
    let english = text::stop_words("en").unwrap();
    assert!(["the", "not", "is"].iter().all(|word| english.contains(&word.to_string())));
    // The words that carry praise and thanks are not among them.
    assert!(["good", "great", "thanks"].iter().all(|word| !english.contains(&word.to_string())));
    assert!(text::stop_words("pt").unwrap().contains(&"não".to_string()));
}

#[test]
fn sentences_are_lists_of_small_words() {
    let texts = ["The well-known cat isn’t a dog.", "'Quoted' - 3.5 km, rock-'n'-roll", "…", ""].map(String::from);
    let expected: [&[&str]; 4] = [
        &["the", "well-known", "cat", "isn't", "a", "dog"],
        // Two marks between words end a word, as do spaces around a hyphen.
        &["quoted", "3", "5", "km", "rock", "n", "roll"],
        &[],
        &[],
    ];
    assert_eq!(text::sentences(&texts), expected);
}
