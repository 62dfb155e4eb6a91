//! A training step without candle's tape: the same logits and gradients as [`Trainable::logits`] and `backward` give.
//!
//! On the tape each gradient is added to a tensor of zeros, and the memory of every intermediate result is new; for a
//! network of this size that takes longer than its arithmetic.
//!
//! [`Trainable::logits`]: crate::train::Trainable::logits

use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, Device, Storage, Tensor, Var};

use super::{BiLstm, DIRECTIONS, Noise};
use crate::error::{Result, bail};
use crate::nn::kernels::buffers::Buffer;
use crate::nn::lstm::Packing;
use crate::nn::lstm::direction::{Parameters, Sizes, Trace};
use crate::nn::lstm::layer::{self, Wanted};
use crate::nn::lstm::ops::{Mask, dense_backward, dense_forward};

/// What the forward pass leaves for the backward pass.
pub(super) struct Step {
    packing: Packing,
    /// The token of each row.
    ids: Vec<u32>,
    layers: Vec<LayerStep>,
    /// Where each text ends: the rows of its last and of its first token.
    ends: Vec<(usize, usize)>,
    /// The states at which both directions arrive, after dropout, (batch, 2·hidden).
    states: Vec<f32>,
    dropout: Option<Mask>,
}

struct LayerStep {
    /// What the layer reads, after dropout, (rows, inputs).
    x: Buffer,
    dropout: Option<Mask>,
    traces: [Trace; 2],
}

impl BiLstm {
    /// The logits for a batch, (batch, classes), cut off from the parameters, and what [`gradients`](Self::gradients)
    /// needs.
    pub(super) fn step(&self, texts: &[&[u32]], noise: Option<Noise>) -> Result<(Tensor, Step)> {
        let (packing, ids, mut noise) = self.packed(texts, noise)?;
        let (hidden, width) = (self.config.hidden, self.config.embedding);
        let mut x = Buffer::any(packing.rows * width); // (rows, width)
        with_numbers(&[self.variable("embedding.weight")?], |weights| {
            for (x, &id) in x.chunks_exact_mut(width).zip(&ids) {
                x.copy_from_slice(&weights[0][id as usize * width..][..width]);
            }
        })?;
        let mut layers = Vec::new();
        for layer in 0..self.config.layers {
            let dropout = noise.as_mut().and_then(|noise| noise.mask(x.len()));
            if let Some(mask) = &dropout {
                mask.apply(&mut x);
            }
            let (states, traces) = self.with_layer(layer, |parameters| layer::forward(&x, parameters, &packing))?; // (rows, 2·hidden)
            layers.push(LayerStep { x, dropout, traces });
            x = states;
        }
        let ends = packing.ends();
        let mut states = Vec::with_capacity(ends.len() * 2 * hidden); // (batch, 2·hidden)
        for &(last, first) in &ends {
            states.extend_from_slice(&x[last * 2 * hidden..][..hidden]);
            states.extend_from_slice(&x[first * 2 * hidden + hidden..][..hidden]);
        }
        let dropout = noise.as_mut().and_then(|noise| noise.mask(states.len()));
        if let Some(mask) = &dropout {
            mask.apply(&mut states);
        }
        let logits = with_numbers(&[self.variable("dense.weight")?, self.variable("dense.bias")?], |weights| {
            dense_forward(&states, weights[0], weights[1])
        })?;
        let logits = Tensor::from_vec(logits, (ends.len(), self.config.classes.len()), &Device::Cpu)?;
        Ok((logits, Step { packing, ids, layers, ends, states, dropout }))
    }

