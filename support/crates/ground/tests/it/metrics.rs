//! Measures against scikit-learn and scipy (fixtures/metrics.json), and against what can be computed by hand.

use std::cell::Cell;

use ground::Result;
use ground::statistics::{
    average_precision, bootstrap, bootstrap_difference, bootstrap_statistic, expected_calibration_error, macro_f1,
    per_class, reliability,
};
use polars::prelude::DataFrame;
use serde_json::{self, Value};

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/metrics.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn indices(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|number| number.as_u64().unwrap() as usize).collect()
}

fn column(frame: &DataFrame, name: &str) -> Vec<Option<f64>> {
    frame.column(name).unwrap().f64().unwrap().iter().collect()
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "found {found}, expected {expected}");
}

fn message<T>(result: Result<T>) -> String {
    result.err().map(|error| error.to_string()).unwrap_or_else(|| "no error".to_owned())
}

#[test]
fn precision_recall_and_f1_are_those_of_scikit_learn() -> Result<()> {
    let expected = &fixture()["classes"];
    let (labels, predicted) = (indices(&expected["labels"]), indices(&expected["predicted"]));
    let classes = ["a", "b", "c", "d"].map(String::from);
    let frame = per_class(&labels, &predicted, &classes)?;
    for name in ["precision", "recall", "f1"] {
        for (class, (found, sklearn)) in column(&frame, name).iter().zip(numbers(&expected[name])).enumerate() {
            match found {
                Some(found) => close(*found, sklearn),
                // Class d is never predicted: scikit-learn warns and says 0.
                None => assert!(name == "precision" && class == 3 && sklearn == 0.0),
            }
        }
    }
    let rows: Vec<usize> = frame.column("rows")?.u32()?.iter().map(|n| n.unwrap_or(0) as usize).collect();
    assert_eq!(rows, indices(&expected["rows"]));
    close(macro_f1(&labels, &predicted)?, expected["macro_f1"].as_f64().unwrap());
    // Class 1 does not occur at all and does not count; classes 0 and 2 are perfect.
    close(macro_f1(&[0, 2, 2], &[0, 2, 2])?, 1.0);
    close(macro_f1(&[0, 0], &[1, 1])?, 0.0);
    Ok(())
}

#[test]
fn calibration_is_that_of_scikit_learn() -> Result<()> {
    let expected = &fixture()["calibration"];
    let labels = indices(&expected["labels"]);
    let probabilities: Vec<Vec<f64>> = expected["probabilities"].as_array().unwrap().iter().map(numbers).collect();
    let frame = reliability(&labels, &probabilities, 10)?;
    let texts: Vec<usize> = frame.column("texts")?.u32()?.iter().map(|n| n.unwrap_or(0) as usize).collect();
    assert_eq!(texts, indices(&expected["texts"]));
    for name in ["confidence", "accuracy"] {
        // scikit-learn leaves empty bins out; ours have no number.
        assert_eq!(column(&frame, name).iter().filter(|cell| cell.is_none()).count(), 3);
        let filled = column(&frame, name).into_iter().flatten();
        filled.zip(numbers(&expected[name])).for_each(|(found, sklearn)| close(found, sklearn));
    }
    close(expected_calibration_error(&labels, &probabilities, 10)?, expected["ece"].as_f64().unwrap());
    Ok(())
}

