//! What every other crate of the course stands on: the error that says what to do, values that functions accept, spans
//! of text, statistics, random numbers.
//!
//! | module | what is in it |
//! |---|---|
//! | [`Error`], [`bail!`] | the one error type, and how a function leaves with one |
//! | [`Labels`], [`Numbers`] | vectors, arrays, slices, columns of a frame and tensors, as arguments |
//! | [`Span`] | a part of a text, in characters |
//! | [`random`] | seeded random numbers whose streams never change |
//! | [`softmax`], [`arg_max`] | probabilities from logits, and the predicted class: of equal ones the first |
//! | [`statistics`] | accuracy, F1, calibration, bootstrap intervals, rank correlation, average precision |

mod error;
mod logits;
mod span;
pub mod statistics;
pub mod values;

pub use ::random;
pub use error::{Error, Kind, Result};
pub use logits::{arg_max, softmax};
pub use span::Span;
pub use values::{Labels, Numbers};
