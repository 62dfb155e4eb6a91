//! Softmax and normalisation: each row of a matrix on its own, forward and backward.
//!
//! Sums run in 16 lanes, number i in lane i mod 16, which are then added in a fixed order.

use super::simd::{PARTS, Simd, exp, for_each_processor, lanes, load_some, store_some, sum_of};

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

for_each_processor! {
    /// y = softmax(x + mask) for `rows` rows of `len` numbers that begin `stride` apart; what lies between them becomes
    /// 0. Row i adds the `len` numbers from `mask + i * mask_row`; no mask where it is null. `y` may be `x`.
    pub unsafe fn softmax => softmax_body(
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
    pub unsafe fn softmax_backward => softmax_backward_body(
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
    pub unsafe fn norm => norm_body(
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
    /// The way back through [`norm`]. With g = d_y · weight and n = (x − mean) / √(variance + ε), d_x = (g − mean of g −
    /// n · mean of g · n) / √(variance + ε); a root-mean-square norm leaves the mean of g out. Adds d_y · n to `d_weight`
    /// and d_y to `d_bias` where they are not null.
    pub unsafe fn norm_backward => norm_backward_body(
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
