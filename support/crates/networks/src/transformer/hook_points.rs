//! Every activation that hooks reach: one list, from which the names in the forward pass, the names of a model, the
//! errors and the table in the documentation are made.
//!
//! The names are those that TransformerLens 3 lists in `hook_dict`. Each activation has two there: that of HookedTransformer
//! and HookedEncoder (`attn.hook_q`), which is ours, and that of the module (`attn.q.hook_out`), which is understood too
//! where it means the same in every architecture. It does not for `hook_out`, `attn.hook_out`, `mlp.hook_out` and
//! `mlp.in.hook_out`: in BERT the first three include the norm, and in Llama the last is another projection.
//!
//! Differences: the embeddings are called so in every architecture (HookedEncoder puts `embed.` in front of BERT's).
//! BERT's names are HookedEncoder's. TransformerBridge means other tensors by three of them: its `hook_embed` is our
//! `hook_full_embed`, its `hook_resid_mid` our `hook_resid_post`, its `hook_resid_post` our `hook_normalized_resid_post`.
//! `hook_embed_sum` and `hook_logits` are called otherwise there: `embed_ln.hook_in`, `hook_unembed`.

use super::config::{Config, Head};

/// One activation, in the model or in each of its blocks.
#[derive(Clone, Copy, Debug)]
pub struct HookPoint {
    /// Its name; of one in a block, what follows `blocks.{n}.`.
    pub name: &'static str,
    /// Whether each block has it.
    pub in_block: bool,
    /// The names of its dimensions.
    pub shape: &'static str,
    /// Which models have it.
    pub models: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Other names for it that are understood.
    pub also: &'static [&'static str],
    when: When,
}

/// Which models have an activation.
#[derive(Clone, Copy, Debug)]
enum When {
    Always,
    /// Token types are embedded.
    TokenTypes,
    /// Positions are embedded.
    Positions,
    Rotary,
    PreNorm,
    PostNorm,
    Gated,
    /// A dense layer stands between the first token and the classes.
    Pooled,
    Head,
}

impl When {
    fn holds(self, config: &Config, head: Head) -> bool {
        match self {
            When::Always => true,
            When::TokenTypes => config.token_types > 0,
            When::Positions => config.rotary.is_none(),
            When::Rotary => config.rotary.is_some(),
            When::PreNorm => !config.post_norm,
            When::PostNorm => config.post_norm,
            When::Gated => config.gated,
            When::Pooled => config.post_norm && head == Head::Classifier,
            When::Head => head != Head::Bare,
        }
    }
}

#[rustfmt::skip]
macro_rules! models {
    (Always) => { "all" };
    (TokenTypes) => { "BERT" };
    (Positions) => { "BERT, DistilBERT, GPT-2" };
    (Rotary) => { "Llama" };
    (PreNorm) => { "GPT-2, Llama" };
    (PostNorm) => { "BERT, DistilBERT" };
    (Gated) => { "Llama" };
    (Pooled) => { "BERT, DistilBERT with a classifier" };
    (Head) => { "all with a head" };
}

/// Makes of each row a constant with its name, a row of the list, and a row of the documentation's table.
macro_rules! hook_points {
    ($($constant:ident = $block:literal $name:literal, $when:ident, $shape:literal, $what:literal $(, or $also:literal)*;)*) => {
        $(pub(super) const $constant: &str = $name;)*

        /// Every activation that [`Hooks`](super::Hooks) reach, in the order of the pass; `n` stands for the number of a
        /// block. In BERT and DistilBERT `ln1` comes after `hook_resid_mid` and `ln2` after `hook_resid_post`.
        ///
        /// Scores that a mask forbids are [`MASKED`](kernels::ops::MASKED). `hook_logits` has the shape that
        /// [`Run::logits`](super::Run::logits) tells.
        ///
        /// | name | shape | models | what | also called |
        /// |---|---|---|---|---|
        $(#[doc = concat!(
            "| `", $block, $name, "` | ", $shape, " | ", models!($when), " | ", $what, " |", $(" `", $block, $also, "`",)* " |"
        )])*
        pub const HOOK_POINTS: &[HookPoint] = &[$(HookPoint {
            name: $name,
            in_block: !$block.is_empty(),
            shape: $shape,
            models: models!($when),
            what: $what,
            also: &[$($also),*],
            when: When::$when,
        }),*];
    };
}

