//! `cargo course lab`: everything that is missing, then JupyterLab on the lessons.

use crate::env::{Env, clean_environment};
use crate::{kernel, setup};
use std::process::Command;

/// Further arguments go to JupyterLab: `cargo course lab --no-browser --port 9999`.
pub fn lab(env: &Env, args: &[String]) -> Result<bool, String> {
    setup::ensure(env)?;
    let mut command = Command::new(&env.python);
    clean_environment(&mut command);
    let status = command
        .args(["-m", "jupyter", "lab", "--notebook-dir=notebooks", "--LabApp.expose_app_in_browser=False"])
        .args(args)
        .current_dir(&env.root)
        .status()
        .map_err(|error| format!("JupyterLab did not start ({error}). `cargo course doctor` looks for the reason."))?;
    kernel::sweep(&env.home.join("kernels"));
    Ok(status.success())
}
