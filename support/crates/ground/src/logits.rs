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

/// Where the largest number is; of equal ones the first. 0 where there is none. NaN is never larger, but stays in the first place.
#[inline]
pub fn arg_max<T: PartialOrd>(numbers: &[T]) -> usize {
    (1..numbers.len()).fold(0, |best, at| if numbers[at] > numbers[best] { at } else { best })
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
        assert_eq!(arg_max(&[1.0, 3.0, 3.0, 2.0]), 1);
        assert_eq!(arg_max(&[0.5, 0.5]), 0);
        assert_eq!(arg_max::<f64>(&[]), 0);
        assert_eq!(arg_max(&[1.0, f64::NAN, 2.0]), 2);
    }
}
