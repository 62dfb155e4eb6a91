//! Both directions of a layer on plain slices, each on a thread: what all of the network runs on.

use rayon::prelude::*;

use super::direction::{self, Parameters, Trace};
use super::packing::Packing;
use kernels::loops::buffers::Buffer;
use kernels::loops::matmul::{Left, Right, Start, multiply};

/// The states for `x`, (rows, inputs): forward then backward, (rows, 2·hidden); and what the way back needs.
pub(crate) fn forward(x: &[f32], parameters: &[Parameters; 2], packing: &Packing) -> (Buffer, [Trace; 2]) {
    let (ahead, back) = rayon::join(
        || direction::forward(x, parameters[0], packing, false),
        || direction::forward(x, parameters[1], packing, true),
    );
    let sizes = parameters[0].sizes;
    let (hidden, units) = (sizes.hidden, sizes.units());
    let mut states = Buffer::any(packing.rows * 2 * hidden);
    let both = ahead.h.chunks_exact(units).zip(back.h.chunks_exact(units));
    for (state, (ahead, back)) in states.chunks_exact_mut(2 * hidden).zip(both) {
        state[..hidden].copy_from_slice(&ahead[..hidden]);
        state[hidden..].copy_from_slice(&back[..hidden]);
    }
    (states, [ahead, back])
}

/// The gradients of a layer; empty where none was asked for.
pub(crate) struct Gradients {
    /// With respect to `x`, (rows, inputs).
    pub x: Option<Buffer>,
    /// With respect to the parameters of each direction, in the order of [`Parameters`].
    pub parameters: Option<[[Vec<f32>; 4]; 2]>,
}

/// Which gradients are asked for.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    pub x: bool,
    pub parameters: bool,
}

/// The way back from `grad`, the gradient with respect to the states, (rows, 2·hidden).
pub(crate) fn backward(
    x: &[f32],
    grad: &[f32],
    traces: &[Trace; 2],
    parameters: &[Parameters; 2],
    packing: &Packing,
    wanted: Wanted,
) -> Gradients {
    let sizes = parameters[0].sizes;
    let (hidden, units) = (sizes.hidden, sizes.units());
    let run = |i: usize| {
        let mut d_h = Buffer::any(packing.rows * units);
        for (d_h, grad) in d_h.chunks_exact_mut(units).zip(grad.chunks_exact(2 * hidden)) {
            d_h[..hidden].copy_from_slice(&grad[i * hidden..][..hidden]);
            d_h[hidden..].fill(0.0);
        }
        let d_gates = direction::backward(d_h, &traces[i], parameters[i], packing, i == 1);
        let of_parameters = wanted.parameters.then(|| direction::parameter_gradients(x, &traces[i], &d_gates, sizes));
        (d_gates, of_parameters)
    };
    let ((d_ahead, ahead), (d_back, back)) = rayon::join(|| run(0), || run(1));
    Gradients {
        x: wanted.x.then(|| input_gradient(&[d_ahead, d_back], parameters, packing)),
        parameters: ahead.zip(back).map(|(ahead, back)| [ahead, back]),
    }
}

/// d_gates (rows, 4·units) · weight_ih (4·units, inputs), both directions added up: (rows, inputs).
fn input_gradient(d_gates: &[Buffer; 2], parameters: &[Parameters; 2], packing: &Packing) -> Buffer {
    let sizes = parameters[0].sizes;
    let (wide, depth) = (sizes.inputs_wide(), 4 * sizes.units());
    let weights = [parameters[0].input_weights(), parameters[1].input_weights()];
    let mut d_x = Buffer::any(packing.rows * wide);
    let share = packing.rows.div_ceil(rayon::current_num_threads()).max(16);
    d_x.par_chunks_mut(share * wide).enumerate().for_each(|(i, d_x)| {
        for (direction, start) in [Start::Zero, Start::Result].into_iter().enumerate() {
            let left = Left { data: &d_gates[direction][i * share * depth..], row: depth, column: 1 };
            multiply(d_x.len() / wide, depth, left, Right::panels(&weights[direction], depth, wide), start, d_x);
        }
    });
    if wide == sizes.inputs {
        return d_x;
    }
    let mut narrow = Buffer::any(packing.rows * sizes.inputs);
    for (to, from) in narrow.chunks_exact_mut(sizes.inputs).zip(d_x.chunks_exact(wide)) {
        to.copy_from_slice(&from[..sizes.inputs]);
    }
    narrow
}
