//! The program of the notebook kernel, evcxr. Compiling it takes minutes, so it is done once per user, version and
//! kind of machine, in the user's cache folder, from which each checkout has a link.

use crate::env::{EVCXR_VERSION, Env, Toolchain, io, output, run_visible, user_cache, which};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Puts the program into `.course/bin`.
pub fn install(env: &Env, toolchain: &Toolchain) -> Result<(), String> {
    let marker = env.home.join("bin/evcxr-version");
    if env.evcxr().exists() && fs::read_to_string(&marker).is_ok_and(|version| version.trim() == EVCXR_VERSION) {
        println!("      evcxr_jupyter {EVCXR_VERSION} is here already");
        return Ok(());
    }
    let bin = env.home.join("bin");
    fs::create_dir_all(&bin).map_err(io("making", &bin))?;
    if let Some(installed) = on_this_machine() {
        println!("      evcxr_jupyter {EVCXR_VERSION} found on this machine");
        place(&installed, &env.evcxr(), false)?;
    } else {
        let cache = user_cache().filter(|cache| cache.is_absolute());
        let cache = cache.map_or_else(|| env.home.join("evcxr"), |cache| cache.join("evcxr"));
        let folder = cache.join(format!("{EVCXR_VERSION}-{}", toolchain.host));
        let name = env.evcxr().file_name().map(PathBuf::from).unwrap_or_default();
        let made = once(&folder, &name, &runs, &|root| compile(toolchain, root))?;
        place(&made, &env.evcxr(), true)?;
    }
    fs::write(&marker, EVCXR_VERSION).map_err(io("writing", &marker))
}

/// An evcxr_jupyter of the right version that `cargo install` put on this machine.
fn on_this_machine() -> Option<PathBuf> {
    let path = which("evcxr_jupyter")?;
    let crates = fs::read_to_string(path.parent()?.parent()?.join(".crates.toml")).ok()?;
    crates.contains(&format!("\"evcxr_jupyter {EVCXR_VERSION} ")).then_some(path)
}

/// Whether the program starts. A cache may be shared with a machine that has older libraries.
fn runs(program: &Path) -> bool {
    output(Command::new(program).arg("--help")).is_ok()
}

/// The program in `folder`, which `make` makes below a folder of its own, as `bin/NAME`, if it is not there. Of two
/// processes one makes it and the other waits; what lies under the name is always whole.
fn once(
    folder: &Path,
    name: &Path,
    good: &dyn Fn(&Path) -> bool,
    make: &dyn Fn(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let program = folder.join(name);
    let found = || program.exists() && good(&program);
    fs::create_dir_all(folder).map_err(io("making", folder))?;
    let path = folder.join("lock");
    let lock = fs::File::options().create(true).append(true).open(&path).map_err(io("opening", &path))?;
    if lock.try_lock().is_err() {
        println!("      another process compiles evcxr_jupyter right now; waiting for it");
        lock.lock().map_err(io("locking", folder))?;
    }
    if found() {
        println!("      evcxr_jupyter {EVCXR_VERSION} was compiled before, in {}", folder.display());
        return Ok(program);
    }
    if program.exists() {
        println!("      {} does not run on this machine", program.display());
    }
    let root = folder.join("new"); // kept when the work is broken off, so that it goes on there
    make(&root)?;
    let new = root.join("bin").join(name);
    fs::rename(&new, &program).map_err(io("moving", &new))?;
    let _ = fs::remove_dir_all(&root);
    Ok(program)
}

fn compile(toolchain: &Toolchain, root: &Path) -> Result<(), String> {
    println!(
        "      compiling evcxr_jupyter {EVCXR_VERSION}, once for all your checkouts: about 7 minutes on two cores"
    );
    // From the temporary folder: the workspace's own build flags are not meant for it.
    run_visible(
        toolchain
            .cargo()
            .args(["install", "evcxr_jupyter", "--version", EVCXR_VERSION, "--locked", "--no-track", "--force"])
            .arg("--root")
            .arg(root)
            .arg("--target-dir")
            .arg(root.join("target"))
            .current_dir(std::env::temp_dir()),
        "Installing evcxr_jupyter",
        "Is there a network connection and a C compiler (`cc --version`)? `cargo course doctor` tells.",
    )
}

/// Puts a program where kernels find it, in one step, because a kernel may start right now. Linked or copied: only
/// what is ours is linked, since somebody else's file may be written again in place.
fn place(from: &Path, to: &Path, link: bool) -> Result<(), String> {
    let new = to.with_extension(format!("{}", std::process::id()));
    let _ = fs::remove_file(&new);
    if !(link && fs::hard_link(from, &new).is_ok()) {
        fs::copy(from, &new).map_err(io("copying", from))?;
    }
    fs::rename(&new, to).map_err(io("writing", to))?;
    let _ = fs::remove_file(&new); // still there when both were links to the same file
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Stands for cargo: makes a program that says `text`.
    fn make(root: &Path, text: &str) -> Result<(), String> {
        fs::create_dir_all(root.join("bin")).map_err(|error| error.to_string())?;
        std::thread::sleep(std::time::Duration::from_millis(50));
        fs::write(root.join("bin/evcxr"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn of_many_checkouts_one_compiles() {
        let (scratch, made) = (tempfile::tempdir().unwrap(), AtomicUsize::new(0));
        let folder = scratch.path().join("evcxr");
        let install = || {
            once(&folder, Path::new("evcxr"), &|_| true, &|root| {
                made.fetch_add(1, Ordering::SeqCst);
                make(root, "whole")
            })
        };
        std::thread::scope(|scope| {
            let all: Vec<_> = (0..4).map(|_| scope.spawn(install)).collect();
            for one in all {
                assert_eq!(fs::read_to_string(one.join().unwrap().unwrap()).unwrap(), "whole");
            }
        });
        assert_eq!(made.load(Ordering::SeqCst), 1);
        assert!(!folder.join("new").exists());
    }

    #[test]
    fn a_failed_build_leaves_no_program_and_the_next_goes_on() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("evcxr");
        let name = Path::new("evcxr");
        let broken = once(&folder, name, &|_| true, &|root| make(root, "half").and(Err("no network".into())));
        assert_eq!(broken.unwrap_err(), "no network");
        assert!(!folder.join(name).exists());
        let again = once(&folder, name, &|_| true, &|root| {
            assert!(root.join("bin/evcxr").exists(), "what was done is kept");
            make(root, "whole")
        });
        assert_eq!(fs::read_to_string(again.unwrap()).unwrap(), "whole");
    }

    #[test]
    fn a_program_that_does_not_run_is_made_again() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("evcxr");
        let good = |program: &Path| fs::read_to_string(program).is_ok_and(|text| text == "mine");
        for text in ["theirs", "mine"] {
            once(&folder, Path::new("evcxr"), &good, &|root| make(root, text)).unwrap();
        }
        let kept = once(&folder, Path::new("evcxr"), &good, &|_| Err("made again".into()));
        assert_eq!(fs::read_to_string(kept.unwrap()).unwrap(), "mine");
    }

    #[test]
    fn a_checkout_has_a_link_and_can_lose_it() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path();
        let (from, to) = (folder.join("cached"), folder.join("evcxr"));
        fs::write(&from, "program").unwrap();
        for link in [true, true, false] {
            place(&from, &to, link).unwrap();
            assert_eq!(fs::read_to_string(&to).unwrap(), "program");
        }
        fs::remove_file(&to).unwrap();
        assert!(from.exists());
        assert_eq!(fs::read_dir(folder).unwrap().count(), 1);
    }
}
