//! The loss of multinomial logistic regression and its gradient on sparse rows, minimised by L-BFGS.
//!
//! The same loss and the same optimiser (argmin) as in linfa-logistic, which needs a dense matrix: with thousands
//! of features nearly all of that matrix is zeros. Divided by the number of texts, so that the first step is small.

use argmin::core::{CostFunction, Error as ArgminError, Executor, Gradient};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use rayon::prelude::*;

use crate::sparse::Sparse;
use ground::softmax;
use ground::{Error, Result};

/// The problem: parameters are the weights, shape (features, classes) row by row, and then the intercepts.
#[derive(Clone, Copy)]
pub(super) struct SparseLoss<'a> {
    pub features: &'a Sparse,
    pub labels: &'a [usize],
    pub classes: usize,
    pub alpha: f64,
}

impl SparseLoss<'_> {
    /// The mean of −log p(label) + ½ α Σ weight² / texts, and its gradient.
    pub fn value_and_gradient(&self, parameters: &[f64]) -> (f64, Vec<f64>) {
        const ROWS: usize = 1024;
        let classes = self.classes;
        let weights = self.features.columns() * classes;
        // Parts of fixed size, summed in order: the result does not depend on the number of threads.
        let parts: Vec<(f64, Vec<f64>)> = (0..self.features.rows().div_ceil(ROWS))
            .into_par_iter()
            .map(|part| {
                let mut gradient = vec![0.0; parameters.len()];
                let mut loss = 0.0;
                let mut errors = vec![0.0; classes];
                for i in part * ROWS..((part + 1) * ROWS).min(self.features.rows()) {
                    let (columns, values) = self.features.row(i);
                    errors.copy_from_slice(&parameters[weights..]);
                    for (&column, &value) in columns.iter().zip(values) {
                        let at = column as usize * classes;
                        errors.iter_mut().zip(&parameters[at..at + classes]).for_each(|(sum, w)| *sum += value * w);
                    }
                    softmax(&mut errors);
                    loss -= errors[self.labels[i]].max(f64::MIN_POSITIVE).ln();
                    errors[self.labels[i]] -= 1.0;
                    for (&column, &value) in columns.iter().zip(values) {
                        let at = column as usize * classes;
                        gradient[at..at + classes]
                            .iter_mut()
                            .zip(&errors)
                            .for_each(|(sum, error)| *sum += value * error);
                    }
                    gradient[weights..].iter_mut().zip(&errors).for_each(|(sum, error)| *sum += error);
                }
                (loss, gradient)
            })
            .collect();
        let mut gradient: Vec<f64> = parameters[..weights].iter().map(|w| self.alpha * w).collect();
        gradient.resize(parameters.len(), 0.0);
        let mut loss = 0.5 * self.alpha * parameters[..weights].iter().map(|w| w * w).sum::<f64>();
        for (part_loss, part) in parts {
            loss += part_loss;
            gradient.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
        }
        let texts = self.features.rows() as f64;
        gradient.iter_mut().for_each(|slope| *slope /= texts);
        (loss / texts, gradient)
    }

    /// The parameters with the smallest loss.
    pub fn minimise(&self, max_iterations: u64, tolerance: f64) -> Result<Vec<f64>> {
        let start = vec![0.0; (self.features.columns() + 1) * self.classes];
        let failed = |error: ArgminError| Error::new(format!("fitting the logistic regression failed: {error}"));
        let solver = LBFGS::new(MoreThuenteLineSearch::new(), 10).with_tolerance_grad(tolerance).map_err(failed)?;
        let mut result = Executor::new(*self, solver)
            .configure(|state| state.param(start.clone()).max_iters(max_iterations))
            .run()
            .map_err(failed)?;
        Ok(result.state.take_best_param().unwrap_or(start))
    }
}

impl CostFunction for SparseLoss<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, parameters: &Self::Param) -> std::result::Result<f64, ArgminError> {
        Ok(self.value_and_gradient(parameters).0)
    }
}

impl Gradient for SparseLoss<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, parameters: &Self::Param) -> std::result::Result<Vec<f64>, ArgminError> {
        Ok(self.value_and_gradient(parameters).1)
    }
}
