//! One explained function: any place of a transformer, any number of its answer. Captum's numbers
//! (fixtures/make_explained.py), identities that hold for any weights, and bad input.

#[path = "it/names.rs"]
mod names;
#[path = "it/toy.rs"]
mod toy;

mod explained {
    mod captum;
    mod errors;
    mod identities;

    use crate::names::nn::Transformer;
    use crate::names::*;

    /// Language models with four layers.
    pub const DEEP: [&str; 4] = ["bert_deep", "distilbert_deep", "gpt2_deep", "llama_deep"];
    pub const CLASSIFIERS: [&str; 4] =
        ["bert_classifier", "distilbert_classifier", "gpt2_classifier", "llama_classifier"];
    pub const TEXT: &str = "the cat sat on the mat";

    pub fn load(name: &str) -> Transformer {
        Transformer::load(&format!("{}/../../tests/fixtures/transformer/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    /// A number of the answer that every head has: of a language model a token, of a classifier a class.
    pub fn some(model: &Transformer) -> What {
        if model.classes().is_empty() { What::token(4, 9).log_probability() } else { What::class(2) }
    }
}
