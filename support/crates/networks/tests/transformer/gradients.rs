//! Gradients with respect to any activation equal finite differences.

use candle_core::{Device, Tensor, Var};
use networks::{Hooks, Transformer};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{CLASSIFIERS, TEXTS, assert_close, batch, load, numbers, tensors};

/// Numbers between −1.7 and 1.7 with variance 1.
fn noise(shape: &[usize], rng: &mut ChaCha8Rng) -> Tensor {
    let count = shape.iter().product::<usize>();
    let numbers: Vec<f32> = (0..count).map(|_| rng.random_range(-1.732f32..1.732)).collect();
    Tensor::from_vec(numbers, shape, &Device::Cpu).unwrap()
}

fn dot(a: &Tensor, b: &Tensor) -> f64 {
    numbers(a).iter().zip(numbers(b)).map(|(a, b)| f64::from(*a) * f64::from(b)).sum()
}

#[test]
fn gradients_at_every_activation_are_finite_differences() {
    for name in CLASSIFIERS.iter().chain(&["bert_lm", "llama_lm_tied", "gpt2_span"]) {
        let model = load(name);
        let batch = batch(&model, &TEXTS);
        let logits = model.run(&batch, &Hooks::new()).unwrap().logits().unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let weights = noise(logits.dims(), &mut rng);
        let output = |run: &networks::Run| (run.logits().unwrap() * &weights).unwrap();
        for activation in model.activation_names() {
            let run = model.run(&batch, &Hooks::new().leaf(&activation)).unwrap();
            let gradient = run.gradient(&output(&run), &activation).unwrap();
            assert_eq!(gradient.dims(), run.get(&activation).unwrap().dims(), "{name} {activation}");
            let length = dot(&gradient, &gradient).sqrt();
            assert!(length > 1e-3, "{name} {activation}: the gradient {length} is too short to compare");
            for _ in 0..2 {
                let direction = noise(gradient.dims(), &mut rng);
                let moved = |by: f64| {
                    let shift = (&direction * by).unwrap();
                    let hooks = Hooks::new().edit(&activation, Box::new(move |x| Ok((x + &shift)?)));
                    let run = model.run(&batch, &hooks).unwrap();
                    dot(&run.logits().unwrap(), &weights)
                };
                let slope = dot(&gradient, &direction);
                // The shorter step where the longer one crosses the kink of a ReLU, say.
                let differences = [2e-3, 3e-4].map(|step| (moved(step) - moved(-step)) / (2.0 * step));
                assert!(
                    differences.iter().any(|difference| (difference - slope).abs() <= 1e-2 * length),
                    "{name} {activation}: {slope} against {differences:?} (length {length})"
                );
            }
        }
    }
}

/// A leaf does not cut the paths of an earlier one: all gradients of one pass are those of passes of their own.
#[test]
fn many_leaves_in_one_pass() {
    for name in CLASSIFIERS {
        let model = load(name);
        let batch = batch(&model, &TEXTS);
        let run = model.run(&batch, &Hooks::new().leaf("*")).unwrap();
        let slopes = run.gradients(&run.logits().unwrap()).unwrap();
        assert_eq!(slopes.len(), model.activation_names().len());
        for (activation, slope) in slopes {
            let alone = model.run(&batch, &Hooks::new().leaf(&activation)).unwrap();
            let own = alone.gradient(&alone.logits().unwrap(), &activation).unwrap();
            let scale = numbers(&own).iter().fold(1.0f32, |most, x| most.max(x.abs()));
            assert_close(&slope, &own, 1e-4 * scale, &format!("{name} {activation}"));
        }
    }
}

/// Differentiating one activation with respect to another.
#[test]
fn outputs_other_than_logits() {
    let model = load("gpt2_lm");
    let hooks = Hooks::new().leaf("blocks.0.hook_resid_pre").stop_after("blocks.0.hook_resid_post");
    let run = model.run(&batch(&model, &TEXTS), &hooks.record(&["blocks.0.hook_resid_*"])).unwrap();
    assert!(run.logits().is_err() && run.hidden().is_err());
    let after = run.get("blocks.0.hook_resid_post").unwrap();
    assert!(dot(&run.gradient(&after, "blocks.0.hook_resid_pre").unwrap(), &after.ones_like().unwrap()).abs() > 1.0);
    // What comes before does not depend on it.
    let before = model.run(&batch(&model, &TEXTS), &Hooks::new().leaf("blocks.1.hook_resid_pre")).unwrap();
    super::assert_error(before.gradient(&after, "blocks.1.hook_resid_pre"), &["does not depend on"]);
    super::assert_error(before.gradient(&after, "hook_embed"), &["no leaf", "blocks.1.hook_resid_pre"]);
}

/// Weights that are variables get gradients, and the model follows them.
#[test]
fn weights_can_be_variables() {
    for name in ["bert_classifier", "gpt2_classifier"] {
        let model = load(name);
        let batch = batch(&model, &TEXTS);
        let wanted = model.run(&batch, &Hooks::new()).unwrap().logits().unwrap();
        let variables: std::collections::HashMap<String, Var> =
            tensors(name, "model").into_iter().map(|(key, tensor)| (key, Var::from_tensor(&tensor).unwrap())).collect();
        let tensors = variables.iter().map(|(key, var)| (key.clone(), var.as_tensor().clone())).collect();
        let trained = Transformer::from_tensors(model.config(), &tensors, "").unwrap();
        let logits = trained.run(&batch, &Hooks::new()).unwrap().logits().unwrap();
        assert_close(&logits, &wanted, 1e-6, name);
        let slopes = logits.sqr().unwrap().sum_all().unwrap().backward().unwrap();
        for (key, var) in &variables {
            let slope = slopes.get(var.as_tensor()).unwrap_or_else(|| panic!("{name}: no gradient for {key}"));
            var.set(&(var.as_tensor() - (slope * 1e-5).unwrap()).unwrap()).unwrap();
        }
        let moved = trained.run(&batch, &Hooks::new()).unwrap().logits().unwrap();
        let saved =
            variables.iter().map(|(key, var)| (key.clone(), var.as_tensor().copy().unwrap().detach())).collect();
        let again = Transformer::from_tensors(model.config(), &saved, "").unwrap();
        assert_close(&again.run(&batch, &Hooks::new()).unwrap().logits().unwrap(), &moved, 1e-5, name);
        let square = |x: &Tensor| dot(x, x);
        assert!(square(&moved) < 0.9999 * square(&wanted), "{name}: a step down makes the sum of squares smaller");
    }
}
