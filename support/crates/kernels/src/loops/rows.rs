//! Softmax and normalisation: each row of a matrix on its own, forward and backward.
//!
//! Sums run in 16 lanes, number i in lane i mod 16, which are then added in a fixed order.

use std::mem::MaybeUninit;

use super::processor::for_each_processor;
use super::simd::{PARTS, Simd, exp, lanes, load_some, store_some, sum_of};

/// Walks over a row of `$len` numbers in vectors: `$at` is where one begins, `$left` how many numbers are left there,
/// and `$part` which of the vectors of a group of 16 it is.
macro_rules! walk {
    ($S:ident, $len:expr, |$at:ident, $left:ident, $part:ident| $body:block) => {
        let mut start = 0;
        while start < $len {
            for $part in 0..16 / $S::LANES {
                let $at = start + $part * $S::LANES;
                if $at < $len {
                    let $left = $len - $at;
                    $body
                }
            }
            start += 16;
        }
    };
}

/// y = softmax(x), in rows of `len` numbers; writes all of `y`.
///
/// # Panics
/// Another number of results than of numbers; a row that is not whole.
pub fn softmax(len: usize, x: &[f32], y: &mut [MaybeUninit<f32>]) {
    let rows = whole_rows("a softmax", len, x.len(), [y.len()]);
    // SAFETY: both hold `rows` rows of `len` numbers, and are different memory.
    unsafe { softmax_any(rows, len, len, x.as_ptr(), std::ptr::null(), 0, y.as_mut_ptr().cast()) }
}

/// softmax(x + mask) in place, in rows of `len` numbers that begin `stride` apart; what lies between them becomes 0. Row i
/// adds the `len` numbers of the mask from `i * mask_row` on.
///
/// # Panics
/// A row that is not whole; a mask that ends too early.
pub fn softmax_in_place(len: usize, stride: usize, x: &mut [f32], mask: Option<(&[f32], usize)>) {
    let rows = whole_rows("a softmax", stride, x.len(), []);
    assert!(len <= stride, "a softmax: rows of {len} numbers, {stride} apart");
    let (mask, mask_row) = match mask {
        Some((mask, row)) if rows > 0 => {
            let end = (rows - 1).checked_mul(row).and_then(|last| last.checked_add(len));
            assert!(end.is_some_and(|end| end <= mask.len()), "a softmax: a mask of {} for {rows} rows", mask.len());
            (mask.as_ptr(), row)
        }
        _ => (std::ptr::null(), 0),
    };
    let place = x.as_mut_ptr();
    // SAFETY: `x` holds `rows` rows that begin `stride` apart, and the mask as many of `len` numbers.
    unsafe { softmax_any(rows, len, stride, place, mask, mask_row, place) }
}

/// The way back through a softmax whose result is `y`, in rows of `len` numbers: d_x = y · (d_y − Σ d_y · y); writes all of
/// `d_x`.
///
/// # Panics
/// Different lengths; a row that is not whole.
pub fn softmax_backward(len: usize, y: &[f32], d_y: &[f32], d_x: &mut [MaybeUninit<f32>]) {
    let rows = whole_rows("a softmax", len, y.len(), [d_y.len(), d_x.len()]);
    // SAFETY: all hold `rows` rows of `len` numbers, and `d_x` is different memory.
    unsafe { softmax_backward_any(rows, len, len, y.as_ptr(), d_y.as_ptr(), d_x.as_mut_ptr().cast()) }
}

/// [`softmax_backward`] in place, in rows of `len` numbers that begin `stride` apart; what lies between them becomes 0.
///
/// # Panics
/// Different lengths; a row that is not whole.
pub fn softmax_backward_in_place(len: usize, stride: usize, y: &[f32], d: &mut [f32]) {
    let rows = whole_rows("a softmax", stride, y.len(), [d.len()]);
    assert!(len <= stride, "a softmax: rows of {len} numbers, {stride} apart");
    let place = d.as_mut_ptr();
    // SAFETY: both hold `rows` rows that begin `stride` apart.
    unsafe { softmax_backward_any(rows, len, stride, y.as_ptr(), place, place) }
}

