//! One step of training on one pair, to look at: the loop of [`SkipGram`](super::SkipGram), run once.

use ground::{Result, bail};
use kernels::loops::skip_gram::{MOST_NEGATIVES, Rows, WIDTH, step};

/// What a step on one pair gives.
#[derive(Clone, Debug, PartialEq)]
pub struct PairStep {
    /// −ln σ(context·target) − Σ ln σ(−negative·target) before the step, in nats.
    pub loss: f64,
    /// The target's vector after the step.
    pub target: Vec<f64>,
    /// The context's vector after the step.
    pub context: Vec<f64>,
    /// The negatives' vectors after the step.
    pub negatives: Vec<Vec<f64>>,
}

/// A step of gradient descent on one pair, computed as training does it, in f32.
///
/// # Errors
/// Vectors of different lengths, empty ones, no negative or too many.
pub fn pair_step(target: &[f64], context: &[f64], negatives: &[Vec<f64>], rate: f64) -> Result<PairStep> {
    let dimensions = target.len();
    if dimensions == 0 {
        bail!("the target's vector is empty: give at least one number");
    }
    if negatives.is_empty() || negatives.len() > MOST_NEGATIVES {
        bail!("{} negatives: give 1 to {MOST_NEGATIVES}", negatives.len());
    }
    if let Some(other) =
        std::iter::once(context.len()).chain(negatives.iter().map(Vec::len)).find(|&len| len != dimensions)
    {
        bail!("the target has {dimensions} numbers and another vector {other}: all need the same length");
    }
    let stride = dimensions.next_multiple_of(WIDTH);
    let padded = |row: &[f64]| {
        let mut row: Vec<f32> = row.iter().map(|&x| x as f32).collect();
        row.resize(stride, 0.0);
        row
    };
    let mut targets = padded(target);
    let mut contexts = padded(context);
    negatives.iter().for_each(|row| contexts.extend(padded(row)));
    let words: Vec<u32> = [0, 0].into_iter().chain(1..=negatives.len() as u32).collect();
    let rows = Rows { targets: &mut targets, contexts: &mut contexts, stride };
    let loss = step(rows, &words, words.len(), rate as f32);
    let row = |numbers: &[f32]| numbers[..dimensions].iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
    let mut rows = contexts.chunks_exact(stride).map(row);
    Ok(PairStep { loss, target: row(&targets), context: rows.next().unwrap_or_default(), negatives: rows.collect() })
}
