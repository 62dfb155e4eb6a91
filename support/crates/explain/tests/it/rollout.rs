//! Attention rollout: against numpy on the attention of transformers (fixtures/make_rollout.py), closed forms, refusals.

use crate::names::attribution::{rollout, rollout_all, rollout_matrix};
use crate::names::serde_json::{self, Value};
use crate::names::*;

const TEXTS: [&str; 2] = ["the cat sat on the warm mat", "a dog ran"];

fn load(name: &str) -> nn::Transformer {
    nn::Transformer::load(&format!("{}/../../tests/fixtures/transformer/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn rows(value: &Value) -> Vec<Vec<f64>> {
    let row = |row: &Value| row.as_array().unwrap().iter().filter_map(Value::as_f64).collect();
    value.as_array().unwrap().iter().map(row).collect()
}

fn close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    let far = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(far <= tolerance, "{far}: {found:?} {expected:?}");
}

/// (heads, query, key) from one matrix per head.
fn pattern(heads: &[[[f64; 2]; 2]]) -> Tensor {
    let numbers: Vec<f64> = heads.iter().flatten().flatten().copied().collect();
    Tensor::from_vec(numbers, (heads.len(), 2, 2), &Device::Cpu).unwrap()
}

fn matrix(patterns: &[Tensor]) -> Vec<Vec<f64>> {
    rollout_matrix(patterns).unwrap().to_vec2().unwrap()
}

#[test]
fn the_same_as_numpy_on_the_attention_of_transformers() {
    let made: Value = serde_json::from_str(include_str!("../../../../tests/fixtures/rollout.json")).unwrap();
    for (name, read_last) in [("bert_classifier", false), ("distilbert_classifier", false), ("gpt2_classifier", true)] {
        let model = load(name);
        let inputs: Vec<Input> = TEXTS.iter().map(|text| model.encode(text).unwrap()).collect();
        let names: Vec<String> = (0..2).map(|layer| format!("blocks.{layer}.attn.hook_pattern")).collect();
        let hooks = nn::Hooks::new().record(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let both = rollout_all(&model, &inputs, &[1, 2]).unwrap();
        for (at, input) in inputs.iter().enumerate() {
            let expected = rows(&made[name][at]);
            let run = model.run(&nn::Batch::of(std::slice::from_ref(input)), &hooks).unwrap();
            let patterns: Vec<Tensor> = names.iter().map(|name| run.get(name).unwrap().get(0).unwrap()).collect();
            let found = matrix(&patterns);
            assert_eq!(found.len(), input.len());
            for (found, expected) in found.iter().zip(&expected) {
                close(found, expected, 1e-5);
                close(&[found.iter().sum()], &[1.0], 1e-6);
            }
            let target = at + 1;
            let read = if read_last { input.len() - 1 } else { 0 };
            close(&both[at].scores, &expected[read], 1e-5);
            let alone = rollout(&model, input, target).unwrap();
            close(&alone.scores, &both[at].scores, 1e-6);
            assert!(alone.unsigned && alone.target == target && alone.target_name == both[at].target_name);
            assert_eq!(alone.tokens, input.tokens);
            // F(x) and F(baseline) are those of the gradient methods.
            let other = Saliency::new().attribute(&model, input, target).unwrap();
            for found in [&alone, &both[at]] {
                close(&[found.f_x, found.f_baseline], &[other.f_x, other.f_baseline], 1e-5);
                assert_eq!((&found.spans, &found.unknown), (&other.spans, &other.unknown));
            }
        }
    }
}

#[test]
fn closed_forms() {
    // Tokens that look at themselves alone: nothing moves.
    assert_eq!(matrix(&vec![pattern(&[[[1.0, 0.0], [0.0, 1.0]]]); 3]), [[1.0, 0.0], [0.0, 1.0]]);
    // Half stays, half is spread evenly: (I + U)/2 twice.
    let even = pattern(&[[[0.5, 0.5], [0.5, 0.5]]]);
    assert_eq!(matrix(std::slice::from_ref(&even)), [[0.75, 0.25], [0.25, 0.75]]);
    assert_eq!(matrix(&[even.clone(), even]), [[0.625, 0.375], [0.375, 0.625]]);
    // Two heads count as their mean; later layers stand on the left: token 0 takes all from token 1 first, then token 1
    // takes all from token 0. Layer 1 is [[½, ½], [0, 1]], layer 2 [[1, 0], [½, ½]].
    let first = pattern(&[[[0.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]]);
    let second = pattern(&[[[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0]]]);
    assert_eq!(matrix(&[first, second]), [[0.5, 0.5], [0.25, 0.75]]);
    let heads = pattern(&[[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [1.0, 0.0]]]);
    assert_eq!(matrix(&[heads]), [[0.75, 0.25], [0.25, 0.75]]);
}

#[test]
fn refusals() {
    let model = load("bert_classifier");
    let input = model.encode(TEXTS[0]).unwrap();
    let square = pattern(&[[[0.5, 0.5], [0.5, 0.5]]]);
    let wide = Tensor::zeros((1, 2, 3), DType::F64, &Device::Cpu).unwrap();
    let batch = Tensor::zeros((1, 1, 2, 2), DType::F64, &Device::Cpu).unwrap();
    let nothing = (&square * 0.0).unwrap();
    let minus = (Tensor::eye(2, DType::F64, &Device::Cpu).unwrap().unsqueeze(0).unwrap() * -1.0).unwrap();
    for (found, words) in [
        (rollout_matrix(&[]), "no attention pattern"),
        (rollout_matrix(&[square.clone(), wide.clone()]), "layer 1 has the shape [1, 2, 3]"),
        (rollout_matrix(&[wide]), "layer 0 has the shape"),
        (rollout_matrix(&[batch]), ".get(0)"),
        (rollout_matrix(&[(&square / 0.0).unwrap()]), "no positive number"),
        (rollout_matrix(&[minus]), "no positive number"),
    ] {
        let error = found.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    // A row of zeros leaves the identity, which is a rollout.
    assert_eq!(matrix(&[nothing]), [[1.0, 0.0], [0.0, 1.0]]);
    for (found, words) in [
        (rollout(&model, &input, 3), "0 to 2"),
        (rollout_all(&model, std::slice::from_ref(&input), &[]).map(|mut all| all.remove(0)), "one per text"),
        (rollout(&load("bert"), &input, 0), "no classification head"),
    ] {
        let error = found.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}
