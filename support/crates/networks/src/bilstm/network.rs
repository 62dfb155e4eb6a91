//! The network on plain numbers, forward and backward: what training, explanations and probabilities run.
//!
//! On candle's tape each gradient is added to a tensor of zeros, and the memory of every intermediate result is new; for
//! a network of this size that takes longer than its arithmetic. `BiLstm::reference_logits` says the same in tensors.

use std::sync::{Mutex, PoisonError};

use candle_core::{CpuStorage, CustomOp1, Layout, Shape, Storage, Tensor};

use super::{BiLstm, BiLstmConfig, Noise};
use crate::lstm::Packing;
use crate::lstm::direction::{self, Parameters, Sizes};
use crate::lstm::layer::{self, Wanted};
use ground::{Result, bail};
use kernels::fused::rows::{Mask, dense_backward, dense_forward, numbers};
use kernels::loops::buffers::Buffer;

/// The parameters of a model as they are now, without gradients.
pub(super) struct Network {
    config: BiLstmConfig,
    /// In the order of [`BiLstmConfig::shapes`]: embedding, eight per layer, weight and bias of the dense layer.
    parameters: Vec<Tensor>,
}

/// What the forward pass leaves for the backward pass.
pub(super) struct Trace {
    layers: Vec<LayerTrace>,
    /// The states at which both directions arrive, after dropout, (batch, 2·hidden).
    states: Vec<f32>,
    dropout: Option<Mask>,
}

struct LayerTrace {
    /// What the layer reads, after dropout, (rows, inputs).
    x: Buffer,
    dropout: Option<Mask>,
    directions: [direction::Trace; 2],
}

impl Network {
    pub fn of(model: &BiLstm) -> Network {
        let parameters = model.variables.iter().map(|(_, var)| var.detach()).collect();
        Network { config: model.config.clone(), parameters }
    }

    /// The vectors of tokens, (rows, width).
    pub fn embed(&self, ids: &[u32]) -> Result<Buffer> {
        let width = self.config.embedding;
        let mut x = Buffer::any(ids.len() * width);
        with_numbers(&self.parameters[..1], |weights| {
            for (x, &id) in x.chunks_exact_mut(width).zip(ids) {
                x.copy_from_slice(&weights[0][id as usize * width..][..width]);
            }
        })?;
        Ok(x)
    }

    /// The gradient with respect to the embedding matrix from that with respect to the vectors of tokens, (rows, width).
    pub fn embedding_gradient(&self, ids: &[u32], d_x: &[f32]) -> Vec<f32> {
        let width = self.config.embedding;
        let mut sums = vec![0.0; self.config.vocabulary * width];
        for (&id, d) in ids.iter().zip(d_x.chunks_exact(width)) {
            for (sum, d) in sums[id as usize * width..][..width].iter_mut().zip(d) {
                *sum += d;
            }
        }
        sums
    }

    /// The logits for the vectors `x` of the tokens of a packed batch, (rows, width): (batch, classes), in its order. The
    /// trace is only of use for the way back: without `keep`, it is thrown away layer by layer.
    pub fn forward(
        &self,
        mut x: Buffer,
        packing: &Packing,
        mut noise: Option<Noise>,
        keep: bool,
    ) -> Result<(Vec<f32>, Option<Trace>)> {
        let hidden = self.config.hidden;
        let mut layers = Vec::new();
        for layer in 0..self.config.layers {
            let dropout = noise.as_mut().and_then(|noise| noise.mask(x.len()));
            if let Some(mask) = &dropout {
                mask.apply(&mut x);
            }
            let (states, directions) = self.with_layer(layer, |parameters| layer::forward(&x, parameters, packing))?; // (rows, 2·hidden)
            if keep {
                layers.push(LayerTrace { x, dropout, directions });
            }
            x = states;
        }
        let mut states = Vec::new(); // (batch, 2·hidden)
        for (last, first) in packing.ends() {
            states.extend_from_slice(&x[last * 2 * hidden..][..hidden]);
            states.extend_from_slice(&x[first * 2 * hidden + hidden..][..hidden]);
        }
        let dropout = noise.as_mut().and_then(|noise| noise.mask(states.len()));
        if let Some(mask) = &dropout {
            mask.apply(&mut states);
        }
        let logits = with_numbers(self.dense(), |weights| dense_forward(&states, weights[0], weights[1]))?;
        Ok((logits, keep.then_some(Trace { layers, states, dropout })))
    }

