//! The inner loop of skip-gram with negative sampling: dot products, their sigmoids, and the change of the rows.
//!
//! One step of stochastic gradient descent per pair of words (Mikolov et al. 2013). All dot products of a pair are taken
//! before its rows change. Which words to take is not decided here.

use super::processor::{Work, on_this_processor};
use super::simd::{PARTS, Simd, lanes, sigmoid, sum_of};

/// Rows are that much a multiple of numbers wide; the rest is zero, and stays so.
pub const WIDTH: usize = 16;
/// The negatives of one pair at most.
pub const MOST_NEGATIVES: usize = 31;
/// The words of one pair at most, without its target; a multiple of all vectors' lengths.
const MOST_SAMPLES: usize = MOST_NEGATIVES + 1;

/// A matrix of target rows and one of context rows, each `stride` numbers wide, a multiple of [`WIDTH`].
pub struct Rows<'a> {
    pub targets: &'a mut [f32],
    pub contexts: &'a mut [f32],
    pub stride: usize,
}

/// Takes a step with each pair, in order: `pairs` holds `words` row numbers each, the target, its context, the negatives.
/// Returns the sum of their losses −ln σ(u·v) − Σ ln σ(−n·v).
///
/// # Panics
/// A stride that is no multiple of [`WIDTH`]; more than [`MOST_NEGATIVES`] negatives, or no context; a part of a pair; the
/// number of a row that a matrix does not have.
pub fn step(rows: Rows, pairs: &[u32], words: usize, rate: f32) -> f64 {
    let Rows { targets, contexts, stride } = rows;
    assert!(stride > 0 && stride.is_multiple_of(WIDTH), "skip-gram: a stride of {stride} is no multiple of {WIDTH}");
    assert!(
        (2..=1 + MOST_SAMPLES).contains(&words),
        "skip-gram: {words} words in a pair, 2 to {} fit",
        1 + MOST_SAMPLES
    );
    assert!(pairs.len().is_multiple_of(words), "skip-gram: {} row numbers in pairs of {words}", pairs.len());
    let held = [targets.len() / stride, contexts.len() / stride];
    // All at once, which vectors can; which row it is matters only where one is missing.
    let highest = pairs.iter().fold(0, |highest, &row| highest.max(row));
    if highest as usize >= held[0].min(held[1]) {
        for pair in pairs.chunks_exact(words) {
            assert!((pair[0] as usize) < held[0], "skip-gram: target row {} of {}", pair[0], held[0]);
            let missing = pair[1..].iter().find(|&&row| row as usize >= held[1]);
            assert!(missing.is_none(), "skip-gram: context row {} of {}", missing.unwrap_or(&0), held[1]);
        }
    }
    on_this_processor(Step { targets, contexts, stride, pairs, words, rate })
}

/// What [`step`] has looked at.
struct Step<'a> {
    targets: &'a mut [f32],
    contexts: &'a mut [f32],
    stride: usize,
    pairs: &'a [u32],
    words: usize,
    rate: f32,
}

impl Work for Step<'_> {
    type Result = f64;

    #[inline(always)]
    fn run<S: Simd>(self) -> f64 {
        let Step { targets, contexts, stride, pairs, words, rate } = self;
        // SAFETY: the processor has the instructions; `step`, which alone makes a `Step`, has looked at all else.
        unsafe { step_body::<S>(targets.as_mut_ptr(), contexts.as_mut_ptr(), stride, pairs, words, rate) }
    }
}

/// # Safety
/// The processor has the instructions, the matrices have the rows of `pairs`, `stride` is a multiple of [`WIDTH`], and
/// `words` − 1 at most [`MOST_SAMPLES`].
#[inline(always)]
unsafe fn step_body<S: Simd>(
    targets: *mut f32,
    contexts: *mut f32,
    stride: usize,
    pairs: &[u32],
    words: usize,
    rate: f32,
) -> f64 {
    let mut loss = 0.0;
    let samples = words - 1;
    let (mut dots, mut rates) = ([0.0f32; MOST_SAMPLES], [0.0f32; MOST_SAMPLES]);
    // A product of probabilities instead of a sum of logarithms, which are slow.
    let mut likelihood = 1.0f64;
    for pair in pairs.chunks_exact(words) {
        // SAFETY: as the caller promises.
        unsafe {
            let target = targets.add(pair[0] as usize * stride);
            let row = |sample: usize| contexts.add(pair[1 + sample] as usize * stride);
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
                loss -= likelihood.max(f64::MIN_POSITIVE).ln();
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
    loss -= likelihood.max(f64::MIN_POSITIVE).ln();
    loss
}

#[inline(always)]
unsafe fn dot_product<S: Simd>(a: *const f32, b: *const f32, len: usize) -> f32 {
    // SAFETY: the caller sees to the instructions and to `len` numbers, a multiple of `WIDTH`.
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
