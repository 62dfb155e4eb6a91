//! What is wrong with a checkpoint is said in words, with the file and the tensor.

use std::fs;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor, safetensors};
use networks::{Batch, Hooks, Transformer};
use serde_json::{self, Value};

use super::{assert_error, folder, load, tensors};

/// A copy of a checkpoint that may be damaged; removed at the end.
struct Copy(PathBuf);

impl Copy {
    fn of(name: &str, what: &str) -> Copy {
        let to = std::env::temp_dir().join(format!("support-transformer-{}-{what}", std::process::id()));
        let _ = fs::remove_dir_all(&to);
        fs::create_dir_all(&to).unwrap();
        for file in fs::read_dir(folder(name)).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
        Copy(to)
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }

    #[track_caller]
    fn fails(&self, words: &[&str]) {
        assert_error(Transformer::load(self.0.to_str().unwrap()), words);
    }

    /// Changes a field of config.json; `Null` removes it.
    fn set(&self, key: &str, value: Value) {
        let path = self.path("config.json");
        let mut json: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        match value {
            Value::Null => json.as_object_mut().unwrap().remove(key),
            value => json.as_object_mut().unwrap().insert(key.into(), value),
        };
        fs::write(path, json.to_string()).unwrap();
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn missing_files() {
    assert_error(Transformer::load("no/such/folder"), &["no folder no/such/folder", "from_hub"]);
    let copy = Copy::of("bert", "missing");
    fs::remove_file(copy.path("tokenizer.json")).unwrap();
    let model = Transformer::load(copy.0.to_str().unwrap()).unwrap();
    assert_error(model.encode("the cat"), &["no tokenizer.json", copy.0.to_str().unwrap()]);
    assert!(model.run(&Batch::of_ids(&[vec![2, 5, 3]]), &Hooks::new()).is_ok(), "ids still work");
    fs::rename(copy.path("model.safetensors"), copy.path("pytorch_model.bin")).unwrap();
    copy.fails(&["no model.safetensors", "pytorch_model.bin", "save_pretrained"]);
    fs::remove_file(copy.path("config.json")).unwrap();
    copy.fails(&["no config.json"]);
}

#[test]
fn missing_shards() {
    let copy = Copy::of("bert_sharded", "shards");
    fs::remove_file(copy.path("model-00002-of-00002.safetensors")).unwrap();
    copy.fails(&["model-00002-of-00002.safetensors", "No such file"]);
    fs::write(copy.path("model.safetensors.index.json"), "{\"weight_map\": {}}").unwrap();
    copy.fails(&["model.safetensors.index.json", "names no files"]);
    fs::write(copy.path("model.safetensors.index.json"), "{\"weight_map\": {\"a\": \"../a\"}}").unwrap();
    copy.fails(&["names no files"]);
}

#[test]
fn wrong_architectures_and_settings() {
    let copy = Copy::of("bert_classifier", "architecture");
    let wrong = |key: &str, value: Value, words: &[&str]| {
        let before: Value = serde_json::from_str(&fs::read_to_string(copy.path("config.json")).unwrap()).unwrap();
        copy.set(key, value);
        copy.fails(words);
        copy.set(key, before[key].clone());
    };
    wrong("model_type", "roberta".into(), &["config.json", "`roberta`", "bert, distilbert, gpt2, llama"]);
    wrong("model_type", Value::Null, &["`model_type` is missing"]);
    wrong(
        "architectures",
        serde_json::json!(["BertForTokenClassification"]),
        &["`BertForTokenClassification`", "…Model"],
    );
    wrong("hidden_act", "mish".into(), &["activation `mish`", "gelu_new"]);
    wrong("num_hidden_layers", "two".into(), &["`num_hidden_layers` is \"two\"", "whole number"]);
    wrong("hidden_size", Value::Null, &["`hidden_size` is missing"]);
    wrong("num_attention_heads", 5.into(), &["width 16", "heads, 5"]);
    wrong("id2label", serde_json::json!({"0": "a", "2": "b"}), &["id2label"]);
    assert!(Transformer::load(copy.0.to_str().unwrap()).is_ok(), "the rest is right");
    // Without `architectures` the tensors say which head there is.
    copy.set("architectures", Value::Null);
    copy.set("id2label", Value::Null);
    let model = Transformer::load(copy.0.to_str().unwrap()).unwrap();
    assert_eq!(text::model::TextClassifier::classes(&model), ["LABEL_0", "LABEL_1", "LABEL_2"]);
    fs::write(copy.path("config.json"), "{\"model_type\"").unwrap();
    copy.fails(&["config.json", "no JSON"]);
    let llama = Copy::of("llama_lm", "rope");
    llama.set("rope_parameters", serde_json::json!({"rope_type": "yarn"}));
    llama.fails(&["`yarn`", "llama3"]);
}

#[test]
fn damaged_weights() {
    let copy = Copy::of("bert", "damaged");
    let path = copy.path("model.safetensors");
    let whole = fs::read(&path).unwrap();
    let attempt = |bytes: &[u8], words: &[&str]| {
        fs::write(&path, bytes).unwrap();
        copy.fails(&[&["model.safetensors", "damaged"], words].concat());
    };
    attempt(&[], &["length of the header"]);
    attempt(&[0xff; 64], &["header is said to have"]);
    attempt(&whole[..100], &["header is said to have"]);
    attempt(&whole[..whole.len() - 10], &["ends before the tensor"]);
    let mut broken = whole.clone();
    broken[8..12].copy_from_slice(b"!!!!");
    attempt(&broken, &["header does not make sense", "line 1"]);
    attempt(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", &["header is said to have"]);
    let mut swapped = whole.clone();
    let at = whole.windows(12).position(|window| window == b"\"shape\":[16]").unwrap();
    swapped[at + 9..at + 11].copy_from_slice(b"61");
    attempt(&swapped, &["header does not make sense", "nvalid"]);
}

fn save(path: &Path, tensors: std::collections::HashMap<String, Tensor>) {
    safetensors::save(&tensors, path).unwrap();
}

#[test]
fn tensors_that_do_not_fit() {
    let copy = Copy::of("bert_classifier", "tensors");
    let key = "bert.encoder.layer.1.output.dense.weight";
    let stored = tensors("bert_classifier", "model");
    let mut lacking = stored.clone();
    lacking.remove(key);
    save(&copy.path("model.safetensors"), lacking);
    copy.fails(&["model.safetensors", key, "[16, 24]", "is missing"]);
    let mut wrong = stored.clone();
    wrong.insert(key.into(), Tensor::zeros((16, 23), DType::F32, &Device::Cpu).unwrap());
    save(&copy.path("model.safetensors"), wrong);
    copy.fails(&[key, "[16, 23]", "[16, 24]"]);
    let mut whole_numbers = stored.clone();
    whole_numbers.insert(key.into(), Tensor::zeros((16, 24), DType::U32, &Device::Cpu).unwrap());
    save(&copy.path("model.safetensors"), whole_numbers);
    copy.fails(&[key, "is missing"]);
    save(&copy.path("model.safetensors"), stored);
    copy.set("id2label", serde_json::json!({"0": "a", "1": "b"}));
    copy.fails(&["classifier.weight", "[3, 16]", "[2, 16]"]);
}

#[test]
fn a_tokenizer_of_another_model() {
    let copy = Copy::of("bert", "tokenizer");
    fs::copy(format!("{}/tokenizer.json", folder("gpt2_lm")), copy.path("tokenizer.json")).unwrap();
    copy.fails(&["tokenizer.json", "do not belong together"]);
    fs::write(copy.path("tokenizer.json"), "{}").unwrap();
    copy.fails(&["tokenizer.json", "no tokenizer"]);
}

#[test]
fn a_padding_token_without_a_vector() {
    let copy = Copy::of("gpt2_classifier", "padding");
    copy.set("pad_token_id", 300.into());
    let model = Transformer::load(copy.0.to_str().unwrap()).unwrap();
    let run = |model: &Transformer| {
        let batch = super::batch(model, &super::TEXTS);
        model.run(&batch, &Hooks::new()).unwrap().logits().unwrap()
    };
    super::assert_close(&run(&model), &run(&load("gpt2_classifier")), 0.0, "padding is masked, whatever it is");
}

#[test]
fn batches_that_cannot_be_read() {
    let model = load("bert_classifier");
    let run = |ids: &[Vec<u32>]| model.run(&Batch::of_ids(ids), &Hooks::new());
    assert_error(run(&[]), &["no text"]);
    assert_error(run(&[vec![1], vec![]]), &["text 1", "no token"]);
    assert_error(run(&[vec![1; 21]]), &["21 tokens", "at most 20"]);
    assert_error(run(&[vec![1, 999]]), &["id 999"]);
    assert_error(model.embed_ids(&[999]), &["id 999"]);
}
