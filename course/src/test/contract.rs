//! What every lesson file keeps besides running: the first cell, saved outputs, short
//! cells, no traces of the machine, figures that an untrusted notebook still shows,
//! complete exercises. Reads the file only.

use crate::notebook::{Cell, Notebook, text_of};
use serde_json::Value;
use std::path::Path;

/// The most lines of a code cell.
const MOST_LINES: usize = 30;
/// The fewest exercises of a lesson.
const FEWEST_EXERCISES: usize = 3;

/// What the notebook breaks, in words; `root` is the checkout.
pub fn problems(notebook: &Notebook, root: &Path) -> Vec<String> {
    let code = notebook.code();
    let mut found = first_cell(&code, depth(&notebook.path, root));
    for (cell, json) in code.iter().map(|cell| (cell, &notebook.cells()[cell.index])) {
        if json["execution_count"].as_u64() != Some(cell.number as u64) {
            found.push(format!("{}: not saved as run in order; `cargo course run --save` does that", cell.name()));
        }
        let lines = cell.source.trim_end().lines().count();
        if lines > MOST_LINES {
            found.push(format!("{}: {lines} lines, at most {MOST_LINES}", cell.name()));
        }
        found.extend(cell.outputs.iter().filter_map(figure).map(|text| format!("{}: {text}", cell.name())));
        found.extend(only_text(cell).map(|text| format!("{}: {text}", cell.name())));
    }
    for (i, json) in notebook.cells().iter().enumerate() {
        for text in std::iter::once(text_of(&json["source"])).chain(texts(&json["outputs"])) {
            if let Some(path) = machine_path(&text, root) {
                let name = code.iter().find(|c| c.index == i).map_or(format!("markdown at {}", i + 1), Cell::name);
                found.push(format!("{name}: a path of this machine: {path}"));
            }
        }
    }
    found
}

/// What the exercises lack.
pub fn exercise_problems(notebook: &Notebook) -> Vec<String> {
    let exercises = notebook.exercises();
    let mut found = Vec::new();
    if exercises.len() < FEWEST_EXERCISES {
        found.push(format!("{} exercises, at least {FEWEST_EXERCISES} expected", exercises.len()));
    }
    for exercise in exercises {
        let name = format!("cell [{}] {}", exercise.starter, exercise.check);
        found.extend(exercise.problems.iter().map(|problem| format!("{name}: {problem}")));
    }
    found
}

/// How many folders lie between the notebook and the checkout; a copy elsewhere counts as a lesson.
fn depth(notebook: &Path, root: &Path) -> usize {
    let folder = notebook.parent().and_then(|folder| folder.canonicalize().ok());
    let inside = folder.as_deref().and_then(|folder| folder.strip_prefix(root).ok());
    inside.map_or(1, |inside| inside.components().count().max(1))
}

fn first_cell(code: &[Cell], depth: usize) -> Vec<String> {
    let up = "../".repeat(depth);
    let expected = format!(":dep support = {{ path = \"{up}support\" }}\nuse support::prelude::*;");
    match code.first() {
        Some(cell) if cell.source.trim_end() == expected => vec![],
        _ => vec![format!("the first code cell must be exactly\n{expected}")],
    }
}

/// A table or figure of which only the text was saved. evcxr falls back to a type's `Debug` form when the last expression
/// of a cell does not compile at the first attempt, as with the first `?` of a notebook in a kernel without our shim.
fn only_text(cell: &Cell) -> Option<&'static str> {
    let last = cell.source.trim_end().rsplit(";\n").next().unwrap_or_default().trim_start();
    let shows = ["table(", "plot::"].iter().any(|start| last.starts_with(start)) && !last.ends_with(';');
    let rich = |output: &Value| ["text/html", "image/png"].iter().any(|kind| output["data"].get(kind).is_some());
    (shows && !cell.outputs.iter().any(rich))
        .then_some("only the text of its table or figure; move what has a `?` out of the last expression")
}

/// Why an output would not be visible in an untrusted notebook or in the HTML export.
fn figure(output: &Value) -> Option<String> {
    let data = output["data"].as_object()?;
    let picture = data.contains_key("image/png");
    if let Some(kind) = data.keys().find(|kind| kind.contains("vega") || *kind == "image/svg+xml")
        && !picture
    {
        return Some(format!("{kind} without image/png: nothing is seen in an export"));
    }
    if picture && text_of(&data["image/png"]).is_empty() {
        return Some("an empty image/png".into());
    }
    let Some(plain) = data.get("text/plain").map(text_of).filter(|text| !text.trim().is_empty()) else {
        return Some("an output without a text/plain description".into());
    };
    if picture && plain.trim().lines().count() > 1 {
        return Some("the text/plain of a figure is one line".into());
    }
    let html = data.get("text/html").map(text_of).unwrap_or_default().to_lowercase();
    let dropped = ["<script", "<style", "<svg"].into_iter().find(|tag| html.contains(tag));
    dropped.map(|tag| format!("text/html with {tag}: an untrusted notebook drops it"))
}

