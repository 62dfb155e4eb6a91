//! `cargo course test`: which parts are tested, as a list of jobs that run side by side (schedule.rs) and report in
//! the order of the list (tally.rs). What each part checks is in its own file.

mod browser;
mod checkouts;
mod compare;
mod contract;
mod crates;
mod examine;
mod in_use;
mod lesson;
mod schedule;
mod selftest;
mod tally;

use crate::env::Env;
use crate::run::{find, number};
use checkouts::Scratch;
use lesson::Fresh;
use lexopt::Arg::{Long, Short, Value};
use schedule::Job;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tally::{Printer, Tally};

pub use browser::find as find_browser;

const USAGE: &str = "\
cargo course test [LESSON…]        a lesson is 02, 02_lime or the path of a notebook; without: all
  --only crate|notebooks|harness|in-use|browser
                                   one of the parts; `browser` alone runs every lesson by mouse
  --no-browser                     leaves that part out
  --pictures DIR                   saves what the browser shows of each lesson
  --jobs N                         so many parts and notebooks at the same time
                                   (of two cores 3 with 8 GB of free memory, 2 with 4 GB, else 1)
  --timeout S                      the most seconds for one cell (300)";

const PARTS: [&str; 5] = ["crate", "notebooks", "harness", "in-use", "browser"];

/// The lessons that are also run in JupyterLab, from the menu; it shows the others as the first run left them.
const BY_MOUSE: [&str; 2] = ["00_getting_started", "02_lime"];

struct Options {
    only: Option<String>,
    lessons: Vec<PathBuf>,
    browser: bool,
    pictures: Option<PathBuf>,
    jobs: usize,
    timeout: f64,
}

fn parse(env: &Env, args: &[String]) -> Result<Options, String> {
    let (only, lessons, pictures) = (None, Vec::new(), None);
    let mut options = Options { only, lessons, browser: true, pictures, jobs: schedule::slots(), timeout: 300.0 };
    let mut args = lexopt::Parser::from_args(args);
    let refused = |error: lexopt::Error| format!("{error}\n\n{USAGE}");
    while let Some(arg) = args.next().map_err(refused)? {
        match arg {
            Long("only") => {
                let part = args.value().map_err(refused)?.to_string_lossy().into_owned();
                if !PARTS.contains(&part.as_str()) {
                    return Err(format!("--only {part}: expected one part\n\n{USAGE}"));
                }
                options.only = Some(part);
            }
            Long("no-browser") => options.browser = false,
            Long("pictures") => options.pictures = Some(args.value().map_err(refused)?.into()),
            Long("jobs") => options.jobs = number(&args.value().map_err(refused)?)? as usize,
            Long("timeout") => options.timeout = number(&args.value().map_err(refused)?)?,
            Long("help") | Short('h') => return Err(USAGE.into()),
            Value(lesson) => options.lessons.extend(find(env, &lesson.to_string_lossy())?),
            other => return Err(refused(other.unexpected())),
        }
    }
    Ok(options)
}

/// Runs the tests; `Ok(false)` when one failed. The last line is `N passed, N failed`.
pub fn test(env: &Env, args: &[String]) -> Result<bool, String> {
    let options = parse(env, args)?;
    let lessons = if options.lessons.is_empty() { find(env, "all")? } else { options.lessons.clone() };
    let scratch = Scratch::new("fresh")?;
    let fresh = Fresh::new(env, &scratch.path);
    let began = Instant::now();
    let mut jobs = jobs(env, &options, &lessons, &fresh);
    let mut times = Times::read(env);
    jobs.iter_mut().for_each(|job| job.seconds = times.0.get(&job.name).copied().unwrap_or(job.seconds));
    let (many, slots) = (jobs.len(), options.jobs);
    let outcome = schedule::run(jobs, slots, &Printer::new(many, Box::new(std::io::stdout())));
    if many > 1 {
        println!("{}", split(&outcome.seconds, began.elapsed().as_secs_f64(), slots));
    }
    times.0.extend(outcome.seconds);
    times.write(env);
    println!("{} passed, {} failed", outcome.passed, outcome.failed);
    Ok(outcome.failed == 0)
}

