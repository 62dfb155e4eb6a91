//! The browser tests: `python/browser` opens the lessons in JupyterLab in a headless Chromium and says what a learner
//! would see. Finds a browser and makes the Python environment that steers it; does not judge pages itself.

use super::lesson::Fresh;
use super::tally::Tally;
use crate::env::{Env, clean_environment, io, output, run_visible, which};
use crate::progress::show_progress;
use serde::Deserialize;
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

const REQUIREMENTS: &str = "course/python/browser/requirements.txt";
const CONSTRAINTS: &str = "course/python/browser/constraints.txt";
/// The most seconds for all cells of a lesson; generous, because it is no measurement.
const TIMEOUT: f64 = 900.0;
/// What to do when there is no browser.
const ADVICE: &str = "Install Chromium (Debian: `sudo apt install chromium`) or Chrome, or say where one is: \
    `COURSE_BROWSER=/path/to/chrome cargo course test`. `cargo course test --no-browser` leaves these tests out.";

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event {
    Ready { isolated: bool },
    Progress { text: String },
    Check { name: String, problems: Vec<String> },
    Seconds { running: f64 },
    Fatal { message: String },
    End,
}

/// What to test.
pub struct Options<'a> {
    /// The notebooks.
    pub lessons: &'a [&'a PathBuf],
    /// Those that were run already are shown with the outputs that they got; all others are run here.
    pub fresh: Option<&'a Fresh>,
    /// Where to save pictures of each lesson as a whole, if anywhere.
    pub pictures: Option<&'a Path>,
    /// Whether the tests are tried on a notebook and pages that are broken on purpose.
    pub itself: bool,
}

/// Runs the tests and counts their checks.
pub fn browser(env: &Env, options: &Options, tally: &mut Tally) {
    let began = Instant::now();
    match prepare(env, tally).and_then(|(python, chromium)| run(env, options, &python, chromium.as_deref(), tally)) {
        Ok((running, isolated)) => {
            let network = if isolated { "no network" } else { "no names resolved outside this machine" };
            let all = began.elapsed().as_secs_f64();
            tally.note(&format!("       in the browser: {all:.0} s, {running:.0} s of them running cells; {network}"));
        }
        Err(message) => tally.check("the browser tests", &[message]),
    }
}

/// Two sessions prepare one after the other: the second finds all in place.
static PREPARING: Mutex<()> = Mutex::new(());

/// The Python that steers the browser, and the browser, or `None` for the one that Playwright brings.
fn prepare(env: &Env, tally: &mut Tally) -> Result<(PathBuf, Option<PathBuf>), String> {
    let _one_at_a_time = PREPARING.lock().unwrap_or_else(PoisonError::into_inner);
    let python = install(env, tally)?;
    let found = find()?;
    if found.is_none() {
        download(env, &python, tally)?;
    }
    Ok((python, found))
}

/// A Chromium on this machine. The error names a browser that was asked for and does not work.
pub fn find() -> Result<Option<PathBuf>, String> {
    for name in ["COURSE_BROWSER", "CHROME"] {
        if let Some(path) = std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from) {
            let path =
                if path.components().count() == 1 { which(&path.to_string_lossy()).unwrap_or(path) } else { path };
            version(&path).map_err(|error| format!("{name} is {}: {error}. {ADVICE}", path.display()))?;
            return Ok(Some(path));
        }
    }
    let named = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    let usual = [
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/opt/google/chrome/chrome",
    ];
    let candidates = named.iter().filter_map(|name| which(name)).chain(usual.iter().map(PathBuf::from));
    // Ubuntu has a `chromium-browser` that only says how to install one.
    Ok(candidates.into_iter().find(|path| version(path).is_ok()))
}

/// `Chromium 156.0.8078.79`
pub fn version(browser: &Path) -> Result<String, String> {
    if !browser.is_file() {
        return Err("there is no such program".into());
    }
    let said = output(Command::new(browser).arg("--version"))?;
    let line = said.lines().find(|line| line.chars().any(|c| c.is_ascii_digit()));
    line.map(|line| line.trim().to_owned()).ok_or_else(|| format!("`--version` says {said:?}"))
}

fn home(env: &Env) -> PathBuf {
    env.home.join("browser")
}

/// An environment of its own: the course's needs no Playwright. Made when these tests first run.
fn install(env: &Env, tally: &mut Tally) -> Result<PathBuf, String> {
    let folder = home(env).join("python");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let read = |file| std::fs::read_to_string(env.root.join(file)).unwrap_or_default();
    let wanted = format!("{}\n{}{}", env.python.display(), read(REQUIREMENTS), read(CONSTRAINTS));
    let marker = home(env).join("python-packages");
    if python.exists() && std::fs::read_to_string(&marker).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    tally.note("       installing Playwright in .course/browser (50 MB)");
    let advice = "Is there a network connection? `cargo course test --no-browser` leaves the browser out.";
    let run = |command: &mut Command, what: &str| {
        clean_environment(command);
        run_visible(command.current_dir(&env.root), what, advice)
    };
    run(Command::new(&env.python).args(["-m", "venv", "--clear"]).arg(&folder), "Making a Python environment")?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", REQUIREMENTS, "-c", CONSTRAINTS];
    run(Command::new(&python).args(pip), "Installing Playwright")?;
    std::fs::write(&marker, wanted).map_err(io("writing", &marker))?;
    Ok(python)
}

