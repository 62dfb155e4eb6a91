//! Activation functions of the transformers, number by number, forward and backward.

use std::mem::MaybeUninit;

use super::processor::for_each_processor;
use super::simd::{Simd, exp, load_some, sigmoid, store_some};

/// Which function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// x·Φ(x)
    Gelu,
    /// ½x·(1 + tanh(√(2/π)·(x + 0.044715 x³)))
    GeluNew,
    /// x·σ(x)
    Silu,
}

/// y = f(x); writes all of `y`.
///
/// # Panics
/// Different lengths.
pub fn forward(kind: Kind, x: &[f32], y: &mut [MaybeUninit<f32>]) {
    assert_eq!(x.len(), y.len(), "an activation needs as many results as numbers");
    // SAFETY: both hold as many numbers.
    unsafe { values(kind, x.len(), x.as_ptr(), y.as_mut_ptr().cast()) }
}

/// d_x = d_y · f′(x); writes all of `d_x`.
///
/// # Panics
/// Different lengths.
pub fn backward(kind: Kind, x: &[f32], d_y: &[f32], d_x: &mut [MaybeUninit<f32>]) {
    assert_eq!([d_y.len(), d_x.len()], [x.len(); 2], "an activation needs as many gradients as numbers");
    // SAFETY: all hold as many numbers.
    unsafe { slopes(kind, x.len(), x.as_ptr(), d_y.as_ptr(), d_x.as_mut_ptr().cast()) }
}

for_each_processor! {
    unsafe fn values => values_body(kind: Kind, len: usize, x: *const f32, y: *mut f32)
}
for_each_processor! {
    unsafe fn slopes => slopes_body(kind: Kind, len: usize, x: *const f32, d_y: *const f32, d_x: *mut f32)
}

#[inline(always)]
unsafe fn values_body<S: Simd>(kind: Kind, len: usize, x: *const f32, y: *mut f32) {
    // SAFETY: as the caller promises.
    unsafe {
        match kind {
            Kind::Gelu => each_value::<S, Gelu>(len, x, y),
            Kind::GeluNew => each_value::<S, GeluNew>(len, x, y),
            Kind::Silu => each_value::<S, Silu>(len, x, y),
        }
    }
}

#[inline(always)]
unsafe fn slopes_body<S: Simd>(kind: Kind, len: usize, x: *const f32, d_y: *const f32, d_x: *mut f32) {
    // SAFETY: as the caller promises.
    unsafe {
        match kind {
            Kind::Gelu => each_slope::<S, Gelu>(len, x, d_y, d_x),
            Kind::GeluNew => each_slope::<S, GeluNew>(len, x, d_y, d_x),
            Kind::Silu => each_slope::<S, Silu>(len, x, d_y, d_x),
        }
    }
}

#[inline(always)]
unsafe fn each_value<S: Simd, F: Function>(len: usize, x: *const f32, y: *mut f32) {
    for at in (0..len).step_by(S::LANES) {
        // SAFETY: the caller sees to `len` numbers, of which `len - at` are left.
        unsafe { store_some::<S>(y.add(at), len - at, F::value::<S>(load_some::<S>(x.add(at), len - at, 0.0))) };
    }
}

#[inline(always)]
unsafe fn each_slope<S: Simd, F: Function>(len: usize, x: *const f32, d_y: *const f32, d_x: *mut f32) {
    for at in (0..len).step_by(S::LANES) {
        // SAFETY: the caller sees to `len` numbers, of which `len - at` are left.
        unsafe {
            let slope = F::slope::<S>(load_some::<S>(x.add(at), len - at, 0.0));
            store_some::<S>(d_x.add(at), len - at, S::mul(slope, load_some::<S>(d_y.add(at), len - at, 0.0)));
        }
    }
}

/// A function of one number and its derivative.
trait Function {
    unsafe fn value<S: Simd>(x: S::V) -> S::V;
    unsafe fn slope<S: Simd>(x: S::V) -> S::V;
}

struct Gelu;
struct GeluNew;
struct Silu;

