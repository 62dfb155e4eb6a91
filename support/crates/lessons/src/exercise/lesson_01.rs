//! The checks of lesson 01: padding and masks, early stopping, the expected calibration error.

use super::{Verdict, check, count, number, require, unfinished};

/// What exercise 1.1 asks for: the padded ids of a batch, and its mask.
pub type Pad<'a> = &'a dyn Fn(&[Vec<u32>]) -> (Vec<Vec<u32>>, Vec<Vec<u8>>);

/// 1.1: a batch filled up with zeros, and the mask of its words.
pub fn check_01_1(pad: Pad<'_>) -> Verdict {
    check("1.1", &|| {
        let batch = [vec![5, 6], vec![7, 8, 9, 4], vec![3]];
        let (ids, mask) = pad(&batch);
        unfinished(ids.is_empty() && mask.is_empty(), "return the padded ids and the mask")?;
        count("the rows of ids", ids.len(), 3)?;
        count("the rows of the mask", mask.len(), 3)?;
        for (row, original) in batch.iter().enumerate() {
            let (found, n) = (ids[row].len(), original.len());
            require(found >= n, &format!("row {row} of the ids has {found} places for {n} words: no word may be cut"))?;
        }
        for (row, original) in batch.iter().enumerate() {
            let n = original.len();
            require(
                ids[row].len() == 4,
                &format!("row {row} of the ids has {} places; the longest row has 4 words", ids[row].len()),
            )?;
            require(
                n == 4 || !ids[row].ends_with(original),
                "your zeros stand in front of the words; put them behind",
            )?;
            require(
                ids[row].starts_with(original),
                &format!("row {row} of the ids does not begin with its own words"),
            )?;
            require(
                ids[row][n..].iter().all(|&id| id == 0),
                &format!("row {row}: the places behind the words are not 0"),
            )?;
            let right: Vec<u8> = (0..4).map(|at| u8::from(at < n)).collect();
            let inverted: Vec<u8> = right.iter().map(|m| 1 - m).collect();
            require(n == 4 || mask[row] != inverted, "the mask is the wrong way round: 1 is a word, 0 is padding")?;
            require(
                mask[row] == right,
                &format!("row {row} of the mask is {:?}, expected {right:?} for {n} words", mask[row]),
            )?;
        }
        let (ids, mask) = pad(&[vec![0, 2], vec![1]]);
        require(ids.iter().all(|row| row.len() == 2), "the length must follow the longest row of each batch")?;
        require(
            mask.first() == Some(&vec![1, 1]),
            "you read the mask off the ids: a word with id 0 is still a word; use the length of the row",
        )?;
        let (ids, mask) = pad(&[]);
        require(ids.is_empty() && mask.is_empty(), "an empty batch has no rows")?;
        Ok("each batch is as wide as its longest review, no wider".to_owned())
    })
}

/// What exercise 1.2 asks for: the epoch that is kept and the last one, of losses and a patience.
pub type EarlyStopping<'a> = &'a dyn Fn(&[f64], usize) -> (usize, usize);

/// 1.2: which epoch is kept and which is the last, counted from 1.
pub fn check_01_2(early_stopping: EarlyStopping<'_>) -> Verdict {
    check("1.2", &|| {
        let losses = [0.60, 0.45, 0.41, 0.43, 0.42, 0.44, 0.43, 0.30];
        let found = early_stopping(&losses, 3);
        unfinished(found == (0, 0), "return the kept epoch and the last one")?;
        require(found != (2, 5), "right, but counted from 0; count epochs from 1")?;
        require(found.0 != 8, "you look at all losses; training never sees the ones after it has stopped")?;
        require(
            found != (3, 7) && found != (3, 5),
            "one epoch too many or too few: epochs 4, 5 and 6 are three without progress",
        )?;
        require(found != (3, 4), "you stop at the first loss that rises; patience 3 waits for three epochs in a row")?;
        require(found.0 != found.1, "the weights of the last epoch are kept; early stopping takes back the best ones")?;
        let case = |losses: &[f64], patience: usize, right: (usize, usize)| {
            let found = early_stopping(losses, patience);
            let what = format!("losses {losses:?}, patience {patience}");
            count(&format!("{what}: the kept epoch"), found.0, right.0)?;
            count(&format!("{what}: the last epoch"), found.1, right.1)
        };
        case(&losses, 3, (3, 6))?;
        case(&[0.5, 0.6, 0.4, 0.7, 0.3], 2, (5, 5))?; // the count starts again after each progress
        case(&[0.5, 0.5, 0.5], 2, (1, 3))?; // equal is no progress
        case(&[0.5, 0.4, 0.3], 3, (3, 3))?;
        case(&[0.5, 0.4, 0.45, 0.3], 1, (2, 3))?;
        Ok("patience bridges a bad epoch, and costs at most that many epochs".to_owned())
    })
}

/// What exercise 1.3 asks for: the error of confidences, whether each was right, and a number of bins.
pub type CalibrationError<'a> = &'a dyn Fn(&[f64], &[bool], usize) -> f64;

