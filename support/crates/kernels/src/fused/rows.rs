//! Operations that candle has in a slower or a less predictable form: rows of a matrix, dropout, a dense layer on plain
//! slices. Each adds in a fixed order, so that the result depends neither on the threads nor on the size of the batch.

use std::sync::Arc;

use candle_core::backend::BackendStorage as _;
use candle_core::{CpuStorage, CustomOp1, Layout, Result, Shape, Storage, Tensor, bail};

use crate::loops::matmul::{Left, product};

/// The numbers of a contiguous f32 tensor, as a custom operation gets them.
pub fn numbers<'a>(storage: &'a CpuStorage, layout: &Layout, what: &str) -> Result<&'a [f32]> {
    match (storage, layout.contiguous_offsets()) {
        (CpuStorage::F32(data), Some((start, end))) => Ok(&data[start..end]),
        (CpuStorage::F32(_), None) => {
            bail!("{what}: expected a contiguous tensor, found strides {:?}", layout.stride())
        }
        (other, _) => bail!("{what}: expected numbers of type F32, found {:?}", other.dtype()),
    }
}

/// `source` as rows of `width` numbers, of which those at `rows` are taken, in that order; a row may come twice.
/// Shape (rows, width). As an embedding: the rows of the tokens.
///
/// # Errors
/// A row that `source` does not have.
pub fn rows_of(source: &Tensor, rows: Vec<usize>, width: usize) -> Result<Tensor> {
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

/// Which numbers dropout leaves, and by how much it multiplies them.
pub struct Mask {
    pub kept: Vec<bool>,
    pub scale: f32,
}

impl Mask {
    /// Sets the numbers that are not kept to zero and multiplies the others.
    pub fn apply(&self, x: &mut [f32]) {
        for (x, &kept) in x.iter_mut().zip(&self.kept) {
            *x *= self.scale * f32::from(u8::from(kept)); // without a branch: eight or sixteen at a time
        }
    }
}

/// `x` with the numbers at which the mask is false set to zero and the others multiplied.
pub fn mask(x: &Tensor, mask: Mask) -> Result<Tensor> {
    if mask.kept.len() != x.elem_count() {
        bail!("a mask of {} for {} numbers", mask.kept.len(), x.elem_count());
    }
    x.apply_op1(Masked { mask: Arc::new(mask) })
}

struct Masked {
    mask: Arc<Mask>,
}

impl CustomOp1 for Masked {
    fn name(&self) -> &'static str {
        "mask"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let mut x = numbers(storage, layout, "dropout")?.to_vec();
        self.mask.apply(&mut x);
        Ok((CpuStorage::F32(x), layout.shape().clone()))
    }

    fn bwd(&self, _: &Tensor, _: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        Ok(Some(grad.contiguous()?.apply_op1_no_bwd(&Masked { mask: self.mask.clone() })?))
    }
}

/// x (batch, inputs) · weightᵀ + bias, on plain slices.
pub fn dense_forward(x: &[f32], weight: &[f32], bias: &[f32]) -> Vec<f32> {
    let (outputs, inputs) = (bias.len(), weight.len() / bias.len());
    let mut y = product(x.len() / inputs, inputs, rows(x, inputs), &transposed(weight, inputs), outputs);
    for y in y.chunks_exact_mut(outputs) {
        y.iter_mut().zip(bias).for_each(|(y, b)| *y += b);
    }
    y
}

/// The gradients with respect to x, weight and bias, those that are wanted, from `grad`, (batch, outputs).
pub fn dense_backward(
    x: &[f32],
    weight: &[f32],
    grad: &[f32],
    outputs: usize,
    wanted: [bool; 3],
) -> [Option<Vec<f32>>; 3] {
    let (batch, inputs) = (grad.len() / outputs, weight.len() / outputs);
    let columns = Left { data: grad, row: 1, column: outputs };
    [
        wanted[0].then(|| product(batch, outputs, rows(grad, outputs), weight, inputs)),
        wanted[1].then(|| product(outputs, batch, columns, x, inputs)),
        wanted[2].then(|| product(outputs, batch, columns, &vec![1.0; batch], 1)),
    ]
}

fn rows(data: &[f32], width: usize) -> Left<'_> {
    Left { data, row: width, column: 1 }
}

/// A matrix of rows of `width`, transposed.
fn transposed(matrix: &[f32], width: usize) -> Vec<f32> {
    (0..width).flat_map(|column| matrix.iter().skip(column).step_by(width)).copied().collect()
}
