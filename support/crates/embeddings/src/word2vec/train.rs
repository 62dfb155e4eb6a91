//! Stochastic gradient descent over the pairs of a corpus, on several cores, with the same result on any number of them.
//!
//! The usual way lets threads write to the same rows without looking (Recht et al. 2011, Hogwild), and gives other
//! vectors each time. Here each of some *lanes* trains on a copy with its own block of sentences; then what the
//! copies have learnt is put together, row by row. Who computes which lane does not matter.

use std::time::Instant;

use super::SkipGram;
use super::pairs::Sampler;
use super::vocabulary::{Corpus, Vocabulary};
use ground::random::SplitMix64;
use kernels::loops::skip_gram::{Rows, WIDTH, step};
use kernels::loops::threads::share_out_pieces;

/// Words of the corpus that a lane trains on before the copies are merged. More cost accuracy, fewer time.
const BLOCK: usize = 5_000;
/// How far a row goes where all lanes have made the same move, in such moves. With 1, what a lane could only learn half of
/// in its block stays half; with 2, a row that every lane has brought to its goal lands on the other side, and swings.
const SAME_MOVES: f32 = 1.9;
/// Rows that are merged at a time.
const MERGED: usize = 256;

/// The two matrices, row by row; rows are filled up with zeros to `stride` numbers.
pub(super) struct Matrices {
    pub stride: usize,
    pub targets: Vec<f32>,
    pub contexts: Vec<f32>,
}

impl Matrices {
    /// Targets even between ±0.5/dimensions, contexts zero, as in word2vec.c.
    pub fn new(words: usize, dimensions: usize, seed: u64) -> Matrices {
        let stride = dimensions.next_multiple_of(WIDTH);
        let mut targets = vec![0.0; words * stride];
        let mut random = SplitMix64::apart(seed);
        for row in targets.chunks_exact_mut(stride) {
            row[..dimensions].fill_with(|| ((random.uniform() - 0.5) / dimensions as f64) as f32);
        }
        Matrices { stride, targets, contexts: vec![0.0; words * stride] }
    }
}

/// What one lane has: its copy, its sentences, what it needs to draw.
struct Lane {
    copy: Option<Matrices>,
    loss: f64,
    pairs: u64,
    kept: Vec<u32>,
    list: Vec<u32>,
}

/// The mean loss per pair of each epoch.
pub(super) fn train(vocabulary: &Vocabulary, corpus: &Corpus, settings: &SkipGram, model: &mut Matrices) -> Vec<f64> {
    let sampler = Sampler::new(vocabulary, settings);
    let started = Instant::now();
    let total = corpus.ids.len();
    let copy = |model: &Matrices| Matrices {
        stride: model.stride,
        targets: model.targets.clone(),
        contexts: model.contexts.clone(),
    };
    let new_lane = |_| Lane {
        copy: (settings.lanes > 1).then(|| copy(model)),
        loss: 0.0,
        pairs: 0,
        kept: Vec::new(),
        list: Vec::new(),
    };
    let mut lanes: Vec<Lane> = (0..settings.lanes).map(new_lane).collect();
    let blocks = blocks(corpus);
    let mut losses = Vec::with_capacity(settings.epochs);
    for epoch in 0..settings.epochs {
        for round in blocks.chunks(settings.lanes) {
            let rate_at = |sentence: usize| {
                let before = if sentence == 0 { 0 } else { corpus.ends[sentence - 1] };
                let done = (epoch * total + before) as f64 / (settings.epochs * total) as f64;
                (settings.learning_rate + (settings.end_learning_rate - settings.learning_rate) * done) as f32
            };
            let work = |lane: &mut Lane, model: &mut Matrices, sentences: &std::ops::Range<usize>| {
                let words = sampler.words();
                for sentence in sentences.clone() {
                    // A stream for each sentence and epoch: it depends on nothing else.
                    let stream = (epoch as u64) << 40 | sentence as u64;
                    let mut random =
                        SplitMix64::apart(settings.seed.wrapping_add(stream.wrapping_mul(0x2545_F491_4F6C_DD1D)));
                    lane.list.clear();
                    sampler.pairs(corpus, sentence, &mut random, &mut lane.kept, &mut lane.list);
                    lane.loss += step(rows(model), &lane.list, words, rate_at(sentence));
                    lane.pairs += (lane.list.len() / words) as u64;
                }
            };
            if settings.lanes == 1 {
                work(&mut lanes[0], model, &round[0]);
                continue;
            }
            share_out_pieces(&mut lanes[..round.len()], 1, &|i, lane| {
                if let Some(mut copy) = lane[0].copy.take() {
                    work(&mut lane[0], &mut copy, &round[i]);
                    lane[0].copy = Some(copy);
                }
            });
            merge(model, &mut lanes, round.len());
        }
        let (loss, pairs) = lanes.iter().fold((0.0, 0), |sum, lane| (sum.0 + lane.loss, sum.1 + lane.pairs));
        lanes.iter_mut().for_each(|lane| (lane.loss, lane.pairs) = (0.0, 0));
        losses.push(loss / pairs.max(1) as f64);
        if settings.report {
            let seconds = started.elapsed().as_secs_f64();
            let speed = (total * (epoch + 1)) as f64 / seconds;
            println!(
                "epoch {:2} of {}: loss {:.4}  ({seconds:.1} s, {:.2} million words/s measured on this machine)",
                epoch + 1,
                settings.epochs,
                losses[epoch],
                speed / 1e6
            );
        }
    }
    losses
}

