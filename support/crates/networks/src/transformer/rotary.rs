//! The angles of rotary positions (Su et al. 2021), with the scalings of Llama 3.1 and of linear interpolation.
//!
//! Frequencies as transformers computes them (`modeling_rope_utils.py`).

use std::f64::consts::TAU;

use candle_core::{Device, Tensor};

use super::config::{Rotary, RotaryScaling};
use ground::Result;

/// Cosine and sine of the angle of each pair of coordinates at each of `tokens` positions from `first` on: (tokens, head
/// width / 2) each.
pub(super) fn angles(rotary: &Rotary, head_width: usize, first: usize, tokens: usize) -> Result<(Tensor, Tensor)> {
    let pairs = head_width / 2;
    let frequencies: Vec<f64> =
        (0..pairs).map(|pair| frequency(rotary, 2.0 * pair as f64 / head_width as f64)).collect();
    let table = |f: fn(f64) -> f64| {
        let at = |position: usize| frequencies.iter().map(move |frequency| f(position as f64 * frequency) as f32);
        Tensor::from_vec((first..first + tokens).flat_map(at).collect::<Vec<f32>>(), (tokens, pairs), &Device::Cpu)
    };
    Ok((table(f64::cos)?, table(f64::sin)?))
}

/// Radians per token; `exponent` runs from 0 to 1 over the pairs.
fn frequency(rotary: &Rotary, exponent: f64) -> f64 {
    let frequency = rotary.theta.powf(-exponent);
    match rotary.scaling {
        RotaryScaling::None => frequency,
        RotaryScaling::Linear(factor) => frequency / factor,
        RotaryScaling::Llama3 { factor, low, high, original } => {
            let waves = original * frequency / TAU; // that fit into the original length
            let kept = ((waves - low) / (high - low)).clamp(0.0, 1.0); // 0 for long waves, 1 for short ones
            frequency * (kept + (1.0 - kept) / factor)
        }
    }
}
