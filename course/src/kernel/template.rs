//! One build for all kernels.
//!
//! evcxr compiles each cell in a crate of its own, with a target folder of its own: 270 dependencies
//! would be compiled again for every kernel. So `support` is compiled once, as such a crate compiles it
//! (same profile, flags, target), in `.course/template`, and each kernel starts with hard links to the
//! result. Cargo finds everything fresh and compiles the cell only.
//!
//! The workspace builds with the same settings, so its tests and tools take the dependencies from there too,
//! and the other way round. Fingerprints and what build scripts made are copied, not linked: cargo
//! rewrites them in place.

use super::artefacts::{copy, copy_file, share};
use super::{direct, start};
use crate::env::{Env, REAL_RUSTC, Toolchain, io, run_visible};
use serde_json::json;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The lock file that says which versions the course uses.
pub const LOCK: &str = "Cargo.lock";

/// In the template: what it was built from. In the folder of a kernel: what its copy was built from.
const STAMP: &str = "stamp";

/// In the folder of a kernel: that it need not ask again whether the template is fresh.
pub const CHECKED: &str = ".template-checked";
/// In that file, if the launcher asked, and the first cell is still to come.
pub const AT_START: &str = "at the start";

/// What is made beside the build. Templates of an older course are made again.
const MADE: &str = "with the call of rustc and the library of warm.rs\n";

/// What decides whether the build is still right: the compiler, and name, size and time of each source.
fn stamp(env: &Env, rustc_version: &str) -> Result<String, String> {
    let mut files = vec![env.root.join("Cargo.toml"), env.root.join(LOCK), env.root.join(".cargo/config.toml")];
    files.extend(files_of_support(env)?);
    files.sort();
    let mut stamp = rustc_version.to_owned() + MADE;
    for file in files {
        let meta = fs::metadata(&file).map_err(io("reading", &file))?;
        let time = meta.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
        let name = file.strip_prefix(&env.root).unwrap_or(&file).display();
        stamp += &format!("{name} {} {}\n", meta.len(), time.as_nanos());
    }
    Ok(stamp)
}

/// The manifests and sources of `support` and of the crates behind it; not their tests.
pub fn files_of_support(env: &Env) -> Result<Vec<PathBuf>, String> {
    let support = env.root.join("support");
    let crates = fs::read_dir(support.join("crates")).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files = Vec::new();
    for folder in std::iter::once(support).chain(crates) {
        files.push(folder.join("Cargo.toml"));
        add_files(&folder.join("src"), &mut files)?;
    }
    Ok(files)
}

