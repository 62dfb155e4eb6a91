//! Neural networks, each in a form that can be read and a form that is fast and tested against it.

mod bilstm;
mod dropout;
mod lstm;
pub mod train;
pub mod transformer;

pub use bilstm::{BiLstm, BiLstmConfig};
pub use lstm::{DirectionWeights, bidirectional_reference, lstm_step};
pub use transformer::{Batch, FineTuning, FineTuningConfig, Hooks, Run, Transformer};
