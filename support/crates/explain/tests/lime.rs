//! LIME against the package `lime` and scikit-learn (fixtures/lime.json), Captum's tests, and identities.

#[path = "../../../tests/again/mod.rs"]
mod again;
#[path = "it/names.rs"]
mod names;

use crate::names::attribution::lime::{
    Lime, Units, distances, perturb, select_features, weighted_lasso, weighted_ridge, weights,
};
use crate::names::data::{self, Source};
use crate::names::evaluation::spearman;
use crate::names::model::TextClassifier;
use crate::names::rand::{Rng, SeedableRng};
use crate::names::rand_chacha::ChaCha8Rng;
use crate::names::serde_json::{self, Value};
use crate::names::text::{LogisticRegression, Solver, TfIdf, TfidfClassifier};
use crate::names::{Result, text};

fn fixture() -> Value {
    serde_json::from_str(include_str!("../../../tests/fixtures/lime.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found - expected).abs() <= tolerance, "found {found}, expected {expected} ± {tolerance}");
}

/// The model of fixtures/make_lime.py: softmax of a sum over distinct words and neighbouring pairs.
struct Fixture {
    classes: Vec<String>,
    made: Value,
}

impl Fixture {
    fn new() -> Fixture {
        Fixture { classes: ["0", "1", "2"].map(String::from).to_vec(), made: fixture() }
    }
}

impl TextClassifier for Fixture {
    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn probabilities(&self, texts: &[String]) -> Result<Vec<Vec<f64>>> {
        let row = |text: &String| {
            let words: Vec<String> = text::words(&text.to_lowercase()).into_iter().map(|word| word.text).collect();
            let mut terms: Vec<(&str, String)> = words.iter().map(|word| ("words", word.clone())).collect();
            terms.extend(words.windows(2).map(|pair| ("pairs", pair.join(" "))));
            terms.sort();
            terms.dedup();
            let mut logits = numbers(&self.made["bias"]);
            for (kind, term) in terms {
                if let Some(weight) = self.made[kind].get(&term) {
                    logits.iter_mut().zip(numbers(weight)).for_each(|(logit, weight)| *logit += weight);
                }
            }
            let powers: Vec<f64> = logits.iter().map(|logit| logit.exp()).collect();
            powers.iter().map(|power| power / powers.iter().sum::<f64>()).collect()
        };
        Ok(texts.iter().map(row).collect())
    }
}

/// A "probability" that is linear in which words occur (small letters matter), for identities.
struct LinearModel {
    classes: Vec<String>,
    bias: f64,
    weights: Vec<(&'static str, f64)>,
    /// Added when both words occur.
    together: Option<(&'static str, &'static str, f64)>,
}

impl LinearModel {
    fn new(bias: f64, weights: &[(&'static str, f64)]) -> LinearModel {
        LinearModel { classes: vec!["no".into(), "yes".into()], bias, weights: weights.to_vec(), together: None }
    }
}

impl TextClassifier for LinearModel {
    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn probabilities(&self, texts: &[String]) -> Result<Vec<Vec<f64>>> {
        let row = |text: &String| {
            let words = text::words(text);
            let has = |wanted: &str| words.iter().any(|word| word.text == wanted);
            let mut p = self.bias + self.weights.iter().filter(|(word, _)| has(word)).map(|(_, w)| w).sum::<f64>();
            if let Some((first, second, weight)) = self.together {
                p += if has(first) && has(second) { weight } else { 0.0 };
            }
            vec![1.0 - p, p]
        };
        Ok(texts.iter().map(row).collect())
    }
}

/// lime/tests/test_lime_text.py of the reference.
#[test]
fn units_of_the_reference() {
    let units = Units::words("Please, take your time. Please").unwrap();
    assert_eq!(units.names, ["Please", "take", "your", "time"]);
    assert_eq!(units.starts, [0, 6, 8, 12, 13, 17, 18, 22, 24]);
    assert_eq!(units.positions, [vec![0, 8], vec![2], vec![4], vec![6]]);
    assert_eq!(units.text(&[0.0, 1.0, 1.0, 0.0]), ", take your . ");
    assert_eq!(units.text(&[1.0; 4]), "Please, take your time. Please");

    let each = Units::occurrences("Please, take your time. Please").unwrap();
    assert_eq!(each.names, ["Please", "take", "your", "time", "Please"]);
    assert_eq!(each.text(&[1.0, 1.0, 0.0, 1.0, 0.0]), "Please, take UNKWORDZ time. UNKWORDZ");
}

#[test]
fn units_in_any_alphabet() {
    let text = "¡Ñandú 🙂🙂 не, не поздно! 很好，谢谢";
    let units = Units::words(text).unwrap();
    assert_eq!(units.names, ["Ñandú", "не", "поздно", "很好", "谢谢"]);
    assert_eq!(units.pieces.concat(), text);
    let characters: Vec<char> = text.chars().collect();
    for (piece, &start) in units.pieces.iter().zip(&units.starts) {
        assert_eq!(characters[start..start + piece.chars().count()].iter().collect::<String>(), *piece);
    }
}

#[test]
fn phrases_are_one_unit() {
    let mut units = Units::words("Not good, not bad: NOT  good, so not").unwrap();
    units.join("not good").unwrap();
    assert_eq!(units.names, ["not good", "not", "bad", "so"]);
    assert_eq!(units.text(&[0.0, 1.0, 1.0, 1.0]), " , not bad:   , so not");
    assert_eq!(units.neighbours(), [(0, 1), (1, 2), (2, 0), (0, 3), (3, 1)]);

    let mut each = Units::occurrences("not good, not good").unwrap();
    each.join("not good").unwrap();
    assert_eq!(each.names, ["not good", "not good"]);
}

#[test]
fn masks_follow_the_reference() {
    let masks = perturb(8, 40_001, 3);
    assert_eq!(masks[0], [1.0; 8]);
    // The number of removed units is even over 1..=8, and so is each unit's chance.
    let mut removed = [0usize; 9];
    let mut per_unit = [0usize; 8];
    for mask in &masks[1..] {
        removed[mask.iter().filter(|&&kept| kept == 0.0).count()] += 1;
        (0..8).filter(|&unit| mask[unit] == 0.0).for_each(|unit| per_unit[unit] += 1);
    }
    assert_eq!(removed[0], 0);
    for &count in &removed[1..] {
        close(count as f64, 5_000.0, 5.0 * 66.0); // binomial: sd = sqrt(40000/8 · 7/8) = 66
    }
    for count in per_unit {
        close(count as f64, 40_000.0 * 4.5 / 8.0, 5.0 * 99.0); // sd < sqrt(40000 · 0.5625 · 0.4375) = 99
    }
    assert_eq!(masks, perturb(8, 40_001, 3));
    assert_ne!(masks, perturb(8, 40_001, 4));
}

#[test]
fn distances_weights_and_fits_equal_the_packages() {
    let fits = &fixture()["fits"];
    let masks: Vec<Vec<f64>> = fits["masks"].as_array().unwrap().iter().map(numbers).collect();
    let (outputs, expected) = (numbers(&fits["outputs"]), numbers(&fits["weights"]));
    let far = distances(&masks);
    let near = weights(&far, 25.0);
    for i in 0..masks.len() {
        close(far[i], numbers(&fits["distances"])[i], 1e-10);
        close(near[i], expected[i], 1e-12);
    }
    for (kind, tolerance) in [("ridge", 1e-10), ("lasso", 1e-7)] {
        let fit = if kind == "ridge" { weighted_ridge } else { weighted_lasso };
        for case in fits[kind].as_array().unwrap() {
            let found = fit(&masks, &outputs, &near, case["alpha"].as_f64().unwrap()).unwrap();
            for (found, expected) in found.coefficients.iter().zip(numbers(&case["coefficients"])) {
                close(*found, expected, tolerance);
            }
            close(found.intercept, case["intercept"].as_f64().unwrap(), tolerance);
            close(found.r2, case["r2"].as_f64().unwrap(), tolerance);
        }
    }
    for case in fits["selection"].as_array().unwrap() {
        let found = select_features(&masks, &outputs, &near, case["most"].as_u64().unwrap() as usize).unwrap();
        let expected: Vec<usize> = numbers(&case["columns"]).iter().map(|&column| column as usize).collect();
        assert_eq!(found, expected);
    }
}

/// Means over seeds agree within the sampling error of both programs.
#[test]
fn explanations_agree_with_the_package() {
    let model = Fixture::new();
    const SEEDS: usize = 40;
    for case in model.made["explanations"].as_array().unwrap() {
        let (text, target) = (case["text"].as_str().unwrap(), case["target"].as_u64().unwrap() as usize);
        let expected = numbers(&case["scores"]);
        let each = !case["bow"].as_bool().unwrap();
        let mut runs = Vec::new();
        for seed in 0..SEEDS {
            let options = Lime::new().seed(seed as u64).each_occurrence(each);
            let found = options.explain(&model, text, target).unwrap();
            let tokens: Vec<&str> = case["tokens"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            assert_eq!(found.tokens, tokens);
            let surrogate = found.surrogate.unwrap();
            runs.push([found.scores, vec![surrogate.intercept, surrogate.r2, surrogate.local_prediction]].concat());
        }
        let wanted = [expected, numbers(&case["intercept_r2_local"])].concat();
        let errors = [numbers(&case["scores_error"]), numbers(&case["intercept_r2_local_error"])].concat();
        for j in 0..wanted.len() {
            let mean = runs.iter().map(|run| run[j]).sum::<f64>() / SEEDS as f64;
            let variance = runs.iter().map(|run| (run[j] - mean).powi(2)).sum::<f64>() / (SEEDS - 1) as f64;
            let error = (variance / SEEDS as f64 + errors[j].powi(2)).sqrt();
            // 70 comparisons: beyond 4.5 standard errors once in 2,000 runs of a correct program.
            close(mean, wanted[j], 4.5 * error + 1e-9);
        }
    }
}

#[test]
fn a_linear_model_gets_its_own_coefficients() {
    let truth = [("late", 0.3), ("crew", -0.1), ("good", -0.25), ("the", 0.0), ("bag", 0.05)];
    let model = LinearModel::new(0.4, &truth);
    let found = Lime::new().alpha(0.0).explain(&model, "the crew, good; late bag late", 1).unwrap();
    assert_eq!(found.tokens, ["the", "crew", "good", "late", "bag"]);
    for (token, score) in found.tokens.iter().zip(&found.scores) {
        close(*score, truth.iter().find(|(word, _)| word == token).unwrap().1, 1e-10);
    }
    close(found.f_x, 0.4, 1e-12);
    close(found.f_baseline, 0.4, 1e-12);
    close(found.delta(), 0.0, 1e-9);
    let surrogate = found.surrogate.unwrap();
    close(surrogate.intercept, 0.4, 1e-10);
    close(surrogate.local_prediction, found.f_x, 1e-10);
    close(surrogate.r2, 1.0, 1e-10);
    assert_eq!(surrogate.samples, 5_000);
    // The other class gets the opposite scores.
    let other = Lime::new().alpha(0.0).explain(&model, "the crew, good; late bag late", 0).unwrap();
    other.scores.iter().zip(&found.scores).for_each(|(a, b)| close(*a, -b, 1e-10));
}

/// A classifier of words and pairs on all hand-written tweets: LIME ranks the words as the model's own weights do.
#[test]
fn lime_finds_the_contributions_of_a_linear_classifier() {
    let tweets = data::tweets(Source::Bundled).unwrap();
    let train = tweets.split("train").unwrap();
    let options = TfIdf::new().ngrams(1, 2).min_df(2);
    let (vectorizer, features) = options.fit_transform(&train.texts().unwrap()).unwrap();
    let model = LogisticRegression::new().solver(Solver::Sparse).fit(&features, &train.labels().unwrap(), 3).unwrap();
    let model = TfidfClassifier::new(vectorizer, model, &tweets.classes).unwrap();
    let mut correlations = Vec::new();
    for text in tweets.split("test").unwrap().texts().unwrap() {
        let target = model.predict(&text).unwrap().0;
        let found = Lime::new().explain(&model, &text, target).unwrap();
        let known = model.explain_words(&text, target).unwrap();
        let (mut scores, mut truth) = (Vec::new(), Vec::new());
        for (token, score) in found.tokens.iter().zip(&found.scores) {
            if let Some((_, expected)) = known.iter().find(|(word, _)| *word == text::lowercase(token)) {
                scores.push(*score);
                truth.push(*expected);
            }
        }
        if truth.len() > 2 {
            correlations.push(spearman(&scores, &truth).unwrap());
        }
    }
    assert!(correlations.len() >= 450);
    let mean = correlations.iter().sum::<f64>() / correlations.len() as f64;
    assert!(mean >= 0.95, "mean rank correlation {mean}");
}

/// "not" and "good" do nothing alone and 0.4 together. Words alone share it; pairs and phrases find it.
#[test]
fn pairs_and_phrases_solve_the_bigram_problem() {
    let mut model = LinearModel::new(0.2, &[("late", 0.1)]);
    model.together = Some(("not", "good", 0.4));
    let score = |options: Lime, token: &str| {
        let found = options.alpha(0.0).explain(&model, "the crew was not good and late", 1).unwrap();
        let at = found.tokens.iter().position(|name| name == token).unwrap();
        (found.scores[at], found.surrogate.unwrap().r2)
    };
    let (alone, r2) = score(Lime::new(), "not");
    assert!(alone > 0.1 && alone < 0.3 && r2 < 0.95, "{alone} {r2}");
    let (pair, r2) = score(Lime::new().pairs(true), "not good");
    close(pair, 0.4, 1e-9);
    close(r2, 1.0, 1e-9);
    close(score(Lime::new().pairs(true), "not").0, 0.0, 1e-9);
    let (phrase, r2) = score(Lime::new().phrase("not good"), "not good");
    close(phrase, 0.4, 1e-9);
    close(r2, 1.0, 1e-9);
}

#[test]
fn removing_a_word_joins_its_neighbours_unless_it_is_replaced() {
    let units = Units::words("not very good").unwrap();
    assert_eq!(units.text(&[1.0, 0.0, 1.0]), "not  good");
    let mut units = Units::words("not very good").unwrap();
    units.replacement = Some("UNKWORDZ".into());
    assert_eq!(units.text(&[1.0, 0.0, 1.0]), "not UNKWORDZ good");
}

#[test]
fn log_odds_of_a_logistic_model_are_exact() {
    struct Logistic(Vec<String>);
    impl TextClassifier for Logistic {
        fn classes(&self) -> &[String] {
            &self.0
        }
        fn probabilities(&self, texts: &[String]) -> Result<Vec<Vec<f64>>> {
            let logit =
                |text: &String| -1.0 + 2.5 * f64::from(text.contains("late")) - 0.7 * f64::from(text.contains("crew"));
            Ok(texts.iter().map(|text| 1.0 / (1.0 + (-logit(text)).exp())).map(|p| vec![1.0 - p, p]).collect())
        }
    }
    let found = Lime::new().alpha(0.0).log_odds(true).explain(&Logistic(vec!["a".into(), "b".into()]), "late crew", 1);
    let found = found.unwrap();
    close(found.scores[0], 2.5, 1e-9);
    close(found.scores[1], -0.7, 1e-9);
    close(found.f_x, 0.8, 1e-9);
    close(found.f_baseline, -1.0, 1e-9);
}

#[test]
fn num_features_keeps_the_strongest() {
    let truth =
        [("aa", 0.01), ("bb", -0.3), ("cc", 0.02), ("dd", 0.2), ("ee", -0.03), ("ff", 0.1), ("gg", 0.04), ("hh", 0.05)];
    let model = LinearModel::new(0.5, &truth);
    let text = "aa bb cc dd ee ff gg hh";
    assert_eq!(Lime::new().num_features(3).explain(&model, text, 1).unwrap().tokens, ["bb", "dd", "ff"]);
    assert_eq!(
        Lime::new().num_features(7).explain(&model, text, 1).unwrap().tokens,
        ["bb", "cc", "dd", "ee", "ff", "gg", "hh"]
    );
    assert_eq!(Lime::new().num_features(99).explain(&model, text, 1).unwrap().tokens.len(), 8);
}

#[test]
fn same_seed_same_scores_on_any_number_of_threads() {
    let model = Fixture::new();
    let text = "The crew was not good, the flight three hours late!";
    let here = Lime::new().seed(11).explain(&model, text, 0).unwrap();
    // The pool's size is read from the environment when a program starts, so ask in a program of its own.
    if std::env::var_os("SUPPORT_LIME_CHILD").is_some() {
        println!("scores {:?}", here.scores);
        return;
    }
    for threads in ["1", "5"] {
        let variables = [("SUPPORT_LIME_CHILD", "1"), ("RAYON_NUM_THREADS", threads)];
        let printed = again::printed("same_seed_same_scores_on_any_number_of_threads", &variables);
        assert!(printed.contains(&format!("scores {:?}", here.scores)), "{threads} threads: {printed}");
    }
    assert_ne!(Lime::new().seed(12).explain(&model, text, 0).unwrap().scores, here.scores);
}

/// Captum, tests/attr/test_lime.py: the small network ML of PARITY, Lasso with α = 1, exponential kernel of width 10 on
/// the cosine distance of the inputs, features kept with probability ½, input [20, 50, 30], target 0.
#[test]
fn captum_small_network() {
    let network = |x: &[f64]| {
        let s: f64 = x.iter().sum();
        (s - 10.0).max(0.0) + 3.0 * (s + 1.0).max(0.0) - 1.0
    };
    let input = [20.0, 50.0, 30.0];
    let explain = |groups: [usize; 3], count: usize| {
        let mut rng = ChaCha8Rng::seed_from_u64(1234);
        let (mut masks, mut outputs, mut near) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..20_000 {
            let mask: Vec<f64> = (0..count).map(|_| f64::from(rng.random_bool(0.5))).collect();
            let x: Vec<f64> = (0..3).map(|i| input[i] * mask[groups[i]]).collect();
            let norm = |v: &[f64]| v.iter().map(|a| a * a).sum::<f64>().sqrt();
            let dot: f64 = x.iter().zip(&input).map(|(a, b)| a * b).sum();
            let distance = 1.0 - if norm(&x) > 0.0 { dot / (norm(&x) * norm(&input)) } else { 0.0 };
            outputs.push(network(&x));
            near.push((-distance * distance / (2.0 * 10.0 * 10.0)).exp());
            masks.push(mask);
        }
        let fit = weighted_lasso(&masks, &outputs, &near, 1.0).unwrap();
        groups.map(|group| fit.coefficients[group])
    };
    for (found, expected) in explain([0, 1, 2], 3).into_iter().zip([73.37, 193.33, 113.33]) {
        close(found, expected, 1.0);
    }
    for (found, expected) in explain([0, 0, 1], 2).into_iter().zip([271.0, 271.0, 111.0]) {
        close(found, expected, 1.0);
    }
}
