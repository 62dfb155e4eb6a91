//! The crates' own tests, by way of cargo; each of them counts.

use super::tally::Tally;
use crate::env::{Env, Toolchain};
use crate::kernel::template;
use crate::progress::show_progress;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

/// `cargo test` over the workspace. What cargo says is shown when something fails: other tests report meanwhile.
pub fn crates(env: &Env, tally: &mut Tally) {
    match run(env) {
        Err(message) => tally.check("the crates' tests", &[message]),
        Ok(Run { passed, failed: 0, success: true, .. }) if passed > 0 => tally.count("the crates' tests", passed, 0),
        Ok(Run { passed, failed: 0, said, .. }) => {
            tally.note(&said);
            tally.check("the crates' tests", &[format!("cargo test did not finish; {passed} tests had passed")]);
        }
        Ok(Run { passed, failed, said, .. }) => {
            tally.note(&said);
            tally.count("the crates' tests", passed, failed);
        }
    }
}

struct Run {
    passed: usize,
    failed: usize,
    success: bool,
    /// What cargo and the tests wrote, without the tests that passed.
    said: String,
}

fn run(env: &Env) -> Result<Run, String> {
    let toolchain = Toolchain::discover()?;
    template::lend(env, &toolchain.host)?;
    let mut command = toolchain.cargo();
    command.args(["test", "--workspace", "--no-fail-fast"]).current_dir(&env.root);
    let mut cargo = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cargo did not start: {error}"))?;
    let (out, errors) = (cargo.stdout.take().ok_or("no stdout")?, cargo.stderr.take().ok_or("no stderr")?);
    let aside = std::thread::spawn(move || {
        let mut said = String::new();
        for line in BufReader::new(errors).lines().map_while(Result::ok) {
            show_progress(&format!("the crates' tests: {}", line.trim()));
            said += &(line + "\n");
        }
        said
    });
    let mut run = Run { passed: 0, failed: 0, success: false, said: String::new() };
    for line in BufReader::new(out).lines().map_while(Result::ok) {
        if let Some((passed, failed)) = counts(&line) {
            (run.passed, run.failed) = (run.passed + passed, run.failed + failed);
        } else if !line.ends_with("... ok") {
            run.said += &(line + "\n");
        }
    }
    run.said = aside.join().unwrap_or_default() + &run.said;
    run.success = cargo.wait().map_err(|error| error.to_string())?.success();
    Ok(run)
}

/// Reads `test result: ok. 12 passed; 0 failed; …`.
fn counts(line: &str) -> Option<(usize, usize)> {
    let rest = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let count = |word: &str| rest.split("; ").find_map(|part| part.strip_suffix(word)?.trim().parse().ok());
    Some((count("passed")?, count("failed")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_cargo() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(counts(line), Some((12, 3)));
        assert_eq!(counts("test result: ok. 0 passed; 0 failed; 1 ignored"), Some((0, 0)));
        assert_eq!(counts("test compare::x ... ok"), None);
    }
}
