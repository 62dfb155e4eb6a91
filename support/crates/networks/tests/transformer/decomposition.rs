//! The residual as a sum of contributions, and from the residual to the logits.

use candle_core::{DType, Device, Tensor};
use networks::transformer::Parts;
use networks::{Hooks, Transformer};

use super::{CLASSIFIERS, LANGUAGE_MODELS, TEXTS, assert_close, assert_error, batch, difference, load, tensors};

const PRE_NORM: [&str; 3] = ["gpt2_lm", "llama_lm", "llama_lm_tied"];
const ALL_PARTS: [Parts; 3] = [Parts::Layers, Parts::Components, Parts::Heads];

#[test]
fn contributions_add_up_to_the_last_residual() {
    let mut most = 0f32;
    for name in CLASSIFIERS.iter().chain(&LANGUAGE_MODELS) {
        let model = load(name);
        let batch = batch(&model, &TEXTS);
        let config = model.config();
        let last = if config.post_norm { "blocks.1.hook_normalized_resid_post" } else { "blocks.1.hook_resid_post" };
        let wanted = model.run(&batch, &Hooks::new().record(&[last])).unwrap().get(last).unwrap();
        for parts in ALL_PARTS {
            let found = model.decompose(&batch, parts).unwrap();
            let (count, contributions) = (found.names().len(), found.contributions());
            assert_eq!(contributions.dims(), [count, 2, batch.tokens(), config.width]);
            most = most.max(difference(&contributions.sum(0).unwrap(), &wanted));
            assert_close(&contributions.sum(0).unwrap(), &wanted, 1e-4, &format!("{name} {parts:?}"));
            assert_close(found.total(), &wanted, 1e-5, name);
            assert!(
                difference(&found.get(&found.names()[count - 1]).unwrap(), &wanted) > 1e-2,
                "{name}: no part is everything"
            );
        }
    }
    println!("the largest difference is {most:.1e}");
}

#[test]
fn finer_parts_add_up_to_coarser_ones() {
    for name in LANGUAGE_MODELS {
        let model = load(name);
        let batch = batch(&model, &TEXTS);
        let [layers, components, heads] = ALL_PARTS.map(|parts| model.decompose(&batch, parts).unwrap());
        let sum = |of: &networks::transformer::Decomposition, begin: &str| {
            let chosen = of.names().iter().filter(|part| part.starts_with(begin)).map(|part| of.get(part).unwrap());
            chosen.reduce(|sum, part| (sum + part).unwrap()).unwrap()
        };
        for n in 0..2 {
            let block = format!("blocks.{n}");
            assert_close(&sum(&components, &format!("{block}.")), &layers.get(&block).unwrap(), 1e-5, name);
            let attention = components.get(&format!("{block}.hook_attn_out")).unwrap();
            assert_close(&sum(&heads, &format!("{block}.attn.")), &attention, 1e-5, name);
        }
    }
    let bert = load("bert_lm");
    let found = bert.decompose(&batch(&bert, &TEXTS), Parts::Components).unwrap();
    let block = |n: usize| ["hook_attn_out", "ln1.b", "hook_mlp_out", "ln2.b"].map(|part| format!("blocks.{n}.{part}"));
    let before = ["hook_embed", "hook_token_type_embed", "hook_pos_embed", "embed.ln.b"].map(str::to_owned);
    assert_eq!(found.names(), [before, block(0), block(1)].concat());
    assert_error(found.get("blocks.0.attn.hook_result.0"), &["no part `blocks.0.attn.hook_result.0`", "hook_embed"]);
    let gpt2 = load("gpt2_lm");
    let found = gpt2.decompose(&batch(&gpt2, &TEXTS), Parts::Heads).unwrap();
    assert_eq!(found.names().len(), 2 + 2 * (4 + 1 + 1));
    assert_eq!(found.names()[2], "blocks.0.attn.hook_result.0");
    assert_eq!(found.names()[6], "blocks.0.attn.b_O");
}

/// In GPT-2 and Llama the contributions are recorded activations; in BERT they are those, seen through the norms.
#[test]
fn contributions_are_the_activations() {
    let model = load("llama_lm");
    let batch = batch(&model, &TEXTS);
    let run = model.run(&batch, &Hooks::new().record(&["*"])).unwrap();
    let found = model.decompose(&batch, Parts::Components).unwrap();
    for name in found.names() {
        assert_close(&found.get(name).unwrap(), &run.get(name).unwrap(), 1e-5, name);
    }
}

