//! Pointwise mutual information of a term and a label: K. Church and P. Hanks, "Word association norms, mutual
//! information, and lexicography", Computational Linguistics 16 (1990); normalised: G. Bouma, GSCL 2009.
//!
//! It measures strength, not certainty: a term seen once, in the right class, reaches the maximum.

use ground::{Result, bail};

/// How much more often a term and the first class come together than they would by chance, in bits:
/// log₂( p(term, class) / (p(term) · p(class)) ), from how many texts hold the term.
///
/// 0: the term says nothing about the class; 1: twice as often as by chance. The most that can be is −log₂ p(class).
///
/// `smoothing` is added to the four counts (texts of either class, with and without the term). With 0, a term that no
/// text of the class holds gets −∞, and rare terms fill both ends of the list: a term of one text is all in one class
/// whatever it means. Smoothing pulls rare terms to 0; a least number of texts per term helps, too.
///
/// # Errors
/// Lists of different length, no terms, a class without texts, more texts with a term than texts, a term that is in no
/// text (with smoothing 0), or smoothing below 0.
pub fn pmi(
    documents_a: &[u32],
    documents_b: &[u32],
    texts_a: usize,
    texts_b: usize,
    smoothing: f64,
) -> Result<Vec<f64>> {
    check(documents_a, documents_b, texts_a, texts_b, smoothing)?;
    Ok(of(documents_a, documents_b, (texts_a as f64, texts_b as f64), smoothing, false))
}

/// [`pmi`] divided by −log₂ p(term, class), so that it lies between −1 (never together) and 1 (never apart).
///
/// The division lifts frequent terms over rare ones with the same mutual information.
///
/// # Errors
/// As [`pmi`].
pub fn normalised_pmi(
    documents_a: &[u32],
    documents_b: &[u32],
    texts_a: usize,
    texts_b: usize,
    smoothing: f64,
) -> Result<Vec<f64>> {
    check(documents_a, documents_b, texts_a, texts_b, smoothing)?;
    Ok(of(documents_a, documents_b, (texts_a as f64, texts_b as f64), smoothing, true))
}

/// `texts`: how many texts each of the two classes has.
pub(super) fn of(a: &[u32], b: &[u32], texts: (f64, f64), smoothing: f64, normalise: bool) -> Vec<f64> {
    let all = texts.0 + texts.1 + 4.0 * smoothing;
    let p_class = (texts.0 + 2.0 * smoothing) / all;
    let one = |(&a, &b): (&u32, &u32)| {
        let (a, b) = (f64::from(a), f64::from(b));
        let p_both = (a + smoothing) / all;
        let p_term = (a + b + 2.0 * smoothing) / all;
        match (p_both / (p_term * p_class)).log2() {
            pmi if !normalise => pmi,
            _ if p_both == 0.0 => -1.0,
            pmi => pmi / -p_both.log2(),
        }
    };
    a.iter().zip(b).map(one).collect()
}

fn check(a: &[u32], b: &[u32], texts_a: usize, texts_b: usize, smoothing: f64) -> Result<()> {
    if a.len() != b.len() {
        bail!("there are {} counts of one class and {} of the other: give one per term", a.len(), b.len());
    }
    if a.is_empty() {
        bail!("there are no counts to compare");
    }
    if texts_a == 0 || texts_b == 0 {
        bail!("the classes have {texts_a} and {texts_b} texts: both need at least one");
    }
    if !(smoothing >= 0.0 && smoothing.is_finite()) {
        bail!("smoothing is {smoothing}: give 0 or a positive number");
    }
    for i in 0..a.len() {
        if a[i] as usize > texts_a || b[i] as usize > texts_b {
            bail!(
                "term {i} is in {} and {} texts, but the classes have only {texts_a} and {texts_b}: \
                 give the number of texts that hold the term, not its occurrences",
                a[i],
                b[i]
            );
        }
        if smoothing == 0.0 && a[i] == 0 && b[i] == 0 {
            bail!("term {i} is in no text: take it out first, or give a smoothing above 0");
        }
    }
    Ok(())
}
