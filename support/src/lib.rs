//! The crate that the notebooks call: what two lessons share, what must be fast, and the figures.
//!
//! Its parts are crates of their own, in `support/crates`; here they have the names that notebooks use.
//!
//! | module | what is in it | crate |
//! |---|---|---|
//! | [`data`] | the bundled data sets as polars frames, with the spans that cause each label | `sources` |
//! | [`hub`] | models and data sets from the Hugging Face hub, in the cache that Python shares | `sources` |
//! | [`text`] | word tokens, n-grams, counts, TF-IDF, stop words, logistic regression; how two classes differ | `text` |
//! | [`nn`] | the bidirectional LSTM; one transformer with hooks for BERT, DistilBERT, GPT-2, Llama; word vectors | `networks`, `embeddings`, `kernels` |
//! | [`models`] | the models that are part of the course, and their recipes | `lessons` |
//! | [`train`] | the training loop, the optimiser, early stopping, checkpoints | `networks` |
//! | [`attribution`] | the one [`Attribution`] type, and the methods that make one: gradients, LIME | `explain` |
//! | [`evaluation`] | accuracy, F1, calibration, bootstrap intervals, rank correlation; plausibility | `ground`, `explain` |
//! | [`reduce`] | PCA, t-SNE, k-means, nearest neighbours, how far a map can be trusted | `embeddings` |
//! | [`plot`] | figures | `figures`, and those that know what they show |
//! | [`display`] | how a figure or a table reaches the notebook, the HTML export and a file | `figures` |
//! | [`exercise`] | the checks of the lessons' exercises | `lessons` |
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
        Batch, BiLstm, BiLstmConfig, DirectionWeights, FineTuning, FineTuningConfig, Generate, Hooks, Parts, Run,
        Transformer, bidirectional_reference, lstm_step, transformer,
    };
}

/// Figures: those of [numbers](figures::plot), and those that know what they show.
///
/// | figure | in a line | with options |
/// |---|---|---|
/// | tokens in the colour of their scores | [`heat_strip`](plot::heat_strip), `attribution.heat_strip()` | |
/// | signed bars of tokens | [`attribution`](plot::attribution), `attribution.bars()` | |
/// | several methods on the same tokens | [`compare_attributions`](plot::compare_attributions) | |
/// | probabilities, words and text of a LIME explanation | [`lime_panel`](plot::lime_panel) | |
/// | loss and accuracy by epoch | [`curves`](plot::curves), `history.curves()` | |
/// | how two classes of texts differ, with their texts | [`explorer`](plot::explorer) | [`Explorer`](plot::Explorer) |
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
