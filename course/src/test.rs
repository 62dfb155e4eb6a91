//! `cargo course test`: the crates' tests, then every notebook offline in a fresh kernel
//! (failures, drift, exercises, contract), then the harness against notebooks that are
//! broken on purpose. Lessons in use are in in_use.rs, in a browser in browser.rs.

use crate::browser::{self, browser};
use crate::compare::{KINDS, drift, stdout};
use crate::env::{Env, Toolchain};
use crate::execute::{CellRun, Execution, Job, failure, failures};
use crate::notebook::{Exercise, Notebook, text_of};
use crate::run::{at_once, clear_progress, find, number, show_progress};
use crate::{contract, in_use, selftest, template};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;

const USAGE: &str = "\
cargo course test [LESSON…]        a lesson is 02, 02_lime or the path of a notebook; without: all
  --only crate|notebooks|harness|in-use|browser
                                   one of the parts
  --no-browser                     leaves that part out
  --pictures DIR                   saves what the browser shows of each lesson
  --jobs N                         so many notebooks at the same time (1)
  --timeout S                      the most seconds for one cell (300)";

/// Counts checks and prints a line for each.
#[derive(Default)]
pub struct Tally {
    pub passed: usize,
    pub failed: usize,
}

impl Tally {
    /// Counts one check, which failed when there are problems.
    pub fn check(&mut self, name: &str, problems: &[String]) {
        clear_progress();
        if problems.is_empty() {
            self.passed += 1;
            println!("ok     {name}");
        } else {
            self.failed += 1;
            println!("FAILED {name}");
            problems.iter().for_each(|problem| println!("       {}", problem.replace('\n', "\n       ")));
        }
    }
}

/// Runs the tests; `Ok(false)` when one failed. The last line is `N passed, N failed`.
pub fn test(env: &Env, args: &[String]) -> Result<bool, String> {
    let (mut only, mut lessons, mut timeout, mut jobs) = (None, Vec::new(), 300.0, 1.0);
    let (mut with_browser, mut pictures) = (true, None);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--only" => match args.next().map(String::as_str) {
                Some(part @ ("crate" | "notebooks" | "harness" | "in-use" | "browser")) => only = Some(part),
                other => return Err(format!("--only {}: expected one part\n\n{USAGE}", other.unwrap_or_default())),
            },
            "--no-browser" => with_browser = false,
            "--pictures" => pictures = Some(PathBuf::from(args.next().ok_or("--pictures needs a folder")?)),
            "--jobs" => jobs = number(args.next().map_or("", |text| text))?,
            "--timeout" => timeout = number(args.next().map_or("", |text| text))?,
            flag if flag.starts_with('-') => return Err(format!("unknown option {flag}\n\n{USAGE}")),
            lesson => lessons.extend(find(env, lesson)?),
        }
    }
    // Lesson names alone mean: only these notebooks.
    let part = |name: &str| only.map_or(name == "notebooks" || lessons.is_empty(), |part| part == name);
    let mut tally = Tally::default();
    if part("crate") {
        crates(env, &mut tally)?;
    }
    if part("notebooks") {
        let lessons = if lessons.is_empty() { find(env, "all")? } else { lessons.clone() };
        let all = Mutex::new(&mut tally);
        at_once(jobs as usize, &lessons, |path| {
            let checks = lesson(env, path, timeout);
            let mut tally = all.lock().unwrap_or_else(|broken| broken.into_inner());
            checks.iter().for_each(|(name, problems)| tally.check(name, problems));
        });
    }
    if part("harness") {
        selftest::harness(env, &mut tally);
    }
    if part("in-use") {
        in_use::in_use(env, &mut tally);
    }
    if part("browser") && with_browser {
        let (itself, pictures) = (lessons.is_empty(), pictures.as_deref());
        let lessons = if itself { find(env, "all")? } else { lessons };
        browser(env, &browser::Options { lessons: &lessons, pictures, itself }, &mut tally);
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    Ok(tally.failed == 0)
}

/// `cargo test` over the workspace; each of its tests counts.
fn crates(env: &Env, tally: &mut Tally) -> Result<(), String> {
    let toolchain = Toolchain::discover()?;
    template::lend(env, &toolchain.host)?;
    let mut command = toolchain.cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]).current_dir(&env.root);
    let mut cargo =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().map_err(|e| format!("cargo did not start: {e}"))?;
    let (mut passed, mut failed, mut kept) = (0, 0, Vec::new());
    for line in BufReader::new(cargo.stdout.take().ok_or("cargo has no stdout")?).lines().map_while(Result::ok) {
        if let Some((ok, bad)) = counts(&line) {
            (passed, failed) = (passed + ok, failed + bad);
        } else if !line.ends_with("... ok") {
            kept.push(line);
        }
    }
    let success = cargo.wait().map_err(|e| e.to_string())?.success();
    tally.passed += passed;
    tally.failed += failed;
    if failed > 0 {
        println!("{}\nFAILED the crates' tests: {passed} passed, {failed} failed", kept.join("\n"));
    } else if success && passed > 0 {
        println!("ok     the crates' tests: {passed} passed");
    } else {
        tally.check("the crates' tests", &[format!("cargo test did not finish; {passed} tests had passed")]);
    }
    Ok(())
}

/// Reads `test result: ok. 12 passed; 0 failed; …`.
fn counts(line: &str) -> Option<(usize, usize)> {
    let rest = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let count = |word: &str| rest.split("; ").find_map(|part| part.strip_suffix(word)?.trim().parse().ok());
    Some((count("passed")?, count("failed")?))
}

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

fn indented(text: &str) -> String {
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

/// The checks of one notebook: their names and what is wrong.
fn lesson(env: &Env, path: &Path, timeout: f64) -> Vec<(String, Vec<String>)> {
    let notebook = match Notebook::read(path) {
        Ok(notebook) => notebook,
        Err(message) => return vec![(path.display().to_string(), vec![message])],
    };
    let name = notebook.name();
    let mut exercises = contract::exercise_problems(&notebook);
    let mut checks = vec![(format!("{name} keeps the contract of a lesson"), contract::problems(&notebook, &env.root))];
    match examine(env, &notebook, timeout) {
        Err(message) => checks.push((format!("{name} runs"), vec![message])),
        Ok(seen) => {
            let seconds = seen.execution.cells.last().map_or(0.0, |cell| cell.at);
            let network = if seen.execution.isolated { "no network" } else { "offline (no isolation on this system)" };
            let memory = seen.execution.memory.total / 1e9;
            checks.push((format!("{name} runs: {seconds:.1} s, {memory:.2} GB, {network}"), seen.failures));
            if let Some(first) = seen.retrained.first() {
                println!(
                    "note   {name}: training came out otherwise than saved, as on another processor; {}",
                    indented(first)
                );
            }
            checks.push((format!("{name} prints what is saved in it"), seen.drift));
            exercises.extend(seen.exercises);
        }
    }
    let count = notebook.exercises().len();
    checks.push((format!("{name} exercises: {count} solutions pass, starters do not"), exercises));
    checks
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_are_read_from_cargo() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(counts(line), Some((12, 3)));
        assert_eq!(counts("test result: ok. 0 passed; 0 failed; 1 ignored"), Some((0, 0)));
        assert_eq!(counts("test compare::x ... ok"), None);
    }

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
