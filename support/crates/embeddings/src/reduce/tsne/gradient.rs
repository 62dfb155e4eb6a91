//! The gradient of t-SNE as the paper writes it (van der Maaten and Hinton 2008, equations 1 to 5), for reading, for
//! small sets of points and for testing the fast ones; `forces` computes the same in a fraction of the time.

use candle_core::Tensor;

use super::affinities::{dense, sparse_of};
use super::descent::{BarnesHut, Objective as _};
use super::{check_angle, check_perplexity};
use crate::reduce::points::{Points, tensor};
use ground::{Result, bail};

/// The joint probabilities pᵢⱼ of points of shape (points, width) at this perplexity: (points, points), symmetric, 0 on
/// the diagonal, sum 1.
///
/// A perplexity below 1 gives each point's nearest neighbour everything.
///
/// # Errors
/// A perplexity that is not above 0 and below (points − 1)/3, numbers that are not finite, points that are all equal.
pub fn affinities(points: &Tensor, perplexity: f64) -> Result<Tensor> {
    let points = Points::at_least("t-SNE", points, 2)?;
    check_perplexity(perplexity, points.len)?;
    if points.all_equal() {
        bail!("t-SNE: all {} points are equal, so none is nearer than another", points.len);
    }
    tensor(dense(&points, perplexity), &[points.len, points.len], points.dtype)
}

/// What [`gradient`] gives.
#[derive(Clone, Debug)]
pub struct Gradient {
    /// The Kullback–Leibler divergence Σ pᵢⱼ ln(pᵢⱼ/qᵢⱼ), which t-SNE makes small.
    pub kl: f64,
    /// Its derivative by every coordinate, (points, dimensions): a step against it makes the map better.
    pub gradient: Tensor,
}

/// KL divergence and gradient, 4 Σⱼ (pᵢⱼ − qᵢⱼ) (yᵢ − yⱼ) / (1 + |yᵢ − yⱼ|²), of a map of shape (points, dimensions) for
/// the probabilities of [`affinities`].
///
/// # Errors
/// Probabilities that are not (points, points) or negative, numbers that are not finite.
pub fn gradient(affinities: &Tensor, map: &Tensor) -> Result<Gradient> {
    let (p, map) = read(affinities, map)?;
    let (n, dimensions) = (map.len, map.width);
    // w of the paper's q = w/Z.
    let mut weights = vec![0.0; n * n];
    for (i, row) in weights.chunks_mut(n).enumerate() {
        for (j, weight) in row.iter_mut().enumerate().filter(|(j, _)| *j != i) {
            let square: f64 = map.row(i).iter().zip(map.row(j)).map(|(a, b)| (a - b) * (a - b)).sum();
            *weight = 1.0 / (1.0 + square);
        }
    }
    let z: f64 = weights.iter().sum();
    let (mut kl, mut slopes) = (0.0, vec![0.0; n * dimensions]);
    for i in 0..n {
        for j in (0..n).filter(|&j| j != i) {
            let (p, w) = (p.row(i)[j], weights[i * n + j]);
            let q = w / z;
            if p > 0.0 {
                kl += p * (p / q).ln();
            }
            for axis in 0..dimensions {
                slopes[i * dimensions + axis] += 4.0 * (p - q) * w * (map.row(i)[axis] - map.row(j)[axis]);
            }
        }
    }
    Ok(Gradient { kl, gradient: tensor(slopes, &[n, dimensions], map.dtype)? })
}

fn read(affinities: &Tensor, map: &Tensor) -> Result<(Points, Points)> {
    let (p, map) = (Points::read("t-SNE", affinities)?, Points::at_least("t-SNE", map, 2)?);
    let n = map.len;
    if p.len != n || p.width != n {
        bail!("t-SNE: the probabilities of {n} points have the shape [{n}, {n}], found {:?}", affinities.dims());
    }
    if let Some(negative) = p.data.iter().find(|p| **p < 0.0) {
        bail!("t-SNE: {negative} is no probability");
    }
    Ok((p, map))
}

/// The same as [`gradient`] with the repulsion of far groups of points taken together, as [`Tsne`](super::Tsne) does it
/// above 1,500 points, in `f32`. With `angle` 0 no points are taken together.
///
/// # Errors
/// As [`gradient`]; also a map with other than 2 or 3 dimensions, an angle outside 0 to 1.
pub fn barnes_hut_gradient(affinities: &Tensor, map: &Tensor, angle: f64) -> Result<Gradient> {
    let (p, map) = read(affinities, map)?;
    check_angle(angle)?;
    match map.width {
        2 => approximate::<2>(&p, &map, angle),
        3 => approximate::<3>(&p, &map, angle),
        other => bail!("t-SNE: a map in {other} dimensions; choose 2 or 3"),
    }
}

fn approximate<const D: usize>(p: &Points, map: &Points, angle: f64) -> Result<Gradient> {
    let n = map.len;
    let places: Vec<[f32; D]> = map.data.chunks(D).map(|row| std::array::from_fn(|axis| row[axis] as f32)).collect();
    let mut objective = BarnesHut::<D>::new(sparse_of(&p.data, n), angle as f32);
    let mut slopes = vec![[0.0; D]; n];
    let z = objective.gradient(&places, 1.0, &mut slopes);
    let flat = slopes.iter().flatten().map(|&x| x as f64).collect();
    Ok(Gradient { kl: objective.kl(&places, z), gradient: tensor(flat, &[n, D], map.dtype)? })
}
