//! t-SNE's joint probabilities of the points: a Gaussian around each, as wide as the perplexity asks, made symmetric.
//!
//! Over all pairs, or over the nearest neighbours of each point (van der Maaten 2014); nothing here sees a map.

use rayon::prelude::*;

use super::super::neighbours::Nearest;
use super::super::points::Points;
use super::super::vectors::Columns;

/// How far the entropy may be from the logarithm of the perplexity.
const ENTROPY_TOLERANCE: f64 = 1e-9;
const SEARCH_STEPS: usize = 200;
/// Neighbours come in multiples of this, the last of a row filled up with probability 0.
pub(super) const LANES: usize = 16;

/// Turns squared distances into probabilities pⱼ ∝ exp(−β·distance) that sum to 1 and whose perplexity e^H is the given
/// one, by Newton's method on β with bisection where that leaves the bracket.
///
/// A perplexity below that of the nearest points alone gives them everything; that is the limit of β → ∞.
pub(super) fn conditional(squared: &mut [f64], perplexity: f64) {
    let nearest = squared.iter().copied().fold(f64::INFINITY, f64::min);
    squared.iter_mut().for_each(|distance| *distance -= nearest);
    let mean = squared.iter().sum::<f64>() / squared.len() as f64;
    let (mut beta, mut low, mut high) = (if mean > 0.0 { 1.0 / mean } else { 1.0 }, 0.0, f64::INFINITY);
    let mut sum = 0.0;
    for _ in 0..SEARCH_STEPS {
        let (mut first, mut second) = (0.0, 0.0);
        sum = 0.0;
        for &distance in squared.iter() {
            let weight = (-beta * distance).exp();
            sum += weight;
            first += weight * distance;
            second += weight * distance * distance;
        }
        let mean = first / sum;
        let excess = sum.ln() + beta * mean - perplexity.ln();
        if excess.abs() < ENTROPY_TOLERANCE {
            break;
        }
        if excess > 0.0 {
            low = beta;
        } else {
            high = beta;
        }
        // The derivative of the entropy is −β times the variance of the distances.
        let newton = beta + excess / (beta * (second / sum - mean * mean));
        let next = match newton > low && newton < high {
            true => newton,
            false if high.is_finite() => (low + high) / 2.0,
            false => beta * 2.0,
        };
        if next == beta || !next.is_finite() {
            break;
        }
        beta = next;
    }
    squared.iter_mut().for_each(|distance| *distance = (-beta * *distance).exp());
    sum = squared.iter().sum::<f64>().max(sum.min(f64::MIN_POSITIVE));
    squared.iter_mut().for_each(|weight| *weight /= sum);
}

/// pᵢⱼ over all pairs, (points, points) row by row: symmetric, 0 on the diagonal, sum 1.
pub(super) fn dense(points: &Points, perplexity: f64) -> Vec<f64> {
    let n = points.len;
    let columns = Columns::new(&points.data, points.width);
    let mut p = vec![0.0; n * n];
    p.par_chunks_mut(n).enumerate().for_each(|(point, row)| {
        let mut distances = Vec::new();
        columns.squared_distances(points.row(point), &mut distances);
        distances.remove(point);
        conditional(&mut distances, perplexity);
        row[..point].copy_from_slice(&distances[..point]);
        row[point + 1..].copy_from_slice(&distances[point..]);
    });
    for a in 0..n {
        for b in 0..a {
            let both = (p[a * n + b] + p[b * n + a]) / (2 * n) as f64;
            (p[a * n + b], p[b * n + a]) = (both, both);
        }
    }
    p
}

/// pᵢⱼ between neighbours, each pair in both rows.
pub(super) struct Sparse {
    /// Where each row begins, and the end: multiples of 16.
    pub starts: Vec<usize>,
    /// The other point; in the filling the point itself.
    pub index: Vec<u32>,
    /// 0 in the filling.
    pub p: Vec<f32>,
}

/// pᵢⱼ over the nearest neighbours.
pub(super) fn sparse(nearest: Nearest, perplexity: f64) -> Sparse {
    let Nearest { k, index, squared: mut p } = nearest;
    let n = index.len() / k;
    p.par_chunks_mut(k).for_each(|row| conditional(row, perplexity));
    // Who has each point as a neighbour.
    let mut ends = vec![0usize; n + 1];
    index.iter().for_each(|&to| ends[to as usize + 1] += 1);
    (0..n).for_each(|at| ends[at + 1] += ends[at]);
    let mut place = ends.clone();
    let mut reverse = vec![(0u32, 0.0f64); n * k];
    for (at, (&to, &p)) in index.iter().zip(&p).enumerate() {
        reverse[place[to as usize]] = ((at / k) as u32, p);
        place[to as usize] += 1;
    }
    let scale = 1.0 / (2 * n) as f64;
    let rows: Vec<Vec<(u32, f32)>> = (0..n)
        .into_par_iter()
        .map(|row| {
            let own = index[row * k..][..k].iter().copied().zip(p[row * k..][..k].iter().copied());
            let mut both: Vec<(u32, f64)> = own.chain(reverse[ends[row]..ends[row + 1]].iter().copied()).collect();
            both.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
            let merged = both.chunk_by(|a, b| a.0 == b.0);
            merged.map(|same| (same[0].0, (same.iter().map(|(_, p)| p).sum::<f64>() * scale) as f32)).collect()
        })
        .collect();
    filled_up(&rows)
}

/// All pairs of a (points, points) matrix with a probability above 0.
pub(super) fn sparse_of(dense: &[f64], n: usize) -> Sparse {
    let row = |row: &[f64]| (0u32..).zip(row.iter().map(|&p| p as f32)).filter(|(_, p)| *p > 0.0).collect();
    filled_up(&dense.chunks(n).map(row).collect::<Vec<_>>())
}

fn filled_up(rows: &[Vec<(u32, f32)>]) -> Sparse {
    let mut sparse = Sparse { starts: vec![0], index: Vec::new(), p: Vec::new() };
    for (at, row) in rows.iter().enumerate() {
        sparse.index.extend(row.iter().map(|(to, _)| to));
        sparse.p.extend(row.iter().map(|(_, p)| p));
        let end = sparse.p.len().next_multiple_of(LANES);
        sparse.index.resize(end, at as u32);
        sparse.p.resize(end, 0.0);
        sparse.starts.push(end);
    }
    sparse
}
