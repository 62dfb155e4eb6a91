//! The methods on checkpoints with a classification head.

use crate::names::*;

const CLASSIFIERS: [&str; 4] = ["bert_classifier", "distilbert_classifier", "gpt2_classifier", "llama_classifier"];

fn load(name: &str) -> nn::Transformer {
    nn::Transformer::load(&format!("{}/../../tests/fixtures/transformer/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

#[test]
fn integrated_gradients_are_complete() {
    for name in CLASSIFIERS {
        let model = load(name);
        let input = model.encode("the cat sat on the warm mat").unwrap();
        let attribution = IntegratedGradients::new().attribute(&model, &input, 2).unwrap();
        assert!(attribution.scores.iter().any(|score| score.abs() > 1e-2), "{name}");
        let delta = attribution.scores.iter().sum::<f64>() - (attribution.f_x - attribution.f_baseline);
        assert!(delta.abs() < 2e-2 * (attribution.f_x - attribution.f_baseline).abs().max(0.5), "{name}: {delta}");
        let other = InputXGradient::new().attribute(&model, &input, 2).unwrap();
        assert!((other.f_x - attribution.f_x).abs() < 1e-5, "{name}");
    }
}

/// The path is split into batches to bound the memory; that changes nothing but the last digits.
#[test]
fn the_size_of_the_batches_does_not_matter() {
    let model = load("bert_classifier");
    let input = model.encode("the cat sat on the warm mat and a dog ran on the mat").unwrap();
    let scores = |rows: usize| {
        let method = IntegratedGradients::new().steps(200).batch(rows);
        method.attribute(&model, &input, 2).unwrap().scores
    };
    let one = scores(1);
    for rows in [7, 64, 500] {
        for (a, b) in one.iter().zip(scores(rows)) {
            assert!((a - b).abs() < 1e-6, "{rows} rows: {a} and {b}");
        }
    }
}
