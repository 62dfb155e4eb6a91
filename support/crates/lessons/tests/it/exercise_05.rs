//! The checks of lesson 05: right answers pass, each usual mistake is named for what it is.

use ground::Error;
use lessons::exercise::{Verdict, check_05_1, check_05_2, check_05_3, check_05_4};

fn says(verdict: Verdict, words: &str) {
    assert!(!verdict.passed() && verdict.message().contains(words), "expected `{words}`: {verdict}");
}

type Pairs = Vec<(String, String)>;

/// The right answer, with the ways in which it goes wrong: the reach is taken by the place in the sentence or not, words
/// are removed or not, distances count among the words that stay or in the sentence, both sides or only what follows.
fn pairs(words: &[String], keep: &[bool], reach: &[usize], wrong: &str) -> Pairs {
    let stay: Vec<usize> = (0..words.len()).filter(|&i| keep[i] || wrong == "all stay").collect();
    let mut pairs = Vec::new();
    for (at, &i) in stay.iter().enumerate() {
        for (other, &j) in stay.iter().enumerate() {
            let distance = if wrong == "in the sentence" { i.abs_diff(j) } else { at.abs_diff(other) };
            let reach = if wrong == "reach by rank" { reach[at] } else { reach[i] };
            let side = wrong != "one side" || other > at;
            if distance <= reach && side && (distance > 0 || wrong == "itself") {
                pairs.push((words[i].clone(), words[j].clone()));
            }
        }
    }
    pairs
}

#[test]
fn skip_grams() {
    let with = |wrong: &'static str| check_05_1(&move |words, keep, reach| pairs(words, keep, reach, wrong));
    assert!(with("").passed(), "{}", with(""));
    says(check_05_1(&|_, _, _| vec![]), "not finished yet");
    says(with("itself"), "no context of itself");
    says(with("one side"), "reaches to both sides");
    says(with("all stay"), "neither targets nor contexts");
    says(with("in the sentence"), "distances count");
    says(with("reach by rank"), "the reach of f is 2");
    let turned = |words: &[String], keep: &[bool], reach: &[usize]| -> Pairs {
        pairs(words, keep, reach, "").into_iter().map(|(a, b)| (b, a)).collect()
    };
    says(check_05_1(&turned), "exchanged");
    let distinct = |words: &[String], keep: &[bool], reach: &[usize]| {
        let mut pairs = pairs(words, keep, reach, "");
        pairs.sort();
        pairs.dedup();
        pairs
    };
    says(check_05_1(&distinct), "stands twice");
    says(check_05_1(&|words, _, _| vec![(words[9].clone(), words[0].clone())]), "panic");
}

/// count^power without some words, over the sum of those left or of all.
fn draws(counts: &[u64], without: &[usize], power: f64, of_all: bool) -> Vec<f64> {
    let weight = |i: usize| (counts[i] as f64).powf(power);
    let left = |i: usize| if without.contains(&i) { 0.0 } else { weight(i) };
    let sum: f64 = (0..counts.len()).map(|i| if of_all { weight(i) } else { left(i) }).sum();
    (0..counts.len()).map(|i| left(i) / sum).collect()
}

#[test]
fn negatives() {
    assert!(check_05_2(&|counts, t, c| draws(counts, &[t, c], 0.75, false)).passed());
    says(check_05_2(&|_, _, _| vec![]), "not finished yet");
    says(check_05_2(&|counts, _, _| draws(counts, &[], 0.75, false)), "still drawn");
    says(check_05_2(&|counts, t, _| draws(counts, &[t], 0.75, false)), "the context");
    says(check_05_2(&|counts, _, c| draws(counts, &[c], 0.75, false)), "the target");
    says(check_05_2(&|counts, t, c| draws(counts, &[t, c], 0.75, true)), "divide by what is left");
    says(check_05_2(&|counts, t, c| draws(counts, &[t, c], 1.0, false)), "power of 0.75");
    says(check_05_2(&|counts, t, c| draws(counts, &[t, c], 0.0, false)), "all alike");
    let weights = |counts: &[u64], t: usize, c: usize| -> Vec<f64> {
        (0..counts.len()).map(|i| if i == t || i == c { 0.0 } else { (counts[i] as f64).powf(0.75) }).collect()
    };
    says(check_05_2(&weights), "divide them by their sum");
    says(check_05_2(&|counts, t, c| draws(&counts[..3], &[t, c], 0.75, false)), "3, expected 5");
    let fixed = |counts: &[u64], _: usize, _: usize| draws(counts, &[4, 1], 0.75, false);
    says(check_05_2(&fixed), "target and context are both word 0");
}

