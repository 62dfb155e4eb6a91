//! What evcxr's rust-analyzer is told of the crates: `cargo metadata`, cut down and remembered.
//!
//! rust-analyzer reads every crate that this answer lists, to infer the types of variables: all 270 cost 1.3 GB and 10 s.
//! So the answer names the few crates whose types notebooks see. The answers for notebooks that use `support` alone
//! are the same in each kernel, but for the kernel's folder, and are kept beside the template.

use super::artefacts::BEHIND_SUPPORT;
use super::start;
use crate::env::Env;
use serde_json::{Value, json};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Crates of others whose types appear in notebooks; our own ([`BEHIND_SUPPORT`]) all do. A crate missing here shows as
/// "couldn't determine type of variable"; the lessons' test finds it.
const SEEN_BY_RUST_ANALYZER: [&str; 6] =
    ["support", "candle-core", "candle-nn", "polars", "polars-core", "polars-error"];

/// Stands for the kernel's folder in a remembered answer.
const KERNEL: &str = "kernels/THIS";

/// The folder of the kernel.
pub fn kernel() -> Option<PathBuf> {
    std::env::var_os("EVCXR_TMPDIR").map(PathBuf::from)
}

/// What rust-analyzer asks before it reads anything: about crates, and about cargo itself.
pub fn is_question(args: &[String]) -> bool {
    let here = || std::env::current_dir().ok() == kernel();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let about_cargo = match args[..] {
        ["locate-project", ..] | ["--version"] => true,
        ["rustc", ref rest @ ..] => rest.contains(&"--print"),
        ["-Z", "unstable-options", "config", ..] => true,
        _ => false,
    };
    args.iter().find(|arg| !arg.starts_with('-')) == Some(&"metadata") || (about_cargo && here())
}

/// Prints the answer to `cargo ARGS`.
pub fn answer(command: &mut Command, args: &[String]) -> ExitCode {
    let remembered = Remembered::of(args);
    if let Some(text) = remembered.as_ref().and_then(Remembered::read) {
        show(&text, args);
        return ExitCode::SUCCESS;
    }
    let out = match command.stdin(Stdio::null()).stderr(Stdio::inherit()).output() {
        Ok(out) => out,
        Err(error) => {
            eprintln!("cargo did not start: {error}");
            return ExitCode::FAILURE;
        }
    };
    if !out.status.success() && args.iter().any(|arg| arg == "metadata") && start::is_starting(Path::new(".")) {
        return alone(command);
    }
    let text = String::from_utf8_lossy(&out.stdout);
    let answer = match serde_json::from_str(&text) {
        Ok(metadata) if args.iter().any(|arg| arg == "metadata") => prune(metadata).to_string() + "\n",
        _ => text.into_owned(),
    };
    show(&answer, args);
    if let Some(remembered) = remembered.filter(|_| out.status.success()) {
        remembered.write(&answer);
    }
    ExitCode::from(out.status.code().unwrap_or(1) as u8)
}

/// Answers for the kernel's crate without dependencies, which were not found: the kernel must start for its learner to be
/// told so.
fn alone(command: &mut Command) -> ExitCode {
    let out = command.arg("--no-deps").output();
    let Some(mut metadata) = out.ok().and_then(|out| serde_json::from_slice::<Value>(&out.stdout).ok()) else {
        return ExitCode::FAILURE;
    };
    let id = metadata["packages"][0]["id"].clone();
    let node = json!({"id": id, "deps": [], "dependencies": [], "features": []});
    metadata["resolve"] = json!({"root": id, "nodes": [node]});
    println!("{metadata}");
    ExitCode::SUCCESS
}

/// Prints an answer, without the standard library's crates where they will be asked for again (see warm.rs).
fn show(answer: &str, args: &[String]) {
    let of_std = args.iter().any(|arg| arg.replace('\\', "/").ends_with("rust/library/Cargo.toml"));
    match serde_json::from_str(answer) {
        Ok(metadata) if of_std && kernel().is_some_and(|kernel| start::reads_later(&kernel)) => {
            println!("{}", keep(metadata, |_| false));
        }
        _ => print!("{answer}"),
    }
}

/// Where the answer to one question is kept.
struct Remembered {
    file: PathBuf,
    /// `kernels/1234`: differs from kernel to kernel.
    kernel: String,
}

impl Remembered {
    /// Nothing is remembered for notebooks with crates of their own: their versions may change.
    fn of(args: &[String]) -> Option<Remembered> {
        let env = Env::discover().ok()?;
        let folder = kernel()?;
        let kernel = format!("kernels/{}", folder.file_name()?.to_str()?);
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
        let (_, dependencies) = manifest.split_once("[dependencies]")?;
        if dependencies.lines().any(|line| !line.trim().is_empty() && !line.trim().starts_with("support =")) {
            return None;
        }
        let stamp = fs::read_to_string(env.home.join("template/stamp")).ok()?;
        let here = std::env::current_dir().ok()?;
        let question =
            format!("{args:?} {} {manifest} {stamp} {SEEN_BY_RUST_ANALYZER:?} {BEHIND_SUPPORT:?}", here.display())
                .replace(&kernel, KERNEL);
        let mut hash = DefaultHasher::new();
        question.hash(&mut hash);
        let file = env.home.join("template/metadata").join(format!("{:016x}.json", hash.finish()));
        Some(Remembered { file, kernel })
    }

    fn read(&self) -> Option<String> {
        Some(fs::read_to_string(&self.file).ok()?.replace(KERNEL, &self.kernel))
    }

    /// In one step, because several kernels may start at once. A failure costs only time.
    fn write(&self, answer: &str) {
        let new = self.file.with_extension(std::process::id().to_string());
        let folder = self.file.parent().map(fs::create_dir_all);
        if matches!(folder, Some(Ok(()))) && fs::write(&new, answer.replace(&self.kernel, KERNEL)).is_ok() {
            let _ = fs::rename(&new, &self.file);
        }
    }
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
fn prune(metadata: Value) -> Value {
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
        let listed = SEEN_BY_RUST_ANALYZER.contains(&name) || BEHIND_SUPPORT.contains(&name);
        listed || members.contains(&package["id"]) || direct.iter().any(|d| d == name)
    };
    let seen: Vec<Value> =
        metadata["packages"].as_array().into_iter().flatten().filter(|p| seen(p)).map(|p| p["id"].clone()).collect();
    keep(metadata, |id| seen.contains(id))
}

/// Leaves the packages with these ids.
fn keep(mut metadata: Value, seen: impl Fn(&Value) -> bool) -> Value {
    let Some(packages) = metadata["packages"].as_array_mut() else { return metadata };
    packages.retain(|package| seen(&package["id"]));
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
            "packages": [ctx, package("support"), package("mine"), package("tokenizers"), package("polars"), package("text")],
            "resolve": {"nodes": [
                {"id": "ctx", "deps": [dep("support"), dep("mine")], "dependencies": ["support", "mine"]},
                {"id": "support", "deps": [dep("tokenizers"), dep("polars")], "dependencies": ["tokenizers", "polars"]},
                {"id": "tokenizers", "deps": [], "dependencies": []},
            ]},
        }));
        let names: Vec<_> = answer["packages"].as_array().unwrap().iter().map(|p| p["name"].clone()).collect();
        assert_eq!(names, ["ctx", "support", "mine", "polars", "text"]);
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