    /// The gradients with respect to `x`, (rows, width), and, if they are wanted, with respect to all parameters but the
    /// embedding, in their order; from that with respect to the logits.
    pub fn backward(
        &self,
        trace: &Trace,
        packing: &Packing,
        d_logits: &[f32],
        parameters: bool,
    ) -> Result<(Buffer, Vec<Vec<f32>>)> {
        let hidden = self.config.hidden;
        let [d_states, d_weight, d_bias] = with_numbers(self.dense(), |weights| {
            let wanted = [true, parameters, parameters];
            dense_backward(&trace.states, weights[0], d_logits, weights[1].len(), wanted)
        })?;
        let mut d_states = d_states.unwrap_or_default(); // (batch, 2·hidden)
        if let Some(mask) = &trace.dropout {
            mask.apply(&mut d_states);
        }
        let mut d_x = Buffer::zeros(packing.rows * 2 * hidden); // (rows, 2·hidden)
        for ((last, first), d) in packing.ends().into_iter().zip(d_states.chunks_exact(2 * hidden)) {
            d_x[last * 2 * hidden..][..hidden].copy_from_slice(&d[..hidden]);
            d_x[first * 2 * hidden + hidden..][..hidden].copy_from_slice(&d[hidden..]);
        }
        let mut of_layers = Vec::new(); // the last layer's first
        for (layer, LayerTrace { x, dropout, directions }) in trace.layers.iter().enumerate().rev() {
            let wanted = Wanted { x: true, parameters };
            let back =
                self.with_layer(layer, |weights| layer::backward(x, &d_x, directions, weights, packing, wanted))?;
            let Some(mut d) = back.x else { bail!("layer {layer} gave no gradient") };
            if let Some(mask) = dropout {
                mask.apply(&mut d);
            }
            of_layers.push(back.parameters);
            d_x = d;
        }
        let gradients = of_layers.into_iter().rev().flatten().flatten().flatten();
        Ok((d_x, gradients.chain(d_weight).chain(d_bias).collect()))
    }

    fn dense(&self) -> &[Tensor] {
        &self.parameters[self.parameters.len() - 2..]
    }

    /// Calls `f` with the parameters of both directions of a layer.
    fn with_layer<R>(&self, layer: usize, f: impl FnOnce(&[Parameters; 2]) -> R) -> Result<R> {
        let hidden = self.config.hidden;
        let inputs = if layer == 0 { self.config.embedding } else { 2 * hidden };
        let sizes = Sizes { inputs, hidden };
        with_numbers(&self.parameters[1 + 8 * layer..][..8], |weights| {
            f(&[direction(sizes, &weights[..4]), direction(sizes, &weights[4..])])
        })
    }
}

/// The parameters of a direction, in their order.
fn direction<'a>(sizes: Sizes, weights: &[&'a [f32]]) -> Parameters<'a> {
    Parameters { sizes, weight_ih: weights[0], weight_hh: weights[1], bias_ih: weights[2], bias_hh: weights[3] }
}

/// Calls `f` with the numbers of tensors, which are contiguous f32 on the CPU.
fn with_numbers<R>(tensors: &[Tensor], f: impl FnOnce(&[&[f32]]) -> R) -> Result<R> {
    let open: Vec<_> = tensors.iter().map(Tensor::storage_and_layout).collect();
    let mut found = Vec::with_capacity(open.len());
    for (storage, layout) in &open {
        let Storage::Cpu(storage) = &**storage else { bail!("a parameter is not on the CPU") };
        found.push(numbers(storage, layout, "a parameter")?);
    }
    Ok(f(&found))
}

