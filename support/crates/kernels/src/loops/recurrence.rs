//! One step of an LSTM for all sequences of a batch, forward and backward, fused: the recurrent matrix product, the
//! gates and the new state without a trip to memory in between (Hochreiter and Schmidhuber 1997; gates as in PyTorch).
//!
//! Units go in chunks of 16: the 4·16 numbers of a chunk are its input, forget, cell and output gates, one after the
//! other, so that one panel of the product holds all that 16 units need.

use super::matmul::{GROUP, PANEL, accumulate};
use super::processor::for_each_processor;
use super::simd::{Simd, sigmoid, tanh};

/// The rows of one step in the buffers of a forward pass; `units` is a multiple of 16.
pub struct ForwardStep<'a> {
    pub units: usize,
    /// The recurrent weights, (units, 4·units) in panels.
    pub weights: &'a [f32],
    /// In: what the inputs and the biases add to the gates. Out: the gates. (rows, 4·units)
    pub gates: &'a mut [f32],
    /// The state before the step, (rows, units).
    pub h_before: &'a [f32],
    pub c_before: &'a [f32],
    /// Out: tanh of the new cell state, and the new state, (rows, units).
    pub tanh_c: &'a mut [f32],
    pub h: &'a mut [f32],
    /// Out: the new state once more, for the first rows of the next step, (next rows, units).
    pub h_next: &'a mut [f32],
    pub c_next: &'a mut [f32],
}

/// The units, and the whole rows that two buffers hold.
fn sizes(units: usize, numbers: usize, next: usize) -> (usize, usize, usize) {
    assert!(units > 0 && units.is_multiple_of(GROUP), "an LSTM step: {units} units are no multiple of {GROUP}");
    assert!(numbers.is_multiple_of(units) && next.is_multiple_of(units), "an LSTM step: {units} units, parts of rows");
    (units, numbers / units, next / units)
}

impl ForwardStep<'_> {
    /// Computes the step.
    ///
    /// # Panics
    /// Buffers of other sizes; units that are no multiple of 16.
    pub fn run(self) {
        let (units, rows, next_rows) = sizes(self.units, self.h.len(), self.h_next.len());
        assert!(self.weights.len() / units >= 4 * units, "an LSTM step: too few recurrent weights for {units} units");
        let states = [self.tanh_c.len(), self.h_before.len(), self.c_before.len()];
        assert!(
            self.gates.len() == 4 * rows * units && states == [rows * units; 3],
            "an LSTM step: {rows} rows expected"
        );
        assert!(self.c_next.len() == next_rows * units, "an LSTM step: {next_rows} next rows expected");
        // SAFETY: the assertions above are what the kernel reads and writes.
        unsafe {
            forward(
                rows,
                units,
                self.weights.as_ptr(),
                self.gates.as_mut_ptr(),
                self.h_before.as_ptr(),
                self.c_before.as_ptr(),
                self.tanh_c.as_mut_ptr(),
                self.h.as_mut_ptr(),
                next_rows,
                self.h_next.as_mut_ptr(),
                self.c_next.as_mut_ptr(),
            )
        }
    }
}

for_each_processor! {
    unsafe fn forward => forward_body(
        rows: usize, units: usize, weights: *const f32, gates: *mut f32, h_before: *const f32, c_before: *const f32,
        tanh_c: *mut f32, h: *mut f32, next_rows: usize, h_next: *mut f32, c_next: *mut f32,
    )
}

#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn forward_body<S: Simd>(
    rows: usize,
    units: usize,
    weights: *const f32,
    gates: *mut f32,
    h_before: *const f32,
    c_before: *const f32,
    tanh_c: *mut f32,
    h: *mut f32,
    next_rows: usize,
    h_next: *mut f32,
    c_next: *mut f32,
) {
    for chunk in 0..units / GROUP {
        for lane in (0..GROUP).step_by(S::LANES) {
            let mut row = 0;
            while row < rows {
                let height = S::ROWS.min(rows - row);
                // SAFETY: `run` has looked at the sizes: rows `row` to `row + height`, chunk `chunk` and its lanes lie within
                // all buffers, of `h_next` and `c_next` the first `next_rows` rows.
                unsafe {
                    let weights = weights.add(chunk * units * PANEL + lane);
                    let gates = gates.add(row * 4 * units + chunk * PANEL + lane);
                    let h_before = h_before.add(row * units);
                    let at = row * units + chunk * GROUP + lane;
                    macro_rules! block {
                        ($height:literal) => {{
                            let mut sums = [[S::splat(0.0); 4]; $height];
                            for i in 0..$height {
                                for g in 0..4 {
                                    sums[i][g] = S::load(gates.add(i * 4 * units + g * GROUP));
                                }
                            }
                            accumulate::<S, $height, 4>(units, h_before, units, 1, weights, PANEL, &mut sums);
                            for i in 0..$height {
                                let input = sigmoid::<S>(sums[i][0]);
                                let forget = sigmoid::<S>(sums[i][1]);
                                let cell = tanh::<S>(sums[i][2]);
                                let output = sigmoid::<S>(sums[i][3]);
                                let at = at + i * units;
                                let c = S::fma(forget, S::load(c_before.add(at)), S::mul(input, cell));
                                let squashed = tanh::<S>(c);
                                let new = S::mul(output, squashed);
                                for (g, gate) in [input, forget, cell, output].into_iter().enumerate() {
                                    S::store(gates.add(i * 4 * units + g * GROUP), gate);
                                }
                                S::store(tanh_c.add(at), squashed);
                                S::store(h.add(at), new);
                                if row + i < next_rows {
                                    S::store(h_next.add(at), new);
                                    S::store(c_next.add(at), c);
                                }
                            }
                        }};
                    }
                    match height {
                        6 => block!(6),
                        5 => block!(5),
                        4 => block!(4),
                        3 => block!(3),
                        2 => block!(2),
                        _ => block!(1),
                    }
                }
                row += height;
            }
        }
    }
}

