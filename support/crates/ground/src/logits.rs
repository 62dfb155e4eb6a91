//! What becomes of the logits of one text: probabilities, and the class that is predicted.

/// Turns logits into probabilities in place: exp(x) / Σ exp(x). The largest is taken off first, which changes nothing but
/// keeps exp finite.
#[inline]
pub fn softmax(logits: &mut [f64]) {
    let highest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    logits.iter_mut().for_each(|logit| *logit = (*logit - highest).exp());
    let sum: f64 = logits.iter().sum();
    logits.iter_mut().for_each(|logit| *logit /= sum);
}

/// Where the largest number stands, the first of equal ones; `None` if there is no number. NaN is never the largest.
pub fn arg_max<T: PartialOrd>(row: &[T]) -> Option<usize> {
    let better = |best: Option<usize>, at: usize| match best {
        Some(best) if row[at] <= row[best] => Some(best),
        _ => Some(at),
    };
    (0..row.len()).filter(|&at| row[at].partial_cmp(&row[at]).is_some()).fold(None, better)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_of_large_logits() {
        let mut row = [1000.0, 1000.0 + 3f64.ln(), f64::NEG_INFINITY];
        softmax(&mut row);
        assert!((row[0] - 0.25).abs() < 1e-12 && (row[1] - 0.75).abs() < 1e-12 && row[2] == 0.0, "{row:?}");
        softmax(&mut []);
    }

    #[test]
    fn of_equal_numbers_the_first() {
        assert_eq!(arg_max(&[1.0, 3.0, 3.0, 2.0]), Some(1));
        assert_eq!(arg_max(&[0.5, 0.5]), Some(0));
        assert_eq!(arg_max::<f64>(&[]), None);
        assert_eq!(arg_max(&[f64::NAN, 1.0, f64::NAN, 2.0]), Some(3));
    }
}