/// y = (x − mean) / √(variance + ε) · weight + bias for each row of `weight.len()` numbers; without `bias`, a
/// root-mean-square norm. Writes all of `y`.
///
/// # Panics
/// Different lengths; a row that is not whole.
pub fn norm(x: &[f32], weight: &[f32], bias: Option<&[f32]>, eps: f32, y: &mut [MaybeUninit<f32>]) {
    let len = weight.len();
    let rows = whole_rows("a norm", len, x.len(), [y.len()]);
    assert!(bias.is_none_or(|bias| bias.len() == len), "a norm: as many biases as weights, {len}, expected");
    let bias = bias.map_or(std::ptr::null(), <[f32]>::as_ptr);
    // SAFETY: `x` and `y` hold `rows` rows of `len` numbers, weight and bias one; `y` is different memory.
    unsafe { norm_any(rows, len, x.as_ptr(), weight.as_ptr(), bias, eps, y.as_mut_ptr().cast()) }
}

/// The way back through [`norm`]; `centre` where it had a bias. With g = d_y · weight and n = (x − mean) / √(variance + ε),
/// d_x = (g − mean of g − n · mean of g · n) / √(variance + ε); a root-mean-square norm leaves the mean of g out. Writes
/// all of `d_x`, and adds d_y · n to `d_weight` and d_y to `d_bias` where they are given.
///
/// # Panics
/// Different lengths; a row that is not whole.
#[allow(clippy::too_many_arguments)]
pub fn norm_backward(
    x: &[f32],
    weight: &[f32],
    centre: bool,
    eps: f32,
    d_y: &[f32],
    d_x: &mut [MaybeUninit<f32>],
    d_weight: Option<&mut [f32]>,
    d_bias: Option<&mut [f32]>,
) {
    let len = weight.len();
    let rows = whole_rows("a norm", len, x.len(), [d_y.len(), d_x.len()]);
    let place = |sums: Option<&mut [f32]>| {
        sums.map_or(std::ptr::null_mut(), |sums| {
            assert_eq!(sums.len(), len, "a norm: as many gradients of parameters as weights expected");
            sums.as_mut_ptr()
        })
    };
    let (d_weight, d_bias) = (place(d_weight), place(d_bias));
    let (x, weight, d_y, d_x) = (x.as_ptr(), weight.as_ptr(), d_y.as_ptr(), d_x.as_mut_ptr().cast());
    // SAFETY: `x`, `d_y` and `d_x` hold `rows` rows of `len` numbers, the others one; what is written is different memory.
    unsafe { norm_backward_any(rows, len, x, weight, centre, eps, d_y, d_x, d_weight, d_bias) }
}

/// How many rows of `len` numbers `numbers` are; the `others` must be as many.
fn whole_rows<const N: usize>(what: &str, len: usize, numbers: usize, others: [usize; N]) -> usize {
    assert!(others.iter().all(|&other| other == numbers), "{what} of {numbers} numbers was given {others:?}");
    assert!(numbers == 0 || (len > 0 && numbers.is_multiple_of(len)), "{what}: {numbers} numbers in rows of {len}");
    numbers.checked_div(len).unwrap_or(0)
}

for_each_processor! {
    /// y = softmax(x + mask) for `rows` rows of `len` numbers that begin `stride` apart; what lies between them becomes
    /// 0. Row i adds the `len` numbers from `mask + i * mask_row`; no mask where it is null. `y` may be `x`.
    unsafe fn softmax_any => softmax_body(
        rows: usize, len: usize, stride: usize, x: *const f32, mask: *const f32, mask_row: usize, y: *mut f32,
    )
}