/// All that is to be done, in the order in which it is reported. The seconds are those of a quiet machine with two
/// cores, for the first time; later the last run's count.
fn jobs<'a>(env: &'a Env, options: &'a Options, lessons: &'a [PathBuf], fresh: &'a Fresh) -> Vec<Job<'a>> {
    // Lesson names alone mean: only these notebooks.
    let part = |name: &str| match &options.only {
        Some(only) => only == name,
        None => name == "notebooks" || options.lessons.is_empty(),
    };
    let mut jobs = Vec::new();
    if part("crate") {
        jobs.push(job("crates", 200.0, &[], |tally| crates::crates(env, tally)));
    }
    let notebook = |path: &Path| format!("notebook {}", fresh.place(path).display());
    if part("notebooks") {
        for path in lessons {
            let timeout = options.timeout;
            jobs.push(job(&notebook(path), 60.0, &[], move |tally| lesson::lesson(env, path, timeout, fresh, tally)));
        }
    }
    if part("harness") {
        jobs.push(job("harness", 30.0, &[], |tally| selftest::harness(env, tally)));
    }
    if part("in-use") {
        // The checkout elsewhere borrows what the crates' tests compile.
        let after: [(&str, f64, &[&str]); 5] = [
            ("cells", 45.0, &[]),
            ("lives", 75.0, &[]),
            ("start", 30.0, &[]),
            ("changes", 50.0, &[]),
            ("elsewhere", 140.0, &["crates"]),
        ];
        for (part, seconds, after) in after {
            jobs.push(job(&format!("in use: {part}"), seconds, after, move |tally| in_use::in_use(env, part, tally)));
        }
    }
    if part("browser") && options.browser {
        let ran = part("notebooks");
        let by_mouse = |path: &&PathBuf| !ran || BY_MOUSE.iter().any(|name| path.file_stem() == Some(name.as_ref()));
        let (run, shown): (Vec<_>, Vec<_>) = lessons.iter().partition(by_mouse);
        let (pictures, itself) = (options.pictures.as_deref(), options.lessons.is_empty());
        jobs.push(job("browser: run", 120.0, &[], move |tally| {
            browser::browser(env, &browser::Options { lessons: &run, fresh: None, pictures, itself }, tally);
        }));
        if !shown.is_empty() {
            let after: Vec<String> = shown.iter().map(|path| notebook(path)).collect();
            let after: Vec<&str> = after.iter().map(String::as_str).collect();
            jobs.push(job("browser: show", 80.0, &after, move |tally| {
                let options = browser::Options { lessons: &shown, fresh: Some(fresh), pictures, itself: false };
                browser::browser(env, &options, tally);
            }));
        }
    }
    jobs
}

fn job<'a>(name: &str, seconds: f64, after: &[&str], work: impl FnOnce(&mut Tally) + Send + 'a) -> Job<'a> {
    let after = after.iter().map(|name| name.to_string()).collect();
    Job { name: name.into(), after, seconds, work: Box::new(work) }
}

/// Where the time went.
fn split(seconds: &BTreeMap<String, f64>, all: f64, slots: usize) -> String {
    let mut parts = BTreeMap::<&str, f64>::new();
    for (name, seconds) in seconds {
        let part = if name.starts_with("notebook ") { "notebooks" } else { name };
        *parts.entry(part).or_default() += seconds;
    }
    let parts: Vec<String> = parts.iter().map(|(part, seconds)| format!("{part} {seconds:.0} s")).collect();
    format!("       {all:.0} s, {slots} at a time: {}", parts.join(", "))
}

/// How long each job took when it last ran, so that the longest start first.
struct Times(BTreeMap<String, f64>);

impl Times {
    fn file(env: &Env) -> PathBuf {
        env.home.join("test-seconds.json")
    }

    fn read(env: &Env) -> Times {
        let text = std::fs::read_to_string(Times::file(env)).unwrap_or_default();
        Times(serde_json::from_str(&text).unwrap_or_default())
    }

    /// Not to be able to remember is no failure.
    fn write(&self, env: &Env) {
        let _ = serde_json::to_string(&self.0).map(|text| std::fs::write(Times::file(env), text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env() -> Env {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        Env { home: root.join(".course"), root, python: "python".into(), kernel: "rust".into() }
    }

    /// The names of the jobs, and what the last one waits for.
    fn names(words: &[&str]) -> (Vec<String>, Vec<String>) {
        let env = env();
        let args: Vec<String> = words.iter().map(|word| word.to_string()).collect();
        let options = parse(&env, &args).unwrap();
        let lessons = if options.lessons.is_empty() { find(&env, "all").unwrap() } else { options.lessons.clone() };
        let fresh = Fresh::new(&env, Path::new("nowhere"));
        let jobs = jobs(&env, &options, &lessons, &fresh);
        let after = jobs.last().map(|job| job.after.clone()).unwrap_or_default();
        (jobs.into_iter().map(|job| job.name).collect(), after)
    }

    #[test]
    fn each_lesson_runs_once_and_is_shown_when_it_has_run() {
        let (all, after) = names(&[]);
        let many = all.iter().filter(|name| name.starts_with("notebook ")).count();
        assert_eq!(many, find(&env(), "all").unwrap().len());
        assert_eq!(all.last().unwrap(), "browser: show");
        assert_eq!(after.len(), many - BY_MOUSE.len(), "all lessons but those that are run by mouse");
        assert!(after.iter().all(|name| all.contains(name)), "{after:?}");
        assert_eq!(all.iter().filter(|name| name.starts_with("in use: ")).count(), 5);
    }

    #[test]
    fn words_choose_parts() {
        assert_eq!(names(&["02"]).0, ["notebook 02_lime.ipynb"]);
        assert_eq!(names(&["--only", "browser"]).0, ["browser: run"]);
        assert_eq!(names(&["--only", "browser", "05"]).0, ["browser: run"]);
        assert_eq!(names(&["--only", "harness"]).0, ["harness"]);
        assert!(!names(&["--no-browser"]).0.iter().any(|name| name.starts_with("browser")));
        assert!(parse(&env(), &["--only".into(), "all".into()]).is_err_and(|error| error.contains("one part")));
        assert!(
            parse(&env(), &["--fast".into()])
                .is_err_and(|error| error.contains("invalid option '--fast'") && error.contains(USAGE))
        );
    }

    #[test]
    fn the_split_adds_up_notebooks() {
        let seconds = [("crates", 10.0), ("notebook a", 1.0), ("notebook b", 2.0)];
        let seconds = seconds.map(|(name, seconds)| (name.to_string(), seconds)).into();
        assert_eq!(split(&seconds, 12.4, 2), "       12 s, 2 at a time: crates 10 s, notebooks 3 s");
    }
}
