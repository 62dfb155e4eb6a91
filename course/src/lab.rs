//! `cargo course lab`: everything that is missing, then JupyterLab on the lessons.

use crate::env::{Env, clean_environment, output};
use crate::{kernel, setup};
use std::process::Command;

/// Further arguments go to JupyterLab: `cargo course lab --no-browser --port 9999`.
pub fn lab(env: &Env, args: &[String]) -> Result<bool, String> {
    setup::ensure(env)?;
    kernel::sweep_all(env);
    let mut command = Command::new(&env.python);
    clean_environment(&mut command);
    // Not `-m jupyter lab`: that starts a script whose first line names the Python, which long paths break.
    command.args(["-m", "jupyterlab", "--notebook-dir=notebooks"]).args(args);
    // In a container the user is often root, and JupyterLab wants that said.
    if output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
        command.arg("--allow-root");
    }
    command.current_dir(&env.root);
    become_lab(command)
        .map_err(|error| format!("JupyterLab did not start ({error}). `cargo course doctor` looks for the reason."))
}

/// This process becomes JupyterLab: who ends it, ends JupyterLab.
#[cfg(unix)]
fn become_lab(mut command: Command) -> std::io::Result<bool> {
    use std::os::unix::process::CommandExt;
    Err(command.exec())
}

#[cfg(not(unix))]
fn become_lab(mut command: Command) -> std::io::Result<bool> {
    command.status().map(|status| status.success())
}
