//! Keys and values of tokens that were read already, so that those after them need not read them again.
//!
//! In a causal model (GPT-2, Llama) a token's keys and values do not depend on what follows. Reading n tokens after m
//! others costs n forward passes of a token, not m + n.

use candle_core::{DType, Device, Tensor};

use super::batch::Batch;
use super::config::Config;
use ground::{Result, bail};
use kernels::ops;

/// Keys and values of a block, those of Llama turned by their positions: (rows, tokens, key heads, head width) each.
type KeysAndValues = (Tensor, Tensor);

/// The keys and values of all blocks for the tokens read so far. A copy costs nothing: the numbers are shared.
///
/// ```no_run
/// # use networks::{Batch, Hooks, Transformer, transformer::Cache};
/// # let model = Transformer::load("folder")?;
/// let mut prefix = Cache::new();
/// model.extend(&mut prefix, &Batch::of(&[model.encode("The soup was")?]))?;
/// // Two continuations of one prefix, which is read once.
/// let run = model.run_after(&prefix, &Batch::of_ids(&[vec![4692], vec![3024, 13]]), &Hooks::new())?;
/// # ground::Result::Ok(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Cache {
    blocks: Vec<KeysAndValues>,
    rows: usize,
    tokens: usize,
}

impl Cache {
    /// Nothing was read yet.
    pub fn new() -> Cache {
        Cache::default()
    }

    /// How many tokens were read, in each row.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// How many texts they belong to; 0 for an empty cache.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Forgets all but the first `tokens` tokens.
    ///
    /// # Errors
    /// As candle's operations.
    pub fn truncate(&mut self, tokens: usize) -> Result<()> {
        if tokens == 0 {
            *self = Cache::new();
        } else if tokens < self.tokens {
            let cut = |x: &Tensor| x.narrow(1, 0, tokens)?.force_contiguous(); // (rows, tokens, key heads, head width)
            let blocks = self.blocks.iter().map(|(k, v)| Ok((cut(k)?, cut(v)?))).collect::<Result<_>>()?;
            *self = Cache { blocks, rows: self.rows, tokens };
        }
        Ok(())
    }

    /// The keys and values of the tokens before, and `k` and `v` (batch, tokens, key heads, head width) behind them:
    /// (batch, all tokens, key heads, head width).
    pub(super) fn before(&self, layer: usize, k: Tensor, v: Tensor) -> Result<KeysAndValues> {
        let Some((old_k, old_v)) = self.blocks.get(layer) else {
            return Ok((k, v));
        };
        let join = |old: &Tensor, new: Tensor| {
            let (rows, _, heads, width) = new.dims4()?;
            let old = old.broadcast_as((rows, self.tokens, heads, width))?; // a prefix of one row serves all
            Tensor::cat(&[&old, &new], 1) // (batch, all tokens, key heads, head width)
        };
        Ok((join(old_k, k)?, join(old_v, v)?))
    }

    /// What is added to the attention scores of `tokens` new tokens, (1, 1, query, key): the query at `q` reads the keys
    /// up to `q` plus the number of tokens before. Padding, which is on the right, is read by padding alone. `None` where
    /// everything counts.
    pub(super) fn mask(&self, tokens: usize, dtype: DType) -> Result<Option<Tensor>> {
        if tokens == 1 {
            return Ok(None);
        }
        let keys = self.tokens + tokens;
        let row = |query: usize| (0..keys).map(move |key| if key > query + self.tokens { ops::MASKED } else { 0.0 });
        let mask: Vec<f32> = (0..tokens).flat_map(row).collect();
        Ok(Some(Tensor::from_vec(mask, (1, 1, tokens, keys), &Device::Cpu)?.to_dtype(dtype)?))
    }

    /// What it holds once a pass over `tokens` tokens in each of `rows` rows has given the keys and values of all blocks.
    pub(super) fn extended(&self, blocks: Vec<KeysAndValues>, rows: usize, tokens: usize) -> Cache {
        Cache { blocks, rows, tokens: self.tokens + tokens }
    }

    /// That it was made by such a model, and that the batch can follow.
    pub(super) fn check(&self, config: &Config, batch: &Batch) -> Result<()> {
        if !config.causal {
            bail!(
                "{:?} reads to the left and to the right, so what it computed for a text changes with what follows, and a \
                 cache cannot be used. It can with GPT-2 and Llama",
                config.architecture
            );
        }
        batch.check(config)?;
        let all = self.tokens + batch.tokens();
        if all > config.max_tokens {
            bail!(
                "{} tokens were read and {} are to follow, the model reads at most {}",
                self.tokens,
                batch.tokens(),
                config.max_tokens
            );
        }
        let Some((keys, _)) = self.blocks.first() else {
            return Ok(());
        };
        let expected = [self.rows, self.tokens, config.key_heads, config.head_width];
        if self.blocks.len() != config.layers || keys.dims() != expected {
            bail!(
                "the cache was made by another model: it has {} blocks of keys {:?}, this model {} of {expected:?}",
                self.blocks.len(),
                keys.dims(),
                config.layers
            );
        }
        if ![1, batch.len()].contains(&self.rows) {
            bail!(
                "the cache has {} rows and the batch {}: as many were expected, or a cache of 1",
                self.rows,
                batch.len()
            );
        }
        Ok(())
    }
}
