//! A forward pass of tokens that follow others, whose keys and values are in a cache.

use super::Transformer;
use super::batch::Batch;
use super::cache::Cache;
use super::hooks::Hooks;
use super::run::{Pass, Run, Wanted};
use ground::{Result, bail};

impl Transformer {
    /// One forward pass of tokens that follow those of a cache, which stays as it is. A cache of one row is the common
    /// beginning of all texts of the batch.
    ///
    /// The same numbers as those of [`run`](Self::run) over everything, up to rounding; activations are those of the new
    /// tokens, and `hook_attn_scores` and `hook_pattern` have a column for each token, new or not.
    ///
    /// # Errors
    /// As [`run`](Self::run); a model that reads both sides (BERT, DistilBERT); a cache of another model or of another
    /// number of rows; more tokens together than the model reads.
    pub fn run_after(&self, cache: &Cache, batch: &Batch, hooks: &Hooks) -> Result<Run> {
        cache.check(&self.config, batch)?;
        let names = if hooks.is_empty() { Vec::new() } else { self.activation_names() };
        hooks.check(&names)?;
        let mut pass = Pass { past: Some(cache), ..Pass::new(hooks) };
        self.finish(batch, &names, &mut pass)?;
        Ok(pass.run)
    }

    /// As [`run_after`](Self::run_after) without hooks, and the cache then holds the new tokens too.
    ///
    /// # Errors
    /// As [`run_after`](Self::run_after); texts of different lengths.
    pub fn extend(&self, cache: &mut Cache, batch: &Batch) -> Result<Run> {
        self.extend_for(cache, batch, Wanted::All)
    }

    /// As [`extend`](Self::extend), and no more than what is wanted.
    pub(super) fn extend_for(&self, cache: &mut Cache, batch: &Batch, wanted: Wanted) -> Result<Run> {
        cache.check(&self.config, batch)?;
        let lengths = batch.lengths();
        if lengths.iter().any(|&length| length != batch.tokens()) {
            bail!(
                "a cache is extended by the same number of tokens in each row, the texts have {lengths:?}. run_after takes \
                 texts of any length, and leaves the cache as it is"
            );
        }
        let hooks = Hooks::new();
        let mut pass = Pass { past: Some(cache), kept: Some(Vec::new()), wanted, ..Pass::new(&hooks) };
        self.finish(batch, &[], &mut pass)?;
        let (run, blocks) = (pass.run, pass.kept.unwrap_or_default());
        *cache = cache.extended(blocks, batch.len(), batch.tokens());
        Ok(run)
    }
}
