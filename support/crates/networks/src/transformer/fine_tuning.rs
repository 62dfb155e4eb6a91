//! A pre-trained encoder with a new classification head, whose upper layers and head are trained (Devlin et al. 2018,
//! section 4).
//!
//! BERT and DistilBERT. What it saves is a checkpoint in Hugging Face format, which [`Transformer::load`] reads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor, Var};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::config::{Architecture, Config};
use super::hook_points as names;
use super::weights::Weights;
use super::{Batch, Hooks, Transformer};
use crate::bilstm::normal;
use crate::dropout::Dropout;
use crate::train::{Example, Trainable};
use ground::{Result, bail};
use sources::data::Dataset;
use sources::hub::ModelFiles;

/// How an encoder is fine-tuned.
#[derive(Clone, Debug, PartialEq)]
pub struct FineTuningConfig {
    /// The names of the classes.
    pub classes: Vec<String>,
    /// How many of the lower layers stay as they are. The embeddings always do.
    pub frozen_layers: usize,
    /// The share of the numbers that dropout sets to 0 in training: of the embeddings, of what attention and MLP add in
    /// the layers that are trained, and of what the classes are computed from.
    pub dropout: f64,
    /// Texts are cut to so many tokens in training.
    pub max_tokens: usize,
}

impl FineTuningConfig {
    /// No frozen layers, dropout 0.1, texts of up to 64 tokens.
    pub fn new(classes: &[String]) -> FineTuningConfig {
        FineTuningConfig { classes: classes.to_vec(), frozen_layers: 0, dropout: 0.1, max_tokens: 64 }
    }
}

/// An encoder that is being fine-tuned: give it to [`train::fit`](crate::train::fit), then [`save`](Self::save) it.
pub struct FineTuning {
    /// Over the variables: it follows them.
    model: Transformer,
    config: FineTuningConfig,
    /// What is trained, by the names of the checkpoint.
    variables: Vec<(String, Var)>,
    /// What is not.
    frozen: Vec<(String, Tensor)>,
    /// The encoder's config.json with the classes.
    json: Value,
    tokenizer: PathBuf,
    seed: u64,
}

impl FineTuning {
    /// Reads an encoder and puts a new head on it: the pooling layer of the checkpoint where it has one, and a linear
    /// layer to the classes, drawn from a normal distribution with standard deviation 0.02.
    ///
    /// # Errors
    /// Files that are missing or damaged; an architecture other than BERT and DistilBERT; fewer than two classes; more
    /// frozen layers than there are; a share of dropout outside 0 to 1.
    pub fn new(files: &ModelFiles, config: &FineTuningConfig, seed: u64) -> Result<FineTuning> {
        let bare = Config::read(&files.config)?;
        let base = match bare.architecture {
            Architecture::Bert => "bert.",
            Architecture::DistilBert => "distilbert.",
            other => bail!("{other:?} cannot be fine-tuned here: BERT and DistilBERT can"),
        };
        check(config, &bare)?;
        let Some(tokenizer) = files.tokenizer.clone() else {
            bail!("{}: the encoder has no tokenizer.json", files.config.display());
        };
        let json = with_classes(&files.config, &bare, &config.classes)?;
        let parsed = Config::parse(&json)?;
        let mut tensors = encoder(&Weights::open(&files.weights)?, base)?;
        new_head(&mut tensors, &parsed, base, &mut ChaCha8Rng::seed_from_u64(seed))?;
        let mut names: Vec<String> = tensors.keys().cloned().collect();
        names.sort_unstable();
        let (mut variables, mut frozen) = (Vec::new(), Vec::new());
        for name in names {
            let tensor = tensors[&name].clone();
            if is_trained(&name, config.frozen_layers) {
                let var = Var::from_tensor(&tensor)?;
                tensors.insert(name.clone(), var.as_tensor().clone());
                variables.push((name, var));
            } else {
                frozen.push((name, tensor));
            }
        }
        let place = tokenizer.to_string_lossy().into_owned();
        let model = Transformer::from_tensors(&parsed, &tensors, &place)?;
        Ok(FineTuning { model, config: config.clone(), variables, frozen, json, tokenizer, seed })
    }

