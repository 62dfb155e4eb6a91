//! The files that a model needs: configuration, tokenizer and weights, in one file or in several.
//!
//! Weights are safetensors only. A repository with nothing but `pytorch_model.bin` gets an error that says so.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::fault::{Fault, Kind};
use super::{Repository, Settings, names};
use ground::Result;

const WEIGHTS: &str = "model.safetensors";
const INDEX: &str = "model.safetensors.index.json";

/// Where the files of a model are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFiles {
    /// The commit that they belong to.
    pub commit: String,
    /// `config.json`.
    pub config: PathBuf,
    /// `tokenizer.json`; older repositories have none.
    pub tokenizer: Option<PathBuf>,
    /// The weights: one file, or all parts in the order of their names.
    pub weights: Vec<PathBuf>,
}

impl ModelFiles {
    /// The names of the files and their sizes.
    pub fn evcxr_display(&self) {
        println!("commit {}", self.commit);
        for path in [&self.config].into_iter().chain(&self.tokenizer).chain(&self.weights) {
            let size = std::fs::metadata(path).map_or(0, |file| file.len());
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            println!("{name}: {:.1} MB", size as f64 / 1e6);
        }
    }
}

impl Repository {
    /// `config.json`, `tokenizer.json` if there is one, and all weights in safetensors, from the cache or downloaded.
    ///
    /// # Errors
    /// As [`file`](Repository::file); no weights in safetensors; an index of weights that is damaged.
    pub fn model_files(&self) -> Result<ModelFiles> {
        let settings = self.checked()?;
        self.find_model(&settings).map_err(|fault| fault.about(&self.asked("")))
    }

    fn find_model(&self, settings: &Settings) -> std::result::Result<ModelFiles, Fault> {
        let revision = self.branch();
        let get = |name: &str| self.fetch(settings, revision, name);
        let config = get("config.json")?;
        let folder = self.folder(settings, revision);
        let tokenizer = match get("tokenizer.json") {
            Err(fault) if fault.kind == Kind::Missing => None,
            // What is not in the cache may be missing on the hub too.
            Err(_) if settings.offline => None,
            found => Some(found?),
        };
        let is_split = folder.cached(WEIGHTS).is_none() && folder.cached(INDEX).is_some();
        let weights = if is_split { parts(&get(INDEX)?)? } else { vec![WEIGHTS.to_owned()] };
        let get_all = |names: &[String]| names.iter().map(|name| get(name)).collect();
        let weights: std::result::Result<Vec<PathBuf>, Fault> = match get_all(&weights) {
            Err(fault) if fault.kind == Kind::Missing && !is_split => match get(INDEX) {
                Ok(index) => get_all(&parts(&index)?),
                Err(fault) if fault.kind == Kind::Missing => Err(Fault::new(
                    Kind::Lasting,
                    "the repository has no weights in safetensors (model.safetensors, or several with an index)",
                    "Look on its page for a revision that has them and name it with .revision(\"…\")",
                )),
                Err(fault) => Err(fault),
            },
            found => found,
        };
        Ok(ModelFiles { commit: folder.commit().unwrap_or_default(), config, tokenizer, weights: weights? })
    }
}

/// The names of the files in an index of weights.
fn parts(index: &Path) -> std::result::Result<Vec<String>, Fault> {
    let read = || {
        let json: Value = serde_json::from_str(&std::fs::read_to_string(index).ok()?).ok()?;
        let files = json.get("weight_map")?.as_object()?.values();
        let mut names: Vec<String> = files.map(|file| Some(file.as_str()?.to_owned())).collect::<Option<_>>()?;
        names.sort_unstable();
        names.dedup();
        let fine = !names.is_empty() && names.iter().all(|name| names::check_file(name).is_ok());
        fine.then_some(names)
    };
    read().ok_or_else(|| {
        let what = format!("{} does not say which files hold the weights", index.display());
        Fault::new(Kind::Lasting, what, "It may be damaged: remove it and the file that it leads to, then call again")
    })
}
