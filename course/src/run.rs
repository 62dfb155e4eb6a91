//! `cargo course run`: executes lessons in fresh kernels and reports seconds, slowest
//! cells, memory and failures; saves or exports what came out. Does not compare with
//! the saved outputs: that is `cargo course test`.

use crate::env::Env;
use crate::execute::{CellRun, Execution, Job, failures};
use crate::notebook::{Cell, Notebook, first_line};
use crate::progress::{clear_progress, show_progress};
use lexopt::Arg::{Long, Short, Value};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const USAGE: &str = "\
cargo course run LESSON… | all     a lesson is 02, 02_lime or the path of a notebook
  --save         write the fresh outputs into the notebook
  --html DIR     export each lesson with its fresh outputs
  --profile      latency and memory against the budgets
  --jobs N       so many lessons at the same time (1)
  --timeout S    the most seconds for one cell (300)
  --online       allow downloads, for lessons switched to the hub";

struct Options {
    lessons: Vec<PathBuf>,
    html: Option<PathBuf>,
    save: bool,
    profile: bool,
    online: bool,
    jobs: usize,
    timeout: f64,
}

/// Runs the lessons named in `args`; `Ok(false)` when a cell failed.
pub fn run(env: &Env, args: &[String]) -> Result<bool, String> {
    let options = parse(env, args)?;
    if let Some(folder) = &options.html {
        std::fs::create_dir_all(folder).map_err(|e| format!("cannot make {}: {e}", folder.display()))?;
    }
    let printing = Mutex::new(());
    let results = at_once(options.jobs, &options.lessons, |path| {
        let (text, passed) = match lesson(env, &options, path) {
            Ok(done) => done,
            Err(message) => (format!("{}: {message}\n", path.display()), false),
        };
        let _one_at_a_time = printing.lock();
        clear_progress();
        println!("{text}");
        passed
    });
    let failed = results.iter().filter(|passed| !**passed).count();
    if results.len() > 1 {
        println!("{} lessons ran, {failed} failed", results.len());
    }
    Ok(failed == 0)
}

fn parse(env: &Env, args: &[String]) -> Result<Options, String> {
    let mut options =
        Options { lessons: vec![], html: None, save: false, profile: false, online: false, jobs: 1, timeout: 300.0 };
    let mut args = lexopt::Parser::from_args(args);
    let refused = |error: lexopt::Error| format!("{error}\n\n{USAGE}");
    while let Some(arg) = args.next().map_err(refused)? {
        match arg {
            Long("save") => options.save = true,
            Long("profile") => options.profile = true,
            Long("online") => options.online = true,
            Long("html") => options.html = Some(args.value().map_err(refused)?.into()),
            Long("jobs") => options.jobs = number(&args.value().map_err(refused)?)? as usize,
            Long("timeout") => options.timeout = number(&args.value().map_err(refused)?)?,
            Long("help") | Short('h') => return Err(USAGE.into()),
            Value(lesson) => options.lessons.extend(find(env, &lesson.to_string_lossy())?),
            other => return Err(refused(other.unexpected())),
        }
    }
    if options.lessons.is_empty() { Err(format!("which lesson?\n\n{USAGE}")) } else { Ok(options) }
}

/// A number of at least 1.
pub fn number(text: &OsStr) -> Result<f64, String> {
    let text = text.to_string_lossy();
    text.parse().ok().filter(|n| *n >= 1.0).ok_or(format!("expected a number of at least 1, found {text:?}"))
}

/// The notebooks that a word on the command line means.
pub fn find(env: &Env, word: &str) -> Result<Vec<PathBuf>, String> {
    if word.ends_with(".ipynb") {
        let path = PathBuf::from(word);
        return if path.is_file() { Ok(vec![path]) } else { Err(format!("there is no file {word}")) };
    }
    let lessons = env.root.join("notebooks");
    let every = all(&lessons);
    if word == "all" && !every.is_empty() {
        return Ok(every);
    }
    let name = |path: &PathBuf| path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let meant = |path: &&PathBuf| {
        let name = name(path);
        name == word || name.starts_with(&format!("{word}_")) || path.starts_with(lessons.join(word))
    };
    let found: Vec<PathBuf> = every.iter().filter(meant).cloned().collect();
    if found.is_empty() {
        let names: Vec<String> = every.iter().map(name).collect();
        return Err(format!("there is no lesson {word:?} in {}; it has: {}", lessons.display(), names.join(", ")));
    }
    Ok(found)
}

