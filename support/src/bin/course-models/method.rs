//! From `--method` and its options to a method with its settings.

use support::attribution::lime::Lime;
use support::attribution::{
    Attribution, Baseline, InputXGradient, IntegratedGradients, Method, Output, Rule, Saliency, SmoothGrad,
};
use support::model::{DifferentiableClassifier, Input};
use support::{Error, Result};

use crate::args::Args;

const RULES: [(&str, Rule); 5] = [
    ("gauss-legendre", Rule::GaussLegendre),
    ("left", Rule::Left),
    ("right", Rule::Right),
    ("middle", Rule::Middle),
    ("trapezoid", Rule::Trapezoid),
];

/// More points or samples than these are a slip of the finger.
const MOST: usize = 10_000;

#[derive(Clone, Copy, PartialEq)]
enum Name {
    IntegratedGradients,
    Saliency,
    InputXGradient,
    SmoothGrad,
    Lime,
}

const NAMES: [(&str, Name); 5] = [
    ("integrated-gradients", Name::IntegratedGradients),
    ("saliency", Name::Saliency),
    ("input-x-gradient", Name::InputXGradient),
    ("smoothgrad", Name::SmoothGrad),
    ("lime", Name::Lime),
];

/// A method, ready to be asked.
pub enum Explainer {
    Gradient(Box<dyn Method>),
    /// With what it says of its settings.
    Lime(Lime, String),
}

impl Explainer {
    /// What the options say.
    ///
    /// # Errors
    /// A name or a number that does not exist, an option of another method.
    pub fn read(args: &Args) -> Result<Explainer> {
        let name = args.choice("--method", &NAMES)?;
        let sampled = [Name::SmoothGrad, Name::Lime];
        for option in ["--steps", "--rule", "--baseline"] {
            belongs(args, option, name, &[Name::IntegratedGradients])?;
        }
        for option in ["--samples", "--seed"] {
            belongs(args, option, name, &sampled)?;
        }
        let outputs = [("logit", Output::Logit), ("probability", Output::Probability)];
        let output = args.choice("--output", &outputs)?;
        let samples = |usual: usize, least: usize| args.number("--samples", usual, least, MOST);
        let seed = args.number("--seed", 0, 0, u32::MAX as usize)? as u64;
        Ok(Explainer::Gradient(match name {
            Name::IntegratedGradients => Box::new(integrated_gradients(args)?.output(output)),
            Name::Saliency => Box::new(Saliency::new().output(output)),
            Name::InputXGradient => Box::new(InputXGradient::new().output(output)),
            Name::SmoothGrad => Box::new(SmoothGrad::new().samples(samples(50, 1)?).seed(seed).output(output)),
            Name::Lime => {
                if args.has("--output") && output == Output::Logit {
                    return Err(Error::new("`--output logit` is not for lime, which explains the probability"));
                }
                let samples = samples(5000, 2)?;
                let lime = Lime::new().samples(samples).seed(seed);
                return Ok(Explainer::Lime(lime, format!("{samples} samples, seed {seed}")));
            }
        }))
    }

    /// Explains one text.
    ///
    /// # Errors
    /// Those of the method.
    pub fn explain(&self, model: &dyn DifferentiableClassifier, input: &Input, target: usize) -> Result<Attribution> {
        match self {
            Explainer::Gradient(method) => method.attribute(model, input, target),
            Explainer::Lime(lime, settings) => {
                Ok(Attribution { settings: settings.clone(), ..lime.explain(model, &input.text, target)? })
            }
        }
    }
}

fn integrated_gradients(args: &Args) -> Result<IntegratedGradients> {
    let baselines =
        [("pad", Baseline::Pad), ("zero", Baseline::Zero), ("mask", Baseline::Mask), ("mean", Baseline::Mean)];
    let (baseline, rule) = (args.choice("--baseline", &baselines)?, args.choice("--rule", &RULES)?);
    let steps = args.number("--steps", 50, if rule == Rule::Trapezoid { 2 } else { 1 }, MOST)?;
    Ok(IntegratedGradients::new().steps(steps).rule(rule).baseline(baseline))
}

/// An error if an option was given that the method does not have.
fn belongs(args: &Args, option: &str, method: Name, owners: &[Name]) -> Result<()> {
    if !args.has(option) || owners.contains(&method) {
        return Ok(());
    }
    let names = |wanted: &dyn Fn(Name) -> bool| {
        let names: Vec<&str> = NAMES.iter().filter(|(_, name)| wanted(*name)).map(|(name, _)| *name).collect();
        names.join(" and ")
    };
    let (owners, method) = (names(&|name| owners.contains(&name)), names(&|name| name == method));
    Err(Error::new(format!("`{option}` is an option of {owners}, not of {method}")))
}
