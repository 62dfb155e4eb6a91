//! What `cargo course` hands over to: the commands that need models, and so the whole of `support`.

use std::process::ExitCode;

use support::models;

const USAGE: &str = "\
cargo course train NAME [--to FOLDER]   makes a bundled model again; seeded, minutes on two cores";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["train", name] => models::train(name, None),
        ["train", name, "--to", folder] => models::train(name, Some(folder)),
        _ => {
            eprintln!("{USAGE}\n");
            for (name, what) in models::NAMES {
                eprintln!("  {name}: {what}");
            }
            return ExitCode::FAILURE;
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
