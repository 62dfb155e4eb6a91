//! The same numbers as transformers: logits, every hidden state, every attention matrix, with padding in the batch.

use std::collections::HashMap;

use candle_core::{DType, Tensor};
use networks::transformer::Head;
use networks::{Batch, Hooks, Transformer};

use super::{TEXTS, assert_close, batch, load, tensors};

/// Both tensors with what belongs to padding set to 0; `tokens` is the dimension of the tokens.
fn unpadded(x: &Tensor, mask: &Tensor, tokens: usize) -> Tensor {
    let mut shape = vec![1; x.rank()];
    (shape[0], shape[tokens]) = mask.dims2().unwrap();
    x.broadcast_mul(&mask.reshape(shape).unwrap()).unwrap()
}

fn check(name: &str, batch_of: &dyn Fn(&Transformer) -> Batch, tolerance: f32) {
    let model = load(name);
    let expected: HashMap<String, Tensor> = tensors(name, "expected");
    let batch = batch_of(&model);
    let mask = expected["mask"].to_dtype(DType::F32).unwrap();
    assert_close(&batch.mask().unwrap(), &mask, 0.0, "mask");
    assert!(batch.lengths()[0] > batch.lengths()[1], "{name}: one text must be padded");

    let hidden = model.hidden_state_names();
    let patterns: Vec<String> = (0..model.config().layers).map(|l| format!("blocks.{l}.attn.hook_pattern")).collect();
    assert_eq!((hidden.len(), patterns.len()), (3, 2));
    let all: Vec<&str> = hidden.iter().chain(&patterns).map(String::as_str).collect();
    let run = model.run(&batch, &Hooks::new().record(&all)).unwrap();
    for (layer, state) in hidden.iter().enumerate() {
        let (ours, theirs) = (run.get(state).unwrap(), &expected[&format!("hidden.{layer}")]);
        assert_close(&unpadded(&ours, &mask, 1), &unpadded(theirs, &mask, 1), tolerance, &format!("{name} {state}"));
    }
    for (layer, pattern) in patterns.iter().enumerate() {
        let (ours, theirs) = (run.get(pattern).unwrap(), &expected[&format!("attention.{layer}")]);
        assert_close(&unpadded(&ours, &mask, 2), &unpadded(theirs, &mask, 2), tolerance, &format!("{name} {pattern}"));
        let even = 1.0 / batch.tokens() as f32;
        assert!(
            super::numbers(theirs).iter().any(|weight| *weight > 2.0 * even),
            "{name}: attention is far from uniform"
        );
    }
    assert_close(&run.hidden().unwrap(), &run.get(&hidden[2]).unwrap(), 0.0, "the last hidden state");
    match model.head() {
        Head::Bare => {
            assert!(run.logits().unwrap_err().to_string().contains("no head"));
        }
        Head::Classifier => assert_close(&run.logits().unwrap(), &expected["logits"], tolerance, name),
        Head::LanguageModel => {
            let (ours, theirs) = (run.logits().unwrap(), &expected["logits"]);
            assert_close(&unpadded(&ours, &mask, 1), &unpadded(theirs, &mask, 1), tolerance, name);
        }
        Head::Span => {
            let theirs = Tensor::stack(&[&expected["start"], &expected["end"]], 2).unwrap(); // (batch, tokens, 2)
            assert_close(&unpadded(&run.logits().unwrap(), &mask, 1), &unpadded(&theirs, &mask, 1), tolerance, name);
        }
    }
}

fn texts(model: &Transformer) -> Batch {
    batch(model, &TEXTS)
}

fn pairs(model: &Transformer) -> Batch {
    let pair = |question, context| model.encode_pair(question, context).unwrap();
    Batch::of(&[pair("who sat on the mat", "the cat sat on the mat"), pair("who ran", "a dog")])
}

#[test]
fn bert_is_transformers() {
    for name in ["bert", "bert_classifier", "bert_lm"] {
        check(name, &texts, 1e-4);
    }
    check("bert_span", &pairs, 1e-4);
}

#[test]
fn distilbert_is_transformers() {
    for name in ["distilbert_classifier", "distilbert_lm"] {
        check(name, &texts, 1e-4);
    }
    check("distilbert_span", &pairs, 1e-4);
}

#[test]
fn gpt2_is_transformers() {
    for name in ["gpt2_lm", "gpt2_classifier", "gpt2_span"] {
        check(name, &texts, 1e-4);
    }
}

#[test]
fn llama_is_transformers() {
    for name in ["llama_lm", "llama_lm_tied", "llama_classifier", "llama_span"] {
        check(name, &texts, 1e-4);
    }
}

#[test]
fn sharded_f16_and_bf16_weights_are_transformers() {
    for name in ["bert_sharded", "distilbert_f16", "llama_bf16"] {
        check(name, &texts, 1e-4);
    }
}

#[test]
fn token_types_make_a_difference() {
    let model = load("bert_span");
    let input = model.encode_pair("who ran", "a dog").unwrap();
    let logits = |batch: &Batch| model.run(batch, &Hooks::new()).unwrap().logits().unwrap();
    let typed = logits(&Batch::of(std::slice::from_ref(&input)));
    let untyped = logits(&Batch::of_ids(&[input.ids]));
    assert!(super::difference(&typed, &untyped) > 0.05);
}

#[test]
fn with_and_without_the_prefix_of_the_base_model() {
    use std::collections::HashMap;
    for (name, prefix) in [("bert", "bert."), ("gpt2_lm", "transformer."), ("llama_lm", "model.")] {
        let model = load(name);
        let stored = tensors(name, "model");
        let renamed: HashMap<String, Tensor> = stored
            .into_iter()
            .map(|(key, tensor)| match key.strip_prefix(prefix) {
                Some(bare) => (bare.to_owned(), tensor),
                None if name == "bert" => (format!("{prefix}{key}"), tensor),
                None => (key, tensor),
            })
            .collect();
        let other = Transformer::from_tensors(model.config(), &renamed, "").unwrap();
        let batch = texts(&model);
        let run = |model: &Transformer| model.run(&batch, &Hooks::new()).unwrap().hidden().unwrap();
        assert_close(&run(&model), &run(&other), 0.0, name);
    }
}
