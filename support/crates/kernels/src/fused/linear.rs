//! Linear layers: frozen ones, whose matrix is stored once the way the product reads it, and ones that are trained.

use std::sync::{Arc, OnceLock};

use candle_core::{CpuStorage, CustomOp1, CustomOp3, Device, Layout, Result, Shape, Tensor, bail};

use super::{check_gradient, numbers, with_numbers};
use crate::loops::matmul::{GROUP, Left, Right, product_on_cores};
use crate::loops::packed::Packed;

/// A linear layer whose weights stay as they are: no gradients for them.
pub struct Frozen {
    bias: Option<Arc<Vec<f32>>>,
    inputs: usize,
    outputs: usize,
    ahead: Packed,
    weight: Tensor,
    /// Made when the first gradient flows back.
    back: Arc<OnceLock<Packed>>,
}

impl Frozen {
    /// The layer x·Wᵀ + b: `weight` (outputs, inputs), `bias` (outputs).
    ///
    /// # Errors
    /// Shapes that do not fit.
    pub fn new(weight: &Tensor, bias: Option<&Tensor>) -> ground::Result<Frozen> {
        let (outputs, inputs) = weight.dims2()?;
        let weight = weight.detach().contiguous()?;
        let bias = bias.map(|bias| bias.to_vec1().map(Arc::new)).transpose()?;
        if bias.as_ref().is_some_and(|bias| bias.len() != outputs) {
            ground::bail!("a linear layer of {outputs} outputs and another number of biases");
        }
        let ahead = with_numbers([&weight], "linear layer", |[weight]| Ok(Packed::columns(weight, inputs)))?;
        Ok(Frozen { bias, inputs, outputs, ahead, weight, back: Arc::default() })
    }

    /// (…, inputs) → (…, outputs)
    ///
    /// # Errors
    /// Another number of inputs.
    pub fn forward(self: &Arc<Self>, x: &Tensor) -> ground::Result<Tensor> {
        Ok(x.contiguous()?.apply_op1(Apply(self.clone()))?)
    }
}

struct Apply(Arc<Frozen>);

/// The shape with another last dimension.
fn with_last(shape: &[usize], last: usize) -> Shape {
    let mut shape = shape.to_vec();
    if let Some(end) = shape.last_mut() {
        *end = last;
    }
    Shape::from(shape)
}

fn rows(data: &[f32], width: usize) -> Left<'_> {
    Left { data, row: width, column: 1 }
}

impl CustomOp1 for Apply {
    fn name(&self) -> &'static str {
        "frozen-linear"
    }

    fn cpu_fwd(&self, x: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let Frozen { bias, inputs, outputs, ahead, .. } = &*self.0;
        if layout.dims().last() != Some(inputs) {
            bail!("a linear layer of {inputs} inputs was given {:?}", layout.dims());
        }
        let x = numbers(x, layout, "linear layer")?;
        let y = ahead.product(x.len() / inputs, rows(x, *inputs), bias.as_ref().map(|bias| bias.as_slice()));
        Ok((CpuStorage::F32(y), with_last(layout.dims(), *outputs)))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, d_y: &Tensor) -> Result<Option<Tensor>> {
        let Frozen { inputs, outputs, weight, back, .. } = &*self.0;
        let d_x = with_numbers([weight, &d_y.contiguous()?], "linear layer", |[weight, d_y]| {
            check_gradient("linear layer", x.elem_count() / inputs * outputs, d_y.len())?;
            let back = back.get_or_init(|| Packed::rows(weight, *inputs));
            Ok(back.product(d_y.len() / outputs, rows(d_y, *outputs), None))
        })?;
        Ok(Some(Tensor::from_vec(d_x, x.shape(), x.device())?))
    }
}

/// [`ops::linear`](crate::ops::linear), with gradients for weight and bias where they are followed.
///
/// # Errors
/// Shapes that do not fit.
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> ground::Result<Tensor> {
    let (x, weight) = (x.contiguous()?, weight.contiguous()?);
    let bias = match bias {
        Some(bias) => bias.contiguous()?,
        None => Tensor::zeros(weight.dim(0)?, weight.dtype(), &Device::Cpu)?,
    };
    Ok(x.apply_op3(&weight, &bias, Linear)?)
}

struct Linear;

impl CustomOp3 for Linear {
    fn name(&self) -> &'static str {
        "linear"
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
        let (outputs, inputs) = weight_layout.shape().dims2()?;
        if layout.dims().last() != Some(&inputs) || bias_layout.dims() != [outputs] {
            bail!(
                "a linear layer {:?} with bias {:?} was given {:?}",
                [outputs, inputs],
                bias_layout.dims(),
                layout.dims()
            );
        }
        let (x, weight) = (numbers(x, layout, "linear")?, numbers(weight, weight_layout, "linear")?);
        let bias = numbers(bias, bias_layout, "linear")?;
        let y = Packed::columns(weight, inputs).product(x.len() / inputs, rows(x, inputs), Some(bias));
        Ok((CpuStorage::F32(y), with_last(layout.dims(), outputs)))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        _: &Tensor,
        d_y: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (outputs, inputs) = weight.dims2()?;
        let wanted = [x, weight, bias].map(Tensor::track_op);
        let [d_x, d_weight, d_bias] = with_numbers([x, weight, &d_y.contiguous()?], "linear", |[x, weight, d_y]| {
            let count = x.len() / inputs;
            check_gradient("linear layer", count * outputs, d_y.len())?;
            let turned = Left { data: d_y, row: 1, column: outputs };
            Ok([
                wanted[0].then(|| product(count, outputs, rows(d_y, outputs), weight, inputs)),
                wanted[1].then(|| product(outputs, count, turned, x, inputs)),
                wanted[2].then(|| {
                    let mut sums = vec![0.0; outputs];
                    for row in d_y.chunks_exact(outputs) {
                        sums.iter_mut().zip(row).for_each(|(sum, d)| *sum += d);
                    }
                    sums
                }),
            ])
        })?;
        let tensor = |numbers: Option<Vec<f32>>, like: &Tensor| {
            numbers.map(|numbers| Tensor::from_vec(numbers, like.shape(), like.device())).transpose()
        };
        Ok((tensor(d_x, x)?, tensor(d_weight, weight)?, tensor(d_bias, bias)?))
    }
}

/// a (rows, depth) · b (depth, columns), the rows of `b` one after the other.
fn product(count: usize, depth: usize, a: Left, b: &[f32], columns: usize) -> Vec<f32> {
    if !columns.is_multiple_of(GROUP) {
        return Packed::rows(b, columns).product(count, a, None);
    }
    product_on_cores(count, depth, a, Right::rows(b, columns), None)
}
