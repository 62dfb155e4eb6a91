//! t-SNE (van der Maaten and Hinton 2008; Barnes–Hut: van der Maaten 2014): a map in two or three dimensions in which
//! neighbours stay neighbours. Distances between groups in it, and the sizes of groups, mean nothing.
//!
//! Settings and defaults are those of scikit-learn 1.9; in three dimensions Student's t keeps one degree of freedom, as in
//! the paper, where scikit-learn takes two. There is no way to add a point to a finished map.

// Loops over axes and lanes touch several arrays at the same place.
#![allow(clippy::needless_range_loop)]

mod affinities;
mod descent;
mod forces;
mod gradient;
mod tree;

use candle_core::Tensor;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use super::neighbours::nearest;
use super::pca::pca_of;
use super::points::{Points, tensor};
use descent::{BarnesHut, Descended, Exact, Objective, Schedule};
use ground::{Result, bail};

pub use gradient::{Gradient, affinities, barnes_hut_gradient, gradient};

/// Up to so many points all pairs are computed.
const EXACT_UP_TO: usize = 1500;
/// The most points for all pairs: 1.6 GB of probabilities.
const EXACT_AT_MOST: usize = 10_000;
/// Standard deviation of the first axis at the start.
const START: f64 = 1e-4;

/// The settings of t-SNE.
#[derive(Clone, Debug)]
pub struct Tsne {
    dimensions: usize,
    perplexity: f64,
    iterations: usize,
    seed: u64,
    learning_rate: Option<f64>,
    exaggeration: (f64, usize),
    angle: f64,
    exact: bool,
    random_start: bool,
    report_every: usize,
}

impl Tsne {
    /// A map in 2 or 3 dimensions: perplexity 30, 1,000 iterations, the first 250 with 12 times the attraction, angle 0.5,
    /// a start from PCA.
    pub fn new(dimensions: usize) -> Tsne {
        Tsne {
            dimensions,
            perplexity: 30.0,
            iterations: 1000,
            seed: 1,
            learning_rate: None,
            exaggeration: (12.0, 250),
            angle: 0.5,
            exact: false,
            random_start: false,
            report_every: 0,
        }
    }

    /// How many neighbours a point should have, roughly: 5 to 50, below (points − 1)/3.
    pub fn perplexity(mut self, perplexity: f64) -> Tsne {
        self.perplexity = perplexity;
        self
    }

    /// How many steps at most.
    pub fn iterations(mut self, iterations: usize) -> Tsne {
        self.iterations = iterations;
        self
    }

    /// For what is random: a random start, and the axes of a start from PCA along which the points do not vary.
    pub fn seed(mut self, seed: u64) -> Tsne {
        self.seed = seed;
        self
    }

    /// The length of a step for a gradient of 1. Left out: points / exaggeration / 4, at least 50.
    pub fn learning_rate(mut self, learning_rate: f64) -> Tsne {
        self.learning_rate = Some(learning_rate);
        self
    }

    /// By how much attraction is multiplied, and in how many of the first iterations.
    pub fn exaggeration(mut self, factor: f64, iterations: usize) -> Tsne {
        self.exaggeration = (factor, iterations);
        self
    }

    /// How large a group of points may look from afar, as diagonal / distance, to count as one point: 0 (never) to 1.
    pub fn angle(mut self, angle: f64) -> Tsne {
        self.angle = angle;
        self
    }

    /// Computes all pairs also above 1,500 points (at most 10,000), which takes time and memory that grow with the square
    /// of their number.
    pub fn exact(mut self) -> Tsne {
        self.exact = true;
        self
    }

    /// Starts from random places instead of PCA.
    pub fn random_start(mut self) -> Tsne {
        self.random_start = true;
        self
    }

    /// Prints a line after so many iterations; 0, the default, prints nothing.
    pub fn report_every(mut self, iterations: usize) -> Tsne {
        self.report_every = iterations;
        self
    }

    /// Makes the map of points of shape (points, width). The same points and settings give the same map, on any number of
    /// threads.
    ///
    /// # Errors
    /// Dimensions other than 2 or 3, a perplexity that is not above 0 and below (points − 1)/3, points that are all equal,
    /// numbers that are not finite, settings that make no sense, steps so long that the points fly apart.
    pub fn fit(&self, points: &Tensor) -> Result<Map> {
        match self.dimensions {
            2 => self.fit_in::<2>(points),
            3 => self.fit_in::<3>(points),
            other => bail!("t-SNE: a map in {other} dimensions; choose 2 or 3"),
        }
    }

    fn fit_in<const D: usize>(&self, points: &Tensor) -> Result<Map> {
        let points = self.checked(points)?;
        let n = points.len;
        let mut map = self.start::<D>(&points)?;
        let mut objective: Box<dyn Objective<D> + Send> = if self.exact || n <= EXACT_UP_TO {
            Box::new(Exact::<D>::new(&affinities::dense(&points, self.perplexity), n))
        } else {
            let near = nearest(&points, (3.0 * self.perplexity) as usize + 1);
            Box::new(BarnesHut::<D>::new(affinities::sparse(near, self.perplexity), self.angle as f32))
        };
        let (factor, exaggerated) = self.exaggeration;
        let schedule = Schedule {
            iterations: self.iterations,
            exaggerated,
            exaggeration: factor as f32,
            learning_rate: self.learning_rate.unwrap_or((n as f64 / factor / 4.0).max(50.0)) as f32,
            report_every: self.report_every,
        };
        // One entry into the pool for the whole descent instead of two for each step.
        let found = rayon::scope(|_| descent::descend(&mut *objective, &mut map, &schedule));
        if !found.kl.is_finite() || map.iter().flatten().any(|x| !x.is_finite()) {
            bail!(
                "t-SNE: after {} iterations the points have flown apart; lower the learning rate of {} or the exaggeration",
                found.iterations,
                schedule.learning_rate
            );
        }
        let Descended { kl, iterations, history } = found;
        let flat = map.iter().flatten().map(|&x| x as f64).collect();
        Ok(Map { points: tensor(flat, &[n, D], points.dtype)?, kl, iterations, history, perplexity: self.perplexity })
    }

