//! Where everything is: the checkout, and `.course/` in it, which holds all that `setup` makes.
//!
//! `.course/` can be deleted at any time; `cargo course setup` makes it again.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// The version of the kernel that the course is written for.
pub const EVCXR_VERSION: &str = "0.22.0";

/// What makes tensors fast; `.cargo/config.toml` says the same and why.
pub const FOR_TENSORS: [(&str, &str); 3] =
    [("CANDLE_NUM_THREADS", "1"), ("MALLOC_MMAP_THRESHOLD_", "268435456"), ("MALLOC_TRIM_THRESHOLD_", "268435456")];

/// The paths that every command needs.
#[derive(Clone, Debug)]
pub struct Env {
    /// The checkout.
    pub root: PathBuf,
    /// `.course/` in the checkout: kernel, Python environment, template, running kernels.
    pub home: PathBuf,
    /// The Python of the environment that has JupyterLab.
    pub python: PathBuf,
    /// The name of the kernelspec.
    pub kernel: String,
}

impl Env {
    /// The checkout is `$COURSE_ROOT`, or the one in whose `.course/bin` this program lies, or the one it was
    /// compiled in. The Python is `$COURSE_PYTHON` (Binder, conda), or the one that `setup` makes.
    pub fn discover() -> Result<Env, String> {
        let root = std::env::var_os("COURSE_ROOT")
            .map(PathBuf::from)
            .or_else(|| root_of(&std::env::current_exe().ok()?))
            .unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
        let root = root.canonicalize().map_err(|error| {
            format!("The course's folder {} cannot be read ({error}). Run `cargo course` inside it.", root.display())
        })?;
        let home = root.join(".course");
        let python = match own_python() {
            Some(python) => python,
            None if cfg!(windows) => home.join("python/Scripts/python.exe"),
            None => home.join("python/bin/python"),
        };
        Ok(Env { root, home, python, kernel: "rust".into() })
    }

    /// The kernel that `setup` installed.
    pub fn evcxr(&self) -> PathBuf {
        self.home.join("bin").join(if cfg!(windows) { "evcxr_jupyter.exe" } else { "evcxr_jupyter" })
    }

    /// The copy of this program that `setup` installed: kernels run it, and it works without cargo.
    pub fn installed_program(&self) -> PathBuf {
        self.home.join("bin").join(format!("course{}", std::env::consts::EXE_SUFFIX))
    }

    /// This program. Linux marks the path when the file was built anew meanwhile; the new one lies at the same place.
    pub fn program(&self) -> Result<PathBuf, String> {
        let path = std::env::current_exe().map_err(|error| format!("finding this program: {error}"))?;
        let text = path.to_string_lossy();
        Ok(text.strip_suffix(" (deleted)").map_or(path.clone(), PathBuf::from))
    }

    /// The folder with the stand-ins for `cargo` and `rustup` that kernels see (see kernel/shim.rs).
    pub fn shims(&self) -> PathBuf {
        self.home.join("shim")
    }

    /// `sys.prefix` of the Python environment: kernelspecs and JupyterLab settings belong there.
    pub fn python_prefix(&self) -> Result<PathBuf, String> {
        let out = output(Command::new(&self.python).args(["-c", "import sys; print(sys.prefix)"]))?;
        Ok(PathBuf::from(out.trim()))
    }

    /// The file that Jupyter reads to start the kernel.
    pub fn kernelspec(&self) -> Result<PathBuf, String> {
        Ok(self.python_prefix()?.join("share/jupyter/kernels").join(&self.kernel).join("kernel.json"))
    }
}

/// The checkout of a program that lies in its `.course/bin`.
fn root_of(program: &Path) -> Option<PathBuf> {
    let home = program.parent().filter(|bin| bin.ends_with("bin"))?.parent()?;
    home.ends_with(".course").then(|| home.parent().map(PathBuf::from)).flatten()
}

/// The course's folder in the user's cache, if the system says where that is.
pub fn user_cache() -> Option<PathBuf> {
    let var = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = var("XDG_CACHE_HOME").or_else(|| match std::env::consts::OS {
        "windows" => var("LOCALAPPDATA"),
        "macos" => var("HOME").map(|home| home.join("Library/Caches")),
        _ => var("HOME").map(|home| home.join(".cache")),
    });
    cache.map(|cache| cache.join("rust-course"))
}

/// A Python environment of the user's own, instead of the one that `setup` makes.
pub fn own_python() -> Option<PathBuf> {
    std::env::var_os("COURSE_PYTHON").filter(|python| !python.is_empty()).map(PathBuf::from)
}

/// The compiler and cargo themselves, not rustup's proxies (each proxy call costs some 20 ms).
#[derive(Clone, Debug)]
pub struct Toolchain {
    pub cargo: PathBuf,
    pub rustc: PathBuf,
    pub sysroot: PathBuf,
    /// `rustc -vV`
    pub version: String,
    /// The target triple of this machine.
    pub host: String,
}

