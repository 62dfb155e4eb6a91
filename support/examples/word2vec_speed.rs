//! The Rust side of `benches/peers/word2vec_gensim.py`, which starts it: trains word vectors on a file with a sentence per
//! line, words between spaces.
//!
//! Each line on stdin is a task, `{"window": 5, "epochs": 5, "lanes": 2, "save": FILE, …}`; each answer a line with the
//! seconds and the losses. It measures time; the other side judges the vectors of both.

use std::io::BufRead as _;

use support::Result;
use support::nn::SkipGram;
use support::prelude::Error;
use support::serde_json::{Value, from_str, json};

fn main() -> Result<()> {
    let path = std::env::args().nth(1).ok_or_else(|| Error::new("usage: word2vec_speed SENTENCES.txt"))?;
    let words = |line: &str| line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect();
    let sentences: Vec<Vec<String>> = std::fs::read_to_string(&path)?.lines().map(words).collect();
    println!("{}", json!("ready"));
    for line in std::io::stdin().lock().lines() {
        let task: Value = from_str(&line?).map_err(|error| Error::new(error.to_string()))?;
        let number = |name: &str, otherwise: u64| task[name].as_u64().unwrap_or(otherwise);
        let model = SkipGram::new()
            .dimensions(number("dimensions", 100) as usize)
            .window(number("window", 5) as usize)
            .negatives(number("negatives", 5) as usize)
            .epochs(number("epochs", 5) as usize)
            .lanes(number("lanes", 2) as usize)
            .seed(number("seed", 1))
            .learning_rate(task["rate"].as_f64().unwrap_or(0.025))
            .train(&sentences)?;
        if let Some(path) = task["save"].as_str() {
            model.target.save(path)?;
        }
        println!("{}", json!({"seconds": model.seconds, "losses": model.losses, "words": model.len()}));
    }
    Ok(())
}
