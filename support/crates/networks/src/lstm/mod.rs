//! A bidirectional LSTM layer, twice: [`bidirectional_reference`] in tensors, step by step, to be read; `layer` on plain
//! numbers, to be used. Both have PyTorch's parameters and give PyTorch's numbers.

pub(super) mod direction;
pub(super) mod layer;
mod packing;
mod reference;

pub(super) use packing::Packing;
pub use reference::{DirectionWeights, bidirectional_reference, lstm_step};
