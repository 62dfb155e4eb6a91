//! Which part of the input is responsible for the output? Each method here answers with an [`Attribution`].

pub mod lime;

/// A score for each token: how much it moved the model's output for one class.
///
/// Scores are signed: positive speaks for the target class, negative against it.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribution {
    /// The method that made it, as a reader should see it: `"LIME"`, `"integrated gradients"`.
    pub method: String,
    /// The units that got a score, as the method used them, in the order of the text.
    pub tokens: Vec<String>,
    /// One score per token, in the units of the output: probability or logit.
    pub scores: Vec<f64>,
    /// The index of the class that is explained.
    pub target: usize,
    /// Its name.
    pub target_name: String,
    /// The unit of `f_x`, `f_baseline` and the scores: `"probability"` or `"logit"`.
    pub output: String,
    /// F(x): the model's output for the input.
    pub f_x: f64,
    /// F(x′): the model's output for the baseline, an input that says nothing.
    pub f_baseline: f64,
    /// For methods that fit a simple model around the input: that model.
    pub surrogate: Option<Surrogate>,
}

/// The simple model that LIME or KernelSHAP fits around one input.
#[derive(Clone, Debug, PartialEq)]
pub struct Surrogate {
    /// The surrogate's output when every token is removed.
    pub intercept: f64,
    /// What the surrogate says for the input itself: intercept + sum of scores.
    pub local_prediction: f64,
    /// Weighted R² of the fit over the samples: 1 is a perfect fit.
    pub r2: f64,
    /// How many perturbed inputs the model was asked about.
    pub samples: usize,
}

impl Attribution {
    /// The sum of the scores.
    pub fn sum(&self) -> f64 {
        self.scores.iter().sum()
    }

    /// F(x) − F(x′): what there is to explain.
    pub fn difference(&self) -> f64 {
        self.f_x - self.f_baseline
    }

    /// The convergence delta: sum of the scores − (F(x) − F(x′)). Zero for a complete method.
    pub fn delta(&self) -> f64 {
        self.sum() - self.difference()
    }

    /// The `k` tokens with the largest |score|, largest first, as (token, score).
    pub fn top(&self, k: usize) -> Vec<(String, f64)> {
        let mut order: Vec<usize> = (0..self.scores.len()).collect();
        order.sort_by(|&a, &b| self.scores[b].abs().total_cmp(&self.scores[a].abs()));
        order.into_iter().take(k).map(|i| (self.tokens[i].clone(), self.scores[i])).collect()
    }
}
