//! Layer normalisation and root-mean-square normalisation over the last dimension.

use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::{check_gradient, in_pieces, numbers, piece_rows, with_numbers};
use crate::loops::rows;

/// [`ops::layer_norm`](crate::ops::layer_norm).
///
/// # Errors
/// Shapes that do not fit.
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> ground::Result<Tensor> {
    let norm = Norm { centre: true, eps: eps as f32 };
    Ok(x.contiguous()?.apply_op3(&weight.contiguous()?, &bias.contiguous()?, norm)?)
}

/// [`ops::rms_norm`](crate::ops::rms_norm).
///
/// # Errors
/// Shapes that do not fit.
pub fn rms_norm(x: &Tensor, weight: &Tensor, eps: f64) -> ground::Result<Tensor> {
    let weight = weight.contiguous()?;
    Ok(x.contiguous()?.apply_op3(&weight, &weight, Norm { centre: false, eps: eps as f32 })?)
}

struct Norm {
    /// Whether the mean is taken off and a bias added: layer normalisation. The third argument counts only then.
    centre: bool,
    eps: f32,
}

impl CustomOp3 for Norm {
    fn name(&self) -> &'static str {
        "norm"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let x = numbers(x, layout, "norm")?;
        let (weight, bias) = (numbers(weight, weight_layout, "norm")?, numbers(bias, bias_layout, "norm")?);
        let len = layout.dims().last().copied().unwrap_or(0);
        if weight.len() != len || bias.len() != len {
            bail!("a norm of {} weights and {} biases for rows of {len}", weight.len(), bias.len());
        }
        let bias = self.centre.then_some(bias);
        let piece = |at: usize, y: &mut [_]| rows::norm(&x[at..at + y.len()], weight, bias, self.eps, y);
        // SAFETY: `norm` writes all.
        let y = unsafe { in_pieces(x.len(), len, &piece) };
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        _: &Tensor,
        d_y: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let len = weight.elem_count();
        let (follow_weight, follow_bias) = (weight.track_op(), self.centre && bias.track_op());
        let parameters = if follow_weight || follow_bias { len } else { 0 };
        let (d_x, d_parameters) = with_numbers([x, weight, &d_y.contiguous()?], "norm", |[x, weight, d_y]| {
            check_gradient("norm", x.len(), d_y.len())?;
            let height = piece_rows(len) * len.max(1);
            // Per piece the gradients of weight and bias; added up in the order of the pieces.
            let part = || Mutex::new(vec![0.0; 2 * parameters]);
            let parts: Vec<Mutex<Vec<f32>>> = std::iter::repeat_with(part).take(x.len().div_ceil(height)).collect();
            let piece = |at: usize, d_x: &mut [_]| {
                let range = at..at + d_x.len();
                let mut part = parts[at / height].lock().unwrap_or_else(PoisonError::into_inner); // nobody waits for it
                let (d_weight, d_bias) = part.split_at_mut(parameters);
                let (d_weight, d_bias) = (follow_weight.then_some(d_weight), follow_bias.then_some(d_bias));
                let (x, d_y) = (&x[range.clone()], &d_y[range]);
                rows::norm_backward(x, weight, self.centre, self.eps, d_y, d_x, d_weight, d_bias);
            };
            // SAFETY: `norm_backward` writes all.
            let d_x = unsafe { in_pieces(x.len(), len, &piece) };
            let mut sums = vec![0.0; 2 * parameters];
            for part in parts {
                let part = part.into_inner().unwrap_or_else(PoisonError::into_inner);
                sums.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
            }
            Ok((d_x, sums))
        })?;
        let gradient = |wanted: bool, half: usize| {
            wanted.then(|| Tensor::from_slice(&d_parameters[half * len..][..len], len, x.device())).transpose()
        };
        let d_x = Tensor::from_vec(d_x, x.shape(), x.device())?;
        Ok((Some(d_x), gradient(follow_weight, 0)?, gradient(follow_bias, 1)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};

    #[test]
    fn a_gradient_of_another_shape_is_refused() -> Result<()> {
        let tensor = |rows: usize| Tensor::ones((rows, 5), DType::F32, &Device::Cpu);
        let weight = Tensor::ones(5, DType::F32, &Device::Cpu)?;
        for centre in [true, false] {
            let norm = Norm { centre, eps: 1e-5 };
            let back = |rows: usize| norm.bwd(&tensor(3)?, &weight, &weight, &tensor(3)?, &tensor(rows)?);
            assert!(back(3).is_ok());
            for rows in [2, 4] {
                let error = back(rows).map(|_| ()).map_err(|error| error.to_string());
                assert!(error.is_err_and(|text| text.contains("for a result of 15")));
            }
        }
        Ok(())
    }
}
