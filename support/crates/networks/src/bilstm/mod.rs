//! A bidirectional LSTM that classifies texts: word vectors, LSTM layers that read from both ends, a dense layer on the
//! two states at which they arrive (Graves and Schmidhuber 2005). Parameters have PyTorch's names and shapes.
//!
//! Twice: [`BiLstm::reference_logits`] in tensors, to be read and tested against; `network` on plain numbers, to be used.
//! Training is in [`crate::train`]. Runs in f32 on the CPU.

mod checkpoint;
mod classifier;
mod config;
mod explained;
mod network;
mod noise;

use candle_core::{DType, Device, Tensor, Var};
use polars::df;
use polars::prelude::DataFrame;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

pub use config::BiLstmConfig;

use super::lstm::{DirectionWeights, bidirectional_reference};
use ground::{Result, bail};
use noise::Noise;
use text::WordTokenizer;

/// The two directions, as PyTorch ends the names of their parameters.
const DIRECTIONS: [&str; 2] = ["", "_reverse"];

/// The classifier. It can be asked ([`TextClassifier`](text::model::TextClassifier)), explained
/// ([`DifferentiableClassifier`](text::model::DifferentiableClassifier)) and trained
/// ([`Trainable`](crate::train::Trainable)).
pub struct BiLstm {
    config: BiLstmConfig,
    tokenizer: WordTokenizer,
    /// In the order of [`BiLstmConfig::shapes`].
    variables: Vec<(String, Var)>,
}

impl BiLstm {
    /// A network with random weights, drawn from `seed`.
    ///
    /// Embeddings are normal with standard deviation 0.1 and zero for `<pad>`; weights are uniform in ±√(6 / (inputs +
    /// outputs)) (Glorot and Bengio 2010), those from state to state in ±1/√hidden as in PyTorch; biases are zero, those
    /// of the forget gates one (Jozefowicz et al. 2015).
    ///
    /// # Errors
    /// Sizes of zero, a dropout outside 0 to 1, fewer than two classes, a vocabulary other than the tokenizer's.
    pub fn new(config: &BiLstmConfig, tokenizer: &WordTokenizer, seed: u64) -> Result<BiLstm> {
        config.check()?;
        let mut variables = Vec::new();
        for (i, (name, shape)) in config.shapes().into_iter().enumerate() {
            let mut random = ChaCha8Rng::seed_from_u64(seed);
            random.set_stream(i as u64); // each parameter its own numbers, whatever the sizes of the others
            let values = initial(&name, &shape, config.hidden, &mut random);
            variables.push((name, Var::from_tensor(&Tensor::from_vec(values, shape, &Device::Cpu)?)?));
        }
        BiLstm::of_variables(config, tokenizer, variables)
    }

    fn of_variables(config: &BiLstmConfig, tokenizer: &WordTokenizer, variables: Vec<(String, Var)>) -> Result<BiLstm> {
        if config.vocabulary != tokenizer.size() {
            bail!(
                "the network has a vocabulary of {} and the tokenizer one of {}: use `tokenizer.size()`",
                config.vocabulary,
                tokenizer.size()
            );
        }
        Ok(BiLstm { config: config.clone(), tokenizer: tokenizer.clone(), variables })
    }

    /// The sizes, the classes, the dropout.
    pub fn config(&self) -> BiLstmConfig {
        self.config.clone()
    }

    /// What cuts texts into the words that the network reads.
    pub fn tokenizer(&self) -> WordTokenizer {
        self.tokenizer.clone()
    }

