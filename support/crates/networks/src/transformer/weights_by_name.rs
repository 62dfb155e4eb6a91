//! Weights under the names and in the shapes of TransformerLens, whatever the architecture: inputs before outputs, heads
//! apart. So `x · W + b` is each step of the forward pass.
//!
//! Differences: the embeddings are called so in every architecture (HookedEncoder puts `embed.` in front of BERT's);
//! `W_K` and `W_V` have the key heads, not one for each query head; a bias that the checkpoint lacks is missing, not zero;
//! in a gated MLP `b_gate` and `b_in` belong to the two projections (TransformerLens adds `b_in` to the product); norms are
//! not folded into the matrices after them. The names of classifiers and span heads are ours.

use candle_core::Tensor;

use super::Transformer;
use super::hook_points::full_name;
use super::layers::{Block, Layers, Linear, Norm, Top};
use ground::{Result, bail};

/// A weight: its name, how it is turned from the way it is stored, and where it is.
type Row<Of> = (&'static str, Form, fn(&Of) -> Option<&Tensor>);

/// From the way the forward pass reads a weight to TransformerLens's.
#[derive(Clone, Copy)]
enum Form {
    Same,
    /// (outputs, inputs) → (inputs, outputs)
    Turned,
    /// (heads · head width, width) → (heads, width, head width)
    ToHeads,
    /// (heads · head width) → (heads, head width)
    HeadBias,
    /// (width, heads · head width) → (heads, head width, width)
    FromHeads,
}

const BLOCK: [Row<Block>; 18] = [
    ("ln1.w", Form::Same, |block| Some(&block.ln1.weight)),
    ("ln1.b", Form::Same, |block| block.ln1.bias.as_ref()),
    ("attn.W_Q", Form::ToHeads, |block| Some(&block.q.weight)),
    ("attn.b_Q", Form::HeadBias, |block| block.q.bias.as_ref()),
    ("attn.W_K", Form::ToHeads, |block| Some(&block.k.weight)),
    ("attn.b_K", Form::HeadBias, |block| block.k.bias.as_ref()),
    ("attn.W_V", Form::ToHeads, |block| Some(&block.v.weight)),
    ("attn.b_V", Form::HeadBias, |block| block.v.bias.as_ref()),
    ("attn.W_O", Form::FromHeads, |block| Some(&block.o.weight)),
    ("attn.b_O", Form::Same, |block| block.o.bias.as_ref()),
    ("ln2.w", Form::Same, |block| Some(&block.ln2.weight)),
    ("ln2.b", Form::Same, |block| block.ln2.bias.as_ref()),
    ("mlp.W_gate", Form::Turned, |block| block.gate.as_ref().map(|gate| &gate.weight)),
    ("mlp.b_gate", Form::Same, |block| block.gate.as_ref().and_then(|gate| gate.bias.as_ref())),
    ("mlp.W_in", Form::Turned, |block| Some(&block.mlp_in.weight)),
    ("mlp.b_in", Form::Same, |block| block.mlp_in.bias.as_ref()),
    ("mlp.W_out", Form::Turned, |block| Some(&block.mlp_out.weight)),
    ("mlp.b_out", Form::Same, |block| block.mlp_out.bias.as_ref()),
];

/// Before the blocks.
const EMBEDDINGS: [Row<Layers>; 5] = [
    ("embed.W_E", Form::Same, |layers| Some(&layers.word)),
    ("token_type_embed.W_token_type", Form::Same, |layers| layers.token_type.as_ref()),
    ("pos_embed.W_pos", Form::Same, |layers| layers.position.as_ref()),
    ("embed.ln.w", Form::Same, |layers| layers.embed_norm.as_ref().map(|norm| &norm.weight)),
    ("embed.ln.b", Form::Same, |layers| layers.embed_norm.as_ref().and_then(|norm| norm.bias.as_ref())),
];

/// After the blocks.
const TOP: [Row<Layers>; 14] = [
    ("ln_final.w", Form::Same, |layers| layers.final_norm.as_ref().map(|norm| &norm.weight)),
    ("ln_final.b", Form::Same, |layers| layers.final_norm.as_ref().and_then(|norm| norm.bias.as_ref())),
    ("pooler.W", Form::Turned, |layers| pooler(&layers.top).map(|dense| &dense.weight)),
    ("pooler.b", Form::Same, |layers| pooler(&layers.top).and_then(|dense| dense.bias.as_ref())),
    ("classifier.W", Form::Turned, |layers| classifier(&layers.top).map(|linear| &linear.weight)),
    ("classifier.b", Form::Same, |layers| classifier(&layers.top).and_then(|linear| linear.bias.as_ref())),
    ("span.W", Form::Turned, |layers| span(&layers.top).map(|linear| &linear.weight)),
    ("span.b", Form::Same, |layers| span(&layers.top).and_then(|linear| linear.bias.as_ref())),
    ("mlm_head.W", Form::Turned, |layers| mlm_head(&layers.top).map(|(dense, _)| &dense.weight)),
    ("mlm_head.b", Form::Same, |layers| mlm_head(&layers.top).and_then(|(dense, _)| dense.bias.as_ref())),
    ("mlm_head.ln.w", Form::Same, |layers| mlm_head(&layers.top).map(|(_, norm)| &norm.weight)),
    ("mlm_head.ln.b", Form::Same, |layers| mlm_head(&layers.top).and_then(|(_, norm)| norm.bias.as_ref())),
    ("unembed.W_U", Form::Turned, |layers| unembed(&layers.top).map(|linear| &linear.weight)),
    ("unembed.b_U", Form::Same, |layers| unembed(&layers.top).and_then(|linear| linear.bias.as_ref())),
];

fn pooler(top: &Top) -> Option<&Linear> {
    if let Top::Pooled { dense, .. } = top { Some(dense) } else { None }
}

fn classifier(top: &Top) -> Option<&Linear> {
    if let Top::Pooled { classifier, .. } | Top::LastToken(classifier) = top { Some(classifier) } else { None }
}

fn span(top: &Top) -> Option<&Linear> {
    if let Top::Span(span) = top { Some(span) } else { None }
}

fn mlm_head(top: &Top) -> Option<(&Linear, &Norm)> {
    if let Top::Masked { dense, norm, .. } = top { Some((dense, norm)) } else { None }
}

fn unembed(top: &Top) -> Option<&Linear> {
    match top {
        Top::Unembed(unembed) | Top::Masked { unembed, .. } | Top::Bare(Some(unembed)) => Some(unembed),
        _ => None,
    }
}

impl Transformer {
    /// The names of all weights, for [`weight`](Self::weight).
    pub fn weight_names(&self) -> Vec<String> {
        let layers = &self.layers;
        let outside = |rows: &[Row<Layers>]| -> Vec<String> {
            rows.iter().filter(|(_, _, read)| read(layers).is_some()).map(|(name, ..)| (*name).to_owned()).collect()
        };
        let in_block = |(n, block)| {
            let has = move |(_, _, read): &&Row<Block>| read(block).is_some();
            BLOCK.iter().filter(has).map(move |(name, ..)| full_name(Some(n), name))
        };
        let blocks = layers.blocks.iter().enumerate().flat_map(in_block);
        outside(&EMBEDDINGS).into_iter().chain(blocks).chain(outside(&TOP)).collect()
    }

    /// A weight, under its name in TransformerLens and in the shape that it has there.
    ///
    /// | name | shape |
    /// |---|---|
    /// | `embed.W_E`; `pos_embed.W_pos`; `token_type_embed.W_token_type` | vocabulary, width; positions, width; types, width |
    /// | `embed.ln.w`, `.b`; `blocks.n.ln1.w`, `.b`; `blocks.n.ln2.w`, `.b`; `ln_final.w`, `.b` | width |
    /// | `blocks.n.attn.W_Q`; `b_Q` | heads, width, head width; heads, head width |
    /// | `blocks.n.attn.W_K`, `W_V`; `b_K`, `b_V` | key heads, width, head width; key heads, head width |
    /// | `blocks.n.attn.W_O`; `b_O` | heads, head width, width; width |
    /// | `blocks.n.mlp.W_in`, `W_gate`; `b_in`, `b_gate` | width, MLP width; MLP width |
    /// | `blocks.n.mlp.W_out`; `b_out` | MLP width, width; width |
    /// | `unembed.W_U`; `b_U` | width, vocabulary; vocabulary |
    /// | `mlm_head.W`, `pooler.W`; `.b`; `mlm_head.ln.w`, `.b` | width, width; width; width |
    /// | `classifier.W`; `.b`; `span.W`; `.b` | width, classes; classes; width, 2; 2 |
    ///
    /// # Errors
    /// The model has no such weight.
    pub fn weight(&self, name: &str) -> Result<Tensor> {
        let in_block = name.strip_prefix("blocks.").and_then(|rest| rest.split_once('.'));
        let found = match in_block {
            Some((n, rest)) => {
                let block = n.parse::<usize>().ok().and_then(|n| self.layers.blocks.get(n));
                block.and_then(|block| find(&BLOCK, rest, block))
            }
            None => find(&EMBEDDINGS, name, &self.layers).or_else(|| find(&TOP, name, &self.layers)),
        };
        let Some((form, stored)) = found else {
            let names = self.weight_names();
            let outside: Vec<&str> =
                names.iter().map(String::as_str).filter(|name| !name.starts_with("blocks.")).collect();
            let block: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix("blocks.0.")).collect();
            bail!(
                "the model has no weight `{name}`. It has {}; and in each of the blocks 0 to {}, as in \
                 blocks.0.attn.W_Q: {}",
                outside.join(", "),
                self.config.layers - 1,
                block.join(", ")
            )
        };
        self.in_form(form, stored)
    }

    fn in_form(&self, form: Form, stored: &Tensor) -> Result<Tensor> {
        let head_width = self.config.head_width;
        Ok(match form {
            Form::Same => stored.clone(),
            Form::Turned => stored.t()?.contiguous()?, // (inputs, outputs)
            Form::ToHeads => {
                let (all, width) = stored.dims2()?;
                let heads = stored.reshape((all / head_width, head_width, width))?; // (heads, head width, width)
                heads.transpose(1, 2)?.contiguous()? // (heads, width, head width)
            }
            Form::HeadBias => stored.reshape(((), head_width))?, // (heads, head width)
            Form::FromHeads => {
                let (width, all) = stored.dims2()?;
                let heads = stored.reshape((width, all / head_width, head_width))?; // (width, heads, head width)
                heads.permute((1, 2, 0))?.contiguous()? // (heads, head width, width)
            }
        })
    }
}

fn find<'a, Of>(rows: &[Row<Of>], name: &str, of: &'a Of) -> Option<(Form, &'a Tensor)> {
    let (_, form, read) = rows.iter().find(|(known, ..)| *known == name)?;
    Some((*form, read(of)?))
}
