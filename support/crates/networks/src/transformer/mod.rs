//! One transformer for BERT, DistilBERT, GPT-2 and Llama, in which every activation can be looked at, changed and
//! differentiated. It reads checkpoints in Hugging Face format.
//!
//! ```no_run
//! # use networks::{Batch, Hooks, Transformer};
//! let model = Transformer::load("path/to/checkpoint")?;
//! let batch = Batch::of(&[model.encode("The soup was cold.")?]);
//! let run = model.run(&batch, &Hooks::new().record(&["blocks.*.attn.hook_pattern"]))?;
//! let logits = run.logits()?;
//! # ground::Result::Ok(())
//! ```
//!
//! It runs on the CPU in `f32` and has no dropout. A [`Cache`] keeps keys and values where a text is read bit by bit.
//!
//! The activations, their shapes and their place in the pass are listed in [`HOOK_POINTS`].

mod batch;
mod cache;
mod classifier;
mod config;
mod config_json;
mod decomposition;
mod explained;
mod fine_tuning;
mod forward;
mod forward_after;
mod generate;
mod hook_points;
mod hooks;
mod layers;
mod rotary;
mod run;
mod sentence;
mod tokenizer;
mod unembed;
mod weight_map;
mod weights;
mod weights_by_name;

pub use batch::Batch;
pub use cache::Cache;
pub use config::{Activation, Architecture, Config, Head, Rotary, RotaryScaling};
pub use decomposition::{Decomposition, Parts};
pub use fine_tuning::{FineTuning, FineTuningConfig};
pub use generate::{Generate, Generated};
pub use hook_points::{HOOK_POINTS, HookPoint};
pub use hooks::{Edit, Hooks};
pub use run::Run;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::Tensor;

use ground::{Error, Result, bail};
use layers::Layers;
use sources::hub::{self, ModelFiles};
use text::model::Input;
use tokenizer::Tokenizer;
use weights::Weights;

/// How many texts go through the model at once where many are asked for.
const ROWS: usize = 32;

/// A transformer with its weights and its tokenizer.
pub struct Transformer {
    config: Config,
    head: Head,
    layers: Layers,
    classes: Vec<String>,
    tokenizer: Option<Tokenizer>,
    /// Where the tokenizer should have been.
    place: PathBuf,
}

impl Transformer {
    /// Reads a folder in Hugging Face format: config.json, model.safetensors (or model.safetensors.index.json and the
    /// files that it names; `f32`, `f16` or `bf16`), and tokenizer.json, without which only ids can be used.
    ///
    /// # Errors
    /// No such folder or file; an architecture that is not built here; weights that are damaged, missing or of another
    /// shape than config.json says; a tokenizer that does not fit.
    pub fn load(folder: &str) -> Result<Transformer> {
        let path = Path::new(folder);
        if !path.is_dir() {
            bail!(
                "there is no folder {folder}. A relative path starts in the notebook's folder; for a model of the hub use \
                 Transformer::from_hub(\"owner/name\")"
            );
        }
        let config = path.join("config.json");
        if !config.is_file() {
            bail!("{folder}: there is no config.json, so this is no checkpoint in Hugging Face format");
        }
        let config = Config::read(&config)?;
        let tokenizer = Some(path.join("tokenizer.json")).filter(|file| file.is_file());
        Transformer::build(config, &Weights::open(&Weights::in_folder(path)?)?, tokenizer.as_deref(), path)
    }

    /// Reads a model of the hub, from the cache or downloaded: `"owner/name"`.
    ///
    /// # Errors
    /// As [`load`](Transformer::load), and as [`hub::Repository::file`].
    pub fn from_hub(id: &str) -> Result<Transformer> {
        Transformer::from_files(&hub::model(id).model_files()?)
    }

    /// Reads the files that [`hub::Repository::model_files`] found.
    ///
    /// # Errors
    /// As [`load`](Transformer::load).
    pub fn from_files(files: &ModelFiles) -> Result<Transformer> {
        let config = Config::read(&files.config)?;
        let folder = files.config.parent().unwrap_or(Path::new(""));
        Transformer::build(config, &Weights::open(&files.weights)?, files.tokenizer.as_deref(), folder)
    }

    /// A model from tensors in memory, under the names of its architecture. Where they are variables (`Var`), gradients
    /// reach them, and the model follows when they are set. `tokenizer` is the path of a tokenizer.json, or empty.
    ///
    /// # Errors
    /// As [`load`](Transformer::load).
    pub fn from_tensors(config: &Config, tensors: &HashMap<String, Tensor>, tokenizer: &str) -> Result<Transformer> {
        let path = Some(Path::new(tokenizer)).filter(|_| !tokenizer.is_empty());
        Transformer::build(config.clone(), &Weights::Memory(tensors.clone()), path, Path::new("the tensors"))
    }

    fn build(config: Config, weights: &Weights, tokenizer: Option<&Path>, place: &Path) -> Result<Transformer> {
        let head = config.head.unwrap_or_else(|| weight_map::guess_head(weights));
        let layers = weight_map::read(&config, head, weights)?;
        let classes = match &layers.top {
            layers::Top::Pooled { classifier, .. } | layers::Top::LastToken(classifier) => {
                let count = classifier.weight.dim(0)?;
                let named = !config.labels.is_empty();
                if named { config.labels.clone() } else { (0..count).map(|class| format!("LABEL_{class}")).collect() }
            }
            _ => Vec::new(),
        };
        let tokenizer = tokenizer.map(|path| Tokenizer::read(path, &config)).transpose()?;
        Ok(Transformer { config, head, layers, classes, tokenizer, place: place.to_owned() })
    }

