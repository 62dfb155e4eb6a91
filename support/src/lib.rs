//! The crate that the notebooks call: what two lessons share, what must be fast, and the figures.
//!
//! | module | what is in it |
//! |---|---|
//! | [`data`] | the bundled data sets as polars frames, with the spans that cause each label |
//! | [`hub`] | models and data sets from the Hugging Face hub, in the cache that Python shares |
//! | [`text`] | word tokens, n-grams, counts, TF-IDF, stop words, logistic regression; how two classes differ |
//! | [`nn`] | neural networks: the bidirectional LSTM; one transformer with hooks for BERT, DistilBERT, GPT-2, Llama |
//! | [`models`] | the models that are part of the course, and their recipes |
//! | [`train`] | the training loop, the optimiser, early stopping, checkpoints |
//! | [`attribution`] | the one [`Attribution`] type, and the methods that make one: gradients, LIME |
//! | [`evaluation`] | accuracy, F1, calibration, bootstrap intervals, rank correlation, average precision |
//! | [`reduce`] | PCA, t-SNE, k-means, nearest neighbours, how far a map can be trusted |
//! | [`plot`] | figures: bars, lines, scatter, heat maps, training curves, token heat strip, LIME panel, word cloud, explorer |
//! | [`display`] | how a figure or a table reaches the notebook, the HTML export and a file |
//! | [`exercise`] | the checks of the lessons' exercises |
//!
//! A notebook starts with `use support::prelude::*;`. The libraries underneath are re-exported
//! ([`candle_core`], [`polars`], [`linfa`], …), so that a notebook depends on this crate alone.

pub mod prelude;

pub use explain::Attribution;
pub use ground::{Error, Result};

pub use embeddings::reduce;
pub use explain::attribution;
pub use figures::display;
pub use lessons::{exercise, models};
pub use networks::train;
pub use sources::{data, hub};
pub use text::{self, model};

/// Measures: accuracy, calibration, bootstrap intervals, rank correlation; token scores against rationales.
pub mod evaluation {
    pub use explain::plausibility::*;
    pub use ground::statistics::*;
}

/// Neural networks, word vectors, and the operations that they are made of.
pub mod nn {
    pub use ::kernels::{fused, loops as kernels, ops};
    pub use embeddings::{SkipGram, Word2Vec, WordVectors, word2vec};
    pub use networks::{
        Batch, BiLstm, BiLstmConfig, DirectionWeights, FineTuning, FineTuningConfig, Hooks, Run, Transformer,
        bidirectional_reference, lstm_step, transformer,
    };
}

/// Figures: of numbers, of attributions, of training, of how two classes of texts differ.
pub mod plot {
    pub use explain::figures::*;
    pub use figures::plot::*;
    pub use ground::{Labels, Numbers};
    pub use networks::train::curves;
    pub use text::{Explorer, explorer};
}

pub use candle_core;
pub use candle_nn;
pub use candle_transformers;
pub use linfa;
pub use linfa_clustering;
pub use linfa_logistic;
pub use ndarray;
pub use plotters;
pub use polars;
pub use rand;
pub use rand_chacha;
pub use serde_json;
pub use tokenizers;