/// The derivative of a sigmoid whose value is `s`.
#[inline(always)]
unsafe fn sigmoid_slope<S: Simd>(s: S::V) -> S::V {
    // SAFETY: the caller sees to the instructions.
    unsafe { S::mul(s, S::sub(S::splat(1.0), s)) }
}

/// The derivative of a tanh whose value is `t`.
#[inline(always)]
unsafe fn tanh_slope<S: Simd>(t: S::V) -> S::V {
    // SAFETY: the caller sees to the instructions.
    unsafe { S::sub(S::splat(1.0), S::mul(t, t)) }
}

/// The rows of one step in the buffers of a backward pass.
pub struct BackwardStep<'a> {
    pub units: usize,
    /// What the forward pass left, (rows, 4·units) and (rows, units).
    pub gates: &'a [f32],
    pub tanh_c: &'a [f32],
    pub c_before: &'a [f32],
    /// The gradient with respect to the new h, (rows, units).
    pub d_h: &'a [f32],
    /// In: the gradient with respect to the new c from the steps after. Out: with respect to the c before.
    pub d_c: &'a mut [f32],
    /// Out: the gradient with respect to what went into the gates, (rows, 4·units).
    pub d_gates: &'a mut [f32],
}

impl BackwardStep<'_> {
    /// Computes all but the recurrent matrix product.
    ///
    /// # Panics
    /// Buffers of other sizes; units that are no multiple of 16.
    pub fn run(self) {
        let (units, rows, _) = sizes(self.units, self.d_h.len(), 0);
        let gates = [self.gates.len(), self.d_gates.len()];
        let states = [self.tanh_c.len(), self.c_before.len()];
        assert!(gates == [4 * rows * units; 2] && states == [rows * units; 2], "an LSTM step: {rows} rows expected");
        assert!(self.d_c.len() >= rows * units, "an LSTM step: a cell state of {rows} rows expected");
        // SAFETY: the assertions above are what the kernel reads and writes.
        unsafe {
            backward(
                rows,
                units,
                self.gates.as_ptr(),
                self.tanh_c.as_ptr(),
                self.c_before.as_ptr(),
                self.d_h.as_ptr(),
                self.d_c.as_mut_ptr(),
                self.d_gates.as_mut_ptr(),
            )
        }
    }
}

for_each_processor! {
    unsafe fn backward => backward_body(
        rows: usize, units: usize, gates: *const f32, tanh_c: *const f32, c_before: *const f32, d_h: *const f32,
        d_c: *mut f32, d_gates: *mut f32,
    )
}

#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn backward_body<S: Simd>(
    rows: usize,
    units: usize,
    gates: *const f32,
    tanh_c: *const f32,
    c_before: *const f32,
    d_h: *const f32,
    d_c: *mut f32,
    d_gates: *mut f32,
) {
    for row in 0..rows {
        for unit in (0..units).step_by(S::LANES) {
            // SAFETY: `run` has looked at the sizes: row `row` and unit `unit` with its lanes lie within all buffers.
            unsafe {
                let at = row * units + unit;
                let gate_at = row * 4 * units + unit / GROUP * PANEL + unit % GROUP;
                let input = S::load(gates.add(gate_at));
                let forget = S::load(gates.add(gate_at + GROUP));
                let cell = S::load(gates.add(gate_at + 2 * GROUP));
                let output = S::load(gates.add(gate_at + 3 * GROUP));
                let (squashed, d_new) = (S::load(tanh_c.add(at)), S::load(d_h.add(at)));
                let through_h = S::mul(S::mul(d_new, output), tanh_slope::<S>(squashed));
                let d_state = S::add(S::load(d_c.add(at)), through_h);
                let d_input = S::mul(S::mul(d_state, cell), sigmoid_slope::<S>(input));
                let d_forget = S::mul(S::mul(d_state, S::load(c_before.add(at))), sigmoid_slope::<S>(forget));
                let d_cell = S::mul(S::mul(d_state, input), tanh_slope::<S>(cell));
                let d_output = S::mul(S::mul(d_new, squashed), sigmoid_slope::<S>(output));
                for (g, d) in [d_input, d_forget, d_cell, d_output].into_iter().enumerate() {
                    S::store(d_gates.add(gate_at + g * GROUP), d);
                }
                S::store(d_c.add(at), S::mul(d_state, forget));
            }
        }
    }
}
