//! What the gradient methods share: gradients at weighted points around each text, taken in batches.
//!
//! A method says which points, with which weights, and how a token's score follows from the weighted gradient. Points
//! of texts of the same length share batches, batches run on all cores, and sums are kept in `f64`, so that neither the
//! batch nor the number of cores changes more than the last digits.

use candle_core::{D, DType, Device, Tensor};
use rayon::prelude::*;

use super::backward::{gradient, numbers};
use super::{Attribution, Baseline};
use ground::{Error, Result, bail};
use kernels::ops::softmax;
use text::model::{DifferentiableClassifier, Input};

/// A batch holds fewer numbers (rows × tokens × width) than this unless it is a single row. It bounds the memory, and
/// from here on candle 0.11 shares each operation out to threads that wait by spinning: with batches on all cores
/// already, that takes twice the time (measured: 40 tokens of 128, from 6 to 14 ms).
const MOST: usize = 1 << 16;
/// … and at most this many rows, so that the batches of one text keep several cores busy.
const ROWS: usize = 32;
/// How many texts are worked on at once: enough to find some of the same length.
const TEXTS: usize = 256;

/// A method that explains the output of a differentiable classifier.
pub trait Method: Sync {
    /// As a reader should see it: `"integrated gradients"`.
    fn name(&self) -> String;

    /// Explains several texts, each for its own class. Faster than one after the other.
    ///
    /// # Errors
    /// As [`attribute`](Self::attribute), or unequal numbers of texts and classes.
    fn attribute_all(
        &self,
        model: &dyn DifferentiableClassifier,
        inputs: &[Input],
        targets: &[usize],
    ) -> Result<Vec<Attribution>>;

    /// Explains why the model gives the class `target` the output that it does for one text.
    ///
    /// # Errors
    /// A text without tokens, a class that does not exist, options out of range, a model that fails, returns something
    /// that is not finite, or does not let gradients through.
    fn attribute(&self, model: &dyn DifferentiableClassifier, input: &Input, target: usize) -> Result<Attribution> {
        let one = self.attribute_all(model, std::slice::from_ref(input), &[target])?.pop();
        one.ok_or_else(|| Error::new("the method returned nothing for one text"))
    }
}

/// The number that is explained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// The logit of the class. The default: it does not flatten where the model is sure.
    #[default]
    Logit,
    /// The probability of the class. Where it is near 0 or 1, its gradient is near 0.
    Probability,
}

impl Output {
    fn name(self) -> &'static str {
        match self {
            Output::Logit => "logit",
            Output::Probability => "probability",
        }
    }

    /// The explained number of each row: (rows, classes) and one class per row give (rows).
    fn of(self, logits: &Tensor, targets: &[usize]) -> Result<Tensor> {
        let (rows, classes) = logits.dims2()?;
        let mut chosen = vec![0f32; rows * classes];
        for (row, &target) in targets.iter().enumerate() {
            chosen[row * classes + target] = 1.0;
        }
        let chosen = Tensor::from_vec(chosen, (rows, classes), logits.device())?.to_dtype(logits.dtype())?;
        let outputs = match self {
            Output::Logit => logits.clone(),
            Output::Probability => softmax(logits)?,
        };
        Ok((outputs * chosen)?.sum(D::Minus1)?) // (rows)
    }
}

/// One text: its vectors and its baseline's.
pub(super) struct Text {
    /// (tokens × width), row by row.
    pub x: Vec<f64>,
    /// The same of the baseline.
    pub x0: Vec<f64>,
    pub tokens: usize,
    pub width: usize,
    dtype: DType,
    target: usize,
}

/// What the model said at x and x′, and the weighted gradient.
struct Slope {
    f_x: f64,
    f_baseline: f64,
    /// (tokens × width)
    gradient: Vec<f64>,
}

/// What one batch adds.
struct Part {
    /// The outputs at its points.
    values: Vec<f64>,
    /// Per text in it, its number and the weighted sum of its gradients.
    sums: Vec<(usize, Vec<f64>)>,
}

/// A point number `k`, written into the last argument: (tokens × width).
pub(super) type Point<'a> = &'a (dyn Fn(&Text, usize, &mut [f64]) + Sync);
/// The score of one token: the range of its numbers in the text's vectors, and the weighted gradient.
pub(super) type Score<'a> = &'a (dyn Fn(&Text, std::ops::Range<usize>, &[f64]) -> f64 + Sync);