#[rustfmt::skip]
hook_points! {
    EMBED = "" "hook_embed", Always, "batch, tokens, width", "the embeddings of the words", or "embed.hook_out";
    TOKEN_TYPE_EMBED = "" "hook_token_type_embed", TokenTypes, "batch, tokens, width", "the embeddings of the token types", or "token_type_embed.hook_out";
    POS_EMBED = "" "hook_pos_embed", Positions, "batch, tokens, width", "the embeddings of the positions", or "pos_embed.hook_out";
    EMBED_SUM = "" "hook_embed_sum", PostNorm, "batch, tokens, width", "the sum of the embeddings", or "embed_ln.hook_in";
    EMBED_LN_SCALE = "" "embed.ln.hook_scale", PostNorm, "batch, tokens, 1", "what the norm of the embeddings divides by", or "embed_ln.hook_scale";
    EMBED_LN_NORMALIZED = "" "embed.ln.hook_normalized", PostNorm, "batch, tokens, width", "the result of that norm before weight and bias", or "embed_ln.hook_normalized";
    FULL_EMBED = "" "hook_full_embed", PostNorm, "batch, tokens, width", "the embeddings after their norm", or "embed_ln.hook_out";
    RESID_PRE = "blocks.n." "hook_resid_pre", Always, "batch, tokens, width", "what the block reads", or "hook_in";
    LN1_SCALE = "blocks.n." "ln1.hook_scale", Always, "batch, tokens, 1", "what the norm beside the attention divides by";
    LN1_NORMALIZED = "blocks.n." "ln1.hook_normalized", Always, "batch, tokens, width", "the result of that norm before weight and bias";
    Q = "blocks.n." "attn.hook_q", Always, "batch, tokens, heads, head width", "queries", or "attn.q.hook_out";
    K = "blocks.n." "attn.hook_k", Always, "batch, tokens, key heads, head width", "keys", or "attn.k.hook_out";
    V = "blocks.n." "attn.hook_v", Always, "batch, tokens, key heads, head width", "values", or "attn.v.hook_out";
    ROT_Q = "blocks.n." "attn.hook_rot_q", Rotary, "batch, tokens, heads, head width", "queries turned by their position";
    ROT_K = "blocks.n." "attn.hook_rot_k", Rotary, "batch, tokens, key heads, head width", "keys turned by their position";
    ATTN_SCORES = "blocks.n." "attn.hook_attn_scores", Always, "batch, heads, query, key", "attention before softmax";
    PATTERN = "blocks.n." "attn.hook_pattern", Always, "batch, heads, query, key", "attention after softmax";
    Z = "blocks.n." "attn.hook_z", Always, "batch, tokens, heads, head width", "what each head read", or "attn.o.hook_in";
    RESULT = "blocks.n." "attn.hook_result", Always, "batch, tokens, heads, width", "what each head adds to the residual";
    ATTN_OUT = "blocks.n." "hook_attn_out", Always, "batch, tokens, width", "what all heads and the bias add", or "attn.o.hook_out";
    RESID_MID = "blocks.n." "hook_resid_mid", Always, "batch, tokens, width", "the residual after the attention; in BERT before the norm";
    LN2_SCALE = "blocks.n." "ln2.hook_scale", Always, "batch, tokens, 1", "what the norm beside the MLP divides by";
    LN2_NORMALIZED = "blocks.n." "ln2.hook_normalized", Always, "batch, tokens, width", "the result of that norm before weight and bias";
    PRE = "blocks.n." "mlp.hook_pre", Always, "batch, tokens, MLP width", "the MLP before its non-linear function; in Llama the gate", or "mlp.gate.hook_out";
    PRE_LINEAR = "blocks.n." "mlp.hook_pre_linear", Gated, "batch, tokens, MLP width", "the projection beside the gate";
    POST = "blocks.n." "mlp.hook_post", Always, "batch, tokens, MLP width", "the MLP after its non-linear function; in Llama the product", or "mlp.out.hook_in";
    MLP_OUT = "blocks.n." "hook_mlp_out", Always, "batch, tokens, width", "what the MLP adds to the residual", or "mlp.out.hook_out";
    RESID_POST = "blocks.n." "hook_resid_post", Always, "batch, tokens, width", "the residual after the MLP; in BERT before the norm";
    NORMALIZED_RESID_POST = "blocks.n." "hook_normalized_resid_post", PostNorm, "batch, tokens, width", "the residual after the last norm of the block: what the next one reads";
    LN_FINAL_SCALE = "" "ln_final.hook_scale", PreNorm, "batch, tokens, 1", "what the last norm divides by";
    LN_FINAL_NORMALIZED = "" "ln_final.hook_normalized", PreNorm, "batch, tokens, width", "the result of that norm before weight and bias";
    LN_FINAL_OUT = "" "ln_final.hook_out", PreNorm, "batch, tokens, width", "what the head reads";
    POOLER_OUT = "" "pooler.hook_pooler_out", Pooled, "batch, width", "what the classifier reads";
    LOGITS = "" "hook_logits", Head, "batch, …", "the logits", or "hook_unembed", or "unembed.hook_out";
}

