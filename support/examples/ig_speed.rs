//! The Rust side of `benches/peers/ig_captum.py`, which starts it: seconds and scores of integrated gradients for one
//! review, with a bidirectional LSTM of the lessons' size and random weights.
//!
//! `cargo run -p support --example ig_speed -- FOLDER` saves the model into FOLDER and prints the review's ids; then each
//! line on stdin is a number of steps. It measures time, not quality.

use std::io::BufRead as _;
use std::time::Instant;

use support::Result;
use support::nn::{BiLstm, BiLstmConfig};
use support::prelude::*;
use support::serde_json::json;
use support::text::WordTokenizer;

const VOCABULARY: usize = 5000;
const WORDS: usize = 40;

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).ok_or_else(|| Error::new("usage: ig_speed FOLDER"))?;
    let words: Vec<String> = (2..VOCABULARY).map(|i| format!("w{i}")).collect();
    let tokenizer = WordTokenizer::train(&[words.join(" ")], VOCABULARY, 1)?;
    let config = BiLstmConfig::new(tokenizer.size(), &["negative", "positive"].map(String::from));
    let model = BiLstm::new(&config, &tokenizer, 1)?;
    model.save(&folder)?;
    let review: Vec<String> = (0..WORDS).map(|i| format!("w{}", 2 + i * 101 % (VOCABULARY - 2))).collect();
    let input = model.encode(&review.join(" "))?;
    println!("{}", json!(input.ids));
    for line in std::io::stdin().lock().lines() {
        let steps = line?.trim().parse().map_err(|_| Error::new("give a number of steps per line"))?;
        let method = IntegratedGradients::new().steps(steps);
        let begun = Instant::now();
        let found = method.attribute(&model, &input, 1)?;
        println!(
            "{}",
            json!({"seconds": begun.elapsed().as_secs_f64(), "scores": found.scores, "delta": found.delta()})
        );
    }
    Ok(())
}
