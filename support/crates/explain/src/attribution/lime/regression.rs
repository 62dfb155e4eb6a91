//! The surrogate: a weighted linear regression with an intercept, with a ridge or a lasso penalty.
//!
//! The losses are scikit-learn's `Ridge` and `Lasso` with `sample_weight`. All is done on the weighted moments
//! (means, products), which are summed in a fixed order: the result does not depend on the number of threads.

use rayon::prelude::*;

use ground::{Result, bail};

/// A linear model: prediction = intercept + Σ coefficient × value.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// One per column.
    pub coefficients: Vec<f64>,
    /// The prediction where all values are 0.
    pub intercept: f64,
    /// Weighted R² on the samples it was fitted to: 1 is a perfect fit.
    pub r2: f64,
}

/// Minimises Σ w (y − prediction)² + α Σ coefficient². `x` has the shape (samples, columns).
///
/// # Errors
/// Sizes that do not fit, weights that are negative or all 0, numbers that are not finite, α below 0.
pub fn weighted_ridge(x: &[Vec<f64>], y: &[f64], weights: &[f64], alpha: f64) -> Result<Linear> {
    if !(alpha >= 0.0 && alpha.is_finite()) {
        bail!("the ridge penalty α is {alpha}: it must be 0 or a positive number");
    }
    let moments = Moments::of(x, y, weights)?;
    let columns: Vec<usize> = (0..moments.mean_x.len()).collect();
    Ok(moments.ridge(&columns, alpha))
}

/// Minimises Σ w (y − prediction)² / (2 Σ w) + α Σ |coefficient|. `x` has the shape (samples, columns).
///
/// # Errors
/// As [`weighted_ridge`].
pub fn weighted_lasso(x: &[Vec<f64>], y: &[f64], weights: &[f64], alpha: f64) -> Result<Linear> {
    if !(alpha >= 0.0 && alpha.is_finite()) {
        bail!("the lasso penalty α is {alpha}: it must be 0 or a positive number");
    }
    let moments = Moments::of(x, y, weights)?;
    let columns = moments.mean_x.len();
    let mut coefficients = vec![0.0; columns];
    for _ in 0..10_000 {
        let mut largest_step: f64 = 0.0;
        for j in 0..columns {
            let spread = moments.xx(j, j);
            if spread <= f64::EPSILON * moments.weight {
                continue; // a constant column
            }
            let others: f64 = (0..columns).filter(|&k| k != j).map(|k| moments.xx(j, k) * coefficients[k]).sum();
            let slope = moments.xy[j] - others;
            let new = slope.signum() * (slope.abs() - alpha * moments.weight).max(0.0) / spread;
            largest_step = largest_step.max((new - coefficients[j]).abs());
            coefficients[j] = new;
        }
        if largest_step <= 1e-10 * (1.0 + coefficients.iter().fold(0.0, |most: f64, c| most.max(c.abs()))) {
            break;
        }
    }
    let all: Vec<usize> = (0..columns).collect();
    Ok(moments.linear(&all, coefficients))
}

/// The `most` columns that matter most, in rising order, chosen as the reference's `auto` does: up to 6 by
/// forward selection (each time the column that raises R² most), more by their weight in a ridge fit with α = 0.01.
///
/// # Errors
/// As [`weighted_ridge`].
pub fn select_features(x: &[Vec<f64>], y: &[f64], weights: &[f64], most: usize) -> Result<Vec<usize>> {
    let moments = Moments::of(x, y, weights)?;
    let columns = moments.mean_x.len();
    let mut chosen: Vec<usize> = Vec::new();
    if most <= 6 {
        while chosen.len() < most.min(columns) {
            let mut best: Option<(usize, f64)> = None;
            for column in (0..columns).filter(|column| !chosen.contains(column)) {
                let mut with = chosen.clone();
                with.push(column);
                let r2 = moments.ridge(&with, 0.0).r2;
                if best.is_none_or(|(_, highest)| r2 > highest) {
                    best = Some((column, r2));
                }
            }
            chosen.extend(best.map(|(column, _)| column));
        }
    } else {
        chosen = (0..columns).collect();
        let fit = moments.ridge(&chosen, 0.01);
        chosen.sort_by(|&a, &b| fit.coefficients[b].abs().total_cmp(&fit.coefficients[a].abs()));
        chosen.truncate(most);
    }
    chosen.sort_unstable();
    Ok(chosen)
}

/// Weighted sums over the samples, around the weighted means.
struct Moments {
    /// Σ w
    weight: f64,
    mean_x: Vec<f64>,
    mean_y: f64,
    /// Σ w (x − mean)(x − mean)ᵀ, the lower triangle row by row.
    products: Vec<f64>,
    /// Σ w (x − mean)(y − mean)
    xy: Vec<f64>,
    /// Σ w (y − mean)²
    yy: f64,
}

