//! The last residual as a sum of what each part of the model contributed (Elhage et al. 2021, "A mathematical framework
//! for transformer circuits").
//!
//! Blocks only add to the residual, so in GPT-2 and Llama the sum is there to be read. In BERT and DistilBERT each sum
//! passes through a LayerNorm, which is linear once its divisor is given: a contribution c becomes
//! w · (c − mean(c)) / scale with the scale recorded in the pass, and the norm's bias is a contribution of its own
//! (`apply_ln_to_stack` in TransformerLens does the same with the final norm). Both sums are exact. The divisor is taken as
//! it was: how a contribution changed it is nobody's share.

use candle_core::{D, Tensor};

use super::Transformer;
use super::batch::Batch;
use super::hook_points::{self as names, full_name};
use super::hooks::Hooks;
use super::layers::Norm;
use super::run::Run;
use ground::{Result, bail};
use kernels::ops;

/// How finely the residual is taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// `embeddings`, and per block `blocks.n`: everything that it adds.
    Layers,
    /// Each embedding (`hook_embed`, …); per block `hook_attn_out` and `hook_mlp_out`.
    Components,
    /// As components, with the attention's output as one part per head, `blocks.n.attn.hook_result.h`, and its bias,
    /// `blocks.n.attn.b_O`.
    Heads,
}

/// What each part of the model contributed to the last residual.
#[derive(Clone, Debug)]
pub struct Decomposition {
    names: Vec<String>,
    contributions: Tensor,
    total: Tensor,
    /// Whether the final norm was applied.
    normed: bool,
}

impl Decomposition {
    /// The names of the parts: those of activations and weights, with the number of the head behind.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What each part contributed: (parts, batch, tokens, width).
    pub fn contributions(&self) -> &Tensor {
        &self.contributions
    }

    /// What they add up to, as the model computed it: (batch, tokens, width).
    pub fn total(&self) -> &Tensor {
        &self.total
    }

    /// The contribution of one part: (batch, tokens, width).
    ///
    /// # Errors
    /// No such part.
    pub fn get(&self, name: &str) -> Result<Tensor> {
        match self.names.iter().position(|known| known == name) {
            Some(at) => Ok(self.contributions.get(at)?),
            None => bail!("there is no part `{name}`. There are {}", self.names.join(", ")),
        }
    }

    /// The names of the parts, and the shape of each contribution.
    pub fn evcxr_display(&self) {
        for name in &self.names {
            println!("{name} {:?}", self.total.dims());
        }
    }

    /// The contributions to what the head reads, `ln_final.hook_out`; the norm's bias is one more part where it has one,
    /// `ln_final.b`. In BERT and DistilBERT, which have no final norm, the same as before.
    ///
    /// # Errors
    /// A decomposition of another model.
    pub fn after_final_norm(&self, model: &Transformer) -> Result<Decomposition> {
        self.check_width(model)?;
        let norm = match &model.layers.final_norm {
            Some(norm) if !self.normed => norm,
            _ => return Ok(self.clone()),
        };
        let centred = if norm.bias.is_some() { ops::centre(&self.total)? } else { self.total.clone() };
        let scale = ops::root_mean_square(&centred, model.config.norm_eps)?; // (batch, tokens, 1)
        let mut contributions = linearised(norm, &scale, &self.contributions)?; // (parts, batch, tokens, width)
        let mut names = self.names.clone();
        if let Some(bias) = &norm.bias {
            let bias = bias.broadcast_as(self.total.shape())?.unsqueeze(0)?; // (1, batch, tokens, width)
            contributions = Tensor::cat(&[&contributions, &bias], 0)?; // (parts + 1, batch, tokens, width)
            names.push("ln_final.b".to_owned());
        }
        Ok(Decomposition { names, contributions, total: model.final_norm(&self.total)?, normed: true })
    }

    fn check_width(&self, model: &Transformer) -> Result<()> {
        let (found, expected) = (self.total.dim(D::Minus1)?, model.config.width);
        if found != expected {
            bail!("the decomposition is of another model: its vectors have the width {found}, this model's {expected}");
        }
        Ok(())
    }
}