    /// The points, when they and the settings make sense.
    fn checked(&self, points: &Tensor) -> Result<Points> {
        let points = Points::at_least("t-SNE", points, 2)?;
        check_perplexity(self.perplexity, points.len)?;
        if points.all_equal() {
            bail!("t-SNE: all {} points are equal, so none is nearer than another", points.len);
        }
        if self.exact && points.len > EXACT_AT_MOST {
            bail!("t-SNE: exact takes at most {EXACT_AT_MOST} points, found {}; leave `.exact()` out", points.len);
        }
        if points.len >= tree::MOST {
            bail!("t-SNE: takes fewer than {} points, found {}", tree::MOST, points.len);
        }
        if self.iterations == 0 {
            bail!("t-SNE: 0 iterations; 1,000 are usual");
        }
        check_angle(self.angle)?;
        let positive = |x: f64| x.is_finite() && x > 0.0;
        if let Some(rate) = self.learning_rate.filter(|rate| !positive(*rate)) {
            bail!("t-SNE: a learning rate of {rate}; choose one above 0, or leave it out");
        }
        if !positive(self.exaggeration.0) {
            bail!("t-SNE: an exaggeration of {}; choose 1 (none) or more, 12 is usual", self.exaggeration.0);
        }
        Ok(points)
    }

    /// Where the points begin: their first principal components, made so small that the first has standard deviation
    /// 1e-4; or normally distributed with that standard deviation.
    fn start<const D: usize>(&self, points: &Points) -> Result<Vec<[f32; D]>> {
        let n = points.len;
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        let mut normal = || ground::random::normal(random.random(), random.random());
        let mut map: Vec<[f32; D]> = (0..n).map(|_| [(); D].map(|()| (START * normal()) as f32)).collect();
        if !self.random_start {
            let found = pca_of(points, D.min(n).min(points.width))?;
            let projected: Vec<f64> = found.points.to_dtype(candle_core::DType::F64)?.flatten_all()?.to_vec1()?;
            let axes = projected.len() / n;
            // numpy's standard deviation divides by n, the variances by n − 1.
            let scale = START / (found.variances[0] * (n - 1) as f64 / n as f64).sqrt();
            // An axis without variance would stay flat for ever, so it keeps its random numbers.
            for axis in (0..axes).filter(|&axis| found.shares[axis] > 1e-12) {
                map.iter_mut().enumerate().for_each(|(at, to)| to[axis] = (scale * projected[at * axes + axis]) as f32);
            }
        }
        Ok(map)
    }
}

fn check_perplexity(perplexity: f64, points: usize) -> Result<()> {
    let limit = (points - 1) as f64 / 3.0;
    if !(perplexity > 0.0 && perplexity < limit) {
        bail!(
            "t-SNE: a perplexity of {perplexity} for {points} points; it counts neighbours, so it must be above 0 and \
             below (points − 1)/3, here {limit:.2}"
        );
    }
    Ok(())
}

fn check_angle(angle: f64) -> Result<()> {
    if !(0.0..=1.0).contains(&angle) {
        bail!("t-SNE: an angle of {angle}; choose 0 (exact) to 1 (coarse), 0.5 is usual");
    }
    Ok(())
}

/// A map that [`Tsne::fit`] made.
#[derive(Clone, Debug)]
pub struct Map {
    /// Where the points are, (points, dimensions).
    pub points: Tensor,
    /// The Kullback–Leibler divergence at the end: 0 would be a perfect map. Comparable between maps of the same points at
    /// the same perplexity.
    pub kl: f64,
    /// Steps done.
    pub iterations: usize,
    /// After every 50 iterations: how many, and the divergence then, without the exaggeration.
    pub history: Vec<(usize, f64)>,
    perplexity: f64,
}

impl Map {
    fn axis(&self, axis: usize) -> Vec<f64> {
        let column = self.points.narrow(1, axis, 1).and_then(|column| column.flatten_all());
        column.and_then(|column| column.to_dtype(candle_core::DType::F64)?.to_vec1()).unwrap_or_default()
    }

    /// First coordinates.
    pub fn x(&self) -> Vec<f64> {
        self.axis(0)
    }

    /// Second coordinates.
    pub fn y(&self) -> Vec<f64> {
        self.axis(1)
    }

    /// Third coordinates; empty in a map of two dimensions.
    pub fn z(&self) -> Vec<f64> {
        self.axis(2)
    }

    /// One line: how many points, dimensions, iterations, the divergence.
    pub fn evcxr_display(&self) {
        println!(
            "t-SNE map of {} points in {} dimensions: perplexity {}, {} iterations, KL divergence {:.4}",
            self.points.dims()[0],
            self.points.dims()[1],
            self.perplexity,
            self.iterations,
            self.kl
        );
    }
}
