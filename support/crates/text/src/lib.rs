#![doc = include_str!("../README.md")]

mod classifier;
pub mod contrast;
mod counts;
mod explorer;
mod logistic;
pub mod model;
mod ngrams;
mod sparse;
mod stop_words;
mod tfidf;
mod word_tokenizer;
pub mod words;

pub use classifier::{Contribution, TfidfClassifier};
pub use contrast::{
    BETA, Contrast, ContrastOptions, LogOdds, PRIOR_SHARE, ZipfFit, benjamini_hochberg, contexts, contrast,
    dense_ranks, log_odds, normal_cdf, normalised_pmi, one_sided_scaled_f_scores, p_values, pmi, pooled_prior,
    rationale_shares, scaled_f_scores, significant, z_threshold, zipf_fit,
};
pub use counts::{Counts, FittedCounts};
pub use explorer::{Explorer, explorer};
pub use logistic::{FittedLogisticRegression, LogisticRegression, Solver};
pub use sparse::Sparse;
pub use stop_words::{stop_word_languages, stop_words};
pub use tfidf::{FittedTfIdf, TfIdf};
pub use word_tokenizer::WordTokenizer;
pub use words::{Token, lowercase, sentences, words};
