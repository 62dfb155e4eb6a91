//! `cargo course doctor`: what is missing on this machine, and what to type.

use crate::env::{EVCXR_VERSION, Env, Toolchain, output, which};
use crate::kernel::template;
use crate::{setup, test};
use std::process::Command;

/// What a full setup needs on disk, and what a kernel with its compiler needs in memory, in GiB.
const DISK_GIB: f64 = 6.0;
const MEMORY_GIB: f64 = 2.0;

struct Report {
    all_well: bool,
}

impl Report {
    fn line(&mut self, ok: bool, what: &str, found: &str, advice: &str) {
        println!("{} {what}: {found}", if ok { "✓" } else { "✗" });
        if !ok {
            println!("    {advice}");
            self.all_well = false;
        }
    }
}

/// Prints one line per check; returns true when nothing is missing.
pub fn doctor(env: &Env) -> Result<bool, String> {
    let mut report = Report { all_well: true };
    let toolchain = Toolchain::discover();
    match &toolchain {
        Ok(found) => {
            let version = found.version.lines().next().unwrap_or_default();
            let minor = version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok()).unwrap_or(0);
            report.line(minor >= 91, "Rust", version, "Rust 1.91 or newer is needed: type `rustup update stable`.");
            let source = found.has_std_source();
            let state = if source { "installed" } else { "not installed" };
            report.line(source, "Source of the standard library", state, "Type `rustup component add rust-src`.");
        }
        Err(error) => report.line(false, "Rust", "not found", error),
    }
    let named = std::env::var("CC").ok().and_then(|name| which(&name)); // conda names its compiler there
    let linker = named.or_else(|| which("cc")).or_else(|| which("gcc")).or_else(|| which("clang"));
    let found = linker.as_ref().map_or("not found".into(), |path| path.display().to_string());
    let advice = "Install one. Debian and Ubuntu: `sudo apt install build-essential`. macOS: `xcode-select --install`.";
    report.line(linker.is_some() || cfg!(windows), "C compiler and linker", &found, advice);
    match setup::base_python() {
        Ok(path) => report.line(true, "Python 3.10 or newer", &path.display().to_string(), ""),
        Err(error) => report.line(false, "Python 3.10 or newer", "not found", &error),
    }
    if let Some(free) = free_disk_gib(env) {
        let enough = free >= DISK_GIB || setup::is_done(env);
        report.line(enough, "Disk", &format!("{free:.1} GiB free"), &format!("The first build needs {DISK_GIB} GiB."));
    }
    if let Some(free) = available_memory_gib() {
        let advice = "A kernel and its compiler need 1.6 GB. Close other programs, or shut down other kernels.";
        report.line(free >= MEMORY_GIB, "Memory", &format!("{free:.1} GiB available"), advice);
    }
    let advice = "Type `cargo course setup`.";
    let found = |here: bool| if here { "installed" } else { "not installed" };
    report.line(
        env.evcxr().exists(),
        &format!("Kernel evcxr_jupyter {EVCXR_VERSION}"),
        found(env.evcxr().exists()),
        advice,
    );
    let lab = output(Command::new(&env.python).args(["-m", "jupyterlab", "--version"]));
    report.line(lab.is_ok(), "JupyterLab", lab.as_deref().unwrap_or("not installed").trim(), advice);
    let spec = env.kernelspec().is_ok_and(|path| path.exists());
    report.line(spec, "Kernelspec `rust`", found(spec), advice);
    let fresh = toolchain.is_ok_and(|toolchain| template::is_fresh(env, &toolchain.version));
    let state = if fresh { "built" } else { "not built, or older than its sources" };
    report.line(fresh, "The crate `support`", state, advice);
    // Only for `cargo course test`, which gets one if need be.
    let browser = test::find_browser()
        .map(|path| path.map_or("none: the tests download one".into(), |p| p.display().to_string()));
    match browser {
        Ok(found) => report.line(true, "Browser for the tests", &found, ""),
        Err(error) => report.line(false, "Browser for the tests", "does not work", &error),
    }
    println!("{}", if report.all_well { "Nothing is missing: cargo course lab" } else { "See the lines marked ✗." });
    Ok(report.all_well)
}

fn free_disk_gib(env: &Env) -> Option<f64> {
    let table = output(Command::new("df").arg("-Pk").arg(&env.root)).ok()?;
    let kib: f64 = table.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()?;
    Some(kib / (1024.0 * 1024.0))
}

fn available_memory_gib() -> Option<f64> {
    let table = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = table.lines().find(|line| line.starts_with("MemAvailable:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / (1024.0 * 1024.0))
}