/// 1.3: the expected calibration error of confidences and whether the predictions are right.
pub fn check_01_3(calibration_error: CalibrationError<'_>) -> Verdict {
    check("1.3", &|| {
        // Four bins: .5 in the second (its upper edge), .6 and .7 in the third, the rest in the fourth.
        let (confidence, right) = ([0.5, 0.7, 0.9, 0.95, 1.0, 0.6], [false, true, true, false, true, true]);
        let found = calibration_error(&confidence, &right, 4);
        unfinished(found == 0.0 && calibration_error(&[0.9, 0.8], &[false, false], 10) == 0.0, "replace the 0.0")?;
        let expected = |confidence: &[f64], right: &[bool], bins: usize| {
            let mut gap = vec![0.0f64; bins];
            for (&p, &r) in confidence.iter().zip(right) {
                gap[((p * bins as f64).ceil() as usize).clamp(1, bins) - 1] += f64::from(r) - p;
            }
            gap.iter().map(|gap| gap.abs()).sum::<f64>() / confidence.len() as f64
        };
        let value = expected(&confidence, &right, 4);
        let near = |other: f64| (found - other).abs() < 1e-9;
        require(!near(value * 6.0), "that is the sum over the predictions; divide by their number")?;
        let total: f64 = confidence.iter().zip(right).map(|(p, r)| f64::from(r) - p).sum();
        require(
            !near(total.abs() / 6.0),
            "you take the absolute value at the end; it belongs around each bin, or too high and too low cancel",
        )?;
        let single: f64 = confidence.iter().zip(right).map(|(p, r)| (f64::from(r) - p).abs()).sum();
        require(!near(single / 6.0), "you take the gap of each prediction; average within a bin first")?;
        // The lower edge instead of the upper: .5 goes one bin up.
        let mut lower = [0.0f64; 4];
        for (&p, &r) in confidence.iter().zip(&right) {
            lower[((p * 4.0) as usize).min(3)] += f64::from(r) - p;
        }
        require(
            !near(lower.iter().map(|gap| gap.abs()).sum::<f64>() / 6.0),
            "a confidence on an edge belongs to the lower bin: use `ceil() − 1`",
        )?;
        let each = expected(&[0.5], &[false], 4)
            + expected(&[0.7, 0.6], &[true, true], 4)
            + expected(&[0.9, 0.95, 1.0], &[true, false, true], 4);
        require(
            !near(each / 3.0) && !near(each / 4.0),
            "all bins count the same in your mean; weight each by its number of predictions",
        )?;
        number("the error of six predictions in 4 bins", found, value, 1e-9)?;
        number(
            "the error of two right predictions with confidence 1",
            calibration_error(&[1.0, 1.0], &[true, true], 10),
            0.0,
            1e-9,
        )?;
        number(
            "the error when 4 of 5 answers with confidence 0.8 are right",
            calibration_error(&[0.8; 5], &[true, true, true, true, false], 10),
            0.0,
            1e-9,
        )?;
        number(
            "the error of one wrong prediction with confidence 0.9",
            calibration_error(&[0.9], &[false], 10),
            0.9,
            1e-9,
        )?;
        Ok("it is zero for a model that is right as often as it says, however often that is".to_owned())
    })
}

/// What exercise 1.4 asks for: from whether two classifiers are right, the probability under equal quality.
pub type Mcnemar<'a> = &'a dyn Fn(&[bool], &[bool]) -> f64;

/// 1.4: McNemar's exact test of two classifiers on the same reviews.
pub fn check_01_4(mcnemar: Mcnemar<'_>) -> Verdict {
    check("1.4", &|| {
        // Right for both, for the first only, for the second only, for neither.
        let case = |both: usize, first: usize, second: usize, neither: usize| {
            let answers = |a: usize, b: usize, c: usize| [vec![true; a], vec![false; b], vec![true; c]].concat();
            let mut one = [vec![true; both + first], vec![false; second]].concat();
            let mut two = answers(both, first, second);
            one.extend(vec![false; neither]);
            two.extend(vec![false; neither]);
            mcnemar(&one, &two)
        };
        let found = case(5, 8, 2, 3);
        unfinished(found == 0.0 && case(1, 1, 0, 0) == 0.0, "replace the 0.0")?;
        // Ten coins, at most two heads: (1 + 10 + 45) / 1024.
        let tail = 56.0 / 1024.0;
        let near = |other: f64| (found - other).abs() < 1e-9;
        require(!near(tail), "that is one side only; unevenness the other way counts too: double it")?;
        require(!near(2.0 * 45.0 / 1024.0), "you count exactly 2 heads; add the less likely cases, 0 and 1")?;
        require(
            !near(2.0 * 1013.0 / 1024.0) && !near(2.0 * (1.0 - tail)),
            "you sum up to the larger of the two counts; take the smaller",
        )?;
        number("8 reviews right only for the first, 2 only for the second", found, 2.0 * tail, 1e-9)?;
        number("the same with the classifiers exchanged", case(5, 2, 8, 3), 2.0 * tail, 1e-9)?;
        number(
            "the same with more reviews on which both agree (they must not count)",
            case(50, 8, 2, 30),
            2.0 * tail,
            1e-9,
        )?;
        number("four reviews each way (a probability is never above 1)", case(3, 4, 4, 1), 1.0, 1e-9)?;
        number("no review that tells the two apart", case(6, 0, 0, 2), 1.0, 1e-9)?;
        number("twelve reviews, all for the second", case(0, 0, 12, 0), 2.0 / 4096.0, 1e-12)?;
        Ok("only the reviews on which they differ count; with few of them no difference is certain".to_owned())
    })
}
