//! A test as a process of its own: for what is chosen once per process (threads, instructions, environment).

use std::process::Command;

/// What the test `name` of this program prints in a process of its own with these environment variables. It must pass.
#[track_caller]
pub fn printed(name: &str, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([name, "--exact", "--nocapture"]).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{name} with {variables:?}: {text}{errors}");
    text
}
