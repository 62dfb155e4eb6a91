//! Principal component analysis through the eigenvectors of the covariance matrix, or of the Gram matrix when there are
//! fewer points than columns.
//!
//! The columns are centred and not scaled. Everything is exact; there is no randomised or incremental variant.

use candle_core::Tensor;
use linfa_linalg::eigh::{EigSort as _, Eigh as _};
use ndarray::{Array1, Array2, Axis};

use super::points::{Points, tensor};
use ground::{Error, Result, bail};

/// What [`pca`] found. Tensors have the type of the points, f32 or f64.
pub struct Pca {
    /// Variance along every principal axis, largest first: the whole spectrum, min(points, width) numbers, with the
    /// divisor points − 1.
    pub variances: Vec<f64>,
    /// The same as shares of the total variance; they sum to 1.
    pub shares: Vec<f64>,
    /// The first principal axes, (components, width), each of length 1. The entry with the largest absolute value is
    /// positive; the first of them when several are equally large.
    pub axes: Tensor,
    /// The points along these axes, (points, components).
    pub points: Tensor,
    /// The mean of the points, (width).
    pub mean: Tensor,
    /// (width, components), for [`Pca::transform`].
    to_axes: Array2<f64>,
    centre: Array1<f64>,
}

/// Projects points of shape (points, width) on their `components` first principal axes.
///
/// # Errors
/// Fewer than 2 points, points that are all equal or so large that their variance overflows, numbers that are not
/// finite, more components than min(points, width).
pub fn pca(points: &Tensor, components: usize) -> Result<Pca> {
    let points = Points::at_least("PCA", points, 2)?;
    pca_of(&points, components)
}

pub(super) fn pca_of(points: &Points, components: usize) -> Result<Pca> {
    let (n, width) = (points.len, points.width);
    let most = n.min(width);
    if components == 0 || components > most {
        bail!("PCA: {components} components of {n} points with {width} columns; choose 1 to {most}");
    }
    if points.all_equal() {
        bail!("PCA: all {n} points are equal, so there is no direction in which they vary");
    }
    let centre = Array1::from(points.mean());
    let mut centred = Array2::from_shape_vec((n, width), points.data.clone()).map_err(Error::of)?;
    centred.axis_iter_mut(Axis(0)).for_each(|mut row| row -= &centre);
    let gram = width > n;
    let products = if gram { centred.dot(&centred.t()) } else { centred.t().dot(&centred) } / (n - 1) as f64;
    if products.iter().any(|x| !x.is_finite()) {
        bail!("PCA: the numbers are so large that their variance overflows; divide them all by the same number first");
    }
    let (values, vectors) = products.eigh().map_err(|error| Error::new(format!("PCA: {error}")))?.sort_eig_desc();
    let variances: Vec<f64> = values.iter().map(|&x| x.max(0.0)).collect();
    let total: f64 = variances.iter().sum();
    let mut axes = Array2::zeros((components, width));
    for at in 0..components {
        let axis = match gram {
            // An eigenvector u of the Gram matrix gives the axis Xᵀu, unless X has no variance in that direction.
            true if variances[at] > variances[0] * 1e-12 => centred.t().dot(&vectors.column(at)),
            true => Array1::zeros(width),
            false => vectors.column(at).to_owned(),
        };
        axes.row_mut(at).assign(&axis);
        complete(&mut axes, at);
    }
    let projected = centred.dot(&axes.t());
    let flat = |array: &Array2<f64>| array.iter().copied().collect::<Vec<f64>>();
    Ok(Pca {
        shares: variances.iter().map(|variance| variance / total).collect(),
        variances,
        axes: tensor(flat(&axes), &[components, width], points.dtype)?,
        points: tensor(flat(&projected), &[n, components], points.dtype)?,
        mean: tensor(centre.to_vec(), &[width], points.dtype)?,
        to_axes: axes.reversed_axes(),
        centre,
    })
}

/// Gives row `at` length 1 and its sign; where it is zero, a direction perpendicular to the rows before.
fn complete(axes: &mut Array2<f64>, at: usize) {
    let mut axis = axes.row(at).to_owned();
    let norm = |axis: &Array1<f64>| axis.dot(axis).sqrt();
    if norm(&axis) == 0.0 {
        // Some unit vector is not in the space of fewer rows than columns: the one that they reach least.
        let reached = |column: usize| (0..at).map(|row| axes[[row, column]].powi(2)).sum::<f64>();
        let least = (0..axes.ncols()).min_by(|&a, &b| reached(a).total_cmp(&reached(b)));
        axis[least.unwrap_or(0)] = 1.0;
    }
    // Twice, because the first pass leaves rounding errors when little remains.
    for _ in 0..2 {
        for row in 0..at {
            let along = axes.row(row).dot(&axis);
            axis.scaled_add(-along, &axes.row(row));
        }
    }
    let length = norm(&axis);
    let largest = axis.iter().fold(0.0f64, |largest, &x| if x.abs() > largest.abs() { x } else { largest });
    axes.row_mut(at).assign(&(axis / length.copysign(largest)));
}

impl Pca {
    /// Other points of the same width along the same axes, (points, components).
    ///
    /// # Errors
    /// Points of another width, numbers that are not finite.
    pub fn transform(&self, points: &Tensor) -> Result<Tensor> {
        let points = Points::read("PCA", points)?;
        if points.width != self.centre.len() {
            bail!(
                "PCA: these points have {} columns, those that the axes come from {}",
                points.width,
                self.centre.len()
            );
        }
        let (n, dtype) = (points.len, points.dtype);
        let projected = (Array2::from_shape_vec((n, points.width), points.data).map_err(Error::of)? - &self.centre)
            .dot(&self.to_axes);
        tensor(projected.iter().copied().collect(), &[n, self.to_axes.ncols()], dtype)
    }

    /// How many of the first axes it takes to hold this share of the variance.
    pub fn axes_for(&self, share: f64) -> usize {
        let mut sum = 0.0;
        let enough = self.shares.iter().position(|one| {
            sum += one;
            sum >= share
        });
        enough.map_or(self.shares.len(), |at| at + 1)
    }

    /// One line: how many points and axes, and the share of the variance on each.
    pub fn evcxr_display(&self) {
        let components = self.to_axes.ncols();
        let shown: Vec<String> =
            self.shares.iter().take(components.min(5)).map(|s| format!("{:.1}", 100.0 * s)).collect();
        println!(
            "PCA of {} points with {} columns; % of the variance on the first axes: {}; on {components} together {:.1}",
            self.points.dims()[0],
            self.centre.len(),
            shown.join(", "),
            100.0 * self.shares[..components].iter().sum::<f64>(),
        );
    }
}
