//! What is explained of a model's answer: one number, or how far one is above another.
//!
//! A contrast asks why the model says this rather than that (Yin and Neubig 2022).

use candle_core::{D, Tensor};

use ground::{Result, bail};
use kernels::ops;

/// The unit of the number that is explained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Output {
    /// The logit. The default: it does not flatten where the model is sure.
    #[default]
    Logit,
    /// The probability. Where it is near 0 or 1, its gradient is near 0.
    Probability,
    /// The natural logarithm of the probability.
    LogProbability,
}

impl Output {
    const ALL: [Output; 3] = [Output::Logit, Output::Probability, Output::LogProbability];

    /// As a reader should see it: `"log-probability"`.
    pub fn name(self) -> &'static str {
        match self {
            Output::Logit => "logit",
            Output::Probability => "probability",
            Output::LogProbability => "log-probability",
        }
    }

    /// Logits (rows, choices) in this unit.
    fn of(self, logits: &Tensor) -> Result<Tensor> {
        match self {
            Output::Logit => Ok(logits.clone()),
            Output::Probability => ops::softmax(logits),
            Output::LogProbability => ops::log_softmax(logits),
        }
    }
}

/// One of the things among which a model chooses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A class of a text, among all classes.
    Class(usize),
    /// That the answer starts at this token, among the tokens of the text.
    SpanStart(usize),
    /// That it ends there.
    SpanEnd(usize),
    /// A token of the vocabulary, among all.
    Token {
        /// Where in the text the logits are read.
        position: usize,
        /// Its id.
        id: u32,
    },
}

/// A number of the answer, and how often it counts: −1 on the far side of a contrast.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// What it is multiplied by.
    pub weight: f64,
    /// Which.
    pub choice: Choice,
    /// In which unit.
    pub unit: Output,
}

/// What is explained: a logit unless [`probability`](What::probability) or [`log_probability`](What::log_probability)
/// says otherwise.
///
/// ```
/// use text::model::What;
/// let positive = What::class(1).probability();
/// let start = What::span_start(7);
/// let paris = What::token(6, 6342).log_probability();
/// let rather = What::contrast(What::token(6, 6342), What::token(6, 3576));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct What {
    terms: Vec<Term>,
}

impl What {
    /// A class of a classifier.
    pub fn class(class: usize) -> What {
        What::one(Choice::Class(class))
    }

    /// Of a span head: that the answer starts at the token number `position` of the text.
    pub fn span_start(position: usize) -> What {
        What::one(Choice::SpanStart(position))
    }

    /// Of a span head: that the answer ends at the token number `position`.
    pub fn span_end(position: usize) -> What {
        What::one(Choice::SpanEnd(position))
    }

    /// Of a language model: the token `id`, in the logits at the token number `position` of the text. There GPT-2 and
    /// Llama say what comes after that token, BERT and DistilBERT what stands in its place.
    pub fn token(position: usize, id: u32) -> What {
        What::one(Choice::Token { position, id })
    }

    /// Why `a` rather than `b`: the number of `a` minus that of `b`, in their unit, which must be the same.
    pub fn contrast(a: What, b: What) -> What {
        let against = b.terms.into_iter().map(|term| Term { weight: -term.weight, ..term });
        let mut terms: Vec<Term> = Vec::new();
        for term in a.terms.into_iter().chain(against) {
            match terms.iter_mut().find(|known| known.choice == term.choice && known.unit == term.unit) {
                Some(known) => known.weight += term.weight,
                None => terms.push(term),
            }
        }
        terms.retain(|term| term.weight != 0.0);
        What { terms }
    }

    /// The logit of `a` minus the logit of `b`.
    pub fn difference(a: What, b: What) -> What {
        What::contrast(a.logit(), b.logit())
    }

    /// The logit; of a contrast, on both sides.
    pub fn logit(self) -> What {
        self.unit(Output::Logit)
    }

    /// The probability; of a contrast, on both sides.
    pub fn probability(self) -> What {
        self.unit(Output::Probability)
    }

    /// The natural logarithm of the probability; of a contrast, on both sides.
    pub fn log_probability(self) -> What {
        self.unit(Output::LogProbability)
    }

    /// The number in this unit.
    pub fn unit(mut self, unit: Output) -> What {
        self.terms.iter_mut().for_each(|term| term.unit = unit);
        self
    }

