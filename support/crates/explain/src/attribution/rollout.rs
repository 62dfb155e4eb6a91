//! Attention rollout: how much of each token arrives at the vector that the classifier reads, if attention were all that
//! moves information and every layer passed on half of what it had (Abnar and Zuidema 2020).
//!
//! It looks at no weight but the attention, at no class, and has no sign: the same answer for every class.

use candle_core::{DType, Device, Tensor};

use super::Attribution;
use ground::{Error, Result, bail};
use networks::{Batch, Hooks, Transformer};
use text::model::{Input, TextClassifier};

/// How many texts go through the model at once.
const ROWS: usize = 16;

/// The rollout of a text's attention patterns, one (heads, query, key) per layer from the first: (query, key), each row
/// with the sum 1. Per layer: the mean over the heads, plus the identity for the residual stream, each row divided by its
/// sum; then the product, later layers on the left.
///
/// # Errors
/// No layer, patterns that are not square or not of one size, a row of zeros or of numbers that are not finite.
pub fn rollout_matrix(patterns: &[Tensor]) -> Result<Tensor> {
    let Some(first) = patterns.first() else {
        bail!("there is no attention pattern: give one per layer, shape (heads, query, key)");
    };
    let tokens = first.dims().last().copied().unwrap_or(0);
    let identity = Tensor::eye(tokens, DType::F64, &Device::Cpu)?;
    let mut rollout = identity.clone(); // (query, key)
    for (layer, pattern) in patterns.iter().enumerate() {
        if pattern.rank() != 3 || pattern.dims()[1..] != [tokens, tokens] {
            bail!(
                "the pattern of layer {layer} has the shape {:?}, expected (heads, {tokens}, {tokens}): take one text out \
                 of the batch with .get(0)",
                pattern.dims()
            );
        }
        let mean = pattern.to_dtype(DType::F64)?.mean(0)?; // (query, key)
        let mixed = (mean + &identity)?;
        let sums = mixed.sum_keepdim(1)?; // (query, 1)
        if sums.flatten_all()?.to_vec1::<f64>()?.iter().any(|sum| !(sum.is_finite() && *sum > 0.0)) {
            bail!("the pattern of layer {layer} has a row whose sum is no positive number: attention sums to 1");
        }
        rollout = mixed.broadcast_div(&sums)?.matmul(&rollout)?;
    }
    Ok(rollout)
}

/// The attention rollout of a text as scores: the row of the token that the classifier reads, the first in BERT, the last
/// in GPT-2. Scores are unsigned and add up to 1. The class `target` decides about F(x) and F(padding) alone.
///
/// # Errors
/// No classification head, no class `target`, a text that the model cannot read.
pub fn rollout(model: &Transformer, input: &Input, target: usize) -> Result<Attribution> {
    let one = rollout_all(model, std::slice::from_ref(input), &[target])?.pop();
    one.ok_or_else(|| Error::new("the rollout returned nothing for one text"))
}

/// As [`rollout`], for several texts at once.
///
/// # Errors
/// As [`rollout`]; unequal numbers of texts and classes.
pub fn rollout_all(model: &Transformer, inputs: &[Input], targets: &[usize]) -> Result<Vec<Attribution>> {
    if inputs.len() != targets.len() {
        bail!("there are {} texts but {} classes to explain: give one per text", inputs.len(), targets.len());
    }
    let classes = TextClassifier::classes(model);
    if let Some(target) = targets.iter().find(|&&target| target >= classes.len()) {
        match classes.len() {
            0 => bail!("the checkpoint has no classification head, so there is no class {target}"),
            n => bail!("there is no class {target}: the model has the classes 0 to {} {classes:?}", n - 1),
        }
    }
    let names: Vec<String> =
        (0..model.config().layers).map(|layer| format!("blocks.{layer}.attn.hook_pattern")).collect();
    let hooks = || Hooks::new().record(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let mut order: Vec<usize> = (0..inputs.len()).collect();
    order.sort_by_key(|&at| inputs[at].len());
    let mut done: Vec<Option<Attribution>> = vec![None; inputs.len()];
    for some in order.chunks(ROWS) {
        let texts: Vec<Input> = some.iter().map(|&at| inputs[at].clone()).collect();
        let run = model.run(&Batch::of(&texts), &hooks())?;
        let baselines: Vec<Input> = texts.iter().map(Input::padded_out).collect();
        let without: Vec<Vec<f32>> = model.run(&Batch::of(&baselines), &Hooks::new())?.logits()?.to_vec2()?;
        let logits: Vec<Vec<f32>> = run.logits()?.to_vec2()?; // (batch, classes)
        let patterns: Vec<Tensor> = names.iter().map(|name| run.get(name)).collect::<Result<_>>()?;
        for (row, (&at, input)) in some.iter().zip(&texts).enumerate() {
            // Without the padding, which nothing looks at.
            let own = |pattern: &Tensor| -> Result<Tensor> {
                Ok(pattern.get(row)?.narrow(1, 0, input.len())?.narrow(2, 0, input.len())?) // (heads, query, key)
            };
            let patterns: Vec<Tensor> = patterns.iter().map(own).collect::<Result<_>>()?;
            let read = if model.config().causal { input.len() - 1 } else { 0 };
            let scores = rollout_matrix(&patterns)?.get(read)?.to_vec1()?; // (tokens)
            let target = targets[at];
            let (f_x, f_baseline) = (f64::from(logits[row][target]), f64::from(without[row][target]));
            done[at] = Some(attribution(input, scores, target, &classes[target], f_x, f_baseline));
        }
    }
    Ok(done.into_iter().flatten().collect())
}

fn attribution(input: &Input, scores: Vec<f64>, target: usize, name: &str, f_x: f64, f_baseline: f64) -> Attribution {
    Attribution {
        method: "attention rollout".into(),
        settings: "share of attention, the same for all classes; F(baseline) with padding".into(),
        scores,
        unsigned: true,
        target,
        target_name: name.to_owned(),
        explained: format!("logit of {name}"),
        place: "blocks.*.attn.hook_pattern".into(),
        output: "logit".into(),
        f_x,
        f_baseline,
        ..Attribution::of_input(input)
    }
}
