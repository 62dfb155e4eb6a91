//! `classify` says what the models say.

use support::model::TextClassifier;
use support::models;
use support::nn::Transformer;
use support::serde_json::{self, Value};

use super::{Folder, close, fails, fixture, folder, lines, number, numbers, run};

#[test]
fn one_text() {
    let made = fixture();
    for name in ["distilbert_classifier", "bert_classifier", "gpt2_classifier", "llama_classifier"] {
        let row = &made[name][0];
        let text = row["text"].as_str().unwrap();
        let found = &lines(&["classify", "--model", &folder(name), "--text", text, "--json"])[0];
        let probabilities = numbers(&found["probabilities"]);
        close(&probabilities, &numbers(&row["probabilities"]), 1e-5);
        let predicted = found["predicted_index"].as_u64().unwrap() as usize;
        assert!(probabilities.iter().all(|&p| p <= probabilities[predicted]));
        assert_eq!(found["predicted"], found["classes"][predicted]);
        let table = run(&["classify", "--model", &folder(name), "--text", text]);
        assert!(table.success && table.out.starts_with(found["predicted"].as_str().unwrap()), "{}", table.out);
    }
}

#[test]
fn many_rows() {
    let place = Folder::new("classify");
    // More than go through the model at once.
    let texts: Vec<String> = (0..150).map(|at| format!("the {} was good", ["film", "soup", "room"][at % 3])).collect();
    let bad = |at: usize| if at == 70 { String::new() } else { texts[at].clone() };
    let rows: Vec<String> = (0..150).map(|at| format!("\"{}\",{}", bad(at), at % 2)).collect();
    let file = place.write("texts.csv", &format!("text,label\n{}\n", rows.join("\n")));
    let done = run(&["classify", "--model", "bilstm", "--file", &file, "--json"]);
    assert!(!done.success && done.err.trim_end().ends_with("1 of 150 rows could not be classified"), "{}", done.err);
    let expected = models::bilstm().unwrap().probabilities(&texts).unwrap();
    let made: Vec<Value> = done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(made.len(), 150);
    for (at, line) in made.iter().enumerate() {
        assert_eq!(line["row"], at + 1);
        if at == 70 {
            assert!(line["error"].as_str().unwrap().contains("empty"));
            continue;
        }
        assert_eq!((&line["text"], &line["label"]), (&texts[at].as_str().into(), &(at % 2).to_string().into()));
        close(&numbers(&line["probabilities"]), &expected[at], 1e-6);
    }
}

#[test]
fn the_table() {
    let place = Folder::new("classify-table");
    let file = place.write("texts.csv", "text\nthe cat sat\n\"not\ngood\"\n");
    let name = folder("bert_classifier");
    let done = run(&["classify", "--model", &name, "--file", &file]);
    assert!(done.success, "{}", done.err);
    let model = Transformer::load(&name).unwrap();
    for (at, text) in ["the cat sat", "not\ngood"].into_iter().enumerate() {
        let (predicted, row) = model.predict(text).unwrap();
        let line = done.out.lines().nth(at).unwrap();
        let parts = [model.classes()[predicted].clone(), format!("{:.4}", row[predicted])];
        assert!(parts.iter().all(|part| line.contains(part)), "{line}");
    }
    let one = &lines(&["classify", "--model", &name, "--text", "not\ngood", "--json"])[0];
    assert!((numbers(&one["probabilities"]).iter().sum::<f64>() - 1.0).abs() < 1e-6);
    assert!(number(&one["probabilities"][0]) > 0.0);
}

#[test]
fn what_is_wrong() {
    fails(&["classify", "--text", "a cat"], &["`--model` is missing", "classify --help"]);
    fails(&["classify", "--model", "bilstm"], &["neither --text nor --file"]);
    fails(&["classify", "--model", "bilstm", "--text", " "], &["the text is empty"]);
    fails(&["classify", "--model", "bilstm", "--text", "a", "--steps", "3"], &["`--steps` is no option of `classify`"]);
    fails(&["classify", "--model", &folder("bert"), "--text", "a cat"], &["no head", "ForSequenceClassification"]);
    let long = "cat ".repeat(30);
    fails(&["classify", "--model", &folder("bert_classifier"), "--text", &long], &["32 tokens", "at most 20"]);
}