/// The logits, (batch, classes), as an operation of candle on token vectors, (batch, tokens, width); the parameters are
/// frozen.
pub(super) struct Frozen {
    network: Network,
    packing: Packing,
    /// Whether a backward pass may come, and what the forward pass leaves for it.
    followed: bool,
    trace: Mutex<Option<Trace>>,
}

impl Frozen {
    pub fn new(model: &BiLstm, batch: usize, tokens: usize, followed: bool) -> Result<Frozen> {
        let packing = Packing::new(&vec![tokens; batch])?;
        Ok(Frozen { network: Network::of(model), packing, followed, trace: Mutex::new(None) })
    }
}

/// The logits, (batch, classes), as an operation of candle on all parameters, flattened and joined in their order.
pub(super) struct OfParameters {
    network: Network,
    packing: Packing,
    /// The tokens in the order of the packing.
    ids: Vec<u32>,
    /// The logits of the pass that was made beforehand.
    logits: Vec<f32>,
    trace: Trace,
}

impl OfParameters {
    pub fn new(model: &BiLstm, packing: Packing, ids: Vec<u32>, noise: Option<Noise>) -> Result<OfParameters> {
        let network = Network::of(model);
        let (logits, trace) = network.forward(network.embed(&ids)?, &packing, noise, true)?;
        let Some(trace) = trace else { bail!("the forward pass left no trace") };
        Ok(OfParameters { network, packing, ids, logits, trace })
    }
}

impl CustomOp1 for OfParameters {
    fn name(&self) -> &'static str {
        "bilstm-of-parameters"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let classes = self.network.config.classes.len();
        Ok((CpuStorage::F32(self.logits.clone()), Shape::from((self.logits.len() / classes, classes))))
    }

    fn bwd(&self, parameters: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        let OfParameters { network, packing, ids, trace, .. } = self;
        let d_logits: Vec<f32> = grad.flatten_all()?.to_vec1()?;
        let (d_x, others) = network.backward(trace, packing, &d_logits, true).map_err(candle)?;
        let mut gradient = network.embedding_gradient(ids, &d_x);
        gradient.extend(others.into_iter().flatten());
        Ok(Some(Tensor::from_vec(gradient, parameters.shape(), parameters.device())?))
    }
}

/// The error of an operation of candle.
fn candle(error: ground::Error) -> candle_core::Error {
    candle_core::Error::Msg(error.to_string())
}

impl CustomOp1 for Frozen {
    fn name(&self) -> &'static str {
        "bilstm"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> candle_core::Result<(CpuStorage, Shape)> {
        let given = numbers(storage, layout, "token vectors")?;
        let (batch, tokens, width) = layout.shape().dims3()?;
        let mut x = Buffer::any(given.len()); // (tokens, batch, width)
        for (row, (text, token)) in x.chunks_exact_mut(width).zip(self.packing.tokens()) {
            row.copy_from_slice(&given[(text * tokens + token) * width..][..width]);
        }
        let (logits, trace) = self.network.forward(x, &self.packing, None, self.followed).map_err(candle)?;
        *self.trace.lock().unwrap_or_else(PoisonError::into_inner) = trace;
        Ok((CpuStorage::F32(logits), Shape::from((batch, self.network.config.classes.len()))))
    }

    fn bwd(&self, x: &Tensor, _: &Tensor, grad: &Tensor) -> candle_core::Result<Option<Tensor>> {
        let trace = self.trace.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(trace) = &*trace else {
            candle_core::bail!("logits that were made without gradients have no way back")
        };
        let d_logits: Vec<f32> = grad.flatten_all()?.to_vec1()?;
        let (d_rows, _) = self.network.backward(trace, &self.packing, &d_logits, false).map_err(candle)?;
        let (_, tokens, width) = x.dims3()?;
        let mut d_x = vec![0.0; d_rows.len()]; // (batch, tokens, width)
        for (row, (text, token)) in d_rows.chunks_exact(width).zip(self.packing.tokens()) {
            d_x[(text * tokens + token) * width..][..width].copy_from_slice(row);
        }
        Ok(Some(Tensor::from_vec(d_x, x.shape(), x.device())?))
    }
}
