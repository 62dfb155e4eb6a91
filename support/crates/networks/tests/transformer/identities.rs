//! What holds for any weights (TransformerLens tests its cache in the same way).

use candle_core::Tensor;
use networks::{Batch, Hooks, Run, Transformer};

use super::{CLASSIFIERS, LANGUAGE_MODELS, TEXTS, assert_close, batch, difference, load, tensors};

const PRE_NORM: [&str; 3] = ["gpt2_lm", "llama_lm", "llama_lm_tied"];
const CLEAN: &str = "the cat sat on the mat";
const CORRUPTED: &str = "the dog ran on the mat";

fn run(model: &Transformer, batch: &Batch, hooks: Hooks) -> Run {
    model.run(batch, &hooks).unwrap()
}

fn plain(model: &Transformer, batch: &Batch) -> Tensor {
    run(model, batch, Hooks::new()).logits().unwrap()
}

/// Two batches of the same shape with different ids.
fn clean_and_corrupted(model: &Transformer) -> (Batch, Batch) {
    let (clean, corrupted) = (model.encode(CLEAN).unwrap(), model.encode(CORRUPTED).unwrap());
    let length = clean.len().min(corrupted.len());
    let cut = |ids: &[u32]| Batch::of_ids(&[ids[..length].to_vec()]);
    (cut(&clean.ids), cut(&corrupted.ids))
}

#[test]
fn embeddings_and_all_components_add_up_to_the_last_residual() {
    for name in PRE_NORM {
        let model = load(name);
        let run = run(&model, &batch(&model, &TEXTS), Hooks::new().record(&["hook_*", "blocks.*"]));
        let parts = ["hook_embed", "hook_pos_embed"].map(String::from).into_iter();
        let layers = 0..model.config().layers;
        let parts = parts.chain(layers.flat_map(|l| ["attn", "mlp"].map(|part| format!("blocks.{l}.hook_{part}_out"))));
        let known = run.names();
        let sum = parts
            .filter(|part| known.contains(part))
            .map(|part| run.get(&part).unwrap())
            .reduce(|sum, part| (sum + part).unwrap());
        assert_close(&sum.unwrap(), &run.get("blocks.1.hook_resid_post").unwrap(), 1e-5, name);
    }
}

#[test]
fn the_heads_add_up_to_the_attention_output() {
    let biases = [
        ("bert_lm", "bert.encoder.layer.1.attention.output.dense.bias"),
        ("gpt2_lm", "transformer.h.1.attn.c_proj.bias"),
        ("llama_lm", ""),
        ("llama_lm_tied", "model.layers.1.self_attn.o_proj.bias"),
    ];
    for (name, bias) in biases {
        let model = load(name);
        let names = ["blocks.1.attn.hook_result", "blocks.1.hook_attn_out"];
        let run = run(&model, &batch(&model, &TEXTS), Hooks::new().record(&names));
        let heads = run.get(names[0]).unwrap();
        assert_eq!(heads.dims()[2..], [4, 16], "{name}");
        let sum = heads.sum(2).unwrap();
        let sum = match tensors(name, "model").get(bias) {
            Some(bias) => sum.broadcast_add(bias).unwrap(),
            None => sum,
        };
        assert_close(&sum, &run.get(names[1]).unwrap(), 1e-5, name);
    }
}

/// Final norm and unembedding by hand, in `f64`.
#[test]
fn the_last_residual_through_norm_and_unembedding_is_the_logits() {
    let wide = |tensor: &Tensor| super::numbers(tensor).into_iter().map(f64::from).collect::<Vec<f64>>();
    for (name, norm, words) in
        [("gpt2_lm", "transformer.ln_f", "transformer.wte.weight"), ("llama_lm", "model.norm", "lm_head.weight")]
    {
        let model = load(name);
        let run = run(&model, &batch(&model, &[CLEAN]), Hooks::new().record(&["blocks.1.hook_resid_post"]));
        let (residual, logits) = (run.get("blocks.1.hook_resid_post").unwrap(), run.logits().unwrap());
        let stored = tensors(name, "model");
        let weight = wide(&stored[&format!("{norm}.weight")]);
        let bias = stored.get(&format!("{norm}.bias")).map_or(vec![0.0; 16], wide);
        let words = wide(&stored[words]);
        for (x, logits) in wide(&residual).chunks(16).zip(super::numbers(&logits).chunks(words.len() / 16)) {
            let mean = if norm == "model.norm" { 0.0 } else { x.iter().sum::<f64>() / 16.0 };
            let spread = (x.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 16.0 + model.config().norm_eps).sqrt();
            let normed: Vec<f64> = (0..16).map(|at| (x[at] - mean) / spread * weight[at] + bias[at]).collect();
            for (word, logit) in words.chunks(16).zip(logits) {
                let expected: f64 = word.iter().zip(&normed).map(|(a, b)| a * b).sum();
                assert!((expected - f64::from(*logit)).abs() < 1e-4, "{name}: {expected} {logit}");
            }
        }
    }
}

