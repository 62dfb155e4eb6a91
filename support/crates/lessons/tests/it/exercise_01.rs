//! The checks of lesson 01: right answers pass, each usual mistake is named for what it is.

use lessons::exercise::{Verdict, check_01_1, check_01_2, check_01_3, check_01_4};

fn says(verdict: Verdict, words: &str) {
    assert!(!verdict.passed() && verdict.message().contains(words), "expected `{words}`: {verdict}");
}

fn padded(batch: &[Vec<u32>], width: usize) -> (Vec<Vec<u32>>, Vec<Vec<u8>>) {
    let fill = |ids: &Vec<u32>| {
        let (mut row, mut mask) = (ids.clone(), vec![1; ids.len()]);
        row.resize(width, 0);
        mask.resize(width, 0);
        (row, mask)
    };
    batch.iter().map(fill).unzip()
}

fn longest(batch: &[Vec<u32>]) -> usize {
    batch.iter().map(Vec::len).max().unwrap_or(0)
}

#[test]
fn padding_and_masks() {
    assert!(check_01_1(&|batch| padded(batch, longest(batch))).passed());
    says(check_01_1(&|_| (vec![], vec![])), "not finished yet");
    says(check_01_1(&|batch| padded(batch, 6)), "has 6 places");
    says(check_01_1(&|batch| padded(batch, longest(batch).max(4))), "follow the longest row");
    says(check_01_1(&|batch| padded(batch, longest(batch).min(2))), "no word may be cut");
    let front = |batch: &[Vec<u32>]| {
        let (ids, mask) = padded(batch, longest(batch));
        let turn = |(row, words): (Vec<u32>, &Vec<u32>)| {
            let mut row = row;
            row.rotate_left(words.len());
            row
        };
        (ids.into_iter().zip(batch).map(turn).collect(), mask)
    };
    says(check_01_1(&front), "stand in front");
    let inverted = |batch: &[Vec<u32>]| {
        let (ids, mask) = padded(batch, longest(batch));
        (ids, mask.into_iter().map(|row| row.into_iter().map(|m| 1 - m).collect()).collect())
    };
    says(check_01_1(&inverted), "wrong way round");
    let off_ids = |batch: &[Vec<u32>]| {
        let (ids, _) = padded(batch, longest(batch));
        let mask = ids.iter().map(|row| row.iter().map(|&id| u8::from(id != 0)).collect()).collect();
        (ids, mask)
    };
    says(check_01_1(&off_ids), "a word with id 0 is still a word");
    says(
        check_01_1(&|batch| (padded(batch, longest(batch)).0, vec![vec![1; longest(batch)]; batch.len()])),
        "of the mask",
    );
}

/// The rule with its usual mistakes: the loss that must be beaten, how many epochs are waited for.
fn stop(losses: &[f64], patience: usize, equal_is_progress: bool) -> (usize, usize) {
    let (mut best, mut lowest) = (0, f64::INFINITY);
    for (at, &loss) in losses.iter().enumerate() {
        if loss < lowest || (equal_is_progress && loss == lowest) {
            (best, lowest) = (at + 1, loss);
        }
        if at + 1 - best >= patience {
            return (best, at + 1);
        }
    }
    (best, losses.len())
}

#[test]
fn early_stopping() {
    assert!(check_01_2(&|losses, patience| stop(losses, patience, false)).passed());
    says(check_01_2(&|_, _| (0, 0)), "not finished yet");
    says(check_01_2(&|losses, patience| stop(losses, patience, true)), "the kept epoch");
    says(check_01_2(&|losses, patience| stop(losses, patience + 1, false)), "three without progress");
    says(check_01_2(&|losses, _| stop(losses, 1, false)), "you stop at the first loss that rises");
    let from_zero = |losses: &[f64], patience: usize| {
        let (best, last) = stop(losses, patience, false);
        (best - 1, last - 1)
    };
    says(check_01_2(&from_zero), "counted from 0");
    let last = |losses: &[f64], patience: usize| {
        let (_, last) = stop(losses, patience, false);
        (last, last)
    };
    says(check_01_2(&last), "the weights of the last epoch are kept");
    says(check_01_2(&|losses, _| stop(losses, 100, false)), "never sees the ones after");
}

