//! Every gradient method against Captum 0.9 on the same weights: the toy, and the bidirectional LSTM of the lessons.
//!
//! fixtures/make_attribution.py made the numbers, in float64. Scores are compared per token, relative to the largest.

use crate::names::nn::{BiLstm, BiLstmConfig};
use crate::names::serde_json::Value;
use crate::names::text::WordTokenizer;
use crate::names::*;
use crate::toy::{Toy, close_all, fixture, numbers, tensor};

/// Captum's name of each rule. Its trapezoid weights sum to (n − 1) / n, ours to 1.
const RULES: [(&str, Rule); 5] = [
    ("riemann_left", Rule::Left),
    ("riemann_right", Rule::Right),
    ("riemann_middle", Rule::Middle),
    ("riemann_trapezoid", Rule::Trapezoid),
    ("gausslegendre", Rule::GaussLegendre),
];

fn equal_captum(model: &dyn DifferentiableClassifier, made: &Value, tolerance: f64) {
    let words = Toy::new(DType::F32);
    for text in made["texts"].as_array().unwrap() {
        let ids: Vec<u32> = numbers(&text["ids"]).iter().map(|&id| id as u32).collect();
        let target = text["target"].as_u64().unwrap() as usize;
        let input = words.input(&ids, &[]);
        let explain = |method: &dyn Method| method.attribute(model, &input, target).unwrap();
        let equal = |method: &dyn Method, expected: &Value| {
            close_all(&explain(method).scores, &numbers(expected), tolerance);
        };
        equal(&Saliency::new(), &text["saliency"]);
        equal(&InputXGradient::new(), &text["input_x_gradient"]);
        let ig = IntegratedGradients::new;
        for (name, rule) in RULES {
            for steps in [4, 50] {
                let share = if rule == Rule::Trapezoid { f64::from(steps - 1) / f64::from(steps) } else { 1.0 };
                let expected = numbers(&text["integrated"][format!("{name} {steps}")]);
                let expected: Vec<f64> = expected.iter().map(|score| score / share).collect();
                close_all(&explain(&ig().steps(steps as usize).rule(rule)).scores, &expected, tolerance);
            }
        }
        let ig = || ig().steps(20);
        equal(&ig().baseline(Baseline::Zero), &text["from_zero"]);
        equal(&ig().baseline(Baseline::Unknown), &text["from_unknown"]);
        equal(&ig().baseline(Baseline::Mean), &text["from_mean"]);
        equal(&ig().output(Output::Probability), &text["probability"]);
        // Captum's layer integrated gradients at the embedding: the path runs through vectors, not through ids.
        equal(&ig(), &text["layer"]);
        let found = explain(&ig());
        let values = [numbers(&text["f_x"]), numbers(&text["f_pad"])].concat();
        close_all(&[found.f_x, found.f_baseline], &values, tolerance);
    }
}

#[test]
fn the_toy() {
    equal_captum(&Toy::new(DType::F64), &fixture()["toy"], 1e-7);
    equal_captum(&Toy::new(DType::F32), &fixture()["toy"], 1e-5);
}

#[test]
fn the_bidirectional_lstm() {
    let made = fixture();
    let words: Vec<&str> = made["vocabulary"].as_array().unwrap()[2..].iter().filter_map(Value::as_str).collect();
    let tokenizer = WordTokenizer::train(&[words.join(" ")], 100, 1).unwrap();
    let weights = made["bilstm"]["weights"].as_object().unwrap();
    let (width, hidden) = (tensor(&weights["embedding.weight"]), tensor(&weights["lstm.weight_hh_l0"]));
    let config = BiLstmConfig {
        embedding: width.dims()[1],
        hidden: hidden.dims()[1],
        ..BiLstmConfig::new(width.dims()[0], &["negative".into(), "positive".into()])
    };
    let model = BiLstm::new(&config, &tokenizer, 0).unwrap();
    for (name, values) in weights {
        model.set_parameter(name, &tensor(values)).unwrap();
    }
    equal_captum(&model, &made["bilstm"], 2e-5);
}
