//! Differentiable operations that candle has in a slower or a less predictable form: rows of a matrix, dropout, a dense
//! layer. Each adds in a fixed order, so that the result depends neither on the threads nor on the size of the batch.

use std::sync::Arc;

use candle_core::backend::BackendStorage as _;
use candle_core::{CpuStorage, CustomOp1, CustomOp3, Layout, Result, Shape, Storage, Tensor, bail};

use crate::nn::kernels::matmul::{Left, product};

/// The numbers of a contiguous f32 tensor, as a custom operation gets them.
pub(super) fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout, what: &str) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(data), Some((start, end))) => Ok(&data[start..end]),
        (CpuStorage::F32(_), None) => {
            bail!("{what}: expected a contiguous tensor, found strides {:?}", layout.stride())
        }
        (other, _) => bail!("{what}: expected numbers of type F32, found {:?}", other.dtype()),
    }
}

/// The numbers of a tensor, copied.
fn copied(tensor: &Tensor) -> Result<Vec<f32>> {
    tensor.flatten_all()?.to_vec1()
}

/// `source` as rows of `width` numbers, of which those at `rows` are taken, in that order; a row may come twice.
/// Shape (rows, width). As an embedding: the rows of the tokens.
///
/// # Errors
/// A row that `source` does not have.
pub(in crate::nn) fn rows_of(source: &Tensor, rows: Vec<usize>, width: usize) -> Result<Tensor> {
    let count = source.elem_count() / width.max(1);
    if let Some(row) = rows.iter().find(|&&row| row >= count) {
        bail!("row {row} was asked for, and there are {count}");
    }
    source.apply_op1(RowsOf { rows, width })
}

struct RowsOf {
    rows: Vec<usize>,
    width: usize,
}

impl CustomOp1 for RowsOf {
    fn name(&self) -> &'static str {
        "rows-of"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let source = numbers(storage, layout, "rows of a matrix")?;
        let mut taken = Vec::with_capacity(self.rows.len() * self.width);
        for &row in &self.rows {
            taken.extend_from_slice(&source[row * self.width..][..self.width]);
        }
        Ok((CpuStorage::F32(taken), Shape::from((self.rows.len(), self.width))))
    }

    fn bwd(&self, source: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let grad = grad.contiguous()?;
        let (storage, layout) = grad.storage_and_layout();
        let Storage::Cpu(storage) = &*storage else { bail!("rows of a matrix: only on the CPU") };
        let grad = numbers(storage, layout, "rows of a matrix")?;
        let mut sums = vec![0.0; source.elem_count()];
        for (&row, grad) in self.rows.iter().zip(grad.chunks_exact(self.width)) {
            for (sum, g) in sums[row * self.width..][..self.width].iter_mut().zip(grad) {
                *sum += g;
            }
        }
        Ok(Some(Tensor::from_vec(sums, source.shape(), source.device())?))
    }
}

/// `x` with the numbers at which `kept` is false set to zero and the others multiplied by `scale`.
pub(in crate::nn) fn mask(x: &Tensor, kept: Vec<bool>, scale: f32) -> Result<Tensor> {
    if kept.len() != x.elem_count() {
        bail!("a mask of {} for {} numbers", kept.len(), x.elem_count());
    }
    x.apply_op1(Mask { kept: Arc::new(kept), scale })
}

struct Mask {
    kept: Arc<Vec<bool>>,
    scale: f32,
}

impl CustomOp1 for Mask {
    fn name(&self) -> &'static str {
        "mask"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = numbers(storage, layout, "dropout")?;
        let masked = x.iter().zip(&*self.kept).map(|(x, &kept)| if kept { x * self.scale } else { 0.0 }).collect();
        Ok((CpuStorage::F32(masked), layout.shape().clone()))
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let again = Mask { kept: self.kept.clone(), scale: self.scale };
        Ok(Some(grad.contiguous()?.apply_op1_no_bwd(&again)?))
    }
}

/// x (batch, inputs) · weightᵀ (inputs, outputs) + bias (outputs): (batch, outputs).
///
/// # Errors
/// Shapes that do not fit together.
pub(in crate::nn) fn dense(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor> {
    x.apply_op3(weight, bias, Dense)
}

struct Dense;

impl CustomOp3 for Dense {
    fn name(&self) -> &'static str {
        "dense"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
        bias: &CpuStorage,
        bias_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (batch, inputs) = x_layout.shape().dims2()?;
        let (outputs, expected) = weight_layout.shape().dims2()?;
        if inputs != expected || bias_layout.dims() != [outputs] {
            bail!("a dense layer of {expected} inputs, {outputs} outputs and {bias_layout:?} for {inputs} inputs");
        }
        let x = numbers(x, x_layout, "dense layer")?;
        let weight = numbers(weight, weight_layout, "dense layer")?;
        let bias = numbers(bias, bias_layout, "dense layer")?;
        let mut y = product(batch, inputs, rows(x, inputs), &transposed(weight, inputs), outputs);
        for y in y.chunks_exact_mut(outputs) {
            y.iter_mut().zip(bias).for_each(|(y, b)| *y += b);
        }
        Ok((CpuStorage::F32(y), Shape::from((batch, outputs))))
    }

    fn bwd(
        &self,
        x: &Tensor,
        weight: &Tensor,
        bias: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let ((batch, inputs), (outputs, _)) = (x.dims2()?, weight.dims2()?);
        let g = copied(grad)?;
        let tensor = |data: Vec<f32>, like: &Tensor| Tensor::from_vec(data, like.shape(), like.device()).map(Some);
        let d_x = match x.track_op() {
            true => tensor(product(batch, outputs, rows(&g, outputs), &copied(weight)?, inputs), x)?,
            false => None,
        };
        let columns = Left { data: &g, row: 1, column: outputs };
        let d_weight = match weight.track_op() {
            true => tensor(product(outputs, batch, columns, &copied(x)?, inputs), weight)?,
            false => None,
        };
        let d_bias = match bias.track_op() {
            true => tensor(product(outputs, batch, columns, &vec![1.0; batch], 1), bias)?,
            false => None,
        };
        Ok((d_x, d_weight, d_bias))
    }
}

fn rows(data: &[f32], width: usize) -> Left<'_> {
    Left { data, row: width, column: 1 }
}

/// A matrix of rows of `width`, transposed.
fn transposed(matrix: &[f32], width: usize) -> Vec<f32> {
    (0..width).flat_map(|column| matrix.iter().skip(column).step_by(width)).copied().collect()
}