impl Moments {
    fn of(x: &[Vec<f64>], y: &[f64], weights: &[f64]) -> Result<Moments> {
        let columns = x.first().map_or(0, Vec::len);
        if x.is_empty() || columns == 0 {
            bail!("there is nothing to fit: {} samples of {columns} columns", x.len());
        }
        if x.len() != y.len() || x.len() != weights.len() {
            bail!("there are {} samples, {} outputs and {} weights: one of each", x.len(), y.len(), weights.len());
        }
        if let Some(row) = x.iter().position(|row| row.len() != columns) {
            bail!("sample {row} has {} columns, the first has {columns}", x[row].len());
        }
        if x.iter().flatten().chain(y).chain(weights).any(|value| !value.is_finite()) {
            bail!("a sample, an output or a weight is not a finite number");
        }
        let weight: f64 = weights.iter().sum();
        if weights.iter().any(|&w| w < 0.0) || weight <= 0.0 {
            bail!("weights must not be negative, and not all 0: their sum is {weight}");
        }
        let mut mean_x = vec![0.0; columns];
        let mut mean_y = 0.0;
        for ((row, y), w) in x.iter().zip(y).zip(weights) {
            mean_x.iter_mut().zip(row).for_each(|(mean, value)| *mean += w * value / weight);
            mean_y += w * y / weight;
        }
        let parts: Vec<_> = x
            .par_chunks(512)
            .zip(y.par_chunks(512).zip(weights.par_chunks(512)))
            .map(|(x, (y, weights))| centred_products(x, y, weights, &mean_x, mean_y))
            .collect();
        let mut sums = vec![0.0; parts[0].len()];
        for part in parts {
            sums.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
        }
        let yy = sums.pop().unwrap_or(0.0);
        let xy = sums.split_off(sums.len() - columns);
        Ok(Moments { weight, mean_x, mean_y, products: sums, xy, yy })
    }

    fn xx(&self, j: usize, k: usize) -> f64 {
        let (low, high) = (j.min(k), j.max(k));
        self.products[high * (high + 1) / 2 + low]
    }

    fn ridge(&self, columns: &[usize], alpha: f64) -> Linear {
        let n = columns.len();
        let mut matrix = vec![0.0; n * n];
        for (i, &j) in columns.iter().enumerate() {
            for (l, &k) in columns.iter().enumerate() {
                matrix[i * n + l] = self.xx(j, k);
            }
            matrix[i * n + i] += alpha;
        }
        let right = columns.iter().map(|&j| self.xy[j]).collect();
        self.linear(columns, solve(matrix, right))
    }

    fn linear(&self, columns: &[usize], coefficients: Vec<f64>) -> Linear {
        let mut intercept = self.mean_y;
        let mut unexplained = self.yy;
        for (&j, &b) in columns.iter().zip(&coefficients) {
            intercept -= b * self.mean_x[j];
            unexplained -= 2.0 * b * self.xy[j];
            for (&k, &other) in columns.iter().zip(&coefficients) {
                unexplained += b * other * self.xx(j, k);
            }
        }
        // A model that always says the same is explained by the intercept alone.
        let constant = self.yy <= 1e-24 * self.weight * (1.0 + self.mean_y * self.mean_y);
        let r2 = if constant { 1.0 } else { 1.0 - unexplained.max(0.0) / self.yy };
        Linear { coefficients, intercept, r2 }
    }
}

/// The lower triangle of Σ w xxᵀ, then Σ w xy, then Σ w y², all around the means.
fn centred_products(x: &[Vec<f64>], y: &[f64], weights: &[f64], mean_x: &[f64], mean_y: f64) -> Vec<f64> {
    let columns = mean_x.len();
    let triangle = columns * (columns + 1) / 2;
    let mut sums = vec![0.0; triangle + columns + 1];
    let mut centred = vec![0.0; columns];
    for ((row, y), &w) in x.iter().zip(y).zip(weights) {
        for (value, (x, mean)) in centred.iter_mut().zip(row.iter().zip(mean_x)) {
            *value = x - mean;
        }
        let y = y - mean_y;
        let mut start = 0;
        for j in 0..columns {
            let weighted = w * centred[j];
            for (sum, value) in sums[start..=start + j].iter_mut().zip(&centred) {
                *sum += weighted * value;
            }
            start += j + 1;
            sums[triangle + j] += weighted * y;
        }
        sums[triangle + columns] += w * y * y;
    }
    sums
}

/// Solves matrix · b = right for a symmetric matrix that is not negative (Cholesky). A column that the earlier
/// ones determine already gets the coefficient 0.
fn solve(mut matrix: Vec<f64>, mut right: Vec<f64>) -> Vec<f64> {
    let n = right.len();
    let mut free = vec![true; n];
    for j in 0..n {
        let before = matrix[j * n + j];
        let pivot = before - (0..j).map(|k| matrix[j * n + k].powi(2)).sum::<f64>();
        free[j] = pivot > 1e-12 * before;
        let root = if free[j] { pivot.sqrt() } else { 0.0 };
        matrix[j * n + j] = root;
        for i in j + 1..n {
            let rest = matrix[i * n + j] - (0..j).map(|k| matrix[i * n + k] * matrix[j * n + k]).sum::<f64>();
            matrix[i * n + j] = if free[j] { rest / root } else { 0.0 };
        }
    }
    for j in 0..n {
        let rest = right[j] - (0..j).map(|k| matrix[j * n + k] * right[k]).sum::<f64>();
        right[j] = if free[j] { rest / matrix[j * n + j] } else { 0.0 };
    }
    for j in (0..n).rev() {
        let rest = right[j] - (j + 1..n).map(|k| matrix[k * n + j] * right[k]).sum::<f64>();
        right[j] = if free[j] { rest / matrix[j * n + j] } else { 0.0 };
    }
    right
}
