//! The `cargo` and `rustup` that a kernel process sees: this program under their names.
//!
//! - `cargo metadata` is answered for the few crates that notebooks name (see metadata.rs).
//! - Before the first build that uses `support`, the template is brought up to date, in sight of the learner.
//! - Versions are the workspace's: its Cargo.lock is put in place before cargo resolves.
//! - A notebook's first cell with statements is refused once, so that cells may use `?` (see question_mark.rs).
//! - A cell like the one before it is compiled without cargo (see direct.rs).
//! - Everything else goes to the real cargo unchanged.
//!
//! evcxr asks `rustup which cargo` first, rust-analyzer looks in `$CARGO_HOME/bin`: both lead here.
//! The launcher (mod.rs) says through the environment where the real tools are.

use super::artefacts::copy_file;
use super::template::{self, Wait};
use super::{direct, metadata, question_mark, start, warm};
use crate::env::{Env, REAL_CARGO, REAL_RUSTC, Toolchain, leave_kernel, replace};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// `rustup which <tool>`: anything else fails, and the caller looks on the PATH.
pub fn rustup() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let tool = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["which", "cargo"] => Some(home_of_shims().join("bin/cargo")),
        ["which", "rustc"] => std::env::var_os(REAL_RUSTC).map(PathBuf::from),
        _ => None,
    };
    let Some(path) = tool else { return ExitCode::FAILURE };
    println!("{}", path.display());
    ExitCode::SUCCESS
}

/// A kernel's CARGO_HOME is the folder of the shims.
fn home_of_shims() -> PathBuf {
    std::env::var_os("CARGO_HOME").unwrap_or_default().into()
}

/// `cargo …` from inside a kernel.
pub fn cargo() -> ExitCode {
    let_go_of_the_lock();
    start::forget_start_files(&metadata::kernel().unwrap_or_default());
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let subcommand = args.iter().find(|arg| !arg.starts_with('-')).cloned();
    let subcommand = subcommand.as_deref();
    let direct = match subcommand {
        Some("build") => warm::build(&args).or_else(|| question_mark::refuse(&args)).or_else(|| direct::build(&args)),
        Some("check") => direct::check(&args),
        Some("metadata") => warm::metadata(),
        _ => None,
    };
    if let Some(done) = direct {
        return done; // what `prepare` looks at was right when this call was recorded
    }
    if matches!(subcommand, Some("build" | "check" | "metadata"))
        && let Err(message) = prepare(subcommand != Some("metadata"))
    {
        eprintln!("{message}");
        return ExitCode::FAILURE;
    }
    if subcommand == Some("check") {
        // The dependencies are built, not checked.
        args.iter_mut().filter(|arg| *arg == "check").for_each(|arg| *arg = "build".into());
    }
    if matches!(subcommand, Some("build" | "check")) {
        args.extend(settings_of_the_course());
    }
    let mut command = Command::new(std::env::var_os(REAL_CARGO).unwrap_or_else(|| "cargo".into()));
    command.args(&args).env_remove("CARGO");
    leave_kernel(&mut command);
    if matches!(subcommand, Some("build" | "check")) && std::env::var_os("RUSTC_WRAPPER").is_none() {
        let name = format!("{}{}", direct::RECORDER, std::env::consts::EXE_SUFFIX);
        command.env("RUSTC_WRAPPER", home_of_shims().join("bin").join(name));
    }
    if metadata::is_question(&args) { metadata::answer(&mut command, &args) } else { replace(command) }
}

/// Cargo reads the settings in the folders above its own. A kernel outside the checkout is told where they are.
fn settings_of_the_course() -> Vec<String> {
    let Ok(env) = Env::discover() else { return Vec::new() };
    let inside = std::env::current_dir().is_ok_and(|folder| folder.starts_with(&env.root));
    let settings = env.root.join(".cargo/config.toml").to_string_lossy().into_owned();
    if inside { Vec::new() } else { vec!["--config".into(), settings] }
}

/// Puts the workspace's lock file in place, and for a build the template.
fn prepare(build: bool) -> Result<(), String> {
    let manifest = fs::read_to_string("Cargo.toml").unwrap_or_default();
    let env = Env::discover()?;
    let ours = serde_json::json!(env.root.join("support").to_string_lossy()).to_string();
    if !manifest.contains(&ours) {
        return Ok(());
    }
    let locked = fs::read_to_string(template::LOCK).unwrap_or_default();
    if !locked.contains("name = \"support\"") {
        copy_file(&env.root.join(template::LOCK), Path::new(template::LOCK))?;
    }
    let seen = Path::new(template::CHECKED);
    if !build
        && !start::is_starting(Path::new("."))
        && fs::read_to_string(seen).is_ok_and(|by| by == template::AT_START)
    {
        // The first cell. What was edited while the learner read is built.
        if template::sources_are_those_of(&env, Path::new(".")) {
            let _ = fs::write(seen, "");
        } else {
            let _ = fs::remove_file(seen).and_then(|()| fs::remove_file(direct::RECORD));
        }
    }
    if build && !seen.exists() {
        let toolchain = Toolchain::discover()?;
        template::ensure(&env, &toolchain, &|wait| template::tell_learner(reason(wait)))?;
        template::clone_into(&env, &toolchain.host, Path::new("."))?; // also when another kernel has built it
        let _ = fs::write(seen, "");
    }
    Ok(())
}

/// What the learner reads who waits for a cell.
fn reason(wait: Wait) -> &'static str {
    match wait {
        Wait::Changed => {
            "The course's crate `support` has changed since it was last built. It is built now; this happens once."
        }
        Wait::Missing => {
            "The course's crates are not built yet. This happens once, and takes a minute or, if nothing was \
            built on this machine before, up to 20."
        }
        Wait::Another => "The course's crate `support` is being built elsewhere right now; this cell waits for it.",
    }
}

/// The kernel's folder is locked through the standard input of the kernel, which what it starts inherits.
/// A compiler that outlives its kernel must not keep the lock.
#[cfg(unix)]
fn let_go_of_the_lock() {
    use std::os::fd::{FromRawFd, IntoRawFd, OwnedFd};
    // Safety: nothing in this program uses standard input.
    drop(unsafe { OwnedFd::from_raw_fd(0) });
    // The lowest number is given out first: what this program starts gets an empty input.
    let _ = std::fs::File::open("/dev/null").map(IntoRawFd::into_raw_fd);
}

#[cfg(not(unix))]
fn let_go_of_the_lock() {}