/// Playwright's own Chromium, into `.course/browser`; it looks first whether it is there.
fn download(env: &Env, python: &Path, tally: &mut Tally) -> Result<(), String> {
    let folder = home(env).join("chromium");
    if !folder.exists() {
        tally.note("       no Chromium or Chrome here: downloading one into .course/browser (about 120 MB)");
    }
    let mut command = Command::new(python);
    command.args(["-m", "playwright", "install", "--only-shell", "chromium"]).env(BROWSERS, &folder);
    clean_environment(&mut command);
    output(&mut command).map(|_| ()).map_err(|error| {
        let reason = error.lines().find(|line| line.contains("Error:")).unwrap_or(&error).trim();
        format!("no Chromium or Chrome was found, and downloading one failed ({reason}). {ADVICE}")
    })
}

/// Where Playwright looks for its own browser.
const BROWSERS: &str = "PLAYWRIGHT_BROWSERS_PATH";

/// Returns the seconds that cells ran, and whether there was no network.
fn run(
    env: &Env,
    options: &Options,
    python: &Path,
    chromium: Option<&Path>,
    tally: &mut Tally,
) -> Result<(f64, bool), String> {
    let scratch =
        home(env).join(format!("run-{}-{}", std::process::id(), if options.fresh.is_some() { "show" } else { "run" }));
    std::fs::create_dir_all(&scratch).map_err(io("making", &scratch))?;
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or(path.to_path_buf());
    let lesson = |path: &&PathBuf| {
        let outputs = options.fresh.and_then(|fresh| fresh.outputs(path));
        json!({"path": absolute(path), "outputs": outputs})
    };
    let job = json!({
        "python": env.python, "kernel": env.kernel, "root": env.root, "scratch": scratch, "chromium": chromium,
        "lessons": options.lessons.iter().map(lesson).collect::<Vec<_>>(), "selftest": options.itself,
        "pages": options.fresh.map(Fresh::pages).unwrap_or_default(),
        "pictures": options.pictures.map(absolute), "failures": env.root.join("target/browser"), "timeout": TIMEOUT,
    });
    let mut command = Command::new(python);
    command.args(["-m", "browser"]).current_dir(env.root.join("course/python"));
    clean_environment(&mut command);
    command.env(BROWSERS, home(env).join("chromium"));
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONUNBUFFERED", "1").env("PYTHONUTF8", "1");
    let mut tests = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start {}: {error}", python.display()))?;
    // Held open until the end: when this program dies, the tests see it close and end all that they started.
    let mut input = tests.stdin.take().ok_or("the browser tests have no stdin")?;
    writeln!(input, "{job}").and_then(|()| input.flush()).map_err(|error| error.to_string())?;
    let (mut running, mut isolated, mut end) = (0.0, false, Err("they ended early; their message is above".into()));
    show_progress("starting JupyterLab and a browser");
    for line in BufReader::new(tests.stdout.take().ok_or("the browser tests have no stdout")?).lines() {
        let line = line.map_err(|error| error.to_string())?;
        match serde_json::from_str(&line).map_err(|error| format!("the browser tests said {line:?}: {error}"))? {
            Event::Ready { isolated: cut } => isolated = cut,
            Event::Progress { text } => show_progress(&text),
            Event::Check { name, problems } => tally.check(&name, &problems),
            Event::Seconds { running: seconds } => running += seconds,
            Event::Fatal { message } => end = Err(message),
            Event::End => end = Ok(()),
        }
    }
    let status = tests.wait().map_err(|error| error.to_string())?;
    let _ = std::fs::remove_dir_all(&scratch);
    end.map(|()| (running, isolated)).map_err(|message: String| format!("{message} ({status})"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::version;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_browser_that_only_says_how_to_install_one_is_none() {
        let path = std::env::temp_dir().join(format!("course-browser-{}", std::process::id()));
        let says = |script: &str| {
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            version(&path)
        };
        assert_eq!(
            says("echo a remark >&2; echo 'Chromium 156.0.1 built somewhere'").unwrap(),
            "Chromium 156.0.1 built somewhere"
        );
        assert!(says("echo 'install the snap' >&2; exit 1").unwrap_err().contains("install the snap"));
        assert!(says("echo hello").is_err());
        std::fs::remove_file(&path).unwrap();
        assert!(version(&path).unwrap_err().contains("no such program"));
    }
}
