//! The checks of lesson 04: right answers pass, each usual mistake is named for what it is.

use candle_core::Tensor;
use ground::Error;
use lessons::exercise::{Verdict, check_04_1, check_04_2, check_04_3, check_04_4};
use networks as nn;
use networks::{Batch, Hooks};
use text::model::DifferentiableClassifier;
use text::model::Input;

fn says(verdict: Verdict, words: &str) {
    assert!(!verdict.passed() && verdict.message().contains(words), "expected `{words}`: {verdict}");
}

#[test]
fn gradient_times_input() {
    type Answer = fn(&Tensor, &Tensor) -> candle::Result<Tensor>;
    use candle_core as candle;
    let with = |answer: Answer| check_04_1(&|g, x| Ok(answer(g, x)?.flatten_all()?.to_vec1()?));
    assert!(with(|g, x| (g * x)?.sum(1)).passed());
    says(check_04_1(&|_, _| Ok(vec![])), "not finished yet");
    says(check_04_1(&|_, _| Err(Error::new("lost"))), "your function gave an error: lost");
    says(with(|g, x| g * x), "12 numbers");
    says(with(|g, x| (g * x)?.sum(0)), "not over the tokens");
    says(with(|g, _| g.sum(1)), "multiply by the vectors first");
    says(with(|g, _| g.sqr()?.sum(1)?.sqrt()), "the saliency");
    says(with(|g, x| (g * x)?.sqr()?.sum(1)?.sqrt()), "the length of the product");
    says(with(|g, x| (g * x)?.mean(1)), "the mean over the width");
    says(with(|g, x| (g * x)?.sum(1)?.abs()), "no absolute values");
    says(with(|g, x| (g * x)?.sum(1)?.neg()), "sign");
}

/// Words with the scores of their pieces.
fn pieces(tokens: &[String], scores: &[f64]) -> Vec<(String, Vec<f64>)> {
    let mut words: Vec<(String, Vec<f64>)> = Vec::new();
    for (token, score) in tokens.iter().zip(scores) {
        match (token.strip_prefix("##"), words.last_mut()) {
            (Some(rest), Some(word)) => {
                word.0.push_str(rest);
                word.1.push(*score);
            }
            _ => words.push((token.clone(), vec![*score])),
        }
    }
    words
}

#[test]
fn pieces_to_words() {
    let by = |of: &dyn Fn(&[f64]) -> f64| {
        check_04_2(&|tokens, scores| pieces(tokens, scores).into_iter().map(|(word, s)| (word, of(&s))).collect())
    };
    assert!(by(&|scores| scores.iter().sum()).passed());
    says(check_04_2(&|_, _| vec![]), "not finished yet");
    says(check_04_2(&|tokens, scores| tokens.iter().cloned().zip(scores.iter().copied()).collect()), "begins with ##");
    says(by(&|scores| scores.iter().sum::<f64>() / scores.len() as f64), "the mean");
    says(by(&|scores| scores.iter().copied().fold(f64::MIN, f64::max)), "the largest");
    says(by(&|scores| scores.iter().map(|score| score.abs()).sum()), "absolute values");
    let without_special = |tokens: &[String], scores: &[f64]| -> Vec<(String, f64)> {
        let words = pieces(tokens, scores).into_iter().filter(|word| !word.0.starts_with('['));
        words.map(|(word, scores)| (word, scores.iter().sum())).collect()
    };
    says(check_04_2(&without_special), "“[CLS]” is missing");
    // A map from word to score, as the original has it, loses the second of two equal words.
    let map = |tokens: &[String], scores: &[f64]| -> Vec<(String, f64)> {
        let mut words: Vec<(String, f64)> = Vec::new();
        for (word, scores) in pieces(tokens, scores) {
            let sum = scores.iter().sum();
            match words.iter_mut().find(|known| known.0 == word) {
                Some(known) => known.1 = sum,
                None => words.push((word, sum)),
            }
        }
        words
    };
    says(check_04_2(&map), "a word that occurs twice");
}

type Rows = Vec<Vec<f64>>;

