//! The list of activations, against that of TransformerLens 3 (fixtures/make_hook_names.py) and against what models have.

use networks::Hooks;
use networks::transformer::HOOK_POINTS;
use serde_json::{self, Value};

use super::{CLASSIFIERS, LANGUAGE_MODELS, TEXTS, assert_close, assert_error, batch, folder, load};

/// Names that TransformerLens does not have, and why.
const OURS: [(&str, &str, &str); 5] = [
    ("BERT", "hook_embed", "HookedEncoder puts `embed.` in front; TransformerBridge means the sum after the norm"),
    ("BERT", "hook_token_type_embed", "HookedEncoder puts `embed.` in front"),
    ("BERT", "hook_pos_embed", "HookedEncoder puts `embed.` in front"),
    ("BERT", "hook_embed_sum", "what the norm of BERT's embeddings reads has no name in HookedEncoder"),
    ("all", "hook_logits", "TransformerLens calls it hook_unembed, and BERT's classes have no name there"),
];

fn theirs() -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder("hook_names.json")).unwrap()).unwrap()
}

/// `blocks.n.attn.hook_q` of the list as it is called in block 0.
fn in_first_block(in_block: bool, name: &str) -> String {
    if in_block { format!("blocks.0.{name}") } else { name.to_owned() }
}

#[test]
fn names_are_those_of_transformer_lens() {
    let json = theirs();
    for (name, list) in [("gpt2_lm", "gpt2"), ("llama_lm", "llama"), ("bert_classifier", "HookedEncoder")] {
        let known: Vec<&str> =
            json[list]["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        assert!(known.len() > 30);
        let model = load(name);
        let first = model.activation_names().into_iter().filter(|name| !name.starts_with("blocks.1."));
        let mut missing: Vec<String> = first.filter(|name| !known.contains(&name.as_str())).collect();
        let bert = name.starts_with("bert");
        let excused =
            OURS.iter().filter(|(models, ..)| *models == "all" || bert).map(|(_, name, _)| (*name).to_owned());
        let mut excused: Vec<String> = excused.collect();
        missing.sort();
        excused.sort();
        assert_eq!(missing, excused, "{name}: the list of our own names is exact");
    }
}

/// Each other name stands for the same activation in TransformerBridge, in every architecture that has it.
#[test]
fn other_names_are_those_of_transformer_lens() {
    let json = theirs();
    let mut compared = 0;
    for (architecture, name) in [("gpt2", "gpt2_lm"), ("llama", "llama_lm"), ("bert", "bert_lm")] {
        let aliases = json[architecture]["aliases"].as_object().unwrap();
        let names: Vec<&str> =
            json[architecture]["names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
        let ours = load(name).activation_names();
        for point in HOOK_POINTS {
            let own = in_first_block(point.in_block, point.name);
            for also in point.also {
                let other = in_first_block(point.in_block, also);
                if !ours.contains(&own) || !names.contains(&other.as_str()) {
                    continue;
                }
                compared += 1;
                let target = |name: &str| aliases.get(name).and_then(Value::as_str).map(str::to_owned);
                // In GPT-2 and Llama, what TransformerBridge calls our name is this module or the one around it.
                if let Some(target) = target(&own)
                    && architecture != "bert"
                {
                    let around = ["attn.o.hook_out", "mlp.out.hook_out"].iter().any(|end| other.ends_with(end));
                    assert!(target == other || around, "{architecture}: {own} is {target}, not {other}");
                }
            }
        }
    }
    assert!(compared > 25, "{compared}");
}

#[test]
fn every_name_works_by_its_other_names() {
    for name in ["bert_lm", "gpt2_lm", "llama_lm"] {
        let model = load(name);
        let batch = batch(&model, &TEXTS);
        let names = model.activation_names();
        let all = model.run(&batch, &Hooks::new().record(&["*"])).unwrap();
        for point in HOOK_POINTS {
            let own = in_first_block(point.in_block, point.name);
            for also in point.also.iter().filter(|_| names.contains(&own)) {
                let other = in_first_block(point.in_block, also);
                let run = model.run(&batch, &Hooks::new().record(&[other.as_str()])).unwrap();
                assert_eq!(run.names(), std::slice::from_ref(&own));
                assert_close(&run.get(&other).unwrap(), &all.get(&own).unwrap(), 1e-5, &other);
            }
        }
    }
    let model = load("gpt2_lm");
    let batch = batch(&model, &TEXTS);
    let run = model.run(&batch, &Hooks::new().leaf("blocks.*.attn.q.hook_out")).unwrap();
    let slope = run.gradient(&run.logits().unwrap(), "blocks.1.attn.q.hook_out").unwrap();
    assert_eq!(slope.dims()[2..], [4, 4]);
    let stopped = model.run(&batch, &Hooks::new().record(&["*"]).stop_after("blocks.0.hook_in")).unwrap();
    assert_eq!(stopped.names().last().unwrap(), "blocks.0.hook_resid_pre");
    // `hook_out` is the residual after the norm in TransformerBridge's BERT: not understood.
    assert_error(
        model.run(&batch, &Hooks::new().record(&["blocks.0.hook_out"])),
        &["no activation `blocks.0.hook_out`"],
    );
}

/// The shapes and the models of the list are those of real passes.
#[test]
fn shapes_and_models_are_as_listed() {
    let architectures = ["BERT", "DistilBERT", "GPT-2", "Llama"];
    for name in CLASSIFIERS.iter().chain(&LANGUAGE_MODELS) {
        let model = load(name);
        let config = model.config();
        let batch = batch(&model, &TEXTS);
        let shapes = model.activation_shapes(&batch).unwrap();
        let length = |dimension: &str| match dimension {
            "batch" => 2,
            "tokens" | "query" | "key" => batch.tokens(),
            "width" => config.width,
            "heads" => config.heads,
            "key heads" => config.key_heads,
            "head width" => config.head_width,
            "MLP width" => config.mlp_width,
            "1" => 1,
            other => panic!("no dimension is called {other}"),
        };
        let own = architectures[config.architecture as usize];
        let has_classifier = name.ends_with("classifier");
        for point in HOOK_POINTS {
            let found = shapes.iter().find(|(name, _)| *name == in_first_block(point.in_block, point.name));
            let of_all = point.models.starts_with("all");
            let named = point.models.split([',', ' ']).any(|word| word == own);
            let listed = of_all || named && (has_classifier || !point.models.contains("with a classifier"));
            assert_eq!(found.is_some(), listed, "{name} {}", point.name);
            if let Some((_, shape)) = found.filter(|_| point.name != "hook_logits") {
                let expected: Vec<usize> = point.shape.split(", ").map(length).collect();
                assert_eq!(*shape, expected, "{name} {}", point.name);
            }
        }
        let listed: Vec<&str> = HOOK_POINTS.iter().map(|point| point.name).collect();
        let short = |name: &str| name.strip_prefix("blocks.").map_or(name.to_owned(), |rest| rest[2..].to_owned());
        assert!(model.activation_names().iter().all(|name| listed.contains(&short(name).as_str())), "{name}");
    }
}