impl Toolchain {
    pub fn discover() -> Result<Toolchain, String> {
        let missing = |error: String| {
            format!(
                "Rust was not found ({error}). Install it as https://rustup.rs says, open a new terminal, try again."
            )
        };
        let sysroot = output(Command::new("rustc").args(["--print", "sysroot"])).map_err(missing)?;
        let sysroot = PathBuf::from(sysroot.trim());
        let tool = |name: &str| {
            let path = sysroot.join("bin").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
            if path.exists() { path } else { which(name).unwrap_or_else(|| name.into()) }
        };
        let (cargo, rustc) = (tool("cargo"), tool("rustc"));
        let version = output(Command::new(&rustc).arg("-vV")).map_err(missing)?;
        let host =
            version.lines().find_map(|line| line.strip_prefix("host: ")).ok_or("`rustc -vV` names no host")?.to_owned();
        Ok(Toolchain { cargo, rustc, sysroot, version, host })
    }

    /// The folder of the standard library's source, a cargo workspace.
    pub fn std_source(&self) -> PathBuf {
        self.sysroot.join("lib/rustlib/src/rust/library")
    }

    /// True when the component `rust-src` is installed.
    pub fn has_std_source(&self) -> bool {
        self.std_source().join("std").exists()
    }

    /// A cargo command that nothing of the surrounding `cargo course` reaches.
    pub fn cargo(&self) -> Command {
        let mut command = Command::new(&self.cargo);
        clean_environment(&mut command);
        command
    }
}

/// `cargo run` tells its child about the package it ran (`CARGO_MANIFEST_DIR`, …) and puts the target
/// folder on the library path. Builds and kernels that we start must see none of it.
pub fn clean_environment(command: &mut Command) {
    for (name, value) in std::env::vars_os() {
        let Some(name) = name.to_str() else { continue };
        if name == "CARGO" || (name.starts_with("CARGO_") && !is_the_users(name)) {
            command.env_remove(name);
        } else if name == "LD_LIBRARY_PATH" || name == "DYLD_FALLBACK_LIBRARY_PATH" {
            let ours = |path: &PathBuf| path.components().any(|part| part.as_os_str() == "target");
            let kept: Vec<PathBuf> = std::env::split_paths(&value).filter(|path| !ours(path)).collect();
            match std::env::join_paths(&kept) {
                Ok(paths) if !kept.is_empty() => command.env(name, paths),
                _ => command.env_remove(name),
            };
        }
    }
    leave_kernel(command);
}

/// Inside a kernel CARGO_HOME and PATH lead to the shims: gives the command the real ones.
pub fn leave_kernel(command: &mut Command) {
    if let Some(path) = std::env::var_os(REAL_PATH) {
        command.env("PATH", path);
    }
    match std::env::var_os(REAL_CARGO_HOME) {
        Some(home) if home.is_empty() => command.env_remove("CARGO_HOME"),
        Some(home) => command.env("CARGO_HOME", home),
        None => command,
    };
}

/// Set by the launcher of a kernel: what its CARGO_HOME (empty: none) and PATH would be without the shims.
pub const REAL_CARGO_HOME: &str = "COURSE_REAL_CARGO_HOME";
pub const REAL_PATH: &str = "COURSE_REAL_PATH";

/// Set by the launcher as well: the real tools.
pub const REAL_CARGO: &str = "COURSE_REAL_CARGO";
pub const REAL_RUSTC: &str = "COURSE_REAL_RUSTC";

/// Cargo's variables that a user sets for all builds; conda sets the linker in this way.
fn is_the_users(name: &str) -> bool {
    let kept = ["CARGO_HOME", "CARGO_TERM_", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR", "CARGO_BUILD_JOBS"];
    kept.iter().any(|kept| name.starts_with(kept)) || (name.starts_with("CARGO_TARGET_") && name.ends_with("_LINKER"))
}

/// The first `name` on the PATH, the course's own shims left out.
pub fn which(name: &str) -> Option<PathBuf> {
    let file = format!("{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(&file))
        .find(|path| path.is_file() && !path.components().any(|part| part.as_os_str() == ".course"))
}

/// Runs a command and returns what it printed; its error output becomes the error.
pub fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let out = command.stdin(Stdio::null()).output().map_err(|error| format!("`{name}` did not start: {error}"))?;
    if out.status.success() {
        Ok(String::from_utf8_lossy(&out.stdout).into_owned())
    } else {
        Err(format!("`{name}` failed: {}", String::from_utf8_lossy(&out.stderr).trim()))
    }
}

/// Runs a command whose progress the user sees; `what` and `advice` make the error.
pub fn run_visible(command: &mut Command, what: &str, advice: &str) -> Result<(), String> {
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{what} failed ({status}). {advice}")),
        Err(error) => Err(format!("{what} did not start ({error}). {advice}")),
    }
}

/// This process becomes the command; its caller waits for one process only.
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

/// A file name and what was being done in front of an I/O error.
pub fn io(doing: &str, path: &Path) -> impl FnOnce(std::io::Error) -> String {
    let text = format!("{doing} {}", path.display());
    move |error| format!("{text}: {error}")
}

#[cfg(test)]
mod tests {
    use super::root_of;
    use std::path::Path;

    #[test]
    fn kernels_and_cargo_set_the_same_variables() {
        let config = include_str!("../../.cargo/config.toml");
        for (name, value) in super::FOR_TENSORS {
            assert!(config.contains(&format!("\n{name} = \"{value}\"\n")), "{name}");
        }
    }

    #[test]
    fn an_installed_program_knows_its_checkout() {
        assert_eq!(root_of(Path::new("/a b/.course/bin/course")).as_deref(), Some(Path::new("/a b")));
        assert_eq!(root_of(Path::new("/a/target/debug/course")), None);
        assert_eq!(root_of(Path::new("/usr/bin/course")), None);
    }
}
