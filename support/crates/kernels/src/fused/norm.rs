//! Layer normalisation and root-mean-square normalisation over the last dimension.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::{PIECE, in_pieces, numbers, with_numbers, written};
use crate::loops::{rows, threads::Place};

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
        let bias = if self.centre { bias.as_ptr() } else { std::ptr::null() };
        let bias = Place(bias.cast_mut());
        let y = written(x.len(), |y| {
            let place = Place(y.as_mut_ptr());
            in_pieces(x.len() / len.max(1), len, &|first, count| {
                let (at, bias) = (first * len, bias);
                // SAFETY: each task has rows of its own; weight and bias are as long as a row.
                unsafe { rows::norm(count, len, x[at..].as_ptr(), weight.as_ptr(), bias.0, self.eps, place.at(at)) };
            });
        });
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
            let height = (PIECE / len.max(1)).max(1);
            let pieces = (x.len() / len.max(1)).div_ceil(height);
            // Per piece the gradients of weight and bias; added up in the order of the pieces.
            let mut parts = vec![0.0; pieces * 2 * parameters];
            let parts_place = Place(parts.as_mut_ptr());
            let d_x = written(x.len(), |d_x| {
                let place = Place(d_x.as_mut_ptr());
                in_pieces(x.len() / len.max(1), len, &|first, count| {
                    let at = first * len;
                    let null = std::ptr::null_mut();
                    // SAFETY: each task has rows and a part of its own.
                    unsafe {
                        let part = parts_place.at(first / height * 2 * parameters);
                        rows::norm_backward(
                            count,
                            len,
                            x[at..].as_ptr(),
                            weight.as_ptr(),
                            self.centre,
                            self.eps,
                            d_y[at..].as_ptr(),
                            place.at(at),
                            if follow_weight { part } else { null },
                            if follow_bias { part.add(len) } else { null },
                        );
                    }
                });
            });
            let mut sums = vec![0.0; 2 * parameters];
            for part in parts.chunks_exact((2 * parameters).max(1)) {
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
