//! The transformer against transformers (fixtures/make_transformer.py, make_generate.py), TransformerLens's names
//! (make_hook_names.py), candle-transformers, finite differences, and identities that hold for any weights.

#[path = "../../../tests/again/mod.rs"]
mod again;

mod transformer {
    mod cache;
    mod classifier;
    mod decomposition;
    mod errors;
    mod generate;
    mod gradients;
    mod hook_points;
    mod hooks;
    mod identities;
    mod minilm;
    mod parity;
    mod peers;
    mod tokens;
    mod weights;

    use std::collections::HashMap;

    use candle_core::{Device, Tensor, safetensors};
    use networks::{Batch, Transformer};

    pub const CLASSIFIERS: [&str; 4] =
        ["bert_classifier", "distilbert_classifier", "gpt2_classifier", "llama_classifier"];
    pub const LANGUAGE_MODELS: [&str; 5] = ["bert_lm", "distilbert_lm", "gpt2_lm", "llama_lm", "llama_lm_tied"];
    pub const TEXTS: [&str; 2] = ["the cat sat on the warm mat", "a dog ran"];

    pub fn folder(name: &str) -> String {
        format!("{}/../../tests/fixtures/transformer/{name}", env!("CARGO_MANIFEST_DIR"))
    }

    pub fn load(name: &str) -> Transformer {
        Transformer::load(&folder(name)).unwrap()
    }

    /// The tensors of one of a checkpoint's files.
    pub fn tensors(name: &str, file: &str) -> HashMap<String, Tensor> {
        safetensors::load(format!("{}/{file}.safetensors", folder(name)), &Device::Cpu).unwrap()
    }

    pub fn batch(model: &Transformer, texts: &[&str]) -> Batch {
        let inputs: Vec<_> = texts.iter().map(|text| model.encode(text).unwrap()).collect();
        Batch::of(&inputs)
    }

    pub fn numbers(tensor: &Tensor) -> Vec<f32> {
        tensor.flatten_all().unwrap().to_vec1().unwrap()
    }

    /// The largest difference between two tensors of the same shape.
    pub fn difference(a: &Tensor, b: &Tensor) -> f32 {
        assert_eq!(a.dims(), b.dims());
        let (a, b) = (numbers(a), numbers(b));
        assert!(!a.is_empty() && a.iter().chain(&b).all(|number| number.is_finite()));
        a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
    }

    #[track_caller]
    pub fn assert_close(a: &Tensor, b: &Tensor, tolerance: f32, what: &str) {
        let difference = difference(a, b);
        assert!(difference <= tolerance, "{what}: the largest difference is {difference}");
    }

    #[track_caller]
    pub fn assert_error<T>(result: ground::Result<T>, words: &[&str]) {
        let Err(error) = result else { panic!("an error was expected that says {words:?}") };
        let text = error.to_string();
        assert!(words.iter().all(|word| text.contains(word)), "{words:?} are not all in: {text}");
    }
}
