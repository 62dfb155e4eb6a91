//! The one error type: a sentence that says what was expected, what was found and what to do.
//!
//! `Debug` prints the same sentence as `Display`, because a notebook shows a failing `?` through `Debug`.

use std::fmt;

/// What went wrong, in words for the person at the notebook.
#[derive(Clone, PartialEq, Eq)]
pub struct Error {
    message: String,
}

/// `Result` with the crate's [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error that shows `message`.
    pub fn new(message: impl Into<String>) -> Self {
        Error { message: message.into() }
    }

    /// The same error with what was being done in front: `"reading tweets.csv: …"`.
    pub fn context(self, doing: impl fmt::Display) -> Self {
        Error { message: format!("{doing}: {}", self.message) }
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

impl std::error::Error for Error {}

macro_rules! from {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Error::new(error.to_string())
            }
        })*
    };
}

from!(
    candle_core::Error,
    polars::error::PolarsError,
    std::io::Error,
    serde_json::Error,
    png::EncodingError,
    linfa_logistic::error::Error,
    ndarray::ShapeError,
);

/// Leaves the function with an [`Error`] built like `format!`.
macro_rules! bail {
    ($($arg:tt)*) => { return Err($crate::error::Error::new(format!($($arg)*))) };
}
pub(crate) use bail;