/// Sums of (right − confidence) per bin, how many are in it; `upper`: an edge belongs to the lower bin.
fn bins(confidence: &[f64], right: &[bool], bins: usize, upper: bool) -> Vec<(f64, f64)> {
    let mut found = vec![(0.0, 0.0); bins];
    for (&p, &r) in confidence.iter().zip(right) {
        let place = p * bins as f64;
        let bin = if upper { (place.ceil() as usize).max(1) - 1 } else { (place as usize).min(bins - 1) };
        found[bin].0 += f64::from(r) - p;
        found[bin].1 += 1.0;
    }
    found
}

#[test]
fn calibration_error() {
    let right = |c: &[f64], r: &[bool], n: usize| {
        bins(c, r, n, true).iter().map(|bin| bin.0.abs()).sum::<f64>() / c.len() as f64
    };
    assert!(check_01_3(&right).passed());
    says(check_01_3(&|_, _, _| 0.0), "not finished yet");
    says(check_01_3(&|c, r, n| right(c, r, n) * c.len() as f64), "divide by their number");
    says(
        check_01_3(&|c, r, n| bins(c, r, n, true).iter().map(|bin| bin.0).sum::<f64>().abs() / c.len() as f64),
        "at the end",
    );
    says(
        check_01_3(&|c, r, _| c.iter().zip(r).map(|(p, r)| (f64::from(*r) - p).abs()).sum::<f64>() / c.len() as f64),
        "within a bin",
    );
    says(
        check_01_3(&|c, r, n| bins(c, r, n, false).iter().map(|bin| bin.0.abs()).sum::<f64>() / c.len() as f64),
        "on an edge",
    );
    let unweighted = |c: &[f64], r: &[bool], n: usize| {
        let full: Vec<f64> =
            bins(c, r, n, true).iter().filter(|bin| bin.1 > 0.0).map(|bin| bin.0.abs() / bin.1).collect();
        full.iter().sum::<f64>() / full.len() as f64
    };
    says(check_01_3(&unweighted), "count the same");
    assert!(!check_01_3(&|c, r, n| right(c, r, n + 1)).passed());
}

/// The numbers of reviews that only the first, and only the second classifier gets right.
fn apart(first: &[bool], second: &[bool]) -> (usize, usize) {
    let only = |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(a, b)| **a && !**b).count();
    (only(first, second), only(second, first))
}

/// The probability of `heads` heads or fewer among `coins` fair coins.
fn tail(coins: usize, heads: usize) -> f64 {
    let ways = |k: usize| (0..k).map(|i| (coins - i) as f64 / (i + 1) as f64).product::<f64>();
    (0..=heads).map(ways).sum::<f64>() / 2f64.powi(coins as i32)
}

#[test]
fn mcnemar() {
    let right = |a: &[bool], b: &[bool]| {
        let (a, b) = apart(a, b);
        (2.0 * tail(a + b, a.min(b))).min(1.0)
    };
    assert!(check_01_4(&right).passed());
    says(check_01_4(&|_, _| 0.0), "not finished yet");
    let one_sided = |a: &[bool], b: &[bool]| right(a, b) / 2.0;
    says(check_01_4(&one_sided), "double it");
    let larger = |a: &[bool], b: &[bool]| {
        let (a, b) = apart(a, b);
        2.0 * tail(a + b, a.max(b))
    };
    says(check_01_4(&larger), "take the smaller");
    let one_term = |a: &[bool], b: &[bool]| {
        let (a, b) = apart(a, b);
        let low = a.min(b);
        2.0 * (tail(a + b, low) - if low > 0 { tail(a + b, low - 1) } else { 0.0 })
    };
    says(check_01_4(&one_term), "exactly 2 heads");
    let unbounded = |a: &[bool], b: &[bool]| {
        let (a, b) = apart(a, b);
        2.0 * tail(a + b, a.min(b))
    };
    says(check_01_4(&unbounded), "never above 1");
    let all_count = |a: &[bool], b: &[bool]| {
        let (first, second) = apart(a, b);
        (2.0 * tail(a.len(), first.min(second))).min(1.0)
    };
    assert!(!check_01_4(&all_count).passed());
}