fn rows(model: &mut Matrices) -> Rows<'_> {
    Rows { targets: &mut model.targets, contexts: &mut model.contexts, stride: model.stride }
}

/// Successive sentences of [`BLOCK`] words, as many as there are.
fn blocks(corpus: &Corpus) -> Vec<std::ops::Range<usize>> {
    let mut blocks = Vec::new();
    let (mut first, mut words) = (0, 0);
    for (i, &end) in corpus.ends.iter().enumerate() {
        if end - words >= BLOCK {
            blocks.push(first..i + 1);
            (first, words) = (i + 1, end);
        }
    }
    if first < corpus.ends.len() {
        blocks.push(first..corpus.ends.len());
    }
    blocks
}

/// Adds to every row of the model what the first `used` copies have learnt, and gives all copies the result.
///
/// Changes of a row that have nothing in common are added; equal ones count [`SAME_MOVES`] times, however many they are.
fn merge(model: &mut Matrices, lanes: &mut [Lane], used: usize) {
    let stride = model.stride;
    let copies: Vec<&mut Matrices> = lanes.iter_mut().filter_map(|lane| lane.copy.as_mut()).collect();
    // The same rows of the model and of all copies; no two pieces share a number.
    let (mut targets, mut contexts) = (pieces(&mut model.targets, stride), pieces(&mut model.contexts, stride));
    for copy in copies {
        targets.iter_mut().zip(copy.targets.chunks_mut(MERGED * stride)).for_each(|(to, rows)| to.copies.push(rows));
        contexts.iter_mut().zip(copy.contexts.chunks_mut(MERGED * stride)).for_each(|(to, rows)| to.copies.push(rows));
    }
    // Two at a time, so that equal moves are multiplied once per level.
    let same_moves = SAME_MOVES.powf(1.0 / used.next_power_of_two().ilog2().max(1) as f32);
    let mut pieces: Vec<Piece> = targets.into_iter().zip(contexts).flat_map(|(a, b)| [a, b]).collect();
    share_out_pieces(&mut pieces, 1, &|_, piece| {
        let Piece { merged, copies } = &mut piece[0];
        for (row, merged) in merged.chunks_exact_mut(stride).enumerate() {
            let row = row * stride..(row + 1) * stride;
            for copy in &mut copies[..used] {
                copy[row.clone()].iter_mut().zip(&*merged).for_each(|(x, before)| *x -= before);
            }
            let mut apart = 1;
            while apart < used {
                for i in (0..used - apart).step_by(2 * apart) {
                    let (early, late) = copies.split_at_mut(i + apart);
                    together(&mut early[i][row.clone()], &late[0][row.clone()], same_moves);
                }
                apart *= 2;
            }
            merged.iter_mut().zip(&copies[0][row.clone()]).for_each(|(x, change)| *x += change);
            copies.iter_mut().for_each(|copy| copy[row.clone()].copy_from_slice(merged));
        }
    });
}

/// Neighbouring rows of a matrix: those of the model, and those of the copies.
struct Piece<'a> {
    merged: &'a mut [f32],
    copies: Vec<&'a mut [f32]>,
}

/// A matrix of the model in pieces of [`MERGED`] rows.
fn pieces(matrix: &mut [f32], stride: usize) -> Vec<Piece<'_>> {
    matrix.chunks_mut(MERGED * stride).map(|merged| Piece { merged, copies: Vec::new() }).collect()
}

/// Replaces `a` by the sum of both changes, less what they have in common, so that equal ones count `same` times:
/// (1 − c·a·b / a·a) a + (1 − c·a·b / b·b) b with c = 1 − same/2. With same = 1 that is Adasum (Maleki et al. 2021).
fn together(a: &mut [f32], b: &[f32], same: f32) {
    let [mut aa, mut ab, mut bb] = [[0.0f32; WIDTH]; 3];
    for (a, b) in a.chunks_exact(WIDTH).zip(b.chunks_exact(WIDTH)) {
        for k in 0..WIDTH {
            aa[k] += a[k] * a[k];
            ab[k] += a[k] * b[k];
            bb[k] += b[k] * b[k];
        }
    }
    let [aa, ab, bb] = [aa, ab, bb].map(|sums| sums.iter().sum::<f32>());
    let share = |own: f32| if own > 0.0 { 1.0 - (1.0 - same / 2.0) * ab / own } else { 1.0 };
    let (of_a, of_b) = (share(aa), share(bb));
    a.iter_mut().zip(b).for_each(|(a, b)| *a = of_a * *a + of_b * b);
}
