//! Tests of a lesson in use: what learners do to it, each through the Jupyter protocol, with the message they see.
//! Prepares the checkouts that this needs and reports what `python/in_use` finds. Does not start a browser.

use super::checkouts::{Lent, Scratch};
use super::tally::Tally;
use crate::env::{Env, Toolchain, output};
use crate::progress::show_progress;
use serde::Deserialize;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

#[derive(Deserialize)]
struct Scenario {
    name: String,
    problems: Vec<String>,
    seconds: f64,
}

/// One part: `cells`, `lives` (of kernels), `start` (of kernels), `changes` (of `support`) or `elsewhere` (checkouts in other places).
/// Each is mostly waiting for one process, so they run side by side.
pub fn in_use(env: &Env, part: &str, tally: &mut Tally) {
    if cfg!(not(unix)) {
        let problem = "not tried: these tests need signals, that is, Linux or macOS";
        return tally.check(&format!("in use: {part}"), &[problem.into()]);
    }
    show_progress("a lesson in use: cells, kernels, checkouts");
    let done = match part {
        "changes" => changes(env, tally),
        "elsewhere" => elsewhere(env, tally),
        _ => {
            let job = json!({"root": env.root, "lessons": env.root.join("notebooks")});
            python(env, env, part, &job, &[], tally)
        }
    };
    if let Err(message) = done {
        tally.check(part, &[message]);
    }
}

fn changes(env: &Env, tally: &mut Tally) -> Result<(), String> {
    let scratch = Scratch::new("small")?;
    let toolchain = Toolchain::discover()?;
    let lent = Lent::small(env, &toolchain, &scratch.path.join("small"))?;
    let bin = toolchain.cargo.parent().unwrap_or(Path::new("/"));
    let job = json!({
        "root": lent.env.root, "lessons": lent.env.root.join("notebooks"), "program": env.program()?,
        "evcxr": lent.env.evcxr(), "plain_path": format!("{}:/usr/bin:/bin", bin.display()),
    });
    python(env, &lent.env, "changes", &job, &[], tally)
}

fn elsewhere(env: &Env, tally: &mut Tally) -> Result<(), String> {
    let scratch = Scratch::new("elsewhere")?;
    let toolchain = Toolchain::discover()?;
    let lent = Lent::whole(env, &toolchain, &scratch.path.join("Meine Kurse/língua ß 语言"))?;
    let cache = scratch.path.join("cache");
    std::fs::create_dir_all(&cache).map_err(|error| format!("making {}: {error}", cache.display()))?;
    let job = json!({
        "root": lent.env.root, "lessons": lent.env.root.join("notebooks"), "installed": lent.env.installed_program(),
        "cargo": toolchain.cargo, "scratch": scratch.path, "cache": cache,
    });
    python(env, &lent.env, "elsewhere", &job, &[], tally)?;
    lent.make_read_only()?;
    // Root may write everywhere; the tests' process gives that up.
    let without = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"];
    let root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    let can = output(Command::new(without[0]).args(&without[1..]).arg("true")).is_ok();
    python(env, &lent.env, "read-only", &job, if root && can { &without } else { &[] }, tally)
}

/// Runs a part of `python/in_use` with the Python, and so the kernel, of `lent`.
fn python(env: &Env, lent: &Env, part: &str, job: &Value, before: &[&str], tally: &mut Tally) -> Result<(), String> {
    let script = env.root.join("course/python/in_use");
    let mut words = before.iter().map(Path::new).chain([lent.python.as_path(), script.as_path()]);
    let mut command = Command::new(words.next().ok_or("no command")?);
    command.args(words).env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONIOENCODING", "utf-8");
    crate::env::clean_environment(&mut command);
    let mut runner = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start {}: {error}", lent.python.display()))?;
    // Held open until the end: when this program dies, the tests see it close and end their kernels.
    let mut input = runner.stdin.take().ok_or("the tests have no stdin")?;
    let mut job = job.clone();
    job["part"] = json!(part);
    writeln!(input, "{job}").and_then(|()| input.flush()).map_err(|error| error.to_string())?;
    for line in BufReader::new(runner.stdout.take().ok_or("the tests have no stdout")?).lines() {
        let line = line.map_err(|error| error.to_string())?;
        let done: Scenario =
            serde_json::from_str(&line).map_err(|error| format!("the tests said {line:?}: {error}"))?;
        tally.check(&format!("{}: {:.0} s", done.name, done.seconds), &done.problems);
    }
    let status = runner.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(format!("python/in_use ended early ({status}); its message is above")) }
}
