//! Runs cells in one fresh kernel, by way of `python/run_notebook.py`, and says which failed.
//! evcxr reports a panic, a failed assert and a failing `?` as success; only the text on
//! stderr shows them, so here any stderr is a failure. Does not compare outputs (test/compare.rs).

use crate::env::Env;
use crate::notebook::{Cell, text_of};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What to run, and how.
#[derive(Clone, Serialize)]
pub struct Job {
    /// The notebook that the cells are from; the kernel is told, as JupyterLab tells it.
    #[serde(skip)]
    pub notebook: PathBuf,
    /// The kernel's working directory, from which `../support` must be found.
    pub cwd: PathBuf,
    /// The name of the kernelspec.
    pub kernel: String,
    /// The most seconds that one cell may take.
    pub timeout: f64,
    /// The most seconds until the kernel answers; it may have to rebuild its template first.
    pub start_timeout: f64,
    /// Set the environment so that nothing is downloaded.
    pub offline: bool,
    /// Cut the network off altogether, where the system allows it.
    pub isolate: bool,
    /// The sources, in order.
    pub cells: Vec<String>,
}

/// What one cell did.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct CellRun {
    /// Outputs in the notebook format.
    pub outputs: Vec<Value>,
    /// `ok`, `error`, `timeout` (it was stopped) or `died` (the kernel did).
    pub status: String,
    /// From the request to the last message.
    pub seconds: f64,
    /// The part of it during which the process that runs the code was computing.
    pub busy: f64,
    /// Seconds since the kernel was started, at the cell's end.
    pub at: f64,
}

/// Peak memory in bytes; `total` is the peak of the sum, not the sum of the peaks.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Memory {
    pub kernel: f64,
    pub child: f64,
    pub compiler: f64,
    pub total: f64,
}

/// What a kernel did with a job. `cells` is shorter than the job's when the kernel was lost.
#[derive(Debug, Default)]
pub struct Execution {
    pub cells: Vec<CellRun>,
    pub memory: Memory,
    /// Seconds until the kernel answered.
    pub start: f64,
    /// Whether it had no network.
    pub isolated: bool,
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event {
    Ready { seconds: f64, isolated: bool },
    Cell(CellRun),
    End { memory: Memory },
    Fatal { message: String },
}

impl Job {
    /// A job for a notebook: its own folder is the working directory, or `notebooks/` for a
    /// copy that lies outside the checkout's, so that `../support` is found.
    pub fn new(env: &Env, notebook: &Path, cells: Vec<String>) -> Job {
        let lessons = env.root.join("notebooks");
        let own = notebook.parent().and_then(|folder| folder.canonicalize().ok());
        Job {
            notebook: notebook.canonicalize().unwrap_or_default(),
            cwd: own.filter(|folder| folder.starts_with(&lessons)).unwrap_or(lessons),
            kernel: env.kernel.clone(),
            timeout: 300.0,
            start_timeout: 1800.0,
            offline: true,
            isolate: false,
            cells,
        }
    }

    /// Runs the cells; `progress` is told the number of cells done. An error means that nothing ran.
    pub fn run(&self, env: &Env, mut progress: impl FnMut(usize)) -> Result<Execution, String> {
        let mut command = Command::new(&env.python);
        command.arg(env.root.join("course/python/run_notebook.py")).env("PYTHONUNBUFFERED", "1");
        command.env("JPY_SESSION_NAME", &self.notebook);
        let mut runner = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|e| {
            format!("cannot start {}: {e}\nType `cargo course setup`, which installs it.", env.python.display())
        })?;
        // Held open until the end: when this program dies, the runner sees it close and ends the kernel.
        let mut input = runner.stdin.take().ok_or("the runner has no stdin")?;
        let job = serde_json::to_string(self).map_err(|e| e.to_string())?;
        let sent = writeln!(input, "{job}").and_then(|()| input.flush());
        let mut done = Execution::default();
        let mut fatal = sent.err().map(|e| e.to_string());
        let mut ended = false;
        progress(0);
        for line in BufReader::new(runner.stdout.take().ok_or("the runner has no stdout")?).lines() {
            let line = line.map_err(|e| e.to_string())?;
            match serde_json::from_str(&line).map_err(|e| format!("the runner said {line:?}: {e}"))? {
                Event::Ready { seconds, isolated } => (done.start, done.isolated) = (seconds, isolated),
                Event::Cell(cell) => {
                    done.cells.push(cell);
                    progress(done.cells.len());
                }
                Event::End { memory } => (done.memory, ended) = (memory, true),
                Event::Fatal { message } => fatal = Some(message),
            }
        }
        let status = runner.wait().map_err(|e| e.to_string())?;
        match fatal {
            Some(message) => Err(format!(
                "the kernel `{}` did not run: {message}\nType `cargo course doctor` to see what is missing.",
                self.kernel
            )),
            None if !ended => Err(format!("run_notebook.py ended early ({status}); its message is above")),
            None => Ok(done),
        }
    }
}

