//! One direction of an LSTM layer over a packed batch, forward and backward, on one thread: what a layer runs twice
//! side by side. Plain slices; [`reference`](super::reference) says the same in tensors.
//!
//! The widths are rounded up to multiples of 16. The added units have weights of zero, so that they stay at zero and
//! pass nothing on.

use super::packing::Packing;
use kernels::loops::buffers::Buffer;
use kernels::loops::matmul::{GROUP, Left, PANEL, Right, Start, multiply, panels_len};
use kernels::loops::recurrence::{BackwardStep, ForwardStep};

/// The sizes of a layer: inputs per token and units per direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub inputs: usize,
    pub hidden: usize,
}

impl Sizes {
    /// The units, rounded up.
    pub fn units(self) -> usize {
        self.hidden.next_multiple_of(GROUP)
    }

    /// The inputs, rounded up.
    pub fn inputs_wide(self) -> usize {
        self.inputs.next_multiple_of(GROUP)
    }

    /// Where PyTorch's rows (gate after gate) are among the columns of the kernels (chunks of 16 units, gate after
    /// gate in each): (row, column).
    fn gates(self) -> impl Iterator<Item = (usize, usize)> {
        let hidden = self.hidden;
        (0..4 * hidden).map(move |row| {
            let (gate, unit) = (row / hidden, row % hidden);
            (row, unit / GROUP * PANEL + gate * GROUP + unit % GROUP)
        })
    }
}

/// The parameters of one direction as PyTorch has them: `weight_ih` (4·hidden, inputs), `weight_hh` (4·hidden, hidden),
/// `bias_ih` and `bias_hh` (4·hidden).
#[derive(Clone, Copy)]
pub(crate) struct Parameters<'a> {
    pub sizes: Sizes,
    pub weight_ih: &'a [f32],
    pub weight_hh: &'a [f32],
    pub bias_ih: &'a [f32],
    pub bias_hh: &'a [f32],
}

impl Parameters<'_> {
    /// A (4·hidden, depth) matrix transposed to (depth, gates) panels.
    fn transposed(self, weight: &[f32], depth: usize, rows: usize) -> Buffer {
        let mut panels = self.panels(rows, 4 * self.sizes.units());
        for (row, column) in self.sizes.gates() {
            let start = column / PANEL * rows * PANEL + column % PANEL;
            for (k, &w) in weight[row * depth..(row + 1) * depth].iter().enumerate() {
                panels[start + k * PANEL] = w;
            }
        }
        panels
    }

    /// A (4·hidden, columns) matrix as (gates, columns) panels.
    fn straight(self, weight: &[f32], columns: usize) -> Buffer {
        let depth = 4 * self.sizes.units();
        let mut panels = self.panels(depth, columns);
        for (row, gate) in self.sizes.gates() {
            for (p, part) in weight[row * columns..(row + 1) * columns].chunks(PANEL).enumerate() {
                let start = p * depth * PANEL + gate * PANEL;
                panels[start..start + part.len()].copy_from_slice(part);
            }
        }
        panels
    }

    /// Room for panels: zeros where rounding up leaves a place that no weight fills.
    fn panels(self, depth: usize, columns: usize) -> Buffer {
        let len = panels_len(depth, columns);
        let full = self.sizes.hidden == self.sizes.units() && columns.is_multiple_of(PANEL);
        if full { Buffer::any(len) } else { Buffer::zeros(len) }
    }

    /// The weights of the inputs for the way back: (gates, inputs) in panels.
    pub fn input_weights(self) -> Buffer {
        self.straight(self.weight_ih, self.sizes.inputs)
    }
}

/// What a forward pass leaves for the backward pass; `rows` rows each.
pub(crate) struct Trace {
    /// The gates, (rows, 4·units).
    gates: Buffer,
    /// tanh of the cell state, (rows, units).
    tanh_c: Buffer,
    /// The state before each token, (rows, units).
    h_before: Buffer,
    c_before: Buffer,
    /// The state after each token, (rows, units).
    pub h: Buffer,
}

/// The steps in the order of one direction, each with the step that follows.
fn steps(packing: &Packing, reverse: bool) -> impl Iterator<Item = (usize, Option<usize>)> {
    let count = packing.sizes.len();
    (0..count).map(move |i| {
        let at = |i: usize| if reverse { count - 1 - i } else { i };
        (at(i), (i + 1 < count).then(|| at(i + 1)))
    })
}

/// Runs the layer over `x`, (rows, inputs).
pub(super) fn forward(x: &[f32], parameters: Parameters, packing: &Packing, reverse: bool) -> Trace {
    let (sizes, rows) = (parameters.sizes, packing.rows);
    let units = sizes.units();

    // What the inputs and the biases add to the gates, for all tokens at once: (rows, 4·units).
    let mut bias = vec![0.0; 4 * units];
    for (row, column) in sizes.gates() {
        bias[column] = parameters.bias_ih[row] + parameters.bias_hh[row];
    }
    let weights = parameters.transposed(parameters.weight_ih, sizes.inputs, sizes.inputs);
    let mut gates = Buffer::any(rows * 4 * units);
    let left = Left { data: x, row: sizes.inputs, column: 1 };
    let right = Right::panels(&weights, sizes.inputs, 4 * units);
    multiply(rows, sizes.inputs, left, right, Start::Row(&bias), &mut gates);

    // Then step after step.
    let weights = parameters.transposed(parameters.weight_hh, sizes.hidden, units);
    let (mut tanh_c, mut h) = (Buffer::any(rows * units), Buffer::any(rows * units));
    // A text begins with a state of zeros.
    let (mut h_before, mut c_before) = (Buffer::zeros(rows * units), Buffer::zeros(rows * units));
    for (step, next) in steps(packing, reverse) {
        let rows = Rows::step(packing, step);
        let next = next.map_or(Rows { first: rows.end(), count: 0 }, |next| Rows::step(packing, next));
        let both = next.count.min(rows.count);
        let (h_now, h_next) = two(&mut h_before, rows, Rows { count: both, ..next }, units);
        let (c_now, c_next) = two(&mut c_before, rows, Rows { count: both, ..next }, units);
        ForwardStep {
            units,
            weights: &weights,
            gates: rows.of_mut(&mut gates, 4 * units),
            h_before: h_now,
            c_before: c_now,
            tanh_c: rows.of_mut(&mut tanh_c, units),
            h: rows.of_mut(&mut h, units),
            h_next,
            c_next,
        }
        .run();
    }
    Trace { gates, tanh_c, h_before, c_before, h }
}

