//! One notebook file: its cells, its exercises with their folded solutions, and
//! saving fresh outputs in a form that does not depend on the machine.
//! Does not run anything (execute.rs) and does not judge outputs (test/compare.rs).

use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// A notebook as read from disk.
pub struct Notebook {
    /// Where it was read from.
    pub path: PathBuf,
    /// The whole file; cells are read through the methods below.
    pub json: Value,
}

/// A code cell. Its number is the one JupyterLab shows in brackets after "Run all".
pub struct Cell {
    /// Position among all cells of the file.
    pub index: usize,
    /// Position among the code cells, from 1.
    pub number: usize,
    /// The source text.
    pub source: String,
    /// Whether it is tagged `raises-exception`: a failure shown on purpose.
    pub must_fail: bool,
    /// Whether it is tagged `trained`: its numbers come out of a training run, in which another processor's rounding
    /// grows to a difference that can be seen.
    pub trained: bool,
    /// The saved outputs.
    pub outputs: Vec<Value>,
}

impl Cell {
    /// `cell [3] let x = 1;`: how reports name it.
    pub fn name(&self) -> String {
        format!("cell [{}] {}", self.number, first_line(&self.source))
    }
}

/// A starter cell and what belongs to it in the surrounding text.
pub struct Exercise {
    /// The number of the starter cell (see [`Cell::number`]).
    pub starter: usize,
    /// The name of its check, such as `check_02_1`.
    pub check: String,
    /// The solution with its check call, ready to run.
    pub solution: Option<String>,
    /// What the exercise lacks, in words.
    pub problems: Vec<String>,
}

impl Notebook {
    /// Reads a notebook; the error says which file and why.
    pub fn read(path: &Path) -> Result<Notebook, String> {
        let text = std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        let json: Value = serde_json::from_str(&text).map_err(|e| format!("{} is not JSON: {e}", path.display()))?;
        if !json["cells"].is_array() {
            return Err(format!("{} is not a notebook of format 4: it has no list of cells", path.display()));
        }
        Ok(Notebook { path: path.to_path_buf(), json })
    }

    /// The file's name without its ending: `02_lime`.
    pub fn name(&self) -> String {
        self.path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// The code cells, in order. Cells without any text are left out, as Jupyter does not run them.
    pub fn code(&self) -> Vec<Cell> {
        let mut found = Vec::new();
        for (index, cell) in self.cells().iter().enumerate() {
            let source = text_of(&cell["source"]);
            if cell["cell_type"] != "code" || source.trim().is_empty() {
                continue;
            }
            let tagged =
                |name: &str| cell["metadata"]["tags"].as_array().is_some_and(|tags| tags.iter().any(|tag| tag == name));
            found.push(Cell {
                index,
                number: found.len() + 1,
                source,
                must_fail: tagged("raises-exception"),
                trained: tagged("trained"),
                outputs: cell["outputs"].as_array().cloned().unwrap_or_default(),
            });
        }
        found
    }

    /// The exercises: every code cell that calls `exercise::check_…`.
    pub fn exercises(&self) -> Vec<Exercise> {
        let code = self.code();
        let mut found = Vec::new();
        for (i, cell) in code.iter().enumerate() {
            let Some(check) = check_name(&cell.source) else { continue };
            let before = self.markdown(if i == 0 { 0 } else { code[i - 1].index + 1 }, cell.index);
            let after = self.markdown(cell.index + 1, code.get(i + 1).map_or(self.cells().len(), |next| next.index));
            let mut problems = Vec::new();
            for label in ["difficulty", "importance"] {
                match number_after(&before, label) {
                    Some(1..=5) => {}
                    Some(n) => problems.push(format!("{label} is {n}, expected 1 to 5")),
                    None => problems.push(format!("no \"{label} N\" in the text before it")),
                }
            }
            if !has_minutes(&before) {
                problems.push("no \"N minutes\" in the text before it".into());
            }
            if folded(&before, "Hint").or_else(|| folded(&after, "Hint")).is_none() {
                problems.push("no folded hint (<details><summary>Hint…)".into());
            }
            let solution = folded(&after, "Solution").and_then(|part| rust_block(&part));
            match &solution {
                None => problems.push("no folded solution with a ```rust block after it".into()),
                Some(text) if text.trim() == without_last_line(&cell.source).trim() => {
                    problems.push("the solution is the starter itself".into());
                }
                Some(_) => {}
            }
            let last = cell.source.trim_end().lines().last().unwrap_or_default();
            if check_name(last).is_none() {
                problems.push("the last line of the starter is not the call of its check".into());
            }
            let solution = solution.map(|s| if s.contains("exercise::check_") { s } else { format!("{s}\n{last}") });
            found.push(Exercise { starter: cell.number, check, solution, problems });
        }
        found
    }

    /// The file with fresh outputs, as `--save` writes it: numbered in order, keys
    /// sorted, without what differs from one machine or run to the next.
    pub fn with_outputs(&self, outputs: &[Vec<Value>]) -> Notebook {
        let mut json = self.json.clone();
        let mut fresh = outputs.iter().enumerate();
        let numbers: Vec<usize> = self.code().iter().map(|cell| cell.index).collect();
        for (index, cell) in json["cells"].as_array_mut().into_iter().flatten().enumerate() {
            if let Some(metadata) = cell["metadata"].as_object_mut() {
                metadata.retain(|key, _| key == "tags" || key == "nbgrader" || key == "jupyter");
            }
            cell["source"] = lines_of(&text_of(&cell["source"]));
            if cell["cell_type"] != "code" {
                continue;
            }
            let next = if numbers.contains(&index) { fresh.next() } else { None };
            let number = next.map_or(Value::Null, |(i, _)| json!(i + 1));
            let saved: Vec<Value> = next.map_or(&[][..], |(_, o)| o).iter().map(|o| stored(o, &number)).collect();
            cell["execution_count"] = number;
            cell["outputs"] = Value::Array(saved);
        }
        json["metadata"] = json!({
            "kernelspec": {"display_name": "Rust", "language": "rust", "name": "rust"},
            "language_info": {"codemirror_mode": "rust", "file_extension": ".rs", "mimetype": "text/rust",
                "name": "Rust", "pygment_lexer": "rust", "version": ""},
        });
        Notebook { path: self.path.clone(), json }
    }

    /// Writes the notebook in the form Jupyter itself uses: one blank of indent, sorted keys.
    pub fn write(&self, path: &Path) -> Result<(), String> {
        let mut text = Vec::new();
        let layout = serde_json::ser::PrettyFormatter::with_indent(b" ");
        let mut writer = serde_json::Serializer::with_formatter(&mut text, layout);
        serde::Serialize::serialize(&sorted(&self.json), &mut writer).map_err(|e| e.to_string())?;
        text.push(b'\n');
        std::fs::write(path, text).map_err(|e| format!("cannot write {}: {e}", path.display()))
    }

    /// All cells, as they stand in the file.
    pub fn cells(&self) -> &[Value] {
        self.json["cells"].as_array().map_or(&[], |cells| cells)
    }

    fn markdown(&self, from: usize, to: usize) -> String {
        let cells = self.cells()[from..to].iter().filter(|cell| cell["cell_type"] == "markdown");
        cells.map(|cell| text_of(&cell["source"])).collect::<Vec<_>>().join("\n\n")
    }
}

/// The first line that is not blank, cut at 60 characters.
pub fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    if line.chars().count() > 60 { line.chars().take(59).chain(['…']).collect() } else { line.to_string() }
}

