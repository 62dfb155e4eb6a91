//! What Jupyter starts: a fresh folder for one kernel, then evcxr in it. Sees that a kernel, however it ends,
//! leaves no process and no folder behind.
//!
//! Two kernels in one folder would overwrite each other's cells. A living kernel holds a lock on its folder.
//! On Unix this process becomes evcxr; a second one, the janitor, waits for the lock, ends what the kernel left
//! running (a cell in an endless loop, a compiler) and removes the folder. Where no janitor ran, the next kernel
//! to start removes the folder.

pub mod artefacts;
pub mod direct;
mod metadata;
mod question_mark;
pub mod shim;
mod start;
pub mod template;
mod unnamed;
mod warm;

use crate::env::{
    Env, REAL_CARGO, REAL_CARGO_HOME, REAL_PATH, REAL_RUSTC, Toolchain, clean_environment, io, user_cache,
};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The command by which this program calls itself as a janitor.
pub const JANITOR: &str = "kernel-janitor";

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
    let (folder, lock) = new_folder(env)?;
    template::clone_if_free(env, &toolchain.host, &folder)?;
    let no_start_files = || env.home.join("evcxr-config"); // not the user's own, which may load other crates
    let start_files = warm::prepare(env, &toolchain, &folder).unwrap_or_else(no_start_files);

    let mut command = Command::new(env.evcxr());
    clean_environment(&mut command);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let with_shims = std::env::join_paths(std::iter::once(env.shims().join("bin")).chain(std::env::split_paths(&path)))
        .map_err(|error| format!("the PATH cannot be extended: {error}"))?;
    command
        .args(["--control_file", connection_file])
        .env("EVCXR_TMPDIR", &folder)
        .env("EVCXR_CONFIG_DIR", start_files)
        .env("COURSE_ROOT", &env.root)
        .envs(crate::env::FOR_TENSORS)
        .env(REAL_CARGO, &toolchain.cargo)
        .env(REAL_CARGO_HOME, std::env::var_os("CARGO_HOME").unwrap_or_default())
        .env(REAL_RUSTC, &toolchain.rustc)
        .env(REAL_PATH, &path)
        .env("CARGO_HOME", env.shims())
        .env("CARGO", env.shims().join("bin/cargo"))
        .env("PATH", with_shims)
        .stdout(Stdio::null()) // evcxr says there which configuration it found
        .stdin(Stdio::from(lock)); // evcxr reads no stdin; holding the file keeps the folder locked
    become_kernel(command, env, &folder)
}

#[cfg(unix)]
fn become_kernel(mut command: Command, env: &Env, folder: &Path) -> Result<bool, String> {
    use std::os::unix::process::CommandExt;
    unix::lead_group();
    let janitor =
        Command::new(env.program()?).args([JANITOR, "start", &std::process::id().to_string()]).arg(folder).status();
    if !janitor.is_ok_and(|status| status.success()) {
        eprintln!("The kernel's folder will be removed when the next kernel starts.");
    }
    let error = command.exec();
    Err(format!("{} did not start: {error}", env.evcxr().display()))
}

#[cfg(not(unix))]
fn become_kernel(mut command: Command, env: &Env, folder: &Path) -> Result<bool, String> {
    let status = command.status().map_err(|error| format!("{} did not start: {error}", env.evcxr().display()))?;
    let _ = fs::remove_dir_all(folder);
    Ok(status.success())
}

/// `kernel-janitor [start] GROUP FOLDER`. With `start` it starts itself once more and ends, so that the janitor
/// is no child of the kernel: Jupyter and the tests end a kernel's children with it.
#[cfg(unix)]
pub fn janitor(args: &[String]) -> Result<bool, String> {
    use std::os::unix::process::CommandExt;
    match args {
        [start, group, folder] if start == "start" => {
            let mut command = Command::new(std::env::current_exe().map_err(|error| error.to_string())?);
            command.args([JANITOR, group, folder]).current_dir("/").process_group(0);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().map(|_| true).map_err(|error| error.to_string())
        }
        [group, folder] => {
            let group = group.parse().map_err(|_| format!("{group} is no process group"))?;
            let folder = PathBuf::from(folder);
            let lock = File::open(lock_file(&folder)).map_err(io("opening", &folder))?;
            lock.lock().map_err(io("locking", &folder))?; // the kernel has ended
            unix::kill_group(group);
            for _ in 0..20 {
                match fs::remove_dir_all(&folder) {
                    Err(_) if folder.exists() => std::thread::sleep(std::time::Duration::from_millis(100)),
                    _ => break,
                }
            }
            Ok(true)
        }
        _ => Err(format!("`{JANITOR}` is for the kernel's launcher.")),
    }
}

#[cfg(not(unix))]
pub fn janitor(_: &[String]) -> Result<bool, String> {
    Err(format!("`{JANITOR}` is for Unix."))
}

/// Calls of the system that the standard library lacks. The crate `rustix` has them, but polars stands on it too: asking for
/// more of its features here would have cargo compile polars anew for the tests instead of sharing the template's.
#[cfg(unix)]
mod unix {
    unsafe extern "C" {
        fn setpgid(process: i32, group: i32) -> i32;
        fn kill(process: i32, signal: i32) -> i32;
        fn getuid() -> u32;
    }

    /// The number of the user who runs this process.
    pub fn user() -> u32 {
        // Safety: no memory is involved.
        unsafe { getuid() }
    }

    /// Makes this process the first of a process group, which its children join. Jupyter has done so already.
    pub fn lead_group() {
        // Safety: no memory is involved. It fails only for the leader of a session, which leads a group too.
        unsafe { setpgid(0, 0) };
    }

