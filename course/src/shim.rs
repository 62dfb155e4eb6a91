//! The `cargo` and `rustup` that a kernel process sees: this program under their names.
//!
//! - `cargo metadata` is answered for the few crates that notebooks name. evcxr's rust-analyzer reads every
//!   crate that this answer lists, to infer the types of variables: all 240 cost 1.3 GB and 10 s.
//! - Before the first build that uses `support`, the template is brought up to date, in sight of the learner.
//! - Versions are the workspace's: its Cargo.lock is put in place before cargo resolves.
//! - A cell like the one before it is compiled without cargo (see direct.rs).
//! - Everything else goes to the real cargo unchanged.
//!
//! evcxr asks `rustup which cargo` first, rust-analyzer looks in `$CARGO_HOME/bin`: both lead here.
//! The launcher (kernel.rs) says through the environment where the real tools are.

use crate::env::{Env, Toolchain, leave_kernel};
use crate::{direct, template};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Crates whose types appear in notebooks. A crate missing here shows as
/// "couldn't determine type of variable"; the lessons' test finds it.
const SEEN_BY_RUST_ANALYZER: [&str; 6] =
    ["support", "candle-core", "candle-nn", "polars", "polars-core", "polars-error"];

/// Set by the launcher: the real tools.
pub const REAL_CARGO: &str = "COURSE_REAL_CARGO";
pub const REAL_RUSTC: &str = "COURSE_REAL_RUSTC";

/// `rustup which <tool>`: anything else fails, and the caller looks on the PATH.
pub fn rustup() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let tool = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["which", "cargo"] => Some(home_of_shims().join("bin/cargo")),
        ["which", "rustc"] => std::env::var_os(REAL_RUSTC).map(PathBuf::from),
        _ => None,
    };
    let Some(path) = tool else { return ExitCode::FAILURE };
    println!("{}", path.display());
    ExitCode::SUCCESS
}

/// A kernel's CARGO_HOME is the folder of the shims.
fn home_of_shims() -> PathBuf {
    std::env::var_os("CARGO_HOME").unwrap_or_default().into()
}

/// `cargo …` from inside a kernel.
pub fn cargo() -> ExitCode {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let subcommand = args.iter().find(|arg| !arg.starts_with('-')).cloned();
    let subcommand = subcommand.as_deref();
    if matches!(subcommand, Some("build" | "check" | "metadata"))
        && let Err(message) = prepare(subcommand != Some("metadata"))
    {
        eprintln!("{message}");
        return ExitCode::FAILURE;
    }
    let direct = match subcommand {
        Some("build") => direct::build(&args),
        Some("check") => direct::check(&args),
        _ => None,
    };
    if let Some(command) = direct {
        return replace(command);
    }
    if subcommand == Some("check") {
        // The dependencies are built, not checked.
        args.iter_mut().filter(|arg| *arg == "check").for_each(|arg| *arg = "build".into());
    }
    let mut command = Command::new(std::env::var_os(REAL_CARGO).unwrap_or_else(|| "cargo".into()));
    command.args(&args).env_remove("CARGO");
    leave_kernel(&mut command);
    if matches!(subcommand, Some("build" | "check")) && std::env::var_os("RUSTC_WRAPPER").is_none() {
        let name = format!("{}{}", direct::RECORDER, std::env::consts::EXE_SUFFIX);
        command.env("RUSTC_WRAPPER", Path::new(&home_of_shims()).join("bin").join(name));
    }
    if subcommand == Some("metadata") { pruned_metadata(&mut command) } else { replace(command) }
}

/// Puts the workspace's lock file in place, and for a build the template.
fn prepare(build: bool) -> Result<(), String> {
    let manifest = std::fs::read_to_string("Cargo.toml").unwrap_or_default();
    let env = Env::discover()?;
    let ours = serde_json::json!(env.root.join("support").to_string_lossy()).to_string();
    if !manifest.contains(&ours) {
        return Ok(());
    }
    let locked = std::fs::read_to_string(template::LOCK).unwrap_or_default();
    if !locked.contains("name = \"support\"") {
        std::fs::copy(env.root.join(template::LOCK), template::LOCK)
            .map_err(|error| format!("Cargo.lock of the course cannot be copied: {error}"))?;
    }
    let seen = Path::new(".template-checked");
    if build && !seen.exists() {
        let toolchain = Toolchain::discover()?;
        let say = || template::tell_learner("(it has changed since it was last built; this happens once)");
        if template::ensure(&env, &toolchain, &say)? {
            template::clone_into(&env, &toolchain.host, Path::new("."))?;
        }
        let _ = std::fs::write(seen, "");
    }
    Ok(())
}

#[cfg(unix)]
pub fn replace(mut command: Command) -> ExitCode {
    use std::os::unix::process::CommandExt;
    let error = command.exec();
    eprintln!("cargo did not start: {error}");
    ExitCode::FAILURE
}

#[cfg(not(unix))]
pub fn replace(mut command: Command) -> ExitCode {
    match command.status() {
        Ok(status) => ExitCode::from(status.code().unwrap_or(1) as u8),
        Err(error) => {
            eprintln!("cargo did not start: {error}");
            ExitCode::FAILURE
        }
    }
}