/// A text of the format: one string, or a list of lines.
pub fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        _ => String::new(),
    }
}

fn lines_of(text: &str) -> Value {
    text.split_inclusive('\n').collect()
}

/// One output as Jupyter stores it, without processor numbers and thread ids.
fn stored(output: &Value, number: &Value) -> Value {
    let mut output = output.clone();
    match output["output_type"].as_str() {
        Some("stream") => output["text"] = lines_of(&without_thread_ids(&text_of(&output["text"]))),
        Some("execute_result" | "display_data") => {
            output["metadata"] = json!({});
            if output["output_type"] == "execute_result" {
                output["execution_count"] = number.clone();
            }
            for (kind, value) in output["data"].as_object_mut().into_iter().flatten() {
                if kind.starts_with("text/") || kind == "image/svg+xml" {
                    *value = lines_of(&text_of(value));
                }
            }
        }
        _ => {}
    }
    output
}

/// `thread '<unnamed>' (1234) panicked` → `thread '<unnamed>' panicked`.
fn without_thread_ids(text: &str) -> String {
    let shorter = |line: &str| match (line.find("' ("), line.find(") panicked at")) {
        (Some(start), Some(end)) if start < end => format!("{}{}", &line[..start + 1], &line[end + 1..]),
        _ => line.to_string(),
    };
    text.split_inclusive('\n').map(shorter).collect()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str());
            Value::Object(entries.into_iter().map(|(k, v)| (k.clone(), sorted(v))).collect::<Map<_, _>>())
        }
        Value::Array(list) => Value::Array(list.iter().map(sorted).collect()),
        other => other.clone(),
    }
}

fn check_name(source: &str) -> Option<String> {
    let start = source.find("exercise::check_")? + "exercise::".len();
    Some(source[start..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect())
}

fn without_last_line(source: &str) -> &str {
    source.trim_end().rsplit_once('\n').map_or("", |(before, _)| before)
}

/// The number after a word such as "difficulty", in any case, with up to a few marks between.
fn number_after(text: &str, word: &str) -> Option<u32> {
    let text = text.to_lowercase();
    text.match_indices(word).find_map(|(at, _)| {
        let rest: String = text[at + word.len()..].chars().take(12).collect();
        let digits = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse().ok()
    })
}

fn has_minutes(text: &str) -> bool {
    text.match_indices("minutes").any(|(at, _)| text[..at].trim_end().ends_with(|c: char| c.is_ascii_digit()))
}

/// The inside of the `<details>` whose summary begins with `title`.
fn folded(text: &str, title: &str) -> Option<String> {
    text.split("<details").skip(1).find_map(|part| {
        let part = part.split("</details>").next()?;
        let (summary, body) = part.split_once("<summary>")?.1.split_once("</summary>")?;
        summary.trim().starts_with(title).then(|| body.to_string())
    })
}

fn rust_block(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("```rust")?;
    let (_, rest) = rest.split_once('\n')?;
    Some(rest.split_once("```")?.0.trim_end().to_string())
}

#[cfg(test)]
#[path = "notebook_tests.rs"]
mod tests;
