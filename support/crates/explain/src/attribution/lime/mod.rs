//! LIME for texts: remove words at random, ask the model, and fit a linear model to its answers.
//!
//! Ribeiro, Singh, Guestrin 2016, "Why Should I Trust You?"; constants as in their package `lime` 0.2.0.1: 5,000
//! samples, cosine distance × 100, kernel sqrt(exp(−d²/25²)), ridge with α = 1. Draws differ from numpy's.
//!
//! The pieces are public, to be compared with the ones that the lesson builds: [`Units`] cuts the text,
//! [`perturb`] draws, [`distances`] and [`weights`] weigh, [`weighted_ridge`] fits.

mod regression;
mod sampling;
mod units;

use rayon::prelude::*;

pub use regression::{Linear, select_features, weighted_lasso, weighted_ridge};
pub use sampling::{distances, perturb, weights};
pub use units::Units;

use super::{Attribution, Surrogate};
use ground::{Result, bail};
use text::model::TextClassifier;

/// How many texts the model gets at once. Fixed, so that the answer does not depend on the number of threads.
const BATCH: usize = 250;

/// LIME with its options. Start with `Lime::new()`, change what you want, then [`explain`](Lime::explain).
#[derive(Clone, Debug, PartialEq)]
pub struct Lime {
    samples: usize,
    seed: u64,
    num_features: Option<usize>,
    kernel_width: f64,
    alpha: f64,
    each_occurrence: bool,
    replacement: Option<String>,
    phrases: Vec<String>,
    pairs: bool,
    log_odds: bool,
}

impl Default for Lime {
    fn default() -> Self {
        Lime::new()
    }
}

/// What LIME learnt from its samples, before it is put into words.
struct Neighbourhood {
    /// Which columns are kept (1) or removed (0), shape (samples, columns).
    masks: Vec<Vec<f64>>,
    /// The model's output for the target, one per sample.
    outputs: Vec<f64>,
    weights: Vec<f64>,
    f_baseline: f64,
}

impl Lime {
    /// The reference's settings: 5,000 samples, kernel width 25, α = 1, all words scored, seed 0.
    pub fn new() -> Lime {
        Lime {
            samples: 5000,
            seed: 0,
            num_features: None,
            kernel_width: 25.0,
            alpha: 1.0,
            each_occurrence: false,
            replacement: None,
            phrases: Vec::new(),
            pairs: false,
            log_odds: false,
        }
    }

    /// How many texts the model is asked about; the first is the text itself. Default: 5,000.
    pub fn samples(mut self, samples: usize) -> Lime {
        self.samples = samples;
        self
    }

    /// The seed of the draws: the same seed gives the same scores. Default: 0.
    pub fn seed(mut self, seed: u64) -> Lime {
        self.seed = seed;
        self
    }

    /// Score only this many words. Up to 6 are chosen by forward selection, more by their weight, as the
    /// reference does. A text with fewer words keeps them all. Default: all words.
    pub fn num_features(mut self, words: usize) -> Lime {
        self.num_features = Some(words);
        self
    }

    /// The kernel's width, in units of cosine distance × 100. The smaller, the more local. Default: 25.
    pub fn kernel_width(mut self, width: f64) -> Lime {
        self.kernel_width = width;
        self
    }

    /// The ridge penalty on the squared scores. Default: 1.
    pub fn alpha(mut self, alpha: f64) -> Lime {
        self.alpha = alpha;
        self
    }

    /// Give each occurrence of a word its own score, and put `UNKWORDZ` in the place of a removed word (the
    /// reference's `bow=False`). Default: all occurrences go together, and nothing takes their place.
    pub fn each_occurrence(mut self, yes: bool) -> Lime {
        self.each_occurrence = yes;
        self
    }

    /// Put `word` in the place of each removed word, so that its neighbours do not become a pair.
    pub fn replace_with(mut self, word: &str) -> Lime {
        self.replacement = Some(word.to_owned());
        self
    }

    /// Treat the words of `phrase` as one unit wherever they stand next to each other: `phrase("not good")`.
    pub fn phrase(mut self, phrase: &str) -> Lime {
        self.phrases.push(phrase.to_owned());
        self
    }

    /// Also score each pair of neighbouring words: what the two add together beyond their own scores. The scores of
    /// the pairs come after those of the words. For models that read pairs of words.
    pub fn pairs(mut self, yes: bool) -> Lime {
        self.pairs = yes;
        self
    }

    /// Explain ln(p / (1 − p)) instead of the probability p.
    pub fn log_odds(mut self, yes: bool) -> Lime {
        self.log_odds = yes;
        self
    }

