//! Annotation artefacts: terms that lean to a class although they are no reason for it (S. Gururangan et al., "Annotation
//! artifacts in natural language inference data", NAACL 2018, arXiv:1803.02324).
//!
//! Where a data set marks the spans that cause its labels, such a term has a large z-score and a small share here.

use super::Contrast;
use ground::{Result, bail};
use sources::data::{Dataset, Span};

/// For each term of `contrast` the share of its occurrences in `dataset` that touch a rationale: that have at least a
/// character in common with a span that causes the label. Texts without a rationale count, as places outside.
///
/// 0 says: never part of a reason. NaN for a term that does not occur in `dataset`.
///
/// # Errors
/// A data set without any rationale, or with a bad one.
pub fn rationale_shares(dataset: &Dataset, contrast: &Contrast) -> Result<Vec<f64>> {
    match shares_if_known(dataset, contrast)? {
        Some(shares) => Ok(shares),
        None => bail!(
            "no row of `{}` has a rationale. They come in the column `rationale`, as start:end;start:end",
            dataset.name
        ),
    }
}

/// As [`rationale_shares`]; None where no row has a rationale.
pub(super) fn shares_if_known(dataset: &Dataset, contrast: &Contrast) -> Result<Option<Vec<f64>>> {
    let written = dataset.frame.column("rationale")?.str()?;
    if written.iter().all(|spans| spans.unwrap_or_default().trim().is_empty()) {
        return Ok(None);
    }
    let rationales = dataset.rationales()?;
    let mut inside = vec![0u32; contrast.len()];
    let mut all = vec![0u32; contrast.len()];
    for (text, spans) in dataset.texts()?.iter().zip(&rationales) {
        for (term, place) in contrast.find(text) {
            all[term] += 1;
            inside[term] += u32::from(spans.iter().any(|span: &Span| span.overlaps(place)));
        }
    }
    let share = |(&inside, &all): (&u32, &u32)| f64::from(inside) / f64::from(all);
    Ok(Some(inside.iter().zip(&all).map(share).collect()))
}
