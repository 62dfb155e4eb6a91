//! Commands that need models are those of a program of `support`: this one stays light, and hands them over.

use crate::env::{Env, Toolchain};
use crate::kernel::template;
use std::path::Path;
use std::process::Stdio;

/// The program.
const PROGRAM: &str = "course-models";
/// Tells it where the user is.
const CALLED_FROM: &str = "COURSE_CALLED_FROM";

/// Runs `course-models COMMAND args…`, which cargo builds first if need be; its answer is ours.
///
/// # Errors
/// Cargo does not start.
pub fn hand_over(env: &Env, command: &str, args: &[String]) -> Result<bool, String> {
    let toolchain = Toolchain::discover()?;
    let built = env.root.join("target").join(&toolchain.host).join("debug");
    let built = built.join(format!("{PROGRAM}{}", std::env::consts::EXE_SUFFIX));
    if !built.exists() {
        template::lend(env, &toolchain.host)?;
    }
    if !is_fresh(env, &built) {
        eprintln!("compiling the program that reads models; about a minute after `cargo course setup`, and only once");
    }
    let here = std::env::current_dir().map_err(|error| format!("finding the current folder: {error}"))?;
    let mut cargo = toolchain.cargo();
    // Cargo reads .cargo/config.toml where it starts: elsewhere it would build everything with other settings. The
    // program goes back to where the user is, because paths in `args` start there.
    cargo.args(["run", "--quiet", "--package", "support", "--bin", PROGRAM, "--", command]).args(args);
    cargo.current_dir(&env.root).env(CALLED_FROM, here);
    let status = cargo.stdin(Stdio::inherit()).status().map_err(|error| format!("cargo did not start: {error}"))?;
    Ok(status.success())
}

/// Whether the program is newer than every source file that it is made of, which is what cargo looks at too.
fn is_fresh(env: &Env, built: &Path) -> bool {
    let changed = |path: &Path| path.metadata().and_then(|meta| meta.modified());
    let Ok(made) = changed(built) else { return false };
    template::files_of_support(env)
        .is_ok_and(|files| files.iter().all(|file| changed(file).is_ok_and(|changed| changed <= made)))
}
