//! What must hold for any weights.

use crate::names::attribution::path_integral;
use crate::names::candle_core::Tensor;
use crate::names::model::{Explainable, TokenEmbeddings, arg_max};
use crate::names::nn::{Batch, Hooks};
use crate::names::*;

use super::{CLASSIFIERS, DEEP, TEXT, load, some};
use crate::toy::{Toy, close_all};

fn list(tensor: &Tensor) -> Vec<f64> {
    tensor.to_dtype(DType::F64).unwrap().flatten_all().unwrap().to_vec1().unwrap()
}

#[test]
fn the_delta_goes_to_zero_at_every_residual() {
    for name in DEEP.iter().chain(&CLASSIFIERS) {
        let model = load(name);
        let (input, what) = (model.encode(TEXT).unwrap(), some(&model));
        for place in model.activation_names().iter().filter(|name| name.contains("hook_resid_p")) {
            let delta = |steps: usize| {
                let ig = IntegratedGradients::new().steps(steps);
                let found = ig.explain(&model, &input, &Place::at(place), &what).unwrap();
                assert!(found.scores.iter().any(|score| score.abs() > 1e-4), "{name} {place}");
                found.delta().abs()
            };
            let (few, many) = (delta(2), delta(300));
            assert!(many < 1e-4 || many < 0.1 * few, "{name} {place}: {few} {many}");
            assert!(many < 2e-3, "{name} {place}: {many}");
        }
    }
}

/// The old way, a class at the token embeddings, is one case of the new one, to the last bit.
#[test]
fn a_class_at_the_token_embeddings() {
    let methods: [&dyn Method; 4] = [
        &IntegratedGradients::new().steps(12).output(Output::Probability),
        &Saliency::new(),
        &SmoothGrad::new().samples(5),
        &IntegratedGradients::new().steps(7).baseline(Baseline::Mean),
    ];
    for name in CLASSIFIERS {
        let model = load(name);
        let input = model.encode(TEXT).unwrap();
        for method in methods {
            let old = method.attribute(&model, &input, 1).unwrap();
            let what = What::class(1).unit(method.unit());
            let explain = |model: &dyn Explainable, place: &Place| method.explain(model, &input, place, &what).unwrap();
            assert_eq!(explain(&model, &Place::at("hook_embed")), old);
            assert_eq!(explain(&model, &Place::embeddings()), old);
            let outside = explain(&TokenEmbeddings(&model), &Place::embeddings());
            assert_eq!((outside.scores, outside.place.as_str()), (old.scores, "token embeddings"));
            assert_eq!((old.place.as_str(), old.target_name.as_str()), ("hook_embed", "middling"));
            assert_eq!(old.explained, format!("{} of middling", method.unit().name()));
        }
    }
}

#[test]
fn differences_and_units() {
    for name in DEEP {
        let model = load(name);
        let input = model.encode(TEXT).unwrap();
        let place = Place::at("blocks.1.hook_resid_post");
        let ig = IntegratedGradients::new();
        let explain = |what: What| ig.explain(&model, &input, &place, &what).unwrap();
        let (a, b) = (What::token(3, 9), What::token(3, 12));
        let [first, second] = [&a, &b].map(|what| explain(what.clone()));
        let both = explain(What::difference(a.clone(), b.clone()));
        let apart: Vec<f64> = first.scores.iter().zip(&second.scores).map(|(a, b)| a - b).collect();
        close_all(&both.scores, &apart, 1e-4);
        close_all(&[both.f_x], &[first.f_x - second.f_x], 1e-4);
        // At one position, the difference of log-probabilities is that of logits.
        let logs = explain(What::contrast(a.clone().log_probability(), b.log_probability()));
        close_all(&logs.scores, &both.scores, 1e-3);
        // p = exp(log p), and dp = p · d log p.
        let slope = |what: What| Saliency::new().explain(&model, &input, &place, &what).unwrap();
        let (p, log) = (slope(a.clone().probability()), slope(a.log_probability()));
        close_all(&[p.f_x, p.f_baseline], &[log.f_x.exp(), log.f_baseline.exp()], 1e-4);
        close_all(&p.scores, &log.scores.iter().map(|slope| p.f_x * slope).collect::<Vec<_>>(), 1e-4);
        assert!(both.explained.contains("minus logit of"), "{}", both.explained);
    }
}

