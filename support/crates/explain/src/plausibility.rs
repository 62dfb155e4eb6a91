//! Plausibility: do the tokens with the highest scores lie in the spans that a person marked as the reason?
//!
//! Measures as in ERASER (DeYoung et al. 2020): area under the precision-recall curve, precision at k, and the share of
//! the positive score inside. It asks whether an explanation looks right to people, not whether it is true of the model.

use polars::df;
use polars::prelude::DataFrame;

use crate::attribution::Attribution;
use ground::Span;
use ground::statistics::{Interval, average_precision, bootstrap};
use ground::{Result, bail};

/// Draws of a bootstrap interval, and their seed.
const SAMPLES: usize = 1000;
const SEED: u64 = 0;

/// How well one method's scores agree with the rationales of many texts. Means are over texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Plausibility {
    /// The method.
    pub method: String,
    /// How many texts were scored.
    pub texts: usize,
    /// How many were left out because none of their tokens lies in a rationale …
    pub without_rationale: usize,
    /// … and because all of them do.
    pub all_rationale: usize,
    /// Area under the precision-recall curve, with its 95 % bootstrap interval over texts.
    pub auprc: Interval,
    /// Of a text with k tokens in its rationale, the share of the k highest-scored tokens that are among them.
    pub precision: Interval,
    /// The share of the positive score that lies in the rationale; 0 for a text in which no score is positive.
    pub mass: Interval,
    /// The mean AUPRC of a random order of the same tokens, exactly. It is higher than [`share`](Self::share),
    /// because texts are short: a random order has luck at its top.
    pub random: f64,
    /// The share of the tokens that lie in the rationale: what `precision` and `mass` are by chance.
    pub share: f64,
    /// The texts behind the means, in their order.
    pub per_text: Vec<TextPlausibility>,
}

/// How well the scores of one text agree with its rationale.
#[derive(Clone, Debug, PartialEq)]
pub struct TextPlausibility {
    /// Which of the given texts it is, from 0.
    pub text: usize,
    /// Area under the precision-recall curve.
    pub auprc: f64,
    /// What a random order of the tokens gets on average.
    pub random: f64,
    /// The share of the positive score that lies in the rationale.
    pub mass: f64,
    /// The scores of the tokens that stand for a part of the text …
    pub scores: Vec<f64>,
    /// … and which of them a rationale touches.
    pub inside: Vec<bool>,
}

/// Compares the scores of one method with the rationales, one list of spans per text.
///
/// A token that shares a character with a span lies in the rationale. Tokens that stand for no text (`[CLS]`, padding)
/// are left out. Explain the class of the label: the rationale says why a text has its label, and signed scores for
/// another class would point the other way. Texts without a token inside, or without one outside, say nothing about an
/// order; they are left out and counted.
///
/// # Errors
/// Unequal numbers of attributions and rationales, several methods at once, an attribution that does not know where its
/// tokens lie, scores that are not finite, no text left.
pub fn plausibility(attributions: &[Attribution], rationales: &[Vec<Span>]) -> Result<Plausibility> {
    if attributions.len() != rationales.len() {
        bail!(
            "there are {} attributions but {} rationales: give one list of spans per text",
            attributions.len(),
            rationales.len()
        );
    }
    let method = attributions.first().map(|first| first.method.clone()).unwrap_or_default();
    if let Some(other) = attributions.iter().find(|other| other.method != method) {
        bail!("the attributions come from `{method}` and `{}`: give those of one method", other.method);
    }
    let (mut per_text, mut without_rationale, mut all_rationale) = (Vec::new(), 0, 0);
    for (text, (attribution, rationale)) in attributions.iter().zip(rationales).enumerate() {
        let (scores, inside) = marked(attribution, rationale).map_err(|error| error.context(format!("text {text}")))?;
        match inside.iter().filter(|&&inside| inside).count() {
            0 => without_rationale += 1,
            found if found == inside.len() => all_rationale += 1,
            found => per_text.push(TextPlausibility {
                text,
                auprc: average_precision(&inside, &scores).map_err(|error| error.context(format!("text {text}")))?,
                random: random_average_precision(inside.len(), found),
                mass: mass(&scores, &inside),
                scores,
                inside,
            }),
        }
    }
    if per_text.is_empty() {
        bail!(
            "no text can be scored: of {}, {without_rationale} have no token in a rationale and {all_rationale} no \
             token outside",
            attributions.len()
        );
    }
    let mean = |of: &dyn Fn(&TextPlausibility) -> f64| per_text.iter().map(of).sum::<f64>() / per_text.len() as f64;
    let interval = |of: &dyn Fn(&TextPlausibility) -> f64| {
        bootstrap(&per_text.iter().map(of).collect::<Vec<f64>>(), SAMPLES, SEED)
    };
    Ok(Plausibility {
        method,
        texts: per_text.len(),
        without_rationale,
        all_rationale,
        auprc: interval(&|text| text.auprc)?,
        precision: interval(&|text| text.precision_at(text.relevant()))?,
        mass: interval(&|text| text.mass)?,
        random: mean(&|text| text.random),
        share: mean(&|text| text.relevant() as f64 / text.inside.len() as f64),
        per_text,
    })
}