/// A gradient method, put in numbers.
pub(super) struct Recipe<'a> {
    pub method: String,
    pub settings: String,
    pub unsigned: bool,
    pub baseline: &'a Baseline,
    pub output: Output,
    /// Rows in a batch; chosen here if `None`.
    pub batch: Option<usize>,
    /// The weight of the gradient at x itself.
    pub at_x: f64,
    /// The weights of further points.
    pub weights: Vec<f64>,
    pub point: Point<'a>,
    pub score: Score<'a>,
}

/// No points but x and x′.
fn nowhere(_: &Text, _: usize, _: &mut [f64]) {}

impl<'a> Recipe<'a> {
    /// The gradient at x alone; F(x′) is that of padding.
    pub(super) fn at_input(method: String, output: Output, batch: Option<usize>, score: Score<'a>) -> Recipe<'a> {
        Recipe {
            method,
            settings: "F(baseline) with padding".into(),
            unsigned: false,
            baseline: &Baseline::Pad,
            output,
            batch,
            at_x: 1.0,
            weights: Vec::new(),
            point: &nowhere,
            score,
        }
    }

    pub(super) fn run(
        &self,
        model: &dyn DifferentiableClassifier,
        inputs: &[Input],
        targets: &[usize],
    ) -> Result<Vec<Attribution>> {
        if inputs.len() != targets.len() {
            bail!("there are {} texts but {} classes to explain: give one per text", inputs.len(), targets.len());
        }
        if self.batch == Some(0) {
            bail!("batch(0): a batch needs at least 1 row");
        }
        let mut order: Vec<usize> = (0..inputs.len()).collect();
        order.sort_by_key(|&at| inputs[at].len());
        let mut done: Vec<Option<Attribution>> = vec![None; inputs.len()];
        for some in order.chunks(TEXTS) {
            let texts: Vec<Text> = some
                .iter()
                .map(|&at| {
                    let about = |error: Error| match inputs.len() {
                        1 => error,
                        _ => error.context(format!("text {at}")),
                    };
                    Text::new(model, &inputs[at], targets[at], self.baseline).map_err(about)
                })
                .collect::<Result<_>>()?;
            for ((&at, text), slope) in some.iter().zip(&texts).zip(self.slopes(model, &texts)?) {
                done[at] = Some(self.attribution(model, &inputs[at], text, &slope));
            }
        }
        Ok(done.into_iter().flatten().collect())
    }

    /// The weighted gradients of texts that are sorted by length.
    fn slopes(&self, model: &dyn DifferentiableClassifier, texts: &[Text]) -> Result<Vec<Slope>> {
        let points = 2 + self.weights.len(); // x, x′, the others
        let rows: Vec<(usize, usize)> = (0..texts.len()).flat_map(|at| (0..points).map(move |k| (at, k))).collect();
        let mut batches: Vec<&[(usize, usize)]> = Vec::new();
        for equal in rows.chunk_by(|a, b| texts[a.0].x.len() == texts[b.0].x.len()) {
            let size = texts[equal[0].0].x.len();
            batches.extend(equal.chunks(self.batch.unwrap_or(((MOST - 1) / size.max(1)).clamp(1, ROWS))));
        }
        let mut slopes: Vec<Slope> =
            texts.iter().map(|text| Slope { f_x: 0.0, f_baseline: 0.0, gradient: vec![0.0; text.x.len()] }).collect();
        // A few batches per core at a time: their results must not fill the memory.
        for some in batches.chunks(4 * rayon::current_num_threads()) {
            let parts: Vec<Part> =
                some.par_iter().map(|batch| self.batch(model, texts, batch)).collect::<Result<_>>()?;
            for (batch, part) in some.iter().zip(parts) {
                for (&(at, k), value) in batch.iter().zip(part.values) {
                    match k {
                        0 => slopes[at].f_x = value,
                        1 => slopes[at].f_baseline = value,
                        _ => {}
                    }
                }
                for (at, sum) in part.sums {
                    slopes[at].gradient.iter_mut().zip(sum).for_each(|(total, part)| *total += part);
                }
            }
        }
        Ok(slopes)
    }

    fn batch(&self, model: &dyn DifferentiableClassifier, texts: &[Text], rows: &[(usize, usize)]) -> Result<Part> {
        let first = &texts[rows[0].0];
        let size = first.x.len();
        let mut points = vec![0.0; rows.len() * size];
        for (&(at, k), point) in rows.iter().zip(points.chunks_mut(size)) {
            match k {
                0 => point.copy_from_slice(&texts[at].x),
                1 => point.copy_from_slice(&texts[at].x0),
                _ => (self.point)(&texts[at], k - 2, point),
            }
        }
        let shape = (rows.len(), first.tokens, first.width);
        let points = Tensor::from_vec(points, shape, &Device::Cpu)?.to_dtype(first.dtype)?; // (rows, tokens, width)
        let targets: Vec<usize> = rows.iter().map(|row| texts[row.0].target).collect();
        let classes = model.classes().len();
        let output = |points: &Tensor| {
            let logits = model.logits_of(points)?; // (rows, classes)
            if logits.dims() != [rows.len(), classes] {
                bail!(
                    "the model has {classes} classes and was given {} rows, but returned logits of shape {:?}",
                    rows.len(),
                    logits.dims()
                );
            }
            self.output.of(&logits, &targets)
        };
        let (values, gradients) = gradient(&output, &points)?;
        let (values, gradients) = (numbers(&values)?, numbers(&gradients)?);
        if values.iter().chain(&gradients).any(|number| !number.is_finite()) {
            bail!(
                "the model's output or its gradient is not a finite number: are its weights? A training run that \
                 diverged leaves such a model"
            );
        }
        let mut sums: Vec<(usize, Vec<f64>)> = Vec::new();
        for (&(at, k), gradient) in rows.iter().zip(gradients.chunks(size)) {
            let weight = match k {
                0 => self.at_x,
                1 => 0.0,
                _ => self.weights[k - 2],
            };
            if weight == 0.0 {
                continue;
            }
            if sums.last().is_none_or(|sum| sum.0 != at) {
                sums.push((at, vec![0.0; size]));
            }
            if let Some((_, sum)) = sums.last_mut() {
                sum.iter_mut().zip(gradient).for_each(|(total, slope)| *total += weight * slope);
            }
        }
        Ok(Part { values, sums })
    }

    fn attribution(
        &self,
        model: &dyn DifferentiableClassifier,
        input: &Input,
        text: &Text,
        slope: &Slope,
    ) -> Attribution {
        let score = |at: usize| (self.score)(text, at * text.width..(at + 1) * text.width, &slope.gradient);
        Attribution {
            method: self.method.clone(),
            settings: self.settings.clone(),
            scores: (0..text.tokens).map(score).collect(),
            unsigned: self.unsigned,
            target: text.target,
            target_name: model.classes()[text.target].clone(),
            output: self.output.name().into(),
            f_x: slope.f_x,
            f_baseline: slope.f_baseline,
            ..Attribution::of_input(input)
        }
    }
}

impl Text {
    fn new(model: &dyn DifferentiableClassifier, input: &Input, target: usize, baseline: &Baseline) -> Result<Text> {
        let classes = model.classes();
        if target >= classes.len() {
            bail!(
                "there is no class {target}: the model has the classes 0 to {} {classes:?}",
                classes.len().max(1) - 1
            );
        }
        let tokens = input.len();
        if tokens == 0 {
            bail!("the text has no tokens: there is nothing to explain");
        }
        let lists = [input.tokens.len(), input.spans.len(), input.special.len(), input.unknown.len()];
        if lists.iter().any(|&length| length != tokens) {
            bail!("the input has {tokens} ids, but lists of {lists:?} tokens, spans, special and unknown marks");
        }
        let (x, x0) = (model.embed(input)?, baseline.vectors(model, input)?); // (tokens, width)
        if x.rank() != 2 || x.dim(0)? != tokens || x0.dims() != x.dims() {
            bail!(
                "the model embeds {tokens} tokens with shape {:?}, the baseline with {:?}: both must be ({tokens}, width)",
                x.dims(),
                x0.dims()
            );
        }
        let (width, dtype) = (x.dim(1)?, x.dtype());
        Ok(Text { x: numbers(&x)?, x0: numbers(&x0)?, tokens, width, dtype, target })
    }
}
