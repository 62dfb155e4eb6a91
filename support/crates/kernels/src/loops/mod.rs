//! The loops that must be fast, without tensors: vectors, matrix products, attention, norms, activations, one step of an
//! LSTM, one of skip-gram.
//!
//! Everything here gives the same bits on every processor with fused multiply-add and on any number of threads.

pub mod activation;
pub mod attention;
pub mod buffers;
pub mod matmul;
pub mod packed;
mod processor;
pub mod recurrence;
pub mod rows;
mod simd;
pub mod skip_gram;
pub mod threads;

pub use processor::{Work, on_this_processor, use_instructions};
pub use simd::Simd;
