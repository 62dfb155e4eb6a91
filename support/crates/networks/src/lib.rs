#![doc = include_str!("../README.md")]

mod bilstm;
mod dropout;
mod lstm;
pub mod train;
pub mod transformer;

pub use bilstm::{BiLstm, BiLstmConfig};
pub use lstm::{DirectionWeights, bidirectional_reference, lstm_step};
pub use transformer::{Batch, FineTuning, FineTuningConfig, Generate, Hooks, Parts, Run, Transformer};
