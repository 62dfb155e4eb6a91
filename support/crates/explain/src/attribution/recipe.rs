//! What the gradient methods share: gradients at weighted points around each text, taken in batches.
//!
//! A method says which points, with which weights, and how a score follows from the weighted gradient. Points of texts of
//! the same length share batches, batches run on all cores, and sums are kept in `f64`, so that neither the batch nor the
//! number of cores changes more than the last digits.

use std::ops::Range;

use candle_core::{DType, Device, Tensor};
use rayon::prelude::*;

use super::backward::{gradients, numbers};
use super::method::Explanation;
use super::{Attribution, Baseline};
use ground::{Error, Result, bail};
use text::model::{Description, Explainable, Explained, Input, Place, What};

/// A batch holds fewer numbers (rows × tokens × width) than this unless it is a single row. It bounds the memory, and
/// from here on candle 0.11 shares each operation out to threads that wait by spinning: with batches on all cores
/// already, that takes twice the time (measured: 40 tokens of 128, from 6 to 14 ms).
const MOST: usize = 1 << 16;
/// … and at most this many rows, so that the batches of one text keep several cores busy.
const ROWS: usize = 32;
/// How many texts are worked on at once: enough to find some of the same length.
const TEXTS: usize = 256;

/// One text: its activations and its baseline's, those of several sites one after the other.
pub(super) struct Text {
    pub x: Vec<f64>,
    /// The same of the baseline.
    pub x0: Vec<f64>,
    /// Where each site lies in them.
    pub parts: Vec<Range<usize>>,
    shapes: Vec<Vec<usize>>,
    dtype: DType,
    description: Description,
}

/// What the model said at x and x′, and the weighted gradient.
struct Slope {
    f_x: f64,
    f_baseline: f64,
    /// As long as x.
    gradient: Vec<f64>,
}

/// What one batch adds.
struct Part {
    /// The outputs at its points.
    values: Vec<f64>,
    /// Per text in it, its number and the weighted sum of its gradients.
    sums: Vec<(usize, Vec<f64>)>,
}

/// A point number `k`, written into the last argument, which is as long as x.
pub(super) type Point<'a> = &'a (dyn Fn(&Text, usize, &mut [f64]) + Sync);
/// The score of one number of x: which, and the weighted gradient there.
pub(super) type Score<'a> = &'a (dyn Fn(&Text, usize, f64) -> f64 + Sync);