#[inline(always)]
unsafe fn softmax_body<S: Simd>(
    rows: usize,
    len: usize,
    stride: usize,
    x: *const f32,
    mask: *const f32,
    mask_row: usize,
    y: *mut f32,
) {
    // SAFETY: the caller sees to the instructions and to the rows; `left` says what is left of one.
    unsafe {
        // exp gives e⁻⁸⁷ for all that is lower; what is masked must be 0.
        let floor = exp::<S>(S::splat(-87.0));
        for row in 0..rows {
            let (x, y) = (x.add(row * stride), y.add(row * stride));
            let mut highest = [S::splat(f32::MIN); PARTS];
            walk!(S, len, |at, left, part| {
                let mut v = load_some::<S>(x.add(at), left, f32::MIN);
                if !mask.is_null() {
                    // Twice f32::MIN is −∞, which the next maximum takes away.
                    v = S::max(S::add(v, load_some::<S>(mask.add(row * mask_row + at), left, 0.0)), S::splat(f32::MIN));
                    store_some::<S>(y.add(at), left, v);
                }
                highest[part] = S::max(v, highest[part]);
            });
            let highest = lanes::<S>(&highest).into_iter().fold(f32::MIN, f32::max);
            let from = if mask.is_null() { x } else { y.cast_const() };
            let mut sums = [S::splat(0.0); PARTS];
            walk!(S, len, |at, left, part| {
                let v = S::sub(load_some::<S>(from.add(at), left, f32::MIN), S::splat(highest));
                let odds = S::sub(exp::<S>(v), floor);
                sums[part] = S::add(sums[part], odds);
                store_some::<S>(y.add(at), left, odds);
            });
            let scale = S::splat(1.0 / sum_of(lanes::<S>(&sums)));
            walk!(S, len, |at, left, _part| {
                store_some::<S>(y.add(at), left, S::mul(load_some::<S>(y.add(at), left, 0.0), scale));
            });
            for rest in len..stride {
                *y.add(rest) = 0.0;
            }
        }
    }
}

for_each_processor! {
    /// The way back through a softmax whose result is `y`: d_x = y · (d_y − Σ d_y · y). `d_x` may be `d_y`.
    unsafe fn softmax_backward_any => softmax_backward_body(
        rows: usize, len: usize, stride: usize, y: *const f32, d_y: *const f32, d_x: *mut f32,
    )
}

#[inline(always)]
unsafe fn softmax_backward_body<S: Simd>(
    rows: usize,
    len: usize,
    stride: usize,
    y: *const f32,
    d_y: *const f32,
    d_x: *mut f32,
) {
    // SAFETY: the caller sees to the instructions and to the rows; `left` says what is left of one.
    unsafe {
        for row in 0..rows {
            let (y, d_y, d_x) = (y.add(row * stride), d_y.add(row * stride), d_x.add(row * stride));
            let mut sums = [S::splat(0.0); PARTS];
            walk!(S, len, |at, left, part| {
                let (y, d_y) = (load_some::<S>(y.add(at), left, 0.0), load_some::<S>(d_y.add(at), left, 0.0));
                sums[part] = S::fma(y, d_y, sums[part]);
            });
            let sum = S::splat(sum_of(lanes::<S>(&sums)));
            walk!(S, len, |at, left, _part| {
                let (y, d_y) = (load_some::<S>(y.add(at), left, 0.0), load_some::<S>(d_y.add(at), left, 0.0));
                store_some::<S>(d_x.add(at), left, S::mul(y, S::sub(d_y, sum)));
            });
            for rest in len..stride {
                *d_x.add(rest) = 0.0;
            }
        }
    }
}

/// Mean (0 for a root-mean-square norm) and 1 / √(variance + ε) of a row.
#[inline(always)]
unsafe fn moments<S: Simd>(len: usize, x: *const f32, centre: bool, eps: f32) -> (f32, f32) {
    // SAFETY: the caller sees to the instructions and to the rows; `left` says what is left of one.
    unsafe {
        let mut mean = 0.0;
        if centre {
            let mut sums = [S::splat(0.0); PARTS];
            walk!(S, len, |at, left, part| {
                sums[part] = S::add(sums[part], load_some::<S>(x.add(at), left, 0.0));
            });
            mean = sum_of(lanes::<S>(&sums)) / len as f32;
        }
        let mut squares = [S::splat(0.0); PARTS];
        walk!(S, len, |at, left, part| {
            let v = S::sub(load_some::<S>(x.add(at), left, mean), S::splat(mean));
            squares[part] = S::fma(v, v, squares[part]);
        });
        (mean, 1.0 / (sum_of(lanes::<S>(&squares)) / len as f32 + eps).sqrt())
    }
}