    /// What it is made of.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What stands on top.
    pub fn head(&self) -> Head {
        self.head
    }

    /// The names of all activations, in the order in which they are computed: see [`Hooks`].
    pub fn activation_names(&self) -> Vec<String> {
        hook_points::names(&self.config, self.head)
    }

    /// The names of all activations with the shapes that they have for a batch.
    ///
    /// # Errors
    /// As [`run`](Transformer::run).
    pub fn activation_shapes(&self, batch: &Batch) -> Result<Vec<(String, Vec<usize>)>> {
        let run = self.run(batch, &Hooks::new().record(&["*"]))?;
        Ok(run.activations.iter().map(|(name, tensor)| (name.clone(), tensor.dims().to_vec())).collect())
    }

    /// The names of what transformers calls hidden states: what the first block reads, then what each block gives, the
    /// last after the final norm. One more than there are layers.
    pub fn hidden_state_names(&self) -> Vec<String> {
        hook_points::hidden_states(&self.config)
    }

    /// A text as the model reads it, special tokens included.
    ///
    /// # Errors
    /// No tokenizer; a text without a word, or with more tokens than the model reads.
    pub fn encode(&self, text: &str) -> Result<Input> {
        self.tokenizer()?.encode(text)
    }

    /// As [`encode`](Transformer::encode); tokens at the end that are too many are left out.
    ///
    /// # Errors
    /// No tokenizer; a text without a word.
    pub fn encode_cut(&self, text: &str) -> Result<Input> {
        self.tokenizer()?.encode_cut(text)
    }

    /// As [`encode_cut`](Transformer::encode_cut), with at most `most` tokens.
    fn encode_to(&self, text: &str, most: usize) -> Result<Input> {
        self.tokenizer()?.encode_to(text, most)
    }

    /// Two texts, a question and its context, as one input. Its text is both with a space between, in whose characters
    /// the spans count.
    ///
    /// # Errors
    /// No tokenizer; a text without a word; more tokens together than the model reads.
    pub fn encode_pair(&self, first: &str, second: &str) -> Result<Input> {
        self.tokenizer()?.encode_pair(first, second)
    }

    /// The rows of the word embeddings for ids: (tokens, width).
    ///
    /// # Errors
    /// An id that is none of the model's.
    pub fn embed_ids(&self, ids: &[u32]) -> Result<Tensor> {
        Batch::of_ids(&[ids.to_vec()]).check(&self.config)?;
        Ok(self.layers.word.index_select(&Tensor::new(ids, self.layers.word.device())?, 0)?) // (tokens, width)
    }

    /// The tokens in the order of their ids, which is that of the rows of the embedding matrix. Rows that the tokenizer has
    /// no token for are called `[id 50257]`.
    ///
    /// # Errors
    /// No tokenizer.
    pub fn vocabulary(&self) -> Result<Vec<String>> {
        let tokenizer = self.tokenizer()?;
        let name = |id: u32| tokenizer.name(id).unwrap_or_else(|| format!("[id {id}]"));
        Ok((0..self.config.vocabulary as u32).map(name).collect())
    }

    fn tokenizer(&self) -> Result<&Tokenizer> {
        let place = self.place.display();
        self.tokenizer.as_ref().ok_or_else(|| {
            Error::new(format!(
                "{place}: there is no tokenizer.json, so texts cannot be cut into tokens. In Python, \
                 `AutoTokenizer.from_pretrained(…).save_pretrained(folder)` writes it"
            ))
        })
    }

    /// What the model is, in a few lines.
    pub fn evcxr_display(&self) {
        println!("{self:?}");
    }
}

impl std::fmt::Debug for Transformer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let c = &self.config;
        let Config { architecture, layers, heads, width, vocabulary, max_tokens, .. } = c;
        writeln!(f, "{architecture:?} ({:?}): {layers} layers, {heads} heads, width {width}", self.head)?;
        write!(f, "{vocabulary} tokens in the vocabulary, texts of up to {max_tokens} tokens")?;
        if self.classes.is_empty() { Ok(()) } else { write!(f, "\nclasses: {}", self.classes.join(", ")) }
    }
}

/// What `f` gives for each text, in their order; texts of like length go through the model together.
fn by_length<T>(inputs: &[Input], f: &dyn Fn(&Batch) -> Result<Vec<T>>) -> Result<Vec<T>> {
    let mut order: Vec<usize> = (0..inputs.len()).collect();
    order.sort_by_key(|&at| inputs[at].len());
    let mut rows: Vec<(usize, T)> = Vec::new();
    for some in order.chunks(ROWS) {
        let batch: Vec<Input> = some.iter().map(|&at| inputs[at].clone()).collect();
        rows.extend(some.iter().copied().zip(f(&Batch::of(&batch))?));
    }
    rows.sort_by_key(|&(at, _)| at);
    Ok(rows.into_iter().map(|(_, row)| row).collect())
}
