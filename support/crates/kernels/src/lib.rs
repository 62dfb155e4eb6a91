//! Fast operations on tensors with gradients of their own, and what they are tested against.
//!
//! | module | what is in it |
//! |---|---|
//! | [`ops`] | the formulas as they are read, in candle's operations |
//! | [`fused`] | the same as single fast operations, forward and backward |
//! | [`loops`] | the loops beneath: vectorised for the processor that runs them, on all cores |

pub mod fused;
pub mod loops;
pub mod ops;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
