//! Vectors of `f32` as the processor has them: AVX-512, AVX2 with FMA, or what the compiler makes of plain arrays.
//!
//! A kernel is written once over [`Simd`] and compiled for each. Lanes are never added to each other and every sum runs
//! in the same order, so that AVX-512, AVX2 and ARM give the same bits. x86 without FMA rounds twice and may differ.

/// The operations that the kernels need.
///
/// All are unsafe to call: the processor must have the instructions, which [`on_this_processor`](super::on_this_processor)
/// sees to, and where there is an address, there must be [`LANES`](Simd::LANES) numbers.
#[allow(clippy::missing_safety_doc)] // said once, above
pub trait Simd: Copy {
    /// A vector.
    type V: Copy;
    /// How many numbers it holds; divides 16.
    const LANES: usize;
    /// How many rows of four vectors each fit into the registers beside the operands.
    const ROWS: usize;

    unsafe fn splat(x: f32) -> Self::V;
    unsafe fn load(from: *const f32) -> Self::V;
    unsafe fn store(to: *mut f32, v: Self::V);
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V;
    /// The larger one; `b` where one is NaN.
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V;
    /// a·b + c
    unsafe fn fma(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    /// `v` between `low` and `high`; NaN stays NaN.
    unsafe fn clamp(v: Self::V, low: f32, high: f32) -> Self::V;
    /// 2ⁿ for each lane that holds 1.5·2²³ + n: the bits of n, moved to where the exponent is.
    unsafe fn power_of_two(shifted: Self::V) -> Self::V;
}

/// eˣ within 2 units in the last place for |x| ≤ 87; further out it is that of ±87.
///
/// eˣ = 2ⁿ·eʳ with n the integer nearest to x/ln 2 and |r| ≤ ln 2 / 2; the Taylor series of eʳ to r⁷/7!.
#[inline(always)]
pub(super) unsafe fn exp<S: Simd>(x: S::V) -> S::V {
    const SHIFT: f32 = 12_582_912.0; // 1.5·2²³: adding it rounds to an integer
    // ln 2 in two parts, the first with so few bits that n times it is exact.
    const LN2_HIGH: f32 = 355.0 / 512.0;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    // SAFETY: the caller sees to the instructions.
    unsafe {
        let x = S::clamp(x, -87.0, 87.0);
        let shifted = S::fma(x, S::splat(std::f32::consts::LOG2_E), S::splat(SHIFT));
        let n = S::sub(shifted, S::splat(SHIFT));
        let r = S::fma(n, S::splat(-LN2_LOW), S::fma(n, S::splat(-LN2_HIGH), x));
        let mut p = S::splat(1.0 / 5040.0);
        for factor in [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0] {
            p = S::fma(p, r, S::splat(factor));
        }
        S::mul(p, S::power_of_two(shifted))
    }
}

/// 1 / (1 + e⁻ˣ)
#[inline(always)]
pub(super) unsafe fn sigmoid<S: Simd>(x: S::V) -> S::V {
    // SAFETY: the caller sees to the instructions.
    unsafe {
        let one = S::splat(1.0);
        S::div(one, S::add(one, exp::<S>(S::sub(S::splat(0.0), x))))
    }
}

/// tanh x = 2·sigmoid(2x) − 1, to 2e-7; exactly 0 at 0.
#[inline(always)]
pub(super) unsafe fn tanh<S: Simd>(x: S::V) -> S::V {
    // SAFETY: the caller sees to the instructions.
    unsafe { S::fma(S::splat(2.0), sigmoid::<S>(S::add(x, x)), S::splat(-1.0)) }
}

/// Vectors that make up 16 numbers, at most; how many there are is `16 / S::LANES`.
pub(super) const PARTS: usize = 4;

/// A vector of the `left` numbers from `from` on, filled up with `rest`.
#[inline(always)]
pub(super) unsafe fn load_some<S: Simd>(from: *const f32, left: usize, rest: f32) -> S::V {
    // SAFETY: the caller sees to the instructions and to `left` numbers; the array holds the 16 that a vector has at most.
    unsafe {
        if left >= S::LANES {
            return S::load(from);
        }
        let mut lanes = [rest; 16];
        for (i, lane) in lanes.iter_mut().enumerate().take(left) {
            *lane = *from.add(i);
        }
        S::load(lanes.as_ptr())
    }
}

/// Writes the first `left` numbers of a vector.
#[inline(always)]
pub(super) unsafe fn store_some<S: Simd>(to: *mut f32, left: usize, v: S::V) {
    // SAFETY: the caller sees to the instructions and to `left` numbers; the array holds the 16 that a vector has at most.
    unsafe {
        if left >= S::LANES {
            return S::store(to, v);
        }
        let mut lanes = [0.0; 16];
        S::store(lanes.as_mut_ptr(), v);
        for (i, lane) in lanes.iter().enumerate().take(left) {
            *to.add(i) = *lane;
        }
    }
}

/// The 16 numbers of some vectors, one after the other.
#[inline(always)]
pub(super) unsafe fn lanes<S: Simd>(parts: &[S::V; PARTS]) -> [f32; 16] {
    let mut lanes = [0.0; 16];
    for (k, part) in parts.iter().enumerate().take(16 / S::LANES) {
        // SAFETY: the caller sees to the instructions; the parts are 16 numbers together.
        unsafe { S::store(lanes.as_mut_ptr().add(k * S::LANES), *part) };
    }
    lanes
}

/// The sum of 16 numbers, always in the same order.
#[inline(always)]
pub(super) fn sum_of(lanes: [f32; 16]) -> f32 {
    let mut sums = lanes;
    let mut width = 8;
    while width > 0 {
        for i in 0..width {
            sums[i] += sums[i + width];
        }
        width /= 2;
    }
    sums[0]
}

/// Plain arrays. On ARM the compiler turns them into NEON instructions, fused multiply-add included.
#[derive(Clone, Copy)]
pub(super) struct Portable;

#[inline(always)]
fn map(f: impl Fn(usize) -> f32) -> [f32; 4] {
    [f(0), f(1), f(2), f(3)]
}

impl Simd for Portable {
    type V = [f32; 4];
    const LANES: usize = 4;
    const ROWS: usize = if cfg!(target_arch = "aarch64") { 6 } else { 2 };

