//! What pulls and pushes the points of a map, in `f32`: attraction along the pairs that are neighbours, repulsion between
//! all pairs or from the cells of a tree.
//!
//! Sums run in a fixed order, so that the result is the same on any number of threads and on every processor.

use rayon::prelude::*;

use super::affinities::{LANES, Sparse};
use super::tree::{GROUP, Seen, Tree};
use kernels::loops::{Simd, Work, on_this_processor};

/// Points that one task takes.
const TASK: usize = 128;
/// Where the filling of the last group of points is: so far away that it neither pulls nor pushes.
const FAR: f32 = 1e18;

type Lanes = [f32; LANES];

/// The sum of 16 numbers, always in the same order.
#[inline(always)]
fn sum(mut lanes: Lanes) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for lane in 0..width {
            lanes[lane] += lanes[lane + width];
        }
        width /= 2;
    }
    lanes[0]
}

/// Attraction Σⱼ pᵢⱼ wᵢⱼ (yᵢ − yⱼ) for each point, with w = 1 / (1 + |yᵢ − yⱼ|²).
pub(super) fn attraction<const D: usize>(pairs: &Sparse, map: &[[f32; D]], pull: &mut [[f32; D]]) {
    assert!(map.len() == pull.len() && map.len() + 1 == pairs.starts.len());
    pull.par_chunks_mut(TASK).enumerate().for_each(|(task, pull)| {
        on_this_processor(Attraction { pairs, map, first: task * TASK, pull });
    });
}

struct Attraction<'a, const D: usize> {
    pairs: &'a Sparse,
    map: &'a [[f32; D]],
    first: usize,
    pull: &'a mut [[f32; D]],
}

impl<const D: usize> Work for Attraction<'_, D> {
    type Result = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        attract(self.pairs, self.map, self.first, self.pull);
    }
}

#[inline(always)]
fn attract<const D: usize>(pairs: &Sparse, map: &[[f32; D]], first: usize, pull: &mut [[f32; D]]) {
    for (row, pull) in pull.iter_mut().enumerate() {
        let own = map[first + row];
        let mut sums = [[0.0f32; LANES]; D];
        let range = pairs.starts[first + row]..pairs.starts[first + row + 1];
        for (index, p) in pairs.index[range.clone()].chunks_exact(LANES).zip(pairs.p[range].chunks_exact(LANES)) {
            let mut apart = [[0.0f32; LANES]; D];
            for lane in 0..LANES {
                let other = map[index[lane] as usize];
                for axis in 0..D {
                    apart[axis][lane] = own[axis] - other[axis];
                }
            }
            let mut weight = [0.0f32; LANES];
            for lane in 0..LANES {
                let mut square = 1.0;
                for axis in 0..D {
                    square += apart[axis][lane] * apart[axis][lane];
                }
                weight[lane] = p[lane] / square;
            }
            for axis in 0..D {
                for lane in 0..LANES {
                    sums[axis][lane] += weight[lane] * apart[axis][lane];
                }
            }
        }
        for axis in 0..D {
            pull[axis] = sum(sums[axis]);
        }
    }
}

/// Σ pᵢⱼ ln(pᵢⱼ / wᵢⱼ) over the pairs that are kept; with ln Z added, Z = Σ w, it is the KL divergence.
pub(super) fn divergence<const D: usize>(pairs: &Sparse, map: &[[f32; D]]) -> f64 {
    let of_row = |row: usize| -> f64 {
        let range = pairs.starts[row]..pairs.starts[row + 1];
        let pairs = pairs.index[range.clone()].iter().zip(&pairs.p[range]).filter(|(_, p)| **p > 0.0);
        pairs.map(|(&to, &p)| term(p, &map[row], &map[to as usize])).sum()
    };
    let rows: Vec<f64> = (0..map.len()).into_par_iter().map(of_row).collect();
    rows.iter().sum()
}

#[inline(always)]
fn term<const D: usize>(p: f32, one: &[f32; D], other: &[f32; D]) -> f64 {
    let mut square = 1.0;
    for axis in 0..D {
        square += ((one[axis] - other[axis]) as f64).powi(2);
    }
    p as f64 * (p as f64 * square).ln()
}

/// 16 points that lie together: how they are pushed, Σ w² (yᵢ − yⱼ), and the sum of their w.
#[derive(Clone)]
pub(super) struct Pushed<const D: usize> {
    pub push: [Lanes; D],
    /// Also over each point with itself, which is 1.
    pub weights: Lanes,
}

impl<const D: usize> Pushed<D> {
    pub fn none() -> Self {
        Pushed { push: [[0.0; LANES]; D], weights: [0.0; LANES] }
    }
}

/// Repulsion of the tree's points in their sorted order, 16 at a time.
pub(super) fn repulsion<const D: usize>(tree: &Tree<D>, groups: &mut [Pushed<D>]) {
    groups.par_iter_mut().with_min_len(2).enumerate().for_each_init(Seen::<D>::default, |seen, (group, to)| {
        tree.look(group * GROUP, seen);
        on_this_processor(Repulsion { tree, first: group * GROUP, seen: &seen.entries, to });
    });
}

struct Repulsion<'a, const D: usize> {
    tree: &'a Tree<D>,
    first: usize,
    seen: &'a [[f32; 4]],
    to: &'a mut Pushed<D>,
}

impl<const D: usize> Work for Repulsion<'_, D> {
    type Result = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        push_group(self.tree, self.first, self.seen, self.to);
    }
}

