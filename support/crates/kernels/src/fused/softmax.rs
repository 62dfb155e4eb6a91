//! Softmax over the last dimension.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::{in_pieces, numbers, with_numbers, written};
use crate::loops::{rows, threads::Place};

/// [`ops::softmax`](crate::ops::softmax).
///
/// # Errors
/// As candle's operations.
pub fn softmax(x: &Tensor) -> ground::Result<Tensor> {
    Ok(x.contiguous()?.apply_op1(Softmax)?)
}

struct Softmax;

impl CustomOp1 for Softmax {
    fn name(&self) -> &'static str {
        "softmax"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = numbers(storage, layout, "softmax")?;
        let len = layout.dims().last().copied().unwrap_or(1).max(1);
        let y = written(x.len(), |y| {
            let place = Place(y.as_mut_ptr());
            in_pieces(x.len() / len, len, &|first, count| {
                let at = first * len;
                // SAFETY: each task has rows of its own.
                unsafe { rows::softmax(count, len, len, x[at..].as_ptr(), std::ptr::null(), 0, place.at(at)) };
            });
        });
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, _: &Tensor, y: &Tensor, d_y: &Tensor) -> Result<Option<Tensor>> {
        let len = y.dims().last().copied().unwrap_or(1).max(1);
        let d_x = with_numbers([y, &d_y.contiguous()?], "softmax", |[y, d_y]| {
            Ok(written(y.len(), |d_x| {
                let place = Place(d_x.as_mut_ptr());
                in_pieces(y.len() / len, len, &|first, count| {
                    let at = first * len;
                    // SAFETY: each task has rows of its own.
                    unsafe {
                        rows::softmax_backward(count, len, len, y[at..].as_ptr(), d_y[at..].as_ptr(), place.at(at));
                    }
                });
            }))
        })?;
        Ok(Some(Tensor::from_vec(d_x, y.shape(), y.device())?))
    }
}
