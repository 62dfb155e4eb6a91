//! Nearest neighbours, found by computing every distance, and how often they are of the same class.
//!
//! Exact, in parallel, with the same result on any number of threads: of points at the same distance the earlier one
//! counts as the nearer.

use candle_core::Tensor;
use rayon::prelude::*;

use super::points::{Points, one_each};
use super::vectors::Columns;
use ground::{Result, bail};

/// How many points one task takes.
const TASK: usize = 64;

/// The `k` nearest other points of each point, nearest first.
pub(super) struct Nearest {
    pub k: usize,
    /// Row by row.
    pub index: Vec<u32>,
    /// Their squared distances.
    pub squared: Vec<f64>,
}

/// Finds the `k` nearest of the other points; `k` is smaller than the number of points.
pub(super) fn nearest(points: &Points, k: usize) -> Nearest {
    let columns = Columns::new(&points.data, points.width);
    let (mut index, mut squared) = (vec![0u32; points.len * k], vec![0.0; points.len * k]);
    index.par_chunks_mut(TASK * k).zip(squared.par_chunks_mut(TASK * k)).enumerate().for_each(
        |(task, (index, squared))| {
            let (mut distances, mut found) = (Vec::new(), Vec::with_capacity(4 * k + 64));
            for (row, (index, squared)) in index.chunks_mut(k).zip(squared.chunks_mut(k)).enumerate() {
                let point = task * TASK + row;
                columns.squared_distances(points.row(point), &mut distances);
                smallest(&distances, point, k, &mut found);
                for (place, &(distance, at)) in found.iter().enumerate() {
                    (index[place], squared[place]) = (at, distance);
                }
            }
        },
    );
    Nearest { k, index, squared }
}

/// The `k` smallest distances with their places, without that of `point` itself.
fn smallest(distances: &[f64], point: usize, k: usize, found: &mut Vec<(f64, u32)>) {
    let order = |a: &(f64, u32), b: &(f64, u32)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    let room = 4 * k + 64;
    found.clear();
    let mut bound = f64::INFINITY;
    for (at, &distance) in distances.iter().enumerate() {
        // Those that come later lose against an equal one, so `<` is enough once there are k.
        if distance < bound && at != point {
            found.push((distance, at as u32));
            if found.len() == room {
                found.select_nth_unstable_by(k - 1, order);
                found.truncate(k);
                bound = found[k - 1].0;
            }
        }
    }
    if found.len() > k {
        found.select_nth_unstable_by(k - 1, order);
        found.truncate(k);
    }
    found.sort_unstable_by(order);
}

/// The `k` nearest other points of each point of shape (points, width), nearest first.
///
/// `cosine`: by the angle between the vectors instead of the Euclidean distance.
///
/// # Errors
/// `k` of 0 or not smaller than the number of points, numbers that are not finite; with `cosine` a point of zeros.
pub fn neighbours(points: &Tensor, k: usize, cosine: bool) -> Result<Vec<Vec<usize>>> {
    let points = Points::at_least("neighbours", points, 2)?;
    check_k("neighbours", k, points.len)?;
    let points = if cosine { points.normalised("neighbours")? } else { points };
    let nearest = nearest(&points, k);
    Ok(nearest.index.chunks(k).map(|row| row.iter().map(|&at| at as usize).collect()).collect())
}

pub(super) fn check_k(doing: &str, k: usize, points: usize) -> Result<()> {
    if k == 0 || k >= points {
        bail!("{doing}: {k} neighbours of each of {points} points; choose 1 to {}", points - 1);
    }
    Ok(())
}

/// The share of points whose own label is the commonest among their `k` nearest neighbours; of labels that are equally
/// common the one with the nearest point counts.
///
/// For a map of two classes of the same size about 0.5 is chance.
///
/// # Errors
/// As [`neighbours`]; also another number of labels than points.
pub fn neighbour_accuracy(points: &Tensor, labels: &[usize], k: usize) -> Result<f64> {
    let doing = "neighbour accuracy";
    let points = Points::at_least(doing, points, 2)?;
    one_each(doing, "labels", labels.len(), points.len)?;
    check_k(doing, k, points.len)?;
    let nearest = nearest(&points, k);
    let right = nearest.index.chunks(k).zip(labels).filter(|(row, own)| {
        let votes = |label: usize| row.iter().filter(|&&at| labels[at as usize] == label).count();
        // max_by_key keeps the last of equal ones, hence from the far end.
        row.iter().rev().map(|&at| labels[at as usize]).max_by_key(|&label| votes(label)) == Some(**own)
    });
    Ok(right.count() as f64 / points.len as f64)
}
