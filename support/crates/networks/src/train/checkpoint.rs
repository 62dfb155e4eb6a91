//! Files that are either complete or not there: written into a temporary folder beside the target, then renamed.
//!
//! A process can be killed at any moment (an interrupted cell is). What is in the target folder can be loaded all the
//! same. It does not protect from a power cut.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Trainable;
use ground::{Error, Result, bail};

/// Leftovers of killed processes are removed when they are this old; younger ones may belong to a running process.
const STALE: Duration = Duration::from_secs(3600);

/// Saves the model into `folder`. Other files that are there stay.
///
/// A folder that is not there appears whole. In one that is there, files are replaced one by one, and only those that
/// changed: between two epochs that is the file of the weights alone.
pub(super) fn save(model: &dyn Trainable, folder: &str) -> Result<()> {
    let target = Path::new(folder);
    written(target, &|temporary| model.save(temporary)).map_err(|error| error.context(format!("saving to {folder}")))
}

/// Lets `write` fill a temporary folder and moves what it wrote to `target`.
pub(super) fn written(target: &Path, write: &dyn Fn(&str) -> Result<()>) -> Result<()> {
    let temporary = temporary(target)?;
    let moved = write(&temporary.to_string_lossy()).and_then(|()| move_into(&temporary, target));
    let _ = std::fs::remove_dir_all(&temporary);
    moved
}

/// A new, empty folder beside `target`, on the same file system.
fn temporary(target: &Path) -> Result<PathBuf> {
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned());
    let Some(name) = name else {
        bail!("`{}` is no name for a folder: give one such as \"my_model\"", target.display())
    };
    if target.is_file() {
        bail!("`{}` is a file: give the name of a folder", target.display());
    }
    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent)?;
    let start = format!(".{name}.writing-");
    for entry in std::fs::read_dir(parent)?.flatten() {
        let age = entry
            .metadata()
            .and_then(|data| data.modified())
            .ok()
            .and_then(|at| SystemTime::now().duration_since(at).ok());
        if entry.file_name().to_string_lossy().starts_with(&start) && age.is_some_and(|age| age > STALE) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    let temporary = parent.join(format!("{start}{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&temporary);
    std::fs::create_dir(&temporary)?;
    Ok(temporary)
}

fn move_into(temporary: &Path, target: &Path) -> Result<()> {
    if !target.exists() && std::fs::rename(temporary, target).is_ok() {
        return Ok(());
    }
    std::fs::create_dir_all(target)?;
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(temporary)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    // Weights last: they are the file that changes.
    files.sort_by_key(|file| (file.extension().is_some_and(|ending| ending == "safetensors"), file.clone()));
    for file in files {
        let Some(name) = file.file_name() else { continue };
        let place = target.join(name);
        if !same(&file, &place) {
            std::fs::rename(&file, &place).map_err(|error| Error::from(error).context(place.display()))?;
        }
    }
    Ok(())
}

fn same(new: &Path, old: &Path) -> bool {
    let size = |file: &Path| std::fs::metadata(file).map(|data| data.len()).ok();
    size(new) == size(old) && std::fs::read(new).ok() == std::fs::read(old).ok()
}
