//! The formulas of [`ops`](super::ops) as single operations of candle with their own backward passes: the same numbers,
//! several times faster, on all cores.
//!
//! Weights that are no variables get no gradients, and none are computed. On the CPU, in `f32`.

mod activation;
mod attention;
mod linear;
mod norm;
mod rotary;
pub mod rows;
mod softmax;

pub use activation::{gelu, gelu_new, silu};
pub use attention::attention;
pub use linear::{Frozen, linear};
pub use norm::{layer_norm, rms_norm};
pub use rotary::rotary;
pub use softmax::softmax;

use candle_core::{Result, Storage, Tensor, bail};

use crate::loops::buffers::written;
use rows::numbers;

/// Numbers that one task takes at a time where rows are shared out.
const PIECE: usize = 1 << 14;

/// What `f` makes of the numbers of contiguous tensors.
fn with_numbers<const N: usize, T>(
    tensors: [&Tensor; N],
    what: &str,
    f: impl FnOnce([&[f32]; N]) -> Result<T>,
) -> Result<T> {
    let held = tensors.map(|tensor| tensor.storage_and_layout());
    let mut slices: [&[f32]; N] = [&[]; N];
    for (slice, (storage, layout)) in slices.iter_mut().zip(&held) {
        let Storage::Cpu(storage) = &**storage else { bail!("{what}: only on the CPU") };
        *slice = numbers(storage, layout, what)?;
    }
    f(slices)
}

/// Calls `f` with the first row and the number of rows of each piece of `rows` rows of `len` numbers.
fn in_pieces(rows: usize, len: usize, f: &(dyn Fn(usize, usize) + Sync)) {
    let height = (PIECE / len.max(1)).max(1);
    crate::loops::threads::share_out(rows.div_ceil(height), &|piece| {
        f(piece * height, height.min(rows - piece * height));
    });
}
