//! Models that a lesson has trained, kept for the lessons that need them.
//!
//! They lie in the user's cache folder, one folder per name and recipe; deleting it costs no more than training again.

use std::path::{Path, PathBuf};

use ring::digest::{SHA256, digest};

use super::checkpoint::written;
use ground::{Error, Result, bail};
use sources::hub::hex;

/// The folder for trained models called `name`; it is made if it is not there.
///
/// `$COURSE_MODELS/name`, or `rust-course/models/name` in the user's cache folder (`XDG_CACHE_HOME`, else `~/.cache`,
/// `~/Library/Caches` on macOS, `LOCALAPPDATA` on Windows).
///
/// # Errors
/// A name that is no plain folder name, no home folder, or one that cannot be written to.
pub fn cache_folder(name: &str) -> Result<String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        bail!("`{name}` is no name for a trained model: use letters, digits, - and _, as in \"reviews-bilstm\"");
    }
    let folder = models()?.join(name);
    std::fs::create_dir_all(&folder).map_err(|error| {
        Error::from(error).context(format!("making {} (COURSE_MODELS can name another place)", folder.display()))
    })?;
    Ok(folder.to_string_lossy().into_owned())
}

/// The folder of the model called `name` that was made by this `recipe`; if there is none, `make` is given a folder,
/// trains, and saves the model there.
///
/// The recipe names all that the weights depend on: data, seed, settings, a version of the code. A changed recipe makes
/// a new model. If `make` fails or is interrupted, nothing is kept.
///
/// # Errors
/// As [`cache_folder`], and those of `make`.
pub fn cached(name: &str, recipe: &str, make: &dyn Fn(&str) -> Result<()>) -> Result<String> {
    const RECIPE: &str = "recipe.txt";
    let hash = hex(&digest(&SHA256, recipe.as_bytes()).as_ref()[..8]);
    let folder = Path::new(&cache_folder(name)?).join(hash);
    let known = || std::fs::read_to_string(folder.join(RECIPE)).is_ok_and(|text| text == recipe);
    if !known() {
        written(&folder, &|temporary| {
            make(temporary)?;
            Ok(std::fs::write(Path::new(temporary).join(RECIPE), recipe)?)
        })?;
    }
    Ok(folder.to_string_lossy().into_owned())
}

fn models() -> Result<PathBuf> {
    let var = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = var("COURSE_MODELS") {
        return Ok(folder);
    }
    let home = || std::env::home_dir().filter(|home| home.is_absolute());
    let cache = var("XDG_CACHE_HOME").or_else(|| match std::env::consts::OS {
        "windows" => var("LOCALAPPDATA"),
        "macos" => home().map(|home| home.join("Library/Caches")),
        _ => home().map(|home| home.join(".cache")),
    });
    match cache {
        Some(cache) => Ok(cache.join("rust-course/models")),
        None => {
            Err(Error::environment("there is no home folder to keep trained models in. Set COURSE_MODELS to a folder"))
        }
    }
}
