//! Every method and option gives what the library gives; the table, the page and the course's own model.

use std::fs;

use support::model::{DifferentiableClassifier, TextClassifier};
use support::models;
use support::nn::Transformer;
use support::prelude::{InputXGradient, IntegratedGradients, Method, Output, Rule, Saliency, SmoothGrad};

use super::{Folder, close, explained, folder, lines, number, numbers, run, run_in};

const MODEL: &str = "distilbert_classifier";
const TEXT: &str = "the cat sat on the warm mat";

/// The scores of the library for class 2.
fn library(method: &dyn Method) -> Vec<f64> {
    let model = Transformer::load(&folder(MODEL)).unwrap();
    method.attribute(&model, &model.encode(TEXT).unwrap(), 2).unwrap().scores
}

fn program(options: &[&str]) -> Vec<f64> {
    numbers(&explained(MODEL, TEXT, &[&["--target", "good"], options].concat())["scores"])
}

#[test]
fn rules_and_steps() {
    let names = ["left", "right", "middle", "trapezoid", "gauss-legendre"];
    let mut seen: Vec<Vec<f64>> = Vec::new();
    for (name, rule) in names.iter().zip(Rule::ALL) {
        let found = program(&["--rule", name, "--steps", "7"]);
        close(&found, &library(&IntegratedGradients::new().rule(rule).steps(7)), 1e-9);
        assert!(seen.iter().all(|other| other != &found), "{name} is a rule of its own");
        seen.push(found);
    }
}

#[test]
fn methods() {
    close(&program(&["--method", "saliency"]), &library(&Saliency::new()), 1e-9);
    close(&program(&["--method", "input-x-gradient"]), &library(&InputXGradient::new()), 1e-9);
    let smooth = program(&["--method", "smoothgrad", "--samples", "9", "--seed", "3"]);
    close(&smooth, &library(&SmoothGrad::new().samples(9).seed(3)), 1e-9);
    let probability = program(&["--output", "probability"]);
    close(&probability, &library(&IntegratedGradients::new().output(Output::Probability)), 1e-9);
    let found = explained(MODEL, TEXT, &["--output", "probability", "--target", "1"]);
    close(&[number(&found["f_x"])], &numbers(&found["probabilities"])[1..2], 1e-6);
    assert_eq!(found["output"], "probability");
}

#[test]
fn lime_scores_words() {
    let found = explained(MODEL, TEXT, &["--method", "lime", "--samples", "200", "--seed", "1"]);
    let tokens: Vec<&str> = found["tokens"].as_array().unwrap().iter().map(|token| token.as_str().unwrap()).collect();
    assert_eq!(tokens, ["the", "cat", "sat", "on", "warm", "mat"]);
    assert_eq!(found["output"], "probability");
    assert_eq!(found["settings"], "200 samples, seed 1");
    let target = found["target_index"].as_u64().unwrap() as usize;
    close(&[number(&found["f_x"])], &[numbers(&found["probabilities"])[target]], 1e-6);
}

#[test]
fn the_courses_model() {
    let text = "The soup was not good at all.";
    let found = &lines(&["explain", "--model", "bilstm", "--text", text, "--json"])[0];
    let model = models::bilstm().unwrap();
    let input = model.encode(text).unwrap();
    let (predicted, probabilities) = model.predict(text).unwrap();
    let expected = IntegratedGradients::new().attribute(&model, &input, predicted).unwrap();
    assert_eq!(found["model"], "bilstm");
    assert_eq!(found["predicted"], model.classes()[predicted].as_str());
    assert_eq!(found["tokens"].as_array().unwrap().len(), input.len());
    close(&numbers(&found["scores"]), &expected.scores, 1e-9);
    close(&numbers(&found["probabilities"]), &probabilities, 1e-9);
    // The same model as a folder.
    let copy = Folder::new("bilstm");
    model.save(&copy.path("saved")).unwrap();
    let again = &lines(&["explain", "--model", &copy.path("saved"), "--text", text, "--json"])[0];
    assert_eq!(again["scores"], found["scores"]);
}