/// Σ (p − label) · row, with p from `share` of the scores.
fn pull(t: &[f64], c: &[f64], negatives: &[Vec<f64>], labels: [f64; 2], stable: bool) -> Vec<f64> {
    let rows: Vec<&[f64]> = std::iter::once(c).chain(negatives.iter().map(Vec::as_slice)).collect();
    let scores: Vec<f64> = rows.iter().map(|row| row.iter().zip(t).map(|(x, y)| x * y).sum()).collect();
    let top = if stable { scores.iter().copied().fold(f64::MIN, f64::max) } else { 0.0 };
    let sum: f64 = scores.iter().map(|score| (score - top).exp()).sum();
    let error = |k: usize| (scores[k] - top).exp() / sum - labels[usize::from(k > 0)];
    (0..t.len()).map(|x| (0..rows.len()).map(|k| error(k) * rows[k][x]).sum()).collect()
}

#[test]
fn the_gradient_of_the_softmax_loss() {
    let with = |labels: [f64; 2], stable: bool| check_05_3(&move |t, c, n| pull(t, c, n, labels, stable));
    assert!(with([1.0, 0.0], true).passed(), "{}", with([1.0, 0.0], true));
    says(check_05_3(&|_, _, _| vec![]), "not finished yet");
    says(with([0.0, 0.0], true), "the true row is missing");
    says(with([1.0, 1.0], true), "only the context");
    says(with([1.0, 0.0], false), "division by zero");
    let sigma = |x: f64| 1.0 / (1.0 + (-x).exp());
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let logistic = |t: &[f64], c: &[f64], n: &[Vec<f64>]| -> Vec<f64> {
        (0..t.len())
            .map(|x| (sigma(dot(c, t)) - 1.0) * c[x] + n.iter().map(|n| sigma(dot(n, t)) * n[x]).sum::<f64>())
            .collect()
    };
    says(check_05_3(&logistic), "section 5");
    let negated = |t: &[f64], c: &[f64], n: &[Vec<f64>]| -> Vec<f64> {
        pull(t, c, n, [1.0, 0.0], true).iter().map(|x| -x).collect()
    };
    says(check_05_3(&negated), "sign");
    let of_context = |t: &[f64], c: &[f64], n: &[Vec<f64>]| -> Vec<f64> {
        let sum: f64 = dot(c, t).exp() + n.iter().map(|n| dot(n, t).exp()).sum::<f64>();
        t.iter().map(|x| (dot(c, t).exp() / sum - 1.0) * x).collect()
    };
    says(check_05_3(&of_context), "the context's vector");
    let pulled_only = |t: &[f64], c: &[f64], n: &[Vec<f64>]| -> Vec<f64> {
        let sum: f64 = dot(c, t).exp() + n.iter().map(|n| dot(n, t).exp()).sum::<f64>();
        c.iter().map(|x| (dot(c, t).exp() / sum - 1.0) * x).collect()
    };
    says(check_05_3(&pulled_only), "the negatives are missing");
    let without_context = |t: &[f64], c: &[f64], n: &[Vec<f64>]| -> Vec<f64> {
        let sum: f64 = n.iter().map(|n| dot(n, t).exp()).sum();
        let share = |row: &[f64]| dot(row, t).exp() / sum;
        (0..t.len()).map(|x| (share(c) - 1.0) * c[x] + n.iter().map(|n| share(n) * n[x]).sum::<f64>()).collect()
    };
    says(check_05_3(&without_context), "below the line");
}

/// The word with the largest value, question words left out or not.
fn best(
    v: &embeddings::WordVectors,
    question: [&str; 3],
    exclude: bool,
    value: &dyn Fn(f64, f64, f64) -> f64,
) -> Result<String, Error> {
    let mut best = (String::new(), f64::MIN);
    for word in v.words() {
        if exclude && question.contains(&word.as_str()) {
            continue;
        }
        let [a, b, c] = question;
        let value = value(v.cosine(&word, a)?, v.cosine(&word, b)?, v.cosine(&word, c)?);
        if value > best.1 {
            best = (word, value);
        }
    }
    Ok(best.0)
}

#[test]
fn multiplied_analogies() {
    let s = |cosine: f64| (1.0 + cosine) / 2.0;
    let with = |exclude: bool, value: &dyn Fn(f64, f64, f64) -> f64| {
        check_05_4(&|v, a, b, c| best(v, [a, b, c], exclude, value))
    };
    let product = |a: f64, b: f64, c: f64| s(b) * s(c) / (s(a) + 0.001);
    assert!(with(true, &product).passed(), "{}", with(true, &product));
    says(check_05_4(&|_, _, _, _| Ok(String::new())), "not finished yet");
    says(check_05_4(&|_, _, _, _| Err(Error::new("lost"))), "your function gave an error: lost");
    says(check_05_4(&|_, _, _, _| Ok("queen".into())), "none of the words");
    says(with(false, &product), "a word of the question");
    says(with(true, &|a, b, c| b - a + c), "what adding gives");
    says(with(true, &|a, b, c| b * c / (a + 0.001)), "move the cosines");
    says(with(true, &|a, b, c| s(a) * s(c) / (s(b) + 0.001)), "a and b are exchanged");
    says(check_05_4(&|v, a, b, c| Ok(v.analogy(a, b, c, 1)?.column("word")?.str()?.get(0).unwrap().into())), "adding");
}
