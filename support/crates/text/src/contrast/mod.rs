//! How do two classes of texts differ? The words and n-grams of a class against those of the other texts.
//!
//! [`contrast`] counts; the scores are one idea a file: Scattertext's dense ranks and scaled F-score, log-odds with a
//! Dirichlet prior, mutual information, shares inside rationales. A difference found here is one of words, not a cause.

mod log_odds;
mod normal;
mod options;
mod places;
mod pmi;
mod ranks;
mod rationale;
mod scaled_f;
mod significance;
mod table;
mod zipf;

pub use log_odds::{LogOdds, PRIOR_SHARE, log_odds, pooled_prior};
pub use normal::cdf as normal_cdf;
pub use options::ContrastOptions;
pub use places::contexts;
pub use pmi::{normalised_pmi, pmi};
pub use ranks::dense_ranks;
pub use rationale::rationale_shares;
pub use scaled_f::{BETA, one_sided_scaled_f_scores, scaled_f_scores};
pub use significance::{benjamini_hochberg, p_values, significant, z_threshold};
pub use zipf::{ZipfFit, zipf_fit};

use super::ngrams::FastMap;
use ground::Result;
use sources::data::Dataset;

/// What [`Contrast::pmi`] adds to each count of texts, so that no score is infinite.
const PMI_SMOOTHING: f64 = 1.0;

/// The terms of a collection of texts (words and n-grams), with their counts in the class `a` and in the texts
/// of the other class or classes, `b`.
///
/// The lists `terms`, `counts_…`, `documents_…` and every list of scores go together: the same place, the same term.
#[derive(Clone, Debug)]
pub struct Contrast {
    /// The class that was asked for.
    pub a: String,
    /// The other class; `not A` where there are more than two.
    pub b: String,
    /// The terms in alphabetical order: words, and n-grams joined by a space.
    pub terms: Vec<String>,
    /// How often each term occurs in the texts of `a`.
    pub counts_a: Vec<u32>,
    /// How often each term occurs in the texts of `b`.
    pub counts_b: Vec<u32>,
    /// How many texts of `a` hold each term.
    pub documents_a: Vec<u32>,
    /// How many texts of `b` hold each term.
    pub documents_b: Vec<u32>,
    /// How many texts `a` has.
    pub texts_a: usize,
    /// How many texts `b` has.
    pub texts_b: usize,
    /// How many words the texts of `a` have, kept as terms or not.
    pub words_a: usize,
    /// How many words the texts of `b` have, kept as terms or not.
    pub words_b: usize,
    /// The share of each term's occurrences that touch a rationale ([`rationale_shares`]), where the data set has
    /// rationales.
    pub rationale_shares: Option<Vec<f64>>,
    /// How it was counted.
    pub options: ContrastOptions,
    /// The place of each term in `terms`.
    index: FastMap<String, u32>,
}

/// The terms of the class `class` against the terms of all other texts: words and pairs of words that occur in at least
/// 5 texts, in small letters. Other settings: [`ContrastOptions`].
///
/// # Errors
/// No rows, a class that is not there or has no text, no text of another class, or no term left.
pub fn contrast(dataset: &Dataset, class: &str) -> Result<Contrast> {
    ContrastOptions::new().fit(dataset, class)
}

impl Contrast {
    /// How many terms there are.
    pub fn len(&self) -> usize {
        self.terms.len()
    }

    /// Whether there is no term.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// The place of a term in the lists, if it is there: `contrast.position("good idea")`.
    pub fn position(&self, term: &str) -> Option<usize> {
        self.index.get(term).map(|&at| at as usize)
    }

    /// How often each term occurs in all texts.
    pub fn counts(&self) -> Vec<u32> {
        self.counts_a.iter().zip(&self.counts_b).map(|(a, b)| a + b).collect()
    }

    /// Scattertext's scaled F-score, from −1 (typical of `b`) to 1 (typical of `a`). See [`scaled_f_scores`].
    pub fn scaled_f_scores(&self) -> Vec<f64> {
        scaled_f::balanced(&self.counts_a, &self.counts_b, BETA)
    }

    /// The dense rank of each term among the counts in `a`, scaled to 0..1. See [`dense_ranks`].
    pub fn dense_ranks_a(&self) -> Vec<f64> {
        dense_ranks(&self.counts_a)
    }

    /// The dense rank of each term among the counts in `b`, scaled to 0..1. See [`dense_ranks`].
    pub fn dense_ranks_b(&self) -> Vec<f64> {
        dense_ranks(&self.counts_b)
    }

    /// The log-odds-ratio of each term, positive where it leans to `a`, in nats, with the default prior
    /// ([`PRIOR_SHARE`]). See [`log_odds`](fn@log_odds).
    pub fn log_odds(&self) -> Vec<f64> {
        self.default_log_odds().delta
    }

    /// The log-odds-ratio of each term in standard deviations, with the default prior: the terms at the ends are
    /// the ones that differ most surely. See [`log_odds`](fn@log_odds).
    pub fn z_scores(&self) -> Vec<f64> {
        self.default_log_odds().z
    }

    /// Log-odds-ratios and z-scores with a prior of your own: the pooled counts, scaled to the sum `alpha0`.
    ///
    /// # Errors
    /// An `alpha0` that is not a positive number.
    pub fn log_odds_with(&self, alpha0: f64) -> Result<LogOdds> {
        log_odds(&self.counts_a, &self.counts_b, &pooled_prior(&self.counts_a, &self.counts_b, alpha0)?)
    }

    /// The sum of the default prior, in occurrences: [`PRIOR_SHARE`] of the terms counted in the smaller class.
    pub fn alpha0(&self) -> f64 {
        log_odds::default_alpha0(&self.counts_a, &self.counts_b)
    }

    fn default_log_odds(&self) -> LogOdds {
        let prior = log_odds::pooled(&self.counts_a, &self.counts_b, self.alpha0());
        log_odds::compare(&self.counts_a, &self.counts_b, &prior)
    }

    /// Which terms lean to a class for certain, in terms of their z-scores: [`significant`] at this rate of false
    /// discoveries.
    ///
    /// # Errors
    /// A rate that is not between 0 and 1.
    pub fn significant(&self, rate: f64) -> Result<Vec<bool>> {
        significant(&self.z_scores(), rate)
    }

    /// Pointwise mutual information of "the text holds the term" and "the text is of class `a`", in bits; each
    /// count of texts is raised by 1. See [`pmi`](fn@pmi).
    pub fn pmi(&self) -> Vec<f64> {
        let texts = (self.texts_a as f64, self.texts_b as f64);
        pmi::of(&self.documents_a, &self.documents_b, texts, PMI_SMOOTHING, false)
    }

    /// How often each term comes in 1,000 words of `a`.
    pub fn rates_a(&self) -> Vec<f64> {
        rates(&self.counts_a, self.words_a)
    }

    /// How often each term comes in 1,000 words of `b`.
    pub fn rates_b(&self) -> Vec<f64> {
        rates(&self.counts_b, self.words_b)
    }

    /// One line: the two sides and the number of terms.
    pub fn evcxr_display(&self) {
        println!(
            "{} ({} texts, {} words) against {} ({} texts, {} words): {} terms",
            self.a,
            self.texts_a,
            self.words_a,
            self.b,
            self.texts_b,
            self.words_b,
            self.len()
        );
    }
}

fn rates(counts: &[u32], words: usize) -> Vec<f64> {
    counts.iter().map(|&count| 1_000.0 * f64::from(count) / words.max(1) as f64).collect()
}