/// The two activations inside a norm: what it divides by, and its result before weight and bias.
pub(super) type InNorm = [&'static str; 2];
pub(super) const EMBED_LN: InNorm = [EMBED_LN_SCALE, EMBED_LN_NORMALIZED];
pub(super) const LN1: InNorm = [LN1_SCALE, LN1_NORMALIZED];
pub(super) const LN2: InNorm = [LN2_SCALE, LN2_NORMALIZED];
pub(super) const LN_FINAL: InNorm = [LN_FINAL_SCALE, LN_FINAL_NORMALIZED];

/// The names of all activations of a model, in the order in which they are computed.
pub(super) fn names(config: &Config, head: Head) -> Vec<String> {
    let row = |name: &str| HOOK_POINTS.iter().position(|point| point.name == name).unwrap_or(0);
    // The norms of a block stand before its parts in the list, as in GPT-2 and Llama; in BERT and DistilBERT after them.
    let place = |point: &HookPoint| match point.name {
        LN1_SCALE | LN1_NORMALIZED if config.post_norm => 2 * row(RESID_MID) + 1,
        LN2_SCALE | LN2_NORMALIZED if config.post_norm => 2 * row(RESID_POST) + 1,
        name => 2 * row(name),
    };
    let mut points: Vec<&HookPoint> = HOOK_POINTS.iter().filter(|point| point.when.holds(config, head)).collect();
    points.sort_by_key(|point| place(point));
    let first = points.iter().take_while(|point| !point.in_block).count();
    let (before, rest) = points.split_at(first);
    let (block, after) = rest.split_at(rest.iter().take_while(|point| point.in_block).count());
    let in_blocks = (0..config.layers).flat_map(|n| block.iter().map(move |point| full_name(Some(n), point.name)));
    let outside = |points: &[&HookPoint]| points.iter().map(|point| point.name.to_owned()).collect::<Vec<_>>();
    outside(before).into_iter().chain(in_blocks).chain(outside(after)).collect()
}

/// What transformers calls hidden states: what the first block reads, then what each block gives, the last one after the
/// final norm where there is one.
pub(super) fn hidden_states(config: &Config) -> Vec<String> {
    let each = |layer: usize| match config.post_norm {
        true => full_name(Some(layer), NORMALIZED_RESID_POST),
        false if layer + 1 == config.layers => LN_FINAL_OUT.into(),
        false => full_name(Some(layer), RESID_POST),
    };
    std::iter::once(full_name(Some(0), RESID_PRE)).chain((0..config.layers).map(each)).collect()
}

/// `blocks.{layer}.{name}`, or `name` alone.
pub(super) fn full_name(layer: Option<usize>, name: &str) -> String {
    match layer {
        Some(layer) => format!("blocks.{layer}.{name}"),
        None => name.to_owned(),
    }
}

/// A name or pattern in which another name for an activation is replaced by the one in the list.
pub(super) fn canonical(name: &str) -> String {
    let in_block = name.strip_prefix("blocks.").and_then(|rest| rest.split_once('.'));
    let (block, rest) = match in_block {
        Some((_, rest)) => name.split_at(name.len() - rest.len()),
        None => ("", name),
    };
    let known = |point: &&HookPoint| point.in_block == in_block.is_some() && point.also.contains(&rest);
    match HOOK_POINTS.iter().find(known) {
        Some(point) => format!("{block}{}", point.name),
        None => name.to_owned(),
    }
}
