//! A bidirectional LSTM layer as one operation of candle with its own backward pass: the two directions run on two
//! threads, nothing is allocated per step, and gradients that nobody follows are not computed.

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Storage, Tensor, bail};
use rayon::prelude::*;

use super::direction::{self, Parameters, Sizes, Trace};
use super::ops::numbers;
use super::packing::Packing;
use crate::nn::kernels::matmul::{Left, Right, Start, multiply, narrowed};

/// The states of both directions for a packed batch `x`, (rows, inputs): forward then backward, (rows, 2·hidden).
///
/// `parameters` holds, for the forward and then for the backward direction, `weight_ih` (4·hidden, inputs), `weight_hh`
/// (4·hidden, hidden), `bias_ih` and `bias_hh` (4·hidden), flattened and joined. Differentiable with respect to both.
///
/// # Errors
/// Sizes that do not fit together, or numbers that are not f32.
pub fn bidirectional(x: &Tensor, parameters: &Tensor, hidden: usize, packing: &Arc<Packing>) -> crate::Result<Tensor> {
    let (rows, inputs) = x.dims2()?;
    let sizes = Sizes { inputs, hidden };
    if rows != packing.rows {
        crate::error::bail!("the batch has {} tokens, and {rows} rows were given", packing.rows);
    }
    let expected = 2 * sizes.parameters();
    if hidden == 0 || inputs == 0 || parameters.dims() != [expected] {
        crate::error::bail!(
            "an LSTM layer of {inputs} inputs and {hidden} units has {expected} parameters, and {:?} were given",
            parameters.dims()
        );
    }
    let followed = x.track_op() || parameters.track_op();
    let layer = Layer { sizes, packing: packing.clone(), followed, traces: Mutex::new(None) };
    Ok(x.contiguous()?.apply_op2(&parameters.contiguous()?, layer)?)
}

struct Layer {
    sizes: Sizes,
    packing: Arc<Packing>,
    /// Whether a backward pass may come.
    followed: bool,
    /// What the forward pass leaves for it.
    traces: Mutex<Option<Arc<[Trace; 2]>>>,
}

impl Layer {
    fn parameters<'a>(&self, data: &'a [f32]) -> [Parameters<'a>; 2] {
        let (ahead, back) = data.split_at(self.sizes.parameters());
        [Parameters { sizes: self.sizes, data: ahead }, Parameters { sizes: self.sizes, data: back }]
    }

    /// The gradient with respect to the inputs, (rows, inputs): what goes into the gates of both directions.
    fn input_gradient(&self, d_gates: &[Vec<f32>; 2], parameters: &[Parameters; 2]) -> Vec<f32> {
        let (wide, depth) = (self.sizes.inputs_wide(), 4 * self.sizes.units());
        let weights = [parameters[0].input_weights(), parameters[1].input_weights()];
        let mut d_x = vec![0.0; self.packing.rows * wide];
        let share = self.packing.rows.div_ceil(rayon::current_num_threads()).max(16);
        d_x.par_chunks_mut(share * wide).enumerate().for_each(|(i, d_x)| {
            for (direction, start) in [Start::Zero, Start::Result].into_iter().enumerate() {
                let left = Left { data: &d_gates[direction][i * share * depth..], row: depth, column: 1 };
                let right = Right::panels(&weights[direction], depth, wide);
                multiply(d_x.len() / wide, depth, left, right, start, d_x);
            }
        });
        if wide == self.sizes.inputs { d_x } else { narrowed(&d_x, wide, self.sizes.inputs) }
    }
}

impl CustomOp2 for Layer {
    fn name(&self) -> &'static str {
        "bidirectional-lstm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        parameters: &CpuStorage,
        parameters_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let x = numbers(x, x_layout, "LSTM layer")?;
        let [ahead, back] = self.parameters(numbers(parameters, parameters_layout, "LSTM layer")?);
        let (ahead, back) = rayon::join(
            || direction::forward(x, ahead, &self.packing, false),
            || direction::forward(x, back, &self.packing, true),
        );
        let (rows, hidden, units) = (self.packing.rows, self.sizes.hidden, self.sizes.units());
        let mut states = Vec::with_capacity(rows * 2 * hidden);
        for (ahead, back) in ahead.h.chunks_exact(units).zip(back.h.chunks_exact(units)) {
            states.extend_from_slice(&ahead[..hidden]);
            states.extend_from_slice(&back[..hidden]);
        }
        if self.followed {
            *self.traces.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new([ahead, back]));
        }
        Ok((CpuStorage::F32(states), Shape::from((rows, 2 * hidden))))
    }

    fn bwd(
        &self,
        x_tensor: &Tensor,
        parameter_tensor: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let Some(traces) = self.traces.lock().unwrap_or_else(PoisonError::into_inner).clone() else {
            bail!("an LSTM layer that was run without gradients has no backward pass")
        };
        let (x_storage, x_layout) = x_tensor.storage_and_layout();
        let (parameter_storage, parameter_layout) = parameter_tensor.storage_and_layout();
        let grad = grad.contiguous()?;
        let (grad_storage, grad_layout) = grad.storage_and_layout();
        let (Storage::Cpu(x), Storage::Cpu(parameters), Storage::Cpu(grad)) =
            (&*x_storage, &*parameter_storage, &*grad_storage)
        else {
            bail!("the LSTM layer runs on the CPU only")
        };
        let x = numbers(x, x_layout, "LSTM layer")?;
        let parameters = self.parameters(numbers(parameters, parameter_layout, "LSTM layer")?);
        let grad = numbers(grad, grad_layout, "LSTM layer")?;

        let (hidden, units) = (self.sizes.hidden, self.sizes.units());
        let one = self.sizes.parameters();
        let mut d_parameters = if parameter_tensor.track_op() { vec![0.0; 2 * one] } else { Vec::new() };
        let half = d_parameters.len() / 2;
        let (d_ahead, d_back) = d_parameters.split_at_mut(half);
        let run = |i: usize, d_parameters: &mut [f32]| {
            let mut d_h = vec![0.0; self.packing.rows * units];
            for (d_h, grad) in d_h.chunks_exact_mut(units).zip(grad.chunks_exact(2 * hidden)) {
                d_h[..hidden].copy_from_slice(&grad[i * hidden..][..hidden]);
            }
            let d_gates = direction::backward(d_h, &traces[i], parameters[i], &self.packing, i == 1);
            if !d_parameters.is_empty() {
                direction::parameter_gradient(x, &traces[i], &d_gates, self.sizes, d_parameters);
            }
            d_gates
        };
        let (ahead, back) = rayon::join(|| run(0, d_ahead), || run(1, d_back));
        let tensor = |data: Vec<f32>, like: &Tensor| Tensor::from_vec(data, like.shape(), like.device()).map(Some);
        let d_x = match x_tensor.track_op() {
            true => tensor(self.input_gradient(&[ahead, back], &parameters), x_tensor)?,
            false => None,
        };
        let d_parameters = match parameter_tensor.track_op() {
            true => tensor(d_parameters, parameter_tensor)?,
            false => None,
        };
        Ok((d_x, d_parameters))
    }
}
