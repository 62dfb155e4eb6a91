//! The checks of lesson 00: a function, a gradient, a question to a frame.

use super::{Verdict, check, number, require, unfinished};
use ground::Result;
use sources::data::{self, Source};

/// 0.1: the mean of a slice; of nothing it is 0.
pub fn check_00_1(mean: &dyn Fn(&[f64]) -> f64) -> Verdict {
    check("0.1", &|| {
        let (pair, empty) = (mean(&[1.0, 2.0]), mean(&[]));
        unfinished(pair == 0.0 && empty == 0.0, "replace the 0.0 by the sum divided by the number of values")?;
        require(pair != 3.0, "the mean of 1 and 2 came out as 3: that is the sum. Divide by the number of values")?;
        number("the mean of 1 and 2", pair, 1.5, 1e-12)?;
        number("the mean of -1, 0 and 4", mean(&[-1.0, 0.0, 4.0]), 1.0, 1e-12)?;
        require(!empty.is_nan(), "the mean of no values is NaN, 0 divided by 0: return 0.0 when the slice is empty")?;
        number("the mean of no values", empty, 0.0, 0.0)?;
        Ok("one value, many values, no values: all right".to_owned())
    })
}

/// 0.2: the slope of x³, by candle's gradient.
pub fn check_00_2(slope: &dyn Fn(f64) -> Result<f64>) -> Verdict {
    check("0.2", &|| {
        let at_two = slope(2.0)?;
        unfinished(at_two == 0.0, "make x a Var, compute x³ from it, call backward and read the gradient of x")?;
        require(at_two != 8.0, "at x = 2 you return 8: that is the value x³. The slope is in the gradients")?;
        require(at_two != 4.0, "at x = 2 you return 4: that is the slope of x². The function is x³")?;
        for x in [2.0, -1.0, 0.5] {
            number(&format!("the slope of x³ at {x}"), slope(x)?, 3.0 * x * x, 1e-4)?;
        }
        Ok("3x², found without taking a derivative by hand".to_owned())
    })
}

/// 0.3: the share of negative tweets in the hand-written test part.
pub fn check_00_3(negative_share: f64) -> Verdict {
    check("0.3", &|| {
        unfinished(negative_share == 0.0, "count the rows of the test part with label 0, divide by all its rows")?;
        let share = |labels: &[usize]| labels.iter().filter(|&&label| label == 0).count() as f64 / labels.len() as f64;
        let tweets = data::tweets(Source::Bundled)?;
        let (all, test) = (share(&tweets.labels()?), share(&tweets.split("test")?.labels()?));
        let near = |value: f64| (negative_share - value).abs() < 5e-4;
        require(!near(100.0 * test), "that is a percentage: a share lies between 0 and 1")?;
        require(near(test) || !near(all), "that is the share over all rows: take the part `test` first")?;
        number("the share of negative tweets in the test part", negative_share, test, 5e-4)?;
        Ok("this is also the accuracy of always answering \"negative\"".to_owned())
    })
}