    /// Ends all processes of the group.
    pub fn kill_group(group: i32) {
        const SIGKILL: i32 = 9;
        if group > 1 {
            // Safety: no memory is involved.
            unsafe { kill(-group, SIGKILL) };
        }
    }
}

/// Where the folders of kernels may lie, best first. In the checkout they can be links to what was built there.
/// Elsewhere when the checkout cannot be written, or has a space in its path, at which evcxr cuts paths off.
fn homes(env: &Env) -> Vec<PathBuf> {
    #[cfg(unix)]
    let mine = format!("rust-course-{}", unix::user());
    #[cfg(not(unix))]
    let mine = "rust-course";
    let others = [user_cache(), Some(std::env::temp_dir().join(mine))];
    let others = others.into_iter().flatten().filter(|home| home.is_absolute()).map(|home| home.join("kernels"));
    let all = std::iter::once(env.home.join("kernels")).chain(others);
    all.filter(|home| !home.to_string_lossy().contains(' ')).collect()
}

/// Makes the folder of a kernel, and locks it for as long as the returned file, or a copy of it in another
/// process, is open. Removes the folders of kernels that ended.
fn new_folder(env: &Env) -> Result<(PathBuf, File), String> {
    let mut problem = format!("{} has a space in its path", env.home.display());
    for home in homes(env) {
        match folder_in(&home) {
            Ok(made) => return Ok(made),
            Err(error) => problem = error,
        }
    }
    Err(format!("There is no place for the kernel's files: {problem}. Set XDG_CACHE_HOME to a folder of yours."))
}

fn folder_in(home: &Path) -> Result<(PathBuf, File), String> {
    make_private(home)?;
    if !home.ends_with(".course/kernels") && !home.ancestors().take(2).all(is_ours) {
        return Err(format!("{} belongs to someone else", home.display()));
    }
    // Between making a folder and locking it, another kernel would take it for a dead one.
    let path = home.join("lock");
    let one_at_a_time = File::options().create(true).append(true).open(&path).map_err(io("opening", &path))?;
    one_at_a_time.lock().map_err(io("locking", &path))?;
    sweep(home);
    let id = std::process::id();
    // A second try where machines with processes of the same number share the folder.
    let names = std::iter::once(id.to_string()).chain((1..100).map(|n| format!("{id}-{n}")));
    for folder in names.map(|name| home.join(name)) {
        match fs::create_dir(&folder) {
            Ok(()) => return hold(&folder).map(|lock| (folder, lock)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io("making", &folder)(error)),
        }
    }
    Err(format!("{} is full of folders of ended kernels; remove it", home.display()))
}

#[cfg(unix)]
fn make_private(folder: &Path) -> Result<(), String> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(io("making", folder))
}

#[cfg(not(unix))]
fn make_private(folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(io("making", folder))
}

/// In a folder for all, someone else may have made ours first, to give us their code to run.
#[cfg(unix)]
fn is_ours(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::symlink_metadata(folder).is_ok_and(|meta| meta.is_dir() && meta.uid() == unix::user())
}

#[cfg(not(unix))]
fn is_ours(_: &Path) -> bool {
    true
}

fn lock_file(folder: &Path) -> PathBuf {
    folder.join("running")
}

fn hold(folder: &Path) -> Result<File, String> {
    let path = lock_file(folder);
    let file = File::create(&path).map_err(io("making", &path))?;
    file.lock().map_err(io("locking", &path))?;
    Ok(file)
}

/// Removes the folders of kernels that no longer run, wherever they may lie.
pub fn sweep_all(env: &Env) {
    for home in homes(env) {
        let lock = File::options().append(true).open(home.join("lock"));
        if lock.is_ok_and(|lock| lock.lock().is_ok()) {
            sweep(&home);
        }
    }
}

/// Removes the folders of kernels that no longer run. No kernel may start meanwhile.
fn sweep(home: &Path) {
    for entry in fs::read_dir(home).into_iter().flatten().flatten() {
        let folder = entry.path();
        let living = File::open(lock_file(&folder)).is_ok_and(|file| file.try_lock().is_err());
        if folder.is_dir() && !living {
            let _ = fs::remove_dir_all(folder);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{folder_in, homes, make_private, sweep};
    use crate::env::Env;

    #[test]
    fn each_kernel_has_its_own_folder_and_only_dead_ones_are_swept() {
        let scratch = tempfile::tempdir().unwrap();
        let home = scratch.path().join(".course/kernels");
        let (first, held) = folder_in(&home).unwrap();
        let (second, also_held) = folder_in(&home).unwrap();
        assert_ne!(first, second);
        drop(also_held);
        sweep(&home);
        assert!(first.exists() && !second.exists());
        drop(held);
        let (third, _held) = folder_in(&home).unwrap();
        assert_eq!(third, first, "the folder of a dead kernel is free again");
        assert_eq!(std::fs::read_dir(&third).unwrap().count(), 1, "and empty but for its lock");
    }

    #[test]
    fn a_path_with_a_space_is_no_home_for_kernels() {
        let env = |root: &str| Env {
            root: root.into(),
            home: format!("{root}/.course").into(),
            python: "python".into(),
            kernel: "rust".into(),
        };
        assert_eq!(homes(&env("/a/Kurse"))[0], std::path::Path::new("/a/Kurse/.course/kernels"));
        assert!(homes(&env("/a/Meine Kurse")).iter().all(|home| !home.to_string_lossy().contains(' ')));
    }

    #[cfg(unix)]
    #[test]
    fn folders_outside_the_checkout_are_closed_to_others() {
        use std::os::unix::fs::PermissionsExt;
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("private");
        make_private(&folder.join("kernels")).unwrap();
        assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
