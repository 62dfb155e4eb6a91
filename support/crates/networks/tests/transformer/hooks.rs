//! What hooks do beside the identities: stopping early, editing, naming, refusing.

use std::cell::Cell;
use std::rc::Rc;

use candle_core::{DType, IndexOp, Tensor};
use networks::{Batch, Hooks};

use super::{TEXTS, assert_close, assert_error, batch, difference, load};

#[test]
fn stopping_early_computes_nothing_more() {
    let model = load("gpt2_lm");
    let batch = batch(&model, &TEXTS);
    let seen = Rc::new(Cell::new(0));
    let count = |seen: &Rc<Cell<i32>>| {
        let seen = seen.clone();
        let edit = move |x: &Tensor| {
            seen.set(seen.get() + 1);
            Ok(x.clone())
        };
        Hooks::new().edit("blocks.1.mlp.hook_pre", Box::new(edit))
    };
    model.run(&batch, &count(&seen)).unwrap();
    assert_eq!(seen.get(), 1);
    let hooks = count(&seen).record(&["blocks.*.hook_resid_mid"]).stop_after("blocks.1.hook_resid_mid");
    let run = model.run(&batch, &hooks).unwrap();
    assert_eq!(seen.get(), 1, "the MLP of the second block was not reached");
    assert_eq!(run.names(), ["blocks.0.hook_resid_mid", "blocks.1.hook_resid_mid"]);
    assert_error(run.logits(), &["stopped before"]);
    let whole = model.run(&batch, &Hooks::new().record(&["blocks.1.hook_resid_mid"])).unwrap();
    let name = "blocks.1.hook_resid_mid";
    assert_close(&run.get(name).unwrap(), &whole.get(name).unwrap(), 0.0, name);
}

#[test]
fn a_given_residual_skips_what_is_before_it() {
    let model = load("llama_lm");
    let batch = batch(&model, &TEXTS);
    let name = "blocks.1.hook_resid_pre";
    let clean = model.run(&batch, &Hooks::new().record(&[name])).unwrap();
    // An edit that fails if it is reached.
    let trap = |hooks: Hooks| hooks.edit("blocks.0.hook_mlp_out", Box::new(|_| Err(ground::Error::new("reached"))));
    let given = Hooks::new().replace(name, &clean.get(name).unwrap());
    assert_error(model.run(&batch, &trap(given)), &["the edit of `blocks.0.hook_mlp_out`", "reached"]);
    let given = Hooks::new().replace(name, &clean.get(name).unwrap()).leaf(name);
    let run = model.run(&batch, &given).unwrap();
    assert_close(&run.logits().unwrap(), &clean.logits().unwrap(), 1e-6, name);
}

/// Removing a head by its `z` is removing its result.
#[test]
fn two_ways_to_remove_a_head() {
    for name in ["bert_classifier", "llama_lm"] {
        let model = load(name);
        let batch = batch(&model, &TEXTS);
        let without = |what: &str| {
            let zero = |x: &Tensor| {
                let keep: Vec<f32> = (0..4).map(|head| if head == 2 { 0.0 } else { 1.0 }).collect();
                let keep = Tensor::new(keep.as_slice(), x.device())?.reshape((1, 1, 4, 1))?;
                Ok(x.broadcast_mul(&keep)?)
            };
            let run = model.run(&batch, &Hooks::new().edit(what, Box::new(zero))).unwrap();
            run.logits().unwrap()
        };
        let (z, result) = (without("blocks.0.attn.hook_z"), without("blocks.0.attn.hook_result"));
        assert_close(&z, &result, 1e-5, name);
        assert!(difference(&z, &model.run(&batch, &Hooks::new()).unwrap().logits().unwrap()) > 1e-2);
    }
}

/// The middle of the forward pass by hand, from recorded activations.
#[test]
fn recorded_activations_fit_together() {
    let model = load("gpt2_lm");
    let run = model.run(&batch(&model, &TEXTS), &Hooks::new().record(&["blocks.0.*"])).unwrap();
    let get = |name: &str| run.get(&format!("blocks.0.{name}")).unwrap();
    let (q, k) = (get("attn.hook_q"), get("attn.hook_k"));
    assert_eq!(q.dims()[2..], [4, 4]);
    // Text 0, head 1, query 3, key 2.
    let product =
        (q.i((0, 3, 1)).unwrap() * k.i((0, 2, 1)).unwrap()).unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap();
    let score = get("attn.hook_attn_scores").i((0, 1, 3, 2)).unwrap().to_scalar::<f32>().unwrap();
    assert!((product / 2.0 - score).abs() < 1e-5, "{product} {score}");
    let weights = get("attn.hook_pattern").i((0, 1, 3)).unwrap(); // (key)
    let values = get("attn.hook_v").i((0, .., 1)).unwrap(); // (key, head width)
    let z = weights.unsqueeze(0).unwrap().matmul(&values.contiguous().unwrap()).unwrap().squeeze(0).unwrap();
    assert_close(&z, &get("attn.hook_z").i((0, 3, 1)).unwrap(), 1e-5, "z");
    let (scale, normalized) = (get("ln1.hook_scale"), get("ln1.hook_normalized"));
    let residual = get("hook_resid_pre");
    let mean = residual.mean_keepdim(2).unwrap();
    let back = normalized.broadcast_mul(&scale).unwrap().broadcast_add(&mean).unwrap();
    assert_close(&back, &residual, 1e-5, "norm");
    let masked = get("attn.hook_attn_scores").i((0, 1, 3, 4)).unwrap().to_scalar::<f32>().unwrap();
    assert_eq!(masked, f32::MIN, "a later token does not count");
}

