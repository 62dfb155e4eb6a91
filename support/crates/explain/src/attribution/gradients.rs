//! Methods that look at the gradient in one place: saliency, input×gradient, SmoothGrad.
//!
//! Simonyan, Vedaldi, Zisserman 2013 (saliency); Shrikumar et al. 2016 (input×gradient); Smilkov et al. 2017
//! (SmoothGrad). None is complete: the delta shows how far the scores are from F(x) − F(padding).

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::Baseline;
use super::backward::numbers;
use super::method::{Explanation, Method};
use super::recipe::{Recipe, Text};
use ground::random::normal_pair;
use ground::{Result, bail};
use text::model::{Explainable, Input, Output, Place, What};

/// The length (L2 norm) of the gradient of each token's vector: how much the output could change if the vector moved a
/// little. It has no sign and does not say in which direction.
#[derive(Clone, Debug, Default)]
pub struct Saliency {
    output: Output,
    batch: Option<usize>,
}

/// gradient · vector, summed over the width: signed. The baseline that it takes silently is the zero vector.
#[derive(Clone, Debug, Default)]
pub struct InputXGradient {
    output: Output,
    batch: Option<usize>,
}

/// The gradient, averaged over copies of the input with noise. Scores are its length per token, without a sign, or,
/// with [`times_input`](SmoothGrad::times_input), its product with the vector.
#[derive(Clone, Debug)]
pub struct SmoothGrad {
    samples: usize,
    noise: f64,
    seed: u64,
    times_input: bool,
    output: Output,
    batch: Option<usize>,
}

macro_rules! shared_options {
    ($($method:ty),*) => {
        $(impl $method {
            /// In which unit [`attribute`](Method::attribute) explains a class: the logit (the default), the probability
            /// or its logarithm. What [`explain`](Method::explain) is asked has a unit of its own.
            pub fn output(mut self, output: Output) -> Self {
                self.output = output;
                self
            }

            /// How many points the model gets at once. By default as many as fit a bound on the memory.
            pub fn batch(mut self, rows: usize) -> Self {
                self.batch = Some(rows);
                self
            }
        })*
    };
}
pub(super) use shared_options;
shared_options!(Saliency, InputXGradient, SmoothGrad);

/// The gradient itself: a token's score is its length.
fn slope(_: &Text, _: usize, slope: f64) -> f64 {
    slope
}

/// The product of the gradient and the activation.
fn product(text: &Text, at: usize, slope: f64) -> f64 {
    text.x[at] * slope
}

impl Saliency {
    /// The gradient of the logit.
    pub fn new() -> Saliency {
        Saliency::default()
    }
}

impl Method for Saliency {
    fn name(&self) -> String {
        "saliency".into()
    }

    fn unit(&self) -> Output {
        self.output
    }

    fn explain_all(
        &self,
        model: &dyn Explainable,
        inputs: &[Input],
        place: &Place,
        whats: &[What],
    ) -> Result<Vec<Explanation>> {
        let recipe = Recipe {
            settings: "gradient norm, F(baseline) with padding".into(),
            unsigned: true,
            ..Recipe::at_input(self.name(), self.batch, &slope)
        };
        recipe.run(model, inputs, place, whats)
    }
}

impl InputXGradient {
    /// The gradient of the logit, times the input.
    pub fn new() -> InputXGradient {
        InputXGradient::default()
    }
}

impl Method for InputXGradient {
    fn name(&self) -> String {
        "input×gradient".into()
    }

    fn unit(&self) -> Output {
        self.output
    }

    fn explain_all(
        &self,
        model: &dyn Explainable,
        inputs: &[Input],
        place: &Place,
        whats: &[What],
    ) -> Result<Vec<Explanation>> {
        Recipe::at_input(self.name(), self.batch, &product).run(model, inputs, place, whats)
    }
}

impl Default for SmoothGrad {
    fn default() -> Self {
        SmoothGrad::new()
    }
}

