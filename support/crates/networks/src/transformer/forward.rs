//! The forward pass, from ids to logits; every activation goes through the hooks once.
//!
//! GPT-2: Radford et al. 2019, section 2.3; BERT: Devlin et al. 2018, section 3; Llama: Touvron et al. 2023, section 2.2.

use candle_core::{DType, Tensor};

use super::Transformer;
use super::batch::Batch;
use super::config::{Activation, Architecture};
use super::hook_points::{self as names, InNorm, full_name};
use super::hooks::{Hooks, same_shape};
use super::layers::{Block, Linear, Norm, Top};
use super::rotary;
use super::run::{Halt, Pass, Run, Wanted};
use ground::Result;
use kernels::{fused, ops};

/// A tensor, or the reason why the pass ends.
type Step = std::result::Result<Tensor, Halt>;

/// What all blocks read besides the residual.
struct Surroundings {
    /// Added to the attention scores.
    mask: Option<Tensor>,
    /// Cosine and sine of the rotary positions.
    angles: Option<(Tensor, Tensor)>,
}

impl Transformer {
    /// One forward pass.
    ///
    /// # Errors
    /// A batch without text, with texts longer than the model reads or ids that it does not know; a hook with an unknown
    /// name, or one that gives another shape.
    pub fn run(&self, batch: &Batch, hooks: &Hooks) -> Result<Run> {
        batch.check(&self.config)?;
        let names = if hooks.is_empty() { Vec::new() } else { self.activation_names() };
        hooks.check(&names)?;
        let mut pass = Pass::new(hooks);
        self.finish(batch, &names, &mut pass)?;
        Ok(pass.run)
    }

    /// The logits alone, (batch, classes) of a classifier: the same numbers as those of [`run`](Self::run), sooner.
    ///
    /// # Errors
    /// As [`run`](Self::run). Hooks must not look at the last block's output or stop before the logits.
    pub(super) fn class_logits(&self, batch: &Batch, hooks: &Hooks) -> Result<Tensor> {
        batch.check(&self.config)?;
        let mut pass = Pass { wanted: Wanted::Logits, ..Pass::new(hooks) };
        self.finish(batch, &[], &mut pass)?;
        pass.run.logits()
    }

    pub(super) fn finish(&self, batch: &Batch, names: &[String], pass: &mut Pass) -> Result<()> {
        match self.forward(batch, names, pass) {
            Ok(()) | Err(Halt::Stop) => Ok(()),
            Err(Halt::Error(error)) => Err(error),
        }
    }

    fn forward(&self, batch: &Batch, names: &[String], pass: &mut Pass) -> std::result::Result<(), Halt> {
        let (first, given) = self.start(batch, names, pass.hooks)?;
        let mut x = match given {
            Some(given) => given,
            None => self.embeddings(batch, pass)?,
        }; // (batch, tokens, width)
        let surroundings = Surroundings {
            mask: match pass.past {
                Some(cache) => cache.mask(batch.tokens(), DType::F32)?,
                None => batch.attention_mask(self.config.causal, DType::F32)?,
            },
            angles: match &self.config.rotary {
                Some(rotary) => {
                    Some(rotary::angles(rotary, self.config.head_width, pass.tokens_before(), batch.tokens())?)
                }
                None => None,
            },
        };
        for (layer, block) in self.layers.blocks.iter().enumerate().skip(first) {
            x = self.block(layer, block, x, &surroundings, pass)?; // (batch, tokens, width)
        }
        if let Some(norm) = &self.layers.final_norm {
            x = self.norm(None, names::LN_FINAL, norm, &x, pass)?;
            x = pass.at(None, names::LN_FINAL_OUT, x)?;
        }
        pass.run.hidden = Some(x.clone());
        if pass.wanted == Wanted::Hidden {
            return Ok(());
        }
        if let Some(rows) = &pass.read {
            let rows = Tensor::new(rows.as_slice(), x.device())?;
            x = x.flatten_to(1)?.index_select(&rows, 0)?.unsqueeze(1)?; // (rows, 1, width)
        }
        if let Some(logits) = self.top(batch, &x, pass)? {
            pass.run.logits = Some(pass.at(None, names::LOGITS, logits)?);
        }
        Ok(())
    }

    /// The block to start with and the residual that it reads, where a hook gives the residual and none looks at anything
    /// before it; else the first block.
    fn start(&self, batch: &Batch, names: &[String], hooks: &Hooks) -> Result<(usize, Option<Tensor>)> {
        for layer in (0..self.config.layers).rev() {
            let name = full_name(Some(layer), names::RESID_PRE);
            if let Some(given) = hooks.replacement(&name) {
                if names.iter().take_while(|earlier| **earlier != name).any(|earlier| hooks.wants(earlier)) {
                    continue;
                }
                let shape = [batch.len(), batch.tokens(), self.config.width];
                return Ok((layer, Some(same_shape(given.clone(), &shape, &name)?)));
            }
        }
        Ok((0, None))
    }

