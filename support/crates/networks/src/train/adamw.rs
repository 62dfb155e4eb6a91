//! AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101) with clipping by the global norm, as torch.optim.AdamW and
//! torch.nn.utils.clip_grad_norm_ do it.
//!
//! One pass per parameter, in place: candle-nn's makes a dozen tensors per parameter and step. On the CPU, in f32 only.

use std::cell::RefCell;

use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, DType, InplaceOp2, Layout, Storage, Tensor, Var};
use rayon::prelude::*;

use ground::{Error, Result, bail};

const BETA1: f32 = 0.9;
const BETA2: f32 = 0.999;
const EPSILON: f32 = 1e-8;
/// Numbers that one thread takes at a time. Sums are taken over pieces of this size, in order: the same result on any
/// number of cores.
const PIECE: usize = 1 << 15;

/// The optimiser and its memory: two running means per number of every parameter.
pub struct AdamW {
    parameters: Vec<Parameter>,
    step: i32,
}

struct Parameter {
    name: String,
    value: Var,
    decay: f64,
    /// The running means of the gradient and of its square.
    means: RefCell<(Vec<f32>, Vec<f32>)>,
}

impl AdamW {
    /// An optimiser for parameters with a name and a weight decay each; β₁ 0.9, β₂ 0.999, ε 1e-8.
    ///
    /// # Errors
    /// No parameters, or one that does not hold f32 on the CPU.
    pub fn new(variables: Vec<(String, Var, f64)>) -> Result<AdamW> {
        if variables.is_empty() {
            bail!("there is nothing to train: the model names no variables");
        }
        let parameter = |(name, value, decay): (String, Var, f64)| {
            if value.dtype() != DType::F32 || !value.device().is_cpu() || !value.is_contiguous() {
                bail!(
                    "the parameter {name} holds {:?} on {:?}: training needs contiguous F32 on the CPU",
                    value.dtype(),
                    value.device()
                );
            }
            let size = value.elem_count();
            Ok(Parameter { name, value, decay, means: RefCell::new((vec![0.0; size], vec![0.0; size])) })
        };
        Ok(AdamW { parameters: variables.into_iter().map(parameter).collect::<Result<_>>()?, step: 0 })
    }

    /// Moves every parameter against its gradient. Before that the gradients are scaled down together if their norm is
    /// above `clip`. Returns the norm before clipping; if that is not finite, nothing is moved.
    ///
    /// # Errors
    /// A parameter without a gradient.
    pub fn step(&mut self, gradients: &GradStore, learning_rate: f64, clip: f64) -> Result<f64> {
        let gradients =
            self.parameters.iter().map(|parameter| parameter.gradient(gradients)).collect::<Result<Vec<_>>>()?;
        let mut squares = 0.0;
        for gradient in &gradients {
            squares += sum_of_squares(gradient)?;
        }
        let norm = squares.sqrt();
        if !norm.is_finite() {
            return Ok(norm);
        }
        self.step += 1;
        let scale = (clip / (norm + 1e-6)).min(1.0) as f32;
        let correction1 = 1.0 - f64::from(BETA1).powi(self.step);
        let correction2 = 1.0 - f64::from(BETA2).powi(self.step);
        for (parameter, gradient) in self.parameters.iter().zip(&gradients) {
            let rule = Rule {
                keep: (1.0 - learning_rate * parameter.decay) as f32,
                rate: (learning_rate / correction1) as f32,
                root: correction2.sqrt() as f32,
                scale,
            };
            parameter.value.inplace_op2(gradient, &Update { rule, means: &parameter.means })?;
        }
        Ok(norm)
    }
}

impl Parameter {
    fn gradient(&self, gradients: &GradStore) -> Result<Tensor> {
        let Some(gradient) = gradients.get(&self.value) else {
            bail!(
                "the parameter {} got no gradient: the logits do not depend on it, or an operation on the way has no \
                 backward pass (candle's fused layer norm and softmax have none)",
                self.name
            );
        };
        Ok(gradient.contiguous()?)
    }
}

/// The sum of the squares of a contiguous f32 tensor.
fn sum_of_squares(tensor: &Tensor) -> Result<f64> {
    let (storage, layout) = tensor.storage_and_layout();
    let Storage::Cpu(storage) = &*storage else { bail!("a gradient is not on the CPU") };
    let numbers = slice(storage, layout)?;
    let of = |piece: &[f32]| piece.iter().map(|&x| f64::from(x) * f64::from(x)).sum::<f64>();
    let sums: Vec<f64> = if numbers.len() > 2 * PIECE {
        numbers.par_chunks(PIECE).map(of).collect()
    } else {
        numbers.chunks(PIECE).map(of).collect()
    };
    Ok(sums.iter().sum())
}

fn slice<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    let numbers = storage.as_slice::<f32>()?;
    let Some((from, to)) = layout.contiguous_offsets() else { return Err(Error::new("a gradient is not contiguous")) };
    Ok(&numbers[from..to])
}

/// The numbers of one step of one parameter.
#[derive(Clone, Copy)]
struct Rule {
    /// What weight decay leaves of a number.
    keep: f32,
    /// Learning rate over the correction of the first mean.
    rate: f32,
    /// The root of the correction of the second mean.
    root: f32,
    /// What clipping leaves of the gradient.
    scale: f32,
}

impl Rule {
    fn apply(self, value: &mut [f32], gradient: &[f32], first: &mut [f32], second: &mut [f32]) {
        for (((p, g), m), v) in value.iter_mut().zip(gradient).zip(first).zip(second) {
            let g = g * self.scale;
            *m += (g - *m) * (1.0 - BETA1);
            *v = *v * BETA2 + g * g * (1.0 - BETA2);
            *p = *p * self.keep - self.rate * *m / (v.sqrt() / self.root + EPSILON);
        }
    }
}

/// A step as candle runs it on a parameter's storage.
struct Update<'a> {
    rule: Rule,
    means: &'a RefCell<(Vec<f32>, Vec<f32>)>,
}

impl InplaceOp2 for Update<'_> {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(
        &self,
        value: &mut CpuStorage,
        value_layout: &Layout,
        gradient: &CpuStorage,
        layout: &Layout,
    ) -> candle_core::Result<()> {
        let gradient = slice(gradient, layout).map_err(|error| candle_core::Error::Msg(error.to_string()))?;
        let (CpuStorage::F32(value), Some((from, to))) = (value, value_layout.contiguous_offsets()) else {
            return Err(candle_core::Error::Msg("a parameter is not contiguous f32".to_owned()));
        };
        let value = &mut value[from..to];
        let rule = self.rule;
        let mut means = self.means.borrow_mut();
        let (first, second) = &mut *means;
        if value.len() > 2 * PIECE {
            let pieces = value.par_chunks_mut(PIECE).zip(gradient.par_chunks(PIECE));
            let means = first.par_chunks_mut(PIECE).zip(second.par_chunks_mut(PIECE));
            pieces
                .zip(means)
                .for_each(|((value, gradient), (first, second))| rule.apply(value, gradient, first, second));
        } else {
            rule.apply(value, gradient, first, second);
        }
        Ok(())
    }
}
