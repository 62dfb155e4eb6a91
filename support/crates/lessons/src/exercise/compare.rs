//! Comparisons for checks, each of which says in words how an answer differs from what was expected.
//!
//! They recognise the usual slips: another length, not-a-number, a flipped sign, a constant factor, another order.

use ground::{Result, bail};

/// The answer is still the starter's: nothing has been written yet.
pub fn unfinished(is_starter: bool, what_to_do: &str) -> Result<()> {
    if is_starter {
        bail!("not finished yet: {what_to_do}");
    }
    Ok(())
}

/// A condition with the sentence to show when it does not hold.
pub fn require(holds: bool, what_is_wrong: &str) -> Result<()> {
    if !holds {
        bail!("{what_is_wrong}");
    }
    Ok(())
}

/// One number, up to `tolerance`.
pub fn number(what: &str, found: f64, expected: f64, tolerance: f64) -> Result<()> {
    if !found.is_finite() {
        bail!("{what} is {found}; is there a division by zero or a logarithm of zero?");
    }
    if close(found, expected, tolerance) {
        return Ok(());
    }
    let hint = match slip(&[found], &[expected], tolerance) {
        Some(hint) => format!(": {hint}"),
        None => String::new(),
    };
    bail!("{what} is {}, expected {}{hint}", shown(found), shown(expected));
}

/// A row of numbers, each up to `tolerance`.
pub fn numbers(what: &str, found: &[f64], expected: &[f64], tolerance: f64) -> Result<()> {
    if found.is_empty() && !expected.is_empty() {
        bail!("{what}: your answer is empty, expected {} numbers", expected.len());
    }
    if found.len() != expected.len() {
        bail!("{what}: {} numbers, expected {}", found.len(), expected.len());
    }
    if let Some(at) = found.iter().position(|x| !x.is_finite()) {
        bail!("{what}: number {} of {} is {}; is there a division by zero?", at + 1, found.len(), found[at]);
    }
    let wrong: Vec<usize> = (0..found.len()).filter(|&at| !close(found[at], expected[at], tolerance)).collect();
    let Some(&first) = wrong.first() else { return Ok(()) };
    if let Some(hint) = slip(found, expected, tolerance) {
        bail!("{what}: {hint}");
    }
    let (a, b) = (shown(found[first]), shown(expected[first]));
    bail!("{what}: {} of {} are wrong; number {} is {a}, expected {b}", wrong.len(), found.len(), first + 1);
}

/// A number of things.
pub fn count(what: &str, found: usize, expected: usize) -> Result<()> {
    match found {
        _ if found == expected => Ok(()),
        _ if found == expected + 1 => bail!("{what}: {found}, expected {expected}; is it one too many at an end?"),
        _ if found + 1 == expected => bail!("{what}: {found}, expected {expected}; is one missing at an end?"),
        _ => bail!("{what}: {found}, expected {expected}"),
    }
}

/// A row of words, in order.
pub fn words(what: &str, found: &[String], expected: &[String]) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    if found.is_empty() {
        bail!("{what}: your answer is empty, expected {} words", expected.len());
    }
    let sorted = |words: &[String]| {
        let mut words = words.to_vec();
        words.sort();
        words
    };
    if sorted(found) == sorted(expected) {
        bail!("{what}: the right words in another order; “{}” comes first", expected[0]);
    }
    let lower = |words: &[String]| words.iter().map(|word| word.to_lowercase()).collect::<Vec<_>>();
    if lower(found) == lower(expected) {
        bail!("{what}: right but for capital letters");
    }
    if let Some(missing) = expected.iter().find(|word| !found.contains(word)) {
        bail!("{what}: “{missing}” is missing ({} words, expected {})", found.len(), expected.len());
    }
    if let Some(extra) = found.iter().find(|word| !expected.contains(word)) {
        bail!("{what}: “{extra}” does not belong there ({} words, expected {})", found.len(), expected.len());
    }
    bail!("{what}: {} words, expected {}; some word occurs more or less often", found.len(), expected.len());
}

fn close(found: f64, expected: f64, tolerance: f64) -> bool {
    (found - expected).abs() <= tolerance
}

/// The usual slip that turns the expected numbers into those found, if there is one.
fn slip(found: &[f64], expected: &[f64], tolerance: f64) -> Option<String> {
    let same = |other: &dyn Fn(usize) -> f64| (0..found.len()).all(|at| close(found[at], other(at), tolerance));
    // Near zero everything resembles everything.
    let largest = expected.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    if largest <= 4.0 * tolerance {
        return None;
    }
    let last = found.len() - 1;
    if found.iter().all(|x| *x == 0.0) {
        return Some("all zero: is this still the starter?".to_owned());
    }
    if same(&|at| -expected[at]) {
        return Some("right but for the sign".to_owned());
    }
    if same(&|at| expected[last - at]) {
        return Some("the right numbers in reverse order".to_owned());
    }
    let mut sorted = (found.to_vec(), expected.to_vec());
    sorted.0.sort_by(f64::total_cmp);
    sorted.1.sort_by(f64::total_cmp);
    if sorted.0.iter().zip(&sorted.1).all(|(a, b)| close(*a, *b, tolerance)) {
        return Some("the right numbers in another order".to_owned());
    }
    let at = (0..expected.len()).max_by(|&a, &b| expected[a].abs().total_cmp(&expected[b].abs()))?;
    let factor = found[at] / expected[at];
    if found.len() > 1 && factor != 0.0 && same(&|at| expected[at] * factor) {
        return Some(format!("each is {} times what it should be: a factor is missing or too much", shown(factor)));
    }
    let shift = found[0] - expected[0];
    if found.len() > 2 && same(&|at| expected[at] + shift) {
        return Some(format!("each is off by {}: something is added or left out", shown(shift)));
    }
    None
}

fn shown(x: f64) -> String {
    if x != 0.0 && !(1e-3..1e6).contains(&x.abs()) {
        return format!("{x:.3e}");
    }
    let text = format!("{x:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
