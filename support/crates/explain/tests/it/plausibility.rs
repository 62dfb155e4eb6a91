//! Plausibility: against scikit-learn, closed forms, and what it must leave out.

use std::slice::from_ref;

use crate::names::data::Span;
use crate::names::evaluation::{self, plausibility, plausibility_table};
use crate::names::rand::{Rng, SeedableRng};
use crate::names::rand_chacha::ChaCha8Rng;
use crate::names::serde_json::{self, Value};
use crate::names::*;

/// One token of one character per score, at the places 0, 2, 4, …
fn attribution(scores: &[f64]) -> Attribution {
    let mut made = Attribution::new("by hand", &vec!["x"; scores.len()], scores, "logit", 1.0, 0.0);
    made.spans = (0..scores.len()).map(|at| vec![Span { start: 2 * at, end: 2 * at + 1 }]).collect();
    made
}

fn rationale(tokens: &[usize]) -> Vec<Span> {
    tokens.iter().map(|&at| Span { start: 2 * at, end: 2 * at + 1 }).collect()
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} {expected}");
}

#[test]
fn average_precision_equals_scikit_learn() {
    let made: Value = serde_json::from_str(include_str!("../../../../tests/fixtures/attribution.json")).unwrap();
    for case in made["rankings"].as_array().unwrap() {
        let scores: Vec<f64> = case["scores"].as_array().unwrap().iter().filter_map(Value::as_f64).collect();
        let inside: Vec<usize> = (0..scores.len()).filter(|&at| case["inside"][at].as_bool().unwrap()).collect();
        let found = plausibility(&[attribution(&scores)], &[rationale(&inside)]).unwrap();
        close(found.auprc.estimate, case["average_precision"].as_f64().unwrap());
    }
}

#[test]
fn measures_of_one_text() {
    // The order is 1, 3, 0, 2; tokens 1 and 0 are in the rationale.
    let found = plausibility(&[attribution(&[0.5, 2.0, -1.0, 1.5])], &[rationale(&[0, 1])]).unwrap();
    close(found.auprc.estimate, (1.0 + 2.0 / 3.0) / 2.0);
    close(found.precision.estimate, 0.5);
    close(found.mass.estimate, 2.5 / 4.0);
    close(found.share, 0.5);
    close(found.precision_at(1), 1.0);
    close(found.precision_at(3), 2.0 / 3.0);
    close(found.precision_at(99), 0.5);
    // 4 of 4! orders by hand: E[AP] = 1/4 Σ (1 + (k−1)/3)/k.
    close(found.random, (1.0 + 4.0 / 6.0 + 5.0 / 9.0 + 0.5) / 4.0);
    // Three equal scores, one of which is inside: which of them comes first must not matter.
    let ties = plausibility(&[attribution(&[1.0, 1.0, 1.0, 0.0])], &[rationale(&[0])]).unwrap();
    close(ties.precision_at(1), 1.0 / 3.0);
    close(ties.precision_at(2), 1.0 / 3.0 * 2.0 / 2.0);
    // No positive score: nothing of it lies inside.
    let negative = plausibility(&[attribution(&[-1.0, -2.0])], &[rationale(&[0])]).unwrap();
    close(negative.mass.estimate, 0.0);
    close(negative.auprc.estimate, 1.0);
}

#[test]
fn random_scores_get_what_random_says() {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let (mut attributions, mut rationales) = (Vec::new(), Vec::new());
    for text in 0..6_000 {
        let n = 2 + text % 30;
        attributions.push(attribution(&(0..n).map(|_| rng.random::<f64>()).collect::<Vec<_>>()));
        rationales.push(rationale(&(0..n).filter(|at| at % 4 == text % 4).collect::<Vec<_>>()));
    }
    let found = plausibility(&attributions, &rationales).unwrap();
    let (low, high) = (found.auprc.low, found.auprc.high);
    assert!(high - low < 0.02 && low < found.random && found.random < high, "{found:.0?}");
    assert!(found.precision.contains(found.share) && found.mass.contains(found.share));
    // The share of positives alone would be far too low a bar.
    assert!(found.random > found.share + 0.1);
    // Texts of 2 and 3 tokens without a marked one, whose place 2 or 3 is beyond the end.
    assert_eq!(found.texts + found.without_rationale, 6_000);
}