#[test]
fn patching_everything_from_clean_into_corrupted_gives_the_clean_output() {
    for name in LANGUAGE_MODELS {
        let model = load(name);
        let (clean, corrupted) = clean_and_corrupted(&model);
        let cache = run(&model, &clean, Hooks::new().record(&["*"]));
        let (wanted, before) = (cache.logits().unwrap(), plain(&model, &corrupted));
        assert!(difference(&wanted, &before) > 0.1, "{name}: the two texts must differ");
        let patched = |names: &[String]| {
            let patch = |hooks: Hooks, name: &String| hooks.replace(name, &cache.get(name).unwrap());
            plain_of(&model, &corrupted, names.iter().fold(Hooks::new(), patch))
        };
        // All components, but nothing that they add up to.
        let components: Vec<String> = model
            .activation_names()
            .into_iter()
            .filter(|name| ["_embed", "attn_out", "mlp_out"].iter().any(|end| name.ends_with(end)))
            .collect();
        assert_close(&patched(&components), &wanted, 1e-5, name);
        // The residual before any block decides what follows.
        for layer in 0..2 {
            let residual = format!("blocks.{layer}.hook_resid_pre");
            assert_close(&patched(std::slice::from_ref(&residual)), &wanted, 1e-5, &residual);
            // The same without the short cut to that block.
            let hooks = Hooks::new().replace(&residual, &cache.get(&residual).unwrap()).record(&["hook_embed"]);
            assert_close(&plain_of(&model, &corrupted, hooks), &wanted, 1e-5, &residual);
        }
        // One of them alone is not everything.
        let partly = difference(&patched(&["blocks.1.hook_attn_out".to_owned()]), &wanted);
        assert!(partly > 1e-2, "{name}: {partly}");
    }
}

fn plain_of(model: &Transformer, batch: &Batch, hooks: Hooks) -> Tensor {
    run(model, batch, hooks).logits().unwrap()
}

#[test]
fn patching_nothing_and_recording_everything_change_nothing() {
    for name in CLASSIFIERS.iter().chain(&LANGUAGE_MODELS) {
        let model = load(name);
        let batch = batch(&model, &TEXTS);
        let wanted = plain(&model, &batch);
        let same = Hooks::new().edit("*", Box::new(|x| Ok(x.clone())));
        assert_close(&plain_of(&model, &batch, same), &wanted, 1e-5, name);
        let recorded = run(&model, &batch, Hooks::new().record(&["*"]));
        assert_close(&recorded.logits().unwrap(), &wanted, 1e-5, name);
        assert_eq!(recorded.names(), model.activation_names(), "{name}");
        let leaves = Hooks::new().leaf("*");
        assert_close(&plain_of(&model, &batch, leaves), &wanted, 1e-5, name);
    }
}

#[test]
fn padding_a_batch_changes_nothing() {
    let texts = [TEXTS[0], "a dog", TEXTS[1]];
    for name in CLASSIFIERS.iter().chain(&LANGUAGE_MODELS) {
        let model = load(name);
        let together = run(&model, &batch(&model, &texts), Hooks::new());
        let (logits, hidden) = (together.logits().unwrap(), together.hidden().unwrap());
        for (at, text) in texts.iter().enumerate() {
            let alone = batch(&model, &[text]);
            let run = run(&model, &alone, Hooks::new());
            let row = |x: &Tensor| x.narrow(0, at, 1).unwrap();
            let cut = |x: &Tensor| row(x).narrow(1, 0, alone.tokens()).unwrap();
            assert_close(&cut(&hidden), &run.hidden().unwrap(), 1e-5, name);
            let own = if logits.rank() == 2 { row(&logits) } else { cut(&logits) };
            assert_close(&own, &run.logits().unwrap(), 1e-5, name);
        }
    }
}

#[test]
fn causal_models_read_only_what_came_before() {
    for name in PRE_NORM {
        let model = load(name);
        let ids = model.encode(CLEAN).unwrap().ids;
        let run = run(
            &model,
            &Batch::of_ids(std::slice::from_ref(&ids)),
            Hooks::new().record(&["blocks.*.attn.hook_pattern"]),
        );
        for pattern in run.names() {
            let rows: Vec<Vec<f32>> =
                run.get(&pattern).unwrap().squeeze(0).unwrap().flatten_to(1).unwrap().to_vec2().unwrap();
            for (at, row) in rows.iter().enumerate() {
                let (before, after) = row.split_at(at % ids.len() + 1);
                assert!((before.iter().sum::<f32>() - 1.0).abs() < 1e-5 && after.iter().all(|weight| *weight == 0.0));
            }
        }
        let shorter = Batch::of_ids(&[ids[..ids.len() - 1].to_vec()]);
        let logits = run.logits().unwrap().narrow(1, 0, ids.len() - 1).unwrap();
        assert_close(&plain(&model, &shorter), &logits, 1e-5, name);
    }
}
