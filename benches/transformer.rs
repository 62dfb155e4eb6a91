//! The fast operations beside the formulas they replace, and a transformer as a whole: `cargo bench -p support`.
//!
//! Sizes are those of all-MiniLM-L6-v2 and 24 tokens; weights are random. Against PyTorch and Captum measures
//! `peers/transformer_captum.py`.

use std::collections::HashMap;
use std::sync::Arc;

use divan::Bencher;
use support::candle_core::{Device, Tensor, Var};
use support::nn::{Batch, Hooks, Transformer, fused, ops, transformer::Config};
use support::prelude::*;
use support::rand::{Rng, SeedableRng};
use support::rand_chacha::ChaCha8Rng;
use support::serde_json::json;

const WIDTH: usize = 384;
const INNER: usize = 1536;
const HEADS: usize = 12;
const TOKENS: usize = 24;

fn main() {
    divan::main();
}

fn random(shape: &[usize]) -> Tensor {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let count = shape.iter().product();
    let numbers: Vec<f32> = (0..count).map(|_| random.random_range(-0.05..0.05)).collect();
    Tensor::from_vec(numbers, shape, &Device::Cpu).expect("as many numbers as the shape says")
}

/// Value and gradient with respect to the first argument.
fn there_and_back(x: &Tensor, f: &dyn Fn(&Tensor) -> support::Result<Tensor>) -> Tensor {
    let x = Var::from_tensor(x).expect("a tensor");
    let y = f(x.as_tensor()).and_then(|y| Ok(y.sum_all()?.backward()?)).expect("an operation that runs");
    y.get(x.as_tensor()).expect("a gradient").clone()
}

#[divan::bench(args = ["readable", "fast"])]
fn linear(bencher: Bencher, form: &str) {
    let (x, weight, bias) = (random(&[50, TOKENS, WIDTH]), random(&[INNER, WIDTH]), random(&[INNER]));
    let frozen = Arc::new(fused::Frozen::new(&weight, Some(&bias)).expect("shapes that fit"));
    match form {
        "fast" => bencher.bench_local(|| there_and_back(&x, &|x| frozen.forward(x))),
        _ => bencher.bench_local(|| there_and_back(&x, &|x| ops::linear(x, &weight, Some(&bias)))),
    }
}

#[divan::bench(args = ["readable", "fast"])]
fn attention(bencher: Bencher, form: &str) {
    let x = random(&[50, TOKENS, HEADS, WIDTH / HEADS]);
    match form {
        "fast" => bencher.bench_local(|| there_and_back(&x, &|x| fused::attention(x, x, x, None, 0.2))),
        _ => bencher.bench_local(|| there_and_back(&x, &|x| ops::attention(x, x, x, None, 0.2))),
    }
}

#[divan::bench(args = ["readable", "fast"])]
fn layer_norm(bencher: Bencher, form: &str) {
    let (x, weight, bias) = (random(&[50, TOKENS, WIDTH]), random(&[WIDTH]), random(&[WIDTH]));
    match form {
        "fast" => bencher.bench_local(|| there_and_back(&x, &|x| fused::layer_norm(x, &weight, &bias, 1e-12))),
        _ => bencher.bench_local(|| there_and_back(&x, &|x| ops::layer_norm(x, &weight, &bias, 1e-12))),
    }
}

#[divan::bench(args = ["readable", "fast"])]
fn gelu(bencher: Bencher, form: &str) {
    let x = random(&[50, TOKENS, INNER]);
    match form {
        "fast" => bencher.bench_local(|| there_and_back(&x, &fused::gelu)),
        _ => bencher.bench_local(|| there_and_back(&x, &ops::gelu)),
    }
}

/// A classifier of the size of all-MiniLM-L6-v2, without its vocabulary.
fn classifier() -> Transformer {
    let config = Config::parse(&json!({
        "model_type": "bert", "architectures": ["BertForSequenceClassification"], "hidden_size": WIDTH,
        "intermediate_size": INNER, "num_attention_heads": HEADS, "num_hidden_layers": 6, "vocab_size": 1000,
        "max_position_embeddings": 512, "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12,
        "id2label": {"0": "negative", "1": "positive"}
    }))
    .expect("a configuration");
    let mut tensors: HashMap<String, Tensor> = HashMap::new();
    let mut linear = |name: &str, outputs: usize, inputs: usize| {
        tensors.insert(format!("{name}.weight"), random(&[outputs, inputs]));
        tensors.insert(format!("{name}.bias"), random(&[outputs]));
    };
    for layer in 0..6 {
        let block = format!("bert.encoder.layer.{layer}");
        for name in ["self.query", "self.key", "self.value", "output.dense"] {
            linear(&format!("{block}.attention.{name}"), WIDTH, WIDTH);
        }
        linear(&format!("{block}.intermediate.dense"), INNER, WIDTH);
        linear(&format!("{block}.output.dense"), WIDTH, INNER);
    }
    linear("bert.pooler.dense", WIDTH, WIDTH);
    linear("classifier", 2, WIDTH);
    let norms = (0..6).flat_map(|layer| ["attention.output", "output"].map(|at| format!("encoder.layer.{layer}.{at}")));
    for name in norms.chain(["embeddings".to_owned()]) {
        for part in ["weight", "bias"] {
            tensors.insert(format!("bert.{name}.LayerNorm.{part}"), random(&[WIDTH]));
        }
    }
    for (name, rows) in [("word", 1000), ("position", 512), ("token_type", 2)] {
        tensors.insert(format!("bert.embeddings.{name}_embeddings.weight"), random(&[rows, WIDTH]));
    }
    Transformer::from_tensors(&config, &tensors, "").expect("all tensors")
}

#[divan::bench(args = [1, 32])]
fn forward(bencher: Bencher, texts: usize) {
    let model = classifier();
    let batch = Batch::of_ids(&vec![(1..=TOKENS as u32).collect(); texts]);
    bencher.bench_local(|| model.run(&batch, &Hooks::new()).expect("a pass"));
}

#[divan::bench]
fn integrated_gradients_50_steps(bencher: Bencher) {
    let model = classifier();
    let input = Input {
        tokens: (1..=TOKENS).map(|id| id.to_string()).collect(),
        ids: (1..=TOKENS as u32).collect(),
        spans: vec![None; TOKENS],
        special: vec![false; TOKENS],
        unknown: vec![false; TOKENS],
        pad: ("0".into(), 0),
        ..Input::default()
    };
    let method = IntegratedGradients::new().steps(50);
    bencher.bench_local(|| method.attribute(&model, &input, 1).expect("scores"));
}