/// Why a cell failed, or `None`. `run` is `None` when the kernel was lost before it.
pub fn failure(run: Option<&CellRun>) -> Option<String> {
    let Some(run) = run else { return Some("not run: the kernel was lost in an earlier cell".into()) };
    match run.status.as_str() {
        "timeout" => return Some(format!("stopped after {:.0} s: it takes too long or never ends", run.seconds)),
        "died" => return Some("the kernel died".into()),
        _ => {}
    }
    let errors = run.outputs.iter().filter(|o| o["output_type"] == "error");
    let errors: Vec<String> = errors.map(error_text).collect();
    let stderr = stderr(run);
    // Kept besides the check of stderr, for kernels that mix the two streams.
    let lost = run.outputs.iter().map(|o| text_of(&o["text"])).find(|text| text.contains("The type of the variable"));
    if !errors.is_empty() {
        Some(errors.join("\n"))
    } else if !stderr.is_empty() {
        Some(format!("on stderr: {stderr}"))
    } else if lost.is_some() || run.status != "ok" {
        Some(lost.unwrap_or_else(|| format!("the kernel answered `{}`", run.status)))
    } else {
        None
    }
}

/// Failures of a notebook's cells: those that failed, and those tagged `raises-exception` that did not.
pub fn failures(code: &[Cell], runs: &[CellRun]) -> Vec<(String, String)> {
    let judged = code.iter().enumerate().map(|(i, cell)| {
        let problem = match failure(runs.get(i)) {
            None if cell.must_fail => Some("it is tagged raises-exception, but nothing failed".into()),
            Some(_) if cell.must_fail && runs.get(i).is_some_and(|r| r.status == "ok" || r.status == "error") => None,
            other => other,
        };
        problem.map(|text| (cell.name(), text))
    });
    judged.flatten().collect()
}

/// What the cell wrote to stderr, without the backtrace of a panic.
fn stderr(run: &CellRun) -> String {
    let streams = run.outputs.iter().filter(|o| o["output_type"] == "stream" && o["name"] == "stderr");
    let text: String = streams.map(|o| plain(&text_of(&o["text"]))).collect();
    text.split("stack backtrace:").next().unwrap_or_default().trim().to_string()
}

fn error_text(output: &Value) -> String {
    let traceback: Vec<String> =
        output["traceback"].as_array().into_iter().flatten().filter_map(Value::as_str).map(plain).collect();
    let message = plain(output["evalue"].as_str().unwrap_or_default());
    if traceback.is_empty() { message } else { traceback.join("\n") }
}

/// Text without the terminal's colour codes.
pub fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut clean = parts.next().unwrap_or_default().to_string();
    for part in parts {
        clean.push_str(part.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest));
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn run(status: &str, outputs: Value) -> CellRun {
        let outputs = outputs.as_array().cloned().unwrap_or_default();
        CellRun { outputs, status: status.into(), ..Default::default() }
    }

    #[test]
    fn stderr_fails_a_cell_that_the_kernel_calls_ok() {
        let text = "\nthread '<unnamed>' (7) panicked at src/lib.rs:1:1:\nno\nstack backtrace:\n 0: x";
        let cell = run("ok", json!([{"output_type": "stream", "name": "stderr", "text": text}]));
        let found = failure(Some(&cell)).unwrap();
        assert!(found.contains("panicked at") && found.ends_with("no"), "{found}");
        let quiet = run("ok", json!([{"output_type": "stream", "name": "stdout", "text": "fine\n"}]));
        assert_eq!(failure(Some(&quiet)), None);
    }

    #[test]
    fn errors_are_shown_without_colours() {
        let error =
            json!([{"output_type": "error", "evalue": "", "traceback": ["\u{1b}[31m[E0308]\u{1b}[0m mismatched"]}]);
        assert_eq!(failure(Some(&run("error", error))).unwrap(), "[E0308] mismatched");
        assert!(failure(Some(&run("timeout", json!([])))).unwrap().contains("never ends"));
        assert!(failure(Some(&run("died", json!([])))).is_some());
        assert!(failure(Some(&run("error", json!([])))).is_some());
        assert!(failure(None).is_some());
    }

    #[test]
    fn a_cell_that_shows_a_failure_must_fail() {
        let cell =
            |must_fail| Cell { index: 0, number: 1, source: "x".into(), must_fail, trained: false, outputs: vec![] };
        let panic = run("ok", json!([{"output_type": "stream", "name": "stderr", "text": "panicked at"}]));
        let fine = run("ok", json!([]));
        assert_eq!(failures(&[cell(true)], std::slice::from_ref(&panic)).len(), 0);
        assert_eq!(failures(&[cell(true)], std::slice::from_ref(&fine)).len(), 1);
        assert_eq!(failures(&[cell(false)], std::slice::from_ref(&panic)).len(), 1);
        assert_eq!(failures(&[cell(false)], std::slice::from_ref(&fine)).len(), 0);
        assert_eq!(failures(&[cell(true)], &[run("timeout", json!([]))]).len(), 1);
    }
}