impl SmoothGrad {
    /// 50 samples, noise 0.3, seed 0, lengths without a sign.
    pub fn new() -> SmoothGrad {
        SmoothGrad { samples: 50, noise: 0.3, seed: 0, times_input: false, output: Output::Logit, batch: None }
    }

    /// How many noisy copies. Default: 50.
    pub fn samples(mut self, samples: usize) -> Self {
        self.samples = samples;
        self
    }

    /// The standard deviation of the noise as a share of that of the coordinates of the vocabulary's vectors.
    /// Default: 0.3. (The paper takes a share of max − min of an image; vectors have no such bounds.)
    pub fn noise(mut self, share: f64) -> Self {
        self.noise = share;
        self
    }

    /// The seed of the noise. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Multiply the mean gradient by the input: signed scores.
    pub fn times_input(mut self, yes: bool) -> Self {
        self.times_input = yes;
        self
    }

    /// The noise of copy number `sample`, before it is scaled: `count` draws from the standard normal distribution, for the
    /// vectors of a text one after the other.
    pub fn draw(&self, sample: usize, count: usize) -> Vec<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(sample as u64);
        (0..count.div_ceil(2)).flat_map(|_| normal_pair(rng.random(), rng.random())).take(count).collect()
    }
}

impl Method for SmoothGrad {
    fn name(&self) -> String {
        if self.times_input { "SmoothGrad × input" } else { "SmoothGrad" }.into()
    }

    fn unit(&self) -> Output {
        self.output
    }

    fn explain_all(
        &self,
        model: &dyn Explainable,
        inputs: &[Input],
        place: &Place,
        whats: &[What],
    ) -> Result<Vec<Explanation>> {
        if self.samples == 0 {
            bail!("samples(0): SmoothGrad needs at least 1 noisy copy, 50 are usual");
        }
        if !(self.noise >= 0.0 && self.noise.is_finite()) {
            bail!("noise({}): the noise must be a number from 0, 0.1 to 0.5 is usual", self.noise);
        }
        let vocabulary = model.vocabulary_vectors(place)?; // (vocabulary, width)
        let (spread, longest) = match &vocabulary {
            Some(vectors) => {
                let longest = inputs.iter().map(Input::len).max().unwrap_or(0);
                (Some(self.noise * deviation(&numbers(vectors)?)), longest * vectors.dim(1)?)
            }
            None => (None, 0),
        };
        // The noise of a sample is the same for all texts, cut to their length.
        let noise: Vec<Vec<f32>> = (0..self.samples).into_par_iter().map(|k| self.draw(k, longest)).collect();
        let recipe = Recipe {
            method: self.name(),
            settings: format!("{} samples, noise {}, F(baseline) with padding", self.samples, self.noise),
            unsigned: !self.times_input,
            baseline: &Baseline::Pad,
            batch: self.batch,
            at_x: 0.0,
            weights: vec![1.0 / self.samples as f64; self.samples],
            point: &|text, sample, point| {
                let drawn = &noise[sample];
                let own = if drawn.len() < text.x.len() { self.draw(sample, text.x.len()) } else { Vec::new() };
                let noise = if own.is_empty() { drawn } else { &own };
                for part in text.parts.iter().cloned() {
                    let x = &text.x[part.clone()];
                    let spread = spread.unwrap_or_else(|| self.noise * deviation(x));
                    let noisy = x.iter().zip(&noise[part.clone()]).map(|(x, noise)| x + spread * f64::from(*noise));
                    point[part].iter_mut().zip(noisy).for_each(|(point, noisy)| *point = noisy);
                }
            },
            score: if self.times_input { &product } else { &slope },
        };
        recipe.run(model, inputs, place, whats)
    }
}

/// The standard deviation of some numbers.
fn deviation(numbers: &[f64]) -> f64 {
    let count = numbers.len().max(1) as f64;
    let mean = numbers.iter().sum::<f64>() / count;
    (numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt()
}