/// A gradient method, put in numbers.
pub(super) struct Recipe<'a> {
    pub method: String,
    pub settings: String,
    pub unsigned: bool,
    pub baseline: &'a Baseline,
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
    pub(super) fn at_input(method: String, batch: Option<usize>, score: Score<'a>) -> Recipe<'a> {
        Recipe {
            method,
            settings: "F(baseline) with padding".into(),
            unsigned: false,
            baseline: &Baseline::Pad,
            batch,
            at_x: 1.0,
            weights: Vec::new(),
            point: &nowhere,
            score,
        }
    }

    pub(super) fn run(
        &self,
        model: &dyn Explainable,
        inputs: &[Input],
        place: &Place,
        whats: &[What],
    ) -> Result<Vec<Explanation>> {
        if inputs.len() != whats.len() {
            bail!("there are {} texts but {} numbers to explain: give one per text", inputs.len(), whats.len());
        }
        if self.batch == Some(0) {
            bail!("batch(0): a batch needs at least 1 row");
        }
        let sites = model.sites(place)?;
        let mut order: Vec<usize> = (0..inputs.len()).collect();
        order.sort_by_key(|&at| inputs[at].len());
        let mut done: Vec<Option<Explanation>> = vec![None; inputs.len()];
        for some in order.chunks(TEXTS) {
            let texts: Vec<Result<Text>> = some
                .par_iter()
                .map(|&at| {
                    let about = |error: Error| match inputs.len() {
                        1 => error,
                        _ => error.context(format!("text {at}")),
                    };
                    Text::new(model, &inputs[at], place, &whats[at], self.baseline).map_err(about)
                })
                .collect();
            let texts: Vec<Text> = texts.into_iter().collect::<Result<_>>()?;
            let own: Vec<&Input> = some.iter().map(|&at| &inputs[at]).collect();
            let asked: Vec<&What> = some.iter().map(|&at| &whats[at]).collect();
            let explained = model.explained(&own, place, &asked)?;
            for ((&at, text), slope) in some.iter().zip(&texts).zip(self.slopes(&*explained, &texts)?) {
                done[at] = Some(Explanation {
                    places: sites.iter().map(|site| site.name.clone()).collect(),
                    tensors: self.tensors(text, &slope)?,
                    per_token: sites.iter().map(|site| site.per_token).collect(),
                    about: self.about(&inputs[at], text, &slope),
                });
            }
        }
        Ok(done.into_iter().flatten().collect())
    }

    /// The weighted gradients of texts that are sorted by length.
    fn slopes(&self, explained: &dyn Explained, texts: &[Text]) -> Result<Vec<Slope>> {
        let points = 2 + self.weights.len(); // x, x′, the others
        let rows: Vec<(usize, usize)> = (0..texts.len()).flat_map(|at| (0..points).map(move |k| (at, k))).collect();
        let mut batches: Vec<&[(usize, usize)]> = Vec::new();
        for equal in rows.chunk_by(|a, b| texts[a.0].shapes == texts[b.0].shapes) {
            let size = texts[equal[0].0].x.len();
            batches.extend(equal.chunks(self.batch.unwrap_or(((MOST - 1) / size.max(1)).clamp(1, ROWS))));
        }
        let mut slopes: Vec<Slope> =
            texts.iter().map(|text| Slope { f_x: 0.0, f_baseline: 0.0, gradient: vec![0.0; text.x.len()] }).collect();
        // A few batches per core at a time: their results must not fill the memory.
        for some in batches.chunks(4 * rayon::current_num_threads()) {
            let parts: Vec<Part> =
                some.par_iter().map(|batch| self.batch(explained, texts, batch)).collect::<Result<_>>()?;
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

    fn batch(&self, explained: &dyn Explained, texts: &[Text], rows: &[(usize, usize)]) -> Result<Part> {
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
        let points = first.apart(points, rows.len())?; // per site (rows, …)
        let own: Vec<usize> = rows.iter().map(|row| row.0).collect();
        let (values, slopes) = gradients(&|points| explained.values(&own, points), &points)?;
        let (values, gradients) = (numbers(&values)?, first.together(&slopes, rows.len())?);
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

    /// The scores of a text, one tensor per site.
    fn tensors(&self, text: &Text, slope: &Slope) -> Result<Vec<Tensor>> {
        let score = |(at, slope): (usize, &f64)| (self.score)(text, at, *slope);
        let scores: Vec<f64> = slope.gradient.iter().enumerate().map(score).collect();
        let tensor = |(part, shape): (&Range<usize>, &Vec<usize>)| {
            Ok(Tensor::from_slice(&scores[part.clone()], shape.as_slice(), &Device::Cpu)?)
        };
        text.parts.iter().zip(&text.shapes).map(tensor).collect()
    }

    /// All but the scores.
    fn about(&self, input: &Input, text: &Text, slope: &Slope) -> Attribution {
        let Description { target, target_name, output, explained } = text.description.clone();
        Attribution {
            method: self.method.clone(),
            settings: self.settings.clone(),
            unsigned: self.unsigned,
            target,
            target_name,
            output,
            explained,
            f_x: slope.f_x,
            f_baseline: slope.f_baseline,
            ..Attribution::of_input(input)
        }
    }
}

impl Text {
    fn new(model: &dyn Explainable, input: &Input, place: &Place, what: &What, baseline: &Baseline) -> Result<Text> {
        let description = model.describe(input, what)?;
        let tokens = input.len();
        if tokens == 0 {
            bail!("the text has no tokens: there is nothing to explain");
        }
        let lists = [input.tokens.len(), input.spans.len(), input.special.len(), input.unknown.len()];
        if lists.iter().any(|&length| length != tokens) {
            bail!("the input has {tokens} ids, but lists of {lists:?} tokens, spans, special and unknown marks");
        }
        let x = model.activations(input, place)?;
        let x0 = baseline.at(model, place, input, &x)?;
        let mut text = Text {
            x: Vec::new(),
            x0: Vec::new(),
            parts: Vec::new(),
            shapes: Vec::new(),
            dtype: DType::F32,
            description,
        };
        for ((x, x0), site) in x.iter().zip(&x0).zip(model.sites(place)?) {
            if (site.per_token && (x.rank() < 2 || x.dim(0)? != tokens)) || x0.dims() != x.dims() {
                bail!(
                    "the model embeds {tokens} tokens with shape {:?} at `{}`, the baseline with {:?}: both must be \
                     ({tokens}, width)",
                    x.dims(),
                    site.name,
                    x0.dims()
                );
            }
            text.dtype = x.dtype();
            text.parts.push(text.x.len()..text.x.len() + x.elem_count());
            text.shapes.push(x.dims().to_vec());
            text.x.extend(numbers(x)?);
            text.x0.extend(numbers(x0)?);
        }
        Ok(text)
    }

    /// Rows as long as x as one tensor per site, (rows, …).
    fn apart(&self, rows: Vec<f64>, count: usize) -> Result<Vec<Tensor>> {
        let size = self.x.len();
        let site = |(part, shape): (&Range<usize>, &Vec<usize>)| -> Result<Tensor> {
            let shape = [&[count], shape.as_slice()].concat();
            let own: Vec<f64> = match part.len() == size {
                true => rows.clone(),
                false => rows.chunks(size).flat_map(|row| row[part.clone()].iter().copied()).collect(),
            };
            Ok(Tensor::from_vec(own, shape, &Device::Cpu)?.to_dtype(self.dtype)?)
        };
        self.parts.iter().zip(&self.shapes).map(site).collect()
    }

    /// The other way round.
    fn together(&self, sites: &[Tensor], count: usize) -> Result<Vec<f64>> {
        if let [one] = sites {
            return numbers(one);
        }
        let mut rows = vec![0.0; count * self.x.len()];
        for (site, part) in sites.iter().zip(&self.parts) {
            for (row, own) in rows.chunks_mut(self.x.len()).zip(numbers(site)?.chunks(part.len())) {
                row[part.clone()].copy_from_slice(own);
            }
        }
        Ok(rows)
    }
}
