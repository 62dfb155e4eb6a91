//! One build for all kernels.
//!
//! evcxr compiles each cell in a crate of its own, with a target folder of its own: 240 dependencies
//! would be compiled again for every kernel. So `support` is compiled once, as such a crate would compile
//! it (same profile, flags, target), into the workspace's own target folder, and each kernel starts
//! with hard links to the result. Cargo finds everything fresh and compiles the cell only.
//!
//! Fingerprints are copied, not linked: cargo rewrites them in place.

use crate::env::{Env, Toolchain, io};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::UNIX_EPOCH;

/// The lock file that says which versions the course uses.
pub const LOCK: &str = "Cargo.lock";

/// What decides whether the build is still right: the compiler, and name, size and time of each source.
pub fn stamp(env: &Env, rustc_version: &str) -> Result<String, String> {
    let mut files = vec![
        env.root.join("Cargo.toml"),
        env.root.join(LOCK),
        env.root.join(".cargo/config.toml"),
        env.root.join("support/Cargo.toml"),
    ];
    rust_files(&env.root.join("support/src"), &mut files)?;
    files.sort();
    let mut stamp = rustc_version.to_owned();
    for file in files {
        let meta = fs::metadata(&file).map_err(io("reading", &file))?;
        let time = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        let name = file.strip_prefix(&env.root).unwrap_or(&file).display();
        stamp += &format!("{name} {} {}\n", meta.len(), time.as_nanos());
    }
    Ok(stamp)
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    for entry in fs::read_dir(folder).map_err(io("reading", folder))? {
        let path = entry.map_err(io("reading", folder))?.path();
        if path.is_dir() {
            rust_files(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// True when the template was built from the sources as they are now.
pub fn is_fresh(env: &Env, rustc_version: &str) -> bool {
    let saved = fs::read_to_string(env.home.join("template/stamp"));
    matches!((saved, stamp(env, rustc_version)), (Ok(saved), Ok(now)) if saved == now)
}

/// Builds the template when it is missing or old. Returns true when it built.
///
/// `say` is called once before a build; cargo's own progress goes to stderr.
/// One build at a time: a second process waits for the first, then finds the work done.
pub fn ensure(env: &Env, toolchain: &Toolchain, say: &dyn Fn()) -> Result<bool, String> {
    if is_fresh(env, &toolchain.version) {
        return Ok(false);
    }
    let folder = env.home.join("template");
    fs::create_dir_all(folder.join("src")).map_err(io("making", &folder))?;
    let lock_path = folder.join("lock");
    let lock = fs::File::create(&lock_path).map_err(io("making", &lock_path))?;
    lock.lock().map_err(io("locking", &lock_path))?;
    if is_fresh(env, &toolchain.version) {
        return Ok(false);
    }
    say();
    let stamp = stamp(env, &toolchain.version)?; // before the build: a change during it makes the template old again
    write(&folder.join("Cargo.toml"), &manifest(env))?;
    write(&folder.join("src/lib.rs"), "")?;
    fs::copy(env.root.join(LOCK), folder.join(LOCK)).map_err(io("copying", &env.root.join(LOCK)))?;
    let hashes = build(env, toolchain, &folder)?;
    write(&folder.join("units"), &hashes.into_iter().collect::<Vec<_>>().join("\n"))?;
    write(&folder.join("stamp"), &stamp)?;
    Ok(true)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(io("writing", path))
}

/// The manifest that evcxr 0.22 writes for a notebook whose first cell is the course's `:dep` line.
fn manifest(env: &Env) -> String {
    let support = env.root.join("support");
    let path = json!(support.to_string_lossy()); // a JSON string is a TOML string
    format!(
        r#"[package]
name = "ctx"
version = "1.0.0"
edition = "2024"

[lib]
crate-type = ["cdylib"]
path = "src/lib.rs"

[profile.dev]
opt-level = 2
debug = false
strip = "debuginfo"
rpath = true
lto = false
debug-assertions = true
codegen-units = 16
panic = 'unwind'
incremental = true
overflow-checks = true

[dependencies]
support = {{ path = {path} }}
"#
    )
}

/// Compiles, and returns the hashes in the names of all files that the build consists of.
fn build(env: &Env, toolchain: &Toolchain, folder: &Path) -> Result<BTreeSet<String>, String> {
    let mut child = toolchain
        .cargo()
        .args(["build", "--target", &toolchain.host, "--message-format=json-render-diagnostics"])
        .current_dir(folder)
        .env("RUSTC", &toolchain.rustc)
        .env("RUSTFLAGS", "-Cprefer-dynamic")
        .env("CARGO_TARGET_DIR", env.root.join("target"))
        .env("CARGO_BUILD_BUILD_DIR", env.root.join("target"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cargo did not start: {error}"))?;
    let mut hashes = BTreeSet::new();
    let stdout = child.stdout.take().ok_or("cargo has no output")?;
    for line in BufReader::new(stdout).lines() {
        let line = line.map_err(|error| format!("reading cargo's output: {error}"))?;
        let message: Value = serde_json::from_str(&line).unwrap_or(Value::Null);
        let files = message["filenames"].as_array().into_iter().flatten();
        for path in files.chain([&message["out_dir"]]).filter_map(Value::as_str) {
            hashes.extend(Path::new(path).components().filter_map(|part| unit_hash(part.as_os_str().to_str()?)));
        }
    }
    let status = child.wait().map_err(|error| format!("waiting for cargo: {error}"))?;
    if !status.success() {
        return Err("Building `support` failed; cargo's message is above. \
                    `cargo course doctor` looks for what is missing on this machine."
            .into());
    }
    Ok(hashes)
}

/// The 16 hexadecimal digits that end a unit's name: `libserde-0123456789abcdef.rlib`.
fn unit_hash(name: &str) -> Option<String> {
    let stem = name.split('.').next().unwrap_or(name);
    let (_, hash) = stem.rsplit_once('-')?;
    (hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit())).then(|| hash.to_owned())
}

/// Gives `kernel` (the folder of one kernel) the built dependencies as hard links.
pub fn clone_into(env: &Env, host: &str, kernel: &Path) -> Result<(), String> {
    let units = env.home.join("template/units");
    let text = fs::read_to_string(&units).map_err(|_| {
        "The course has not been built yet. Type `cargo course setup` in a terminal, then restart the kernel.".to_owned()
    })?;
    let wanted: BTreeSet<&str> = text.lines().collect();
    let (from, to) = (env.root.join("target"), kernel.join("target"));
    for side in [PathBuf::from("debug"), Path::new(host).join("debug")] {
        for (part, link) in [("deps", true), ("build", true), (".fingerprint", false)] {
            let (from, to) = (from.join(&side).join(part), to.join(&side).join(part));
            fs::create_dir_all(&to).map_err(io("making", &to))?;
            let Ok(entries) = fs::read_dir(&from) else { continue };
            for entry in entries.flatten() {
                let name = entry.file_name();
                let hash = name.to_str().and_then(unit_hash);
                if hash.is_some_and(|hash| wanted.contains(hash.as_str())) {
                    place(&entry.path(), &to.join(&name), link)?;
                }
            }
        }
    }
    for file in [".rustc_info.json", "CACHEDIR.TAG"] {
        let _ = fs::copy(from.join(file), to.join(file)); // a cache: cargo makes it again
    }
    Ok(())
}

/// Links or copies a file or a folder; a copy keeps its time, which cargo compares.
fn place(from: &Path, to: &Path, link: bool) -> Result<(), String> {
    if from.is_dir() {
        fs::create_dir_all(to).map_err(io("making", to))?;
        for entry in fs::read_dir(from).map_err(io("reading", from))? {
            let entry = entry.map_err(io("reading", from))?;
            place(&entry.path(), &to.join(entry.file_name()), link)?;
        }
        return Ok(());
    }
    let _ = fs::remove_file(to);
    if link && fs::hard_link(from, to).is_ok() {
        return Ok(());
    }
    fs::copy(from, to).map_err(io("copying", from))?;
    let meta = fs::metadata(from).map_err(io("reading", from))?;
    if let (Ok(time), Ok(file)) = (meta.modified(), fs::File::options().append(true).open(to)) {
        let _ = file.set_modified(time);
    }
    Ok(())
}

/// A line that evcxr passes on to the learner: it lets through only what looks like cargo's "Compiling".
pub fn tell_learner(text: &str) {
    let _ = writeln!(std::io::stderr(), "   Compiling support {text}");
}

#[cfg(test)]
mod tests {
    use super::unit_hash;

    #[test]
    fn unit_hashes_are_read_from_file_and_folder_names() {
        assert_eq!(unit_hash("libserde-0123456789abcdef.rlib").as_deref(), Some("0123456789abcdef"));
        assert_eq!(unit_hash("candle-core-00112233aabbccdd").as_deref(), Some("00112233aabbccdd"));
        assert_eq!(unit_hash("libctx.so"), None);
        assert_eq!(unit_hash("x86_64-unknown-linux-gnu"), None);
    }
}