/// The function skips what lies before the place; with hooks in a whole pass, the gradient is the same. At every
/// activation, attention patterns and logits included.
#[test]
fn gradients_are_those_of_a_whole_pass() {
    for name in ["bert_deep", "gpt2_deep", "llama_deep", "distilbert_classifier", "gpt2_classifier"] {
        let model = load(name);
        let (input, what) = (model.encode(TEXT).unwrap(), some(&model));
        let batch = Batch::of(std::slice::from_ref(&input));
        let run = model.run(&batch, &Hooks::new().leaf("*")).unwrap();
        let logits = run.logits().unwrap();
        let number = match model.classes().is_empty() {
            true => {
                let row = logits.get(0).unwrap().get(4).unwrap();
                let sum = row.exp().unwrap().sum_all().unwrap().log().unwrap();
                (row.get(9).unwrap() - sum).unwrap()
            }
            false => logits.get(0).unwrap().get(2).unwrap(),
        };
        for (place, expected) in run.gradients(&number).unwrap() {
            let found = Saliency::new().explain_in_full(&model, &input, &Place::at(&place), &what).unwrap();
            assert_eq!(found.tensors[0].dims(), &expected.dims()[1..], "{name} {place}");
            close_all(&list(&found.tensors[0]), &list(&expected), 1e-3);
        }
    }
}

/// The function itself, for a method of one's own.
#[test]
fn a_path_integral_of_the_explained_function() {
    let model = load("llama_deep");
    let (input, what, place) = (model.encode(TEXT).unwrap(), some(&model), Place::at("blocks.1.mlp.hook_post"));
    let explained = model.explained(&[&input], &place, &[&what]).unwrap();
    let f = |points: &Tensor| explained.values(&vec![0; points.dim(0)?], std::slice::from_ref(points));
    let x = model.activations(&input, &place).unwrap().remove(0); // (tokens, MLP width)
    let x0 = model.activations(&input.padded_out(), &place).unwrap().remove(0);
    let whole = path_integral(&f, &x, &x0, Rule::Middle, 40).unwrap();
    let ig = IntegratedGradients::new().rule(Rule::Middle).steps(40);
    let found = ig.explain_in_full(&model, &input, &place, &what).unwrap();
    close_all(&list(&found.tensors[0]), &list(&whole), 1e-4);
    let two = Tensor::stack(&[&x, &x0], 0).unwrap(); // (points, tokens, MLP width)
    let error = explained.values(&[0], &[two]).unwrap_err().to_string();
    assert!(error.contains("one per row"), "{error}");
}

/// What a causal model says at a position does not depend on the tokens after it.
#[test]
fn later_tokens_get_nothing() {
    for name in ["gpt2_deep", "llama_deep"] {
        let model = load(name);
        let input = model.encode(TEXT).unwrap();
        let what = What::token(2, 9).probability();
        let place = Place::at("blocks.1.hook_resid_pre");
        let found = IntegratedGradients::new().explain(&model, &input, &place, &what).unwrap();
        assert_eq!(found.scores[3..].iter().map(|score| score.abs()).sum::<f64>(), 0.0);
        assert!(found.scores[1..3].iter().all(|&score| score != 0.0));
    }
}