#[test]
fn tokens_spans_and_texts_that_count() {
    // Special tokens are left out, a token that a span only touches is in, a unit with several places is in by one.
    let mut made = attribution(&[9.0, 1.0, 3.0, 2.0]);
    made.spans[0] = vec![];
    made.spans[3] = vec![Span { start: 6, end: 7 }, Span { start: 20, end: 25 }];
    let spans = vec![Span { start: 0, end: 3 }, Span { start: 24, end: 40 }];
    let found = plausibility(&[made], &[spans]).unwrap();
    assert_eq!(found.per_text[0].scores, [1.0, 3.0, 2.0]);
    assert_eq!(found.per_text[0].inside, [true, false, true]);
    close(found.auprc.estimate, (1.0 / 2.0 + 2.0 / 3.0) / 2.0);

    let texts = [attribution(&[1.0, 2.0]), attribution(&[1.0, 2.0]), attribution(&[1.0, 2.0]), attribution(&[3.0])];
    let marks = [vec![], rationale(&[0, 1]), rationale(&[1]), rationale(&[0])];
    let found = plausibility(&texts, &marks).unwrap();
    assert_eq!((found.texts, found.without_rationale, found.all_rationale), (1, 1, 2));
    assert_eq!(found.per_text[0].text, 2);
}

#[test]
fn methods_in_a_table_and_their_difference() {
    let good: Vec<Attribution> = (0..200).map(|k| attribution(&[3.0, 1.0, f64::from(k % 3), 0.0])).collect();
    let bad: Vec<Attribution> = (0..200).map(|k| attribution(&[0.5, 1.0, f64::from(k % 3), 0.0])).collect();
    let marks = vec![rationale(&[0]); 200];
    let (good, bad) = (plausibility(&good, &marks).unwrap(), plausibility(&bad, &marks).unwrap());
    close(good.auprc.estimate, 1.0);
    let difference = good.difference(&bad).unwrap();
    close(difference.estimate, good.auprc.estimate - bad.auprc.estimate);
    assert!(difference.low > 0.0);
    close(good.difference(&good).unwrap().high, 0.0);
    let table = plausibility_table(&[good.clone(), bad]).unwrap();
    let names = ["method", "texts", "AUPRC", "low", "high", "random", "precision", "mass", "share"];
    assert_eq!(table.get_column_names(), names);
    assert_eq!(table.height(), 2);
    let other = plausibility(&[attribution(&[1.0, 2.0])], &[rationale(&[0])]).unwrap();
    assert!(good.difference(&other).unwrap_err().to_string().contains("different texts"));
}

/// A model that judges by single words: integrated gradients find them, and so does LIME.
#[test]
fn lime_knows_the_places_of_its_words() {
    struct Words(Vec<String>);
    impl TextClassifier for Words {
        fn classes(&self) -> &[String] {
            &self.0
        }
        fn probabilities(&self, texts: &[String]) -> crate::names::Result<Vec<Vec<f64>>> {
            let p =
                |text: &String| 0.2 + 0.3 * f64::from(text.contains("dull")) + 0.2 * f64::from(text.contains("slow"));
            Ok(texts.iter().map(p).map(|p| vec![1.0 - p, p]).collect())
        }
    }
    let text = "A dull film: slow, and so dull.";
    let found = lime::Lime::new().explain(&Words(vec!["good".into(), "bad".into()]), text, 1).unwrap();
    let places: Vec<String> = found.spans[1].iter().map(|span| span.of(text)).collect();
    assert_eq!((found.tokens[1].as_str(), places), ("dull", vec!["dull".to_owned(), "dull".to_owned()]));
    let rationale = vec![Span { start: 2, end: 6 }, Span { start: 13, end: 17 }];
    let scored = evaluation::plausibility(&[found], &[rationale]).unwrap();
    close(scored.auprc.estimate, 1.0);
}

#[test]
fn bad_input_is_told() {
    let fails = |attributions: &[Attribution], rationales: &[Vec<Span>], message: &str| {
        let error = plausibility(attributions, rationales).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    };
    let fine = attribution(&[1.0, 2.0]);
    fails(from_ref(&fine), &[], "1 attributions but 0 rationales");
    fails(&[], &[], "no text can be scored");
    fails(from_ref(&fine), &[vec![]], "1 have no token in a rationale");
    let other = Attribution { method: "another".into(), ..fine.clone() };
    fails(&[fine.clone(), other], &[rationale(&[0]), rationale(&[0])], "`by hand` and `another`");
    let nowhere = Attribution { spans: vec![], ..fine.clone() };
    fails(
        &[fine.clone(), nowhere],
        &[rationale(&[0]), rationale(&[0])],
        "text 1: the attribution has 2 tokens, 2 scores and 0",
    );
    let broken = Attribution { scores: vec![f64::NAN, 1.0], ..fine };
    fails(&[broken], &[rationale(&[0])], "text 0: score 0 is NaN");
}
