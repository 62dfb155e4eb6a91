//! The descent that turns a start into a map: gradient steps with momentum and a gain for every coordinate, first with
//! the attraction exaggerated.
//!
//! Momentum, gains and stopping rules are those of scikit-learn 1.9, so that its KL divergences can be compared.

use std::time::Instant;

use super::affinities::Sparse;
use super::forces::{Acting, Dense, Pushed, attraction, divergence, repulsion};
use super::tree::{GROUP, Tree};

/// Iterations between two looks at the KL divergence.
pub(super) const LOOK: usize = 50;
/// The descent ends when the KL divergence has not fallen for so many iterations.
const PATIENCE: usize = 300;
/// The descent ends when the gradient times the gains is shorter than this.
const SMALLEST_GRADIENT: f64 = 1e-7;

/// The settings of a descent.
pub(super) struct Schedule {
    pub iterations: usize,
    pub exaggerated: usize,
    pub exaggeration: f32,
    pub learning_rate: f32,
    /// Print a line after so many iterations; 0: never.
    pub report_every: usize,
}

/// What a descent gives.
pub(super) struct Descended {
    pub kl: f64,
    pub iterations: usize,
    /// (iterations, KL divergence).
    pub history: Vec<(usize, f64)>,
}

/// Something that has a gradient at a map.
pub(super) trait Objective<const D: usize> {
    /// Writes the gradient of the KL divergence, with all attraction multiplied, and gives Z.
    fn gradient(&mut self, map: &[[f32; D]], exaggeration: f32, gradient: &mut [[f32; D]]) -> f64;
    /// The KL divergence (not exaggerated) at the map of the last gradient, with its Z.
    fn kl(&self, map: &[[f32; D]], z: f64) -> f64;
}

/// Repulsion from a tree, attraction between nearest neighbours.
pub(super) struct BarnesHut<const D: usize> {
    pairs: Sparse,
    angle: f32,
    tree: Tree<D>,
    pull: Vec<[f32; D]>,
    groups: Vec<Pushed<D>>,
}

impl<const D: usize> BarnesHut<D> {
    pub fn new(pairs: Sparse, angle: f32) -> Self {
        let n = pairs.starts.len() - 1;
        let groups = vec![Pushed::none(); n.div_ceil(GROUP)];
        BarnesHut { pairs, angle, tree: Tree::new(), pull: vec![[0.0; D]; n], groups }
    }
}

impl<const D: usize> Objective<D> for BarnesHut<D> {
    fn gradient(&mut self, map: &[[f32; D]], exaggeration: f32, gradient: &mut [[f32; D]]) -> f64 {
        let BarnesHut { pairs, angle, tree, pull, groups } = self;
        // One thread builds the tree, the others begin with the attraction.
        rayon::join(|| tree.build(map, *angle), || attraction(pairs, map, pull));
        repulsion(tree, groups);
        let n = map.len();
        let lanes = groups.iter().flat_map(|group| group.weights);
        let z = (lanes.take(n).map(|weight| weight as f64).sum::<f64>() - n as f64).max(f64::MIN_POSITIVE);
        let inverse = (1.0 / z) as f32;
        for at in 0..n {
            let (point, group) = (tree.point(at), &groups[at / GROUP]);
            for axis in 0..D {
                let push = group.push[axis][at % GROUP] * inverse;
                gradient[point][axis] = 4.0 * (exaggeration * pull[point][axis] - push);
            }
        }
        z
    }

    fn kl(&self, map: &[[f32; D]], z: f64) -> f64 {
        divergence(&self.pairs, map) + z.ln()
    }
}

/// All pairs.
pub(super) struct Exact<const D: usize> {
    dense: Dense<D>,
    acting: Vec<Acting<D>>,
}

impl<const D: usize> Exact<D> {
    pub fn new(p: &[f64], len: usize) -> Self {
        let none = Acting { pull: [0.0; D], push: [0.0; D], weights: 0.0 };
        Exact { dense: Dense::new(p, len), acting: vec![none; len] }
    }
}

