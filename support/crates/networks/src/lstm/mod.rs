//! A bidirectional LSTM layer, twice: [`bidirectional_reference`] in tensors, step by step, to be read;
//! [`bidirectional`] fused, to be used. Both have PyTorch's parameters and give PyTorch's numbers.

pub(super) mod direction;
mod fused;
pub(super) mod layer;
mod packing;
mod reference;

pub use fused::bidirectional;
pub use packing::Packing;
pub use reference::{DirectionWeights, bidirectional_reference, lstm_step};
