//! The loops that must be fast, without tensors: vectors, a matrix product, one step of an LSTM.
//!
//! Everything here runs on one thread and gives the same bits on every processor with fused multiply-add.

pub(crate) mod buffers;
pub(crate) mod matmul;
pub(crate) mod recurrence;
mod simd;

pub use simd::use_instructions;