fn times(a: &Rows, b: &Rows) -> Rows {
    let n = a.len();
    (0..n).map(|i| (0..n).map(|j| (0..n).map(|k| a[i][k] * b[k][j]).sum()).collect()).collect()
}

fn mixed(attention: &Rows, identity: f64, share: f64) -> Rows {
    let n = attention.len();
    let cell = |i: usize, j: usize| share * (attention[i][j] + if i == j { identity } else { 0.0 });
    (0..n).map(|i| (0..n).map(|j| cell(i, j)).collect()).collect()
}

#[test]
fn rollout() {
    let fold = |identity: f64, share: f64, left: bool| {
        check_04_3(&|layers| {
            let mut layers = layers.iter().map(|layer| mixed(layer, identity, share));
            let first = layers.next().unwrap();
            layers.fold(first, |so_far, layer| if left { times(&layer, &so_far) } else { times(&so_far, &layer) })
        })
    };
    assert!(fold(1.0, 0.5, true).passed());
    says(check_04_3(&|_| vec![]), "not finished yet");
    says(check_04_3(&|layers| vec![layers[0][0].clone()]), "three rows");
    says(fold(0.0, 1.0, true), "add the identity");
    says(fold(1.0, 1.0, true), "divide each row by its sum");
    says(fold(1.0, 0.5, false), "wrong order");
    says(check_04_3(&|layers| mixed(layers.last().unwrap(), 1.0, 0.5)), "the last one alone");
    let cells = |of: &dyn Fn(f64, f64) -> f64| {
        check_04_3(&|layers| {
            let mut layers = layers.iter().map(|layer| mixed(layer, 1.0, 0.5));
            let first = layers.next().unwrap();
            layers.fold(first, |a, b| {
                a.iter().zip(b).map(|(a, b)| a.iter().zip(b).map(|(a, b)| of(*a, b)).collect()).collect()
            })
        })
    };
    says(cells(&|a, b| (a + b) / 2.0), "that is their mean");
    says(cells(&|a, b| a * b), "cell by cell");
}

#[test]
fn the_slope_of_a_difference() {
    let folder = format!("{}/../../tests/fixtures/transformer/bert_classifier", env!("CARGO_MANIFEST_DIR"));
    let model = nn::Transformer::load(&folder).unwrap();
    let slope = |model: &nn::Transformer, input: &Input, weights: &[(usize, f64)]| {
        let run = model.run(&Batch::of(std::slice::from_ref(input)), &Hooks::new().leaf("hook_embed"))?;
        let logits = run.logits()?;
        let mut total = (logits.narrow(1, 0, 1)? * 0.0)?;
        for &(class, weight) in weights {
            total = (total + (logits.narrow(1, class, 1)? * weight)?)?;
        }
        run.gradient(&total, "hook_embed")
    };
    let with = |weights: &dyn Fn(usize, usize) -> Vec<(usize, f64)>| {
        check_04_4(&|model, input, a, b| Ok(slope(model, input, &weights(a, b))?.squeeze(0)?), &model)
    };
    assert!(with(&|a, b| vec![(a, 1.0), (b, -1.0)]).passed());
    says(check_04_4(&|model, input, _, _| Ok(model.embed(input)?.zeros_like()?), &model), "not finished yet");
    says(check_04_4(&|model, input, a, b| slope(model, input, &[(a, 1.0), (b, -1.0)]), &model), ".squeeze(0)");
    says(check_04_4(&|model, _, _, _| model.embedding_matrix(), &model), "the shape");
    says(check_04_4(&|_, _, _, _| Err(Error::new("lost")), &model), "lost");
    says(with(&|a, _| vec![(a, 1.0)]), "F_a alone");
    says(with(&|_, b| vec![(b, 1.0)]), "F_b alone");
    says(with(&|a, b| vec![(a, -1.0), (b, 1.0)]), "but for the sign");
    says(with(&|a, b| vec![(a, 1.0), (b, 1.0)]), "the sum of both");
    says(with(&|_, _| vec![(0, 1.0), (1, -1.0)]), "change its sign");
    says(with(&|a, b| vec![(a, 2.0), (b, -1.0)]), "not the gradient of F_a − F_b");
}