    /// The numbers of which it is the sum.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// What it is in words, from a function that checks and names each choice.
    ///
    /// # Errors
    /// A contrast of something with itself, or of different units; what `name` refuses.
    pub fn described(&self, name: &dyn Fn(&Choice) -> Result<String>) -> Result<Description> {
        let names: Vec<String> = self.terms.iter().map(|term| name(&term.choice)).collect::<Result<_>>()?;
        let Some(first) = self.terms.first() else {
            bail!("the contrast is empty: both sides are the same, so it is always 0. Give two different ones");
        };
        let unit = first.unit.name();
        if let Some(other) = self.terms.iter().find(|term| term.unit != first.unit) {
            bail!("a contrast of a {unit} with a {}: give both sides the same unit", other.unit.name());
        }
        let side = |positive: bool| -> Vec<String> {
            let weighed = |(term, name): (&Term, &String)| {
                let times = if term.weight.abs() == 1.0 { String::new() } else { format!("{} × ", term.weight.abs()) };
                ((term.weight > 0.0) == positive).then(|| format!("{times}{name}"))
            };
            self.terms.iter().zip(&names).filter_map(weighed).collect()
        };
        let (pro, contra) = (side(true).join(" and "), side(false).join(" and "));
        let target = match first.choice {
            Choice::Class(index) | Choice::SpanStart(index) | Choice::SpanEnd(index) => index,
            Choice::Token { id, .. } => id as usize,
        };
        let (target_name, explained) = match contra.is_empty() {
            true => (pro.clone(), format!("{unit} of {pro}")),
            false => (format!("{pro} rather than {contra}"), format!("{unit} of {pro} minus {unit} of {contra}")),
        };
        Ok(Description { target, target_name, output: unit.into(), explained })
    }
}

impl What {
    fn one(choice: Choice) -> What {
        What { terms: vec![Term { weight: 1.0, choice, unit: Output::Logit }] }
    }
}

/// What is explained, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// The class, the position or the token's id; in a contrast, that of the first side.
    pub target: usize,
    /// Its name: `"positive"`, `"positive rather than negative"`.
    pub target_name: String,
    /// The unit: `"logit"`.
    pub output: String,
    /// All of it: `"logit of positive"`.
    pub explained: String,
}

/// The explained number of each row, (rows), with gradients: row `r` has `whats[r]`, and `place(r, choice)` says where
/// its logit lies in `logits` (distributions, choices).
///
/// # Errors
/// As candle's operations.
pub fn numbers_of(
    logits: &Tensor,
    whats: &[&What],
    place: &dyn Fn(usize, &Choice) -> (usize, usize),
) -> Result<Tensor> {
    let (distributions, choices) = logits.dims2()?;
    let (dtype, device) = (logits.dtype(), logits.device());
    let mut total: Option<Tensor> = None;
    for unit in Output::ALL {
        let of_row = |(row, what): (usize, &&What)| what.terms.clone().into_iter().map(move |term| (row, term));
        let terms: Vec<(usize, Term)> =
            whats.iter().enumerate().flat_map(of_row).filter(|(_, term)| term.unit == unit).collect();
        if terms.is_empty() {
            continue;
        }
        let places: Vec<(usize, usize)> = terms.iter().map(|(row, term)| place(*row, &term.choice)).collect();
        let from = if places.iter().map(|place| place.0).eq(0..distributions) {
            logits.clone()
        } else {
            let rows: Vec<u32> = places.iter().map(|place| place.0 as u32).collect();
            logits.index_select(&Tensor::new(rows, device)?, 0)? // (terms, choices)
        };
        let mut chosen = vec![0f32; terms.len() * choices];
        for (term, &(_, choice)) in places.iter().enumerate() {
            chosen[term * choices + choice] = 1.0;
        }
        let chosen = Tensor::from_vec(chosen, (terms.len(), choices), device)?.to_dtype(dtype)?;
        let mut numbers = (unit.of(&from)? * chosen)?.sum(D::Minus1)?; // (terms)
        let plain =
            terms.iter().map(|(row, _)| *row).eq(0..whats.len()) && terms.iter().all(|term| term.1.weight == 1.0);
        if !plain {
            let mut weights = vec![0f64; whats.len() * terms.len()];
            for (at, (row, term)) in terms.iter().enumerate() {
                weights[row * terms.len() + at] = term.weight;
            }
            let weights = Tensor::from_vec(weights, (whats.len(), terms.len()), device)?.to_dtype(dtype)?;
            numbers = weights.matmul(&numbers.unsqueeze(1)?)?.squeeze(1)?; // (terms) → (rows)
        }
        total = Some(match total {
            Some(total) => (total + numbers)?,
            None => numbers,
        });
    }
    match total {
        Some(total) => Ok(total),
        None => bail!("there is nothing to explain: no row asks for a number"),
    }
}
