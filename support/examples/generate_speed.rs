//! Seconds that a GPT-2 of 6 layers takes to write 128 tokens after 128 others, with and without the cache of keys and
//! values. The weights are random: it measures time, not quality.
//!
//! `cargo run -p support --example generate_speed`

use std::collections::HashMap;
use std::time::Instant;

use support::Result;
use support::candle_core::{Device, Tensor};
use support::nn::Transformer;
use support::nn::transformer::{Config, Generate};
use support::serde_json::json;

const WIDTH: usize = 384;
const WORDS: usize = 8000;
const LAYERS: usize = 6;

fn main() -> Result<()> {
    let config = Config::parse(&json!({
        "model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "n_embd": WIDTH, "n_layer": LAYERS, "n_head": 6,
        "n_positions": 512, "vocab_size": WORDS,
    }))?;
    let model = Transformer::from_tensors(&config, &weights()?, "")?;
    let prompt: Vec<u32> = (0..128).map(|at| at * 37 % WORDS as u32).collect();
    let options = Generate::new().tokens(128).stop(&[]);
    let time = |options: &Generate| -> Result<(f64, Vec<u32>)> {
        let begun = Instant::now();
        let ids = model.generate_ids(&prompt, options)?.ids;
        Ok((begun.elapsed().as_secs_f64(), ids))
    };
    time(&options.clone().tokens(1))?; // the weights are packed when they are first used
    let (with, same) = time(&options)?;
    let (without, ids) = time(&options.without_cache())?;
    assert_eq!(same, ids, "the cache changes no token");
    println!("with cache {with:.2} s, without {without:.2} s, ratio {:.1}", without / with);
    Ok(())
}

fn weights() -> Result<HashMap<String, Tensor>> {
    let mut tensors = HashMap::new();
    let mut seed = 1u32;
    let mut add = |name: String, shape: &[usize], scale: f32, centre: f32| -> Result<()> {
        let draw = |_| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            centre + scale * (seed as f32 / u32::MAX as f32 - 0.5)
        };
        let numbers: Vec<f32> = (0..shape.iter().product()).map(draw).collect();
        tensors.insert(name, Tensor::from_vec(numbers, shape, &Device::Cpu)?);
        Ok(())
    };
    add("wte.weight".into(), &[WORDS, WIDTH], 0.5, 0.0)?;
    add("wpe.weight".into(), &[512, WIDTH], 0.5, 0.0)?;
    let norms = (0..LAYERS).flat_map(|n| [format!("h.{n}.ln_1"), format!("h.{n}.ln_2")]).chain(["ln_f".to_owned()]);
    for norm in norms {
        add(format!("{norm}.weight"), &[WIDTH], 0.2, 1.0)?;
        add(format!("{norm}.bias"), &[WIDTH], 0.2, 0.0)?;
    }
    for n in 0..LAYERS {
        let shapes = [
            ("attn.c_attn", WIDTH, 3 * WIDTH),
            ("attn.c_proj", WIDTH, WIDTH),
            ("mlp.c_fc", WIDTH, 4 * WIDTH),
            ("mlp.c_proj", 4 * WIDTH, WIDTH),
        ];
        for (name, inputs, outputs) in shapes {
            add(format!("h.{n}.{name}.weight"), &[inputs, outputs], 0.2, 0.0)?;
            add(format!("h.{n}.{name}.bias"), &[outputs], 0.1, 0.0)?;
        }
    }
    Ok(tensors)
}
