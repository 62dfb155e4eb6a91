//! One build for all kernels.
//!
//! evcxr compiles each cell in a crate of its own, with a target folder of its own: 240 dependencies
//! would be compiled again for every kernel. So `support` is compiled once, as such a crate compiles it
//! (same profile, flags, target), in `.course/template`, and each kernel starts with hard links to the
//! result. Cargo finds everything fresh and compiles the cell only.
//!
//! The workspace builds with the same settings, so its tests and tools take the dependencies from there too,
//! and the other way round. Fingerprints and what build scripts made are copied, not linked: cargo
//! rewrites them in place.

use crate::env::{Env, Toolchain, io, run_visible};
use serde_json::json;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// The lock file that says which versions the course uses.
pub const LOCK: &str = "Cargo.lock";

/// What decides whether the build is still right: the compiler, and name, size and time of each source.
fn stamp(env: &Env, rustc_version: &str) -> Result<String, String> {
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
    let lock = lock_file(&folder)?;
    lock.lock().map_err(io("locking", &folder))?;
    if is_fresh(env, &toolchain.version) {
        return Ok(false);
    }
    say();
    let stamp = stamp(env, &toolchain.version)?; // before the build: a change during it makes the template old again
    write(&folder.join("Cargo.toml"), &manifest(env))?;
    write(&folder.join("src/lib.rs"), "")?;
    fs::copy(env.root.join(LOCK), folder.join(LOCK)).map_err(io("copying", &env.root.join(LOCK)))?;
    let _ = fs::remove_file(folder.join("stamp"));
    let _ = fs::remove_dir_all(folder.join("metadata")); // answers about the build before
    let (workspace, own) = (env.root.join("target"), folder.join("target"));
    share(&workspace, &own, &toolchain.host, false)?;
    build(toolchain, &folder)?;
    lend(env, &toolchain.host)?;
    write(&folder.join("stamp"), &stamp)?;
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
fn lock_file(folder: &Path) -> Result<fs::File, String> {
    let path = folder.join("lock");
    fs::File::options().create(true).append(true).open(&path).map_err(io("opening", &path))
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

/// Compiles `support` and its dependencies into the template's own target folder.
fn build(toolchain: &Toolchain, folder: &Path) -> Result<(), String> {
    run_visible(
        toolchain
            .cargo()
            .args(["build", "--target", &toolchain.host])
            .current_dir(folder)
            .env("RUSTC", &toolchain.rustc)
            .env("RUSTFLAGS", "-Cprefer-dynamic")
            .env("CARGO_TARGET_DIR", "target")
            .env("CARGO_BUILD_BUILD_DIR", "target"),
        "Building `support`",
        "Cargo's message is above; `cargo course doctor` looks for what is missing on this machine.",
    )
}

/// The folders of a target folder that hold what cargo has built, and whether their files may be linked.
fn parts(host: &str) -> Vec<(PathBuf, bool)> {
    let sides = [PathBuf::from("debug"), Path::new(host).join("debug")];
    let parts = [("deps", true), ("build", true), (".fingerprint", false)];
    sides.iter().flat_map(|side| parts.map(|(part, link)| (side.join(part), link))).collect()
}

/// Lets `to` have the dependencies that were built in `from`: those that it lacks, or with `replace` all.
///
/// The crates of the checkout are left out: as a dylib, `support` has no hash in its file names,
/// and the one that the workspace tests differs from the one that notebooks link.
fn share(from: &Path, to: &Path, host: &str, replace: bool) -> Result<(), String> {
    for (part, link) in parts(host) {
        let Ok(entries) = fs::read_dir(from.join(&part)) else { continue };
        let to = to.join(&part);
        fs::create_dir_all(&to).map_err(io("making", &to))?;
        for entry in entries.flatten() {
            let name = entry.file_name();
            let shared = name
                .to_str()
                .is_some_and(|name| is_dependency(name) && (!link || has_extension_or_is_build(&part, name)));
            if shared && (replace || !to.join(&name).exists()) {
                place(&entry.path(), &to.join(&name), link)?;
            }
        }
    }
    Ok(())
}

/// True for the files of a crate that is not of this checkout: `libserde-0123456789abcdef.rlib`.
fn is_dependency(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    let Some((krate, hash)) = stem.rsplit_once('-') else { return false };
    let ours = ["support", "libsupport", "ctx", "libctx", "course", "libcourse"];
    hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) && !ours.contains(&krate)
}

/// Test programs lie among the libraries of `deps`, without an extension.
fn has_extension_or_is_build(part: &Path, name: &str) -> bool {
    part.ends_with("build") || name.contains('.')
}

/// Gives `kernel` (the folder of one kernel) everything that the template has built.
pub fn clone_into(env: &Env, host: &str, kernel: &Path) -> Result<(), String> {
    let missing =
        "The course has not been built yet. Type `cargo course setup` in a terminal, then restart the kernel.";
    let folder = env.home.join("template");
    let lock = lock_file(&folder).map_err(|_| missing)?;
    lock.lock_shared().map_err(io("locking", &folder))?;
    if !folder.join("stamp").exists() {
        return Err(missing.into());
    }
    let (from, to) = (folder.join("target"), kernel.join("target"));
    for (part, link) in parts(host) {
        let to = to.join(&part);
        fs::create_dir_all(&to).map_err(io("making", &to))?;
        for entry in fs::read_dir(from.join(&part)).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let own = name.to_string_lossy();
            if !own.starts_with("ctx") && !own.starts_with("libctx") {
                place(&entry.path(), &to.join(&name), link)?;
            }
        }
    }
    for file in [".rustc_info.json", "CACHEDIR.TAG"] {
        let _ = fs::copy(from.join(file), to.join(file)); // a cache: cargo makes it again
    }
    Ok(())
}

