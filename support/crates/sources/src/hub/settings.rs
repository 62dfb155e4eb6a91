//! Where the hub is, where the cache is, and how long to wait: the environment variables of Python's huggingface_hub.
//!
//! | variable | meaning |
//! |---|---|
//! | `HF_ENDPOINT` | the server; `https://huggingface.co` |
//! | `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME` | the cache: `$HF_HUB_CACHE`, or `$HF_HOME/hub`, or `~/.cache/huggingface/hub` |
//! | `HF_TOKEN`, `HF_TOKEN_PATH` | a token for private and gated repositories; else the file `$HF_HOME/token` |
//! | `HF_HUB_OFFLINE` | `1`, `true`, `yes` or `on`: nothing is asked of the network |
//! | `HF_HUB_ETAG_TIMEOUT`, `HF_HUB_DOWNLOAD_TIMEOUT` | seconds until an answer begins; seconds of silence in a transfer |
//! | `HF_HUB_DISABLE_PROGRESS_BARS` | `1`: no lines about progress |
//! | `SSL_CERT_FILE`, `REQUESTS_CA_BUNDLE` | certificates to trust instead of Mozilla's, for a network with its own |
//!
//! `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` work as in other programs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ground::{Error, Result, bail};

/// How to reach the hub. [`Settings::from_env`] is what a [`Repository`](super::Repository) uses unless told otherwise.
#[derive(Clone)]
pub struct Settings {
    /// The server, without `/` at the end.
    pub endpoint: String,
    /// The folder that holds `models--…` and `datasets--…`.
    pub cache: PathBuf,
    /// Sent to the endpoint's host and to no other.
    pub token: Option<String>,
    /// Whether only the cache is used.
    pub offline: bool,
    /// Whether no line about progress is printed.
    pub quiet: bool,
    /// How often a request is made in all when the connection is cut or the server is busy.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles with each.
    pub pause: Duration,
    /// Until the connection stands.
    pub connect_timeout: Duration,
    /// Until the answer's header is there.
    pub answer_timeout: Duration,
    /// Without one byte during a transfer. A transfer as a whole may take as long as it likes.
    pub stall_timeout: Duration,
}

impl Settings {
    /// A server and a cache folder, without a token; the time-outs and attempts are the defaults.
    pub fn new(endpoint: &str, cache: &str) -> Settings {
        Settings {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            cache: PathBuf::from(cache),
            token: None,
            offline: false,
            quiet: false,
            attempts: 3,
            pause: Duration::from_secs(1),
            connect_timeout: Duration::from_secs(10),
            answer_timeout: Duration::from_secs(20),
            stall_timeout: Duration::from_secs(20),
        }
    }

    /// What the environment variables say.
    ///
    /// # Errors
    /// An endpoint that is not a web address, or no home folder to put the cache in.
    pub fn from_env() -> Result<Settings> {
        let endpoint = variable("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".to_owned());
        if !endpoint.starts_with("https://") && !endpoint.starts_with("http://") {
            bail!("HF_ENDPOINT is `{endpoint}`: give a web address such as https://huggingface.co, or unset it");
        }
        let home = home()?;
        let cache = path("HF_HUB_CACHE").or_else(|| path("HUGGINGFACE_HUB_CACHE"));
        let mut settings = Settings::new(&endpoint, "");
        settings.cache = cache.unwrap_or_else(|| home.join("hub"));
        settings.token = token(&home);
        settings.offline = is_on("HF_HUB_OFFLINE") || is_on("TRANSFORMERS_OFFLINE");
        settings.quiet = is_on("HF_HUB_DISABLE_PROGRESS_BARS");
        if let Some(time) = seconds("HF_HUB_ETAG_TIMEOUT")? {
            (settings.answer_timeout, settings.connect_timeout) = (time, time);
        }
        if let Some(time) = seconds("HF_HUB_DOWNLOAD_TIMEOUT")? {
            settings.stall_timeout = time;
        }
        Ok(settings)
    }
}

impl fmt::Debug for Settings {
    /// Everything but the token itself, so that it cannot end up in a saved notebook.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = if self.token.is_some() { "set" } else { "not set" };
        let (endpoint, cache) = (&self.endpoint, self.cache.display());
        write!(f, "Settings {{ endpoint: {endpoint}, cache: {cache}, token: {token}, offline: {} }}", self.offline)
    }
}

/// The folder that the hub's files are cached in.
///
/// # Errors
/// As [`Settings::from_env`].
pub fn cache_folder() -> Result<PathBuf> {
    Ok(Settings::from_env()?.cache)
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

fn path(name: &str) -> Option<PathBuf> {
    let value = variable(name)?;
    match value.strip_prefix("~/").zip(std::env::home_dir()) {
        Some((below, home)) => Some(home.join(below)),
        None => Some(PathBuf::from(value)),
    }
}

/// `HF_HOME`: the folder of the cache and of the token.
fn home() -> Result<PathBuf> {
    if let Some(home) = path("HF_HOME") {
        return Ok(home);
    }
    let cache = path("XDG_CACHE_HOME").or_else(|| Some(std::env::home_dir()?.join(".cache")));
    let Some(cache) = cache else {
        return Err(Error::environment("there is no home folder to cache downloads in. Set HF_HOME to a folder"));
    };
    Ok(cache.join("huggingface"))
}

fn token(home: &Path) -> Option<String> {
    let given = variable("HF_TOKEN").or_else(|| variable("HUGGING_FACE_HUB_TOKEN"));
    given.or_else(|| {
        let file = path("HF_TOKEN_PATH").unwrap_or_else(|| home.join("token"));
        let text = std::fs::read_to_string(file).ok()?;
        Some(text.trim().to_owned()).filter(|token| !token.is_empty())
    })
}

fn is_on(name: &str) -> bool {
    variable(name).is_some_and(|value| ["1", "true", "yes", "on"].contains(&value.to_lowercase().as_str()))
}

fn seconds(name: &str) -> Result<Option<Duration>> {
    let Some(text) = variable(name) else { return Ok(None) };
    match text.parse::<f64>() {
        Ok(seconds) if seconds > 0.0 && seconds < 1e6 => Ok(Some(Duration::from_secs_f64(seconds))),
        _ => bail!("{name} is `{text}`: give a number of seconds, such as 20"),
    }
}
