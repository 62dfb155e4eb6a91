//! The operations of a neural network as formulas that candle differentiates, on tensors and nothing else.
//!
//! [`fused`](super::fused) has the same as single fast operations, tested against these. candle's own
//! `ops::softmax_last_dim`, `LayerNorm`, `rms_norm` and `rope` drop gradients silently; these do not. Written to be read: one
//! line per step of the formula.

use candle_core::{D, Tensor};

use ground::Result;

/// What is added to an attention score that must not count: the smallest `f32`. exp of it is 0, and unlike −∞ it leaves
/// 0, not NaN, when two masked scores are subtracted.
pub const MASKED: f32 = f32::MIN;

/// x·Wᵀ + b: `x` (…, inputs), `weight` (outputs, inputs), `bias` (outputs) give (…, outputs).
///
/// # Errors
/// Shapes that do not fit.
pub fn linear(x: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    let (outputs, inputs) = weight.dims2()?;
    let mut shape = x.dims().to_vec();
    let rows = x.reshape(((), inputs))?; // (rows, inputs)
    let y = rows.matmul(&weight.t()?)?; // (rows, outputs)
    let y = match bias {
        Some(bias) => y.broadcast_add(bias)?,
        None => y,
    };
    if let Some(last) = shape.last_mut() {
        *last = outputs;
    }
    Ok(y.reshape(shape)?) // (…, outputs)
}

/// exp(x) / Σ exp(x) over the last dimension.
///
/// # Errors
/// As candle's operations.
pub fn softmax(x: &Tensor) -> Result<Tensor> {
    let odds = below_largest(x)?.exp()?;
    Ok(odds.broadcast_div(&odds.sum_keepdim(D::Minus1)?)?)
}

/// The natural logarithm of [`softmax`].
pub fn log_softmax(x: &Tensor) -> Result<Tensor> {
    let below = below_largest(x)?;
    let sums = below.exp()?.sum_keepdim(D::Minus1)?; // (…, 1)
    Ok(below.broadcast_sub(&sums.log()?)?)
}

/// `x` minus the largest of the last dimension: keeps exp finite, changes nothing else.
fn below_largest(x: &Tensor) -> Result<Tensor> {
    Ok(x.broadcast_sub(&x.detach().max_keepdim(D::Minus1)?)?)
}

/// √(mean of squares + ε) over the last dimension, which stays with length 1.
///
/// # Errors
/// As candle's operations.
pub fn root_mean_square(x: &Tensor, eps: f64) -> Result<Tensor> {
    Ok((x.sqr()?.mean_keepdim(D::Minus1)? + eps)?.sqrt()?)
}

/// x minus its mean over the last dimension.
///
/// # Errors
/// As candle's operations.
pub fn centre(x: &Tensor) -> Result<Tensor> {
    Ok(x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?)
}

/// Layer normalisation over the last dimension (Ba, Kiros, Hinton 2016): mean 0 and variance 1, then weight and bias.
///
/// # Errors
/// Shapes that do not fit.
pub fn layer_norm(x: &Tensor, weight: &Tensor, bias: &Tensor, eps: f64) -> Result<Tensor> {
    let centred = centre(x)?;
    let normalized = centred.broadcast_div(&root_mean_square(&centred, eps)?)?;
    Ok(normalized.broadcast_mul(weight)?.broadcast_add(bias)?)
}

/// Root-mean-square normalisation over the last dimension (Zhang, Sennrich 2019): no mean, no bias.
///
/// # Errors
/// Shapes that do not fit.
pub fn rms_norm(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    Ok(x.broadcast_div(&root_mean_square(x, eps)?)?.broadcast_mul(weight)?)
}

/// x·Φ(x), Φ the normal distribution function (Hendrycks, Gimpel 2016): BERT's.
///
/// # Errors
/// As candle's operations.
pub fn gelu(x: &Tensor) -> Result<Tensor> {
    Ok(x.gelu_erf()?)
}

/// The approximation of [`gelu`] with tanh, ½x·(1 + tanh(√(2/π)·(x + 0.044715 x³))): GPT-2's.
///
/// # Errors
/// As candle's operations.
pub fn gelu_new(x: &Tensor) -> Result<Tensor> {
    Ok(x.gelu()?)
}

