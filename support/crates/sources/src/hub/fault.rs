//! What can go wrong between a question to the hub and a file in the cache, each with what to do about it.
//!
//! A [`Fault`] becomes the crate's one error when what was asked for is put in front of it.

use std::io::ErrorKind;
use std::path::Path;

use ground::Error;

/// How a fault is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It may be gone at the next try: a cut connection, a busy server.
    Passing,
    /// The server knows no such file.
    Missing,
    /// It will be the same at the next try.
    Lasting,
}

/// One fault: what happened, and what to do.
#[derive(Debug)]
pub(super) struct Fault {
    pub kind: Kind,
    pub what: String,
    pub advice: String,
    /// Seconds that the server asks to wait.
    pub wait: Option<u64>,
}

const NETWORK: &str = "Is there a network, and is a proxy set where one is needed? \
    Without a network, use Source::Bundled, which needs no download";

impl Fault {
    pub fn new(kind: Kind, what: impl Into<String>, advice: impl Into<String>) -> Fault {
        Fault { kind, what: what.into(), advice: advice.into(), wait: None }
    }

    /// The error that a person reads: `asked` is what was asked for.
    pub fn about(self, asked: &str) -> Error {
        let error = Error::environment(format!("{asked}: {}. {}", self.what, self.advice));
        // A file that the hub does not know is a name that the caller wrote.
        if self.kind == Kind::Missing { error.with_kind(ground::Kind::Input) } else { error }
    }

    /// After the last try.
    pub fn after(mut self, attempts: u32) -> Fault {
        if attempts > 1 {
            self.what = format!("{} ({attempts} tries)", self.what);
        }
        self
    }

    /// What ureq reports while `url` is asked; `seconds` is the time-out that was set for the phase.
    pub fn network(error: &ureq::Error, url: &str, seconds: &dyn Fn(&ureq::Timeout) -> f64) -> Fault {
        let server = server(url);
        let slow =
            "Try again; where the network is slow, raise HF_HUB_ETAG_TIMEOUT and HF_HUB_DOWNLOAD_TIMEOUT (seconds)";
        match error {
            ureq::Error::HostNotFound => {
                Fault::new(Kind::Lasting, format!("there is no server called {server}"), NETWORK)
            }
            ureq::Error::Timeout(phase @ (ureq::Timeout::Connect | ureq::Timeout::Resolve)) => {
                let what = format!("no connection to {server} within {} s", seconds(phase));
                Fault::new(Kind::Lasting, what, NETWORK)
            }
            ureq::Error::Timeout(phase) => {
                let what = format!("{server} was silent for {} s (time-out)", seconds(phase));
                Fault::new(Kind::Passing, what, slow)
            }
            ureq::Error::Io(error) => match error.kind() {
                ErrorKind::InvalidData => Fault::certificate(&server, &error.to_string()),
                ErrorKind::UnexpectedEof
                | ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::BrokenPipe
                | ErrorKind::NotConnected
                | ErrorKind::TimedOut
                | ErrorKind::WouldBlock => Fault::cut(&server, &error.to_string()),
                // Refused, unreachable, a name that is not known.
                _ => Fault::new(Kind::Lasting, format!("no connection to {server} ({error})"), NETWORK),
            },
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) => Fault::certificate(&server, &error.to_string()),
            ureq::Error::Protocol(_) => Fault::cut(&server, &error.to_string()),
            ureq::Error::ConnectionFailed => Fault::new(Kind::Lasting, format!("no connection to {server}"), NETWORK),
            other => Fault::new(Kind::Lasting, format!("the request to {server} failed ({other})"), NETWORK),
        }
    }

    /// The connection ended too early.
    pub fn cut(server: &str, how: &str) -> Fault {
        let advice = "Call again: the download goes on where it stopped";
        Fault::new(Kind::Passing, format!("the connection to {server} was cut ({how})"), advice)
    }

    fn certificate(server: &str, how: &str) -> Fault {
        let advice = "In a network with certificates of its own, set SSL_CERT_FILE to their file (PEM)";
        Fault::new(Kind::Lasting, format!("no trusted connection to {server} ({how})"), advice)
    }

    /// The answer is not what a hub answers.
    pub fn answer(url: &str, what: &str) -> Fault {
        let advice = "HF_ENDPOINT must name the Hugging Face hub or a full mirror of it";
        Fault::new(Kind::Lasting, format!("{} answered {what}", server(url)), advice)
    }

    /// The file system says no.
    pub fn disk(error: &std::io::Error, place: &Path) -> Fault {
        let place = place.display();
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => Fault::new(
                Kind::Lasting,
                format!("the disk is full, or the file is larger than allowed there ({error}; {place})"),
                "Free some space, or set HF_HOME to a folder on another disk. What was written has been removed",
            ),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Fault::new(
                Kind::Lasting,
                format!("the cache cannot be written ({error}; {place})"),
                "Set HF_HOME to a folder of your own",
            ),
            _ => Fault::new(
                Kind::Lasting,
                format!("the cache cannot be used ({error}; {place})"),
                "Remove that path, or set HF_HOME to another folder",
            ),
        }
    }
}

/// The part of an address that names the server.
pub(super) fn server(url: &str) -> String {
    let after = url.find("://").map_or(0, |at| at + 3);
    let end = url[after..].find(['/', '?', '#']).map_or(url.len(), |at| after + at);
    url[..end].to_owned()
}
