//! What `cargo course` hands over to: the commands that need models, and so the whole of `support`.

mod args;
mod classify;
mod explain;
mod method;
mod model;
mod page;
mod report;
mod rows;

use std::ffi::OsString;
use std::process::ExitCode;

use support::models;
use support::{Error, Result};

const USAGE: &str = "\
cargo course explain --model MODEL --text \"…\"    scores of a text's tokens; `explain --help` tells more
cargo course classify --model MODEL --text \"…\"   classes of texts; `classify --help` tells more
cargo course train NAME [--to FOLDER]            makes a bundled model again; seeded, minutes on two cores";

/// Where the user is: `cargo course` starts this program in the course's folder, where cargo finds its settings.
const CALLED_FROM: &str = "COURSE_CALLED_FROM";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line, whatever a library put into its message.
            let lines: Vec<String> = error.to_string().lines().map(|line| line.trim().to_owned()).collect();
            eprintln!("{}", lines.join(" "));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    if let Some(folder) = std::env::var_os(CALLED_FROM) {
        std::env::set_current_dir(&folder)
            .map_err(|error| Error::from(error).context(format!("going to {}", folder.display())))?;
    }
    let args: Vec<String> = std::env::args_os().skip(1).map(readable).collect::<Result<_>>()?;
    match args.split_first() {
        Some((command, rest)) if command == "explain" => explain::run(rest),
        Some((command, rest)) if command == "classify" => classify::run(rest),
        Some((command, rest)) if command == "train" => train(rest),
        _ => {
            eprintln!("{}\n", usage());
            Err(Error::new("say which of these commands is wanted"))
        }
    }
}

fn train(args: &[String]) -> Result<()> {
    match args {
        [name] => models::train(name, None),
        [name, to, folder] if to == "--to" => models::train(name, Some(folder)),
        _ => {
            eprintln!("{}\n", usage());
            Err(Error::new("`train` takes the name of a recipe, and --to FOLDER"))
        }
    }
}

fn usage() -> String {
    let recipes = models::NAMES.map(|(name, what)| format!("\n  {name}: {what}"));
    format!("{USAGE}\n{}", recipes.concat())
}

fn readable(arg: OsString) -> Result<String> {
    arg.into_string().map_err(|arg| Error::new(format!("the argument {} is not UTF-8", arg.display())))
}
