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

pub mod attribution;
pub mod data;
pub mod display;
pub mod error;
pub mod evaluation;
pub mod exercise;
pub mod hub;
pub mod model;
pub mod models;
pub mod nn;
pub mod plot;
pub mod prelude;
pub mod reduce;
pub mod text;
pub mod train;

pub use attribution::Attribution;
pub use error::{Error, Result};

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