/// What build scripts print and make is written again in place when they run again: a link would change with it.
fn is_rewritten(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let of_build_script = path.components().any(|part| part.as_os_str() == "build");
    of_build_script && !name.starts_with("build-script") && !name.starts_with("build_script")
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
    let made = |path: &Path| fs::metadata(path).and_then(|meta| Ok((meta.len(), meta.modified()?))).ok();
    if made(to).is_some() && made(to) == made(from) {
        return Ok(()); // placed before
    }
    let _ = fs::remove_file(to);
    if link && !is_rewritten(from) && fs::hard_link(from, to).is_ok() {
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
    use super::{is_dependency, place, share};
    use std::fs;
    use std::path::Path;

    #[test]
    fn dependencies_are_told_from_the_crates_of_the_checkout() {
        assert!(is_dependency("libserde-0123456789abcdef.rlib"));
        assert!(is_dependency("candle-core-00112233aabbccdd"));
        for ours in ["libsupport.so", "support-0123456789abcdef", "libctx.so", "course-0123456789abcdef.d", "serde"] {
            assert!(!is_dependency(ours), "{ours}");
        }
    }

    #[test]
    fn sharing_links_libraries_copies_fingerprints_and_keeps_what_is_there() {
        let folder = std::env::temp_dir().join(format!("course-share-{}", std::process::id()));
        let (from, to) = (folder.join("from"), folder.join("to"));
        let file = |root: &Path, path: &str, text: &str| {
            let path = root.join("host/debug").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        };
        let (library, print) = ("deps/liba-0123456789abcdef.rlib", ".fingerprint/a-0123456789abcdef/lib-a");
        file(&from, library, "library");
        file(&from, print, "print");
        file(&from, "deps/libsupport.so", "not for others");
        file(&from, "deps/b-0123456789abcdef", "a test program");
        file(&to, "deps/libc-0123456789abcdef.rlib", "mine");
        file(&from, "deps/libc-0123456789abcdef.rlib", "theirs");
        share(&from, &to, "host", false).unwrap();
        let read = |path: &str| fs::read_to_string(to.join("host/debug").join(path)).ok();
        assert_eq!(read(library).as_deref(), Some("library"));
        assert_eq!(read(print).as_deref(), Some("print"));
        assert_eq!(read("deps/libc-0123456789abcdef.rlib").as_deref(), Some("mine"));
        share(&from, &to, "host", true).unwrap();
        assert_eq!(read("deps/libc-0123456789abcdef.rlib").as_deref(), Some("theirs"));
        assert_eq!(read("deps/libsupport.so"), None);
        assert_eq!(read("deps/b-0123456789abcdef"), None);
        file(&to, print, "changed in the copy");
        assert_eq!(fs::read_to_string(from.join("host/debug").join(print)).unwrap(), "print");
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_copy_keeps_its_time() {
        let folder = std::env::temp_dir().join(format!("course-place-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (from, to) = (folder.join("from"), folder.join("to"));
        fs::write(&from, "x").unwrap();
        let time = std::time::SystemTime::now() - std::time::Duration::from_secs(1000);
        fs::File::options().append(true).open(&from).unwrap().set_modified(time).unwrap();
        place(&from, &to, false).unwrap();
        let modified = |path: &Path| fs::metadata(path).unwrap().modified().unwrap();
        assert_eq!(modified(&from), modified(&to));
        fs::remove_dir_all(&folder).unwrap();
    }
}