    /// The parameters, one row each: columns `layer`, `shape`, `parameters` (how many numbers); the last row is the total.
    ///
    /// # Errors
    /// None that a user can cause.
    pub fn parameters(&self) -> Result<DataFrame> {
        let (mut layers, mut shapes, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        for (name, var) in &self.variables {
            layers.push(name.clone());
            shapes.push(var.dims().iter().map(usize::to_string).collect::<Vec<_>>().join(" × "));
            counts.push(var.elem_count() as u64);
        }
        layers.push("total".to_owned());
        shapes.push(String::new());
        counts.push(counts.iter().sum());
        Ok(df!("layer" => layers, "shape" => shapes, "parameters" => counts)?)
    }

    /// A parameter by its name (`"lstm.weight_hh_l0_reverse"`), as a tensor through which no gradient flows.
    ///
    /// # Errors
    /// A name that no parameter has.
    pub fn parameter(&self, name: &str) -> Result<Tensor> {
        Ok(self.variable(name)?.detach())
    }

    /// Replaces a parameter: weights from elsewhere, or random ones for a sanity check.
    ///
    /// # Errors
    /// A name that no parameter has, or another shape.
    pub fn set_parameter(&self, name: &str, value: &Tensor) -> Result<()> {
        let var = self.variable(name)?;
        if var.dims() != value.dims() {
            bail!("{name} has the shape {:?}, the new value {:?}", var.dims(), value.dims());
        }
        Ok(var.set(&value.to_dtype(DType::F32)?)?)
    }

    fn variable(&self, name: &str) -> Result<&Var> {
        match self.variables.iter().find(|(known, _)| known == name) {
            Some((_, var)) => Ok(var),
            None => bail!("no parameter is called `{name}`: `parameters()` lists them"),
        }
    }

    fn direction(&self, layer: usize, direction: &str) -> Result<DirectionWeights> {
        let weight = |kind: &str| -> Result<Tensor> {
            Ok(self.variable(&format!("lstm.{kind}_l{layer}{direction}"))?.as_tensor().clone())
        };
        Ok(DirectionWeights {
            weight_ih: weight("weight_ih")?,
            weight_hh: weight("weight_hh")?,
            bias_ih: weight("bias_ih")?,
            bias_hh: weight("bias_hh")?,
        })
    }

    /// The logits computed tensor by tensor: slow, to be read and to test the fast way against. `embedded` is a
    /// padded batch, (batch, tokens, width), and `lengths` says how many tokens of each text are real. Differentiable
    /// with respect to `embedded` and to the parameters.
    ///
    /// # Errors
    /// Shapes that do not fit together.
    pub fn reference_logits(&self, embedded: &Tensor, lengths: &[usize]) -> Result<Tensor> {
        let hidden = self.config.hidden;
        let mut x = embedded.clone(); // (batch, tokens, width)
        for layer in 0..self.config.layers {
            let weights = [self.direction(layer, DIRECTIONS[0])?, self.direction(layer, DIRECTIONS[1])?];
            x = bidirectional_reference(&x, lengths, &weights)?; // (batch, tokens, 2·hidden)
        }
        let last = x.narrow(1, x.dim(1)? - 1, 1)?.narrow(2, 0, hidden)?; // (batch, 1, hidden)
        let first = x.narrow(1, 0, 1)?.narrow(2, hidden, hidden)?; // (batch, 1, hidden)
        let ends = Tensor::cat(&[last, first], 2)?.squeeze(1)?; // (batch, 2·hidden)
        let weight = self.variable("dense.weight")?.t()?;
        Ok(ends.matmul(&weight)?.broadcast_add(self.variable("dense.bias")?)?) // (batch, classes)
    }
}

/// The numbers with which a parameter starts.
fn initial(name: &str, shape: &[usize], hidden: usize, random: &mut ChaCha8Rng) -> Vec<f32> {
    let count = shape.iter().product();
    if name == "embedding.weight" {
        let mut values: Vec<f32> = (0..count).map(|_| 0.1 * normal(random)).collect();
        values[..shape[1]].fill(0.0); // <pad>
        return values;
    }
    if name.contains("bias") {
        let forget = if name.contains("bias_ih") { hidden..2 * hidden } else { 0..0 };
        return (0..count).map(|i| if forget.contains(&i) { 1.0 } else { 0.0 }).collect();
    }
    let bound = match name.contains("weight_hh") {
        true => 1.0 / (hidden as f32).sqrt(),
        false => {
            // Each of the four gates is a matrix of its own.
            let outputs = if name.contains("weight_ih") { shape[0] / 4 } else { shape[0] };
            (6.0 / (shape[1] + outputs) as f32).sqrt()
        }
    };
    (0..count).map(|_| random.random_range(-bound..bound)).collect()
}

/// A standard normal number.
pub(crate) fn normal(random: &mut ChaCha8Rng) -> f32 {
    ground::random::normal(random.random(), random.random()) as f32
}