#[test]
fn paths_start_where_the_user_is() {
    let place = Folder::new("place");
    let below = Folder::with(MODEL, "place/my model");
    let done = run_in(place.0.to_str().unwrap(), &["explain", "--model", "my model", "--text", "the cat", "--json"]);
    assert!(done.success, "{}", done.err);
    drop(below);
}

#[test]
fn texts_that_look_like_options() {
    for text in ["--json was a good cat", "-- not good", "-h", "--model"] {
        assert_eq!(explained(MODEL, text, &[])["text"], text);
        let attached = format!("--text={text}");
        let found = &lines(&["explain", "--model", &folder(MODEL), &attached, "--json"])[0];
        assert_eq!(found["text"], text);
    }
    let text = "a \"good\"\ncat = \\ 日本 🙂";
    assert_eq!(explained(MODEL, text, &[])["text"], text, "quotes and line breaks are escaped");
}

#[test]
fn the_table() {
    let done = run(&["explain", "--model", &folder(MODEL), "--text", TEXT]);
    assert!(done.success && done.err.is_empty(), "{}", done.err);
    let found = explained(MODEL, TEXT, &[]);
    for (token, score) in found["tokens"].as_array().unwrap().iter().zip(numbers(&found["scores"])) {
        let number = format!("{score:+.4}");
        let line = |line: &&str| line.contains(token.as_str().unwrap()) && line.contains(&number);
        assert_eq!(done.out.lines().filter(line).count(), 1, "{token} {number} in {}", done.out);
    }
    let numbers = ["F(x)", "F(baseline)", "sum", "delta", "baseline padding", "bad, predicted", " s"];
    assert!(numbers.iter().all(|part| done.out.contains(part)), "{}", done.out);
    let bars: Vec<usize> = done.out.lines().map(|line| line.matches('█').count()).collect();
    assert_eq!(bars.iter().max(), Some(&16), "the largest score has the longest bar");
}

#[test]
fn the_page() {
    let place = Folder::new("page");
    let file = place.write("out.html", "old");
    let text = "a <b>good</b> cat";
    let done = run(&["explain", "--model", &folder(MODEL), "--text", text, "--html", &file]);
    assert!(done.success && done.out.contains("out.html"), "{}{}", done.out, done.err);
    let page = fs::read_to_string(&file).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    assert!(page.contains("a &lt;b&gt;good&lt;/b&gt; cat") && !page.contains("<b>"), "the text is escaped");
    let parts = ["[CLS]", "cat", "F(baseline)", "delta", "baseline padding", "integrated gradients"];
    assert!(parts.iter().all(|part| page.contains(part)));
    let outside = ["http:", "https:", "<script", "<link", "url("];
    assert!(outside.iter().all(|part| !page.contains(part)), "it needs nothing from elsewhere");
    assert_eq!(fs::read_dir(&place.0).unwrap().count(), 1, "no draft is left");
    // With --json, both.
    let made = lines(&["explain", "--model", &folder(MODEL), "--text", "a cat", "--json", "--html", &file]);
    assert_eq!(made[0]["text"], "a cat");
    assert!(fs::read_to_string(&file).unwrap().contains("a cat"));
    let lime = ["--method", "lime", "--samples", "50", "--html", &file];
    assert!(run(&[&["explain", "--model", &folder(MODEL), "--text", "a cat"], &lime[..]].concat()).success);
    assert!(fs::read_to_string(&file).unwrap().contains("Class probabilities"));
}

#[test]
fn help_names_everything() {
    let done = run(&["explain", "--help"]);
    assert!(done.success && done.err.is_empty());
    let words = [
        "--model",
        "--text",
        "--file",
        "--task",
        "--method",
        "--target",
        "--steps",
        "--rule",
        "--baseline",
        "--output",
        "--samples",
        "--seed",
        "--json",
        "--html",
        "label",
        "target",
        "bilstm",
        "trapezoid",
        "smoothgrad",
        "mask",
    ];
    assert!(words.iter().all(|word| done.out.contains(word)), "{}", done.out);
    assert!(run(&["classify", "--help"]).out.contains("--file"));
}
