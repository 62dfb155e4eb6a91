//! Weights by name: activations computed by hand from them are those of the pass; names and shapes are those of
//! TransformerLens 3 (fixtures/make_hook_names.py).

use candle_core::{D, Tensor};
use kernels::{fused, ops};
use networks::transformer::{Activation, Head};
use networks::{Hooks, Transformer};
use serde_json::{self, Value};

use super::{CLASSIFIERS, LANGUAGE_MODELS, TEXTS, assert_close, assert_error, batch, folder, load};

const ALL: [&str; 14] = [
    "bert",
    "bert_classifier",
    "bert_span",
    "bert_lm",
    "distilbert_classifier",
    "distilbert_span",
    "distilbert_lm",
    "gpt2_lm",
    "gpt2_classifier",
    "gpt2_span",
    "llama_lm",
    "llama_lm_tied",
    "llama_classifier",
    "llama_span",
];

/// x·W + b with `W` (inputs, outputs).
fn affine(model: &Transformer, x: &Tensor, weight: &str, bias: &str) -> Tensor {
    let y = x.broadcast_matmul(&model.weight(weight).unwrap()).unwrap();
    match model.weight_names().contains(&bias.to_owned()) {
        true => y.broadcast_add(&model.weight(bias).unwrap()).unwrap(),
        false => y,
    }
}

/// The same for each head: x (batch, tokens, width) gives (batch, tokens, heads, head width).
fn per_head(model: &Transformer, x: &Tensor, which: &str) -> Tensor {
    let weight = model.weight(&format!("blocks.1.attn.W_{which}")).unwrap(); // (heads, width, head width)
    let heads: Vec<Tensor> =
        (0..weight.dim(0).unwrap()).map(|head| x.broadcast_matmul(&weight.get(head).unwrap()).unwrap()).collect();
    let all = Tensor::stack(&heads, 2).unwrap(); // (batch, tokens, heads, head width)
    match model.weight(&format!("blocks.1.attn.b_{which}")) {
        Ok(bias) => all.broadcast_add(&bias).unwrap(),
        Err(_) => all,
    }
}

fn after_norm(model: &Transformer, normalized: &Tensor, norm: &str) -> Tensor {
    let y = normalized.broadcast_mul(&model.weight(&format!("{norm}.w")).unwrap()).unwrap();
    match model.weight(&format!("{norm}.b")) {
        Ok(bias) => y.broadcast_add(&bias).unwrap(),
        Err(_) => y,
    }
}

#[test]
fn activations_of_a_block_are_products_of_its_weights() {
    for name in CLASSIFIERS.iter().chain(&LANGUAGE_MODELS) {
        let model = load(name);
        let config = model.config();
        let run = model.run(&batch(&model, &TEXTS), &Hooks::new().record(&["*"])).unwrap();
        let get = |what: &str| run.get(&format!("blocks.1.{what}")).unwrap();
        let read = match config.post_norm {
            true => get("hook_resid_pre"),
            false => after_norm(&model, &get("ln1.hook_normalized"), "blocks.1.ln1"),
        };
        for (which, hook) in [("Q", "attn.hook_q"), ("K", "attn.hook_k"), ("V", "attn.hook_v")] {
            assert_close(&per_head(&model, &read, which), &get(hook), 1e-5, &format!("{name} {hook}"));
        }
        // What the heads read, through W_O: one matrix per head.
        let (z, w_o) = (get("attn.hook_z"), model.weight("blocks.1.attn.W_O").unwrap());
        assert_eq!(w_o.dims(), [config.heads, config.head_width, config.width]);
        let head = |h: usize| z.narrow(2, h, 1).unwrap().squeeze(2).unwrap().contiguous().unwrap();
        let results: Vec<Tensor> =
            (0..config.heads).map(|h| head(h).broadcast_matmul(&w_o.get(h).unwrap()).unwrap()).collect();
        let results = Tensor::stack(&results, 2).unwrap();
        assert_close(&results, &get("attn.hook_result"), 1e-5, name);
        let sum = results.sum(2).unwrap();
        let sum = match model.weight("blocks.1.attn.b_O") {
            Ok(bias) => sum.broadcast_add(&bias).unwrap(),
            Err(_) => sum,
        };
        assert_close(&sum, &get("hook_attn_out"), 1e-5, name);
        let norm = if config.post_norm { "ln1" } else { "ln2" };
        let middle = after_norm(&model, &get(&format!("{norm}.hook_normalized")), &format!("blocks.1.{norm}"));
        let (first, bias) = if config.gated { ("W_gate", "b_gate") } else { ("W_in", "b_in") };
        let pre = affine(&model, &middle, &format!("blocks.1.mlp.{first}"), &format!("blocks.1.mlp.{bias}"));
        assert_close(&pre, &get("mlp.hook_pre"), 1e-5, name);
        let mut post = match config.activation {
            Activation::Gelu => ops::gelu(&pre),
            Activation::GeluNew => ops::gelu_new(&pre),
            Activation::Relu => ops::relu(&pre),
            Activation::Silu => ops::silu(&pre),
        }
        .unwrap();
        if config.gated {
            let linear = affine(&model, &middle, "blocks.1.mlp.W_in", "blocks.1.mlp.b_in");
            assert_close(&linear, &get("mlp.hook_pre_linear"), 1e-5, name);
            post = (post * linear).unwrap();
        }
        assert_close(&post, &get("mlp.hook_post"), 1e-4, name);
        let out = affine(&model, &get("mlp.hook_post"), "blocks.1.mlp.W_out", "blocks.1.mlp.b_out");
        assert_close(&out, &get("hook_mlp_out"), 1e-5, name);
    }
}

