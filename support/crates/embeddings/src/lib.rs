//! Vectors of words, and vectors in fewer dimensions: skip-gram with negative sampling, neighbours and analogies, PCA,
//! t-SNE, k-means.

pub mod reduce;
pub mod word2vec;
mod word_vectors;

pub use word_vectors::WordVectors;
pub use word2vec::{SkipGram, Word2Vec};
