//! Softmax over the last dimension.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::{check_gradient, in_pieces, numbers, with_numbers};
use crate::loops::rows;

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
        // SAFETY: `softmax` writes all.
        let y = unsafe { in_pieces(x.len(), len, &|at, y| rows::softmax(len, &x[at..at + y.len()], y)) };
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, _: &Tensor, y: &Tensor, d_y: &Tensor) -> Result<Option<Tensor>> {
        let len = y.dims().last().copied().unwrap_or(1).max(1);
        let d_x = with_numbers([y, &d_y.contiguous()?], "softmax", |[y, d_y]| {
            check_gradient("softmax", y.len(), d_y.len())?;
            let piece = |at: usize, d_x: &mut [_]| {
                let range = at..at + d_x.len();
                rows::softmax_backward(len, &y[range.clone()], &d_y[range], d_x);
            };
            // SAFETY: `softmax_backward` writes all.
            Ok(unsafe { in_pieces(y.len(), len, &piece) })
        })?;
        Ok(Some(Tensor::from_vec(d_x, y.shape(), y.device())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};

    #[test]
    fn a_gradient_of_another_shape_is_refused() -> Result<()> {
        let tensor = |rows: usize| Tensor::ones((rows, 5), DType::F32, &Device::Cpu);
        let back = |rows: usize| Softmax.bwd(&tensor(3)?, &tensor(3)?, &tensor(rows)?);
        assert!(back(3).is_ok());
        for rows in [2, 4] {
            let error = back(rows).map(|_| ()).map_err(|error| error.to_string());
            assert!(error.is_err_and(|text| text.contains("for a result of 15")));
        }
        Ok(())
    }
}