impl<const D: usize> Objective<D> for Exact<D> {
    fn gradient(&mut self, map: &[[f32; D]], exaggeration: f32, gradient: &mut [[f32; D]]) -> f64 {
        self.dense.place(map);
        self.dense.forces(&mut self.acting);
        let n = map.len() as f64;
        let z = self.acting.iter().map(|acting| acting.weights as f64).sum::<f64>() - n;
        let z = z.max(f64::MIN_POSITIVE);
        let inverse = (1.0 / z) as f32;
        for (to, acting) in gradient.iter_mut().zip(&self.acting) {
            for axis in 0..D {
                to[axis] = 4.0 * (exaggeration * acting.pull[axis] - inverse * acting.push[axis]);
            }
        }
        z
    }

    fn kl(&self, map: &[[f32; D]], z: f64) -> f64 {
        self.dense.divergence(map) + z.ln()
    }
}

/// Moves the points of `map` down the gradient.
pub(super) fn descend<const D: usize>(
    objective: &mut dyn Objective<D>,
    map: &mut [[f32; D]],
    schedule: &Schedule,
) -> Descended {
    let begun = Instant::now();
    let mut gradient = vec![[0.0f32; D]; map.len()];
    let mut found = Descended { kl: f64::NAN, iterations: 0, history: Vec::new() };
    let early = schedule.exaggerated.min(schedule.iterations);
    for (end, momentum, exaggeration) in [(early, 0.5, schedule.exaggeration), (schedule.iterations, 0.8, 1.0)] {
        let mut steps = vec![[0.0f32; D]; map.len()];
        let mut gains = vec![[1.0f32; D]; map.len()];
        let (mut best, mut best_at) = (f64::INFINITY, found.iterations);
        while found.iterations < end {
            let z = objective.gradient(map, exaggeration, &mut gradient);
            let done = found.iterations + 1;
            let look = done.is_multiple_of(LOOK) || done == end;
            let report = schedule.report_every > 0 && done.is_multiple_of(schedule.report_every);
            if look || report {
                found.kl = objective.kl(map, z);
            }
            if look {
                found.history.push((done, found.kl));
            }
            if report {
                report_line(schedule, done, done <= early, found.kl, begun);
            }
            let length = step(map, &gradient, &mut steps, &mut gains, momentum, schedule.learning_rate);
            found.iterations = done;
            if look && found.kl < best {
                (best, best_at) = (found.kl, done);
            }
            let stuck = look && end > early && done - best_at > PATIENCE;
            if stuck || (look && length <= SMALLEST_GRADIENT) {
                break;
            }
        }
    }
    // The divergence of the map as it is now, after the last step.
    let z = objective.gradient(map, 1.0, &mut gradient);
    found.kl = objective.kl(map, z);
    found
}

/// One step for every coordinate. Its gain grows while the gradient keeps pointing against the last step, and shrinks
/// when it does not. Gives the length of the gradient times the gains.
fn step<const D: usize>(
    map: &mut [[f32; D]],
    gradient: &[[f32; D]],
    steps: &mut [[f32; D]],
    gains: &mut [[f32; D]],
    momentum: f32,
    learning_rate: f32,
) -> f64 {
    let mut length = 0.0;
    for (((point, gradient), step), gain) in map.iter_mut().zip(gradient).zip(steps).zip(gains) {
        for axis in 0..D {
            let on = step[axis] * gradient[axis] < 0.0;
            gain[axis] = (if on { gain[axis] + 0.2 } else { gain[axis] * 0.8 }).max(0.01);
            let slope = gradient[axis] * gain[axis];
            step[axis] = momentum * step[axis] - learning_rate * slope;
            point[axis] += step[axis];
            length += (slope as f64).powi(2);
        }
    }
    length.sqrt()
}

fn report_line(schedule: &Schedule, done: usize, early: bool, kl: f64, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    let left = seconds / done as f64 * (schedule.iterations - done) as f64;
    let early = if early { " (attraction exaggerated)" } else { "" };
    println!(
        "iteration {done} of {}: KL divergence {kl:.4}{early}; {seconds:.1} s, at most {left:.0} s left",
        schedule.iterations
    );
}
