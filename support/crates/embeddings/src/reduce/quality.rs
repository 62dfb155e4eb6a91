//! A map beside the points that it shows: are neighbours in the map true neighbours, and what do its distances say?
//!
//! Two numbers for the whole map and the two pairs of points that it misrepresents most; nothing for single points.

use candle_core::Tensor;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::neighbours::nearest;
use super::points::Points;
use super::vectors::Columns;
use ground::statistics::spearman;
use ground::{Result, bail};

/// With more pairs than this, as many are drawn at random.
const PAIRS: usize = 2_000_000;

/// How far the `k` nearest neighbours in the map are neighbours in the original space: 1 when all are, less for each
/// that is not, the more the further down it stands there (Venna and Kaski 2001). 0.5 is about what a random map has.
///
/// `original` and `map`: (points, any width).
///
/// # Errors
/// Different numbers of points, `k` of 0 or not smaller than half of them, numbers that are not finite.
pub fn trustworthiness(original: &Tensor, map: &Tensor, k: usize) -> Result<f64> {
    let (original, map) = both("trustworthiness", original, map)?;
    let n = map.len;
    if k == 0 || 2 * k >= n {
        bail!("trustworthiness: {k} neighbours of {n} points; choose 1 to {}, fewer than half", (n - 1) / 2);
    }
    let near = nearest(&map, k);
    let columns = Columns::new(&original.data, original.width);
    let penalty = |(point, row): (usize, &[u32])| {
        let mut distances = Vec::new();
        columns.squared_distances(original.row(point), &mut distances);
        distances[point] = f64::INFINITY;
        // The rank of a neighbour is 1 + how many are nearer; of points at the same distance the earlier is nearer.
        let rank = |&at: &u32| {
            let (at, own) = (at as usize, distances[at as usize]);
            let before = distances[..at].iter().filter(|&&other| other <= own).count();
            1 + before + distances[at + 1..].iter().filter(|&&other| other < own).count()
        };
        row.iter().map(|at| rank(at).saturating_sub(k)).sum::<usize>()
    };
    let sum: usize = near.index.par_chunks(k).enumerate().map(penalty).sum();
    let (n, k) = (n as f64, k as f64);
    Ok(1.0 - sum as f64 * 2.0 / (n * k * (2.0 * n - 3.0 * k - 1.0)))
}

/// Two points, and how far apart they are in both spaces.
#[derive(Clone, Debug, PartialEq)]
pub struct PointPair {
    /// The one that comes first in the data.
    pub first: usize,
    /// The other one.
    pub second: usize,
    /// Their Euclidean distance in the original space.
    pub original: f64,
    /// Their Euclidean distance in the map.
    pub map: f64,
    /// The share of the pairs that are nearer in the original space, 0 for the nearest pair.
    pub original_rank: f64,
    /// The share of the pairs that are nearer in the map.
    pub map_rank: f64,
}

/// What [`distance_distortion`] found.
#[derive(Clone, Debug, PartialEq)]
pub struct Distortion {
    /// Spearman's rank correlation of the distances: 1 when the map keeps the order of all of them.
    pub spearman: f64,
    /// The pair that is nearest in the map for how far it is in truth.
    pub false_near: PointPair,
    /// The pair that is furthest in the map for how near it is in truth.
    pub false_far: PointPair,
    /// How many pairs were looked at.
    pub pairs: usize,
}

/// Compares the Euclidean distances of pairs of points in the original space with those in the map, by their order.
///
/// All pairs up to 2,000 points; above, 2,000,000 pairs drawn with a fixed seed.
///
/// # Errors
/// Different numbers of points, fewer than 3, all points equal in one of the spaces, numbers that are not finite.
pub fn distance_distortion(original: &Tensor, map: &Tensor) -> Result<Distortion> {
    let doing = "distance distortion";
    let (original, map) = both(doing, original, map)?;
    if original.all_equal() || map.all_equal() {
        bail!("{doing}: all points are equal, so their distances have no order");
    }
    let n = map.len;
    let pairs: Vec<(u32, u32)> = if n * (n - 1) / 2 <= PAIRS {
        (0..n as u32).flat_map(|a| (a + 1..n as u32).map(move |b| (a, b))).collect()
    } else {
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let mut draw = || {
            let (a, b) = (random.random_range(0..n as u32), random.random_range(0..n as u32 - 1));
            let b = if b >= a { b + 1 } else { b };
            (a.min(b), a.max(b))
        };
        (0..PAIRS).map(|_| draw()).collect()
    };
    let distances = |points: &Points| -> Vec<f64> {
        let one = |&(a, b): &(u32, u32)| {
            let squares = points.row(a as usize).iter().zip(points.row(b as usize)).map(|(x, y)| (x - y) * (x - y));
            squares.sum::<f64>().sqrt()
        };
        pairs.par_iter().map(one).collect()
    };
    let (far, shown) = (distances(&original), distances(&map));
    let (far_ranks, shown_ranks) = rayon::join(|| ranks(&far), || ranks(&shown));
    let pair = |at: usize| PointPair {
        first: pairs[at].0 as usize,
        second: pairs[at].1 as usize,
        original: far[at],
        map: shown[at],
        original_rank: far_ranks[at],
        map_rank: shown_ranks[at],
    };
    let (mut near_at, mut far_at) = (0, 0);
    let moved = |at: usize| far_ranks[at] - shown_ranks[at];
    for at in 1..pairs.len() {
        near_at = if moved(at) > moved(near_at) { at } else { near_at };
        far_at = if moved(at) < moved(far_at) { at } else { far_at };
    }
    let spearman = spearman(&far, &shown).map_err(|error| error.context(doing))?;
    Ok(Distortion { spearman, false_near: pair(near_at), false_far: pair(far_at), pairs: pairs.len() })
}

/// For each number the share of the others that are smaller.
fn ranks(numbers: &[f64]) -> Vec<f64> {
    let mut sorted = numbers.to_vec();
    sorted.par_sort_unstable_by(f64::total_cmp);
    let others = (numbers.len() - 1).max(1) as f64;
    numbers.par_iter().map(|x| sorted.partition_point(|other| other < x) as f64 / others).collect()
}

/// Reads both spaces.
fn both(doing: &str, original: &Tensor, map: &Tensor) -> Result<(Points, Points)> {
    let (original, map) = (Points::at_least(doing, original, 3)?, Points::at_least(doing, map, 3)?);
    if original.len != map.len {
        bail!("{doing}: {} points in the original space, {} in the map; give the same ones", original.len, map.len);
    }
    Ok((original, map))
}

impl Distortion {
    /// Three lines: the rank correlation and the two pairs.
    pub fn evcxr_display(&self) {
        println!(
            "rank correlation of the distances in the map and in truth: {:.3} ({} pairs)",
            self.spearman, self.pairs
        );
        for (what, pair) in
            [("near in the map, far in truth", &self.false_near), ("far in the map, near in truth", &self.false_far)]
        {
            println!(
                "{what}: points {} and {}, {:.3} apart in the map (nearer than {:.1} % of the pairs), {:.3} in truth ({:.1} %)",
                pair.first,
                pair.second,
                pair.map,
                100.0 * (1.0 - pair.map_rank),
                pair.original,
                100.0 * (1.0 - pair.original_rank),
            );
        }
    }
}