    /// How it is fine-tuned.
    pub fn config(&self) -> &FineTuningConfig {
        &self.config
    }

    /// What the head was drawn from.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// How many numbers there are, and how many of them are trained.
    pub fn parameters(&self) -> (usize, usize) {
        let trained: usize = self.variables.iter().map(|(_, var)| var.elem_count()).sum();
        (trained + self.frozen.iter().map(|(_, tensor)| tensor.elem_count()).sum::<usize>(), trained)
    }

    /// Writes config.json, tokenizer.json and model.safetensors into a folder, which is made if it is not there.
    ///
    /// # Errors
    /// A folder or a file that cannot be written.
    pub fn save(&self, folder: &str) -> Result<()> {
        let place = Path::new(folder);
        let mut tensors: HashMap<&str, Tensor> =
            self.frozen.iter().map(|(name, tensor)| (name.as_str(), tensor.clone())).collect();
        tensors.extend(self.variables.iter().map(|(name, var)| (name.as_str(), var.as_tensor().clone())));
        let all = || -> Result<()> {
            std::fs::create_dir_all(place)?;
            std::fs::write(place.join("config.json"), serde_json::to_string_pretty(&self.json)? + "\n")?;
            std::fs::copy(&self.tokenizer, place.join("tokenizer.json"))?;
            Ok(candle_core::safetensors::save(&tensors, place.join("model.safetensors"))?)
        };
        all().map_err(|error| error.context(format!("saving the model to {folder}")))
    }

    /// Dropout wherever it takes place in training.
    fn hooks(&self, seed: u64) -> Hooks {
        let mut hooks = Hooks::new();
        if self.config.dropout == 0.0 {
            return hooks;
        }
        let trained = self.config.frozen_layers..self.model.config.layers;
        let inside =
            trained.flat_map(|layer| [names::ATTN_OUT, names::MLP_OUT].map(|at| names::full_name(Some(layer), at)));
        let first = (self.config.frozen_layers == 0).then(|| names::FULL_EMBED.to_owned());
        let places = first.into_iter().chain(inside).chain([names::POOLER_OUT.to_owned()]);
        for (at, name) in places.enumerate() {
            let dropout = Dropout::new(self.config.dropout, seed, at as u64);
            hooks = hooks.edit(&name, Box::new(move |x| dropout.apply(x)));
        }
        hooks
    }

    /// What it is, in a few lines.
    pub fn evcxr_display(&self) {
        let (all, trained) = self.parameters();
        println!("{:?}\n{trained} of {all} parameters are trained", self.model);
    }
}

impl Trainable for FineTuning {
    fn variables(&self) -> Vec<(String, Var)> {
        self.variables.clone()
    }

    fn examples(&self, dataset: &Dataset) -> Result<Vec<Example>> {
        let mut examples = Vec::with_capacity(dataset.len());
        for (at, (text, label)) in dataset.texts()?.iter().zip(dataset.labels()?).enumerate() {
            let input =
                self.model.encode_to(text, self.config.max_tokens).map_err(|e| e.context(format!("row {at}")))?;
            examples.push(Example { ids: input.ids, targets: vec![label as u32] });
        }
        Ok(examples)
    }

    fn logits(&self, batch: &[&Example], dropout: Option<u64>) -> Result<Tensor> {
        let ids: Vec<Vec<u32>> = batch.iter().map(|example| example.ids.clone()).collect();
        let hooks = dropout.map_or_else(Hooks::new, |seed| self.hooks(seed));
        self.model.class_logits(&Batch::of_ids(&ids), &hooks) // (batch, classes)
    }

    fn save(&self, folder: &str) -> Result<()> {
        FineTuning::save(self, folder)
    }
}