    /// The gradients with respect to all parameters, from that with respect to the logits of `step`.
    pub(super) fn gradients(&self, step: Step, d_logits: &Tensor) -> Result<GradStore> {
        let (hidden, width) = (self.config.hidden, self.config.embedding);
        let (weight, bias) = (self.variable("dense.weight")?, self.variable("dense.bias")?);
        let d_logits: Vec<f32> = d_logits.flatten_all()?.to_vec1()?;
        let [d_states, d_weight, d_bias] = with_numbers(&[weight], |weights| {
            dense_backward(&step.states, weights[0], &d_logits, self.config.classes.len(), [true; 3])
        })?;
        let mut found = GradStore::default();
        let mut insert = |var: &Var, gradient: Vec<f32>| -> Result<()> {
            found.insert(var, Tensor::from_vec(gradient, var.shape(), &Device::Cpu)?);
            Ok(())
        };
        insert(weight, d_weight.unwrap_or_default())?;
        insert(bias, d_bias.unwrap_or_default())?;

        let mut d_states = d_states.unwrap_or_default(); // (batch, 2·hidden)
        if let Some(mask) = &step.dropout {
            mask.apply(&mut d_states);
        }
        let mut d_x = Buffer::zeros(step.packing.rows * 2 * hidden); // (rows, 2·hidden)
        for (&(last, first), d) in step.ends.iter().zip(d_states.chunks_exact(2 * hidden)) {
            d_x[last * 2 * hidden..][..hidden].copy_from_slice(&d[..hidden]);
            d_x[first * 2 * hidden + hidden..][..hidden].copy_from_slice(&d[hidden..]);
        }
        for (layer, LayerStep { x, dropout, traces }) in step.layers.into_iter().enumerate().rev() {
            let wanted = Wanted { x: true, parameters: true };
            let back = self.with_layer(layer, |parameters| {
                layer::backward(&x, &d_x, &traces, parameters, &step.packing, wanted)
            })?;
            let (Some(mut d), Some(parameters)) = (back.x, back.parameters) else {
                bail!("layer {layer} gave no gradients")
            };
            for (direction, gradients) in DIRECTIONS.into_iter().zip(parameters) {
                for (var, gradient) in self.direction_variables(layer, direction)?.into_iter().zip(gradients) {
                    insert(var, gradient)?;
                }
            }
            if let Some(mask) = &dropout {
                mask.apply(&mut d);
            }
            d_x = d;
        }
        let embedding = self.variable("embedding.weight")?;
        let mut sums = vec![0.0; embedding.elem_count()];
        for (&id, d) in step.ids.iter().zip(d_x.chunks_exact(width)) {
            for (sum, d) in sums[id as usize * width..][..width].iter_mut().zip(d) {
                *sum += d;
            }
        }
        insert(embedding, sums)?;
        Ok(found)
    }

    fn direction_variables(&self, layer: usize, direction: &str) -> Result<[&Var; 4]> {
        let named = |kind: &str| self.variable(&format!("lstm.{kind}_l{layer}{direction}"));
        Ok([named("weight_ih")?, named("weight_hh")?, named("bias_ih")?, named("bias_hh")?])
    }

    /// Calls `f` with the numbers of both directions of a layer.
    fn with_layer<R>(&self, layer: usize, f: impl FnOnce(&[Parameters; 2]) -> R) -> Result<R> {
        let hidden = self.config.hidden;
        let inputs = if layer == 0 { self.config.embedding } else { 2 * hidden };
        let sizes = Sizes { inputs, hidden };
        let variables =
            [self.direction_variables(layer, DIRECTIONS[0])?, self.direction_variables(layer, DIRECTIONS[1])?].concat();
        with_numbers(&variables, |weights| f(&[parameters(sizes, &weights[..4]), parameters(sizes, &weights[4..])]))
    }
}

/// The parameters of a direction, in their order.
fn parameters<'a>(sizes: Sizes, weights: &[&'a [f32]]) -> Parameters<'a> {
    Parameters { sizes, weight_ih: weights[0], weight_hh: weights[1], bias_ih: weights[2], bias_hh: weights[3] }
}

/// Calls `f` with the numbers of variables, which are contiguous f32 on the CPU.
fn with_numbers<R>(variables: &[&Var], f: impl FnOnce(&[&[f32]]) -> R) -> Result<R> {
    let open: Vec<_> = variables.iter().map(|var| var.storage_and_layout()).collect();
    let mut numbers = Vec::with_capacity(open.len());
    for (storage, layout) in &open {
        match (&**storage, layout.contiguous_offsets()) {
            (Storage::Cpu(CpuStorage::F32(data)), Some((start, end))) => numbers.push(&data[start..end]),
            _ => bail!("a parameter is not contiguous F32 on the CPU"),
        }
    }
    Ok(f(&numbers))
}
