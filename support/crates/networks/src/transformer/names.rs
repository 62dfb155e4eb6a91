//! The names of the activations: TransformerLens's where it has one.
//!
//! Differences: `hook_embed`, `hook_pos_embed` and `hook_token_type_embed` are called so in every architecture
//! (HookedEncoder puts `embed.` in front). Not in TransformerLens: `hook_embed_sum` (BERT's embeddings before their norm),
//! `ln_final.hook_out` (what the unembedding reads), `hook_logits`.

use super::config::{Config, Head};
use super::run::full_name;

const NORM: [&str; 2] = ["hook_scale", "hook_normalized"];

/// All names, in the order in which they are computed.
pub(super) fn all(config: &Config, head: Head) -> Vec<String> {
    let mut names = Names(Vec::new());
    names.push(None, &["hook_embed"]);
    if config.token_types > 0 {
        names.push(None, &["hook_token_type_embed"]);
    }
    if config.rotary.is_none() {
        names.push(None, &["hook_pos_embed"]);
    }
    if config.post_norm {
        names.push(None, &["hook_embed_sum"]);
        names.norm(None, "embed.ln");
        names.push(None, &["hook_full_embed"]);
    }
    for layer in 0..config.layers {
        block(&mut names, config, Some(layer));
    }
    if !config.post_norm {
        names.norm(None, "ln_final");
        names.push(None, &["ln_final.hook_out"]);
    }
    if head == Head::Classifier && config.post_norm {
        names.push(None, &["pooler.hook_pooler_out"]);
    }
    if head != Head::Bare {
        names.push(None, &["hook_logits"]);
    }
    names.0
}

fn block(names: &mut Names, config: &Config, layer: Option<usize>) {
    names.push(layer, &["hook_resid_pre"]);
    if !config.post_norm {
        names.norm(layer, "ln1");
    }
    names.push(layer, &["attn.hook_q", "attn.hook_k", "attn.hook_v"]);
    if config.rotary.is_some() {
        names.push(layer, &["attn.hook_rot_q", "attn.hook_rot_k"]);
    }
    names.push(layer, &["attn.hook_attn_scores", "attn.hook_pattern", "attn.hook_z", "attn.hook_result"]);
    names.push(layer, &["hook_attn_out", "hook_resid_mid"]);
    names.norm(layer, if config.post_norm { "ln1" } else { "ln2" });
    names.push(layer, &["mlp.hook_pre"]);
    if config.gated {
        names.push(layer, &["mlp.hook_pre_linear"]);
    }
    names.push(layer, &["mlp.hook_post", "hook_mlp_out", "hook_resid_post"]);
    if config.post_norm {
        names.norm(layer, "ln2");
        names.push(layer, &["hook_normalized_resid_post"]);
    }
}

/// What transformers calls hidden states: what the first block reads, then what each block gives, the last one after the
/// final norm where there is one.
pub(super) fn hidden_states(config: &Config) -> Vec<String> {
    let each = |layer: usize| match config.post_norm {
        true => full_name(Some(layer), "hook_normalized_resid_post"),
        false if layer + 1 == config.layers => "ln_final.hook_out".into(),
        false => full_name(Some(layer), "hook_resid_post"),
    };
    std::iter::once(full_name(Some(0), "hook_resid_pre")).chain((0..config.layers).map(each)).collect()
}

struct Names(Vec<String>);

impl Names {
    fn push(&mut self, layer: Option<usize>, what: &[&str]) {
        self.0.extend(what.iter().map(|what| full_name(layer, what)));
    }

    fn norm(&mut self, layer: Option<usize>, norm: &str) {
        self.0.extend(NORM.map(|hook| full_name(layer, &format!("{norm}.{hook}"))));
    }
}