    /// Explains why `model` gives `text` its probability of the class `target`.
    ///
    /// `f_baseline` is the model's output when every word is removed. The scores do not add up to f_x − f_baseline;
    /// they and the intercept add up to the surrogate's local prediction.
    ///
    /// # Errors
    /// A text without words, a class that does not exist, options out of range, a model that fails or returns
    /// something that is not one row of finite numbers per text.
    pub fn explain(&self, model: &dyn TextClassifier, text: &str, target: usize) -> Result<Attribution> {
        self.check(model, target)?;
        let mut units = if self.each_occurrence { Units::occurrences(text)? } else { Units::words(text)? };
        if let Some(word) = &self.replacement {
            units.replacement = Some(word.clone());
        }
        for phrase in &self.phrases {
            units.join(phrase)?;
        }
        let pairs = if self.pairs { units.neighbours() } else { Vec::new() };
        let mut around = self.neighbourhood(model, &units, target)?;
        for mask in &mut around.masks {
            mask.extend(pairs.iter().map(|&(first, second)| mask[first] * mask[second]).collect::<Vec<_>>());
        }
        let mut names = units.names.clone();
        names.extend(pairs.iter().map(|&(first, second)| format!("{} {}", units.names[first], units.names[second])));
        let mut spans: Vec<_> = (0..units.names.len()).map(|unit| units.spans(unit)).collect();
        spans.extend(
            pairs.iter().map(|&(first, second)| [spans[first].as_slice(), &spans[second]].concat()).collect::<Vec<_>>(),
        );

        let kept = match self.num_features {
            Some(most) if most < names.len() => select_features(&around.masks, &around.outputs, &around.weights, most)?,
            _ => (0..names.len()).collect(),
        };
        if kept.len() < names.len() {
            for mask in &mut around.masks {
                *mask = kept.iter().map(|&column| mask[column]).collect();
            }
        }
        let fit = weighted_ridge(&around.masks, &around.outputs, &around.weights, self.alpha)?;
        let output = if self.log_odds { "log-odds" } else { "probability" };
        Ok(Attribution {
            method: "LIME".into(),
            tokens: kept.iter().map(|&column| names[column].clone()).collect(),
            spans: kept.iter().map(|&column| spans[column].clone()).collect(),
            target,
            target_name: model.classes()[target].clone(),
            explained: format!("{output} of {}", model.classes()[target]),
            output: output.into(),
            f_x: around.outputs[0],
            f_baseline: around.f_baseline,
            surrogate: Some(Surrogate {
                intercept: fit.intercept,
                local_prediction: fit.intercept + fit.coefficients.iter().sum::<f64>(),
                r2: fit.r2,
                samples: self.samples,
            }),
            scores: fit.coefficients,
            ..Attribution::default()
        })
    }

    fn check(&self, model: &dyn TextClassifier, target: usize) -> Result<()> {
        let classes = model.classes();
        if target >= classes.len() {
            bail!(
                "there is no class {target}: the model has the classes 0 to {} {classes:?}",
                classes.len().max(1) - 1
            );
        }
        if self.samples < 2 {
            bail!("samples({}): LIME needs at least 2 texts, the reference takes 5000", self.samples);
        }
        if self.num_features == Some(0) {
            bail!("num_features(0): ask for at least 1 word");
        }
        if !(self.kernel_width > 0.0 && self.kernel_width.is_finite()) {
            bail!("kernel_width({}): the width must be a positive number, the reference takes 25", self.kernel_width);
        }
        Ok(())
    }

    fn neighbourhood(&self, model: &dyn TextClassifier, units: &Units, target: usize) -> Result<Neighbourhood> {
        let masks = perturb(units.names.len(), self.samples, self.seed);
        let batches: Vec<Vec<f64>> = masks
            .par_chunks(BATCH)
            .map(|batch| {
                let texts: Vec<String> = batch.iter().map(|mask| units.text(mask)).collect();
                self.ask(model, &texts, target)
            })
            .collect::<Result<_>>()?;
        let nothing = units.text(&vec![0.0; units.names.len()]);
        let weights = weights(&distances(&masks), self.kernel_width);
        let f_baseline = self.ask(model, &[nothing], target)?[0];
        Ok(Neighbourhood { outputs: batches.concat(), masks, weights, f_baseline })
    }

    /// The model's output for the target, one number per text.
    fn ask(&self, model: &dyn TextClassifier, texts: &[String], target: usize) -> Result<Vec<f64>> {
        let rows = model.probabilities(texts)?;
        if rows.len() != texts.len() {
            bail!(
                "the model was given {} texts and returned {} rows: it must return one per text",
                texts.len(),
                rows.len()
            );
        }
        let classes = model.classes().len();
        let mut outputs = Vec::with_capacity(rows.len());
        for (row, text) in rows.iter().zip(texts) {
            if row.len() != classes {
                bail!("the model has {classes} classes, but returned {} probabilities for {text:?}", row.len());
            }
            let p = row[target];
            // A probability of exactly 0 or 1 has no finite log-odds.
            let output = if self.log_odds { (p.max(1e-12) / (1.0 - p).max(1e-12)).ln() } else { p };
            if !output.is_finite() || !p.is_finite() {
                bail!("the model returned {p} as the probability of class {target} for {text:?}: not a finite number");
            }
            outputs.push(output);
        }
        Ok(outputs)
    }
}