#[test]
fn contributions_through_the_final_norm_add_up_to_the_logits() {
    for name in PRE_NORM {
        let model = load(name);
        let batch = batch(&model, &TEXTS);
        let run = model.run(&batch, &Hooks::new()).unwrap();
        for parts in ALL_PARTS {
            let before = model.decompose(&batch, parts).unwrap();
            assert_error(model.logit_contributions(&before, &[5]), &["after_final_norm"]);
            let normed = before.after_final_norm(&model).unwrap();
            assert_eq!(normed.names().contains(&"ln_final.b".to_owned()), name == "gpt2_lm");
            assert_close(&normed.contributions().sum(0).unwrap(), &run.hidden().unwrap(), 1e-4, name);
            let ids = [5u32, 70, 299];
            let shares = model.logit_contributions(&normed, &ids).unwrap();
            assert_eq!(shares.dims(), [normed.names().len(), 2, batch.tokens(), 3]);
            let ids = Tensor::new(&ids, &Device::Cpu).unwrap();
            let wanted = run.logits().unwrap().index_select(&ids, 2).unwrap();
            assert_close(&shares.sum(0).unwrap(), &wanted, 1e-4, &format!("{name} {parts:?}"));
        }
        let other = load("bert_lm").decompose(&super::batch(&load("bert_lm"), &TEXTS), Parts::Layers).unwrap();
        assert_error(load("bert_lm").logit_contributions(&other, &[5]), &["Bert's head", "GPT-2 and Llama"]);
        let normed = model.decompose(&batch, Parts::Layers).unwrap().after_final_norm(&model).unwrap();
        assert_error(model.logit_contributions(&normed, &[300]), &["the id 300"]);
    }
    let classifier = load("gpt2_classifier");
    let found = classifier.decompose(&batch(&classifier, &TEXTS), Parts::Layers).unwrap();
    let found = found.after_final_norm(&classifier).unwrap();
    assert_error(classifier.logit_contributions(&found, &[5]), &["Gpt2", "Classifier", "language model"]);
}

fn last_state(model: &Transformer) -> (Tensor, Tensor) {
    let name =
        if model.config().post_norm { "blocks.1.hook_normalized_resid_post" } else { "blocks.1.hook_resid_post" };
    let run = model.run(&batch(model, &TEXTS), &Hooks::new().record(&[name])).unwrap();
    (run.get(name).unwrap(), run.logits().unwrap())
}

#[test]
fn final_norm_and_unembedding_of_the_last_residual_are_the_logits() {
    for name in LANGUAGE_MODELS {
        let model = load(name);
        let (residual, logits) = last_state(&model);
        let lens = |x: &Tensor| model.unembed(&model.final_norm(x).unwrap()).unwrap();
        assert_close(&lens(&residual), &logits, 1e-5, name);
        // Any number of dimensions before the width.
        let one = residual.get(1).unwrap().get(2).unwrap();
        assert_close(&lens(&one), &logits.get(1).unwrap().get(2).unwrap(), 1e-5, name);
        assert_error(model.unembed(&logits), &["(…, 16)"]);
        assert_error(model.final_norm(&logits), &["(…, 16)"]);
    }
}

#[test]
fn models_without_a_language_model_head_do_not_unembed() {
    let x = Tensor::zeros((1, 2, 16), DType::F32, &Device::Cpu).unwrap();
    for name in ["bert", "bert_span", "gpt2_classifier", "llama_span", "distilbert_classifier"] {
        assert_error(load(name).unembed(&x), &["no logits of tokens", "GPT2LMHeadModel"]);
    }
    // A bare GPT-2 whose configuration ties the two matrices is unembedded with that of the words; an untied Llama is not.
    for (name, prefix, tied) in
        [("gpt2_lm", "transformer.", true), ("llama_lm_tied", "model.", true), ("llama_lm", "model.", false)]
    {
        let whole = load(name);
        let mut config = whole.config().clone();
        config.head = Some(networks::transformer::Head::Bare);
        let stored = tensors(name, "model");
        let bare = stored.into_iter().filter_map(|(key, x)| Some((key.strip_prefix(prefix)?.to_owned(), x))).collect();
        let bare = Transformer::from_tensors(&config, &bare, "").unwrap();
        let (residual, logits) = last_state(&whole);
        let lens = bare.final_norm(&residual).and_then(|x| bare.unembed(&x));
        match tied {
            true => assert_close(&lens.unwrap(), &logits, 1e-5, name),
            false => assert_error(lens, &["Llama", "Bare", "no logits of tokens"]),
        }
    }
}
