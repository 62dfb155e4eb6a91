#![doc = include_str!("../README.md")]

mod error;
mod span;
pub mod statistics;
pub mod values;

pub use ::random;
pub use error::{Error, Kind, Result};
pub use span::Span;
pub use values::{Labels, Numbers};
