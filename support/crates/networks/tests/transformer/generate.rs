//! Writing on, against transformers (fixtures/make_generate.py), with and without the cache; what is drawn, and how often.

use std::collections::HashMap;

use networks::transformer::Generate;
use networks::{Batch, Hooks, Transformer};
use serde_json::{self, Value};

use super::{assert_error, folder, load, numbers};

fn fixture() -> Value {
    serde_json::from_str(&std::fs::read_to_string(folder("generate.json")).unwrap()).unwrap()
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

fn reals(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

#[test]
fn greedy_is_transformers_token_by_token() {
    let mut rows = 0;
    for row in fixture()["greedy"].as_array().unwrap() {
        let name = row["model"].as_str().unwrap();
        let model = load(name);
        let prompt = row["prompt"].as_str().unwrap();
        let (prompt_ids, wanted) = (ids(&row["prompt_ids"]), ids(&row["ids"]));
        assert_eq!(model.encode(prompt).unwrap().ids, prompt_ids);
        for options in [Generate::new(), Generate::new().without_cache()] {
            let options = options.stop(&[]);
            let found = model.generate(prompt, &options).unwrap();
            assert_eq!(found.ids, wanted, "{name} {prompt} {options:?}");
            assert_eq!((found.text.as_str(), found.stopped), (row["text"].as_str().unwrap(), false));
            assert_eq!(found.tokens.len(), 20);
            for (ours, theirs) in found.log_probabilities.iter().zip(reals(&row["log_probabilities"])) {
                assert!((ours - theirs).abs() < 1e-4, "{name} {prompt}: {ours} {theirs}");
            }
            assert_eq!(model.generate_ids(&prompt_ids, &options).unwrap(), found);
            let stop = row["stop"].as_u64().unwrap() as u32;
            let stopped = model.generate(prompt, &options.stop(&[stop])).unwrap();
            assert_eq!((stopped.ids, stopped.stopped), (ids(&row["stopped"]), true));
        }
        rows += 1;
    }
    assert_eq!(rows, 12);
}

#[test]
fn distributions_are_transformers() {
    for row in fixture()["distributions"].as_array().unwrap() {
        let logits: Vec<f32> = reals(&row["logits"]).into_iter().map(|x| x as f32).collect();
        let mut options = Generate::new().temperature(row["temperature"].as_f64().unwrap());
        if let Some(k) = row["top_k"].as_u64() {
            options = options.top_k(k as usize);
        }
        if let Some(p) = row["top_p"].as_f64() {
            options = options.top_p(p);
        }
        let found = options.distribution(&logits).unwrap();
        assert_eq!(found.iter().map(|(id, _)| *id).collect::<Vec<_>>(), ids(&row["ids"]), "{row}");
        for ((_, ours), theirs) in found.iter().zip(reals(&row["probabilities"])) {
            assert!((ours - theirs).abs() < 1e-5, "{row}: {ours} {theirs}");
        }
    }
}

#[test]
fn what_top_k_top_p_and_temperature_keep() {
    let logits: Vec<f32> = (0..40).map(|at| ((at * 7919) % 97) as f32 / 20.0).collect();
    let all = Generate::new().distribution(&logits).unwrap();
    assert!((all.iter().map(|(_, p)| p).sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(all.windows(2).all(|pair| pair[0].1 >= pair[1].1) && all.len() == 40);
    for k in [1, 3, 39, 40, 100] {
        let kept = Generate::new().top_k(k).distribution(&logits).unwrap();
        assert_eq!(kept.len(), k.min(40));
        assert!(kept.iter().zip(&all).all(|(a, b)| a.0 == b.0), "the most probable ones");
    }
    // Of equals, those with the smaller ids.
    let kept = Generate::new().top_k(2).distribution(&[1.0, 2.0, 2.0, 2.0]).unwrap();
    assert_eq!(kept, [(1, 0.5), (2, 0.5)]);
    for p in [0.01, 0.3, 0.5, 0.9, 0.999, 1.0] {
        let kept = Generate::new().top_p(p).distribution(&logits).unwrap().len();
        let mass = |count: usize| all.iter().take(count).map(|(_, x)| x).sum::<f64>();
        assert!(mass(kept) >= p - 1e-12, "they reach {p}");
        assert!(mass(kept - 1) < p, "and one fewer does not");
    }
    // Towards 0 all probability is on the largest logit; a high temperature makes all alike.
    let cold = Generate::new().temperature(1e-6).distribution(&logits).unwrap();
    assert!((cold[0].1 - 1.0).abs() < 1e-12 && cold[0].0 == all[0].0);
    let hot = Generate::new().temperature(1e6).distribution(&logits).unwrap();
    assert!(hot.iter().all(|(_, p)| (p - 1.0 / 40.0).abs() < 1e-5));
}

/// How often a token is drawn is what its probability says: Pearson's χ² over 2,000 seeds.
#[test]
fn tokens_are_drawn_as_often_as_their_probabilities_say() {
    let model = load("gpt2_lm");
    let prompt = model.encode("a dog ran").unwrap().ids;
    let logits = model.run(&Batch::of_ids(std::slice::from_ref(&prompt)), &Hooks::new()).unwrap().logits().unwrap();
    let last = numbers(&logits.get(0).unwrap().get(prompt.len() - 1).unwrap());
    let options = Generate::new().tokens(1).temperature(0.5).top_k(8).top_p(0.95);
    let expected = options.distribution(&last).unwrap();
    assert!((4..=8).contains(&expected.len()), "{expected:?}");
    let mut counts: HashMap<u32, f64> = HashMap::new();
    let seeds = 2000;
    for seed in 0..seeds {
        let id = model.generate_ids(&prompt, &options.clone().seed(seed)).unwrap().ids[0];
        *counts.entry(id).or_default() += 1.0;
    }
    assert!(counts.keys().all(|id| expected.iter().any(|(known, _)| known == id)), "nothing else is drawn");
    let chi: f64 = expected
        .iter()
        .map(|(id, p)| (counts.get(id).unwrap_or(&0.0) - p * seeds as f64).powi(2) / (p * seeds as f64))
        .sum();
    // With up to 7 degrees of freedom, χ² is above 24.3 once in a thousand times; the seeds are fixed.
    assert!(chi < 24.3, "χ² = {chi:.1}");
}

#[test]
fn seeds_and_the_cache_decide_nothing_else() {
    for name in ["gpt2_lm", "llama_lm_tied"] {
        let model = load(name);
        let options = Generate::new().temperature(0.9).top_k(50).top_p(0.95).stop(&[]);
        let write = |options: &Generate| model.generate("the cat sat", options).unwrap();
        let one = write(&options.clone().seed(1));
        assert_eq!(write(&options.clone().seed(1)), one, "the same seed");
        assert_ne!(write(&options.clone().seed(2)).ids, one.ids, "another seed");
        let without = write(&options.seed(1).without_cache());
        assert_eq!(without.ids, one.ids, "{name}");
        for (a, b) in without.log_probabilities.iter().zip(&one.log_probabilities) {
            assert!((a - b).abs() < 1e-4);
        }
        // Cold is greedy, and so is the best of one.
        let greedy = write(&Generate::new().stop(&[]));
        assert_eq!(write(&Generate::new().temperature(1e-5).stop(&[])).ids, greedy.ids);
        assert_eq!(write(&Generate::new().top_k(1).seed(3).stop(&[])).ids, greedy.ids);
    }
}

#[test]
fn the_end_of_a_text_by_configuration() {
    let mut config = load("gpt2_lm").config().clone();
    let free = load("gpt2_lm").generate("a dog ran", &Generate::new().stop(&[])).unwrap();
    config.eos_id = Some(free.ids[1]);
    let stored = super::tensors("gpt2_lm", "model");
    let model = Transformer::from_tensors(&config, &stored, &format!("{}/tokenizer.json", folder("gpt2_lm"))).unwrap();
    let found = model.generate("a dog ran", &Generate::new()).unwrap();
    assert_eq!((found.ids.as_slice(), found.stopped), (&free.ids[..2], true));
    // Without a tokenizer there are ids.
    let model = Transformer::from_tensors(&config, &stored, "").unwrap();
    let prompt = load("gpt2_lm").encode("a dog ran").unwrap().ids;
    let found = model.generate_ids(&prompt, &Generate::new()).unwrap();
    assert_eq!((found.ids.as_slice(), found.text.as_str(), found.tokens.len()), (&free.ids[..2], "", 0));
    assert_error(model.generate("a dog ran", &Generate::new()), &["no tokenizer.json"]);
}

#[test]
fn wrong_options_and_models_are_refused() {
    let model = load("gpt2_lm");
    let refused = |options: Generate, words: &[&str]| assert_error(model.generate("the cat", &options), words);
    refused(Generate::new().tokens(0), &["tokens: at least 1"]);
    refused(Generate::new().top_k(0), &["top_k: at least 1", "leave it out"]);
    for temperature in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        refused(Generate::new().temperature(temperature), &["temperature: a number above 0", &temperature.to_string()]);
    }
    for p in [0.0, -0.1, 1.01, f64::NAN] {
        refused(Generate::new().top_p(p), &["top_p: a probability above 0 and up to 1", &p.to_string()]);
    }
    let length = model.encode("the cat").unwrap().len();
    let room = 40 - length;
    assert_eq!(model.generate("the cat", &Generate::new().tokens(room).stop(&[])).unwrap().ids.len(), room);
    refused(Generate::new().tokens(room + 1), &["at most 40 together", &format!("tokens({room})")]);
    assert_error(model.generate("", &Generate::new()), &["has no word"]);
    assert_error(model.generate_ids(&[], &Generate::new()), &["no token"]);
    assert_error(model.generate_ids(&[300], &Generate::new()), &["the id 300"]);
    for name in ["bert_lm", "distilbert_lm", "bert"] {
        assert_error(
            load(name).generate("the cat", &Generate::new()),
            &["GPT2LMHeadModel", "was not made to write on"],
        );
    }
    assert_error(load("gpt2_classifier").generate("the cat", &Generate::new()), &["Classifier", "GPT2LMHeadModel"]);
    assert_error(Generate::new().distribution(&[]), &["no logits"]);
    assert_error(Generate::new().distribution(&[1.0, f32::NAN]), &["the logit of token 1 is NaN"]);
}
