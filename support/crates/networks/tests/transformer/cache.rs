//! Reading a text bit by bit is reading it at once.

use candle_core::Tensor;
use networks::transformer::Cache;
use networks::{Batch, Hooks, Transformer};

use super::{assert_close, assert_error, difference, load};

const CAUSAL: [&str; 4] = ["gpt2_lm", "llama_lm", "llama_lm_tied", "gpt2_classifier"];
const TEXT: &str = "the cat sat on the warm mat and a dog ran";

fn ids(model: &Transformer) -> Vec<u32> {
    model.encode(TEXT).unwrap().ids
}

fn rows(rows: &[&[u32]]) -> Batch {
    Batch::of_ids(&rows.iter().map(|row| row.to_vec()).collect::<Vec<_>>())
}

fn tokens_of(x: &Tensor, first: usize, count: usize) -> Tensor {
    x.narrow(1, first, count).unwrap()
}

#[test]
fn a_text_in_pieces_is_the_text() {
    for name in CAUSAL {
        let model = load(name);
        let ids = ids(&model);
        let whole = model.run(&rows(&[&ids]), &Hooks::new()).unwrap().hidden().unwrap();
        for pieces in [vec![1; ids.len()], vec![3, 1, ids.len() - 4], vec![ids.len() - 1, 1], vec![ids.len()]] {
            let (mut cache, mut at) = (Cache::new(), 0);
            for count in pieces {
                let run = model.extend(&mut cache, &rows(&[&ids[at..at + count]])).unwrap();
                assert_close(&run.hidden().unwrap(), &tokens_of(&whole, at, count), 1e-5, name);
                at += count;
                assert_eq!((cache.tokens(), cache.rows()), (at, 1));
            }
        }
    }
}

#[test]
fn texts_with_a_common_beginning_read_it_once() {
    for name in ["gpt2_lm", "llama_lm"] {
        let model = load(name);
        let ids = ids(&model);
        let (prefix, rest) = ids.split_at(5);
        let mut cache = Cache::new();
        model.extend(&mut cache, &rows(&[prefix])).unwrap();
        let other = [rest[1], rest[0]];
        let batch = rows(&[rest, &other, &rest[..1]]);
        let after = model.run_after(&cache, &batch, &Hooks::new()).unwrap().logits().unwrap();
        for (at, ending) in [rest, &other, &rest[..1]].into_iter().enumerate() {
            let all = [prefix, ending].concat();
            let wanted = model.run(&rows(&[&all]), &Hooks::new()).unwrap().logits().unwrap();
            let found = tokens_of(&after.narrow(0, at, 1).unwrap(), 0, ending.len());
            assert_close(&found, &tokens_of(&wanted, 5, ending.len()), 1e-4, name);
        }
        assert_eq!((cache.tokens(), cache.rows()), (5, 1), "the cache stays as it is");
        // From a common beginning to rows of their own.
        let mut two = cache.clone();
        model.extend(&mut two, &rows(&[&rest[..2], &other])).unwrap();
        assert_eq!((two.tokens(), two.rows()), (7, 2));
        let next = model.run_after(&two, &rows(&[&rest[2..3], &rest[2..3]]), &Hooks::new()).unwrap().logits().unwrap();
        let all = [prefix, &other, &rest[2..3]].concat();
        let wanted = model.run(&rows(&[&all]), &Hooks::new()).unwrap().logits().unwrap();
        assert_close(&next.narrow(0, 1, 1).unwrap(), &tokens_of(&wanted, 7, 1), 1e-4, name);
        assert!(difference(&next.narrow(0, 0, 1).unwrap(), &tokens_of(&wanted, 7, 1)) > 1e-2);
        // Back to the beginning.
        two.truncate(5).unwrap();
        let again = model.run_after(&two, &rows(&[rest, rest]), &Hooks::new()).unwrap().logits().unwrap();
        assert_close(&again.narrow(0, 1, 1).unwrap(), &after.narrow(0, 0, 1).unwrap(), 1e-5, name);
        two.truncate(0).unwrap();
        assert_eq!((two.tokens(), two.rows()), (0, 0));
    }
}

#[test]
fn hooks_reach_the_new_tokens() {
    let model = load("llama_lm");
    let ids = ids(&model);
    let (prefix, rest) = ids.split_at(4);
    let mut cache = Cache::new();
    model.extend(&mut cache, &rows(&[prefix])).unwrap();
    let names = ["blocks.*.attn.hook_pattern", "blocks.1.attn.hook_k", "blocks.0.hook_resid_post"];
    let whole = model.run(&rows(&[&ids]), &Hooks::new().record(&names)).unwrap();
    let after = model.run_after(&cache, &rows(&[rest]), &Hooks::new().record(&names)).unwrap();
    let pattern = after.get("blocks.1.attn.hook_pattern").unwrap(); // (1, heads, new tokens, all tokens)
    assert_eq!(pattern.dims(), [1, 4, rest.len(), ids.len()]);
    let wanted = whole.get("blocks.1.attn.hook_pattern").unwrap().narrow(2, 4, rest.len()).unwrap();
    assert_close(&pattern, &wanted, 1e-5, "pattern");
    for name in ["blocks.1.attn.hook_k", "blocks.0.hook_resid_post"] {
        assert_close(&after.get(name).unwrap(), &tokens_of(&whole.get(name).unwrap(), 4, rest.len()), 1e-5, name);
    }
    // A change of the first new token reaches those after it.
    let hooks = Hooks::new().edit("hook_embed", Box::new(|x| Ok((x * 0.0)?)));
    let changed = model.run_after(&cache, &rows(&[rest]), &hooks).unwrap().logits().unwrap();
    assert!(
        difference(&changed, &model.run_after(&cache, &rows(&[rest]), &Hooks::new()).unwrap().logits().unwrap()) > 1e-2
    );
    assert_error(model.run_after(&cache, &rows(&[rest]), &Hooks::new().record(&["nothing"])), &["no activation"]);
}

#[test]
fn caches_that_do_not_fit_are_refused() {
    let model = load("gpt2_lm");
    let mut cache = Cache::new();
    for name in ["bert_lm", "distilbert_lm"] {
        assert_error(load(name).extend(&mut cache, &rows(&[&[5, 6]])), &["a cache cannot be used", "GPT-2 and Llama"]);
    }
    model.extend(&mut cache, &rows(&[&[5; 30], &[6; 30]])).unwrap();
    let refused = |model: &Transformer, batch: &Batch, words: &[&str]| {
        assert_error(model.run_after(&cache, batch, &Hooks::new()), words);
        assert_error(model.extend(&mut cache.clone(), batch), words);
    };
    refused(&model, &rows(&[&[5; 11], &[5; 11]]), &["30 tokens were read", "11 are to follow", "at most 40"]);
    refused(&model, &rows(&[&[5], &[5], &[5]]), &["2 rows", "the batch 3"]);
    refused(&load("llama_lm"), &rows(&[&[5], &[5]]), &["made by another model"]);
    refused(&model, &rows(&[&[], &[5]]), &["text 0 of the batch has no token"]);
    assert_error(model.extend(&mut cache.clone(), &rows(&[&[5, 6], &[5]])), &["[2, 1]", "run_after"]);
    assert_eq!((cache.tokens(), cache.rows()), (30, 2), "a refused batch changes nothing");
}
