//! The gradient of a function of tensors, with the checks that candle does not make.
//!
//! candle drops gradients silently in some operations (`LayerNorm::forward`, `ops::softmax_last_dim`, …). Where none is
//! left, [`gradient`] says so. Where only some paths are cut it cannot see it: the convergence delta of integrated
//! gradients does.

use candle_core::{Tensor, Var};

use ground::{Result, bail};

/// The values of `f` at a batch of points, and its gradient at each.
///
/// `f` takes (batch, …) and gives (batch): one number per point, which depends on that point alone. The values have
/// shape (batch), the gradient the shape of `x`.
///
/// # Errors
/// `f` fails or gives another shape, or no gradient reaches `x`: `f` does not depend on it, or uses an operation
/// through which candle does not differentiate.
pub fn gradient(f: &dyn Fn(&Tensor) -> Result<Tensor>, x: &Tensor) -> Result<(Tensor, Tensor)> {
    let (values, mut slopes) = gradients(&|points| f(&points[0]), std::slice::from_ref(x))?;
    Ok((values, slopes.remove(0)))
}

/// As [`gradient`], for a function of several tensors: the gradient with respect to each.
///
/// # Errors
/// As [`gradient`].
pub(super) fn gradients(f: &dyn Fn(&[Tensor]) -> Result<Tensor>, points: &[Tensor]) -> Result<(Tensor, Vec<Tensor>)> {
    let vars: Vec<Var> = points.iter().map(|x| Ok(Var::from_tensor(&x.detach())?)).collect::<Result<_>>()?;
    let points: Vec<Tensor> = vars.iter().map(|var| var.as_tensor().clone()).collect();
    let values = f(&points)?;
    let shape = points.first().map_or(&[][..], Tensor::dims);
    let batch = shape.first().copied().unwrap_or(0);
    if values.dims() != [batch] {
        bail!(
            "the function was given points of shape {shape:?} and gave numbers of shape {:?}: it must give one per \
             point, shape [{batch}]",
            values.dims()
        );
    }
    let slopes = values.sum_all()?.backward()?;
    let slope = |x: &Tensor| match slopes.get(x) {
        Some(slope) => Ok(slope.detach()),
        None => bail!(
            "no gradient reaches the input: the function does not depend on it, or it uses an operation through which \
             candle does not differentiate (softmax_last_dim, LayerNorm::forward, rms_norm, rope, sdpa; detach)"
        ),
    };
    Ok((values.detach(), points.iter().map(slope).collect::<Result<_>>()?))
}

/// The numbers of a tensor, in the order of its memory, as `f64`.
pub(super) fn numbers(tensor: &Tensor) -> Result<Vec<f64>> {
    Ok(tensor.to_dtype(candle_core::DType::F64)?.flatten_all()?.to_vec1()?)
}
