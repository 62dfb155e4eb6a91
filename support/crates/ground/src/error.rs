//! The one error type: a sentence that says what was expected, what was found and what to do, and whose turn it is.
//!
//! `Debug` prints the same sentence as `Display`, because a notebook shows a failing `?` through `Debug`.

use std::fmt;
use std::sync::Arc;

/// What went wrong, in words for the person at the notebook.
#[derive(Clone)]
pub struct Error {
    message: String,
    kind: Kind,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// Who can mend it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The caller: a value, a name, a file of the wrong form.
    Input,
    /// Whoever looks after the machine: a disk, the network, a program that is missing.
    Environment,
    /// Us, or a library below: something failed that a check before it should have caught.
    Internal,
}

/// `Result` with the crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of [the caller's](Kind::Input) that shows `message`.
    pub fn new(message: impl Into<String>) -> Self {
        Error { message: message.into(), kind: Kind::Input, source: None }
    }

    /// An error of [the machine's](Kind::Environment) that shows `message`.
    pub fn environment(message: impl Into<String>) -> Self {
        Error { kind: Kind::Environment, ..Error::new(message) }
    }

    /// An error of a library below, which stays its source: [ours](Kind::Internal) until somebody says more.
    pub fn of(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Error { message: source.to_string(), kind: Kind::Internal, source: Some(Arc::new(source)) }
    }

    /// Who can mend it.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The same error, for another to mend.
    pub fn with_kind(self, kind: Kind) -> Self {
        Error { kind, ..self }
    }

    /// The same error with what was being done in front: `"reading tweets.csv: …"`.
    pub fn context(self, doing: impl fmt::Display) -> Self {
        Error { message: format!("{doing}: {}", self.message), ..self }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn std::error::Error + 'static))
    }
}

/// Equal when they say the same to the same.
impl PartialEq for Error {
    fn eq(&self, other: &Self) -> bool {
        self.message == other.message && self.kind == other.kind
    }
}

impl Eq for Error {}

macro_rules! from {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Error::of(error)
            }
        })*
    };
}

from!(candle_core::Error, polars::error::PolarsError, serde_json::Error);

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        // A file that is not there is mostly a name that the caller wrote.
        let kind = if error.kind() == std::io::ErrorKind::NotFound { Kind::Input } else { Kind::Environment };
        Error::of(error).with_kind(kind)
    }
}

/// Leaves the function with an [`Error`] of the caller's, built like `format!`.
#[macro_export]
macro_rules! bail {
    ($($arg:tt)*) => { return Err($crate::Error::new(format!($($arg)*))) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error as _;

    #[test]
    fn context_keeps_kind_and_source() {
        let denied = std::io::Error::new(std::io::ErrorKind::PermissionDenied, "not yours");
        let error = Error::from(denied).context("reading tweets.csv");
        assert_eq!(error.to_string(), "reading tweets.csv: not yours");
        assert_eq!(format!("{error:?}"), error.to_string());
        assert_eq!(error.kind(), Kind::Environment);
        assert!(error.source().unwrap().downcast_ref::<std::io::Error>().is_some());
    }

    #[test]
    fn a_library_s_error_is_ours_and_a_sentence_of_ours_the_caller_s() {
        let parsed = serde_json::from_str::<u8>("x").unwrap_err();
        assert_eq!(Error::from(parsed).kind(), Kind::Internal);
        let bailed = || -> Result<()> { bail!("give at least {}", 1) };
        assert_eq!(bailed().unwrap_err(), Error::new("give at least 1"));
        assert_ne!(Error::new("x"), Error::environment("x"));
    }
}
