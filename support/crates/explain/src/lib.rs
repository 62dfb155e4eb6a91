//! Which part of the input is responsible for the output? Methods of attribution, what they are measured against, and
//! the figures that show them.

pub mod attribution;
pub mod figures;
pub mod plausibility;

pub use attribution::Attribution;
