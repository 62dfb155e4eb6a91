//! Models and data sets from the Hugging Face hub, kept in the cache that Python's huggingface_hub uses too.
//!
//! A file is downloaded once, checked against its hash, and then taken from the cache without a request. Names of
//! folders and addresses come from the crate hf-hub; transfers, checks, time-outs and errors are ours.
//!
//! ```no_run
//! # use sources::hub;
//! let config = hub::file("openai-community/gpt2", "config.json")?;
//! let files = hub::model("openai-community/gpt2").model_files()?;
//! let tweets = hub::dataset("AiresPucrs/tweets").parquet("train")?;
//! # ground::Result::Ok(())
//! ```
//!
//! **Revisions.** `.revision("COMMIT")` pins a repository. Without it, a repository of [`PINNED`] has its pin, and any
//! other is pinned at first use: the commit that `main` then stood for is written to `refs/main` in the cache, and
//! later files come from the same commit. To move on, remove that file. [`Repository::commit`] tells the commit.
//!
//! **Where.** Environment variables choose server, cache, token and time-outs: see [`Settings`].

mod cache;
mod download;
mod fault;
mod http;
mod listing;
mod minilm;
mod model;
mod names;
mod parquet;
mod refusal;
mod settings;
mod verify;

pub use minilm::{installed_minilm, minilm};
pub use model::ModelFiles;
pub use settings::{Settings, cache_folder};
pub use verify::hex;

use std::path::PathBuf;

use hf_hub::{Repo, RepoType};
use polars::prelude::DataFrame;

use cache::Folder;
use fault::{Fault, Kind};
use ground::Result;

/// The repositories of the course whose commit is known and fixed: name and commit.
///
/// The other repositories of the lessons are pinned at first use.
pub const PINNED: [(&str, &str); 5] = [
    ("bert-base-multilingual-cased", "3f076fdb1ab68d5b2880cb87a0886f315b8146f8"),
    ("distilbert-base-cased", "6ea81172465e8b0ad3fddeed32b986cdcdcffcf0"),
    ("openai-community/gpt2", "607a30d783dfa663caf39e06633721c8d4cfcd7e"),
    ("sentence-transformers/all-MiniLM-L6-v2", "c9745ed1d9f207416be6d2e6f8de32d1f16199bf"),
    ("TinyLlama/TinyLlama-1.1B-Chat-v1.0", "fe8a4ea1ffedaf415f4da2f062534de366a451e6"),
];

const CONVERTED: &str = "refs/convert/parquet";

/// A model: `hub::model("owner/name")`.
pub fn model(id: &str) -> Repository {
    let pin = PINNED.iter().find(|(name, _)| *name == id);
    Repository {
        kind: RepoType::Model,
        id: id.to_owned(),
        revision: pin.map(|pin| pin.1.to_owned()),
        config: None,
        settings: None,
    }
}

/// A data set: `hub::dataset("owner/name")`.
pub fn dataset(id: &str) -> Repository {
    Repository { kind: RepoType::Dataset, id: id.to_owned(), revision: None, config: None, settings: None }
}

/// One file of a model, from the cache or downloaded into it: `hub::file("owner/name", "config.json")?`.
///
/// # Errors
/// As [`Repository::file`].
pub fn file(id: &str, name: &str) -> Result<PathBuf> {
    model(id).file(name)
}

/// A repository of the hub, made by [`model`] or [`dataset`]. Nothing is asked until a file is.
#[derive(Clone, Debug)]
pub struct Repository {
    kind: RepoType,
    id: String,
    revision: Option<String>,
    config: Option<String>,
    settings: Option<Settings>,
}

impl Repository {
    /// Pins the repository to a commit, or takes another branch or tag than `main`.
    pub fn revision(mut self, revision: &str) -> Repository {
        self.revision = Some(revision.to_owned());
        self
    }

    /// The configuration of a data set that has several (the hub calls them subsets).
    pub fn config(mut self, config: &str) -> Repository {
        self.config = Some(config.to_owned());
        self
    }

    /// Another server, cache or token than the environment names.
    pub fn with(mut self, settings: Settings) -> Repository {
        self.settings = Some(settings);
        self
    }

    /// One file, from the cache or downloaded into it: the path to read it from.
    ///
    /// # Errors
    /// A name that cannot be one; no such repository or file; no right to it; no network, or
    /// `HF_HUB_OFFLINE` while the file is not cached; a server that stays silent, cuts the connection or fails at
    /// every try; bytes that are not the promised ones; a full disk. Each says what to do. Nothing half-written
    /// can be seen under the path; a cut transfer goes on at the next call.
    pub fn file(&self, name: &str) -> Result<PathBuf> {
        let settings = self.checked()?;
        names::check_file(name)?;
        self.fetch(&settings, self.branch(), name).map_err(|fault| fault.about(&self.asked(&format!("`{name}` of "))))
    }

    /// Whether the file is in the cache.
    pub fn is_cached(&self, name: &str) -> bool {
        let Ok(settings) = self.checked() else { return false };
        names::check_file(name).is_ok() && self.folder(&settings, self.branch()).cached(name).is_some()
    }

    /// The commit that the files come from; `None` before the first file was downloaded.
    ///
    /// # Errors
    /// A name or revision that cannot be one.
    pub fn commit(&self) -> Result<Option<String>> {
        Ok(self.folder(&self.checked()?, self.branch()).commit())
    }

