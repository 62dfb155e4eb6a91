//! What Jupyter starts: a fresh folder for one kernel, evcxr in it, and the folder gone afterwards.
//!
//! Two kernels in one folder would overwrite each other's cells. A kernel that was killed leaves its folder
//! behind; the next one to start removes it (the lock on a living kernel's folder is held by the kernel itself).

use crate::env::{Env, REAL_CARGO_HOME, REAL_PATH, Toolchain, clean_environment, io};
use crate::{shim, template};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub fn kernel(env: &Env, args: &[String]) -> Result<bool, String> {
    let [connection_file] = args else {
        return Err(
            "`cargo course kernel CONNECTION_FILE` is for Jupyter. To open the lessons: `cargo course lab`.".into()
        );
    };
    if !env.evcxr().exists() {
        return Err("The kernel is not installed yet. Type `cargo course setup` in a terminal.".into());
    }
    let toolchain = Toolchain::discover()?;
    let kernels = env.home.join("kernels");
    fs::create_dir_all(&kernels).map_err(io("making", &kernels))?;
    sweep(&kernels);
    let folder = kernels.join(std::process::id().to_string());
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).map_err(io("making", &folder))?;
    let lock = hold(&folder)?;
    template::clone_into(env, &toolchain.host, &folder)?;

    let mut command = Command::new(env.evcxr());
    clean_environment(&mut command);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let with_shims = std::env::join_paths(std::iter::once(env.shims().join("bin")).chain(std::env::split_paths(&path)))
        .map_err(|error| format!("the PATH cannot be extended: {error}"))?;
    let status = command
        .args(["--control_file", connection_file])
        .env("EVCXR_TMPDIR", &folder)
        .env("EVCXR_CONFIG_DIR", env.home.join("evcxr-config")) // not the user's own, which may load other crates
        .env("COURSE_ROOT", &env.root)
        .env(shim::REAL_CARGO, &toolchain.cargo)
        .env(REAL_CARGO_HOME, std::env::var_os("CARGO_HOME").unwrap_or_default())
        .env(shim::REAL_RUSTC, &toolchain.rustc)
        .env(REAL_PATH, &path)
        .env("CARGO_HOME", env.shims())
        .env("CARGO", env.shims().join("bin/cargo"))
        .env("PATH", with_shims)
        .stdout(Stdio::null()) // evcxr says there which configuration it found
        .stdin(Stdio::from(lock)) // evcxr reads no stdin; holding the file keeps the folder locked
        .status()
        .map_err(|error| format!("{} did not start: {error}", env.evcxr().display()))?;
    let _ = fs::remove_dir_all(&folder);
    Ok(status.success())
}

fn lock_file(folder: &Path) -> PathBuf {
    folder.join("running")
}

/// Locks the folder for as long as the returned file, or a copy of it in a child process, is open.
fn hold(folder: &Path) -> Result<File, String> {
    let path = lock_file(folder);
    let file = File::create(&path).map_err(io("making", &path))?;
    file.lock().map_err(io("locking", &path))?;
    Ok(file)
}

/// Removes the folders of kernels that no longer run.
pub fn sweep(kernels: &Path) {
    for entry in fs::read_dir(kernels).into_iter().flatten().flatten() {
        let dead = match File::open(lock_file(&entry.path())) {
            Ok(file) => file.try_lock().is_ok(),
            // Without a lock file: a kernel that starts right now, or one whose removal was cut short.
            Err(_) => entry
                .metadata()
                .and_then(|meta| meta.modified())
                .is_ok_and(|time| time.elapsed().is_ok_and(|age| age.as_secs() > 60)),
        };
        if dead {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{hold, sweep};

    #[test]
    fn sweeping_removes_dead_kernels_and_keeps_living_ones() {
        let kernels = std::env::temp_dir().join(format!("course-sweep-{}", std::process::id()));
        let (living, dead) = (kernels.join("1"), kernels.join("2"));
        std::fs::create_dir_all(&living).unwrap();
        std::fs::create_dir_all(&dead).unwrap();
        let held = hold(&living).unwrap();
        drop(hold(&dead).unwrap());
        sweep(&kernels);
        assert!(living.exists() && !dead.exists());
        drop(held);
        sweep(&kernels);
        assert!(!living.exists());
        std::fs::remove_dir_all(&kernels).unwrap();
    }
}
