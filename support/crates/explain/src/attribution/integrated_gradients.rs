//! Integrated gradients: the gradient, averaged along the straight path from a baseline to the input, times the way.
//!
//! Sundararajan, Taly, Yan 2017. The path runs through the vectors of the tokens (Captum: `LayerIntegratedGradients` at
//! the embedding), never through token ids.

use candle_core::{DType, Tensor};
use polars::df;
use polars::prelude::DataFrame;

use super::backward::{gradient, numbers};
use super::gradients::shared_options;
use super::method::{Explanation, Method};
use super::recipe::Recipe;
use super::{Baseline, Rule};
use ground::{Result, bail};
use text::model::{DifferentiableClassifier, Explainable, Input, Output, Place, What};

/// Integrated gradients with its options: `IntegratedGradients::new().steps(50).rule(Rule::Middle)`.
///
/// Scores are signed, in the units of the output, and complete: but for the error of the rule, the delta, they add up to
/// F(x) − F(x′).
#[derive(Clone, Debug)]
pub struct IntegratedGradients {
    steps: usize,
    rule: Rule,
    baseline: Baseline,
    output: Output,
    batch: Option<usize>,
}

shared_options!(IntegratedGradients);

impl Default for IntegratedGradients {
    fn default() -> Self {
        IntegratedGradients::new()
    }
}

impl IntegratedGradients {
    /// 50 steps, Gauss–Legendre, from padding, of the logit.
    pub fn new() -> IntegratedGradients {
        IntegratedGradients {
            steps: 50,
            rule: Rule::GaussLegendre,
            baseline: Baseline::Pad,
            output: Output::Logit,
            batch: None,
        }
    }

    /// At how many points of the path the gradient is taken. Default: 50.
    pub fn steps(mut self, steps: usize) -> Self {
        self.steps = steps;
        self
    }

    /// Where on the path the points lie. Default: [`Rule::GaussLegendre`].
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rule = rule;
        self
    }

    /// Where the path begins. Default: [`Baseline::Pad`].
    pub fn baseline(mut self, baseline: Baseline) -> Self {
        self.baseline = baseline;
        self
    }

    /// The deltas of all five rules for several numbers of steps, with this baseline and output: a frame with `rule`,
    /// `steps`, `delta`. The trapezoid has no row for 1 step.
    ///
    /// # Errors
    /// As [`attribute`](Method::attribute); no steps.
    pub fn convergence(
        &self,
        model: &dyn DifferentiableClassifier,
        input: &Input,
        target: usize,
        steps: &[usize],
    ) -> Result<DataFrame> {
        if steps.is_empty() {
            bail!("there are no numbers of steps to compare: give some, such as &[5, 10, 20, 50, 100]");
        }
        let (mut rules, mut counts, mut deltas) = (Vec::new(), Vec::new(), Vec::new());
        for rule in Rule::ALL {
            for &steps in steps {
                if rule == Rule::Trapezoid && steps == 1 {
                    continue;
                }
                let found = self.clone().rule(rule).steps(steps).attribute(model, input, target)?;
                rules.push(rule.name());
                counts.push(steps as u32);
                deltas.push(found.delta());
            }
        }
        Ok(df!("rule" => rules, "steps" => counts, "delta" => deltas)?)
    }
}

impl Method for IntegratedGradients {
    fn name(&self) -> String {
        "integrated gradients".into()
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
        let (alphas, weights): (Vec<f64>, Vec<f64>) = points(self.rule, self.steps)?.into_iter().unzip();
        let recipe = Recipe {
            method: self.name(),
            settings: format!("{} steps, {}, baseline {}", self.steps, self.rule.name(), self.baseline.name()),
            unsigned: false,
            baseline: &self.baseline,
            batch: self.batch,
            at_x: 0.0,
            weights,
            point: &|text, step, point| {
                let way = text.x.iter().zip(&text.x0);
                point.iter_mut().zip(way).for_each(|(point, (x, x0))| *point = x0 + alphas[step] * (x - x0));
            },
            score: &|text, at, slope| (text.x[at] - text.x0[at]) * slope,
        };
        recipe.run(model, inputs, place, whats)
    }
}

fn points(rule: Rule, steps: usize) -> Result<Vec<(f64, f64)>> {
    let points = rule.alphas_and_weights(steps);
    if points.is_empty() {
        let least = if rule == Rule::Trapezoid { "2 steps" } else { "1 step" };
        bail!("{steps} steps: the {} rule needs at least {least}; 50 are usual", rule.name());
    }
    Ok(points)
}

/// Integrated gradients of any function of a tensor: one score per number of `x`, in its shape.
///
/// `f` takes points in a batch, (batch, …), and gives one number per point, (batch). Batches hold up to 64 points.
///
/// # Errors
/// A baseline of another shape, too few steps, and as [`gradient`].
pub fn path_integral(
    f: &dyn Fn(&Tensor) -> Result<Tensor>,
    x: &Tensor,
    baseline: &Tensor,
    rule: Rule,
    steps: usize,
) -> Result<Tensor> {
    if x.dims() != baseline.dims() {
        bail!("the input has shape {:?}, the baseline {:?}: they must be equal", x.dims(), baseline.dims());
    }
    let way = (x - baseline)?;
    let mut total = vec![0.0; x.elem_count()];
    for some in points(rule, steps)?.chunks(64) {
        let stops: Vec<Tensor> =
            some.iter().map(|&(alpha, _)| Ok((baseline + (&way * alpha)?)?)).collect::<Result<_>>()?;
        let (_, slopes) = gradient(f, &Tensor::stack(&stops, 0)?)?; // (batch, …)
        for (&(_, weight), slope) in some.iter().zip(numbers(&slopes)?.chunks(total.len().max(1))) {
            total.iter_mut().zip(slope).for_each(|(total, slope)| *total += weight * slope);
        }
    }
    let slope = Tensor::from_vec(total, x.dims(), x.device())?.to_dtype(DType::F64)?;
    Ok((way.to_dtype(DType::F64)? * slope)?.to_dtype(x.dtype())?)
}