/// x·σ(x): Llama's.
///
/// # Errors
/// As candle's operations.
pub fn silu(x: &Tensor) -> Result<Tensor> {
    Ok(x.silu()?)
}

/// max(x, 0) with the slope 0 at x = 0, as PyTorch has it; candle's own `relu` has the slope 1 there.
///
/// # Errors
/// As candle's operations.
pub fn relu(x: &Tensor) -> Result<Tensor> {
    let positive = x.detach().gt(0.0)?.to_dtype(x.dtype())?;
    Ok((x * positive)?)
}

/// Turns pairs of coordinates by an angle that grows with the position (Su et al. 2021): coordinate i with i + half.
///
/// `x` (batch, tokens, heads, head width); `cos` and `sin` (tokens, head width / 2).
///
/// # Errors
/// Shapes that do not fit.
pub fn rotary(x: &Tensor, cos: &Tensor, sin: &Tensor) -> Result<Tensor> {
    let half = x.dim(D::Minus1)? / 2;
    let (first, second) = (x.narrow(D::Minus1, 0, half)?, x.narrow(D::Minus1, half, half)?);
    let (cos, sin) = (cos.unsqueeze(1)?, sin.unsqueeze(1)?); // (tokens, 1, half): the same for every head
    let turned_first = (first.broadcast_mul(&cos)? - second.broadcast_mul(&sin)?)?;
    let turned_second = (second.broadcast_mul(&cos)? + first.broadcast_mul(&sin)?)?;
    Ok(Tensor::cat(&[turned_first, turned_second], D::Minus1)?)
}

/// q·kᵀ·scale + mask: `q` (batch, tokens, heads, head width), `k` (batch, tokens, key heads, head width), where each key
/// head serves as many query heads in a row as the numbers allow (Ainslie et al. 2023), and `mask`, 0 or [`MASKED`],
/// (batch or 1, 1, tokens or 1, tokens) give (batch, heads, query, key).
///
/// # Errors
/// Shapes that do not fit.
pub fn attention_scores(q: &Tensor, k: &Tensor, mask: Option<&Tensor>, scale: f64) -> Result<Tensor> {
    let heads = q.dim(2)?;
    let q = q.transpose(1, 2)?.contiguous()?; // (batch, heads, query, head width)
    let k = per_query_head(k, heads)?; // (batch, heads, key, head width)
    let scores = (q.matmul(&k.transpose(2, 3)?)? * scale)?; // (batch, heads, query, key)
    Ok(match mask {
        Some(mask) => scores.broadcast_add(mask)?,
        None => scores,
    })
}

/// pattern·v: (batch, heads, query, key) and `v` (batch, tokens, key heads, head width) give (batch, tokens, heads, head
/// width).
///
/// # Errors
/// Shapes that do not fit.
pub fn attention_values(pattern: &Tensor, v: &Tensor) -> Result<Tensor> {
    let v = per_query_head(v, pattern.dim(1)?)?; // (batch, heads, key, head width)
    let z = pattern.contiguous()?.matmul(&v)?; // (batch, heads, query, head width)
    Ok(z.transpose(1, 2)?.contiguous()?) // (batch, tokens, heads, head width)
}

/// softmax(q·kᵀ·scale + mask)·v (Vaswani et al. 2017), with the shapes of [`attention_scores`] and [`attention_values`].
///
/// # Errors
/// Shapes that do not fit.
pub fn attention(q: &Tensor, k: &Tensor, v: &Tensor, mask: Option<&Tensor>, scale: f64) -> Result<Tensor> {
    attention_values(&softmax(&attention_scores(q, k, mask, scale)?)?, v)
}

/// (batch, tokens, key heads, head width) as (batch, heads, tokens, head width), key heads repeated.
fn per_query_head(x: &Tensor, heads: usize) -> Result<Tensor> {
    let (batch, tokens, key_heads, width) = x.dims4()?;
    let x = if heads == key_heads {
        x.clone()
    } else {
        let shape = (batch, tokens, key_heads, heads / key_heads.max(1), width);
        x.unsqueeze(3)?.broadcast_as(shape)?.reshape((batch, tokens, heads, width))? // (batch, tokens, heads, width)
    };
    Ok(x.transpose(1, 2)?.contiguous()?) // (batch, heads, tokens, width)
}