#[test]
fn calibration_by_hand() -> Result<()> {
    // Four times 75 % sure, three times right: perfect. An edge belongs to the bin below it: 0.5 is in (0.4, 0.5].
    let sure = vec![vec![0.75, 0.25]; 4];
    close(expected_calibration_error(&[0, 0, 0, 1], &sure, 10)?, 0.0);
    close(expected_calibration_error(&[1, 1, 1, 1], &sure, 10)?, 0.75);
    // In one bin over-confidence and under-confidence cancel; in ten they do not.
    let mixed = [vec![0.9, 0.1], vec![0.6, 0.4]];
    close(expected_calibration_error(&[1, 0], &mixed, 1)?, 0.25);
    close(expected_calibration_error(&[1, 0], &mixed, 10)?, 0.65);
    let edges = reliability(&[0, 0, 1], &[vec![0.5, 0.5], vec![1.0, 0.0], vec![0.7, 0.3]], 10)?;
    let texts: Vec<u32> = edges.column("texts")?.u32()?.iter().flatten().collect();
    assert_eq!(texts, [0, 0, 0, 0, 1, 0, 1, 0, 0, 1]);
    assert_eq!(column(&edges, "accuracy")[6], Some(0.0));
    Ok(())
}

#[test]
fn average_precision_is_that_of_scikit_learn() -> Result<()> {
    for ranking in fixture()["rankings"].as_array().unwrap() {
        let relevant: Vec<bool> =
            ranking["relevant"].as_array().unwrap().iter().map(|mark| mark.as_bool().unwrap()).collect();
        let (scores, sklearn) = (numbers(&ranking["scores"]), ranking["average_precision"].as_f64().unwrap());
        close(average_precision(&relevant, &scores)?, sklearn);
        // The order of the items means nothing, also where scores tie.
        let (mut back, mut marks) = (scores.clone(), relevant.clone());
        back.reverse();
        marks.reverse();
        close(average_precision(&marks, &back)?, sklearn);
    }
    close(average_precision(&[true, false, true], &[3.0, 2.0, 1.0])?, (1.0 + 2.0 / 3.0) / 2.0);
    close(average_precision(&[true, false, false, false], &[0.0; 4])?, 0.25);
    close(average_precision(&[false, true], &[-0.0, 0.0])?, 0.5); // −0 and 0 are equal
    Ok(())
}

#[test]
fn bootstrap_intervals_are_those_of_scipy_up_to_chance() -> Result<()> {
    let fixture = fixture();
    let expected = &fixture["bootstrap"];
    let values = numbers(&expected["values"]);
    let mean = bootstrap(&values, 20_000, 1)?;
    close(mean.estimate, values.iter().sum::<f64>() / values.len() as f64);
    let near = |found: f64, scipy: &Value, width: f64| {
        let scipy = scipy.as_f64().unwrap();
        assert!((found - scipy).abs() < 0.05 * width, "{found}, scipy {scipy}");
    };
    let width = mean.high - mean.low;
    near(mean.low, &expected["mean"][0], width);
    near(mean.high, &expected["mean"][1], width);

    let median = |rows: &[usize]| {
        let mut drawn: Vec<f64> = rows.iter().map(|&row| values[row]).collect();
        drawn.sort_by(f64::total_cmp);
        Ok((drawn[(drawn.len() - 1) / 2] + drawn[drawn.len() / 2]) / 2.0)
    };
    let median = bootstrap_statistic(values.len(), &median, 20_000, 1)?;
    near(median.low, &expected["median"][0], median.high - median.low);
    near(median.high, &expected["median"][1], median.high - median.low);

    let classes = &fixture["classes"];
    let (labels, first) = (indices(&classes["labels"]), indices(&classes["predicted"]));
    let second = indices(&expected["second"]);
    let found = bootstrap_difference(&labels, &first, &second, 20_000, 1)?;
    let right = |guess: &[usize]| guess.iter().zip(&labels).filter(|(a, b)| a == b).count() as f64 / 200.0;
    close(found.estimate, right(&first) - right(&second));
    near(found.low, &expected["difference"][0], found.high - found.low);
    near(found.high, &expected["difference"][1], found.high - found.low);
    assert!(!found.contains(0.0) && found.contains(found.estimate));
    // Swapped: the same interval with the other sign, because the rows that are drawn are the same.
    let swapped = bootstrap_difference(&labels, &second, &first, 20_000, 1)?;
    close(swapped.low, -found.high);
    close(swapped.high, -found.low);
    Ok(())
}

