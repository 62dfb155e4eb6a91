//! From a residual to logits over the vocabulary: the final norm, then the language-model head.
//!
//! The two are apart, as in TransformerLens, because contributions to the residual go through the norm differently than
//! the residual itself (decomposition.rs). Both in a row are the logit lens (nostalgebraist 2020):
//!
//! ```no_run
//! # use networks::{Batch, Hooks, Transformer};
//! # let model = Transformer::load("folder")?;
//! # let batch = Batch::of(&[model.encode("a text")?]);
//! let name = "blocks.3.hook_resid_post";
//! let residual = model.run(&batch, &Hooks::new().record(&[name]))?.get(name)?;
//! let logits = model.unembed(&model.final_norm(&residual)?)?; // (batch, tokens, vocabulary)
//! # ground::Result::Ok(())
//! ```

use candle_core::{D, Tensor};

use super::Transformer;
use super::layers::{Linear, Top};
use ground::{Result, bail};

impl Transformer {
    /// The norm after the last block of GPT-2 and Llama: (…, width) → (…, width). BERT and DistilBERT have none, each of
    /// their blocks ends with its own (`hook_normalized_resid_post`): the residual as it is.
    ///
    /// # Errors
    /// Another width.
    pub fn final_norm(&self, residual: &Tensor) -> Result<Tensor> {
        self.check_width(residual)?;
        match &self.layers.final_norm {
            Some(norm) => norm.forward(residual, self.config.norm_eps),
            None => Ok(residual.clone()),
        }
    }

    /// The language-model head: what [`final_norm`](Self::final_norm) gives, (…, width), to logits (…, vocabulary). In
    /// BERT and DistilBERT that is a dense layer, an activation, a norm, then the matrix.
    ///
    /// A GPT-2 or Llama checkpoint without a head is unembedded with the matrix of its word embeddings where config.json
    /// says that the two are one (`tie_word_embeddings`; GPT-2's default).
    ///
    /// # Errors
    /// Another width; a checkpoint whose head gives no logits of tokens.
    pub fn unembed(&self, normed: &Tensor) -> Result<Tensor> {
        self.check_width(normed)?;
        match &self.layers.top {
            Top::Masked { dense, norm, unembed } => {
                let x = self.activation(&dense.forward(normed)?)?; // (…, width)
                unembed.forward(&norm.forward(&x, self.config.norm_eps)?) // (…, vocabulary)
            }
            _ => self.unembedding()?.forward(normed), // (…, vocabulary)
        }
    }

    /// The matrix to the vocabulary, with its bias.
    pub(super) fn unembedding(&self) -> Result<&Linear> {
        match &self.layers.top {
            Top::Unembed(unembed) | Top::Masked { unembed, .. } | Top::Bare(Some(unembed)) => Ok(unembed),
            _ => bail!(
                "the checkpoint was read as {:?} with the head {:?}, which gives no logits of tokens. A language model \
                 was expected: …ForMaskedLM, GPT2LMHeadModel, LlamaForCausalLM",
                self.config.architecture,
                self.head
            ),
        }
    }

    fn check_width(&self, x: &Tensor) -> Result<()> {
        if x.dim(D::Minus1)? != self.config.width {
            bail!("vectors of the residual, (…, {}), were expected, not {:?}", self.config.width, x.dims());
        }
        Ok(())
    }
}
