//! Rotary positions.

use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor, bail};

use super::{check_gradient, numbers, with_numbers};

/// [`ops::rotary`](crate::ops::rotary). The angles get no gradients.
///
/// # Errors
/// Shapes that do not fit.
pub fn rotary(x: &Tensor, cos: &Tensor, sin: &Tensor) -> ground::Result<Tensor> {
    Ok(x.contiguous()?.apply_op3(&cos.contiguous()?, &sin.contiguous()?, Rotary)?)
}

struct Rotary;

/// Each pair (i, i + half) of a head turned by its angle, or back where `sign` is −1.
fn turn(x: &[f32], cos: &[f32], sin: &[f32], shape: [usize; 4], sign: f32) -> Vec<f32> {
    let [_, tokens, heads, width] = shape;
    let half = width / 2;
    let mut y = Vec::with_capacity(x.len());
    for (at, x) in x.chunks_exact(width).enumerate() {
        let token = at / heads % tokens;
        let (cos, sin) = (&cos[token * half..][..half], &sin[token * half..][..half]);
        let (x1, x2) = x.split_at(half);
        y.extend((0..half).map(|i| x1[i] * cos[i] - x2[i] * (sign * sin[i])));
        y.extend((0..half).map(|i| x2[i] * cos[i] + x1[i] * (sign * sin[i])));
    }
    y
}

impl CustomOp3 for Rotary {
    fn name(&self) -> &'static str {
        "rotary"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        layout: &Layout,
        cos: &CpuStorage,
        cos_layout: &Layout,
        sin: &CpuStorage,
        sin_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let (batch, tokens, heads, width) = layout.shape().dims4()?;
        let angles = [tokens, width / 2];
        if width == 0 || width % 2 == 1 || cos_layout.dims() != angles || sin_layout.dims() != angles {
            bail!("rotary positions: angles of shape {:?} for {:?}", cos_layout.dims(), layout.dims());
        }
        let (cos, sin) = (numbers(cos, cos_layout, "rotary")?, numbers(sin, sin_layout, "rotary")?);
        let y = turn(numbers(x, layout, "rotary")?, cos, sin, [batch, tokens, heads, width], 1.0);
        Ok((CpuStorage::F32(y), layout.shape().clone()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        cos: &Tensor,
        sin: &Tensor,
        _: &Tensor,
        d_y: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let (batch, tokens, heads, width) = x.dims4()?;
        let d_x = with_numbers([&d_y.contiguous()?, cos, sin], "rotary", |[d_y, cos, sin]| {
            check_gradient("rotary", x.elem_count(), d_y.len())?;
            Ok(turn(d_y, cos, sin, [batch, tokens, heads, width], -1.0))
        })?;
        Ok((Some(Tensor::from_vec(d_x, x.shape(), x.device())?), None, None))
    }
}