    fn embeddings(&self, batch: &Batch, pass: &mut Pass) -> Step {
        let (layers, width) = (&self.layers, self.config.width);
        let shape = (batch.len(), batch.tokens(), width);
        let words = match batch.embedded() {
            Some(vectors) => vectors.clone(),
            None => layers.word.index_select(&batch.padded_ids(self.config.pad_id.unwrap_or(0))?, 0)?.reshape(shape)?,
        };
        let mut x = pass.at(None, names::EMBED, words)?; // (batch, tokens, width)
        if let Some(types) = &layers.token_type {
            let types = types.index_select(&batch.padded_types()?, 0)?.reshape(shape)?;
            x = (x + pass.at(None, names::TOKEN_TYPE_EMBED, types)?)?;
        }
        if let Some(positions) = &layers.position {
            let positions = positions.narrow(0, pass.tokens_before(), batch.tokens())?; // (tokens, width)
            let positions = positions.broadcast_as(shape)?.contiguous()?; // (batch, tokens, width)
            x = (x + pass.at(None, names::POS_EMBED, positions)?)?;
        }
        if let Some(norm) = &layers.embed_norm {
            x = pass.at(None, names::EMBED_SUM, x)?;
            x = self.norm(None, names::EMBED_LN, norm, &x, pass)?;
            x = pass.at(None, names::FULL_EMBED, x)?;
        }
        Ok(x)
    }

    fn block(&self, layer: usize, block: &Block, x: Tensor, around: &Surroundings, pass: &mut Pass) -> Step {
        let at = Some(layer);
        let before = pass.at(at, names::RESID_PRE, x)?; // (batch, tokens, width), here and below
        if self.config.post_norm {
            let all = before;
            let last = layer + 1 == self.config.layers && matches!(self.layers.top, Top::Pooled { .. });
            // (batch, 1, width) from here on where only the first token is read
            let before =
                if pass.wanted == Wanted::Logits && last { all.narrow(1, 0, 1)?.contiguous()? } else { all.clone() };
            let attention = self.attention(layer, block, &before, &all, around, pass)?;
            let middle = pass.at(at, names::RESID_MID, (before + attention)?)?;
            let middle = self.norm(at, names::LN1, &block.ln1, &middle, pass)?;
            let mlp = self.mlp(at, block, &middle, pass)?;
            let after = pass.at(at, names::RESID_POST, (middle + mlp)?)?;
            let after = self.norm(at, names::LN2, &block.ln2, &after, pass)?;
            pass.at(at, names::NORMALIZED_RESID_POST, after)
        } else {
            let normed = self.norm(at, names::LN1, &block.ln1, &before, pass)?;
            let attention = self.attention(layer, block, &normed, &normed, around, pass)?;
            let middle = pass.at(at, names::RESID_MID, (before + attention)?)?;
            let normed = self.norm(at, names::LN2, &block.ln2, &middle, pass)?;
            let mlp = self.mlp(at, block, &normed, pass)?;
            pass.at(at, names::RESID_POST, (middle + mlp)?)
        }
    }

    /// `x` (batch, tokens, width) looks at `all`, which is the same or holds more tokens.
    fn attention(
        &self,
        layer: usize,
        block: &Block,
        x: &Tensor,
        all: &Tensor,
        around: &Surroundings,
        pass: &mut Pass,
    ) -> Step {
        let (config, at) = (&self.config, Some(layer));
        let heads = |x: Tensor, heads: usize| -> Result<Tensor> {
            let (batch, tokens, _) = x.dims3()?;
            Ok(x.reshape((batch, tokens, heads, config.head_width))?)
        };
        let mut q = pass.at(at, names::Q, heads(block.q.forward(x)?, config.heads)?)?; // (batch, tokens, heads, head width)
        let mut k = pass.at(at, names::K, heads(block.k.forward(all)?, config.key_heads)?)?; // … key heads …
        let v = pass.at(at, names::V, heads(block.v.forward(all)?, config.key_heads)?)?;
        if let Some((cos, sin)) = &around.angles {
            q = pass.at(at, names::ROT_Q, fused::rotary(&q, cos, sin)?)?;
            k = pass.at(at, names::ROT_K, fused::rotary(&k, cos, sin)?)?;
        }
        let (k, v) = pass.with_past(layer, k, v)?; // (batch, all tokens, key heads, head width)
        let scale = config.score_scale(layer);
        let apart = [names::ATTN_SCORES, names::PATTERN].into_iter().any(|name| pass.wants(at, name));
        let z = if apart {
            let scores = ops::attention_scores(&q, &k, around.mask.as_ref(), scale)?; // (batch, heads, query, key)
            let scores = pass.at(at, names::ATTN_SCORES, scores)?;
            let pattern = pass.at(at, names::PATTERN, fused::softmax(&scores)?)?;
            ops::attention_values(&pattern, &v)?
        } else {
            fused::attention(&q, &k, &v, around.mask.as_ref(), scale)?
        };
        let z = pass.at(at, names::Z, z)?; // (batch, tokens, heads, head width)
        let out = heads_together(at, &block.o, &z, pass)?; // (batch, tokens, width)
        pass.at(at, names::ATTN_OUT, out)
    }