/// One row per method: `method`, `texts`, `AUPRC` with the ends of its interval (`low`, `high`), `random` (AUPRC of a
/// random order), `precision`, `mass`, `share` (their value by chance).
///
/// # Errors
/// None that a caller can cause.
pub fn plausibility_table(methods: &[Plausibility]) -> Result<DataFrame> {
    let column = |of: &dyn Fn(&Plausibility) -> f64| methods.iter().map(of).collect::<Vec<f64>>();
    Ok(df!(
        "method" => methods.iter().map(|found| found.method.clone()).collect::<Vec<_>>(),
        "texts" => methods.iter().map(|found| found.texts as u32).collect::<Vec<_>>(),
        "AUPRC" => column(&|found| found.auprc.estimate),
        "low" => column(&|found| found.auprc.low),
        "high" => column(&|found| found.auprc.high),
        "random" => column(&|found| found.random),
        "precision" => column(&|found| found.precision.estimate),
        "mass" => column(&|found| found.mass.estimate),
        "share" => column(&|found| found.share),
    )?)
}

impl Plausibility {
    /// The mean share of rationale tokens among the `k` highest-scored ones.
    pub fn precision_at(&self, k: usize) -> f64 {
        self.per_text.iter().map(|text| text.precision_at(k)).sum::<f64>() / self.texts as f64
    }

    /// How much higher the AUPRC is than `other`'s on the same texts, with its interval. Paired: what makes a text hard
    /// for both does not blur the difference.
    ///
    /// # Errors
    /// The two were computed on different texts.
    pub fn difference(&self, other: &Plausibility) -> Result<Interval> {
        let texts = |of: &Plausibility| of.per_text.iter().map(|text| text.text).collect::<Vec<_>>();
        if texts(self) != texts(other) {
            bail!("`{}` and `{}` were scored on different texts: give both the same ones", self.method, other.method);
        }
        let gains: Vec<f64> = self.per_text.iter().zip(&other.per_text).map(|(a, b)| a.auprc - b.auprc).collect();
        bootstrap(&gains, SAMPLES, SEED)
    }

    /// Four lines.
    pub fn evcxr_display(&self) {
        println!("{} on {} texts", self.method, self.texts);
        println!(
            "left out: {} without a rationale, {} all of it rationale",
            self.without_rationale, self.all_rationale
        );
        println!("AUPRC {}; a random order {:.3}", self.auprc, self.random);
        println!("precision {}; positive score inside {}; by chance {:.3}", self.precision, self.mass, self.share);
    }
}

impl TextPlausibility {
    /// How many tokens lie in the rationale.
    fn relevant(&self) -> usize {
        self.inside.iter().filter(|&&inside| inside).count()
    }

    /// The share of rationale tokens among the `k` highest-scored ones (all, if there are fewer). Of tokens with equal
    /// scores, of which only some fit, their mean counts: the order of the text does not matter.
    pub fn precision_at(&self, k: usize) -> f64 {
        let mut order: Vec<usize> = (0..self.scores.len()).collect();
        order.sort_by(|&a, &b| self.scores[b].total_cmp(&self.scores[a]));
        let k = k.min(order.len());
        let (mut left, mut found) = (k, 0.0);
        for equal in order.chunk_by(|&a, &b| self.scores[a] == self.scores[b]) {
            let relevant = equal.iter().filter(|&&at| self.inside[at]).count();
            let taken = left.min(equal.len());
            found += relevant as f64 * taken as f64 / equal.len() as f64;
            left -= taken;
        }
        found / k.max(1) as f64
    }
}

/// The scores of the tokens that stand for a part of the text, and which of them a span touches.
fn marked(attribution: &Attribution, rationale: &[Span]) -> Result<(Vec<f64>, Vec<bool>)> {
    if attribution.spans.len() != attribution.tokens.len() || attribution.scores.len() != attribution.tokens.len() {
        bail!(
            "the attribution has {} tokens, {} scores and {} places in the text: rationales need the place of each token",
            attribution.tokens.len(),
            attribution.scores.len(),
            attribution.spans.len()
        );
    }
    let placed = attribution.scores.iter().zip(&attribution.spans).filter(|(_, spans)| !spans.is_empty());
    let touched = |spans: &[Span]| spans.iter().any(|span| rationale.iter().any(|marked| marked.overlaps(*span)));
    Ok(placed.map(|(score, spans)| (*score, touched(spans))).unzip())
}

/// The share of the positive score that lies inside.
fn mass(scores: &[f64], inside: &[bool]) -> f64 {
    let positive = |wanted: &dyn Fn(usize) -> bool| -> f64 {
        (0..scores.len()).filter(|&at| wanted(at)).map(|at| scores[at].max(0.0)).sum()
    };
    let total = positive(&|_| true);
    if total > 0.0 { positive(&|at| inside[at]) / total } else { 0.0 }
}

/// The expected average precision of `n` items in a random order, `relevant` of which are wanted. Place k holds a wanted
/// item with probability m/n, and then (k − 1)(m − 1)/(n − 1) of those before it are wanted, on average.
fn random_average_precision(n: usize, relevant: usize) -> f64 {
    let others = if n > 1 { (relevant - 1) as f64 / (n - 1) as f64 } else { 0.0 };
    (1..=n).map(|k| (1.0 + (k - 1) as f64 * others) / k as f64).sum::<f64>() / n as f64
}
