//! One forward pass under way, and what it gave.
//!
//! Every activation goes through [`Pass::at`]: recording, patching and gradients are that one place.

use std::collections::BTreeMap;

use candle_core::{Tensor, Var};

use super::cache::Cache;
use super::hook_points::{canonical, full_name};
use super::hooks::Hooks;
use ground::{Error, Result, bail};

/// What a forward pass gave.
#[derive(Debug, Default)]
pub struct Run {
    pub(super) logits: Option<Tensor>,
    pub(super) hidden: Option<Tensor>,
    /// In the order of the pass.
    pub(super) activations: Vec<(String, Tensor)>,
    leaves: BTreeMap<String, Var>,
}

impl Run {
    /// The logits: (batch, classes) of a classifier; (batch, tokens, 2), start and end, of a span head; (batch, tokens,
    /// vocabulary) of a language model.
    ///
    /// # Errors
    /// The pass was stopped before, or the checkpoint has no head.
    pub fn logits(&self) -> Result<Tensor> {
        match (&self.logits, &self.hidden) {
            (Some(logits), _) => Ok(logits.clone()),
            (None, Some(_)) => bail!("the checkpoint has no head and so no logits: use hidden()"),
            (None, None) => bail!("the pass was stopped before the logits"),
        }
    }

    /// What the last layer gives, with GPT-2's and Llama's final norm: (batch, tokens, width).
    ///
    /// # Errors
    /// The pass was stopped before.
    pub fn hidden(&self) -> Result<Tensor> {
        self.hidden.clone().ok_or_else(|| Error::new("the pass was stopped before the last layer"))
    }

    /// A recorded activation.
    ///
    /// # Errors
    /// It was not recorded, or the pass was stopped before.
    pub fn get(&self, name: &str) -> Result<Tensor> {
        let name = &canonical(name);
        match self.activations.iter().find(|(known, _)| known == name) {
            Some((_, tensor)) => Ok(tensor.clone()),
            None => bail!("`{name}` was not recorded: name it in .record(&[\"{name}\"]). Recorded: {:?}", self.names()),
        }
    }

    /// The names of the recorded activations, in the order in which they were computed.
    pub fn names(&self) -> Vec<String> {
        self.activations.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The gradient of the sum of `output` with respect to a leaf, in the leaf's shape.
    ///
    /// # Errors
    /// No leaf of this name, or one that `output` does not depend on.
    pub fn gradient(&self, output: &Tensor, name: &str) -> Result<Tensor> {
        let name = &canonical(name);
        let Some(leaf) = self.leaves.get(name) else {
            let leaves: Vec<&String> = self.leaves.keys().collect();
            bail!("`{name}` is no leaf of this pass: name it in .leaf(\"{name}\"). Leaves: {leaves:?}");
        };
        match output.backward()?.get(leaf.as_tensor()) {
            Some(slope) => Ok(slope.clone()),
            None => bail!("the output does not depend on `{name}`"),
        }
    }

    /// The gradients of the sum of `output` with respect to all leaves that it depends on, in one backward pass.
    ///
    /// # Errors
    /// As candle's backward pass.
    pub fn gradients(&self, output: &Tensor) -> Result<BTreeMap<String, Tensor>> {
        let slopes = output.backward()?;
        let slope = |(name, leaf): (&String, &Var)| Some((name.clone(), slopes.get(leaf.as_tensor())?.clone()));
        Ok(self.leaves.iter().filter_map(slope).collect())
    }

    /// What was recorded, with shapes.
    pub fn evcxr_display(&self) {
        let outputs = [("hidden", &self.hidden), ("logits", &self.logits)];
        let outputs = outputs.iter().filter_map(|(name, tensor)| Some((*name, tensor.as_ref()?)));
        for (name, tensor) in self.activations.iter().map(|(name, tensor)| (name.as_str(), tensor)).chain(outputs) {
            println!("{name} {:?}", tensor.dims());
        }
    }
}

/// Why a pass ends early.
pub(super) enum Halt {
    /// As it was asked to.
    Stop,
    /// It failed.
    Error(Error),
}

impl From<Error> for Halt {
    fn from(error: Error) -> Halt {
        Halt::Error(error)
    }
}

impl From<candle_core::Error> for Halt {
    fn from(error: candle_core::Error) -> Halt {
        Halt::Error(error.into())
    }
}

/// One forward pass: the hooks, and what they have kept so far.
pub(super) struct Pass<'a> {
    pub hooks: &'a Hooks,
    pub run: Run,
    pub wanted: Wanted,
    /// Of a language model: the rows of (batch · tokens) whose logits are wanted; all if `None`.
    pub read: Option<Vec<u32>>,
    /// The tokens before those of the batch.
    pub past: Option<&'a Cache>,
    /// The keys and values of all tokens, block by block, where they are to be kept.
    pub kept: Option<Vec<(Tensor, Tensor)>>,
}

/// What a pass is for: what nobody asks for is not computed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    All,
    /// The logits: where they depend on the first token alone, the last block computes no others.
    Logits,
    /// The last hidden state, not what stands on top of it.
    Hidden,
}

impl<'a> Pass<'a> {
    /// A pass over whole texts.
    pub fn new(hooks: &'a Hooks) -> Pass<'a> {
        Pass { hooks, run: Run::default(), wanted: Wanted::All, read: None, past: None, kept: None }
    }
}

impl Pass<'_> {
    /// How many tokens there are before those of the batch.
    pub fn tokens_before(&self) -> usize {
        self.past.map_or(0, Cache::tokens)
    }

    /// Keys and values of a block with those of the tokens before: (batch, all tokens, key heads, head width) each.
    pub fn with_past(&mut self, layer: usize, k: Tensor, v: Tensor) -> Result<(Tensor, Tensor)> {
        let (k, v) = match self.past {
            Some(cache) => cache.before(layer, k, v)?,
            None => (k, v),
        };
        if let Some(kept) = &mut self.kept {
            kept.push((k.detach(), v.detach()));
        }
        Ok((k, v))
    }

    /// Whether something is to be done with the activation `what` of a block, or of the model.
    pub fn wants(&self, layer: Option<usize>, what: &str) -> bool {
        !self.hooks.is_empty() && self.hooks.wants(&full_name(layer, what))
    }

    /// Whether the pass goes on with something else than this activation as computed.
    pub fn intervenes(&self, layer: Option<usize>, what: &str) -> bool {
        !self.hooks.is_empty() && self.hooks.intervenes(&full_name(layer, what))
    }

    /// Every activation passes through here: what comes out is what the model goes on with.
    pub fn at(&mut self, layer: Option<usize>, what: &str, computed: Tensor) -> std::result::Result<Tensor, Halt> {
        if self.hooks.is_empty() {
            return Ok(computed);
        }
        let name = full_name(layer, what);
        let mut x = self.hooks.changed(&name, computed)?;
        if self.hooks.is_leaf(&name) {
            // Zeros that can be differentiated: the gradient with respect to the sum, with no path cut.
            let zeros = Var::zeros(x.dims(), x.dtype(), x.device())?;
            x = (&x + zeros.as_tensor())?;
            self.run.leaves.insert(name.clone(), zeros);
        }
        if self.hooks.keeps(&name) {
            self.run.activations.push((name.clone(), x.clone()));
        }
        if self.hooks.stops_after(&name) {
            return Err(Halt::Stop);
        }
        Ok(x)
    }
}
