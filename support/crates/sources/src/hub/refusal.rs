//! What it means when the hub refuses, or when it may not be asked: in words, with what to do.
//!
//! The hub tells unknown repositories from private ones only to those who may see them, so the messages name both.

use super::fault::{Fault, Kind, server};
use super::http::Answer;
use super::{Repository, Settings};

impl Repository {
    /// What a status other than success means.
    pub(super) fn refused(&self, settings: &Settings, revision: &str, file: Option<&str>, answer: &Answer) -> Fault {
        let code = answer.header("x-error-code").unwrap_or_default();
        let said = format!("{} answered {}", server(&answer.url), answer.status);
        let page = format!("{}/{}", settings.endpoint, self.repo("main").url());
        let with_token = settings.token.is_some();
        let lasting = |what: String, advice: String| Fault::new(Kind::Lasting, what, advice);
        match (answer.status, file) {
            (403, _) | (401, _) if code == "GatedRepo" || (answer.status == 403 && with_token) => lasting(
                format!("{said}: its owner gives access only to those who accept the conditions"),
                format!("Accept them at {page} and set HF_TOKEN to a token of the same account"),
            ),
            (401 | 403, _) if with_token => lasting(
                format!("{said}: there is no such repository, it is private, or the token is not valid"),
                format!("Check the name at {page}, and the token in HF_TOKEN or in the file `token` under HF_HOME"),
            ),
            (401 | 403, _) => lasting(
                format!("{said}: there is no such repository, or it is private or gated"),
                format!("Check the name at {page}. A private or gated one needs a token: set HF_TOKEN"),
            ),
            (404, Some(file)) if code == "EntryNotFound" => self.no_file(revision, file),
            (404, _) if code == "RevisionNotFound" => self.no_revision(settings, revision, &said, &page),
            (404, _) => Fault::new(
                Kind::Missing,
                format!("{said}: there is no such repository or file at revision `{revision}`, or it is private"),
                format!("Check the names at {page}. A private one needs a token: set HF_TOKEN"),
            ),
            (429 | 500..=599, _) => {
                let mut fault = Fault::new(
                    Kind::Passing,
                    format!(
                        "{said}: {}",
                        if answer.status == 429 { "too many requests" } else { "the server has a problem" }
                    ),
                    "Try again in a few minutes; until then use Source::Bundled, which needs no download",
                );
                fault.wait = answer.header("retry-after").and_then(|seconds| seconds.parse().ok());
                fault
            }
            _ => Fault::answer(&answer.url, &answer.status.to_string()),
        }
    }

    fn no_revision(&self, settings: &Settings, revision: &str, said: &str, page: &str) -> Fault {
        let folder = self.folder(settings, revision);
        let (what, advice) = match folder.commit().filter(|commit| commit != revision) {
            Some(commit) => (
                format!("{said}: the repository has lost the commit {commit}, which `{revision}` was at first use"),
                format!("Remove {} to go on with its present commit", folder.reference().display()),
            ),
            None => (
                format!("{said}: the repository has no revision `{revision}`"),
                format!("Its branches and tags are listed at {page}/tree/main"),
            ),
        };
        Fault::new(Kind::Missing, what, advice)
    }

    pub(super) fn no_file(&self, revision: &str, file: &str) -> Fault {
        let what = format!("the repository has no file `{file}` at revision `{revision}`");
        Fault::new(Kind::Missing, what, "Its files are listed on its page on the hub, under \"Files\"")
    }

    pub(super) fn offline(&self, settings: &Settings, what: &str) -> Fault {
        Fault::new(
            Kind::Lasting,
            format!(
                "{what} is not in the cache at {}, and HF_HUB_OFFLINE forbids to download",
                settings.cache.display()
            ),
            "Unset HF_HUB_OFFLINE, set HF_HOME to the folder with the cache, or use Source::Bundled",
        )
    }
}
