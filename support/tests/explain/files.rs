//! `--file`: one JSON line per row, in order, and rows that fail do not stop the others.

use support::serde_json::{self, Value};

use super::{Folder, explained, folder, lines, run};

const MODEL: &str = "distilbert_classifier";

fn parsed(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_line_per_row() {
    let place = Folder::new("rows");
    let texts = ["the cat sat", "a dog, \"very\" good\nfilm", "not good"];
    let file = place.write("texts.csv", "id,text\n1,the cat sat\n2,\"a dog, \"\"very\"\" good\nfilm\"\n3,not good\n");
    let made = lines(&["explain", "--model", &folder(MODEL), "--file", &file, "--json"]);
    assert_eq!(made.len(), 3);
    for (at, (line, text)) in made.iter().zip(texts).enumerate() {
        let alone = explained(MODEL, text, &[]);
        assert_eq!(line["row"], at + 1);
        for key in ["text", "tokens", "scores", "target", "f_x", "f_baseline", "sum", "delta", "predicted"] {
            assert_eq!(line[key], alone[key], "{key}");
        }
        assert!(line.get("label").is_none());
    }
}

#[test]
fn rows_that_fail() {
    let place = Folder::new("failing");
    let long = "cat ".repeat(30);
    let file = place.write("texts.csv", &format!("text,label\nthe cat,1\n\"  \",0\n{long},0\nnot good,x\n"));
    let done = run(&["explain", "--model", &folder(MODEL), "--file", &file, "--json", "--steps", "3"]);
    assert!(!done.success);
    assert_eq!(done.err.trim_end(), format!("{file}: 2 of 4 rows could not be explained"));
    let made = parsed(&done.out);
    assert_eq!(made.iter().map(|line| line["row"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!((&made[0]["label"], &made[3]["label"]), (&"1".into(), &"x".into()), "labels are copied as they are");
    assert!(made[1]["error"].as_str().unwrap().contains("empty"));
    let error = made[2]["error"].as_str().unwrap();
    assert!(error.contains("32 tokens") && error.contains("20"), "{error}");
    assert!(made[1].get("scores").is_none() && made[3]["scores"].is_array());
    let table = run(&["explain", "--model", &folder(MODEL), "--file", &file, "--steps", "3"]);
    assert!(!table.success && ["row 1\n", "row 4\n", "empty", "32 tokens"].iter().all(|part| table.out.contains(part)));
}

#[test]
fn a_class_per_row() {
    let place = Folder::new("targets");
    let file = place.write("texts.csv", "text,target\nnot good,good\nnot good,\nnot good,1\nnot good,great\n");
    let done = run(&["explain", "--model", &folder(MODEL), "--file", &file, "--json"]);
    let made = parsed(&done.out);
    assert!(!done.success && done.err.contains("1 of 4 rows"));
    assert_eq!((&made[0]["target"], &made[2]["target"]), (&"good".into(), &"middling".into()));
    assert_eq!(made[1]["target"], made[1]["predicted"]);
    let error = made[3]["error"].as_str().unwrap();
    assert!(error.contains("`great`") && error.contains("0 bad, 1 middling, 2 good"), "{error}");
}

#[test]
fn a_class_for_all_rows() {
    let place = Folder::new("target");
    let file = place.write("texts.csv", "text,target\nnot good,\na cat,\n");
    let made = lines(&["explain", "--model", &folder(MODEL), "--file", &file, "--json", "--target", "good"]);
    assert!(made.len() == 2 && made.iter().all(|line| line["target"] == "good"));
}
