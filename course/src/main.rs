//! `cargo course`: set up, open, run and test the lessons.

mod doctor;
mod env;
mod evcxr;
mod execute;
mod generate;
mod kernel;
mod lab;
mod models;
mod notebook;
mod profile;
mod progress;
mod run;
mod setup;
mod test;

use std::process::ExitCode;

const USAGE: &str = "\
cargo course setup             install what is missing and build everything once
cargo course lab               set up what is missing, open JupyterLab
cargo course run 00 02 | all   run lessons from a fresh kernel; --html DIR, --save, --profile, --jobs N
cargo course test              test the crate and every lesson
cargo course doctor            say what is missing on this machine, and what to type
cargo course data NAME         make a bundled data set again from its templates; --check compares
cargo course train NAME        make a bundled model again from its data
cargo course explain …         scores of a text's tokens, as table, JSON or page; explain --help
cargo course classify …        classes of texts with their probabilities; classify --help
";

fn main() -> ExitCode {
    // Kernels find this program under the names of the tools it stands in for.
    let name = std::env::args_os().next().map(std::path::PathBuf::from);
    match name.as_ref().and_then(|path| path.file_stem()).and_then(|stem| stem.to_str()) {
        Some("cargo") => return kernel::shim::cargo(),
        Some("rustup") => return kernel::shim::rustup(),
        Some(kernel::direct::RECORDER) => return kernel::direct::recorder(),
        _ => {}
    }
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match args.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("help", &args[..]),
    };
    if command == kernel::JANITOR {
        return report(kernel::janitor(rest));
    }
    let done = env::Env::discover().and_then(|env| match command {
        "setup" => setup::setup(&env).map(|()| true),
        "lab" => lab::lab(&env, rest),
        "kernel" => kernel::kernel(&env, rest),
        "doctor" => doctor::doctor(&env),
        "run" => setup::ensure(&env).and_then(|()| run::run(&env, rest)),
        "test" => setup::ensure(&env).and_then(|()| test::test(&env, rest)),
        "train" | "explain" | "classify" => models::hand_over(&env, command, rest),
        "data" => generate::run(rest).map(|()| true),
        "help" | "--help" | "-h" => {
            print!("{USAGE}");
            Ok(true)
        }
        other => Err(format!("`cargo course {other}` is not a command.\n\n{USAGE}")),
    });
    report(done)
}

fn report(done: Result<bool, String>) -> ExitCode {
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
