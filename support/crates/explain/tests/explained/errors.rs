//! What is asked wrongly is told.

use crate::names::model::{Explainable, TokenEmbeddings};
use crate::names::nn::Transformer;
use crate::names::*;

use super::{TEXT, load};
use crate::toy::Toy;

#[track_caller]
fn fails(model: &dyn Explainable, input: &Input, place: &Place, what: What, words: &[&str]) {
    let error = IntegratedGradients::new().steps(2).explain(model, input, place, &what).unwrap_err().to_string();
    assert!(words.iter().all(|word| error.contains(word)), "{words:?} are not all in: {error}");
}

fn with_text(name: &str) -> (Transformer, Input) {
    let model = load(name);
    let input = model.encode(TEXT).unwrap();
    (model, input)
}

#[test]
fn places() {
    let (model, input) = with_text("gpt2_deep");
    let fails = |place: Place, words: &[&str]| fails(&model, &input, &place, What::token(2, 7), words);
    fails(Place::at("blocks.2.hook_residual"), &["no activation `blocks.2.hook_residual`", "0 to 3", "hook_resid_pre"]);
    fails(Place::at("blocks.7.hook_resid_pre"), &["no activation `blocks.7.hook_resid_pre`"]);
    fails(Place::several(&[]), &["empty", "at least one"]);
    fails(Place::several(&["blocks.0.hook_resid_post", "blocks.1.hook_resid_pre"]), &["are one activation"]);
    fails(Place::several(&["hook_embed", "hook_embed"]), &["are one activation"]);
    fails(Place::several(&["hook_embed", "hook_pos_embed"]), &["2 places", "attribution_at"]);
    fails(Place::at("blocks.1.attn.hook_pattern"), &["no numbers for single tokens", "explain_in_full"]);
    let full = IntegratedGradients::new().steps(2);
    let full = full.explain_in_full(&model, &input, &Place::embeddings(), &What::token(2, 7)).unwrap();
    let error = full.attribution_at("hook_pos_embed").unwrap_err().to_string();
    assert!(error.contains("`hook_pos_embed` was not explained") && error.contains("hook_embed"), "{error}");
}

#[test]
fn numbers_of_the_answer() {
    let place = Place::embeddings();
    let (lm, input) = with_text("gpt2_deep");
    let last = input.len() - 1;
    fails(&lm, &input, &place, What::token(99, 7), &["no position 99", &format!("0 to {last}")]);
    fails(&lm, &input, &place, What::token(2, 70_000), &["no token 70000", "0 to "]);
    fails(&lm, &input, &place, What::class(0), &["no classification head", "LanguageModel", "What::token"]);
    fails(&lm, &input, &place, What::span_end(2), &["no head for answer spans", "What::token"]);
    let same = What::contrast(What::token(2, 7), What::token(2, 7));
    fails(&lm, &input, &place, same, &["contrast is empty"]);
    let mixed = What::contrast(What::token(2, 7), What::token(2, 8).probability());
    fails(&lm, &input, &place, mixed, &["logit with a probability", "same unit"]);
    let (classifier, input) = with_text("bert_classifier");
    fails(&classifier, &input, &place, What::span_start(2), &["no head for answer spans", "What::class"]);
    fails(&classifier, &input, &place, What::class(3), &["no class 3", "0 to 2", "middling"]);
    let (span, input) = with_text("llama_span");
    fails(&span, &input, &place, What::span_start(99), &["no position 99"]);
    fails(&span, &input, &place, What::class(0), &["no classification head", "span_start"]);
    let (bare, input) = with_text("bert");
    fails(&bare, &input, &place, What::class(0), &["no classification head", "a checkpoint with a head"]);
    let two = IntegratedGradients::new()
        .explain_all(&span, std::slice::from_ref(&input), &place, &[])
        .unwrap_err()
        .to_string();
    assert!(two.contains("1 texts but 0 numbers"), "{two}");
}

#[test]
fn baselines_elsewhere() {
    let (model, input) = with_text("gpt2_deep");
    let place = Place::at("blocks.1.hook_resid_post");
    let fails = |baseline: Baseline, place: &Place, words: &[&str]| {
        let ig = IntegratedGradients::new().baseline(baseline);
        let error = ig.explain_in_full(&model, &input, place, &What::token(2, 7)).unwrap_err().to_string();
        assert!(words.iter().all(|word| error.contains(word)), "{words:?} are not all in: {error}");
    };
    fails(Baseline::Mean, &place, &["mean vector", "token embeddings alone"]);
    fails(Baseline::Uniform(1), &place, &["uniform noise", "token embeddings alone"]);
    let short = crate::names::candle_core::Tensor::zeros((2, 16), DType::F32, &Device::Cpu).unwrap();
    fails(Baseline::Vectors(short.clone()), &place, &["[2, 16]", "[6, 16]"]);
    let two = Place::several(&["hook_embed", "hook_pos_embed"]);
    fails(Baseline::Vectors(short), &two, &["one tensor", "2 places"]);
    fails(Baseline::Unknown, &place, &["no unknown token"]);
}

#[test]
fn models() {
    let toy = Toy { broken: true, ..Toy::new(DType::F32) };
    let input = toy.encode("not bad at all").unwrap();
    let one = TokenEmbeddings(&toy);
    fails(&one, &input, &Place::embeddings(), What::class(0), &["not a finite number"]);
    fails(&one, &input, &Place::at("hook_embed"), What::class(0), &["no activation", "Place::embeddings()"]);
    fails(&one, &input, &Place::embeddings(), What::token(0, 0), &["What::class"]);
    let (model, input) = with_text("gpt2_deep");
    let nan = crate::names::candle_core::Tensor::full(f32::NAN, (6, 16), &Device::Cpu).unwrap();
    let ig = IntegratedGradients::new().baseline(Baseline::Vectors(nan));
    let place = Place::at("blocks.1.hook_resid_post");
    let error = ig.explain(&model, &input, &place, &What::token(2, 7)).unwrap_err().to_string();
    assert!(error.contains("not a finite number"), "{error}");
    let wrong = Input { types: vec![0; 3], ..input };
    fails(&model, &wrong, &place, What::token(2, 7), &["6 tokens but 3 token types"]);
}