#[test]
fn many_texts_at_once_get_the_scores_of_each_alone() {
    for (name, place) in [("gpt2_deep", "blocks.2.hook_mlp_out"), ("bert_classifier", "blocks.1.attn.hook_z")] {
        let model = load(name);
        let texts = [TEXT, "a dog ran to the cat", "the dog sat on the mat", "the film was not very good, the cat"];
        let inputs: Vec<Input> = (0..12).map(|at| model.encode(texts[at % 4]).unwrap()).collect();
        let whats: Vec<What> = (0..12)
            .map(|at| match model.classes().len() {
                0 if at % 3 == 0 => What::contrast(What::token(at % 4, 7), What::token(2, 9)),
                0 => What::token(at % 4, at as u32).probability(),
                classes => What::class(at % classes).log_probability(),
            })
            .collect();
        let ig = IntegratedGradients::new().steps(5);
        let all = ig.explain_all(&model, &inputs, &Place::at(place), &whats).unwrap();
        for ((found, input), what) in all.iter().zip(&inputs).zip(&whats) {
            let alone = ig.explain(&model, input, &Place::at(place), what).unwrap();
            assert!(found.attribution().unwrap().close_to(&alone.scores, 1e-4).unwrap(), "{name}");
            assert_eq!(found.explained(), alone.explained);
        }
    }
}

#[test]
fn places_and_what_they_hold() {
    let model = load("bert_deep");
    let (input, what) = (model.encode(TEXT).unwrap(), some(&model));
    let ig = IntegratedGradients::new();
    let full = |place: &Place| ig.explain_in_full(&model, &input, place, &what).unwrap();
    let pattern = full(&Place::at("blocks.1.attn.hook_pattern"));
    assert_eq!(pattern.tensors[0].dims(), [4, 8, 8]); // (heads, query, key)
    assert!(pattern.delta().unwrap().abs() < 1e-3);
    let one = full(&Place::at("blocks.1.hook_normalized_resid_post"));
    let next = full(&Place::at("blocks.2.hook_resid_pre"));
    assert_eq!(list(&one.tensors[0]), list(&next.tensors[0]), "two names of one activation");
    // The path of all of BERT's embeddings together ends where that of their sum does.
    let parts = full(&Place::several(&["hook_embed", "hook_pos_embed", "hook_token_type_embed"]));
    let sum = full(&Place::at("hook_embed_sum"));
    close_all(&list(&parts.tensors[0]), &list(&sum.tensors[0]), 1e-4);
    assert_eq!(list(&parts.tensors[1]).iter().map(|score| score.abs()).sum::<f64>(), 0.0, "positions do not move");
    let zs = full(&Place::at("blocks.*.attn.hook_z"));
    assert_eq!((zs.places.len(), zs.places[3].as_str()), (4, "blocks.3.attn.hook_z"));
    // Zero and an activation of one's own, in place of the model's for padding.
    let place = Place::at("blocks.2.hook_resid_post");
    let shape = model.activations(&input, &place).unwrap().remove(0);
    let zero = |baseline: Baseline| ig.clone().baseline(baseline).explain(&model, &input, &place, &what).unwrap();
    assert_eq!(zero(Baseline::Zero).scores, zero(Baseline::Vectors(shape.zeros_like().unwrap())).scores);
}

/// A classifier of one's own has one place, and every number of its classes.
#[test]
fn a_model_of_ones_own() {
    let toy = Toy::new(DType::F64);
    let input = toy.encode("one of the weakest entries").unwrap();
    let explain = |what: What| {
        let model = TokenEmbeddings(&toy);
        IntegratedGradients::new().explain(&model, &input, &Place::embeddings(), &what).unwrap()
    };
    let found = explain(What::contrast(What::class(0).probability(), What::class(1).probability()));
    assert_eq!(found.target_name, "negative rather than positive");
    assert_eq!(found.explained, "probability of negative minus probability of positive");
    assert!(found.delta().abs() < 1e-9);
    let [a, b] = [0, 1].map(|class| explain(What::class(class).probability()));
    close_all(&found.scores, &a.scores.iter().zip(&b.scores).map(|(a, b)| a - b).collect::<Vec<_>>(), 1e-9);
}

#[test]
fn the_first_of_equal_numbers_is_the_largest() {
    assert_eq!(arg_max(&[0.1, 0.5, 0.5, 0.2]), Some(1));
    assert_eq!(arg_max(&[f64::NAN, 0.5, f64::NAN]), Some(1));
    assert_eq!(arg_max(&[f64::NEG_INFINITY; 2]), Some(0));
    assert_eq!((arg_max::<f64>(&[]), arg_max(&[f64::NAN])), (None, None));
}
