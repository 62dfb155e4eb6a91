//! Which part of the input is responsible for the output? Each method here answers with an [`Attribution`].
//!
//! | method | what it is | signed | complete |
//! |---|---|---|---|
//! | [`Saliency`] | length of the gradient of each token's vector | no | no |
//! | [`InputXGradient`] | gradient · vector | yes | no |
//! | [`SmoothGrad`] | the gradient, averaged over noisy copies of the input | as you choose | no |
//! | [`IntegratedGradients`] | the gradient, averaged along the path from a [`Baseline`], · (vector − baseline) | yes | yes |
//! | [`lime`] | a linear model fitted to the answers for texts with words removed | yes | no |
//! | [`rollout`] | attention, multiplied through the layers of a transformer | no | no |
//!
//! The first four are [`Method`]s: [`attribute`](Method::attribute) explains a class of a
//! [`DifferentiableClassifier`](text::model::DifferentiableClassifier) at the vectors of the tokens,
//! [`explain`](Method::explain) any number of the answer ([`What`]: a class, the end of a span, a token, a contrast) at any
//! activation ([`Place`]). All of them see one function, [`Explained`](text::model::Explained).
//!
//! ```no_run
//! # use explain::attribution::{IntegratedGradients, Method, Place, What};
//! # let model = networks::Transformer::load("path/to/folder")?;
//! let input = model.encode("The capital of France is")?;
//! let rather = What::contrast(What::token(4, 6342), What::token(4, 3576));
//! let place = Place::at("blocks.2.hook_resid_post");
//! let found = IntegratedGradients::new().explain(&model, &input, &place, &rather)?;
//! println!("{} at {}: {:?}", found.explained, found.place, found.scores);
//! # Ok::<(), ground::Error>(())
//! ```
//!
//! Complete: the scores add up to F(x) − F(x′). On plain tensors: [`gradient`], [`path_integral`]. Scores of word pieces
//! become scores of words with [`Attribution::words`].

mod backward;
mod baseline;
mod gradients;
mod integrated_gradients;
pub mod lime;
mod method;
mod quadrature;
mod recipe;
mod rollout;
mod word_pieces;

use polars::df;
use polars::prelude::DataFrame;

pub use backward::gradient;
pub use baseline::Baseline;
pub use gradients::{InputXGradient, Saliency, SmoothGrad};
pub use integrated_gradients::{IntegratedGradients, path_integral};
pub use method::{Explanation, Method};
pub use quadrature::Rule;
pub use rollout::{rollout, rollout_all, rollout_matrix};
pub use word_pieces::Pieces;

pub use kernels::ops::relu;
pub use text::model::{Output, Place, What};

use ground::Span;
use ground::{Labels, Numbers};
use ground::{Result, bail};
use text::model::Input;

/// A score for each token: how much it moved the model's output for one class.
///
/// Scores are signed, unless [`unsigned`](Self::unsigned) says otherwise: positive speaks for the target class,
/// negative against it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attribution {
    /// The method that made it, as a reader should see it: `"LIME"`, `"integrated gradients"`.
    pub method: String,
    /// How it was set: `"50 steps, Gauss–Legendre, baseline padding"`. May be empty.
    pub settings: String,
    /// The units that got a score, as the method used them, in the order of the text.
    pub tokens: Vec<String>,
    /// Where each token lies in the text, in characters: no span for special tokens, several where one score is for
    /// all occurrences of a word. Empty if the method does not know the places.
    pub spans: Vec<Vec<Span>>,
    /// For each token that the model does not know, the word of the text that it stands for. Empty if all are known.
    pub unknown: Vec<Option<String>>,
    /// One score per token, in the units of the output: probability or logit.
    pub scores: Vec<f64>,
    /// Whether the scores say only how much a token matters, not in which direction.
    pub unsigned: bool,
    /// The index of the class that is explained; the id of a token, the position of a span's end.
    pub target: usize,
    /// Its name: `"positive"`; of a contrast `"positive rather than negative"`.
    pub target_name: String,
    /// What is explained, in words: `"logit of positive"`. Empty if the method does not say.
    pub explained: String,
    /// The activation at which the scores lie: `"hook_embed"`. Empty for methods that do not look inside.
    pub place: String,
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
    /// An attribution made by hand, for a method of your own: signed scores in the units of `output` (`"logit"`,
    /// `"probability"`). Class, places in the text and so on are fields to fill where they are known.
    pub fn new(
        method: &str,
        tokens: &dyn Labels,
        scores: &[f64],
        output: &str,
        f_x: f64,
        f_baseline: f64,
    ) -> Attribution {
        Attribution {
            method: method.into(),
            // Only a column of a frame can fail; without tokens every figure and measure says so.
            tokens: tokens.labels().unwrap_or_default(),
            scores: scores.to_vec(),
            output: output.into(),
            f_x,
            f_baseline,
            ..Attribution::default()
        }
    }

    /// Tokens, places and unknown words of an input; the rest is for the method to fill.
    fn of_input(input: &Input) -> Attribution {
        let unknown = |at: usize| input.unknown[at].then(|| input.spans[at].map(|span| span.of(&input.text))).flatten();
        Attribution {
            tokens: input.tokens.clone(),
            spans: input.spans.iter().map(|span| span.iter().copied().collect()).collect(),
            unknown: (0..input.len()).map(unknown).collect(),
            ..Attribution::default()
        }
    }

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

    /// The tokens as a reader should see them: an unknown one with the word that it stands for, `<oov> (sweepstakes)`.
    pub fn labels(&self) -> Vec<String> {
        let label = |(at, token): (usize, &String)| match self.unknown.get(at) {
            Some(Some(word)) => format!("{token} ({word})"),
            _ => token.clone(),
        };
        self.tokens.iter().enumerate().map(label).collect()
    }

    /// Whether `scores` (a tensor of shape (tokens), a vector, a column of a frame) are these scores: no score differs
    /// by more than `tolerance` times the largest |score|.
    ///
    /// # Errors
    /// Another number of scores, or scores that are not numbers.
    pub fn close_to(&self, scores: &dyn Numbers, tolerance: f64) -> Result<bool> {
        let scores = scores.numbers()?;
        if scores.len() != self.scores.len() {
            bail!("there are {} scores to compare with {} tokens: give one per token", scores.len(), self.scores.len());
        }
        let largest = self.scores.iter().chain(&scores).fold(0.0, |largest: f64, score| largest.max(score.abs()));
        let close = |(a, b): (&f64, &f64)| (a - b).abs() <= tolerance * largest;
        Ok(largest.is_finite() && self.scores.iter().zip(&scores).all(close))
    }

    /// One row per token: `position` (from 0), `token` (as in [`labels`](Self::labels)), `score`.
    ///
    /// # Errors
    /// An attribution made by hand with unequal numbers of tokens and scores.
    pub fn frame(&self) -> Result<DataFrame> {
        if self.tokens.len() != self.scores.len() {
            bail!("the attribution has {} tokens but {} scores", self.tokens.len(), self.scores.len());
        }
        let position: Vec<u32> = (0..self.tokens.len() as u32).collect();
        Ok(df!("position" => position, "token" => self.labels(), "score" => &self.scores)?)
    }
}
