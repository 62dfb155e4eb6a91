//! candle-transformers, an independent implementation in Rust, gives the same numbers.

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use candle_transformers::models::{bert, llama};
use networks::{Batch, Hooks};

use super::{TEXTS, assert_close, batch, folder, load, tensors};

fn weights(name: &str) -> VarBuilder<'static> {
    VarBuilder::from_tensors(tensors(name, "model"), DType::F32, &Device::Cpu)
}

#[test]
fn bert_is_candle_transformers() {
    let config = std::fs::read_to_string(format!("{}/config.json", folder("bert"))).unwrap();
    let peer = bert::BertModel::load(weights("bert"), &serde_json::from_str(&config).unwrap()).unwrap();
    let model = load("bert");
    for text in TEXTS {
        let input = model.encode(text).unwrap();
        let ids = Tensor::new(input.ids.as_slice(), &Device::Cpu).unwrap().unsqueeze(0).unwrap();
        let theirs = peer.forward(&ids, &ids.zeros_like().unwrap(), None).unwrap();
        let ours = model.run(&Batch::of(&[input]), &Hooks::new()).unwrap().hidden().unwrap();
        assert_close(&ours, &theirs, 1e-4, text);
    }
}

#[test]
fn llama_is_candle_transformers() {
    let config = std::fs::read_to_string(format!("{}/config.json", folder("llama_lm"))).unwrap();
    let config: llama::LlamaConfig = serde_json::from_str(&config).unwrap();
    let config = config.into_config(false);
    let peer = llama::Llama::load(weights("llama_lm"), &config).unwrap();
    let model = load("llama_lm");
    for text in TEXTS {
        let batch = batch(&model, &[text]);
        let ids = model.encode(text).unwrap().ids;
        let ids = Tensor::new(ids.as_slice(), &Device::Cpu).unwrap().unsqueeze(0).unwrap();
        let mut cache = llama::Cache::new(false, DType::F32, &config, &Device::Cpu).unwrap();
        let theirs = peer.forward(&ids, 0, &mut cache).unwrap(); // (1, vocabulary): after the last token
        let ours = model.run(&batch, &Hooks::new()).unwrap().logits().unwrap();
        let ours = ours.narrow(1, batch.tokens() - 1, 1).unwrap().squeeze(1).unwrap();
        assert_close(&ours, &theirs, 1e-4, text);
    }
}
