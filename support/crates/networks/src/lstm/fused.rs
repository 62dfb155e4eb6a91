//! A bidirectional LSTM layer as one operation of candle with its own backward pass: the two directions run on two
//! threads, nothing is allocated per step, and gradients that nobody follows are not computed.

use std::sync::{Arc, Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Storage, Tensor, bail};

use super::direction::{Parameters, Sizes, Trace};
use super::layer::{self, Wanted};
use super::packing::Packing;
use kernels::fused::rows::numbers;

/// The states of both directions for a packed batch `x`, (rows, inputs): forward then backward, (rows, 2·hidden).
///
/// `parameters` holds, for the forward and then for the backward direction, `weight_ih` (4·hidden, inputs), `weight_hh`
/// (4·hidden, hidden), `bias_ih` and `bias_hh` (4·hidden), flattened and joined. Differentiable with respect to both.
///
/// # Errors
/// Sizes that do not fit together, or numbers that are not f32.
pub fn bidirectional(x: &Tensor, parameters: &Tensor, hidden: usize, packing: &Arc<Packing>) -> ground::Result<Tensor> {
    let (rows, inputs) = x.dims2()?;
    let sizes = Sizes { inputs, hidden };
    if rows != packing.rows {
        ground::bail!("the batch has {} tokens, and {rows} rows were given", packing.rows);
    }
    let expected = 2 * sizes.parameters();
    if hidden == 0 || inputs == 0 || parameters.dims() != [expected] {
        ground::bail!(
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
        [Parameters::of_flat(self.sizes, ahead), Parameters::of_flat(self.sizes, back)]
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
        let parameters = self.parameters(numbers(parameters, parameters_layout, "LSTM layer")?);
        let (states, traces) = layer::forward(x, &parameters, &self.packing);
        if self.followed {
            *self.traces.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(traces));
        }
        Ok((CpuStorage::F32(states.into_vec()), Shape::from((self.packing.rows, 2 * self.sizes.hidden))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        parameters: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let Some(traces) = self.traces.lock().unwrap_or_else(PoisonError::into_inner).clone() else {
            bail!("an LSTM layer that was run without gradients has no backward pass")
        };
        let grad = grad.contiguous()?;
        let wanted = Wanted { x: x.track_op(), parameters: parameters.track_op() };
        let found = {
            let (x, x_layout) = x.storage_and_layout();
            let (flat, flat_layout) = parameters.storage_and_layout();
            let (grad, grad_layout) = grad.storage_and_layout();
            let (Storage::Cpu(x), Storage::Cpu(flat), Storage::Cpu(grad)) = (&*x, &*flat, &*grad) else {
                bail!("the LSTM layer runs on the CPU only")
            };
            layer::backward(
                numbers(x, x_layout, "LSTM layer")?,
                numbers(grad, grad_layout, "LSTM layer")?,
                &traces,
                &self.parameters(numbers(flat, flat_layout, "LSTM layer")?),
                &self.packing,
                wanted,
            )
        };
        let tensor = |data: Vec<f32>, like: &Tensor| Tensor::from_vec(data, like.shape(), like.device());
        let d_x = found.x.map(|d_x| tensor(d_x.into_vec(), x)).transpose()?;
        let d_parameters = found.parameters.map(|parts| tensor(parts.concat().concat(), parameters)).transpose()?;
        Ok((d_x, d_parameters))
    }
}
