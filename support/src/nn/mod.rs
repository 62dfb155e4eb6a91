//! Neural networks, each in a form that can be read and a form that is fast and tested against it.

mod bilstm;
mod dropout;
pub mod fused;
pub mod kernels;
mod lstm;
pub mod ops;
pub mod transformer;
pub mod word2vec;
mod word_vectors;

pub use bilstm::{BiLstm, BiLstmConfig};
pub use lstm::{DirectionWeights, Packing, bidirectional, bidirectional_reference, lstm_step};
pub use transformer::{Batch, FineTuning, FineTuningConfig, Hooks, Run, Transformer};
pub use word_vectors::WordVectors;
pub use word2vec::{SkipGram, Word2Vec};
