//! The cache folder in the layout of Python's huggingface_hub, so that both find each other's files.
//!
//! ```text
//! models--org--name/blobs/ETAG                    the bytes, named by their hash
//! models--org--name/snapshots/COMMIT/config.json  a link to them
//! models--org--name/refs/main                     the commit that a branch stood for when it was first used
//! models--org--name/.no_exist/COMMIT/FILE         the repository is known to lack this file
//! models--org--name/.files/COMMIT.json            the names of all files (only ours)
//! .locks/models--org--name/ETAG.lock              held by the process that writes the blob
//! ```
//! hf-hub names the folders; it has no locks that other programs share, and its links are not made in one step.

use std::fs::{self, File};
use std::io::{ErrorKind, Result};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hf_hub::{Cache, CacheRepo, Repo};

use super::names::is_commit;

/// The part of the cache that belongs to one repository at one revision.
pub(super) struct Folder {
    cache: PathBuf,
    repo: Repo,
    layout: CacheRepo,
}

impl Folder {
    pub fn new(cache: &Path, repo: Repo) -> Folder {
        // The lock's and the link's paths must be right from any working folder.
        let cache = std::path::absolute(cache).unwrap_or_else(|_| cache.to_owned());
        let layout = Cache::new(cache.clone()).repo(repo.clone());
        Folder { cache, repo, layout }
    }

    pub fn root(&self) -> PathBuf {
        self.cache.join(self.repo.folder_name())
    }

    /// The file that says which commit the revision stands for.
    pub fn reference(&self) -> PathBuf {
        self.root().join("refs").join(self.repo.revision())
    }

    /// The commit that the revision stands for here, if it is known.
    pub fn commit(&self) -> Option<String> {
        if is_commit(self.repo.revision()) {
            return Some(self.repo.revision().to_owned());
        }
        let commit = fs::read_to_string(self.reference()).ok()?.trim().to_owned();
        is_commit(&commit).then_some(commit)
    }

    /// Remembers which commit the revision stands for, unless one is already known.
    pub fn remember_commit(&self, commit: &str) -> Result<()> {
        if self.commit().is_none() {
            write(&self.reference(), commit.as_bytes())?;
        }
        Ok(())
    }

    /// Where a file of a commit is seen.
    pub fn snapshot(&self, commit: &str, file: &str) -> PathBuf {
        self.layout.pointer_path(commit).join(file)
    }

    /// The file, if it is here.
    pub fn cached(&self, file: &str) -> Option<PathBuf> {
        let path = self.snapshot(&self.commit()?, file);
        path.is_file().then_some(path)
    }

    pub fn blob(&self, etag: &str) -> PathBuf {
        self.layout.blob_path(etag)
    }

    /// Whether the repository is known to lack the file.
    pub fn is_missing(&self, file: &str) -> bool {
        self.commit().is_some_and(|commit| self.root().join(".no_exist").join(commit).join(file).is_file())
    }

    pub fn remember_missing(&self, commit: &str, file: &str) -> Result<()> {
        write(&self.root().join(".no_exist").join(commit).join(file), b"")
    }

    fn listing(&self, commit: &str) -> PathBuf {
        self.root().join(".files").join(format!("{commit}.json"))
    }

    /// The remembered names of all files of a commit.
    pub fn files(&self, commit: &str) -> Option<Vec<String>> {
        serde_json::from_str(&fs::read_to_string(self.listing(commit)).ok()?).ok()
    }

    pub fn remember_files(&self, commit: &str, files: &[String]) -> Result<()> {
        write(&self.listing(commit), serde_json::to_string(files)?.as_bytes())
    }

    /// The names of the files of a commit that are here.
    pub fn present(&self, commit: &str) -> Vec<String> {
        let mut found = Vec::new();
        walk(&self.layout.pointer_path(commit), "", &mut found);
        found.sort_unstable();
        found
    }

    /// Waits until no other process writes the blob `etag`. The lock goes with the process that holds it, so one
    /// that was killed leaves none; where the file system knows no locks, the check of the hash has to do.
    pub fn lock(&self, etag: &str, quiet: bool) -> Result<File> {
        let folder = self.cache.join(".locks").join(self.repo.folder_name());
        fs::create_dir_all(&folder)?;
        let file = File::options().create(true).append(true).open(folder.join(format!("{etag}.lock")))?;
        let mut waited = 0;
        while let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
            if waited == 20 && !quiet {
                println!("waiting for another program that downloads the same file");
            }
            std::thread::sleep(Duration::from_millis(100));
            waited += 1;
        }
        Ok(file)
    }

    /// Makes the blob visible as `file` of `commit`, in one step.
    pub fn link(&self, etag: &str, commit: &str, file: &str) -> Result<PathBuf> {
        let (blob, path) = (self.blob(etag), self.snapshot(commit, file));
        if path.is_file() {
            return Ok(path);
        }
        let folder = path.parent().unwrap_or(&path);
        fs::create_dir_all(folder)?;
        let above = "../".repeat(2 + file.split('/').count() - 1);
        let new = temporary(&path);
        let made = symlink(&format!("{above}blobs/{etag}"), &new);
        if made.is_err() || !new.is_file() {
            remove(&new)?;
            if fs::hard_link(&blob, &new).is_err() {
                fs::copy(&blob, &new)?;
            }
        }
        fs::rename(&new, &path).inspect_err(|_| drop(fs::remove_file(&new)))?;
        Ok(path)
    }
}

#[cfg(unix)]
fn symlink(target: &str, at: &Path) -> Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(windows)]
fn symlink(target: &str, at: &Path) -> Result<()> {
    std::os::windows::fs::symlink_file(target.replace('/', "\\"), at)
}

/// Writes a small file in one step.
fn write(path: &Path, content: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = temporary(path);
    let written = fs::write(&new, content).and_then(|()| fs::rename(&new, path));
    written.inspect_err(|_| drop(fs::remove_file(&new)))
}

/// A name beside `path` that no other thread or process uses.
fn temporary(path: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let short: String = name.chars().take(40).collect();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!(".{short}.{}-{number}.tmp", std::process::id()))
}

/// Removes a file that may not be there.
pub(super) fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn walk(folder: &Path, above: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let (path, name) = (entry.path(), format!("{above}{name}"));
        if path.is_dir() {
            walk(&path, &format!("{name}/"), found);
        } else if path.is_file() {
            found.push(name);
        }
    }
}
