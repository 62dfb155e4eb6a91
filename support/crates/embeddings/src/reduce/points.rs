//! Points read out of a tensor, checked once for all of this module.
//!
//! Inside, everything is `f64` in one flat row-major vector; results go back in the type that came in.

use candle_core::{DType, Device, Tensor};

use ground::{Result, bail};

/// Points in rows.
pub(super) struct Points {
    pub len: usize,
    pub width: usize,
    /// Row by row, all finite.
    pub data: Vec<f64>,
    /// f64 where the points came as f64, otherwise f32.
    pub dtype: DType,
}

impl Points {
    /// Reads a tensor of shape (points, width) of finite numbers. `doing` opens the error messages.
    pub fn read(doing: &str, tensor: &Tensor) -> Result<Points> {
        let &[len, width] = tensor.dims() else {
            bail!("{doing}: expected a tensor of shape (points, width), found {:?}", tensor.dims());
        };
        if len == 0 || width == 0 {
            bail!("{doing}: a tensor of shape {:?} holds no points", tensor.dims());
        }
        let dtype = if tensor.dtype() == DType::F64 { DType::F64 } else { DType::F32 };
        let data: Vec<f64> = tensor.to_dtype(DType::F64)?.flatten_all()?.to_vec1()?;
        if let Some(at) = data.iter().position(|x| !x.is_finite()) {
            bail!(
                "{doing}: point {} has the coordinate {} in column {}; leave it out or replace it first",
                at / width,
                data[at],
                at % width
            );
        }
        Ok(Points { len, width, data, dtype })
    }

    /// Reads at least `least` points.
    pub fn at_least(doing: &str, tensor: &Tensor, least: usize) -> Result<Points> {
        let points = Points::read(doing, tensor)?;
        if points.len < least {
            let found = if points.len == 1 { "1 point".to_owned() } else { format!("{} points", points.len) };
            bail!("{doing}: expected at least {least} points, found {found}");
        }
        Ok(points)
    }

    pub fn row(&self, at: usize) -> &[f64] {
        &self.data[at * self.width..][..self.width]
    }

    /// The mean of every column.
    pub fn mean(&self) -> Vec<f64> {
        let mut mean = vec![0.0; self.width];
        for row in self.data.chunks(self.width) {
            mean.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        mean.iter_mut().for_each(|sum| *sum /= self.len as f64);
        mean
    }

    /// Whether every point is the same.
    pub fn all_equal(&self) -> bool {
        self.data.chunks(self.width).all(|row| row == self.row(0))
    }

    /// Each row divided by its length.
    pub fn normalised(mut self, doing: &str) -> Result<Points> {
        for (at, row) in self.data.chunks_mut(self.width).enumerate() {
            let norm = row.iter().map(|x| x * x).sum::<f64>().sqrt();
            if norm == 0.0 {
                bail!("{doing}: point {at} is all zeros and has no direction, so no cosine; leave it out");
            }
            row.iter_mut().for_each(|x| *x /= norm);
        }
        Ok(self)
    }
}

/// Numbers as a tensor of this shape and type.
pub(super) fn tensor(data: Vec<f64>, shape: &[usize], dtype: DType) -> Result<Tensor> {
    Ok(Tensor::from_vec(data, shape, &Device::Cpu)?.to_dtype(dtype)?)
}

/// Checks a list that belongs to the points, one entry each.
pub(super) fn one_each(doing: &str, what: &str, found: usize, points: usize) -> Result<()> {
    if found != points {
        bail!("{doing}: {found} {what} for {points} points; give one for each point");
    }
    Ok(())
}
