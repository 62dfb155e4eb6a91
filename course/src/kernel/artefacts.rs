//! Moves what cargo has built from one target folder to another: links where the files stay as they are,
//! copies where cargo rewrites them in place (fingerprints, what build scripts made).

use crate::env::io;
use std::fs;
use std::path::{Path, PathBuf};

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
pub fn share(from: &Path, to: &Path, host: &str, replace: bool) -> Result<(), String> {
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

/// The crates of this checkout that `support` stands on: `support/crates`.
pub const BEHIND_SUPPORT: [&str; 10] =
    ["embeddings", "explain", "figures", "ground", "kernels", "lessons", "networks", "random", "sources", "text"];

/// True for the files of a crate that is not of this checkout: `libserde-0123456789abcdef.rlib`.
fn is_dependency(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name);
    let Some((krate, hash)) = stem.rsplit_once('-') else { return false };
    let krate = krate.strip_prefix("lib").unwrap_or(krate);
    let ours = ["support", "ctx", "course"].contains(&krate) || BEHIND_SUPPORT.contains(&krate);
    hash.len() == 16 && hash.bytes().all(|b| b.is_ascii_hexdigit()) && !ours
}

/// Test programs lie among the libraries of `deps`, without an extension.
fn has_extension_or_is_build(part: &Path, name: &str) -> bool {
    part.ends_with("build") || name.contains('.')
}

/// Gives the target folder `to` all that was built in `from`.
pub fn copy(from: &Path, to: &Path, host: &str) -> Result<(), String> {
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
        let _ = copy_file(&from.join(file), &to.join(file)); // a cache: cargo makes it again
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
    if link && !is_rewritten(from) && (fs::hard_link(from, to).is_ok() || link_across(from, to)) {
        return Ok(());
    }
    copy_file(from, to)?;
    let time = fs::metadata(from).and_then(|meta| meta.modified()).map_err(io("reading", from))?;
    fs::File::options().append(true).open(to).and_then(|file| file.set_modified(time)).map_err(io("writing", to))
}

/// Where a hard link is not possible (another disk, another user's file): a symbolic link, for files of crates
/// that are not of this checkout. Those are never built again under the same name; `support` is, and a kernel
/// must keep the one it has.
#[cfg(unix)]
fn link_across(from: &Path, to: &Path) -> bool {
    let dependency = from.file_name().is_some_and(|name| is_dependency(&name.to_string_lossy()));
    dependency && std::os::unix::fs::symlink(from, to).is_ok()
}

#[cfg(not(unix))]
fn link_across(_: &Path, _: &Path) -> bool {
    false
}

/// A copy that can be written, which the original may not: checkouts can be read-only.
pub fn copy_file(from: &Path, to: &Path) -> Result<(), String> {
    fs::copy(from, to).map_err(io("copying", from))?;
    let mut permissions = fs::metadata(to).map_err(io("reading", to))?.permissions();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        permissions.set_mode(permissions.mode() | 0o600);
    }
    #[cfg(not(unix))]
    #[allow(clippy::permissions_set_readonly_false)]
    permissions.set_readonly(false);
    fs::set_permissions(to, permissions).map_err(io("writing", to))
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
        for ours in [
            "libsupport.so",
            "support-0123456789abcdef",
            "libctx.so",
            "course-0123456789abcdef.d",
            "libtext-0123456789abcdef.rlib",
            "serde",
        ] {
            assert!(!is_dependency(ours), "{ours}");
        }
    }

    #[test]
    fn every_crate_behind_support_is_on_the_list() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../support/crates");
        let mut found: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        found.sort();
        assert_eq!(found, super::BEHIND_SUPPORT);
        let settings = include_str!("../../../Cargo.toml");
        for name in super::BEHIND_SUPPORT {
            assert!(
                settings.contains(&format!("[profile.dev.package.{name}]\n")),
                "{name} has no profile in Cargo.toml"
            );
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

    #[test]
    fn a_copy_of_a_read_only_file_can_be_written() {
        let folder = std::env::temp_dir().join(format!("course-copy-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (from, to) = (folder.join("from"), folder.join("to"));
        fs::write(&from, "x").unwrap();
        let mut permissions = fs::metadata(&from).unwrap().permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&from, permissions).unwrap();
        place(&from, &to, false).unwrap();
        assert!(!fs::metadata(&to).unwrap().permissions().readonly());
        assert!(fs::metadata(&from).unwrap().permissions().readonly());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn across_disks_dependencies_are_linked_and_the_crates_of_the_checkout_are_not() {
        let folder = std::env::temp_dir().join(format!("course-across-{}", std::process::id()));
        fs::create_dir_all(folder.join("to")).unwrap();
        for (name, linked) in [("libserde-0123456789abcdef.rlib", true), ("libsupport.so", false)] {
            fs::write(folder.join(name), name).unwrap();
            let to = folder.join("to").join(name);
            assert_eq!(super::link_across(&folder.join(name), &to), linked);
            assert_eq!(fs::read_to_string(&to).ok().as_deref(), linked.then_some(name));
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
