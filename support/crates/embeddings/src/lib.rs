#![doc = include_str!("../README.md")]

pub mod reduce;
pub mod word2vec;
mod word_vectors;

pub use word_vectors::WordVectors;
pub use word2vec::{SkipGram, Word2Vec};