fn pruned_metadata(command: &mut Command) -> ExitCode {
    let out = match command.stdin(Stdio::null()).stderr(Stdio::inherit()).output() {
        Ok(out) => out,
        Err(error) => {
            eprintln!("cargo did not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let text = String::from_utf8_lossy(&out.stdout);
    match serde_json::from_str(&text) {
        Ok(metadata) if out.status.success() => println!("{}", prune(metadata)),
        _ => print!("{text}"),
    }
    ExitCode::from(out.status.code().unwrap_or(1) as u8)
}

/// Of the standard library's workspace: what types are made of. The rest are tests, backends, `libc`.
const STANDARD_LIBRARY: [&str; 8] = [
    "core",
    "alloc",
    "std",
    "hashbrown",
    "foldhash",
    "rustc-std-workspace-core",
    "rustc-std-workspace-alloc",
    "rustc-std-workspace-std",
];

/// Leaves the notebook's own crate and the crates of [`SEEN_BY_RUST_ANALYZER`], or [`STANDARD_LIBRARY`].
fn prune(mut metadata: Value) -> Value {
    let members: Vec<Value> = metadata["workspace_members"].as_array().cloned().unwrap_or_default();
    // A crate that the learner adds with `:dep` is named by the notebook's crate itself.
    let direct: Vec<String> = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|package| members.contains(&package["id"]))
        .flat_map(|package| package["dependencies"].as_array().cloned().unwrap_or_default())
        .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
        .collect();
    let mut packages = metadata["packages"].as_array().into_iter().flatten();
    let is_standard_library = packages.any(|package| package["name"] == "std" && members.contains(&package["id"]));
    let seen = |package: &Value| {
        let name = package["name"].as_str().unwrap_or_default();
        if is_standard_library {
            return STANDARD_LIBRARY.contains(&name);
        }
        members.contains(&package["id"]) || SEEN_BY_RUST_ANALYZER.contains(&name) || direct.iter().any(|d| d == name)
    };
    let Some(packages) = metadata["packages"].as_array_mut() else { return metadata };
    packages.retain(seen);
    let kept: Vec<Value> = packages.iter().map(|package| package["id"].clone()).collect();
    if let Some(members) = metadata["workspace_members"].as_array_mut() {
        members.retain(|member| kept.contains(member));
    }
    if let Some(members) = metadata["workspace_default_members"].as_array_mut() {
        members.retain(|member| kept.contains(member));
    }
    if let Some(nodes) = metadata["resolve"]["nodes"].as_array_mut() {
        nodes.retain(|node| kept.contains(&node["id"]));
        for node in nodes {
            for (list, id) in [("deps", Some("pkg")), ("dependencies", None)] {
                if let Some(entries) = node[list].as_array_mut() {
                    entries.retain(|entry| kept.contains(id.map_or(entry, |id| &entry[id])));
                }
            }
        }
    }
    metadata
}

#[cfg(test)]
mod tests {
    use super::prune;
    use serde_json::json;

    #[test]
    fn metadata_keeps_the_notebook_what_it_names_and_the_allow_list() {
        let package = |name: &str| json!({"id": name, "name": name, "dependencies": []});
        let mut ctx = package("ctx");
        ctx["dependencies"] = json!([{"name": "support"}, {"name": "mine"}]);
        let dep = |name: &str| json!({"pkg": name});
        let answer = prune(json!({
            "workspace_members": ["ctx"],
            "packages": [ctx, package("support"), package("mine"), package("tokenizers"), package("polars")],
            "resolve": {"nodes": [
                {"id": "ctx", "deps": [dep("support"), dep("mine")], "dependencies": ["support", "mine"]},
                {"id": "support", "deps": [dep("tokenizers"), dep("polars")], "dependencies": ["tokenizers", "polars"]},
                {"id": "tokenizers", "deps": [], "dependencies": []},
            ]},
        }));
        let names: Vec<_> = answer["packages"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect();
        assert_eq!(names, ["ctx", "support", "mine", "polars"]);
        assert_eq!(answer["resolve"]["nodes"].as_array().unwrap().len(), 2);
        assert_eq!(answer["resolve"]["nodes"][1]["dependencies"], json!(["polars"]));
        assert_eq!(answer["resolve"]["nodes"][1]["deps"], json!([{"pkg": "polars"}]));
    }

    #[test]
    fn of_the_standard_library_types_stay_and_tests_go() {
        let package = |name: &str| json!({"id": name, "name": name, "dependencies": []});
        let answer = prune(json!({
            "workspace_members": ["std", "coretests"],
            "workspace_default_members": ["std", "coretests"],
            "packages": [
                package("core"), package("std"), package("hashbrown"), package("coretests"), package("libc"),
            ],
            "resolve": {"nodes": [{"id": "std", "deps": [{"pkg": "libc"}], "dependencies": ["core", "libc"]}]},
        }));
        let names: Vec<_> = answer["packages"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect();
        assert_eq!(names, ["core", "std", "hashbrown"]);
        assert_eq!(answer["workspace_members"], json!(["std"]));
        assert_eq!(answer["workspace_default_members"], json!(["std"]));
        assert_eq!(answer["resolve"]["nodes"][0]["dependencies"], json!(["core"]));
    }
}
