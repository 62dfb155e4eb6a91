//! The Rust side of `benches/peers/tsne_sklearn.py`, which starts it: seconds and KL divergence of a t-SNE map.
//!
//! Each line on stdin is a task, `{"file": points as little-endian f32, "rows": …, "width": …, "dimensions": 2}`; each
//! answer a line with the seconds, the divergence and the map. It measures time, not what a map is good for.

use std::io::BufRead as _;
use std::time::Instant;

use support::Result;
use support::prelude::*;
use support::reduce::Tsne;
use support::serde_json::{Value, from_str, json};

fn main() -> Result<()> {
    println!("{}", json!("ready"));
    for line in std::io::stdin().lock().lines() {
        let task: Value = from_str(&line?).map_err(|error| Error::new(error.to_string()))?;
        println!("{}", answer(&task)?);
    }
    Ok(())
}

fn answer(task: &Value) -> Result<Value> {
    let number = |name: &str| task[name].as_u64().unwrap_or(0) as usize;
    let bytes = std::fs::read(task["file"].as_str().unwrap_or(""))?;
    let numbers = bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
    let points = Tensor::from_vec::<_, f32>(numbers, (number("rows"), number("width")), &Device::Cpu)?;
    let begun = Instant::now();
    let map = Tsne::new(number("dimensions")).fit(&points)?;
    let seconds = begun.elapsed().as_secs_f64();
    let flat: Vec<f32> = map.points.flatten_all()?.to_vec1()?;
    Ok(json!({"seconds": seconds, "kl": map.kl, "iterations": map.iterations, "map": flat}))
}
