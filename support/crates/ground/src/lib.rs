#![doc = include_str!("../README.md")]

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