impl Transformer {
    /// The last residual of each token, `hook_resid_post` of the last block in GPT-2 and Llama and
    /// `hook_normalized_resid_post` in BERT and DistilBERT, as a sum of contributions. In BERT and DistilBERT the biases of
    /// the norms (`embed.ln.b`, `blocks.n.ln1.b`, `blocks.n.ln2.b`) are parts as well; with [`Parts::Layers`] they belong
    /// to the embeddings and to their block.
    ///
    /// It holds (parts, batch, tokens, width) numbers; with heads there are over layers · (heads + 1) parts.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn decompose(&self, batch: &Batch, parts: Parts) -> Result<Decomposition> {
        let last = full_name(Some(self.config.layers - 1), self.last_residual());
        let mut wanted = vec![last.clone()];
        let attention = if parts == Parts::Heads { names::RESULT } else { names::ATTN_OUT };
        let mut in_block = vec![attention, names::MLP_OUT];
        if self.config.post_norm {
            wanted.push(names::EMBED_LN_SCALE.to_owned());
            in_block.extend([names::LN1_SCALE, names::LN2_SCALE]);
        }
        wanted.extend(self.embedding_names().map(str::to_owned));
        wanted.extend(in_block.iter().map(|name| format!("blocks.*.{name}")));
        let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        let run = self.run(batch, &Hooks::new().record(&wanted))?;
        let stack = self.stack(&run, parts)?;
        let stack = if parts == Parts::Layers { stack.by_layer()? } else { stack };
        let contributions = Tensor::stack(&stack.parts, 0)?; // (parts, batch, tokens, width)
        Ok(Decomposition { names: stack.names, contributions, total: run.get(&last)?, normed: self.config.post_norm })
    }

    /// What each part contributed to the logits of some tokens of the vocabulary, direct logit attribution: (parts, batch,
    /// tokens, ids). Over the parts they add up to the logits.
    ///
    /// # Errors
    /// A decomposition before the final norm, or of another model; a checkpoint without a language-model head; BERT and
    /// DistilBERT, whose head is not linear; an id that is none of the model's.
    pub fn logit_contributions(&self, decomposition: &Decomposition, ids: &[u32]) -> Result<Tensor> {
        if self.config.post_norm {
            bail!(
                "{:?}'s head has an activation between the last residual and the logits, so the logits are no sum of \
                 contributions. They are in GPT-2 and Llama",
                self.config.architecture
            );
        }
        if !decomposition.normed {
            bail!("contributions after the final norm were expected: call after_final_norm first");
        }
        if let Some(id) = ids.iter().find(|&&id| id as usize >= self.config.vocabulary) {
            bail!("the id {id} is not one of the model's tokens, 0 to {}", self.config.vocabulary - 1);
        }
        let weight = &self.unembedding()?.weight; // (vocabulary, width)
        let chosen = weight.index_select(&Tensor::new(ids, weight.device())?, 0)?; // (ids, width)
        decomposition.check_width(self)?;
        ops::linear(&decomposition.contributions, &chosen, None) // (parts, batch, tokens, ids)
    }

    /// The embeddings that a token's vector is the sum of.
    fn embedding_names(&self) -> impl Iterator<Item = &'static str> {
        let has = [true, self.layers.token_type.is_some(), self.layers.position.is_some()];
        let all = [names::EMBED, names::TOKEN_TYPE_EMBED, names::POS_EMBED];
        all.into_iter().zip(has).filter_map(|(name, has)| has.then_some(name))
    }

    fn last_residual(&self) -> &'static str {
        if self.config.post_norm { names::NORMALIZED_RESID_POST } else { names::RESID_POST }
    }

    /// The parts in the order of the pass.
    fn stack(&self, run: &Run, parts: Parts) -> Result<Stack> {
        let mut stack = Stack { names: Vec::new(), parts: Vec::new() };
        for name in self.embedding_names() {
            stack.push(name.to_owned(), run.get(name)?);
        }
        if let Some(norm) = &self.layers.embed_norm {
            stack.through(norm, &run.get(names::EMBED_LN_SCALE)?, "embed.ln.b".to_owned())?;
        }
        for (n, block) in self.layers.blocks.iter().enumerate() {
            let at = |name: &str| full_name(Some(n), name);
            if parts == Parts::Heads {
                let result = run.get(&at(names::RESULT))?; // (batch, tokens, heads, width)
                for head in 0..self.config.heads {
                    let part = result.narrow(2, head, 1)?.squeeze(2)?; // (batch, tokens, width)
                    stack.push(at(&format!("{}.{head}", names::RESULT)), part);
                }
                if let Some(bias) = &block.o.bias {
                    stack.push_bias(at("attn.b_O"), bias)?;
                }
            } else {
                stack.push(at(names::ATTN_OUT), run.get(&at(names::ATTN_OUT))?);
            }
            if self.config.post_norm {
                stack.through(&block.ln1, &run.get(&at(names::LN1_SCALE))?, at("ln1.b"))?;
            }
            stack.push(at(names::MLP_OUT), run.get(&at(names::MLP_OUT))?);
            if self.config.post_norm {
                stack.through(&block.ln2, &run.get(&at(names::LN2_SCALE))?, at("ln2.b"))?;
            }
        }
        Ok(stack)
    }
}

/// The parts while the model is gone through: (batch, tokens, width) each.
struct Stack {
    names: Vec<String>,
    parts: Vec<Tensor>,
}

impl Stack {
    fn push(&mut self, name: String, part: Tensor) {
        self.names.push(name);
        self.parts.push(part);
    }

    /// A bias (width), which every token gets.
    fn push_bias(&mut self, name: String, bias: &Tensor) -> Result<()> {
        let Some(first) = self.parts.first() else { bail!("a bias needs a part beside it") };
        let part = bias.broadcast_as(first.shape())?.contiguous()?; // (batch, tokens, width)
        self.push(name, part);
        Ok(())
    }

    /// All parts through a norm that divided by `scale` (batch, tokens, 1), and its bias as one more part.
    fn through(&mut self, norm: &Norm, scale: &Tensor, bias_name: String) -> Result<()> {
        for part in &mut self.parts {
            *part = linearised(norm, scale, part)?;
        }
        match &norm.bias {
            Some(bias) => self.push_bias(bias_name, bias),
            None => Ok(()),
        }
    }

    /// The parts of each block added up, and those before the blocks.
    fn by_layer(self) -> Result<Stack> {
        let mut layers = Stack { names: Vec::new(), parts: Vec::new() };
        for (name, part) in self.names.iter().zip(self.parts) {
            let layer = match name.strip_prefix("blocks.").and_then(|rest| rest.split_once('.')) {
                Some((n, _)) => format!("blocks.{n}"),
                None => "embeddings".to_owned(),
            };
            match layers.names.iter().position(|known| *known == layer) {
                Some(at) => layers.parts[at] = (&layers.parts[at] + part)?,
                None => layers.push(layer, part),
            }
        }
        Ok(layers)
    }
}

/// x through a norm, its divisor given and its bias left out: `x` (…, batch, tokens, width), `scale` (batch, tokens, 1).
fn linearised(norm: &Norm, scale: &Tensor, x: &Tensor) -> Result<Tensor> {
    let centred = if norm.bias.is_some() { ops::centre(x)? } else { x.clone() };
    Ok(centred.broadcast_div(scale)?.broadcast_mul(&norm.weight)?)
}
