#![doc = include_str!("../README.md")]

pub mod attribution;
pub mod figures;
pub mod plausibility;

pub use attribution::Attribution;