/// Adds the files in a folder and in those below it.
fn add_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    for entry in fs::read_dir(folder).map_err(io("reading", folder))? {
        let path = entry.map_err(io("reading", folder))?.path();
        if path.is_dir() {
            add_files(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// True when the template was built from the sources as they are now.
pub fn is_fresh(env: &Env, rustc_version: &str) -> bool {
    let saved = fs::read_to_string(env.home.join("template").join(STAMP));
    matches!((saved, stamp(env, rustc_version)), (Ok(saved), Ok(now)) if saved == now)
}

/// True when the kernel in `folder` has a copy of the template as it is now.
pub fn has_copy(env: &Env, folder: &Path) -> bool {
    let stamp = |folder: &Path| fs::read_to_string(folder.join(STAMP)).ok();
    stamp(folder).is_some() && stamp(folder) == stamp(&env.home.join("template"))
}

/// True when the sources are what the kernel in `folder` has a build of, whatever the compiler is now.
pub fn sources_are_those_of(env: &Env, folder: &Path) -> bool {
    let saved = fs::read_to_string(folder.join(STAMP)).unwrap_or_default();
    stamp(env, "").is_ok_and(|now| saved.ends_with(&now))
}

/// Why there is something to wait for.
#[derive(Clone, Copy, PartialEq)]
pub enum Wait {
    /// The template was never built, or is gone.
    Missing,
    /// The sources or the compiler have changed.
    Changed,
    /// Another process builds it right now.
    Another,
}

/// Builds the template when it is missing or old. Returns true when it built.
///
/// `say` is called before a wait; cargo's own progress goes to stderr.
/// One build at a time: a second process waits for the first, then finds the work done.
pub fn ensure(env: &Env, toolchain: &Toolchain, say: &dyn Fn(Wait)) -> Result<bool, String> {
    if is_fresh(env, &toolchain.version) {
        return Ok(false);
    }
    let folder = env.home.join("template");
    let Some(lock) = lock_to_build(&folder)? else {
        return Err(format!(
            "The crate `support`, or the compiler, is not what the course was set up with, and {} cannot be written. \
            Whoever owns it types `cargo course setup`; then restart the kernel.",
            env.home.display()
        ));
    };
    if lock.try_lock().is_err() {
        say(Wait::Another);
        lock.lock().map_err(io("locking", &folder))?;
    }
    if is_fresh(env, &toolchain.version) {
        return Ok(false);
    }
    say(if folder.join(STAMP).exists() { Wait::Changed } else { Wait::Missing });
    let stamp = stamp(env, &toolchain.version)?; // before the build: a change during it makes the template old again
    write(&folder.join("Cargo.toml"), &manifest(env))?;
    write(&folder.join("src/lib.rs"), "")?;
    copy_file(&env.root.join(LOCK), &folder.join(LOCK))?;
    let _ = fs::remove_file(folder.join(STAMP));
    let _ = fs::remove_dir_all(folder.join("metadata")); // answers about the build before
    let _ = fs::remove_file(folder.join(direct::RECORD));
    let (workspace, own) = (env.root.join("target"), folder.join("target"));
    share(&workspace, &own, &toolchain.host, false)?;
    build(env, toolchain, &folder)?;
    start::make_library(toolchain, &folder)?;
    lend(env, &toolchain.host)?;
    write(&folder.join(STAMP), &stamp)?;
    Ok(true)
}

/// Lets the workspace's own builds have the dependencies, so that they need not compile them again.
///
/// All of them, also where the workspace has its own: to cargo, a dependency that is newer than what was
/// built with it means that all of that is old.
pub fn lend(env: &Env, host: &str) -> Result<(), String> {
    share(&env.home.join("template/target"), &env.root.join("target"), host, true)
}

/// Held alone while the template is built, together with others while it is copied.
const LOCK_FILE: &str = "lock";

/// The lock for a build; `None` when the template cannot be written.
fn lock_to_build(folder: &Path) -> Result<Option<fs::File>, String> {
    use std::io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    let path = folder.join(LOCK_FILE);
    let made = fs::create_dir_all(folder.join("src"));
    match made.and_then(|()| fs::File::options().create(true).append(true).open(&path)) {
        Ok(file) => Ok(Some(file)),
        Err(error) if matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem) => Ok(None),
        Err(error) => Err(io("opening", &path)(error)),
    }
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(io("writing", path))
}

/// The manifest that evcxr 0.22 writes for a notebook whose first cell is the course's `:dep` line, byte for byte: the
/// call of rustc that was recorded with it is right for that manifest alone.
fn manifest(env: &Env) -> String {
    let support = env.root.join("support");
    let path = json!(support.to_string_lossy()); // a JSON string is a TOML string
    format!(
        r#"
[package]
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

/// Compiles `support` and its dependencies into the template's own target folder.
fn build(env: &Env, toolchain: &Toolchain, folder: &Path) -> Result<(), String> {
    run_visible(
        toolchain
            .cargo()
            .args(["build", "--target", &toolchain.host])
            .current_dir(folder)
            .env("RUSTC", &toolchain.rustc)
            .env("RUSTFLAGS", "-Cprefer-dynamic")
            .env("RUSTC_WRAPPER", direct::recorder_in(env))
            .env(REAL_RUSTC, &toolchain.rustc)
            .env("CARGO_TARGET_DIR", "target")
            .env("CARGO_BUILD_BUILD_DIR", "target"),
        "Building `support`",
        "Cargo's message is above; `cargo course doctor` looks for what is missing on this machine.",
    )
}

/// Gives `kernel` (the folder of one kernel) everything that the template has built, if there is a template and
/// nobody builds it right now. Without it a kernel starts all the same; its first build calls [`clone_into`].
pub fn clone_if_free(env: &Env, host: &str, kernel: &Path) -> Result<(), String> {
    let folder = env.home.join("template");
    match fs::File::open(folder.join(LOCK_FILE)) {
        Ok(lock) if lock.try_lock_shared().is_ok() && folder.join(STAMP).exists() => clone(&folder, host, kernel),
        _ => Ok(()),
    }
}

/// Gives `kernel` what the template has built, unless it has it already.
pub fn clone_into(env: &Env, host: &str, kernel: &Path) -> Result<(), String> {
    let folder = env.home.join("template");
    let path = folder.join(LOCK_FILE);
    let lock = fs::File::open(&path).map_err(io("opening", &path))?;
    lock.lock_shared().map_err(io("locking", &folder))?;
    if has_copy(env, kernel) { Ok(()) } else { clone(&folder, host, kernel) }
}

fn clone(template: &Path, host: &str, kernel: &Path) -> Result<(), String> {
    copy(&template.join("target"), &kernel.join("target"), host)?;
    copy_file(&template.join(STAMP), &kernel.join(STAMP))
}

/// Tells the learner, who waits for a cell, in the notebook; and in the terminal where Jupyter runs, to which evcxr
/// passes on only what looks like cargo's "Compiling".
pub fn tell_learner(text: &str) {
    let _ = writeln!(std::io::stderr(), "   Compiling support ({text})");
    #[cfg(target_os = "linux")]
    if let Some(mut cell) = error_output_of_cells() {
        let _ = writeln!(cell, "{text}");
    }
}

/// What the process that runs the cells writes here appears below the cell at once. evcxr, which started both it and
/// this process, has no other way to show something before a cell is compiled.
#[cfg(target_os = "linux")]
fn error_output_of_cells() -> Option<fs::File> {
    let kernel = std::os::unix::process::parent_id();
    let threads = fs::read_dir(format!("/proc/{kernel}/task")).ok()?;
    threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok())
        .flat_map(|children| children.split_whitespace().map(String::from).collect::<Vec<_>>())
        .find(|child| {
            let environment = fs::read(format!("/proc/{child}/environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|entry| entry == b"EVCXR_IS_RUNTIME=1")
        })
        .and_then(|child| fs::File::options().append(true).open(format!("/proc/{child}/fd/2")).ok())
}
