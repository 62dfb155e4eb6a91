//! The Rust side of `benches/peers/bilstm_torch.py`, which starts it: seconds for an epoch of training, and for the
//! gradient of a logit with respect to many copies of a text, as integrated gradients asks for it.
//!
//! `cargo run -p support --example bilstm_speed -- BATCHES.json`, then lines on stdin: `epoch` or `gradient COPIES TOKENS`.

use std::io::BufRead as _;
use std::time::Instant;

use support::candle_core::{DType, Device, Tensor, Var};
use support::model::DifferentiableClassifier as _;
use support::nn::{BiLstm, BiLstmConfig};
use support::text::WordTokenizer;
use support::train::{AdamW, Example, Trainable as _};
use support::{Error, Result, candle_nn, serde_json};

fn main() -> Result<()> {
    let path = std::env::args().nth(1).ok_or_else(|| Error::new("usage: bilstm_speed BATCHES.json"))?;
    let file: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let number = |value: &serde_json::Value| value.as_u64().unwrap_or(0);
    let vocabulary = number(&file["vocabulary"]) as usize;
    let batches: Vec<Vec<Example>> = file["batches"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|batch| batch.as_array().into_iter().flatten().map(example).collect())
        .collect();

    let words: Vec<String> = (2..vocabulary).map(|i| format!("w{i}")).collect();
    let tokenizer = WordTokenizer::train(&[words.join(" ")], vocabulary, 1)?;
    let config = BiLstmConfig {
        dropout: file["dropout"].as_f64().unwrap_or(0.0),
        word_dropout: 0.0,
        ..BiLstmConfig::new(vocabulary, &["negative", "positive"].map(String::from))
    };
    let model = BiLstm::new(&config, &tokenizer, 1)?;
    let variables = model.variables().into_iter().map(|(name, var)| (name, var, 0.01)).collect();
    let mut optimiser = AdamW::new(variables)?;

    let mut step = 0;
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split_whitespace().collect();
        let start = Instant::now();
        match words[..] {
            ["epoch"] => {
                for batch in &batches {
                    let batch: Vec<&Example> = batch.iter().collect();
                    let targets: Vec<u32> = batch.iter().map(|example| example.targets[0]).collect();
                    // What `train::fit` does in a step.
                    let step_of = model.logits_and_backward(&batch, Some(step))?;
                    let (logits, backward) = step_of.ok_or_else(|| Error::new("no training step"))?;
                    let logits = Var::from_tensor(&logits)?;
                    let targets = Tensor::from_vec(targets, batch.len(), &Device::Cpu)?;
                    let d_logits = candle_nn::loss::cross_entropy(&logits, &targets)?.backward()?;
                    let d_logits = d_logits.get(&logits).ok_or_else(|| Error::new("no gradient"))?;
                    optimiser.step(&backward(d_logits)?, 1e-3, 1.0)?;
                    step += 1;
                }
            }
            ["gradient", copies, tokens] => {
                let count = |word: &str| word.parse().map_err(|_| Error::new(format!("`{word}` is no number")));
                let embedded = Tensor::ones((count(copies)?, count(tokens)?, 128), DType::F32, &Device::Cpu)?;
                let embedded = Var::from_tensor(&(embedded * 0.1)?)?;
                let start = Instant::now();
                let logits = model.logits_of(&embedded)?.narrow(1, 1, 1)?; // (copies, 1)
                let gradients = logits.sum_all()?.backward()?;
                gradients.get(&embedded).ok_or_else(|| Error::new("no gradient"))?;
                println!("{}", start.elapsed().as_secs_f64());
                continue;
            }
            _ => return Err(Error::new(format!("`{line}`: expected epoch or gradient COPIES TOKENS"))),
        }
        println!("{}", start.elapsed().as_secs_f64());
    }
    Ok(())
}

/// `[label, id, id, …]`
fn example(value: &serde_json::Value) -> Example {
    let mut numbers = value.as_array().into_iter().flatten().filter_map(|n| n.as_u64()).map(|n| n as u32);
    Example { targets: numbers.next().into_iter().collect(), ids: numbers.collect() }
}
