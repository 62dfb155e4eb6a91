//! The checks of lesson 03: quadrature, completeness, the difference of two logits.

use super::{Verdict, check, number, numbers, require, unfinished};
use explain::attribution::Attribution;
use ground::Result;

/// What exercise 3.1 asks for: (alpha, weight) of a rule's `n` points.
pub type Quadrature<'a> = &'a dyn Fn(&str, usize) -> Vec<(f64, f64)>;

/// 3.1: the left rule and the trapezoid, as points and weights.
pub fn check_03_1(alphas_and_weights: Quadrature<'_>) -> Verdict {
    check("3.1", &|| {
        unfinished(alphas_and_weights("left", 4).is_empty(), "return one (alpha, weight) per point")?;
        let rule = |name: &str, n: usize, alphas: &[f64], weights: &[f64]| -> Result<()> {
            let found = alphas_and_weights(name, n);
            require(found.len() == n, &format!("{name}, n = {n}: {} points; n is the number of points", found.len()))?;
            let (a, w): (Vec<f64>, Vec<f64>) = found.into_iter().unzip();
            let sum: f64 = w.iter().sum();
            if name == "trapezoid" && n > 2 {
                let n = n as f64;
                let advice = if (sum - (n - 1.0) / n).abs() < 1e-9 {
                    Some("the two ends count half, the others whole: divide by n − 1, not n")
                } else if (sum - n / (n - 1.0)).abs() < 1e-9 || (sum - 1.0).abs() < 1e-9 && (w[0] - w[1]).abs() < 1e-9 {
                    Some("did you leave out the half-weights at the ends?")
                } else {
                    None
                };
                if let Some(advice) = advice {
                    require(false, &format!("trapezoid, n = {n}: your weights sum to {sum:.2}; {advice}"))?;
                }
            }
            if name == "left" {
                let right: Vec<f64> = (1..=n).map(|k| k as f64 / n as f64).collect();
                let middle: Vec<f64> = (0..n).map(|k| (k as f64 + 0.5) / n as f64).collect();
                let same = |other: &[f64]| a.iter().zip(other).all(|(a, b)| (a - b).abs() < 1e-9);
                require(
                    !same(&right),
                    "those are the ends of the intervals, the right rule; the left one takes the starts",
                )?;
                require(!same(&middle), "those are the middles of the intervals; the left rule takes the starts")?;
            }
            numbers(&format!("{name}, n = {n}: the alphas"), &a, alphas, 1e-9)?;
            numbers(&format!("{name}, n = {n}: the weights"), &w, weights, 1e-9)
        };
        rule("left", 2, &[0.0, 0.5], &[0.5, 0.5])?;
        rule("left", 4, &[0.0, 0.25, 0.5, 0.75], &[0.25; 4])?;
        rule("trapezoid", 2, &[0.0, 1.0], &[0.5, 0.5])?;
        rule("trapezoid", 4, &[0.0, 1.0 / 3.0, 2.0 / 3.0, 1.0], &[1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0])?;
        // What they are for: the integral of 3x² + 2x is 2 on [0, 1].
        let integral = |name: &str| -> f64 {
            alphas_and_weights(name, 400).iter().map(|(a, w)| w * (3.0 * a * a + 2.0 * a)).sum()
        };
        number("the integral of 3x² + 2x by the trapezoid with 400 points", integral("trapezoid"), 2.0, 1e-4)?;
        number("the integral of 3x² + 2x by the left rule with 400 points", integral("left"), 2.0 - 0.00625, 1e-3)?;
        Ok("for the same points the trapezoid comes far closer: its errors at both sides cancel".to_owned())
    })
}

/// 3.2: how far an attribution is from complete, as a share of the difference that it should distribute.
pub fn check_03_2(relative_delta: &dyn Fn(&Attribution) -> f64) -> Verdict {
    check("3.2", &|| {
        let example = |scores: &[f64], f_x: f64, f_baseline: f64| {
            Attribution::new("integrated gradients", &vec!["word"; scores.len()], scores, "logit", f_x, f_baseline)
        };
        let first = example(&[1.5, -0.5, 0.75], 2.0, 0.5); // sum 1.75, difference 1.5
        let found = relative_delta(&first);
        unfinished(found == 0.0 && relative_delta(&example(&[1.0], 3.0, 0.0)) == 0.0, "replace the 0.0")?;
        let near = |value: f64| (found - value).abs() < 1e-9;
        require(!near(0.25), "that is the delta itself; divide it by |F(x) − F(x′)|")?;
        require(!near(0.25 / 2.0), "you divide by F(x); the scores distribute F(x) − F(x′)")?;
        require(!near(0.25 / 1.75), "you divide by the sum of the scores; divide by what they should sum to")?;
        require(!near((2.75 - 1.5) / 1.5), "you add absolute values; completeness is about the signed sum")?;
        number(
            "|delta| / |F(x) − F(x′)| of scores 1.5, −0.5, 0.75 with F(x) = 2, F(x′) = 0.5",
            found,
            0.25 / 1.5,
            1e-9,
        )?;
        let negative = relative_delta(&example(&[-1.0, -0.5], -2.0, 0.0)); // sum −1.5, difference −2
        require(negative >= 0.0, "a share of less than 0: take absolute values above and below")?;
        number("the same for scores −1, −0.5 with F(x) = −2, F(x′) = 0", negative, 0.25, 1e-9)?;
        number("for a complete attribution", relative_delta(&example(&[1.0, 1.0], 2.5, 0.5)), 0.0, 1e-9)?;
        Ok("a number to report with every explanation: 1 % or less, or more steps".to_owned())
    })
}

/// What exercise 3.3 asks for: the scores of F_a − F_b from the attributions of F_a and F_b.
pub type Contrast<'a> = &'a dyn Fn(&Attribution, &Attribution) -> Vec<f64>;

/// 3.3: the attribution of a difference of two logits.
pub fn check_03_3(contrast: Contrast<'_>) -> Verdict {
    check("3.3", &|| {
        let tokens = ["not", "a", "good", "film"];
        let example = |scores: [f64; 4], f_x: f64, f_baseline: f64| {
            Attribution::new("integrated gradients", &tokens, &scores, "logit", f_x, f_baseline)
        };
        let negative = example([1.5, 0.1, -0.7, 0.1], 1.2, 0.2);
        let positive = example([-1.25, -0.1, 0.95, 0.0], -0.9, -0.5);
        let found = contrast(&negative, &positive);
        unfinished(found.is_empty() || found.iter().all(|s| *s == 0.0), "return one score per token")?;
        let right = [2.75, 0.2, -1.65, 0.1];
        let is = |values: [f64; 4]| found.len() == 4 && found.iter().zip(values).all(|(a, b)| (a - b).abs() < 1e-9);
        require(!is(right.map(|s| -s)), "that is the second minus the first")?;
        require(!is([0.25, 0.0, 0.25, 0.1]), "that is the sum; F_a − F_b gets the difference of the scores")?;
        require(!is(right.map(|s| s / 2.0)), "that is half of it: the difference of two logits is not their mean")?;
        numbers("the scores of F_a − F_b", &found, &right, 1e-9)?;
        let (sum, difference) = (found.iter().sum::<f64>(), (1.2 - -0.9) - (0.2 - -0.5));
        number("the sum of the scores against the difference of both", sum, difference, 1e-9)?;
        Ok("integrated gradients are linear in F: what explains a and b explains a − b".to_owned())
    })
}