    fn mlp(&self, at: Option<usize>, block: &Block, x: &Tensor, pass: &mut Pass) -> Step {
        let inner = match &block.gate {
            Some(gate) => {
                let pre = pass.at(at, names::PRE, gate.forward(x)?)?; // (batch, tokens, MLP width), here and below
                let linear = pass.at(at, names::PRE_LINEAR, block.mlp_in.forward(x)?)?;
                (self.activation(&pre)? * linear)?
            }
            None => self.activation(&pass.at(at, names::PRE, block.mlp_in.forward(x)?)?)?,
        };
        let inner = pass.at(at, names::POST, inner)?;
        pass.at(at, names::MLP_OUT, block.mlp_out.forward(&inner)?) // (batch, tokens, width)
    }

    pub(super) fn activation(&self, x: &Tensor) -> Result<Tensor> {
        match self.config.activation {
            Activation::Gelu => fused::gelu(x),
            Activation::GeluNew => fused::gelu_new(x),
            Activation::Relu => ops::relu(x),
            Activation::Silu => fused::silu(x),
        }
    }

    /// A norm, in steps where a hook looks inside.
    fn norm(&self, at: Option<usize>, [scale, normalized]: InNorm, norm: &Norm, x: &Tensor, pass: &mut Pass) -> Step {
        let eps = self.config.norm_eps;
        if !pass.wants(at, scale) && !pass.wants(at, normalized) {
            return Ok(norm.forward(x, eps)?);
        }
        let x = if norm.bias.is_some() { ops::centre(x)? } else { x.clone() };
        let scale = pass.at(at, scale, ops::root_mean_square(&x, eps)?)?; // (batch, tokens, 1)
        let x = pass.at(at, normalized, x.broadcast_div(&scale)?)?.broadcast_mul(&norm.weight)?; // (batch, tokens, width)
        Ok(match &norm.bias {
            Some(bias) => x.broadcast_add(bias)?,
            None => x,
        })
    }

    fn top(&self, batch: &Batch, x: &Tensor, pass: &mut Pass) -> std::result::Result<Option<Tensor>, Halt> {
        Ok(Some(match &self.layers.top {
            Top::Bare(_) => return Ok(None),
            Top::Pooled { dense, classifier } => {
                let first = x.narrow(1, 0, 1)?.squeeze(1)?; // (batch, width)
                let dense = dense.forward(&first)?;
                let pooled =
                    if self.config.architecture == Architecture::Bert { dense.tanh()? } else { ops::relu(&dense)? };
                classifier.forward(&pass.at(None, names::POOLER_OUT, pooled)?)? // (batch, classes)
            }
            Top::LastToken(classifier) => {
                let last = x.flatten_to(1)?.index_select(&batch.last_tokens()?, 0)?; // (batch, width)
                classifier.forward(&last)? // (batch, classes)
            }
            Top::Span(span) => span.forward(x)?, // (batch, tokens, 2)
            Top::Unembed(_) | Top::Masked { .. } => self.unembed(x)?, // (batch, tokens, vocabulary)
        }))
    }
}

/// The output of the attention from `z`, by way of the results of the heads where a hook changes them.
fn heads_together(at: Option<usize>, o: &Linear, z: &Tensor, pass: &mut Pass) -> Step {
    let name = names::RESULT;
    let changes = pass.intervenes(at, name);
    if pass.wants(at, name) {
        let result = pass.at(at, name, per_head(z, &o.weight)?)?; // (batch, tokens, heads, width)
        if changes {
            let sum = result.sum(2)?; // (batch, tokens, width)
            return Ok(match &o.bias {
                Some(bias) => sum.broadcast_add(bias)?,
                None => sum,
            });
        }
    }
    Ok(o.forward(&z.flatten_from(2)?)?) // (batch, tokens, heads · head width) → (batch, tokens, width)
}

/// What each head adds to the residual: `z` (batch, tokens, heads, head width) and the output matrix (width, heads · head
/// width) give (batch, tokens, heads, width).
fn per_head(z: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let (batch, tokens, heads, head_width) = z.dims4()?;
    let width = weight.dim(0)?;
    let weight = weight.reshape((width, heads, head_width))?.permute((1, 2, 0))?.contiguous()?; // (heads, head width, width)
    let z = z.reshape((batch * tokens, heads, head_width))?.transpose(0, 1)?.contiguous()?; // (heads, batch · tokens, head width)
    let result = z.matmul(&weight)?; // (heads, batch · tokens, width)
    Ok(result.transpose(0, 1)?.contiguous()?.reshape((batch, tokens, heads, width))?)
}