for_each_processor! {
    /// y = (x − mean) / √(variance + ε) · weight + bias for rows of `len`; with a null `bias`, a root-mean-square norm.
    unsafe fn norm_any => norm_body(
        rows: usize, len: usize, x: *const f32, weight: *const f32, bias: *const f32, eps: f32, y: *mut f32,
    )
}

#[inline(always)]
unsafe fn norm_body<S: Simd>(
    rows: usize,
    len: usize,
    x: *const f32,
    weight: *const f32,
    bias: *const f32,
    eps: f32,
    y: *mut f32,
) {
    // SAFETY: the caller sees to the instructions and to the rows; `left` says what is left of one.
    unsafe {
        for row in 0..rows {
            let (x, y) = (x.add(row * len), y.add(row * len));
            let (mean, scale) = moments::<S>(len, x, !bias.is_null(), eps);
            walk!(S, len, |at, left, _part| {
                let v = S::mul(S::sub(load_some::<S>(x.add(at), left, 0.0), S::splat(mean)), S::splat(scale));
                let b = if bias.is_null() { S::splat(0.0) } else { load_some::<S>(bias.add(at), left, 0.0) };
                store_some::<S>(y.add(at), left, S::fma(v, load_some::<S>(weight.add(at), left, 0.0), b));
            });
        }
    }
}

for_each_processor! {
    /// The way back through [`norm_any`]. With g = d_y · weight and n = (x − mean) / √(variance + ε), d_x = (g − mean of g −
    /// n · mean of g · n) / √(variance + ε); a root-mean-square norm leaves the mean of g out. Adds d_y · n to `d_weight`
    /// and d_y to `d_bias` where they are not null.
    unsafe fn norm_backward_any => norm_backward_body(
        rows: usize, len: usize, x: *const f32, weight: *const f32, centre: bool, eps: f32, d_y: *const f32,
        d_x: *mut f32, d_weight: *mut f32, d_bias: *mut f32,
    )
}

#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn norm_backward_body<S: Simd>(
    rows: usize,
    len: usize,
    x: *const f32,
    weight: *const f32,
    centre: bool,
    eps: f32,
    d_y: *const f32,
    d_x: *mut f32,
    d_weight: *mut f32,
    d_bias: *mut f32,
) {
    // SAFETY: the caller sees to the instructions and to the rows; `left` says what is left of one.
    unsafe {
        for row in 0..rows {
            let (x, d_y, d_x) = (x.add(row * len), d_y.add(row * len), d_x.add(row * len));
            let (mean, scale) = moments::<S>(len, x, centre, eps);
            let (mean, scale) = (S::splat(mean), S::splat(scale));
            let (mut sums, mut products) = ([S::splat(0.0); PARTS], [S::splat(0.0); PARTS]);
            walk!(S, len, |at, left, part| {
                let d = load_some::<S>(d_y.add(at), left, 0.0);
                let g = S::mul(d, load_some::<S>(weight.add(at), left, 0.0));
                let n = S::mul(S::sub(load_some::<S>(x.add(at), left, 0.0), mean), scale);
                sums[part] = S::add(sums[part], g);
                products[part] = S::fma(g, n, products[part]);
                if !d_weight.is_null() {
                    let sum = S::fma(d, n, load_some::<S>(d_weight.add(at), left, 0.0));
                    store_some::<S>(d_weight.add(at), left, sum);
                }
                if !d_bias.is_null() {
                    store_some::<S>(d_bias.add(at), left, S::add(d, load_some::<S>(d_bias.add(at), left, 0.0)));
                }
            });
            let average = if centre { sum_of(lanes::<S>(&sums)) / len as f32 } else { 0.0 };
            let (average, product) = (S::splat(average), S::splat(-sum_of(lanes::<S>(&products)) / len as f32));
            walk!(S, len, |at, left, _part| {
                let g = S::mul(load_some::<S>(d_y.add(at), left, 0.0), load_some::<S>(weight.add(at), left, 0.0));
                let n = S::mul(S::sub(load_some::<S>(x.add(at), left, 0.0), mean), scale);
                let v = S::fma(n, product, S::sub(g, average));
                store_some::<S>(d_x.add(at), left, S::mul(v, scale));
            });
        }
    }
}
