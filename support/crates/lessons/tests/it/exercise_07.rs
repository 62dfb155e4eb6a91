//! The checks of lesson 07: right answers pass, each usual mistake is named for what it is.

use lessons::exercise::{Verdict, check_07_1, check_07_2, check_07_3};
use sources::data::{self, Source};

fn says(verdict: Verdict, words: &str) {
    assert!(!verdict.passed() && verdict.message().contains(words), "expected `{words}`: {verdict}");
}

#[test]
fn pointwise_mutual_information() {
    let pmi = |both: f64, class: f64, term: f64, all: f64| (both * all / (class * term)).log2();
    assert!(check_07_1(&pmi).passed());
    says(check_07_1(&|_, _, _, _| 0.0), "not finished yet");
    says(check_07_1(&|both, class, term, all| (both * all / (class * term)).ln()), "base 2");
    says(check_07_1(&|both, class, term, all| both * all / (class * term)), "the ratio itself");
    says(check_07_1(&|both, class, term, all| -pmi(both, class, term, all)), "upside down");
    says(check_07_1(&|both, class, term, _| (both / (class * term)).log2()), "you divide counts");
    says(check_07_1(&|both, class, _, _| (both / class).log2()), "p(term | class) alone");
    says(check_07_1(&|both, _, term, _| (both / term).log2()), "p(class | term) alone");
    says(check_07_1(&|both, class, term, all| pmi(both + 1.0, class, term, all)), "PMI with 30 of 50");
}

fn distinct(counts: &[u32]) -> Vec<u32> {
    let mut values = counts.to_vec();
    values.sort_unstable();
    values.dedup();
    values
}

#[test]
fn dense_ranks() {
    let ranks = |counts: &[u32], low: f64| -> Vec<f64> {
        let values = distinct(counts);
        counts.iter().map(|count| low + values.iter().filter(|value| *value < count).count() as f64).collect()
    };
    let scaled = |ranks: Vec<f64>| -> Vec<f64> {
        let highest = ranks.iter().cloned().fold(0.0, f64::max).max(1.0);
        ranks.iter().map(|rank| rank / highest).collect()
    };
    let smaller = |counts: &[u32]| -> Vec<f64> {
        counts.iter().map(|count| counts.iter().filter(|other| *other < count).count() as f64).collect()
    };
    assert!(check_07_2(&|counts| scaled(ranks(counts, 0.0))).passed());
    assert!(check_07_2(&text::dense_ranks).passed());
    says(check_07_2(&|_| vec![]), "not finished yet");
    says(check_07_2(&|counts| ranks(counts, 0.0)), "divide by the highest");
    says(check_07_2(&|counts| scaled(ranks(counts, 1.0))), "the lowest rank is 0");
    says(check_07_2(&|counts| scaled(smaller(counts))), "you count the terms");
    says(
        check_07_2(&|counts| counts.iter().map(|&count| f64::from(count) / 90.0).collect()),
        "look at their order only",
    );
    says(check_07_2(&|counts| scaled(ranks(counts, 0.0)).iter().map(|rank| 1.0 - rank).collect()), "upside down");
    says(check_07_2(&|counts| (0..counts.len()).map(|at| at as f64 / 5.0).collect()), "share a rank");
    let divides_by_zero = |counts: &[u32]| -> Vec<f64> {
        let ranks = ranks(counts, 0.0);
        let highest = ranks.iter().cloned().fold(0.0, f64::max);
        ranks.iter().map(|rank| rank / highest).collect()
    };
    says(check_07_2(&divides_by_zero), "not to divide by it");
}

#[test]
fn the_planted_word() {
    assert!(check_07_3("ciclovia").passed(), "{}", check_07_3("ciclovia"));
    assert!(check_07_3(" Ciclovia ").passed());
    says(check_07_3(""), "not finished yet");
    says(check_07_3("xyzzy"), "not among the words");
    let train = data::comments("pt", Source::Bundled).unwrap().split("train").unwrap();
    let contrast = text::ContrastOptions::new().ngrams(1, 1).fit(&train, "hostile").unwrap();
    let stop = text::stop_words("pt").unwrap();
    let contrast = contrast.without(&stop).unwrap();
    let (z, shares) = (contrast.z_scores(), contrast.rationale_shares.clone().unwrap());
    let mut order: Vec<usize> = (0..z.len()).collect();
    order.sort_by(|&i, &j| z[j].total_cmp(&z[i]));
    let reason = order.iter().find(|&&i| shares[i] > 0.5).unwrap();
    says(check_07_3(&contrast.terms[*reason]), "inside a rationale");
    says(check_07_3(&contrast.terms[order[order.len() - 1]]), "leans to constructive");
    let harmless = order.iter().filter(|&&i| shares[i] < 0.1 && z[i] > 0.0).nth(20).unwrap();
    says(check_07_3(&contrast.terms[*harmless]), "another word has a much higher one");
}
