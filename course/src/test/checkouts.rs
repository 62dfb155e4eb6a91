//! Checkouts for tests, outside this one: a copy of the sources that borrows what was built here (kernel, Python
//! packages, compiled dependencies), so that only the checkout's own crates compile; and a small one.
//! Outside, because cargo would find this checkout's settings in the folders above.

use crate::env::{Env, Toolchain, io, output};
use crate::kernel::artefacts::{copy_file, share};
use crate::setup;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder in the system's temporary one, removed at the end, also when a test took away the right to write.
pub struct Scratch {
    pub path: PathBuf,
}

impl Scratch {
    pub fn new(name: &str) -> Result<Scratch, String> {
        let path = std::env::temp_dir().join(format!("course-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).map_err(io("making", &path))?;
        Ok(Scratch { path: path.canonicalize().map_err(io("finding", &path))? })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = set_writable(&self.path, true);
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A checkout that borrows.
pub struct Lent {
    pub env: Env,
}

const SOURCES: [&str; 7] = ["Cargo.toml", "Cargo.lock", ".cargo", "support", "course", "notebooks", "data"];

impl Lent {
    /// All of the course.
    pub fn whole(env: &Env, toolchain: &Toolchain, root: &Path) -> Result<Lent, String> {
        let lent = Lent::new(env, root)?;
        for name in SOURCES {
            copy_tree(&env.root.join(name), &root.join(name))?;
        }
        for (from, to) in [(env.root.join("target"), root.join("target")), (target(env), target(&lent.env))] {
            share(&from, &to, &toolchain.host, false)?;
        }
        lent.borrow(env)?;
        Ok(lent)
    }

    /// A workspace with the course's settings, whose `support` has one function.
    pub fn small(env: &Env, toolchain: &Toolchain, root: &Path) -> Result<Lent, String> {
        let lent = Lent::new(env, root)?;
        let manifest = read(&env.root.join("Cargo.toml"))?;
        let write = |path: &str, text: &str| {
            let path = root.join(path);
            let made = path.parent().map_or(Ok(()), fs::create_dir_all);
            made.and_then(|()| fs::write(&path, text)).map_err(io("writing", &path))
        };
        write(
            "Cargo.toml",
            &manifest.replace(r#"members = ["support", "support/crates/*", "course"]"#, r#"members = ["support"]"#),
        )?;
        write(".cargo/config.toml", &read(&env.root.join(".cargo/config.toml"))?)?;
        write("support/Cargo.toml", SMALL)?;
        write("support/build.rs", SLOW)?;
        write("support/src/lib.rs", "pub mod prelude {\n    pub fn answer() -> u32 {\n        41\n    }\n}\n")?;
        write("notebooks/none.ipynb", r#"{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}"#)?;
        output(toolchain.cargo().args(["generate-lockfile", "--offline"]).current_dir(root))?;
        lent.borrow(env)?;
        Ok(lent)
    }

    fn new(env: &Env, root: &Path) -> Result<Lent, String> {
        fs::create_dir_all(root).map_err(io("making", root))?;
        let home = root.join(".course");
        let lent = Env { root: root.into(), python: home.join("python/bin/python"), home, kernel: env.kernel.clone() };
        Ok(Lent { env: lent })
    }

    /// The kernel, and a Python environment of its own that sees this one's packages.
    fn borrow(&self, env: &Env) -> Result<(), String> {
        let (bin, python) = (self.env.home.join("bin"), self.env.home.join("python"));
        fs::create_dir_all(&bin).map_err(io("making", &bin))?;
        for name in ["evcxr_jupyter", "evcxr-version"] {
            let (from, to) = (env.home.join("bin").join(name), bin.join(name));
            fs::hard_link(&from, &to).or_else(|_| fs::copy(&from, &to).map(|_| ())).map_err(io("copying", &from))?;
        }
        output(Command::new(&env.python).args(["-m", "venv", "--without-pip"]).arg(&python))?;
        let ask = |python: &Path, code: &str| output(Command::new(python).args(["-c", code]));
        let folder = ask(&self.env.python, "import sysconfig; print(sysconfig.get_path('purelib'))")?;
        let file = Path::new(folder.trim()).join("lent.pth");
        let packages = ask(&env.python, "import sys; [print(path) for path in sys.path if 'packages' in path]")?;
        fs::write(&file, packages).map_err(io("writing", &file))?;
        #[cfg(unix)]
        {
            let lab = "share/jupyter/lab"; // JupyterLab's pages
            let (from, to) = (env.python_prefix()?.join(lab), python.join(lab));
            fs::create_dir_all(python.join("share/jupyter")).map_err(io("making", &to))?;
            std::os::unix::fs::symlink(&from, &to).map_err(io("linking", &to))?;
        }
        setup::mark_python_as_ready(&self.env)
    }

    /// Takes away the right to write; `Scratch` gives it back. Files that are shared with this checkout (hard links)
    /// stay as they are: nothing replaces them in a folder that cannot be written.
    pub fn make_read_only(&self) -> Result<(), String> {
        set_writable(&self.env.root, false)
    }
}

fn target(env: &Env) -> PathBuf {
    env.home.join("template/target")
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(io("reading", path))
}

const SMALL: &str = "[package]
name = \"support\"
version = \"0.1.0\"
edition = \"2024\"

[lib]
crate-type = [\"dylib\", \"rlib\"]
";

/// Two kernels must be able to meet during a build.
const SLOW: &str = "fn main() {
    std::thread::sleep(std::time::Duration::from_secs(4));
}
";

/// Sources only: no hidden folders, caches or exports.
fn copy_tree(from: &Path, to: &Path) -> Result<(), String> {
    if !from.is_dir() {
        return copy_file(from, to);
    }
    fs::create_dir_all(to).map_err(io("making", to))?;
    for entry in fs::read_dir(from).map_err(io("reading", from))? {
        let entry = entry.map_err(io("reading", from))?;
        let name = entry.file_name();
        if !name.to_string_lossy().starts_with('.') && name != "__pycache__" {
            copy_tree(&entry.path(), &to.join(name))?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn set_writable(path: &Path, writable: bool) -> Result<(), String> {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let meta = fs::symlink_metadata(path).map_err(io("reading", path))?;
    if meta.is_symlink() || (meta.is_file() && meta.nlink() > 1) {
        return Ok(());
    }
    let set = |writable: bool| {
        let mode = meta.permissions().mode();
        let mode = if writable { mode | 0o200 } else { mode & !0o222 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(io("changing", path))
    };
    if meta.is_dir() {
        if writable {
            set(true)?;
        }
        for entry in fs::read_dir(path).map_err(io("reading", path))?.flatten() {
            set_writable(&entry.path(), writable)?;
        }
    }
    set(writable)
}

#[cfg(not(unix))]
fn set_writable(_: &Path, _: bool) -> Result<(), String> {
    Ok(())
}
