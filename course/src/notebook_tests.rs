//! Tests of notebook.rs: exercises found in the text, and the saved form.

use super::*;

fn notebook(cells: &[(&str, &str)]) -> Notebook {
    let cells: Vec<Value> = cells
        .iter()
        .map(|(kind, source)| json!({"cell_type": kind, "metadata": {"scrolled": true}, "source": source}))
        .collect();
    Notebook { path: PathBuf::from("x.ipynb"), json: json!({"cells": cells, "nbformat": 4, "nbformat_minor": 5}) }
}

const TASK: &str = "### Exercise 2.1 · difficulty 2 · importance 5 · 10 minutes\nAdd.";
const STARTER: &str = "fn add() -> i32 {\n    0\n}\nexercise::check_02_1(add())";
const ANSWER: &str = "<details><summary>Hint</summary>One.</details>\n<details><summary>Solution</summary>\n\n```rust\nfn add() -> i32 {\n    1\n}\n```\n</details>";

#[test]
fn a_complete_exercise_is_found() {
    let all = notebook(&[("markdown", TASK), ("code", STARTER), ("markdown", ANSWER), ("code", "1")]).exercises();
    assert_eq!(all.len(), 1);
    assert_eq!((all[0].starter, all[0].check.as_str()), (1, "check_02_1"));
    assert_eq!(all[0].solution.as_deref(), Some("fn add() -> i32 {\n    1\n}\nexercise::check_02_1(add())"));
    assert_eq!(all[0].problems, Vec::<String>::new());
}

#[test]
fn a_solution_may_bring_its_own_check() {
    let own = ANSWER.replace("}\n```", "}\nexercise::check_02_1(add())\n```");
    let all = notebook(&[("markdown", TASK), ("code", STARTER), ("markdown", &own)]).exercises();
    assert_eq!(all[0].solution.as_ref().unwrap().matches("check_02_1").count(), 1);
}

#[test]
fn what_an_exercise_lacks_is_said() {
    let lacks = |task: &str, starter: &str, answer: &str| {
        notebook(&[("markdown", task), ("code", starter), ("markdown", answer)]).exercises()[0].problems.join("; ")
    };
    assert!(lacks("### Exercise", STARTER, ANSWER).contains("difficulty"));
    assert!(lacks(&TASK.replace("importance 5", "importance 9"), STARTER, ANSWER).contains("importance is 9"));
    assert!(lacks(&TASK.replace("10 minutes", ""), STARTER, ANSWER).contains("minutes"));
    assert!(lacks(TASK, STARTER, &ANSWER.replace("Hint", "Note")).contains("hint"));
    assert!(lacks(TASK, STARTER, &ANSWER.replace("```rust", "```text")).contains("solution"));
    assert!(lacks(TASK, STARTER, "").contains("solution"));
    assert!(lacks(TASK, &format!("{STARTER};\nlet x = 1;"), ANSWER).contains("last line"));
    assert!(lacks(TASK, STARTER, &ANSWER.replace("    1", "    0")).contains("starter itself"));
}

#[test]
fn a_solution_after_the_next_cell_does_not_count() {
    let cells = [("markdown", TASK), ("code", STARTER), ("code", "1"), ("markdown", ANSWER)];
    assert_eq!(notebook(&cells).exercises()[0].solution, None);
}

#[test]
fn saving_numbers_the_cells_and_drops_what_changes() {
    let old = notebook(&[("code", "a\nb"), ("code", ""), ("code", "c")]);
    let fresh = [
        vec![
            json!({"output_type": "execute_result", "data": {"text/plain": "1\n2"}, "metadata": {}, "execution_count": 7}),
        ],
        vec![json!({"output_type": "stream", "name": "stderr", "text": "thread 'x' (17) panicked at y\n"})],
    ];
    let new = old.with_outputs(&fresh);
    let cells = new.cells();
    assert_eq!(cells[0]["execution_count"], 1);
    assert_eq!(cells[0]["outputs"][0]["execution_count"], 1);
    assert_eq!(cells[0]["outputs"][0]["data"]["text/plain"], json!(["1\n", "2"]));
    assert_eq!(cells[0]["source"], json!(["a\n", "b"]));
    assert_eq!(cells[0]["metadata"], json!({}));
    assert_eq!(cells[1]["execution_count"], Value::Null);
    assert_eq!(cells[2]["execution_count"], 2);
    assert_eq!(cells[2]["outputs"][0]["text"], json!(["thread 'x' panicked at y\n"]));
    assert_eq!(new.with_outputs(&fresh).json, new.json);
}
