//! The loops that must be fast, without tensors: vectors, matrix products, attention, norms, activations, one step of an
//! LSTM, one of skip-gram.
//!
//! Everything here gives the same bits on every processor with fused multiply-add and on any number of threads.

pub(crate) mod activation;
pub(crate) mod attention;
pub(crate) mod buffers;
pub(crate) mod matmul;
pub(crate) mod packed;
pub(crate) mod recurrence;
pub(crate) mod rows;
mod simd;
pub(crate) mod skip_gram;
pub(crate) mod threads;

pub use simd::use_instructions;