#[test]
fn embeddings_can_be_given_with_types_and_padding_kept() {
    let model = load("bert_span");
    let inputs = [("who sat", "the cat sat"), ("who ran", "a dog")].map(|(q, c)| model.encode_pair(q, c).unwrap());
    let batch = Batch::of(&inputs);
    let wanted = model.run(&batch, &Hooks::new().record(&["hook_embed"])).unwrap();
    let vectors = wanted.get("hook_embed").unwrap();
    let given = model.run(&batch.with_embeddings(&vectors).unwrap(), &Hooks::new()).unwrap();
    assert_close(&given.logits().unwrap(), &wanted.logits().unwrap(), 0.0, "the same vectors");
    // One text, several versions of its vectors.
    let one = Batch::of(&inputs[..1]);
    let own = vectors.narrow(0, 0, 1).unwrap();
    let versions = Tensor::cat(&[&own, &(&own * 0.5).unwrap(), &own], 0).unwrap();
    let logits = model.run(&one.with_embeddings(&versions).unwrap(), &Hooks::new()).unwrap().logits().unwrap();
    let first = wanted.logits().unwrap().narrow(0, 0, 1).unwrap();
    assert_close(&logits.narrow(0, 2, 1).unwrap(), &first, 1e-5, "the third version");
    assert!(difference(&logits.narrow(0, 1, 1).unwrap(), &first) > 1e-2);
    assert_error(batch.with_embeddings(&versions), &["2 texts", "for 3"]);
    let narrow = own.narrow(2, 0, 8).unwrap();
    assert_error(model.run(&one.with_embeddings(&narrow).unwrap(), &Hooks::new()), &["width 8", "16"]);
}

#[test]
fn a_clean_text_is_patched_into_every_row_of_a_batch() {
    let model = load("gpt2_lm");
    let batch = batch(&model, &[TEXTS[0], TEXTS[0]]);
    let name = "blocks.0.hook_resid_post";
    let one = model.run(&super::batch(&model, &[TEXTS[0]]), &Hooks::new().record(&[name])).unwrap().get(name).unwrap();
    let half = (one * 0.5).unwrap();
    let run = model.run(&batch, &Hooks::new().replace(name, &half).record(&[name])).unwrap();
    assert_eq!(run.get(name).unwrap().dims()[0], 2);
    assert_close(&run.get(name).unwrap().narrow(0, 1, 1).unwrap(), &half, 0.0, name);
}

#[test]
fn names_and_shapes() {
    let model = load("llama_lm");
    let shapes = model.activation_shapes(&batch(&model, &TEXTS)).unwrap();
    let shape = |name: &str| shapes.iter().find(|shape| shape.0 == name).map(|shape| shape.1.clone()).unwrap();
    let tokens = shape("hook_embed")[1];
    assert_eq!(shape("blocks.1.attn.hook_q"), [2, tokens, 4, 4]);
    assert_eq!(shape("blocks.1.attn.hook_k"), [2, tokens, 2, 4], "two key heads");
    assert_eq!(shape("blocks.1.attn.hook_pattern"), [2, 4, tokens, tokens]);
    assert_eq!(shape("blocks.0.mlp.hook_pre_linear"), [2, tokens, 24]);
    assert_eq!(shape("hook_logits"), [2, tokens, 300]);
    let bert = load("bert_classifier").activation_names();
    assert!(bert.iter().any(|name| name == "hook_token_type_embed"));
    assert!(bert.iter().all(|name| !name.contains("ln_final") && !name.contains("rot_q")));
}

#[test]
fn wrong_hooks_are_refused() {
    let model = load("bert_classifier");
    let batch = batch(&model, &TEXTS);
    let refused = |hooks: Hooks, words: &[&str]| assert_error(model.run(&batch, &hooks), words);
    refused(
        Hooks::new().record(&["blocks.2.hook_resid_pre"]),
        &["blocks.2.hook_resid_pre", "blocks 0 to 1", "hook_embed"],
    );
    refused(Hooks::new().leaf("blocks.*.attn.hook_rot_q"), &["no activation `blocks.*.attn.hook_rot_q`"]);
    refused(Hooks::new().stop_after("blocks.*.hook_resid_pre"), &["no activation"]);
    refused(Hooks::new().edit("attn.hook_q", Box::new(|x| Ok(x.clone()))), &["no activation"]);
    let wrong = Tensor::zeros((2, 3), DType::F32, &candle_core::Device::Cpu).unwrap();
    refused(Hooks::new().replace("hook_embed", &wrong), &["`hook_embed` has the shape", "[2, 3]"]);
    refused(Hooks::new().replace("blocks.1.hook_resid_pre", &wrong), &["`blocks.1.hook_resid_pre` has the shape"]);
    let run = model.run(&batch, &Hooks::new().record(&["hook_embed"])).unwrap();
    assert_error(run.get("hook_pos_embed"), &["was not recorded", "hook_embed"]);
}