#[inline(always)]
fn push_group<const D: usize>(tree: &Tree<D>, first: usize, seen: &[[f32; 4]], to: &mut Pushed<D>) {
    let mut own = [[0.0f32; LANES]; D];
    for axis in 0..D {
        own[axis].copy_from_slice(&tree.sorted[axis][first..first + LANES]);
    }
    let mut weights = [0.0f32; LANES];
    let mut push = [[0.0f32; LANES]; D];
    for entry in seen {
        let mass = entry[3];
        let mut apart = [[0.0f32; LANES]; D];
        let mut square = [1.0f32; LANES];
        for axis in 0..D {
            for lane in 0..LANES {
                apart[axis][lane] = own[axis][lane] - entry[axis];
            }
            for lane in 0..LANES {
                square[lane] += apart[axis][lane] * apart[axis][lane];
            }
        }
        let mut weight = [0.0f32; LANES];
        let mut heavy = [0.0f32; LANES];
        for lane in 0..LANES {
            weight[lane] = 1.0 / square[lane];
        }
        for lane in 0..LANES {
            heavy[lane] = mass * weight[lane];
        }
        for lane in 0..LANES {
            weights[lane] += heavy[lane];
        }
        for lane in 0..LANES {
            heavy[lane] *= weight[lane];
        }
        for axis in 0..D {
            for lane in 0..LANES {
                push[axis][lane] += heavy[lane] * apart[axis][lane];
            }
        }
    }
    (to.weights, to.push) = (weights, push);
}

/// Probabilities of all pairs and the map axis by axis, both filled up to multiples of 16.
pub(super) struct Dense<const D: usize> {
    len: usize,
    padded: usize,
    p: Vec<f32>,
    axes: [Vec<f32>; D],
}

/// What acts on one point.
#[derive(Clone)]
pub(super) struct Acting<const D: usize> {
    pub pull: [f32; D],
    pub push: [f32; D],
    /// Also with itself, which is 1.
    pub weights: f32,
}

impl<const D: usize> Dense<D> {
    /// `p`: (points, points) row by row.
    pub fn new(p: &[f64], len: usize) -> Self {
        let padded = len.next_multiple_of(LANES);
        let mut rows = vec![0.0; len * padded];
        for (to, from) in rows.chunks_mut(padded).zip(p.chunks(len)) {
            to.iter_mut().zip(from).for_each(|(to, from)| *to = *from as f32);
        }
        Dense { len, padded, p: rows, axes: std::array::from_fn(|_| vec![FAR; padded]) }
    }

    /// Takes over where the points are.
    pub fn place(&mut self, map: &[[f32; D]]) {
        for (axis, to) in self.axes.iter_mut().enumerate() {
            to.iter_mut().zip(map).for_each(|(to, point)| *to = point[axis]);
        }
    }

    /// Attraction and repulsion of all points.
    pub fn forces(&self, acting: &mut [Acting<D>]) {
        assert_eq!(acting.len(), self.len);
        acting.par_chunks_mut(16).enumerate().for_each(|(task, acting)| {
            on_this_processor(AllPairs { dense: self, first: task * 16, acting });
        });
    }

    /// As [`divergence`], over all pairs.
    pub fn divergence(&self, map: &[[f32; D]]) -> f64 {
        let of_row = |row: usize| -> f64 {
            let pairs = self.p[row * self.padded..][..self.len].iter().zip(map).filter(|(p, _)| **p > 0.0);
            pairs.map(|(&p, other)| term(p, &map[row], other)).sum()
        };
        let rows: Vec<f64> = (0..self.len).into_par_iter().map(of_row).collect();
        rows.iter().sum()
    }
}

struct AllPairs<'a, const D: usize> {
    dense: &'a Dense<D>,
    first: usize,
    acting: &'a mut [Acting<D>],
}

impl<const D: usize> Work for AllPairs<'_, D> {
    type Result = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        act(self.dense, self.first, self.acting);
    }
}

#[inline(always)]
fn act<const D: usize>(dense: &Dense<D>, first: usize, acting: &mut [Acting<D>]) {
    for (row, to) in acting.iter_mut().enumerate() {
        let mut own = [0.0f32; D];
        for axis in 0..D {
            own[axis] = dense.axes[axis][first + row];
        }
        let (mut pull, mut push, mut weights) = ([[0.0f32; LANES]; D], [[0.0f32; LANES]; D], [0.0f32; LANES]);
        for (group, p) in dense.p[(first + row) * dense.padded..][..dense.padded].chunks_exact(LANES).enumerate() {
            let mut apart = [[0.0f32; LANES]; D];
            let mut square = [1.0f32; LANES];
            for axis in 0..D {
                let others = &dense.axes[axis][group * LANES..][..LANES];
                for lane in 0..LANES {
                    apart[axis][lane] = own[axis] - others[lane];
                }
                for lane in 0..LANES {
                    square[lane] += apart[axis][lane] * apart[axis][lane];
                }
            }
            let (mut weight, mut near, mut away) = ([0.0f32; LANES], [0.0f32; LANES], [0.0f32; LANES]);
            for lane in 0..LANES {
                weight[lane] = 1.0 / square[lane];
            }
            for lane in 0..LANES {
                weights[lane] += weight[lane];
                near[lane] = p[lane] * weight[lane];
                away[lane] = weight[lane] * weight[lane];
            }
            for axis in 0..D {
                for lane in 0..LANES {
                    pull[axis][lane] += near[lane] * apart[axis][lane];
                    push[axis][lane] += away[lane] * apart[axis][lane];
                }
            }
        }
        for axis in 0..D {
            (to.pull[axis], to.push[axis]) = (sum(pull[axis]), sum(push[axis]));
        }
        to.weights = sum(weights);
    }
}
