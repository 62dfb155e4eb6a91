//! The weights of a transformer, whatever its architecture.
//!
//! Where they come from says `weight_map.rs`.

use std::sync::{Arc, OnceLock};

use candle_core::Tensor;

use ground::Result;
use kernels::fused::{self, Frozen};

/// A linear layer: `weight` (outputs, inputs).
pub(super) struct Linear {
    pub weight: Tensor,
    pub bias: Option<Tensor>,
    /// The same in the form of the fast product, made when it is first used. Variables may change and have none.
    frozen: OnceLock<Arc<Frozen>>,
}

impl Linear {
    pub fn new(weight: Tensor, bias: Option<Tensor>) -> Linear {
        Linear { weight, bias, frozen: OnceLock::new() }
    }

    /// (…, inputs) → (…, outputs)
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        if self.weight.track_op() || self.bias.as_ref().is_some_and(Tensor::track_op) {
            return fused::linear(x, &self.weight, self.bias.as_ref());
        }
        let frozen = match self.frozen.get() {
            Some(frozen) => frozen,
            None => {
                let made = Arc::new(Frozen::new(&self.weight, self.bias.as_ref())?);
                self.frozen.get_or_init(|| made)
            }
        };
        frozen.forward(x)
    }
}

/// A LayerNorm, or an RMSNorm where there is no bias.
pub(super) struct Norm {
    pub weight: Tensor,
    pub bias: Option<Tensor>,
}

impl Norm {
    /// (…, width) → (…, width)
    pub fn forward(&self, x: &Tensor, eps: f64) -> Result<Tensor> {
        match &self.bias {
            Some(bias) => fused::layer_norm(x, &self.weight, bias, eps),
            None => fused::rms_norm(x, &self.weight, eps),
        }
    }
}

/// One block: attention and MLP.
pub(super) struct Block {
    pub ln1: Norm,
    pub q: Linear,
    pub k: Linear,
    pub v: Linear,
    pub o: Linear,
    pub ln2: Norm,
    /// The gate of a gated MLP.
    pub gate: Option<Linear>,
    pub mlp_in: Linear,
    pub mlp_out: Linear,
}

/// All weights.
pub(super) struct Layers {
    /// (vocabulary, width)
    pub word: Tensor,
    /// (max tokens, width)
    pub position: Option<Tensor>,
    /// (token types, width)
    pub token_type: Option<Tensor>,
    pub embed_norm: Option<Norm>,
    pub blocks: Vec<Block>,
    pub final_norm: Option<Norm>,
    pub top: Top,
}

/// The weights of a head.
pub(super) enum Top {
    /// No head. GPT-2 and Llama may still reach the vocabulary through the matrix of the word embeddings.
    Bare(Option<Linear>),
    /// The first token's vector through a dense layer (tanh in BERT, ReLU in DistilBERT), then the classes.
    Pooled {
        dense: Linear,
        classifier: Linear,
    },
    /// The last token's vector, then the classes.
    LastToken(Linear),
    Span(Linear),
    /// Straight to the vocabulary.
    Unembed(Linear),
    /// Dense layer, activation and norm, then to the vocabulary.
    Masked {
        dense: Linear,
        norm: Norm,
        unembed: Linear,
    },
}
