//! The same numbers as Captum 0.9 at hooked activations, on the tiny checkpoints of the four architectures.

use crate::names::attribution::Explanation;
use crate::names::serde_json::{self, Value};
use crate::names::*;

use super::{DEEP, load};
use crate::toy::{close_all, numbers};

const TOLERANCE: f64 = 1e-3;

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/explained.json")).unwrap()
}

/// What the fixture's terms, [weight, kind, where …, unit], are here.
fn what(terms: &Value) -> What {
    let term = |term: &Value| {
        let at = |index: usize| term[index].as_u64().unwrap();
        let what = match term[1].as_str().unwrap() {
            "class" => What::class(at(2) as usize),
            "start" => What::span_start(at(2) as usize),
            "end" => What::span_end(at(2) as usize),
            _ => What::token(at(2) as usize, at(3) as u32),
        };
        match term.as_array().unwrap().last().unwrap().as_str().unwrap() {
            "logit" => what.logit(),
            "log" => what.log_probability(),
            _ => what.probability(),
        }
    };
    match terms.as_array().unwrap().as_slice() {
        [one] => term(one),
        [a, b] => What::contrast(term(a), term(b)),
        more => panic!("{more:?}"),
    }
}

fn texts(row: &Value) -> Vec<&str> {
    row["texts"].as_array().unwrap().iter().filter_map(Value::as_str).collect()
}

#[test]
fn every_method_at_a_hooked_activation() {
    let (mut spans, mut contrasts, mut third) = (0, 0, 0);
    for row in fixture()["rows"].as_array().unwrap() {
        let (name, place) = (row["model"].as_str().unwrap(), row["place"].as_str().unwrap());
        let model = load(name);
        let input = match texts(row)[..] {
            [first, second] => model.encode_pair(first, second).unwrap(),
            ref one => model.encode(one[0]).unwrap(),
        };
        assert_eq!(input.ids, numbers(&row["ids"]).iter().map(|&id| id as u32).collect::<Vec<_>>(), "{name}");
        let what = what(&row["what"]);
        let explain = |method: &dyn Method| method.explain(&model, &input, &Place::at(place), &what).unwrap();
        let ig = explain(&IntegratedGradients::new().steps(20));
        close_all(&ig.scores, &numbers(&row["ig"]), TOLERANCE);
        close_all(&[ig.f_x, ig.f_baseline], &[numbers(&row["f_x"]), numbers(&row["f_baseline"])].concat(), TOLERANCE);
        let (slope, expected) = (explain(&Saliency::new()).scores, numbers(&row["saliency"]));
        close_all(&slope, &expected, TOLERANCE);
        // Before a norm the product is 0: it is compared in units of the gradient.
        let product = explain(&InputXGradient::new()).scores;
        close_all(&[product, slope].concat(), &[numbers(&row["product"]), expected].concat(), TOLERANCE);
        let smooth = explain(&SmoothGrad::new().samples(3).noise(0.3));
        close_all(&smooth.scores, &numbers(&row["smoothgrad"]), TOLERANCE);
        assert_eq!((ig.place.as_str(), smooth.unsigned, ig.unsigned), (place, true, false));
        spans += usize::from(name.ends_with("_span"));
        contrasts += usize::from(what.terms().len() == 2);
        third += usize::from(place == "blocks.2.hook_resid_post");
    }
    assert_eq!((spans, contrasts, third), (12, 16, 12));
}

/// A path moves all activations at once, and each gets its share.
#[test]
fn several_activations_at_once() {
    for (row, name) in fixture()["joint"].as_array().unwrap().iter().zip(DEEP) {
        assert_eq!(row["model"], name);
        let model = load(name);
        let input = model.encode(row["text"].as_str().unwrap()).unwrap();
        let places: Vec<&str> = row["places"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let method = IntegratedGradients::new().steps(20);
        let place = Place::several(&places);
        let found: Explanation = method.explain_in_full(&model, &input, &place, &what(&row["what"])).unwrap();
        let scores: Vec<Vec<f64>> = places.iter().map(|place| found.attribution_at(place).unwrap().scores).collect();
        close_all(&scores.concat(), &numbers(&row["ig"]), TOLERANCE);
        assert!(found.delta().unwrap().abs() < 1e-2, "{name}: {:?}", found.delta());
        assert!(found.attribution().unwrap_err().to_string().contains("attribution_at"));
    }
}

/// The noise that the fixture's script was given.
#[test]
fn the_noise_is_our_own() {
    let noise: Value = serde_json::from_str(include_str!("../../../../tests/fixtures/explained_noise.json")).unwrap();
    for (sample, row) in noise.as_array().unwrap().iter().enumerate() {
        let drawn: Vec<f64> = SmoothGrad::new().draw(sample, 256).into_iter().map(f64::from).collect();
        close_all(&drawn, &numbers(row), 1e-6);
    }
}

/// Token types are the tokenizer's, not guessed: for pairs, for a text that holds `[SEP]`, and for baselines.
#[test]
fn token_types_are_transformers() {
    let model = load("bert_span");
    for row in fixture()["types"].as_array().unwrap() {
        let input = match texts(row)[..] {
            [first, second] => model.encode_pair(first, second).unwrap(),
            ref one => model.encode(one[0]).unwrap(),
        };
        let whole = |name: &str| numbers(&row[name]).iter().map(|&x| x as u32).collect::<Vec<_>>();
        assert_eq!((&input.ids, &input.types), (&whole("ids"), &whole("types")));
        let sequences: Vec<Option<u8>> =
            row["sequences"].as_array().unwrap().iter().map(|id| id.as_u64().map(|id| id as u8)).collect();
        assert_eq!(input.sequences, sequences);
        for (input, name) in [(input.clone(), "logits"), (input.padded_out(), "padded_out")] {
            let batch = nn::Batch::of(&[input]);
            let logits = model.run(&batch, &nn::Hooks::new()).unwrap().logits().unwrap();
            let logits: Vec<f32> = logits.flatten_all().unwrap().to_vec1().unwrap();
            close_all(&logits.into_iter().map(f64::from).collect::<Vec<_>>(), &numbers(&row[name]), 1e-4);
        }
    }
}
