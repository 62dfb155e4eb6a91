//! Fine-tuning tiny encoders (fixtures/transformer): what is trained moves, what is frozen stays, what is saved comes back.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{Device, Tensor, safetensors};
use networks::train::{self, Settings, Trainable};
use networks::{Batch, FineTuning, FineTuningConfig, Hooks, Transformer};
use sources::data::{self, Dataset, Source};
use sources::hub::ModelFiles;
use text::model::{DifferentiableClassifier, TextClassifier};

fn files(name: &str) -> ModelFiles {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/transformer").join(name);
    ModelFiles {
        commit: String::new(),
        config: folder.join("config.json"),
        tokenizer: Some(folder.join("tokenizer.json")),
        weights: vec![folder.join("model.safetensors")],
    }
}

fn classes() -> Vec<String> {
    ["cats", "dogs"].map(String::from).to_vec()
}

fn config(frozen_layers: usize) -> FineTuningConfig {
    FineTuningConfig { frozen_layers, max_tokens: 12, ..FineTuningConfig::new(&classes()) }
}

/// A folder for this test alone, removed first.
fn scratch(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("fine-tuning-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// Sentences about a cat (0) or a dog (1), in words that the tiny tokenizers know.
fn dataset(name: &str) -> Dataset {
    let path = scratch(name).with_extension("csv");
    let mut csv = "text,label\n".to_owned();
    for (at, end) in ["sat", "ran", "sat on the mat", "ran on the warm mat", "on the mat", "warm"].iter().enumerate() {
        csv += &format!("the cat {end},0\na dog {end},1\n");
        if at % 2 == 0 {
            csv += &format!("a cat {end},0\nthe dog {end},1\n");
        }
    }
    std::fs::write(&path, csv).unwrap();
    let mut dataset = data::reviews(Source::File(path.to_string_lossy().into_owned())).unwrap();
    std::fs::remove_file(path).unwrap();
    dataset.classes = classes();
    dataset
}

fn settings() -> Settings {
    Settings::new().epochs(40).batch(6).learning_rate(5e-3).warm_up(0.1).patience(40).seed(1).quiet()
}

fn numbers(tensor: &Tensor) -> Vec<f32> {
    tensor.flatten_all().unwrap().to_vec1().unwrap()
}

fn tensors(folder: &Path) -> HashMap<String, Tensor> {
    safetensors::load(folder.join("model.safetensors"), &Device::Cpu).unwrap()
}

#[test]
fn it_learns_and_only_what_is_not_frozen_moves() {
    for (encoder, base, layer) in
        [("bert", "bert.", "encoder.layer."), ("distilbert_lm", "distilbert.", "transformer.layer.")]
    {
        let data = dataset(encoder);
        let model = FineTuning::new(&files(encoder), &config(1), 3).unwrap();
        let (before, after) = (scratch(&format!("{encoder}-before")), scratch(&format!("{encoder}-after")));
        model.save(&before.to_string_lossy()).unwrap();
        let history = train::fit(&model, &data, &data, &settings()).unwrap();
        assert_eq!(history.best().accuracy, 1.0, "{encoder}: {:?}", history.best());
        model.save(&after.to_string_lossy()).unwrap();
        let (old, new) = (tensors(&before), tensors(&after));
        assert_eq!(old.len(), new.len());
        for (name, tensor) in &old {
            let moved = numbers(tensor) != numbers(&new[name]);
            let trained = name.starts_with(&format!("{base}{layer}1."))
                || !name.contains("embeddings") && !name.contains("layer.");
            // The bias of the keys moves all scores of a query alike: its gradient is rounding, which may move it or not.
            let idle = name.contains("key.bias") || name.contains("k_lin.bias");
            assert!(idle || moved == trained, "{encoder}: {name}");
        }
        let (all, trained) = model.parameters();
        assert!(trained < all && all == new.values().map(Tensor::elem_count).sum::<usize>());
        for folder in [before, after] {
            std::fs::remove_dir_all(folder).unwrap();
        }
    }
}

#[test]
fn what_is_saved_is_a_checkpoint_that_gives_the_same_answers() {
    let data = dataset("saved");
    let model = FineTuning::new(&files("bert"), &config(0), 3).unwrap();
    train::fit(&model, &data, &data, &settings().epochs(2)).unwrap();
    let folder = scratch("saved");
    model.save(&folder.to_string_lossy()).unwrap();
    let loaded = Transformer::load(&folder.to_string_lossy()).unwrap();
    assert_eq!(loaded.classes(), classes());
    let examples = model.examples(&data).unwrap();
    let batch: Vec<_> = examples.iter().collect();
    let trained = Trainable::logits(&model, &batch, None).unwrap();
    let ids: Vec<Vec<u32>> = examples.iter().map(|example| example.ids.clone()).collect();
    let read = loaded.run(&Batch::of_ids(&ids), &Hooks::new()).unwrap().logits().unwrap();
    // The same bits: with and without hooks, with weights that are variables and with frozen ones.
    assert_eq!(numbers(&trained), numbers(&read));
    let json = std::fs::read_to_string(folder.join("config.json")).unwrap();
    assert!(json.contains("BertForSequenceClassification") && json.contains("\"dogs\": 1"), "{json}");
    let input = loaded.encode("the dog sat").unwrap();
    assert_eq!(loaded.logits_of(&loaded.embed(&input).unwrap()).unwrap().dims(), [2]);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_seed_decides() {
    let data = dataset("seed");
    let trained = |seed: u64, shuffled: u64| {
        let model = FineTuning::new(&files("bert"), &config(1), seed).unwrap();
        train::fit(&model, &data, &data, &settings().epochs(2).seed(shuffled)).unwrap();
        let variables = model.variables();
        variables.iter().flat_map(|(_, var)| numbers(var)).collect::<Vec<f32>>()
    };
    assert_eq!(trained(1, 1), trained(1, 1));
    assert_ne!(trained(1, 1), trained(2, 1));
    assert_ne!(trained(1, 1), trained(1, 2));
}

#[test]
fn dropout_is_there_in_training_and_nowhere_else() {
    let data = dataset("dropout");
    let logits = |dropout: f64, seed: Option<u64>| {
        let model = FineTuning::new(&files("bert"), &FineTuningConfig { dropout, ..config(0) }, 3).unwrap();
        let examples = model.examples(&data).unwrap();
        numbers(&Trainable::logits(&model, &examples.iter().collect::<Vec<_>>(), seed).unwrap())
    };
    assert_eq!(logits(0.3, None), logits(0.0, Some(1)));
    assert_eq!(logits(0.3, Some(1)), logits(0.3, Some(1)));
    assert_ne!(logits(0.3, Some(1)), logits(0.3, Some(2)));
    assert_ne!(logits(0.3, Some(1)), logits(0.3, None));
}

#[test]
fn long_texts_are_cut() {
    let model = FineTuning::new(&files("bert"), &FineTuningConfig { max_tokens: 5, ..config(0) }, 3).unwrap();
    let examples = model.examples(&dataset("long")).unwrap();
    assert!(examples.iter().all(|example| example.ids.len() <= 5) && examples.iter().any(|e| e.ids.len() == 5));
}

#[test]
fn what_cannot_be_fine_tuned_is_refused() {
    let error = |encoder: &str, config: &FineTuningConfig| match FineTuning::new(&files(encoder), config, 1) {
        Ok(_) => panic!("{encoder} with {config:?}"),
        Err(error) => error.to_string(),
    };
    assert!(error("llama_lm", &config(0)).contains("BERT and DistilBERT can"));
    assert!(error("bert", &config(3)).contains("3 of 2 layers"));
    assert!(error("bert", &FineTuningConfig { dropout: 1.0, ..config(0) }).contains("dropout"));
    assert!(error("bert", &FineTuningConfig { max_tokens: 500, ..config(0) }).contains("max_tokens"));
    assert!(error("bert", &FineTuningConfig { classes: vec!["one".into()], ..config(0) }).contains("two classes"));
    let missing = ModelFiles { config: "nowhere/config.json".into(), ..files("bert") };
    assert!(FineTuning::new(&missing, &config(0), 1).is_err());
}
