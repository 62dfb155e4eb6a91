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

use std::mem::MaybeUninit;

use candle_core::{Result, Storage, Tensor, bail};

use crate::loops::buffers::written;
use crate::loops::threads::share_out_pieces;
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

/// `count` numbers in rows of `len`, made piece by piece: `f` gets the place of the first number of a piece and the piece,
/// whole rows.
///
/// # Safety
/// `f` writes all numbers of each piece.
unsafe fn in_pieces(count: usize, len: usize, f: &(dyn Fn(usize, &mut [MaybeUninit<f32>]) + Sync)) -> Vec<f32> {
    let height = piece_rows(len) * len.max(1);
    // SAFETY: the pieces are all there is, and `f` writes all of each.
    unsafe { written(count, |y| share_out_pieces(y, height, &|piece, y| f(piece * height, y))) }
}

/// How many rows of `len` numbers make a piece.
fn piece_rows(len: usize) -> usize {
    (PIECE / len.max(1)).max(1)
}

/// Refuses a gradient that has another number of numbers than the result.
fn check_gradient(what: &str, result: usize, gradient: usize) -> Result<()> {
    if result != gradient {
        bail!("{what}: a gradient of {gradient} numbers for a result of {result}");
    }
    Ok(())
}