    /// A split of a data set as a frame: the columns of texts, numbers and truth values.
    ///
    /// The files are the hub's conversion to parquet (revision `refs/convert/parquet`), or the repository's own
    /// parquet files where there is none. With [`revision`](Repository::revision), only that revision's files count.
    ///
    /// # Errors
    /// As [`file`](Repository::file); no such split (the message names those there are); a damaged parquet file.
    pub fn parquet(&self, split: &str) -> Result<DataFrame> {
        let read = parquet::read(&self.parquet_files(split)?);
        read.map_err(|error| error.context(self.asked(&format!("the split `{split}` of "))))
    }

    /// The parquet files of a split, in order: see [`parquet`](Repository::parquet).
    ///
    /// # Errors
    /// As [`file`](Repository::file), and no such split.
    pub fn parquet_files(&self, split: &str) -> Result<Vec<PathBuf>> {
        let settings = self.checked()?;
        let files = || -> std::result::Result<Vec<PathBuf>, Fault> {
            let (revision, splits) = self.split_files(&settings)?;
            let files = listing::choose(&splits, self.config.as_deref(), split)?;
            files.iter().map(|file| self.fetch(&settings, &revision, file)).collect()
        };
        files().map_err(|fault| fault.about(&self.asked(&format!("the split `{split}` of "))))
    }

    /// The names of a data set's splits.
    ///
    /// # Errors
    /// As [`file`](Repository::file).
    pub fn splits(&self) -> Result<Vec<String>> {
        let (_, splits) =
            self.split_files(&self.checked()?).map_err(|fault| fault.about(&self.asked("the splits of ")))?;
        let wanted =
            splits.into_iter().filter(|found| self.config.as_ref().is_none_or(|config| *config == found.config));
        let mut names: Vec<String> = wanted.map(|found| found.split).collect();
        names.sort_unstable();
        names.dedup();
        Ok(names)
    }

    /// The revision with the parquet files, and the splits in it.
    fn split_files(&self, settings: &Settings) -> std::result::Result<(String, Vec<listing::Split>), Fault> {
        let at = |revision: &str| {
            let folder = self.folder(settings, revision);
            let asked = folder.commit().unwrap_or_else(|| revision.to_owned());
            let url = format!("{}/api/{}", settings.endpoint, self.repo(&asked).api_url());
            let files =
                listing::files(settings, &folder, &url, &|answer| self.refused(settings, revision, None, answer))?;
            Ok((revision.to_owned(), listing::splits(&files)))
        };
        if let Some(revision) = &self.revision {
            return at(revision);
        }
        // What was used last time is used again; else the conversion, and without one the repository itself.
        let known = |revision: &str| {
            let folder = self.folder(settings, revision);
            folder.commit().is_some_and(|commit| folder.files(&commit).is_some())
        };
        if !known(CONVERTED)
            && known("main")
            && let Ok(found) = at("main")
            && !found.1.is_empty()
        {
            return Ok(found);
        }
        match at(CONVERTED) {
            Ok(found) if !found.1.is_empty() => Ok(found),
            Err(fault) if fault.kind != Kind::Missing => Err(fault),
            _ => match at("main") {
                Ok((_, splits)) if splits.is_empty() && settings.offline => Err(self.offline(settings, "the data set")),
                found => found,
            },
        }
    }

    /// The file at `revision`: from the cache, or downloaded.
    fn fetch(&self, settings: &Settings, revision: &str, name: &str) -> std::result::Result<PathBuf, Fault> {
        let folder = self.folder(settings, revision);
        if let Some(path) = folder.cached(name) {
            return Ok(path);
        }
        if folder.is_missing(name) {
            return Err(self.no_file(revision, name));
        }
        if settings.offline {
            return Err(self.offline(settings, "it"));
        }
        names::check_file(name)
            .map_err(|error| Fault::new(Kind::Lasting, error.to_string(), "Do not trust this server"))?;
        let asked = folder.commit().unwrap_or_else(|| revision.to_owned());
        let repo = self.repo(&asked);
        let place = format!("{}/resolve/{}/{}", repo.url(), repo.url_revision(), names::escape(name));
        download::fetch(&download::Request {
            settings,
            folder: &folder,
            file: name,
            url: &format!("{}/{place}", settings.endpoint),
            repository: &self.id,
            refused: &|answer| self.refused(settings, revision, Some(name), answer),
        })
    }

    /// The settings, once the names are known to be possible.
    fn checked(&self) -> Result<Settings> {
        names::check_repository(&self.id)?;
        names::check_revision(self.branch())?;
        match &self.settings {
            Some(settings) => Ok(settings.clone()),
            None => Settings::from_env(),
        }
    }

    fn branch(&self) -> &str {
        self.revision.as_deref().unwrap_or("main")
    }

    fn repo(&self, revision: &str) -> Repo {
        Repo::with_revision(self.id.clone(), self.kind, revision.to_owned())
    }

    fn folder(&self, settings: &Settings, revision: &str) -> Folder {
        Folder::new(&settings.cache, self.repo(revision))
    }

    /// `config.json of the model owner/name`, for messages.
    fn asked(&self, what: &str) -> String {
        let kind = match self.kind {
            RepoType::Dataset => "data set",
            _ => "model",
        };
        format!("{what}the {kind} {}", self.id)
    }
}