/// 1 − Φ(|x|) to 1e-7, and e^(−x²/2), from which it is made: the polynomial 7.1.26 of Abramowitz and Stegun 1964.
#[inline(always)]
unsafe fn upper_tail<S: Simd>(x: S::V) -> (S::V, S::V) {
    // SAFETY: the caller sees to the instructions.
    unsafe {
        let size = S::max(x, S::sub(S::splat(0.0), x));
        let density = exp::<S>(S::mul(S::mul(x, x), S::splat(-0.5)));
        let scaled = S::fma(size, S::splat(0.327_591_1 * std::f32::consts::FRAC_1_SQRT_2), S::splat(1.0));
        let t = S::div(S::splat(1.0), scaled);
        let mut p = S::splat(1.061_405_4);
        for factor in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
            p = S::fma(p, t, S::splat(factor));
        }
        (S::mul(S::mul(S::mul(p, t), density), S::splat(0.5)), density)
    }
}

impl Function for Gelu {
    #[inline(always)]
    unsafe fn value<S: Simd>(x: S::V) -> S::V {
        // SAFETY: the caller sees to the instructions.
        unsafe {
            // x − x·(1 − Φ(x)) above 0, −|x|·Φ(x) below.
            let size = S::max(x, S::sub(S::splat(0.0), x));
            let (tail, _) = upper_tail::<S>(x);
            S::fma(S::sub(S::splat(0.0), size), tail, S::max(x, S::splat(0.0)))
        }
    }

    #[inline(always)]
    unsafe fn slope<S: Simd>(x: S::V) -> S::V {
        // Φ(x) + x·φ(x)
        const DENSITY: f32 = 0.398_942_3; // 1 / √(2π)
        // SAFETY: the caller sees to the instructions.
        unsafe {
            let (tail, density) = upper_tail::<S>(x);
            let half = S::splat(0.5);
            let sign = S::clamp(S::mul(x, S::splat(1e38)), -1.0, 1.0);
            let below = S::fma(sign, S::sub(half, tail), half);
            S::fma(S::mul(x, S::splat(DENSITY)), density, below)
        }
    }
}

const ROOT: f32 = 0.797_884_6; // √(2/π)
const CUBE: f32 = 0.044_715;

impl Function for GeluNew {
    #[inline(always)]
    unsafe fn value<S: Simd>(x: S::V) -> S::V {
        // ½(1 + tanh u) = σ(2u)
        // SAFETY: the caller sees to the instructions.
        unsafe { S::mul(x, sigmoid::<S>(twice_inner::<S>(x))) }
    }

    #[inline(always)]
    unsafe fn slope<S: Simd>(x: S::V) -> S::V {
        // SAFETY: the caller sees to the instructions.
        unsafe {
            let s = sigmoid::<S>(twice_inner::<S>(x));
            let inner = S::fma(S::mul(x, x), S::splat(6.0 * ROOT * CUBE), S::splat(2.0 * ROOT));
            let bend = S::mul(S::mul(s, S::sub(S::splat(1.0), s)), inner);
            S::fma(x, bend, s)
        }
    }
}

/// 2·√(2/π)·(x + 0.044715 x³)
#[inline(always)]
unsafe fn twice_inner<S: Simd>(x: S::V) -> S::V {
    // SAFETY: the caller sees to the instructions.
    unsafe { S::mul(x, S::fma(S::mul(x, x), S::splat(2.0 * ROOT * CUBE), S::splat(2.0 * ROOT))) }
}

impl Function for Silu {
    #[inline(always)]
    unsafe fn value<S: Simd>(x: S::V) -> S::V {
        // SAFETY: the caller sees to the instructions.
        unsafe { S::mul(x, sigmoid::<S>(x)) }
    }

    #[inline(always)]
    unsafe fn slope<S: Simd>(x: S::V) -> S::V {
        // SAFETY: the caller sees to the instructions.
        unsafe {
            let s = sigmoid::<S>(x);
            S::fma(x, S::mul(s, S::sub(S::splat(1.0), s)), s)
        }
    }
}
