//! The pipeline of lesson 02 on a csv of your own, with accuracy and times: counts, TF-IDF, model, LIME.
//!
//! `cargo run -p support --example airline -- tweets.csv`: columns `text` and `label` (0 negative, 1 neutral,
//! 2 positive). `benches/peers/lime_sklearn.py` prints the same figures for scikit-learn and the package `lime`.

use std::time::Instant;

use support::attribution::lime::Lime;
use support::data::{self, Dataset, Source};
use support::evaluation::accuracy;
use support::model::TextClassifier;
use support::text::{Counts, FittedTfIdf, LogisticRegression, TfIdf, TfidfClassifier, stop_words};
use support::{Error, Result};

fn main() -> Result<()> {
    let path = std::env::args().nth(1).ok_or_else(|| Error::new("usage: airline PATH.csv"))?;
    let tweets = data::tweets(Source::File(path))?;
    let texts = tweets.texts()?;
    println!("texts {}", texts.len());

    let counts = Counts::new().ngrams(1, 3);
    let (ms, (_, matrix)) = fastest(5, || counts.fit_transform(&texts))?;
    println!("counts of 1-3-grams: {} features, {} entries, {ms:.0} ms", matrix.columns(), matrix.entries());
    let tfidf = TfIdf::new().ngrams(1, 2);
    let (ms, (_, matrix)) = fastest(5, || tfidf.fit_transform(&texts))?;
    println!("TF-IDF of 1-2-grams: {} features, {} entries, {ms:.0} ms", matrix.columns(), matrix.entries());

    let mut total = 0.0;
    let mut last = None;
    for seed in 0..5 {
        let (train, test) = data::train_test_split(&tweets, 0.1, seed)?;
        let begun = Instant::now();
        let model = train_model(&train)?;
        let seconds = begun.elapsed().as_secs_f64();
        let right = accuracy(&test.labels()?, &model.predict_all(&test.texts()?))?;
        let most = test.labels()?.iter().filter(|&&label| label == 0).count() as f64 / test.len() as f64;
        let converged = if model.model.converged() { "converged" } else { "not converged" };
        println!(
            "seed {seed}: {} features, accuracy {right:.4}, class 0 always {most:.4}, fit {seconds:.2} s, {converged}",
            model.vectorizer.features().len()
        );
        total += right / 5.0;
        last = Some((model, test));
    }
    println!("mean accuracy {total:.4}");

    let (model, test) = last.ok_or_else(|| Error::new("no model was trained"))?;
    let text = twenty_words(&test)?;
    let target = model.predict(&text)?.0;
    let (ms, attribution) = fastest(10, || Lime::new().explain(&model, &text, target))?;
    let r2 = attribution.surrogate.as_ref().map_or(f64::NAN, |surrogate| surrogate.r2);
    println!("LIME, 5000 samples, {} words: {ms:.1} ms, R² {r2:.3}", attribution.tokens.len());
    println!("{text}\n{} ({:.3}): {:?}", attribution.target_name, attribution.f_x, attribution.top(6));
    Ok(())
}

fn train_model(train: &Dataset) -> Result<TfidfClassifier> {
    let tfidf = TfIdf::new().ngrams(1, 2).min_df(10).stop_words(&stop_words("en")?);
    let (vectorizer, features): (FittedTfIdf, _) = tfidf.fit_transform(&train.texts()?)?;
    let model = LogisticRegression::new().c(0.5).fit(&features, &train.labels()?, train.classes.len())?;
    TfidfClassifier::new(vectorizer, model, &train.classes)
}

/// The first text of 20 distinct words.
fn twenty_words(test: &Dataset) -> Result<String> {
    let has_twenty =
        |text: &String| support::attribution::lime::Units::words(text).is_ok_and(|units| units.names.len() == 20);
    test.texts()?.into_iter().find(has_twenty).ok_or_else(|| Error::new("no text has 20 distinct words"))
}

/// The result of `work`, and the milliseconds of the fastest of `times` runs.
fn fastest<T>(times: usize, work: impl Fn() -> Result<T>) -> Result<(f64, T)> {
    let mut best: Option<(f64, T)> = None;
    for _ in 0..times {
        let begun = Instant::now();
        let result = work()?;
        let ms = begun.elapsed().as_secs_f64() * 1e3;
        if best.as_ref().is_none_or(|(least, _)| ms < *least) {
            best = Some((ms, result));
        }
    }
    best.ok_or_else(|| Error::new("nothing was run"))
}
