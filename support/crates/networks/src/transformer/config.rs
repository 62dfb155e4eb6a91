//! What a transformer is made of.
//!
//! BERT, DistilBERT, GPT-2 and Llama differ in these fields and in the names of their tensors, in nothing else. The file
//! config.json is read elsewhere (config_json.rs).

/// Whose tensors and settings a checkpoint has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Architecture {
    /// Devlin et al. 2018.
    Bert,
    /// Sanh et al. 2019: BERT without token types, with half the layers.
    DistilBert,
    /// Radford et al. 2019.
    Gpt2,
    /// Touvron et al. 2023, and its successors with the same blocks.
    Llama,
}

/// What stands on top of the last layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Head {
    /// Nothing: the model gives hidden states.
    Bare,
    /// One logit per class for a text.
    Classifier,
    /// Two logits per token: the answer starts here, it ends here.
    Span,
    /// One logit per token of the vocabulary, at each position: of the next token (GPT-2, Llama) or of the token there.
    LanguageModel,
}

/// The non-linear function of the MLP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// With the error function.
    Gelu,
    /// Its approximation with tanh.
    GeluNew,
    /// max(x, 0)
    Relu,
    /// x·σ(x)
    Silu,
}

/// How wavelengths of rotary positions are stretched for long texts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RotaryScaling {
    /// Not at all.
    None,
    /// All by a factor.
    Linear(f64),
    /// Long ones by a factor, short ones not, those between by a mixture: Llama 3.1's.
    Llama3 {
        /// How many times longer the long ones get.
        factor: f64,
        /// A wave that fits less often than this into `original` is long.
        low: f64,
        /// One that fits more often than this is short.
        high: f64,
        /// How long the texts were before, in tokens.
        original: f64,
    },
}

/// Rotary positions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotary {
    /// The base of the wavelengths, `rope_theta`.
    pub theta: f64,
    /// How they are stretched.
    pub scaling: RotaryScaling,
}

/// What a transformer is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Whose names its tensors have.
    pub architecture: Architecture,
    /// `None` where config.json does not say: the tensors decide.
    pub head: Option<Head>,
    /// How many blocks.
    pub layers: usize,
    /// How many attention heads a block has.
    pub heads: usize,
    /// Fewer than `heads` where several query heads share one (grouped-query attention).
    pub key_heads: usize,
    /// How long a head's vectors are.
    pub head_width: usize,
    /// How long the vectors of the residual stream are.
    pub width: usize,
    /// How many neurons the MLP of a block has.
    pub mlp_width: usize,
    /// How many tokens it knows.
    pub vocabulary: usize,
    /// The longest text, in tokens.
    pub max_tokens: usize,
    /// How many kinds of token there are; 0 without such embeddings.
    pub token_types: usize,
    /// Rotary positions; `None` for learned ones.
    pub rotary: Option<Rotary>,
    /// A token reads only those before it.
    pub causal: bool,
    /// The norm stands after the sum of residual and output (BERT), not before the sub-layer (GPT-2).
    pub post_norm: bool,
    /// RMSNorm instead of LayerNorm.
    pub rms_norm: bool,
    /// What keeps a norm from dividing by 0.
    pub norm_eps: f64,
    /// The MLP's non-linear function.
    pub activation: Activation,
    /// The MLP's activation is multiplied by a second projection (SwiGLU with [`Activation::Silu`]).
    pub gated: bool,
    /// The projections of the attention have biases.
    pub attention_bias: bool,
    /// Those of the MLP have.
    pub mlp_bias: bool,
    /// Scores are divided by √(head width).
    pub scale_scores: bool,
    /// … and by the number of the layer, from 1.
    pub scale_by_layer: bool,
    /// The language-model head has the matrix of the word embeddings.
    pub tied: bool,
    /// The names of the classes; empty where config.json names none.
    pub labels: Vec<String>,
    /// One class per text, found with softmax (not several labels at once, not a number).
    pub single_label: bool,
    /// The padding token.
    pub pad_id: Option<u32>,
    /// The token that ends a text.
    pub eos_id: Option<u32>,
}

impl Config {
    /// What the products of queries and keys of a layer are multiplied by.
    pub(super) fn score_scale(&self, layer: usize) -> f64 {
        let width = if self.scale_scores { (self.head_width as f64).sqrt() } else { 1.0 };
        let depth = if self.scale_by_layer { (layer + 1) as f64 } else { 1.0 };
        1.0 / (width * depth)
    }
}
