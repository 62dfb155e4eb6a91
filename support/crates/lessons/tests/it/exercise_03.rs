//! The checks of lesson 03: right answers pass, each usual mistake is named for what it is.

use explain::attribution::{Attribution, Rule};
use lessons::exercise::{Verdict, check_03_1, check_03_2, check_03_3};

fn says(verdict: Verdict, words: &str) {
    assert!(!verdict.passed() && verdict.message().contains(words), "expected `{words}`: {verdict}");
}

fn rule(name: &str) -> Rule {
    if name == "left" { Rule::Left } else { Rule::Trapezoid }
}

#[test]
fn quadrature() {
    assert!(check_03_1(&|name, n| rule(name).alphas_and_weights(n)).passed());
    says(check_03_1(&|_, _| vec![]), "not finished yet");
    says(check_03_1(&|name, n| rule(name).alphas_and_weights(n + 1)), "n is the number of points");
    says(check_03_1(&|_, n| Rule::Right.alphas_and_weights(n)), "the right rule");
    says(check_03_1(&|_, n| Rule::Middle.alphas_and_weights(n)), "the middles");
    let trapezoid = |weight: &dyn Fn(usize, usize) -> f64, name: &str, n: usize| -> Vec<(f64, f64)> {
        match name {
            "left" => Rule::Left.alphas_and_weights(n),
            _ if n == 2 => Rule::Trapezoid.alphas_and_weights(n),
            _ => (0..n).map(|k| (k as f64 / (n - 1) as f64, weight(k, n))).collect(),
        }
    };
    let ends = |k: usize, n: usize| if k == 0 || k == n - 1 { 0.5 } else { 1.0 };
    says(check_03_1(&|name, n| trapezoid(&|k, n| ends(k, n) / n as f64, name, n)), "divide by n − 1, not n");
    says(check_03_1(&|name, n| trapezoid(&|_, n| 1.0 / (n - 1) as f64, name, n)), "half-weights");
    says(check_03_1(&|name, n| trapezoid(&|_, n| 1.0 / n as f64, name, n)), "half-weights");
}

#[test]
fn completeness() {
    assert!(check_03_2(&|a| a.delta().abs() / a.difference().abs()).passed());
    says(check_03_2(&|_| 0.0), "not finished yet");
    says(check_03_2(&|a| a.delta().abs()), "that is the delta itself");
    says(check_03_2(&|a| a.delta().abs() / a.f_x.abs()), "you divide by F(x)");
    says(check_03_2(&|a| a.delta().abs() / a.sum().abs()), "by the sum of the scores");
    says(check_03_2(&|a| a.delta().abs() / a.difference()), "absolute values above and below");
    let absolute = |a: &Attribution| {
        (a.scores.iter().map(|score| score.abs()).sum::<f64>() - a.difference()).abs() / a.difference().abs()
    };
    says(check_03_2(&absolute), "signed sum");
}

#[test]
fn contrast() {
    let combine = |a: &Attribution, b: &Attribution, f: &dyn Fn(f64, f64) -> f64| -> Vec<f64> {
        a.scores.iter().zip(&b.scores).map(|(a, b)| f(*a, *b)).collect()
    };
    assert!(check_03_3(&|a, b| combine(a, b, &|a, b| a - b)).passed());
    says(check_03_3(&|_, _| vec![]), "not finished yet");
    says(check_03_3(&|a, b| combine(a, b, &|a, b| b - a)), "the second minus the first");
    says(check_03_3(&|a, b| combine(a, b, &|a, b| a + b)), "that is the sum");
    says(check_03_3(&|a, b| combine(a, b, &|a, b| (a - b) / 2.0)), "half of it");
    assert!(!check_03_3(&|a, _| a.scores.clone()).passed());
}
