//! GELU in both forms and SiLU.

use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Tensor};

use super::{check_gradient, in_pieces, numbers, with_numbers};
use crate::loops::activation::{Kind, backward, forward};

/// [`ops::gelu`](crate::ops::gelu), to 1e-7 · |x|.
///
/// # Errors
/// As candle's operations.
pub fn gelu(x: &Tensor) -> ground::Result<Tensor> {
    Ok(x.contiguous()?.apply_op1(Activation(Kind::Gelu))?)
}

/// [`ops::gelu_new`](crate::ops::gelu_new).
///
/// # Errors
/// As candle's operations.
pub fn gelu_new(x: &Tensor) -> ground::Result<Tensor> {
    Ok(x.contiguous()?.apply_op1(Activation(Kind::GeluNew))?)
}

/// [`ops::silu`](crate::ops::silu).
///
/// # Errors
/// As candle's operations.
pub fn silu(x: &Tensor) -> ground::Result<Tensor> {
    Ok(x.contiguous()?.apply_op1(Activation(Kind::Silu))?)
}

struct Activation(Kind);

impl CustomOp1 for Activation {
    fn name(&self) -> &'static str {
        "activation"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = numbers(storage, layout, "activation")?;
        // SAFETY: `forward` writes all.
        let y = unsafe { in_pieces(x.len(), 1, &|at, y| forward(self.0, &x[at..at + y.len()], y)) };
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, d_y: &Tensor) -> Result<Option<Tensor>> {
        let d_x = with_numbers([x, &d_y.contiguous()?], "activation", |[x, d_y]| {
            check_gradient("activation", x.len(), d_y.len())?;
            let piece = |at: usize, d_x: &mut [_]| {
                let range = at..at + d_x.len();
                backward(self.0, &x[range.clone()], &d_y[range], d_x);
            };
            // SAFETY: `backward` writes all.
            Ok(unsafe { in_pieces(x.len(), 1, &piece) })
        })?;
        Ok(Some(Tensor::from_vec(d_x, x.shape(), x.device())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{DType, Device};

    #[test]
    fn a_gradient_of_another_shape_is_refused() -> Result<()> {
        let tensor = |rows: usize| Tensor::ones((rows, 5), DType::F32, &Device::Cpu);
        let back = |rows: usize| Activation(Kind::Gelu).bwd(&tensor(3)?, &tensor(3)?, &tensor(rows)?);
        assert!(back(3).is_ok());
        for rows in [2, 4] {
            let error = back(rows).map(|_| ()).map_err(|error| error.to_string());
            assert!(error.is_err_and(|text| text.contains("for a result of 15")));
        }
        Ok(())
    }
}
