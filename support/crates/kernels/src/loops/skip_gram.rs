//! The inner loop of skip-gram with negative sampling: dot products, their sigmoids, and the change of the rows.
//!
//! One step of stochastic gradient descent per pair of words (Mikolov et al. 2013). All dot products of a pair are taken
//! before its rows change. Which words to take is not decided here.

use super::simd::{PARTS, Simd, for_each_processor, lanes, sigmoid, sum_of};

/// Rows are that much a multiple of numbers wide; the rest is zero, and stays so.
pub const WIDTH: usize = 16;
/// The negatives of one pair at most.
pub const MOST_NEGATIVES: usize = 31;

/// A matrix of target rows and one of context rows, each `stride` numbers wide, a multiple of [`WIDTH`].
#[derive(Clone, Copy)]
pub struct Rows {
    pub targets: *mut f32,
    pub contexts: *mut f32,
    pub stride: usize,
}

/// Takes a step with each pair, in order: `pairs` holds `words` row numbers each, the target, its context, the negatives.
/// Returns the sum of their losses −ln σ(u·v) − Σ ln σ(−n·v).
pub fn step(rows: Rows, pairs: &[u32], words: usize, rate: f32) -> f64 {
    let mut loss = 0.0;
    // SAFETY: the processor is asked what it can do; the caller of `Rows` promises the memory.
    unsafe { step_any(rows, pairs, words, rate, &mut loss) };
    loss
}

for_each_processor! {
    unsafe fn step_any => step_body(rows: Rows, pairs: &[u32], words: usize, rate: f32, loss: &mut f64)
}

#[inline(always)]
unsafe fn step_body<S: Simd>(rows: Rows, pairs: &[u32], words: usize, rate: f32, loss: &mut f64) {
    let Rows { stride, .. } = rows;
    let samples = words - 1;
    let (mut dots, mut rates) = ([0.0f32; 32], [0.0f32; 32]);
    // A product of probabilities instead of a sum of logarithms, which are slow.
    let mut likelihood = 1.0f64;
    for pair in pairs.chunks_exact(words) {
        unsafe {
            let target = rows.targets.add(pair[0] as usize * stride);
            let row = |sample: usize| rows.contexts.add(pair[1 + sample] as usize * stride);
            // The sign turns σ(u·v) into σ(−n·v) for the negatives: the probability of being right.
            for (sample, dot) in dots.iter_mut().enumerate().take(samples) {
                let product = dot_product::<S>(target, row(sample), stride);
                *dot = if sample == 0 { product } else { -product };
            }
            let mut sample = 0;
            while sample < samples {
                let right = sigmoid::<S>(S::load(dots.as_ptr().add(sample)));
                S::store(dots.as_mut_ptr().add(sample), right);
                let step = S::mul(S::sub(S::splat(1.0), right), S::splat(rate));
                S::store(rates.as_mut_ptr().add(sample), step);
                sample += S::LANES;
            }
            for right in &dots[..samples] {
                likelihood *= f64::from(*right);
            }
            if likelihood < 1e-100 {
                *loss -= likelihood.max(f64::MIN_POSITIVE).ln();
                likelihood = 1.0;
            }
            for step in &mut rates[1..samples] {
                *step = -*step;
            }
            for at in (0..stride).step_by(S::LANES) {
                let v = S::load(target.add(at));
                let mut sum = v;
                for (sample, step) in rates.iter().enumerate().take(samples) {
                    // Loaded again for each sample: a word that was drawn twice is changed twice.
                    let context = row(sample).add(at);
                    let (u, step) = (S::load(context), S::splat(*step));
                    sum = S::fma(step, u, sum);
                    S::store(context, S::fma(step, v, u));
                }
                S::store(target.add(at), sum);
            }
        }
    }
    *loss -= likelihood.max(f64::MIN_POSITIVE).ln();
}

#[inline(always)]
unsafe fn dot_product<S: Simd>(a: *const f32, b: *const f32, len: usize) -> f32 {
    unsafe {
        let mut parts = [S::splat(0.0); PARTS];
        for at in (0..len).step_by(WIDTH) {
            for (k, part) in parts.iter_mut().enumerate().take(WIDTH / S::LANES) {
                let offset = at + k * S::LANES;
                *part = S::fma(S::load(a.add(offset)), S::load(b.add(offset)), *part);
            }
        }
        sum_of(lanes::<S>(&parts))
    }
}