/// All notebooks below a folder, in order, without Jupyter's checkpoints.
fn all(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() && !hidden {
            found.extend(all(&path));
        } else if path.extension().is_some_and(|ending| ending == "ipynb") && !hidden {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Runs one lesson; returns the report and whether all cells did what they should.
fn lesson(env: &Env, options: &Options, path: &Path) -> Result<(String, bool), String> {
    let notebook = Notebook::read(path)?;
    let code = notebook.code();
    let job = Job {
        offline: !options.online,
        timeout: options.timeout,
        ..Job::new(env, path, code.iter().map(|cell| cell.source.clone()).collect())
    };
    let name = notebook.name();
    let done = job.run(env, |cells| {
        if options.jobs == 1 {
            show_progress(&format!("{name}: cell {cells} of {}", code.len()));
        }
    })?;
    let failed = failures(&code, &done.cells);
    let mut text = report(&name, &code, &done, &failed);
    if options.profile {
        text += &crate::profile::profile(&code, &done);
    }
    let outputs: Vec<_> = done.cells.iter().map(|cell| cell.outputs.clone()).collect();
    let fresh = notebook.with_outputs(&outputs);
    if options.save && failed.is_empty() {
        fresh.write(path)?;
        text += "  saved\n";
    } else if options.save {
        text += "  not saved, because of the failures\n";
    }
    if let Some(folder) = &options.html {
        export(env, &fresh, folder)?;
        let _ = writeln!(text, "  {}", folder.join(format!("{name}.html")).display());
    }
    Ok((text, failed.is_empty()))
}

fn report(name: &str, code: &[Cell], done: &Execution, failed: &[(String, String)]) -> String {
    let verdict = if failed.is_empty() { "ok".to_string() } else { format!("{} FAILED", failed.len()) };
    let seconds = done.cells.last().map_or(done.start, |cell| cell.at);
    let ready = done.start;
    let mut text = format!(
        "{name}: {verdict}, {} cells in {seconds:.1} s, the kernel's start of {ready:.1} s included\n",
        code.len()
    );
    let mut slowest: Vec<(&Cell, &CellRun)> = code.iter().zip(&done.cells).collect();
    slowest.sort_by(|a, b| b.1.seconds.total_cmp(&a.1.seconds));
    for (i, (cell, run)) in slowest.iter().take(5).enumerate() {
        let label = if i == 0 { "slowest" } else { "" };
        let _ = writeln!(text, "  {label:8} [{}] {:.2} s  {}", cell.number, run.seconds, first_line(&cell.source));
    }
    let gb = |bytes: f64| bytes / 1e9;
    let m = &done.memory;
    let (kernel, child, compiler, total) = (gb(m.kernel), gb(m.child), gb(m.compiler), gb(m.total));
    let _ = writeln!(
        text,
        "  memory   kernel {kernel:.2} GB, child {child:.2} GB, compiler {compiler:.2} GB; together at most {total:.2} GB"
    );
    for (cell, problem) in failed {
        let _ = writeln!(text, "  FAILED {cell}\n    {}", problem.replace('\n', "\n    "));
    }
    text
}

fn export(env: &Env, notebook: &Notebook, folder: &Path) -> Result<(), String> {
    // nbconvert takes the title from the file's name, so the copy keeps it.
    let scratch = std::env::temp_dir().join(format!("course-html-{}-{}", std::process::id(), notebook.name()));
    std::fs::create_dir_all(&scratch).map_err(|e| format!("cannot make {}: {e}", scratch.display()))?;
    let copy = scratch.join(format!("{}.ipynb", notebook.name()));
    let folder = folder.canonicalize().map_err(|e| e.to_string())?;
    let done = notebook.write(&copy).and_then(|()| {
        let mut command = Command::new(&env.python);
        command
            .args(["-m", "nbconvert", "--to", "html", "--log-level", "ERROR", "--output-dir"])
            .arg(&folder)
            .arg(&copy);
        crate::env::output(&mut command)
    });
    let _ = std::fs::remove_dir_all(&scratch);
    done.map(|_| ())
}

/// Applies `work` to the items, so many at once; the results are in the items' order.
pub fn at_once<T: Sync, R: Send>(jobs: usize, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, items.len().max(1)) {
            scope.spawn(|| {
                while let Some((i, item)) =
                    Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|i| Some((i, items.get(i)?)))
                {
                    let result = work(item);
                    done.lock().unwrap_or_else(|broken| broken.into_inner()).push((i, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(|broken| broken.into_inner());
    done.sort_by_key(|(i, _)| *i);
    done.into_iter().map(|(_, result)| result).collect()
}
