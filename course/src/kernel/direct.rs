//! Compiles a cell without cargo, as cargo compiled the cell before.
//!
//! Between two cells nothing changes but `src/lib.rs`, yet cargo looks at each of 270 dependencies again, which costs
//! as much as compiling a short cell. So cargo's call of rustc is recorded (through `RUSTC_WRAPPER`) and repeated for
//! as long as the manifest, that is the `:dep` lines, and the compiler's path stay the same.
//!
//! What the cell does not use is left out (unnamed.rs). If rustc then finds a mistake, it looks at the whole cell, for
//! its advice may be a variable that was left out.
//!
//! The same call without code generation answers `cargo check`, by which evcxr looks for the reason when it cannot
//! tell a variable's type. Cargo itself would first check all dependencies anew, for minutes.

use super::unnamed;
use crate::env::{Env, REAL_RUSTC, replace};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// This program's name when cargo calls it in place of rustc.
pub const RECORDER: &str = "rustc-recorder";

/// In the folder of the kernel, and in the template.
pub const RECORD: &str = ".rustc-command";
const MANIFEST: &str = "Cargo.toml";
/// The cell as evcxr wrote it.
pub const CELL: &str = "src/lib.rs";

#[derive(Serialize, Deserialize)]
struct Record {
    manifest: String,
    rustc: String,
    args: Vec<String>,
    env: Vec<(String, String)>,
    /// The library that comes out.
    library: String,
}

/// This program under that name.
pub fn recorder_in(env: &Env) -> PathBuf {
    env.shims().join("bin").join(format!("{RECORDER}{}", std::env::consts::EXE_SUFFIX))
}

/// `RUSTC_WRAPPER rustc ARGS`: runs the compiler, and remembers the call that compiles a cell.
pub fn recorder() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let Some(rustc) = args.next() else { return ExitCode::FAILURE };
    let args: Vec<String> = args.collect();
    if let Some(record) = record(&rustc, &args)
        && let Ok(text) = serde_json::to_string(&record)
    {
        let _ = fs::write(RECORD, text);
    }
    let mut command = Command::new(rustc);
    command.args(args);
    replace(command)
}

fn record(rustc: &str, args: &[String]) -> Option<Record> {
    let value = |name: &str| args.iter().skip_while(|arg| *arg != name).nth(1);
    if value("--crate-name")? != "ctx" || std::env::var_os(REAL_RUSTC).is_none() {
        return None;
    }
    let library = format!("{}ctx{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    Some(Record {
        manifest: fs::read_to_string(MANIFEST).ok()?,
        rustc: rustc.to_owned(),
        args: args.to_vec(),
        // Not the pipe to this run of cargo, which other calls must not look for.
        env: std::env::vars().filter(|(name, _)| name.starts_with("CARGO") && name != "CARGO_MAKEFLAGS").collect(),
        library: Path::new(value("--out-dir")?).join(library).to_str()?.to_owned(),
    })
}

/// Gives the kernel in `folder` the call that compiled the template's own, empty cell.
pub fn lend_record(template: &Path, folder: &Path) -> Option<()> {
    let (from, to) = (template.to_str()?, folder.to_str()?);
    let mut record: Record = serde_json::from_str(&fs::read_to_string(template.join(RECORD)).ok()?).ok()?;
    let values = record.env.iter_mut().map(|(_, value)| value);
    for text in record.args.iter_mut().chain(values).chain([&mut record.library]) {
        *text = text.replace(from, to);
    }
    record.env.retain(|(name, _)| name != "CARGO_HOME"); // of whoever built the template
    if !Path::new(&record.library).starts_with(folder) {
        return None; // cargo knows the template by another path
    }
    fs::write(folder.join(RECORD), serde_json::to_string(&record).ok()?).ok()
}

/// Compiles the cell, if cargo can be left out. The library's path is told to evcxr in the form of cargo's message;
/// evcxr reads it when the compiler has succeeded.
pub fn build(args: &[String]) -> Option<ExitCode> {
    let mut record = last(args)?;
    // Optimising across the 16 parts of a cell that compile apart takes longer than a cell's code runs.
    record.args.push("-Clto=off".into());
    let message = serde_json::json!({
        "reason": "compiler-artifact", "target": {"name": "ctx"}, "filenames": [record.library],
    });
    println!("{message}");
    if shortened(&record) {
        return Some(ExitCode::SUCCESS);
    }
    Some(replace(record.command()))
}

/// Compiles the cell without the variables that it does not name, and says whether that was done. If not, the file is as
/// it was, and what the compiler said is not shown.
fn shortened(record: &Record) -> bool {
    let Ok(whole) = fs::read_to_string(CELL) else { return false };
    let Some(short) = unnamed::left_out(&whole) else { return false };
    let done = fs::write(CELL, short).is_ok() && record.command().output().is_ok_and(|output| output.status.success());
    if !done {
        let _ = fs::write(CELL, whole);
    }
    done
}

/// The compiler's call that only looks for errors.
pub fn check(args: &[String]) -> Option<ExitCode> {
    let mut record = last(args)?;
    let mut given = std::mem::take(&mut record.args).into_iter().peekable();
    while let Some(arg) = given.next() {
        if arg == "-C" && given.peek().is_some_and(|value| value.starts_with("incremental=")) {
            given.next(); // the builds' cache is not for calls of another kind
        } else {
            record.args.push(if arg.starts_with("--emit=") { "--emit=metadata".to_owned() } else { arg });
        }
    }
    Some(replace(record.command()))
}

/// Whether cargo's messages are wanted as JSON, as evcxr wants them for each cell.
pub fn wants_messages(args: &[String]) -> bool {
    args.iter().any(|arg| arg == "--message-format=json")
}

/// The recorded call, if it is still right.
fn last(args: &[String]) -> Option<Record> {
    if std::env::var_os("RUSTC_WRAPPER").is_some() || !wants_messages(args) {
        return None;
    }
    let record: Record = serde_json::from_str(&fs::read_to_string(RECORD).ok()?).ok()?;
    let same_manifest = fs::read_to_string(MANIFEST).is_ok_and(|manifest| manifest == record.manifest);
    let same_compiler = std::env::var("RUSTC").map_or(true, |rustc| rustc == record.rustc);
    (same_manifest && same_compiler).then_some(record)
}

impl Record {
    fn command(&self) -> Command {
        let mut command = Command::new(&self.rustc);
        command.args(&self.args).envs(self.env.iter().cloned()).env_remove("CARGO_MAKEFLAGS");
        command
    }
}
