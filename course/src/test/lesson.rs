//! The checks of one notebook, and its outputs, kept for the browser to show.

use super::contract;
use super::examine::{examine, indented};
use super::tally::Tally;
use crate::env::Env;
use crate::notebook::Notebook;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// What the lessons made in this test: each notebook with its new outputs, and the pages that its cells saved.
pub struct Fresh {
    /// Where the lessons lie, and so the pages that they save.
    lessons: PathBuf,
    folder: PathBuf,
    since: SystemTime,
}

impl Fresh {
    pub fn new(env: &Env, folder: &Path) -> Fresh {
        Fresh { lessons: env.root.join("notebooks"), folder: folder.into(), since: SystemTime::now() }
    }

    /// The notebook's path below the lessons' folder, or its name if it lies elsewhere.
    pub fn place(&self, notebook: &Path) -> PathBuf {
        let name = || notebook.file_name().map(PathBuf::from).unwrap_or_default();
        notebook.strip_prefix(&self.lessons).map_or_else(|_| name(), Path::to_path_buf)
    }

    /// Keeps the outputs of a notebook.
    fn keep(&self, notebook: &Notebook) -> Result<(), String> {
        let path = self.folder.join(self.place(&notebook.path));
        let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        made.map_err(|error| format!("making a folder for {}: {error}", path.display()))?;
        notebook.write(&path)
    }

    /// The notebook as it was run, if it was run to its end.
    pub fn outputs(&self, notebook: &Path) -> Option<PathBuf> {
        Some(self.folder.join(self.place(notebook))).filter(|path| path.exists())
    }

    /// The pages that lessons saved during this test.
    pub fn pages(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(&self.lessons).into_iter().flatten().flatten();
        let new = |path: &PathBuf| {
            let time = std::fs::metadata(path).and_then(|meta| meta.modified());
            path.extension().is_some_and(|ending| ending == "html") && time.is_ok_and(|time| time >= self.since)
        };
        entries.map(|entry| entry.path()).filter(new).collect()
    }
}

/// Runs the notebook once and makes all checks of it.
pub fn lesson(env: &Env, path: &Path, timeout: f64, fresh: &Fresh, tally: &mut Tally) {
    let notebook = match Notebook::read(path) {
        Ok(notebook) => notebook,
        Err(message) => return tally.check(&path.display().to_string(), &[message]),
    };
    let name = notebook.name();
    let mut exercises = contract::exercise_problems(&notebook);
    tally.check(&format!("{name} keeps the contract of a lesson"), &contract::problems(&notebook, &env.root));
    match examine(env, &notebook, timeout) {
        Err(message) => tally.check(&format!("{name} runs"), &[message]),
        Ok(mut seen) => {
            let runs = &seen.execution.cells;
            let seconds = runs.last().map_or(0.0, |cell| cell.at);
            let network = if seen.execution.isolated { "no network" } else { "offline (no isolation on this system)" };
            let memory = seen.execution.memory.total / 1e9;
            let many = notebook.code().len();
            if runs.len() >= many {
                let outputs: Vec<_> = runs[..many].iter().map(|run| run.outputs.clone()).collect();
                seen.failures.extend(fresh.keep(&notebook.with_outputs(&outputs)).err());
            }
            tally.check(&format!("{name} runs: {seconds:.1} s, {memory:.2} GB, {network}"), &seen.failures);
            if let Some(first) = seen.retrained.first() {
                tally.note(&format!(
                    "note   {name}: training came out otherwise than saved, as on another processor; {}",
                    indented(first)
                ));
            }
            tally.check(&format!("{name} prints what is saved in it"), &seen.drift);
            exercises.extend(seen.exercises);
        }
    }
    let count = notebook.exercises().len();
    tally.check(&format!("{name} exercises: {count} solutions pass, starters do not"), &exercises);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn outputs_and_pages_are_those_of_this_test() {
        let scratch = super::super::checkouts::Scratch::new("lesson-test").unwrap();
        let env = Env {
            root: scratch.path.clone(),
            home: scratch.path.join(".course"),
            python: "python".into(),
            kernel: "rust".into(),
        };
        let lessons = scratch.path.join("notebooks");
        std::fs::create_dir_all(lessons.join("project")).unwrap();
        std::fs::write(lessons.join("old.html"), "").unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
        let fresh = Fresh::new(&env, &scratch.path.join("fresh"));
        let path = lessons.join("project/a.ipynb");
        assert_eq!(fresh.outputs(&path), None);
        let cell = json!({"cell_type": "code", "metadata": {}, "source": "1", "outputs": []});
        let notebook = Notebook { path: path.clone(), json: json!({"cells": [cell]}) };
        let output = json!({"output_type": "execute_result", "data": {"text/plain": "1"}, "metadata": {}});
        fresh.keep(&notebook.with_outputs(&[vec![output]])).unwrap();
        let kept = Notebook::read(&fresh.outputs(&path).unwrap()).unwrap();
        assert_eq!(kept.code()[0].outputs[0]["data"]["text/plain"][0], "1");
        assert!(fresh.place(Path::new("/else/where.ipynb")).ends_with("where.ipynb"));
        std::thread::sleep(std::time::Duration::from_millis(20));
        std::fs::write(lessons.join("new.html"), "").unwrap();
        assert_eq!(fresh.pages(), [lessons.join("new.html")]);
    }
}
