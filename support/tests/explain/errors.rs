//! What is wrong is told in one line on stderr, and the exit status is not zero.

use std::fs;

use super::{Folder, fails, folder};

const MODEL: &str = "distilbert_classifier";

/// `explain` with a checkpoint and a text, and more.
#[track_caller]
fn with(more: &[&str], words: &[&str]) {
    fails(&[&["explain", "--model", &folder(MODEL), "--text", "the cat"], more].concat(), words);
}

/// `explain` with a model that is not in order.
#[track_caller]
fn of(model: &str, words: &[&str]) {
    fails(&["explain", "--model", model, "--text", "the cat", "--json"], words);
}

#[test]
fn models_that_are_not_there() {
    of("no-such-model", &["`no-such-model`", "bilstm", "Hugging Face format"]);
    of("no/such/folder", &["there is no folder `no/such/folder`"]);
    of(&format!("{}/config.json", folder(MODEL)), &["is a file", "folder"]);
    fails(&["explain", "--text", "the cat"], &["`--model` is missing", "explain --help"]);
}

#[test]
fn missing_files() {
    for (file, words) in [
        ("config.json", ["no config.json", "Hugging Face format"]),
        ("model.safetensors", ["no model.safetensors", "index.json"]),
        ("tokenizer.json", ["no tokenizer.json", "AutoTokenizer"]),
    ] {
        let copy = Folder::with(MODEL, &format!("without-{file}"));
        fs::remove_file(copy.0.join(file)).unwrap();
        of(copy.0.to_str().unwrap(), &words);
        let texts = copy.write("texts.csv", "text\nthe cat\n");
        fails(&["classify", "--model", copy.0.to_str().unwrap(), "--file", &texts, "--json"], &words);
    }
}

#[test]
fn damaged_files() {
    let copy = Folder::with(MODEL, "damaged");
    let weights = fs::read(copy.0.join("model.safetensors")).unwrap();
    let place = copy.0.to_str().unwrap();
    fs::write(copy.0.join("model.safetensors"), &weights[..weights.len() - 100]).unwrap();
    of(place, &["model.safetensors", "damaged", "ends before"]);
    let mut header = weights.clone();
    header[8..40].fill(b'x');
    fs::write(copy.0.join("model.safetensors"), header).unwrap();
    of(place, &["model.safetensors", "damaged", "does not make sense"]);
    fs::write(copy.0.join("model.safetensors"), [255; 64]).unwrap();
    of(place, &["model.safetensors", "damaged", "header"]);
    fs::write(copy.0.join("model.safetensors"), "").unwrap();
    of(place, &["model.safetensors", "damaged", "0 bytes"]);
    copy.write("config.json", "{");
    of(place, &["config.json", "no JSON"]);
}

#[test]
fn other_architectures_and_heads() {
    let copy = Folder::with(MODEL, "architecture");
    let config = fs::read_to_string(copy.0.join("config.json")).unwrap();
    copy.write("config.json", &config.replace("\"model_type\": \"distilbert\"", "\"model_type\": \"t5\""));
    of(copy.0.to_str().unwrap(), &["`t5`", "bert, distilbert, gpt2, llama"]);
    copy.write("config.json", &config.replace("ForSequenceClassification", "ForTokenClassification"));
    of(copy.0.to_str().unwrap(), &["DistilBertForTokenClassification", "not built"]);
    for (model, head) in [
        ("bert", "no head"),
        ("bert_span", "a head for answer spans"),
        ("gpt2_lm", "a language-model head"),
        ("distilbert_lm", "a language-model head"),
    ] {
        of(&folder(model), &[head, "ForSequenceClassification"]);
    }
}

#[test]
fn tasks() {
    with(&["--task", "span"], &["`span`", "later lesson", "classify"]);
    with(&["--task", "lm"], &["`lm`", "later lesson", "classify"]);
    with(&["--task", "translate"], &["no task `translate`", "classify"]);
}

#[test]
fn classes() {
    with(&["--target", "great"], &["`great`", "0 bad, 1 middling, 2 good"]);
    with(&["--target", "3"], &["`3`", "0 bad, 1 middling, 2 good"]);
    with(&["--target", "-1"], &["`-1`", "0 bad"]);
}