    #[inline(always)]
    unsafe fn splat(x: f32) -> [f32; 4] {
        [x; 4]
    }
    #[inline(always)]
    unsafe fn load(from: *const f32) -> [f32; 4] {
        // SAFETY: the caller sees to the memory, which need not be aligned.
        unsafe { from.cast::<[f32; 4]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(to: *mut f32, v: [f32; 4]) {
        // SAFETY: the caller sees to the memory, which need not be aligned.
        unsafe { to.cast::<[f32; 4]>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn add(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        map(|i| a[i] + b[i])
    }
    #[inline(always)]
    unsafe fn sub(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        map(|i| a[i] - b[i])
    }
    #[inline(always)]
    unsafe fn mul(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        map(|i| a[i] * b[i])
    }
    #[inline(always)]
    unsafe fn div(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        map(|i| a[i] / b[i])
    }
    #[inline(always)]
    unsafe fn max(a: [f32; 4], b: [f32; 4]) -> [f32; 4] {
        map(|i| if a[i] > b[i] { a[i] } else { b[i] })
    }
    #[inline(always)]
    unsafe fn fma(a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] {
        // Where there is no such instruction, `mul_add` calls a function that takes fifty times as long.
        if cfg!(target_arch = "aarch64") { map(|i| a[i].mul_add(b[i], c[i])) } else { map(|i| a[i] * b[i] + c[i]) }
    }
    #[inline(always)]
    unsafe fn clamp(v: [f32; 4], low: f32, high: f32) -> [f32; 4] {
        map(|i| v[i].clamp(low, high))
    }
    #[inline(always)]
    unsafe fn power_of_two(shifted: [f32; 4]) -> [f32; 4] {
        map(|i| f32::from_bits((shifted[i].to_bits() << 23).wrapping_add(1.0f32.to_bits())))
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Simd;
    use std::arch::x86_64::*;

    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx512;
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2;

    macro_rules! simd {
        ($name:ident, $vector:ty, $lanes:literal, $rows:literal, $splat:ident, $load:ident, $store:ident, $add:ident,
         $sub:ident, $mul:ident, $div:ident, $fma:ident, $min:ident, $max:ident, $bits:ident, $floats:ident,
         $shift:ident, $add_bits:ident, $splat_bits:ident) => {
            impl Simd for $name {
                type V = $vector;
                const LANES: usize = $lanes;
                const ROWS: usize = $rows;

                #[inline(always)]
                unsafe fn splat(x: f32) -> $vector {
                    // SAFETY: the caller sees to the instructions.
                    unsafe { $splat(x) }
                }
                #[inline(always)]
                unsafe fn load(from: *const f32) -> $vector {
                    // SAFETY: the caller sees to the instructions and to the memory.
                    unsafe { $load(from) }
                }
                #[inline(always)]
                unsafe fn store(to: *mut f32, v: $vector) {
                    // SAFETY: the caller sees to the instructions and to the memory.
                    unsafe { $store(to, v) }
                }
                #[inline(always)]
                unsafe fn add(a: $vector, b: $vector) -> $vector {
                    // SAFETY: the caller sees to the instructions.
                    unsafe { $add(a, b) }
                }
                #[inline(always)]
                unsafe fn sub(a: $vector, b: $vector) -> $vector {
                    // SAFETY: the caller sees to the instructions.
                    unsafe { $sub(a, b) }
                }
                #[inline(always)]
                unsafe fn mul(a: $vector, b: $vector) -> $vector {
                    // SAFETY: the caller sees to the instructions.
                    unsafe { $mul(a, b) }
                }
                #[inline(always)]
                unsafe fn div(a: $vector, b: $vector) -> $vector {
                    // SAFETY: the caller sees to the instructions.
                    unsafe { $div(a, b) }
                }
                #[inline(always)]
                unsafe fn max(a: $vector, b: $vector) -> $vector {
                    // SAFETY: the caller sees to the instructions.
                    unsafe { $max(a, b) }
                }
                #[inline(always)]
                unsafe fn fma(a: $vector, b: $vector, c: $vector) -> $vector {
                    // SAFETY: the caller sees to the instructions.
                    unsafe { $fma(a, b, c) }
                }
                #[inline(always)]
                unsafe fn clamp(v: $vector, low: f32, high: f32) -> $vector {
                    // The second operand is what these give when one is NaN.
                    // SAFETY: the caller sees to the instructions.
                    unsafe { $min($splat(high), $max($splat(low), v)) }
                }
                #[inline(always)]
                unsafe fn power_of_two(shifted: $vector) -> $vector {
                    // SAFETY: the caller sees to the instructions.
                    unsafe { $floats($add_bits($shift::<23>($bits(shifted)), $splat_bits(1.0f32.to_bits() as i32))) }
                }
            }
        };
    }

    #[rustfmt::skip]
    simd!(Avx512, __m512, 16, 6, _mm512_set1_ps, _mm512_loadu_ps, _mm512_storeu_ps, _mm512_add_ps, _mm512_sub_ps,
        _mm512_mul_ps, _mm512_div_ps, _mm512_fmadd_ps, _mm512_min_ps, _mm512_max_ps, _mm512_castps_si512,
        _mm512_castsi512_ps, _mm512_slli_epi32, _mm512_add_epi32, _mm512_set1_epi32);
    #[rustfmt::skip]
    simd!(Avx2, __m256, 8, 3, _mm256_set1_ps, _mm256_loadu_ps, _mm256_storeu_ps, _mm256_add_ps, _mm256_sub_ps,
        _mm256_mul_ps, _mm256_div_ps, _mm256_fmadd_ps, _mm256_min_ps, _mm256_max_ps, _mm256_castps_si256,
        _mm256_castsi256_ps, _mm256_slli_epi32, _mm256_add_epi32, _mm256_set1_epi32);
}
