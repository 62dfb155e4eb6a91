//! softmax(q·kᵀ·scale + mask)·v.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};

use super::{check_gradient, numbers, with_numbers};
use crate::loops::attention::{Mask, Sizes, backward, forward};

/// [`ops::attention`](crate::ops::attention); there may be fewer queries than keys. The mask gets no gradient.
///
/// # Errors
/// Shapes that do not fit.
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, mask: Option<&Tensor>, scale: f64) -> ground::Result<Tensor> {
    let (batch, queries, heads, width) = q.dims4()?;
    let (_, keys, key_heads, _) = k.dims4()?;
    let sizes = Sizes { batch, queries, keys, heads, key_heads, width };
    let expected = [batch, keys, key_heads, width];
    if k.dims() != expected || v.dims() != expected || key_heads == 0 || !heads.is_multiple_of(key_heads) {
        ground::bail!("attention: q {:?}, k {:?} and v {:?} do not fit", q.dims(), k.dims(), v.dims());
    }
    let mask = match mask {
        Some(mask) => {
            let (texts, _, rows, columns) = mask.dims4()?;
            if ![1, batch].contains(&texts) || ![1, queries].contains(&rows) || columns != keys {
                ground::bail!("attention: a mask of {:?} for q {:?}, k {:?}", mask.dims(), q.dims(), k.dims());
            }
            let per_text = if texts == 1 { 0 } else { rows * columns };
            let per_query = if rows == 1 { 0 } else { columns };
            Some((mask.detach().flatten_all()?.to_vec1()?, per_text, per_query))
        }
        None => None,
    };
    let attention = Attention { sizes, mask, scale: scale as f32 };
    Ok(q.contiguous()?.apply_op3(&k.contiguous()?, &v.contiguous()?, attention)?)
}

struct Attention {
    sizes: Sizes,
    /// The numbers, and how many of them each text and each query take.
    mask: Option<(Vec<f32>, usize, usize)>,
    scale: f32,
}

impl Attention {
    fn mask(&self) -> Option<Mask<'_>> {
        self.mask.as_ref().map(|(numbers, per_text, per_query)| Mask {
            numbers,
            per_text: *per_text,
            per_query: *per_query,
        })
    }
}

impl CustomOp3 for Attention {
    fn name(&self) -> &'static str {
        "attention"
    }

    fn cpu_fwd(
        &self,
        q: &CpuStorage,
        q_layout: &Layout,
        k: &CpuStorage,
        k_layout: &Layout,
        v: &CpuStorage,
        v_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let q = numbers(q, q_layout, "attention")?;
        let (k, v) = (numbers(k, k_layout, "attention")?, numbers(v, v_layout, "attention")?);
        let z = forward(self.sizes, q, k, v, self.mask(), self.scale);
        Ok((CpuStorage::F32(z), q_layout.shape().clone()))
    }

    fn bwd(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        _: &Tensor,
        d_z: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let [d_q, d_k, d_v] = with_numbers([q, k, v, &d_z.contiguous()?], "attention", |[q, k, v, d_z]| {
            check_gradient("attention", q.len(), d_z.len())?;
            Ok(backward(self.sizes, q, k, v, self.mask(), self.scale, d_z))
        })?;
        let tensor = |numbers: Vec<f32>, like: &Tensor| Tensor::from_vec(numbers, like.shape(), like.device());
        Ok((Some(tensor(d_q, q)?), Some(tensor(d_k, k)?), Some(tensor(d_v, v)?)))
    }
}
