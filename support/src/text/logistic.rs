//! Multinomial logistic regression, fitted by linfa: one weight per feature and class.
//!
//! The strength of the L2 penalty is given as scikit-learn's `C`. linfa works on a dense matrix, so memory is
//! texts × features × 8 bytes while fitting; predicting works on the sparse one.

use linfa::DatasetBase;
use linfa::traits::Fit;
use linfa_logistic::MultiLogisticRegression;
use ndarray::{Array1, Array2};
use rayon::prelude::*;

use super::sparse::Sparse;
use crate::error::{Result, bail};

/// How to fit. Start with `LogisticRegression::new()`, change what you want, then [`fit`](LogisticRegression::fit).
#[derive(Clone, Debug, PartialEq)]
pub struct LogisticRegression {
    c: f64,
    max_iterations: u64,
    tolerance: f64,
}

impl Default for LogisticRegression {
    fn default() -> Self {
        LogisticRegression::new()
    }
}

impl LogisticRegression {
    /// C = 1, at most 200 iterations of L-BFGS, tolerance 1e-5.
    pub fn new() -> LogisticRegression {
        LogisticRegression { c: 1.0, max_iterations: 200, tolerance: 1e-5 }
    }

    /// The weight of the training examples against the penalty, as in scikit-learn: the smaller, the smaller the
    /// coefficients. The loss is C · Σ −log p(label) + ½ Σ coefficient²; intercepts are not penalised.
    pub fn c(mut self, c: f64) -> LogisticRegression {
        self.c = c;
        self
    }

    /// When to give up. Default: 200.
    pub fn max_iterations(mut self, iterations: u64) -> LogisticRegression {
        self.max_iterations = iterations;
        self
    }

    /// Stop when the length of the mean loss's gradient is below this. Default: 1e-5.
    pub fn tolerance(mut self, tolerance: f64) -> LogisticRegression {
        self.tolerance = tolerance;
        self
    }

    /// Fits the weights to `features`, shape (texts, features), and one label in `0..n_classes` per row.
    ///
    /// # Errors
    /// Sizes that do not fit, a label out of range, a class without an example, or a fit that linfa gives up.
    pub fn fit(&self, features: &Sparse, labels: &[usize], n_classes: usize) -> Result<FittedLogisticRegression> {
        self.check(features, labels, n_classes)?;
        let mut dense = Array2::<f64>::zeros((features.rows(), features.columns()));
        for (i, mut row) in dense.outer_iter_mut().enumerate() {
            let (columns, values) = features.row(i);
            for (&column, &value) in columns.iter().zip(values) {
                row[column as usize] = value;
            }
        }
        // linfa's loss is Σ −log p + ½ alpha Σ coefficient². With two classes scikit-learn fits one column of
        // coefficients instead of two that mirror each other: doubling alpha gives the same probabilities.
        let alpha = if n_classes == 2 { 2.0 } else { 1.0 } / self.c;
        let fitted = MultiLogisticRegression::default()
            .alpha(alpha)
            .max_iterations(self.max_iterations)
            .gradient_tolerance(self.tolerance * features.rows() as f64)
            .fit(&DatasetBase::new(dense, Array1::from(labels.to_vec())))?;
        let model = FittedLogisticRegression {
            weights: fitted.params().iter().copied().collect(),
            intercepts: fitted.intercept().to_vec(),
            gradient: 0.0,
            tolerance: self.tolerance,
        };
        let gradient = model.mean_gradient(features, labels, alpha);
        if !gradient.is_finite() {
            bail!("the fit ended in coefficients that are not numbers. Try a smaller C or features of smaller size");
        }
        Ok(FittedLogisticRegression { gradient, ..model })
    }

    fn check(&self, features: &Sparse, labels: &[usize], n_classes: usize) -> Result<()> {
        if !(self.c > 0.0 && self.c.is_finite()) {
            bail!("C is {}: it must be a positive number", self.c);
        }
        if !(self.tolerance > 0.0 && self.tolerance.is_finite()) {
            bail!("the tolerance is {}: it must be a positive number", self.tolerance);
        }
        if features.rows() != labels.len() {
            bail!("there are {} rows of features but {} labels: give one label per row", features.rows(), labels.len());
        }
        if n_classes < 2 {
            bail!("a classifier needs at least 2 classes, not {n_classes}");
        }
        if let Some(row) = labels.iter().position(|&label| label >= n_classes) {
            bail!("row {row} has label {}, but the labels go from 0 to {}", labels[row], n_classes - 1);
        }
        if let Some(class) = (0..n_classes).find(|class| !labels.contains(class)) {
            bail!("no row has label {class}: there is nothing to learn this class from");
        }
        Ok(())
    }
}

