//! `cargo course lab`: everything that is missing, then JupyterLab on the lessons.

use crate::env::{Env, clean_environment, output};
use crate::{kernel, setup};
use std::path::Path;
use std::process::Command;

/// Further arguments go to JupyterLab: `cargo course lab --no-browser --port 9999`.
pub fn lab(env: &Env, args: &[String]) -> Result<bool, String> {
    setup::ensure(env)?;
    kernel::sweep_all(env);
    let mut command = Command::new(&env.python);
    clean_environment(&mut command);
    // Not `-m jupyter lab`: that starts a script whose first line names the Python, which long paths break.
    command.args(["-m", "jupyterlab"]).args(args);
    if !args.iter().any(|arg| arg.starts_with("--notebook-dir")) {
        command.arg("--notebook-dir=notebooks");
        if !can_write(&env.root.join("notebooks")) {
            println!("{}", how_to_copy(env));
        }
    }
    // In a container the user is often root, and JupyterLab wants that said.
    if output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
        command.arg("--allow-root");
    }
    command.current_dir(&env.root);
    become_lab(command)
        .map_err(|error| format!("JupyterLab did not start ({error}). `cargo course doctor` looks for the reason."))
}

fn can_write(folder: &Path) -> bool {
    let probe = folder.join(format!(".{}", std::process::id()));
    std::fs::File::create(&probe).and_then(|_| std::fs::remove_file(&probe)).is_ok()
}

/// For a checkout that a class shares: the first cell finds `../support` beside the copied lessons.
fn how_to_copy(env: &Env) -> String {
    let (program, root) = (env.installed_program(), &env.root);
    format!(
        "The lessons in {0} cannot be written: you can run them, but not save them. To work on a copy of yours, type\n  \
        mkdir -p ~/course && cp -r '{0}/notebooks' ~/course/ && chmod -R u+w ~/course && ln -s '{0}/support' ~/course/\n  \
        '{1}' lab --notebook-dir=\"$HOME/course/notebooks\"",
        root.display(),
        program.display()
    )
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