#[test]
fn percentiles_are_those_of_numpy_and_the_seed_decides() -> Result<()> {
    // A statistic that counts its calls: the samples are 0, 1, 4, 9, …
    let calls = Cell::new(-1i32);
    let count = |_: &[usize]| {
        calls.set(calls.get() + 1);
        Ok(f64::from((calls.get() - 1).max(0)).powi(2))
    };
    let found = bootstrap_statistic(5, &count, 1000, 0)?;
    let expected = numbers(&fixture()["percentiles"]);
    assert!((found.low - expected[0]).abs() < 1e-6 && (found.high - expected[1]).abs() < 1e-6, "{found:?}");
    // Every draw has as many rows as there are, and all of them occur.
    let seen = Cell::new([0usize; 5]);
    let look = |rows: &[usize]| {
        assert_eq!(rows.len(), 5);
        let mut counts = seen.get();
        rows.iter().for_each(|&row| counts[row] += 1);
        seen.set(counts);
        Ok(0.0)
    };
    bootstrap_statistic(5, &look, 1000, 0)?;
    assert!(seen.get().iter().all(|count| (850..1150).contains(count)), "{:?}", seen.get());

    let values = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0];
    assert_eq!(bootstrap(&values, 1000, 3)?, bootstrap(&values, 1000, 3)?);
    let seeds: Vec<f64> = (0..20).map(|seed| Ok(bootstrap(&values, 100, seed)?.low)).collect::<Result<_>>()?;
    assert!(seeds.iter().any(|low| *low != seeds[0]));
    assert_eq!(format!("{}", bootstrap(&[2.0; 9], 100, 0)?), "2.000 (95 %: 2.000 to 2.000)");
    Ok(())
}

#[test]
fn mistakes_are_said_in_words() {
    let row = |p: f64| vec![vec![p, 1.0 - p]];
    let cases = [
        (message(macro_f1(&[0], &[])), "1 labels but 0 predictions"),
        (message(macro_f1(&[], &[])), "there are no labels"),
        (message(per_class(&[0], &[2], &["a".to_owned()])), "there is no class 2"),
        (message(reliability(&[0, 1], &row(0.5), 10)), "2 labels and 1 rows"),
        (message(reliability(&[], &[], 10)), "give one row per text, at least one"),
        (message(reliability(&[0], &row(0.5), 0)), "0 bins"),
        (message(reliability(&[2], &row(0.5), 10)), "has label 2, but its row holds 2 probabilities"),
        (message(expected_calibration_error(&[0], &row(1.5), 10)), "apply softmax to logits"),
        (message(expected_calibration_error(&[0], &[vec![0.5, 0.6]], 10)), "sum to 1"),
        (message(expected_calibration_error(&[0], &[vec![f64::NAN, 0.6]], 10)), "NaN"),
        (message(average_precision(&[true], &[])), "1 marks of relevance but 0 scores"),
        (message(average_precision(&[true], &[f64::NAN])), "score 0 is NaN"),
        (message(average_precision(&[false, false], &[1.0, 2.0])), "found none among 2"),
        (message(average_precision(&[], &[])), "found none among 0"),
        (message(bootstrap(&[], 1000, 0)), "there are none"),
        (message(bootstrap(&[1.0], 10, 0)), "10 samples are too few"),
        (message(bootstrap(&[1.0, f64::INFINITY], 1000, 0)), "value 1 is inf"),
        (message(bootstrap_statistic(3, &|_| Ok(f64::NAN), 1000, 0)), "the statistic is NaN on sample 0"),
        (message(bootstrap_difference(&[0, 1], &[0, 1], &[0], 1000, 0)), "2 labels but 1 predictions"),
    ];
    for (found, expected) in cases {
        assert!(found.contains(expected), "expected “{expected}”, found “{found}”");
    }
}
