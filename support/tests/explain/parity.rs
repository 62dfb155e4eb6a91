//! Scores equal to Captum's, for all architectures and baselines, and the identities of the numbers beside them.

use support::model::TextClassifier;
use support::nn::Transformer;
use support::prelude::{IntegratedGradients, Method};
use support::serde_json::Value;

use super::{close, explained, fixture, folder, number, numbers};

fn rows(made: &Value, model: &str) -> Vec<Value> {
    let rows = made[model].as_array().unwrap().clone();
    assert!(rows.len() >= 5);
    rows
}

/// Every number of an answer against Captum's with one baseline.
fn equal(found: &Value, row: &Value, baseline: &str) {
    let scores = numbers(&found["scores"]);
    assert_eq!(found["tokens"], row["tokens"]);
    assert_eq!(found["text"], row["text"]);
    assert_eq!(found["target_index"], row["target"]);
    assert_eq!(found["target"], found["classes"][row["target"].as_u64().unwrap() as usize]);
    close(&scores, &numbers(&row["scores"][baseline]), 1e-4);
    let (f_x, f_baseline) = (number(&found["f_x"]), number(&found["f_baseline"]));
    close(&[f_x, f_baseline], &[number(&row["f_x"]), number(&row["f_baseline"][baseline])], 1e-5);
    close(&numbers(&found["probabilities"]), &numbers(&row["probabilities"]), 1e-5);
    let (sum, delta) = (number(&found["sum"]), number(&found["delta"]));
    close(&[sum, delta], &[scores.iter().sum(), sum - (f_x - f_baseline)], 1e-12);
    assert!(number(&found["seconds"]) > 0.0);
    assert_eq!(found["output"], "logit");
}

#[test]
fn padding_as_the_baseline() {
    let made = fixture();
    for (model, delta) in [("distilbert_classifier", 0.02), ("bert_classifier", 1e-4)] {
        for row in rows(&made, model) {
            let text = row["text"].as_str().unwrap();
            let found = explained(model, text, &["--target", &row["target"].to_string()]);
            equal(&found, &row, "pad");
            assert!(number(&found["delta"]).abs() < delta, "{}", found["delta"]);
            assert!(found["settings"].as_str().unwrap().contains("50 steps, Gauss–Legendre, baseline padding"));
        }
    }
}

#[test]
fn the_predicted_class_is_the_target() {
    let made = fixture();
    for row in rows(&made, "bert_classifier") {
        let found = explained("bert_classifier", row["text"].as_str().unwrap(), &[]);
        let probabilities = numbers(&row["probabilities"]);
        let highest = probabilities.iter().copied().fold(0.0, f64::max);
        let predicted = probabilities.iter().position(|&p| p == highest).unwrap();
        assert_eq!(found["target_index"], predicted);
        assert_eq!(found["predicted"], found["target"]);
    }
}

#[test]
fn other_baselines() {
    let made = fixture();
    for model in ["distilbert_classifier", "bert_classifier"] {
        for row in rows(&made, model).iter().take(4) {
            for baseline in ["zero", "mask", "mean"] {
                let (text, target) = (row["text"].as_str().unwrap(), row["target"].to_string());
                let found = explained(model, text, &["--target", &target, "--baseline", baseline]);
                equal(&found, row, baseline);
                assert!(found["settings"].as_str().unwrap().contains(baseline));
            }
        }
    }
}

/// Positions and token types fixed, special tokens kept: so does the library, for all four architectures.
#[test]
fn all_architectures() {
    let made = fixture();
    for name in made.as_object().unwrap().keys() {
        let model = Transformer::load(&folder(name)).unwrap();
        for row in rows(&made, name) {
            let input = model.encode(row["text"].as_str().unwrap()).unwrap();
            let target = row["target"].as_u64().unwrap() as usize;
            let found = IntegratedGradients::new().attribute(&model, &input, target).unwrap();
            close(&found.scores, &numbers(&row["scores"]["pad"]), 1e-4);
            close(&[found.f_x, found.f_baseline], &[number(&row["f_x"]), number(&row["f_baseline"]["pad"])], 1e-5);
        }
    }
    assert_eq!(made.as_object().unwrap().len(), 4);
}

#[test]
fn a_class_by_name_or_number() {
    let model = Transformer::load(&folder("bert_classifier")).unwrap();
    let class = |name: &str| TextClassifier::class_index(&model, name).unwrap();
    assert_eq!(["bad", "middling", "good"].map(class), [0, 1, 2]);
    assert_eq!(["GOOD", "Bad", "1"].map(class), [2, 0, 1]);
    let error = TextClassifier::class_index(&model, "3").unwrap_err().to_string();
    assert!(error.contains("`3`") && error.contains("0 bad, 1 middling, 2 good"), "{error}");
    let scores = |target: &str| explained("bert_classifier", "a dog ran", &["--target", target])["scores"].clone();
    assert_eq!(scores("good"), scores("2"));
    assert_ne!(scores("good"), scores("bad"));
}
