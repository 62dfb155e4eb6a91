//! Measures of an order: rank correlation, and how far up a ranking the right items stand.
//!
//! Ties are handled as in scipy and scikit-learn: equal numbers share a rank or a threshold.

use crate::{Result, bail};

/// Spearman's rank correlation of two lists: 1 for the same order, −1 for the opposite. Ties get their mean rank.
///
/// # Errors
/// Lists of different length or shorter than 2, numbers that are not finite, a list of equal numbers.
pub fn spearman(a: &[f64], b: &[f64]) -> Result<f64> {
    if a.len() != b.len() || a.len() < 2 {
        bail!("a rank correlation needs two lists of the same length, at least 2; found {} and {}", a.len(), b.len());
    }
    if a.iter().chain(b).any(|value| !value.is_finite()) {
        bail!("a rank correlation needs finite numbers");
    }
    let middle = (a.len() - 1) as f64 / 2.0;
    let (a, b) = (ranks(a), ranks(b));
    let product = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| (x - middle) * (y - middle)).sum::<f64>();
    let spread = (product(&a, &a) * product(&b, &b)).sqrt();
    if spread == 0.0 {
        bail!("a rank correlation needs numbers that differ: all numbers of one list are equal");
    }
    Ok(product(&a, &b) / spread)
}

/// Ranks from 0; equal numbers share the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    for equal in order.chunk_by(|&i, &j| values[i] == values[j]) {
        for &i in equal {
            ranks[i] = first as f64 + (equal.len() - 1) as f64 / 2.0;
        }
        first += equal.len();
    }
    ranks
}

/// Average precision, the area under the precision-recall curve (AUPRC): 1 when every relevant item scores higher than
/// every other one; the share of relevant items is what random scores get on average.
///
/// Σ (recallₙ − recallₙ₋₁) · precisionₙ over the distinct scores, from the highest: equal scores are one threshold, so that
/// the order of the items does not matter. The same as scikit-learn's `average_precision_score`.
///
/// # Errors
/// Lists of different length, a score that is not finite, or no relevant item: then nothing can be found.
pub fn average_precision(relevant: &[bool], scores: &[f64]) -> Result<f64> {
    if relevant.len() != scores.len() {
        bail!("there are {} marks of relevance but {} scores: give one per item", relevant.len(), scores.len());
    }
    if let Some(at) = scores.iter().position(|score| !score.is_finite()) {
        bail!("score {at} is {}: a ranking needs finite scores", scores[at]);
    }
    let wanted = relevant.iter().filter(|&&relevant| relevant).count();
    if wanted == 0 {
        bail!(
            "average precision needs at least one relevant item, found none among {}: leave such rows out",
            scores.len()
        );
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&i, &j| scores[j].total_cmp(&scores[i]));
    let (mut found, mut seen, mut area) = (0, 0, 0.0);
    for equal in order.chunk_by(|&i, &j| scores[i] == scores[j]) {
        let more = equal.iter().filter(|&&item| relevant[item]).count();
        (found, seen) = (found + more, seen + equal.len());
        area += more as f64 / wanted as f64 * found as f64 / seen as f64;
    }
    Ok(area)
}