fn texts(outputs: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for output in outputs.as_array().into_iter().flatten() {
        found.push(text_of(&output["text"]));
        found.push(text_of(&output["traceback"]));
        for (kind, value) in output["data"].as_object().into_iter().flatten() {
            if !kind.starts_with("image/") {
                found.push(if kind.contains("json") { value.to_string() } else { text_of(value) });
            }
        }
    }
    found
}

/// A path that only this machine has: in the checkout, a home folder or a temporary folder.
fn machine_path(text: &str, root: &Path) -> Option<String> {
    let root = format!("{}/", root.display());
    let user = std::env::var("HOME").ok().filter(|home| home.len() > 1).map(|home| format!("{home}/"));
    let known = ["/home/", "/Users/", "/root/", "/tmp/", "/var/folders/", "C:\\Users\\"].map(String::from);
    for prefix in known.into_iter().chain([root]).chain(user) {
        for (at, _) in text.match_indices(&prefix) {
            // A part of a longer path or address, such as https://…/home/, is not meant.
            let before = text[..at].chars().next_back();
            if before.is_none_or(|c| c.is_whitespace() || "\"'`(<=:,[".contains(c)) {
                return Some(text[at..].chars().take_while(|c| !c.is_whitespace()).take(60).collect());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::path::PathBuf;

    const FIRST: &str = ":dep support = { path = \"../support\" }\nuse support::prelude::*;";

    fn notebook(source: &str, outputs: Value) -> Notebook {
        let cell = |n: usize, source: &str, outputs: Value| {
            json!({"cell_type": "code", "metadata": {}, "source": source,
            "execution_count": n, "outputs": outputs})
        };
        let json = json!({"cells": [cell(1, FIRST, json!([])), cell(2, source, outputs)]});
        Notebook { path: PathBuf::from("notebooks/x.ipynb"), json }
    }

    fn broken(notebook: &Notebook) -> String {
        problems(notebook, Path::new("/checkout")).join("; ")
    }

    fn shown(data: Value) -> String {
        broken(&notebook("x", json!([{"output_type": "execute_result", "data": data}])))
    }

    #[test]
    fn a_correct_notebook_has_no_problems() {
        assert_eq!(
            shown(
                json!({"text/plain": "bars of 3 words", "image/png": "AAAA", "application/vnd.vegalite.v5+json": {}})
            ),
            ""
        );
        assert_eq!(
            shown(json!({"text/plain": "a table\nof 2", "text/html": "<table><tr><td>1</td></tr></table>"})),
            ""
        );
        assert_eq!(broken(&notebook("// see https://example.org/home/x\nlet x = 1;", json!([]))), "");
    }

    #[test]
    fn figures_that_vanish_are_reported() {
        assert!(
            shown(json!({"text/plain": "bars", "application/vnd.vegalite.v5+json": {}})).contains("without image/png")
        );
        assert!(shown(json!({"text/plain": "bars", "image/svg+xml": "<svg/>"})).contains("without image/png"));
        for tag in ["<script>", "<STYLE>", "<svg>"] {
            assert!(shown(json!({"text/plain": "t", "text/html": tag})).contains("untrusted"), "{tag}");
        }
        assert!(shown(json!({"text/html": "<b>x</b>"})).contains("description"));
        assert!(shown(json!({"text/plain": "", "image/png": "A"})).contains("description"));
    }

    #[test]
    fn tables_that_fell_back_to_text_are_reported() {
        let only = json!([{"output_type": "execute_result", "data": {"text/plain": "a  b"}}]);
        for source in ["table(&frame)", "let f = x()?;\ntable(&f.y()?)", "let a = 1;\n\nplot::bars(a)?"] {
            assert!(broken(&notebook(source, only.clone())).contains("last expression"), "{source}");
        }
        assert_eq!(broken(&notebook("let table = 1;\ntable", only)), "");
        let both =
            json!([{"output_type": "execute_result", "data": {"text/plain": "a", "text/html": "<table></table>"}}]);
        assert_eq!(broken(&notebook("table(&frame)", both)), "");
    }

    #[test]
    fn the_file_itself_is_checked() {
        assert!(broken(&notebook(&"x\n".repeat(31), json!([]))).contains("31 lines"));
        let said = json!([{"output_type": "stream", "name": "stdout", "text": "saved to /checkout/a.png"}]);
        assert!(broken(&notebook("x", said)).contains("/checkout/a.png"));
        assert!(broken(&notebook("let p = \"/home/me/a\";", json!([]))).contains("/home/me/a"));
        let mut unsaved = notebook("x", json!([]));
        unsaved.json["cells"][1]["execution_count"] = Value::Null;
        assert!(broken(&unsaved).contains("--save"));
        let mut other = notebook("x", json!([]));
        other.json["cells"][0]["source"] = json!(":dep support");
        assert!(broken(&other).contains("first code cell"));
        assert_eq!(first_cell(&other.code(), 2)[0].matches("../").count(), 2);
    }
}