fn check(config: &FineTuningConfig, bare: &Config) -> Result<()> {
    if config.classes.len() < 2 {
        bail!("a classifier needs at least two classes, and {} were named", config.classes.len());
    }
    if config.frozen_layers > bare.layers {
        bail!("frozen_layers: {} of {} layers cannot be frozen", config.frozen_layers, bare.layers);
    }
    if !(0.0..1.0).contains(&config.dropout) {
        bail!("dropout: {} is not a share from 0 to below 1", config.dropout);
    }
    if config.max_tokens < 3 || config.max_tokens > bare.max_tokens {
        bail!("max_tokens: {} is not between 3 and the {} that the encoder reads", config.max_tokens, bare.max_tokens);
    }
    Ok(())
}

/// The encoder's config.json as that of a classifier.
fn with_classes(path: &Path, bare: &Config, classes: &[String]) -> Result<Value> {
    let mut json: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let architecture = match bare.architecture {
        Architecture::DistilBert => "DistilBertForSequenceClassification",
        _ => "BertForSequenceClassification",
    };
    let Some(fields) = json.as_object_mut() else { bail!("{}: this is no configuration", path.display()) };
    fields.insert("architectures".into(), json!([architecture]));
    let numbered = classes.iter().enumerate();
    fields.insert("id2label".into(), numbered.clone().map(|(id, name)| (id.to_string(), json!(name))).collect());
    fields.insert("label2id".into(), numbered.map(|(id, name)| (name.clone(), json!(id))).collect());
    fields.insert("problem_type".into(), json!("single_label_classification"));
    for old in ["_name_or_path", "gradient_checkpointing"] {
        fields.remove(old);
    }
    Ok(json)
}

/// The tensors of the encoder, under the names that they have in a classifier; other heads are left out.
fn encoder(weights: &Weights, base: &str) -> Result<HashMap<String, Tensor>> {
    let mut tensors = HashMap::new();
    for name in weights.names() {
        let inner = name.strip_prefix(base).unwrap_or(&name);
        let part = inner.split('.').next().unwrap_or_default();
        if ["embeddings", "encoder", "transformer", "pooler"].contains(&part) && !inner.ends_with("position_ids") {
            let shape = weights.shape(&name).map(<[usize]>::to_vec).unwrap_or_default();
            // Early checkpoints call a norm's weight and bias gamma and beta.
            let inner =
                inner.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias");
            tensors.insert(format!("{base}{inner}"), weights.tensor(&name, &shape)?);
        }
    }
    Ok(tensors)
}

/// Adds what the head lacks.
fn new_head(tensors: &mut HashMap<String, Tensor>, config: &Config, base: &str, random: &mut ChaCha8Rng) -> Result<()> {
    let pooling = match config.architecture {
        Architecture::DistilBert => "pre_classifier".to_owned(),
        _ => format!("{base}pooler.dense"),
    };
    for (name, outputs) in [(pooling, config.width), ("classifier".to_owned(), config.labels.len())] {
        if tensors.contains_key(&format!("{name}.weight")) {
            continue;
        }
        let count = outputs * config.width;
        let numbers: Vec<f32> = (0..count).map(|_| 0.02 * normal(random)).collect();
        let weight = Tensor::from_vec(numbers, (outputs, config.width), &Device::Cpu)?;
        tensors.insert(format!("{name}.weight"), weight);
        tensors.insert(format!("{name}.bias"), Tensor::zeros(outputs, DType::F32, &Device::Cpu)?);
    }
    Ok(())
}

/// Whether a tensor is trained: the head is, and the layers from `frozen` on.
fn is_trained(name: &str, frozen: usize) -> bool {
    let mut parts = name.split('.').skip_while(|part| *part != "layer");
    match parts.nth(1).map(str::parse::<usize>) {
        Some(Ok(layer)) => layer >= frozen,
        _ => !name.contains("embeddings."),
    }
}
