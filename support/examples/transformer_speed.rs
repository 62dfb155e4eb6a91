//! The Rust side of `benches/peers/transformer_captum.py`, which starts it: seconds of a forward pass, of a cache of
//! activations and of integrated gradients for a BERT classifier in a folder.
//!
//! Each line on stdin is a task, `{"task": "forward" | "cache" | "ig", "ids": [[…], …], "steps": 50}`; each answer a line
//! with the seconds and the numbers that the other side compares. It measures time, not quality.

use std::io::BufRead as _;
use std::time::Instant;

use support::Result;
use support::nn::{Batch, Hooks, Transformer};
use support::prelude::*;
use support::serde_json::{Value, from_str, json};

fn main() -> Result<()> {
    let folder = std::env::args().nth(1).ok_or_else(|| Error::new("usage: transformer_speed FOLDER"))?;
    let model = Transformer::load(&folder)?;
    println!("{}", json!("ready"));
    for line in std::io::stdin().lock().lines() {
        let task: Value = from_str(&line?).map_err(|error| Error::new(error.to_string()))?;
        println!("{}", answer(&model, &task)?);
    }
    Ok(())
}

fn answer(model: &Transformer, task: &Value) -> Result<Value> {
    let numbers =
        |row: &Value| row.as_array().into_iter().flatten().map(|id| id.as_u64().unwrap_or(0) as u32).collect();
    let ids: Vec<Vec<u32>> = task["ids"].as_array().into_iter().flatten().map(numbers).collect();
    let batch = Batch::of_ids(&ids);
    let begun = Instant::now();
    match task["task"].as_str() {
        Some("forward") => {
            let logits = model.run(&batch, &Hooks::new())?.logits()?;
            let seconds = begun.elapsed().as_secs_f64();
            Ok(json!({"seconds": seconds, "numbers": logits.flatten_all()?.to_vec1::<f32>()?}))
        }
        Some("cache") => {
            let names = model.hidden_state_names();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let run = model.run(&batch, &Hooks::new().record(&names))?;
            let seconds = begun.elapsed().as_secs_f64();
            let last = run.get(names[names.len() - 1])?.narrow(1, 0, 1)?;
            Ok(json!({"seconds": seconds, "numbers": last.flatten_all()?.to_vec1::<f32>()?}))
        }
        _ => {
            let steps = task["steps"].as_u64().unwrap_or(50) as usize;
            let special = |id: &u32| [101, 102].contains(id);
            let input = Input {
                tokens: ids[0].iter().map(u32::to_string).collect(),
                spans: vec![None; ids[0].len()],
                special: ids[0].iter().map(special).collect(),
                unknown: vec![false; ids[0].len()],
                ids: ids[0].clone(),
                pad: ("[PAD]".into(), 0),
                ..Input::default()
            };
            let begun = Instant::now();
            let found = IntegratedGradients::new().steps(steps).rule(Rule::Middle).attribute(model, &input, 1)?;
            Ok(json!({"seconds": begun.elapsed().as_secs_f64(), "numbers": found.scores, "delta": found.delta()}))
        }
    }
}
