//! Runs a notebook in a fresh kernel and looks at all that a lesson promises: no failure, the saved text again,
//! exercises that their solutions pass and their starters do not. Does not say which notebooks (mod.rs).

use super::compare::{KINDS, drift, stdout};
use crate::env::Env;
use crate::execute::{CellRun, Execution, Job, failure, failures};
use crate::notebook::{Exercise, Notebook, text_of};
use crate::progress::show_progress;

/// What running a notebook showed; each list is empty when all is well.
pub struct Examined {
    pub failures: Vec<String>,
    pub drift: Vec<String>,
    /// Drift in the numbers of cells tagged `trained`: said, but no failure.
    pub retrained: Vec<String>,
    pub exercises: Vec<String>,
    pub execution: Execution,
}

/// Runs a notebook and, in the same kernel, the solutions of its exercises.
pub fn examine(env: &Env, notebook: &Notebook, timeout: f64) -> Result<Examined, String> {
    let (code, exercises) = (notebook.code(), notebook.exercises());
    let solved: Vec<&Exercise> = exercises.iter().filter(|exercise| exercise.solution.is_some()).collect();
    let mut cells: Vec<String> = code.iter().map(|cell| cell.source.clone()).collect();
    cells.extend(solved.iter().filter_map(|exercise| exercise.solution.clone()));
    let job = Job { isolate: true, timeout, ..Job::new(env, &notebook.path, cells) };
    let (name, all) = (notebook.name(), job.cells.len());
    let execution = job.run(env, |done| show_progress(&format!("{name}: cell {done} of {all}")))?;
    let runs = &execution.cells;
    let (own, solutions) = runs.split_at(runs.len().min(code.len()));

    let failures: Vec<String> =
        failures(&code, own).into_iter().map(|(cell, problem)| format!("{cell}\n  {}", indented(&problem))).collect();
    let (mut drifted, mut retrained) = (Vec::new(), Vec::new());
    for (cell, run) in code.iter().zip(own) {
        if !cell.must_fail && failure(Some(run)).is_some() {
            continue; // reported already
        }
        for difference in drift(&cell.outputs, &run.outputs) {
            let (saved, fresh) = (difference.saved, difference.fresh);
            let excused = cell.trained && difference.output != KINDS;
            if excused { &mut retrained } else { &mut drifted }.push(format!(
                "{}, {}\n  saved: {saved}\n  fresh: {fresh}",
                cell.name(),
                difference.output
            ));
        }
    }
    let mut judged = Vec::new();
    for exercise in &exercises {
        let position = solved.iter().position(|other| other.starter == exercise.starter);
        let solution = position.map(|position| solutions.get(position));
        let problems = verdicts(own.get(exercise.starter - 1), solution);
        let name = format!("cell [{}] {}", exercise.starter, exercise.check);
        judged.extend(problems.iter().map(|problem| format!("{name}: {}", indented(problem))));
    }
    Ok(Examined { failures, drift: drifted, retrained, exercises: judged, execution })
}

pub fn indented(text: &str) -> String {
    text.replace('\n', "\n  ")
}

/// The unchanged starter must be told ✗, the solution (if there is one) ✓; neither may fail.
fn verdicts(starter: Option<&CellRun>, solution: Option<Option<&CellRun>>) -> Vec<String> {
    let mut found = Vec::new();
    // A starter that fails is a failed cell, which is reported as such.
    match starter.filter(|run| failure(Some(run)).is_none()).map(said) {
        Some(text) if text.starts_with('✓') => found.push("the unchanged starter passes its check".to_string()),
        Some(text) if !text.starts_with('✗') => {
            found.push(format!("the starter's check says neither ✓ nor ✗: {text}"))
        }
        _ => {}
    }
    if let Some(run) = solution {
        match failure(run) {
            Some(problem) => found.push(format!("the solution fails: {problem}")),
            None => match run.map(said) {
                Some(text) if !text.starts_with('✓') => found.push(format!("the solution does not pass: {text}")),
                _ => {}
            },
        }
    }
    found
}

/// What a check says: the displayed verdict, or else what was printed.
fn said(run: &CellRun) -> String {
    let shown = run.outputs.iter().map(|o| text_of(&o["data"]["text/plain"])).find(|text| !text.is_empty());
    shown.unwrap_or_else(|| stdout(&run.outputs)).trim().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn starters_must_not_pass_and_solutions_must() {
        let shown = |text: &str| CellRun {
            outputs: vec![json!({"output_type": "execute_result", "data": {"text/plain": text}})],
            status: "ok".into(),
            ..Default::default()
        };
        let (yes, no) = (shown("✓ 2.1 right"), shown("✗ 2.1 your sum is 0.97"));
        assert!(verdicts(Some(&no), Some(Some(&yes))).is_empty());
        assert!(verdicts(Some(&yes), Some(Some(&yes)))[0].contains("starter passes"));
        assert!(verdicts(Some(&no), Some(Some(&no)))[0].contains("0.97"));
        assert!(verdicts(Some(&shown("0")), None)[0].contains("neither"));
        assert!(verdicts(Some(&no), Some(Some(&shown("42"))))[0].contains("does not pass"));
        assert!(verdicts(Some(&no), Some(None))[0].contains("fails"));
    }
}