/// Fitted weights: gives the probability of each class for any features.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedLogisticRegression {
    /// Shape (features, classes), row by row.
    weights: Vec<f64>,
    intercepts: Vec<f64>,
    gradient: f64,
    tolerance: f64,
}

impl FittedLogisticRegression {
    /// How many classes it tells apart.
    pub fn n_classes(&self) -> usize {
        self.intercepts.len()
    }

    /// How many features it expects.
    pub fn n_features(&self) -> usize {
        self.weights.len() / self.n_classes()
    }

    /// The weight of each feature for one class.
    ///
    /// # Errors
    /// No such class.
    pub fn coefficients(&self, class: usize) -> Result<Vec<f64>> {
        let classes = self.n_classes();
        if class >= classes {
            bail!("there is no class {class}: the classes go from 0 to {}", classes - 1);
        }
        Ok(self.weights.iter().skip(class).step_by(classes).copied().collect())
    }

    /// What the logit of each class is for a row of zeros.
    pub fn intercepts(&self) -> &[f64] {
        &self.intercepts
    }

    /// Whether the fit ended because the gradient was small, and not because it ran out of iterations.
    pub fn converged(&self) -> bool {
        self.gradient <= self.tolerance
    }

    /// The weights of one feature, one per class.
    pub(crate) fn of_feature(&self, feature: usize) -> &[f64] {
        let classes = self.n_classes();
        &self.weights[feature * classes..(feature + 1) * classes]
    }

    /// Adds `value` × the feature's weights to `logits`.
    pub(crate) fn add(&self, feature: usize, value: f64, logits: &mut [f64]) {
        for (logit, weight) in logits.iter_mut().zip(self.of_feature(feature)) {
            *logit += value * weight;
        }
    }

    /// The decision scores, shape (texts, classes): intercept + Σ weight × feature.
    ///
    /// # Errors
    /// Features of another vocabulary: the number of columns differs.
    pub fn logits(&self, features: &Sparse) -> Result<Vec<Vec<f64>>> {
        if features.columns() != self.n_features() {
            let (found, expected) = (features.columns(), self.n_features());
            bail!("the model was fitted on {expected} features, these rows have {found}: use the same vectoriser");
        }
        Ok((0..features.rows()).into_par_iter().map(|i| self.row_logits(features, i)).collect())
    }

    fn row_logits(&self, features: &Sparse, i: usize) -> Vec<f64> {
        let mut logits = self.intercepts.clone();
        let (columns, values) = features.row(i);
        for (&column, &value) in columns.iter().zip(values) {
            self.add(column as usize, value, &mut logits);
        }
        logits
    }

    /// Class probabilities, shape (texts, classes): the softmax of the logits.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    pub fn probabilities(&self, features: &Sparse) -> Result<Vec<Vec<f64>>> {
        let mut rows = self.logits(features)?;
        rows.iter_mut().for_each(|row| softmax(row));
        Ok(rows)
    }

    /// The most probable class of each row.
    ///
    /// # Errors
    /// As [`logits`](Self::logits).
    pub fn predict(&self, features: &Sparse) -> Result<Vec<usize>> {
        let best = |row: &Vec<f64>| (0..row.len()).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or(0);
        Ok(self.logits(features)?.iter().map(best).collect())
    }

    /// The length of the gradient of the loss, divided by the number of texts.
    fn mean_gradient(&self, features: &Sparse, labels: &[usize], alpha: f64) -> f64 {
        let classes = self.n_classes();
        let mut weights: Vec<f64> = self.weights.iter().map(|weight| alpha * weight).collect();
        let mut intercepts = vec![0.0; classes];
        for (i, &label) in labels.iter().enumerate() {
            let mut error = self.row_logits(features, i);
            softmax(&mut error);
            error[label] -= 1.0;
            let (columns, values) = features.row(i);
            for (&column, &value) in columns.iter().zip(values) {
                for (class, &error) in error.iter().enumerate() {
                    weights[column as usize * classes + class] += value * error;
                }
            }
            intercepts.iter_mut().zip(&error).for_each(|(sum, error)| *sum += error);
        }
        let squares: f64 = weights.iter().chain(&intercepts).map(|slope| slope * slope).sum();
        squares.sqrt() / labels.len() as f64
    }

    /// One line: its size, and whether the fit converged.
    pub fn evcxr_display(&self) {
        let end = if self.converged() { "converged" } else { "NOT converged: raise max_iterations" };
        println!("logistic regression: {} features, {} classes, {end}", self.n_features(), self.n_classes());
    }
}

/// Turns logits into probabilities in place.
pub(crate) fn softmax(logits: &mut [f64]) {
    let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    logits.iter_mut().for_each(|logit| *logit = (*logit - highest).exp());
    let sum: f64 = logits.iter().sum();
    logits.iter_mut().for_each(|logit| *logit /= sum);
}