/// The gradients of one direction, from the gradient with respect to the new states: `d_h`, (rows, units), which is
/// used up. Gives the gradient with respect to what went into the gates, (rows, 4·units).
pub(super) fn backward(
    mut d_h: Buffer,
    trace: &Trace,
    parameters: Parameters,
    packing: &Packing,
    reverse: bool,
) -> Buffer {
    let (sizes, rows) = (parameters.sizes, packing.rows);
    let units = sizes.units();
    let weights = parameters.straight(parameters.weight_hh, sizes.hidden);
    let mut d_gates = Buffer::any(rows * 4 * units);
    let mut d_c = vec![0.0; packing.sizes[0] * units];
    let order: Vec<_> = steps(packing, reverse).map(|(step, _)| step).collect();
    for (i, &step) in order.iter().enumerate().rev() {
        let rows = Rows::step(packing, step);
        BackwardStep {
            units,
            gates: rows.of(&trace.gates, 4 * units),
            tanh_c: rows.of(&trace.tanh_c, units),
            c_before: rows.of(&trace.c_before, units),
            d_h: rows.of(&d_h, units),
            d_c: &mut d_c,
            d_gates: rows.of_mut(&mut d_gates, 4 * units),
        }
        .run();
        if i > 0 {
            // What the state before owes to the gates: d_gates (rows, 4·units) · weight_hh (4·units, units).
            let before = Rows::step(packing, order[i - 1]);
            let both = before.count.min(rows.count);
            let left = Left { data: rows.of(&d_gates, 4 * units), row: 4 * units, column: 1 };
            let right = Right::panels(&weights, 4 * units, units);
            multiply(both, 4 * units, left, right, Start::Result, before.of_mut(&mut d_h, units));
        }
    }
    d_gates
}

/// The gradients with respect to the parameters, in the order of [`Parameters`].
pub(super) fn parameter_gradients(x: &[f32], trace: &Trace, d_gates: &[f32], sizes: Sizes) -> [Vec<f32>; 4] {
    let units = sizes.units();
    let d_weight_ih = weight_gradient(x, sizes.inputs, sizes.inputs, d_gates, sizes);
    let d_weight_hh = weight_gradient(&trace.h_before, units, sizes.hidden, d_gates, sizes);
    let mut sums = vec![0.0; 4 * units];
    for row in d_gates.chunks_exact(4 * units) {
        for (sum, d) in sums.iter_mut().zip(row) {
            *sum += d;
        }
    }
    let mut d_bias = vec![0.0; 4 * sizes.hidden];
    for (row, column) in sizes.gates() {
        d_bias[row] = sums[column];
    }
    [d_weight_ih, d_weight_hh, d_bias.clone(), d_bias]
}

/// d_gatesᵀ (4·hidden, rows) · the first `width` columns of `data` (rows, row_width): (4·hidden, width).
fn weight_gradient(data: &[f32], row_width: usize, width: usize, d_gates: &[f32], sizes: Sizes) -> Vec<f32> {
    let columns = 4 * sizes.units();
    let rows = d_gates.len() / columns;
    let mut product = Buffer::any(width * columns); // transposed: (width, 4·units)
    let left = Left { data, row: 1, column: row_width };
    multiply(width, rows, left, Right::rows(d_gates, columns), Start::Zero, &mut product);
    let mut d_weight = vec![0.0; 4 * sizes.hidden * width];
    // In strips of 16, which stay in the first cache.
    for first in (0..width).step_by(GROUP) {
        for (row, column) in sizes.gates() {
            for k in first..width.min(first + GROUP) {
                d_weight[row * width + k] = product[k * columns + column];
            }
        }
    }
    d_weight
}

/// Neighbouring rows of a buffer.
#[derive(Clone, Copy)]
struct Rows {
    first: usize,
    count: usize,
}

impl Rows {
    fn step(packing: &Packing, step: usize) -> Rows {
        Rows { first: packing.offsets[step], count: packing.sizes[step] }
    }

    fn end(self) -> usize {
        self.first + self.count
    }

    /// These rows of `data`, whose rows are `width` wide.
    fn of(self, data: &[f32], width: usize) -> &[f32] {
        &data[self.first * width..self.end() * width]
    }

    fn of_mut(self, data: &mut [f32], width: usize) -> &mut [f32] {
        &mut data[self.first * width..self.end() * width]
    }
}

/// The rows `now` to read and the rows `next` to write, of one buffer; they share no row.
fn two(data: &mut [f32], now: Rows, next: Rows, width: usize) -> (&[f32], &mut [f32]) {
    if now.first < next.first {
        let (early, late) = data.split_at_mut(next.first * width);
        (now.of(early, width), &mut late[..next.count * width])
    } else {
        let (early, late) = data.split_at_mut(now.first * width);
        (&late[..now.count * width], next.of_mut(early, width))
    }
}