#[test]
fn texts() {
    let model = folder(MODEL);
    let long = "cat ".repeat(30);
    fails(&["explain", "--model", &model, "--text", &long], &["32 tokens", "at most 20"]);
    for empty in ["", "  \n "] {
        fails(&["explain", "--model", &model, "--text", empty, "--json"], &["the text is empty"]);
        fails(&["explain", "--model", "bilstm", "--text", empty], &["the text is empty"]);
    }
    fails(&["explain", "--model", "bilstm", "--text", "xqzt wvyk"], &["knows no word", "xqzt"]);
    fails(&["explain", "--model", &model], &["neither --text nor --file"]);
    fails(&["explain", "--model", &model, "--text"], &["`--text`", "value is missing"]);
}

#[test]
fn options() {
    with(&["--colour", "red"], &["`--colour` is no option of `explain`", "--baseline"]);
    with(&["cat"], &["`cat` is no option", "in quotes"]);
    with(&["--json=yes"], &["`explain`", "--json", "yes"]);
    with(&["--text", "a dog"], &["`--text` is given twice"]);
    with(
        &["--method", "magic"],
        &["no method `magic`", "integrated-gradients, saliency, input-x-gradient, smoothgrad, lime"],
    );
    with(&["--rule", "simpson"], &["no rule `simpson`", "gauss-legendre, left, right, middle, trapezoid"]);
    with(&["--baseline", "blank"], &["no baseline `blank`", "pad, zero, mask, mean"]);
    with(&["--output", "loss"], &["no output `loss`", "logit, probability"]);
    for steps in ["0", "-5", "many", "1.5", "", "99999999999999999999"] {
        with(&["--steps", steps], &[&format!("`--steps` is `{steps}`"), "whole number from 1"]);
    }
    with(&["--steps", "1", "--rule", "trapezoid"], &["whole number from 2"]);
    with(&["--method", "smoothgrad", "--samples", "0"], &["`--samples` is `0`", "from 1"]);
    with(
        &["--method", "saliency", "--steps", "5"],
        &["`--steps` is an option of integrated-gradients, not of saliency"],
    );
    with(&["--samples", "5"], &["`--samples` is an option of smoothgrad and lime, not of integrated-gradients"]);
    with(&["--method", "lime", "--output", "logit"], &["lime, which explains the probability"]);
    let masked = ["explain", "--model", "bilstm", "--text", "not good", "--baseline", "mask"];
    fails(&masked, &["no mask token", "another baseline"]);
}

#[test]
fn files() {
    let place = Folder::new("files");
    let model = folder(MODEL);
    let of = |file: &str, words: &[&str]| fails(&["explain", "--model", &model, "--file", file, "--json"], words);
    of(&place.path("none.csv"), &["none.csv", "no such file"]);
    of(place.0.to_str().unwrap(), &["is a folder"]);
    of(&place.write("a.csv", "texts,label\na cat,1\n"), &["no column `text`", "`texts`, `label`"]);
    of(&place.write("b.csv", ""), &["the file is empty"]);
    of(&place.write("c.csv", "text\n"), &["no row below"]);
    of(&place.write("d.csv", "text,label\na cat, very good, 1\n"), &["not a csv file"]);
    fs::write(place.0.join("e.csv"), b"text\ncaf\xe9\n").unwrap();
    of(&place.path("e.csv"), &["line 2", "UTF-8"]);
    let file = place.write("f.csv", "text,target\na cat,good\n");
    with(&["--file", &file], &["both --text and --file"]);
    fails(
        &["explain", "--model", &model, "--file", &file, "--target", "bad"],
        &["column `target`", "--target is given"],
    );
    let page = place.path("page.html");
    fails(&["explain", "--model", &model, "--file", &file, "--html", &page], &["--html shows one text"]);
}

#[test]
fn pages() {
    let place = Folder::new("pages");
    with(&["--html", &place.path("none/page.html")], &["there is no folder", "make it first"]);
    with(&["--html", place.0.to_str().unwrap()], &["is a folder"]);
    with(&["--html", ""], &["is a folder"]);
}

#[test]
fn commands() {
    let done = super::run(&[]);
    assert!(!done.success && ["explain", "classify", "train"].iter().all(|name| done.err.contains(name)));
    assert!(!super::run(&["explian"]).success);
}
