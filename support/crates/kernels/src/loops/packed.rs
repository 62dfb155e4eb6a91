//! The matrix of a linear layer, stored the way the matrix product reads it.

use super::buffers::Buffer;
use super::matmul::{GROUP, Left, PANEL, Right, Start, multiply_on_cores, panels_len, product_on_cores};
use super::threads::share_out_pieces;

/// A right-hand side (depth, columns) in panels, its columns filled up with zeros to a multiple of 16.
pub struct Packed {
    panels: Buffer,
    depth: usize,
    columns: usize,
}

impl Packed {
    /// W for g·W: `weight` (outputs, inputs) as it is.
    pub fn rows(weight: &[f32], inputs: usize) -> Packed {
        Packed::new(weight.len() / inputs.max(1), inputs, |depth, first, to| {
            let width = to.len().min(inputs - first);
            to[..width].copy_from_slice(&weight[depth * inputs + first..][..width]);
        })
    }

    /// Wᵀ for x·Wᵀ: `weight` (outputs, inputs) turned.
    pub fn columns(weight: &[f32], inputs: usize) -> Packed {
        let outputs = weight.len() / inputs.max(1);
        Packed::new(inputs, outputs, |depth, first, to| {
            for (to, output) in to.iter_mut().zip(first..outputs) {
                *to = weight[output * inputs + depth];
            }
        })
    }

    fn new(depth: usize, columns: usize, fill: impl Fn(usize, usize, &mut [f32]) + Sync) -> Packed {
        let mut panels = Buffer::zeros(panels_len(depth, columns));
        share_out_pieces(&mut panels, depth * PANEL, &|panel, numbers| {
            for (row, to) in numbers.chunks_exact_mut(PANEL).enumerate() {
                fill(row, panel * PANEL, to);
            }
        });
        Packed { panels, depth, columns }
    }

    /// start + a (rows, depth) · this (depth, columns): (rows, columns). `start` is one row for all, or nothing.
    pub fn product(&self, rows: usize, a: Left, start: Option<&[f32]>) -> Vec<f32> {
        let wide = self.columns.next_multiple_of(GROUP);
        let right = Right::panels(&self.panels, self.depth, wide);
        if wide == self.columns {
            return product_on_cores(rows, self.depth, a, right, start);
        }
        let padded: Option<Vec<f32>> = start.map(|row| {
            let zeros = std::iter::repeat_n(0.0, wide - self.columns);
            row.iter().copied().chain(zeros).collect()
        });
        let mut c = Buffer::any(rows * wide);
        multiply_on_cores(rows, self.depth, a, right, padded.as_deref().map_or(Start::Zero, Start::Row), &mut c);
        c.chunks_exact(wide).flat_map(|row| &row[..self.columns]).copied().collect()
    }
}
