//! The checks of lesson 02: LIME's kernel, the weighted R², leaving one word out.

use super::{Verdict, check, number, numbers, require, unfinished};
use ground::Result;
use text::model::TextClassifier;

/// 2.1: the weight of a sample that keeps `kept` of `all` words.
pub fn check_02_1(kernel: &dyn Fn(f64, f64, f64) -> f64) -> Verdict {
    check("2.1", &|| {
        let expected = |kept: f64, all: f64, width: f64| {
            let distance = 100.0 * (1.0 - (kept / all).sqrt());
            (-(distance / width).powi(2)).exp().sqrt()
        };
        let half = kernel(2.0, 8.0, 25.0);
        unfinished(half == 0.0 && kernel(8.0, 8.0, 25.0) == 0.0, "replace the 0.0 by the formula of step 3")?;
        let near = |value: f64| (half - value).abs() < 1e-9;
        let right = expected(2.0, 8.0, 25.0);
        require(!near(right * right), "you return the square of the weight: the outer square root is missing")?;
        require(
            !near((-(75.0_f64 / 25.0).powi(2)).exp().sqrt()),
            "you take kept / all as the cosine; the cosine of the two masks is its square root",
        )?;
        require(
            !near((-(0.5_f64 / 25.0).powi(2)).exp().sqrt()),
            "the distance lacks its factor 100: all weights come out near 1",
        )?;
        number("the weight of a text that keeps all its 8 words", kernel(8.0, 8.0, 25.0), 1.0, 1e-9)?;
        for (kept, all, width) in [(2.0, 8.0, 25.0), (5.0, 13.0, 25.0), (5.0, 13.0, 10.0), (0.0, 4.0, 25.0)] {
            let what = format!("the weight when {kept} of {all} words are kept, width {width}");
            number(&what, kernel(kept, all, width), expected(kept, all, width), 1e-9)?;
        }
        Ok("the fewer words are left, the less a sample counts".to_owned())
    })
}

/// What exercise 2.2 asks for: R² of `(y, predicted, weights)`.
pub type WeightedR2<'a> = &'a dyn Fn(&[f64], &[f64], &[f64]) -> f64;

/// 2.2: the weighted R² of predictions.
pub fn check_02_2(r2: WeightedR2<'_>) -> Verdict {
    check("2.2", &|| {
        let (y, predicted, weights) = ([0.0, 1.0, 2.0, 5.0], [0.5, 1.0, 1.5, 4.0], [1.0, 0.5, 0.25, 2.0]);
        let found = r2(&y, &predicted, &weights);
        unfinished(found == 0.0 && r2(&y, &y, &weights) == 0.0, "replace the 0.0 by 1 − (sum left) / (sum in all)")?;
        let spread = |mean: f64| (0..4).map(|i| weights[i] * (y[i] - mean).powi(2)).sum::<f64>();
        let left: f64 = (0..4).map(|i| weights[i] * (y[i] - predicted[i]).powi(2)).sum();
        let mean = (0..4).map(|i| weights[i] * y[i]).sum::<f64>() / weights.iter().sum::<f64>();
        let near = |value: f64| (found - value).abs() < 1e-9;
        require(!near(1.0 - left / spread(2.0)), "you use the plain mean of y; take the weighted one, Σwy / Σw")?;
        let unweighted = 1.0 - 1.5 / (0..4).map(|i| (y[i] - 2.0).powi(2)).sum::<f64>();
        require(!near(unweighted), "the weights are not used: multiply each squared difference by its weight")?;
        require(!near(left / spread(mean)), "that is the share that is left unexplained: R² is 1 minus it")?;
        number("the weighted R²", found, 1.0 - left / spread(mean), 1e-9)?;
        number("the R² of perfect predictions", r2(&y, &y, &weights), 1.0, 1e-9)?;
        number("the R² of always predicting the weighted mean", r2(&y, &[mean; 4], &weights), 0.0, 1e-9)?;
        Ok("1 for a perfect fit, 0 for one that is no better than the mean".to_owned())
    })
}

/// A classifier whose probabilities are plain to see: each `late` halves the probability of the first class.
struct Late {
    classes: [String; 2],
}

impl TextClassifier for Late {
    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn probabilities(&self, texts: &[String]) -> Result<Vec<Vec<f64>>> {
        let count = |text: &String| text.split(|c: char| !c.is_alphanumeric()).filter(|word| *word == "late").count();
        Ok(texts.iter().map(|text| 0.5f64.powi(count(text) as i32)).map(|p| vec![p, 1.0 - p]).collect())
    }
}

/// What exercise 2.3 asks for: the drop of a class's probability per word of a text.
pub type LeaveOneOut<'a> = &'a dyn Fn(&dyn TextClassifier, &str, usize) -> Result<Vec<f64>>;

/// 2.3: by how much the probability falls when one word is left out.
pub fn check_02_3(leave_one_out: LeaveOneOut<'_>) -> Verdict {
    check("2.3", &|| {
        let model = Late { classes: ["happy", "angry"].map(String::from) };
        let text = "late flight, late bag";
        let found = leave_one_out(&model, text, 1)?;
        unfinished(found.iter().all(|drop| *drop == 0.0), "ask the model about the text without each of its words")?;
        let expected = [0.75, 0.0, 0.0]; // late, flight, bag: 1 − ¼ falls to 1 − 1
        let opposite: Vec<f64> = expected.iter().map(|drop| -drop).collect();
        require(found != opposite, "the sign is turned: the drop is p(whole text) − p(text without the word)")?;
        require(
            found.first() != Some(&0.25),
            "with one of two `late` removed the drop is 0.25: remove all occurrences of a word together",
        )?;
        require(found.first() != Some(&-0.75), "that is the class 0; explain the class that is asked for")?;
        numbers("the drops for late, flight and bag", &found, &expected, 1e-9)?;
        let other = leave_one_out(&model, text, 0)?;
        numbers("the drops of the other class", &other, &opposite, 1e-9)?;
        Ok("one question to the model per word, and no linear model needed".to_owned())
    })
}
