//! Commands that need models are those of a program of `support`: this one stays light, and hands them over.

use crate::env::{Env, Toolchain};
use std::process::Stdio;

/// Runs `course-models COMMAND args…`, which cargo builds first if need be; its answer is ours.
///
/// # Errors
/// Cargo does not start.
pub fn hand_over(env: &Env, command: &str, args: &[String]) -> Result<bool, String> {
    let mut cargo = Toolchain::discover()?.cargo();
    // The program runs where the user is: paths in `args` start there.
    cargo.args(["run", "--quiet", "--bin", "course-models", "--manifest-path"]).arg(env.root.join("support/Cargo.toml"));
    cargo.arg("--").arg(command).args(args);
    let status = cargo.stdin(Stdio::inherit()).status().map_err(|error| format!("cargo did not start: {error}"))?;
    Ok(status.success())
}