#[test]
fn embeddings_and_heads_are_products_of_their_weights() {
    for name in CLASSIFIERS.iter().chain(&LANGUAGE_MODELS) {
        let model = load(name);
        let batch = batch(&model, &TEXTS);
        let run = model.run(&batch, &Hooks::new().record(&["*"])).unwrap();
        let input = model.encode(TEXTS[0]).unwrap();
        let first = |what: &str| run.get(what).unwrap().get(0).unwrap();
        let w_e = model.weight("embed.W_E").unwrap();
        let rows = w_e.index_select(&Tensor::new(input.ids.as_slice(), w_e.device()).unwrap(), 0).unwrap();
        assert_close(&rows, &first("hook_embed"), 0.0, name);
        if let Ok(positions) = model.weight("pos_embed.W_pos") {
            assert_close(&positions.narrow(0, 0, batch.tokens()).unwrap(), &first("hook_pos_embed"), 0.0, name);
        }
        if let Ok(types) = model.weight("token_type_embed.W_token_type") {
            assert_close(&types.get(0).unwrap(), &first("hook_token_type_embed").get(1).unwrap(), 0.0, name);
        }
        if model.config().post_norm {
            let full = after_norm(&model, &run.get("embed.ln.hook_normalized").unwrap(), "embed.ln");
            assert_close(&full, &run.get("hook_full_embed").unwrap(), 1e-6, name);
        } else {
            let out = after_norm(&model, &run.get("ln_final.hook_normalized").unwrap(), "ln_final");
            assert_close(&out, &run.get("ln_final.hook_out").unwrap(), 1e-6, name);
        }
        let (hidden, logits) = (run.hidden().unwrap(), run.logits().unwrap());
        let again = match (model.head(), model.config().post_norm) {
            (Head::LanguageModel, false) => affine(&model, &hidden, "unembed.W_U", "unembed.b_U"),
            (Head::LanguageModel, true) => {
                let x = fused::gelu(&affine(&model, &hidden, "mlm_head.W", "mlm_head.b")).unwrap();
                let (w, b) = (model.weight("mlm_head.ln.w").unwrap(), model.weight("mlm_head.ln.b").unwrap());
                let x = ops::layer_norm(&x, &w, &b, model.config().norm_eps).unwrap();
                affine(&model, &x, "unembed.W_U", "unembed.b_U")
            }
            (_, true) => affine(&model, &run.get("pooler.hook_pooler_out").unwrap(), "classifier.W", "classifier.b"),
            (_, false) => {
                let last: Vec<Tensor> = batch
                    .lengths()
                    .iter()
                    .enumerate()
                    .map(|(row, length)| hidden.get(row).unwrap().get(length - 1).unwrap())
                    .collect();
                affine(&model, &Tensor::stack(&last, 0).unwrap(), "classifier.W", "classifier.b")
            }
        };
        assert_close(&again, &logits, 1e-4, name);
    }
}

#[test]
fn names_and_shapes_are_those_of_transformer_lens() {
    let json = std::fs::read_to_string(folder("hook_names.json")).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    for (name, list, expected) in [("gpt2_lm", "gpt2", 21), ("llama_lm", "llama", 12), ("bert_lm", "HookedEncoder", 27)]
    {
        let theirs = json[list]["weights"].as_object().unwrap();
        let model = load(name);
        let names: Vec<String> =
            model.weight_names().into_iter().filter(|name| !name.starts_with("blocks.1.")).collect();
        for own in &names {
            // HookedEncoder keeps the embeddings in a module of their own.
            let found = theirs.get(own).or_else(|| theirs.get(&format!("embed.{own}")));
            let shape: Vec<usize> =
                found.unwrap().as_array().unwrap().iter().map(|length| length.as_u64().unwrap() as usize).collect();
            assert_eq!(model.weight(own).unwrap().dims(), shape, "{name} {own}");
        }
        assert_eq!(names.len(), expected, "{name}: {names:?}");
    }
}

#[test]
fn names_of_weights() {
    for name in ALL {
        let model = load(name);
        let names = model.weight_names();
        let mut once = names.clone();
        once.sort();
        once.dedup();
        assert_eq!(once.len(), names.len(), "{name}");
        for weight in &names {
            assert!(model.weight(weight).unwrap().dim(D::Minus1).unwrap() > 1, "{name} {weight}");
        }
        let has = |weight: &str| names.iter().any(|known| known == weight);
        assert_eq!(has("unembed.W_U"), model.head() == Head::LanguageModel, "{name}");
        assert_eq!(has("span.W"), model.head() == Head::Span);
        assert_eq!(has("classifier.W"), model.head() == Head::Classifier);
        assert_eq!(has("blocks.1.mlp.W_gate"), name.starts_with("llama"));
    }
    let llama = load("llama_lm");
    assert_eq!(llama.weight("blocks.0.attn.W_K").unwrap().dims(), [2, 16, 4], "two key heads");
    assert_eq!(llama.weight("blocks.0.attn.W_Q").unwrap().dims(), [4, 16, 4]);
    let tied = load("llama_lm_tied");
    assert_eq!(tied.weight("blocks.0.attn.b_Q").unwrap().dims(), [4, 6]);
    assert_close(&tied.weight("unembed.W_U").unwrap().t().unwrap(), &tied.weight("embed.W_E").unwrap(), 0.0, "tied");
    assert_error(llama.weight("blocks.0.attn.b_Q"), &["no weight `blocks.0.attn.b_Q`", "attn.W_Q", "blocks 0 to 1"]);
    assert_error(llama.weight("blocks.2.attn.W_Q"), &["no weight `blocks.2.attn.W_Q`"]);
    assert_error(llama.weight("W_E"), &["embed.W_E"]);
}
