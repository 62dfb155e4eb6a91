//! Log-odds-ratio with an informative Dirichlet prior: B. Monroe, M. Colaresi and K. Quinn, "Fightin' Words",
//! Political Analysis 16 (2008), 372–403, doi:10.1093/pan/mpn018, equations 16 and 20–22.
//!
//! It takes each occurrence as independent. Words come in bursts (one text says it ten times), so z is too sure of these.

use ground::{Result, bail};

/// The default prior's sum, as a share of the terms counted in the smaller class.
///
/// A tenth: a term that both classes use equally gets a z-score smaller by a factor of about 1/√1.1 = 0.95 than without
/// a prior, and a term that one class never uses counts as if it came there about a tenth as often as on average.
/// A much smaller prior makes the variance of such terms explode and hides them; a much larger one shrinks all to 0.
pub const PRIOR_SHARE: f64 = 0.1;

/// What [`log_odds`] returns, one number per term.
#[derive(Clone, Debug, PartialEq)]
pub struct LogOdds {
    /// The log-odds-ratio δ in nats: positive where the term is more frequent in the first class.
    pub delta: Vec<f64>,
    /// δ divided by its standard deviation.
    pub z: Vec<f64>,
}

/// How much more likely each term is in one class than in the other, when both are pulled towards a prior.
///
/// With counts y of term w, their sum n, the prior α and its sum α₀, the odds of w in a class are
/// (y + α) / (n + α₀ − y − α); δ is the logarithm of the ratio of the two classes' odds (equation 16),
/// its variance about 1/(yᵃ + α) + 1/(yᵇ + α) (equation 20), and z = δ / √variance (equation 22).
///
/// `prior` has one number per term: pseudo-occurrences added to both classes. [`pooled_prior`] makes one from the counts
/// themselves; the counts of a large general corpus, scaled, are another.
///
/// # Errors
/// Lists of different length, no terms, a class without any term, a prior that is not positive, or a single term (it has
/// no odds).
pub fn log_odds(counts_a: &[u32], counts_b: &[u32], prior: &[f64]) -> Result<LogOdds> {
    same_terms(counts_a, counts_b)?;
    if prior.len() != counts_a.len() {
        bail!("the prior has {} numbers, but there are {} terms: give one per term", prior.len(), counts_a.len());
    }
    if let Some(at) = prior.iter().position(|&alpha| !(alpha > 0.0 && alpha.is_finite())) {
        bail!(
            "the prior of term {at} is {}: it must be a positive number. `pooled_prior` makes one from the counts",
            prior[at]
        );
    }
    if counts_a.len() < 2 {
        bail!("a single term has no odds: give at least 2 terms");
    }
    Ok(compare(counts_a, counts_b, prior))
}

/// A prior that says "both classes use words as the two together do": the summed counts, scaled to the sum `alpha0`.
///
/// # Errors
/// Lists of different length, no terms, a class or a term without any occurrence, or an `alpha0` that is not a positive
/// number.
pub fn pooled_prior(counts_a: &[u32], counts_b: &[u32], alpha0: f64) -> Result<Vec<f64>> {
    same_terms(counts_a, counts_b)?;
    if !(alpha0 > 0.0 && alpha0.is_finite()) {
        bail!("alpha0 is {alpha0}: the prior must have a positive sum, in occurrences");
    }
    if let Some(at) = (0..counts_a.len()).find(|&i| counts_a[i] == 0 && counts_b[i] == 0) {
        bail!("term {at} occurs in neither class, so that its prior would be 0: take it out first");
    }
    Ok(pooled(counts_a, counts_b, alpha0))
}

pub(super) fn pooled(counts_a: &[u32], counts_b: &[u32], alpha0: f64) -> Vec<f64> {
    let scale = alpha0 / (total(counts_a) + total(counts_b));
    counts_a.iter().zip(counts_b).map(|(&a, &b)| scale * (f64::from(a) + f64::from(b))).collect()
}

pub(super) fn default_alpha0(counts_a: &[u32], counts_b: &[u32]) -> f64 {
    // At least one occurrence, so that a class that has none of the terms still has a prior.
    PRIOR_SHARE * total(counts_a).min(total(counts_b)).max(1.0 / PRIOR_SHARE)
}

pub(super) fn compare(counts_a: &[u32], counts_b: &[u32], prior: &[f64]) -> LogOdds {
    if counts_a.len() < 2 {
        return LogOdds { delta: vec![0.0; counts_a.len()], z: vec![0.0; counts_a.len()] };
    }
    let alpha0: f64 = prior.iter().sum();
    let (sum_a, sum_b) = (total(counts_a) + alpha0, total(counts_b) + alpha0);
    let (delta, z) = counts_a
        .iter()
        .zip(counts_b)
        .zip(prior)
        .map(|((&a, &b), &alpha)| {
            let (a, b) = (f64::from(a) + alpha, f64::from(b) + alpha);
            let delta = (a / (sum_a - a)).ln() - (b / (sum_b - b)).ln();
            (delta, delta / (1.0 / a + 1.0 / b).sqrt())
        })
        .unzip();
    LogOdds { delta, z }
}

fn total(counts: &[u32]) -> f64 {
    counts.iter().map(|&count| f64::from(count)).sum()
}

/// Two lists of counts that belong to the same terms.
pub(super) fn same_terms(counts_a: &[u32], counts_b: &[u32]) -> Result<()> {
    if counts_a.len() != counts_b.len() {
        bail!(
            "there are {} counts of one class and {} of the other: give one per term",
            counts_a.len(),
            counts_b.len()
        );
    }
    if counts_a.is_empty() {
        bail!("there are no counts to compare");
    }
    for (counts, which) in [(counts_a, "first"), (counts_b, "second")] {
        if counts.iter().all(|&count| count == 0) {
            bail!("no term occurs in the {which} class: there is nothing to compare");
        }
    }
    Ok(())
}
