//! What this processor can do, asked in one place, and work that is compiled for each kind of processor.

use std::sync::atomic::{AtomicU8, Ordering};

#[cfg(target_arch = "x86_64")]
use super::simd::{Avx2, Avx512};
use super::simd::{Portable, Simd};
use ground::{Result, bail};

/// Work that [`on_this_processor`] compiles once for each kind of processor.
///
/// `run`, and whatever it calls in an inner loop, is `#[inline(always)]`: only what is inlined is compiled for the
/// processor. Loops over arrays of 16 are turned into vectors by the compiler, which never changes the order of a sum and
/// never joins a product and a sum into one step, so that every processor gives the same bits.
///
/// ```
/// use kernels::loops::{Simd, Work, on_this_processor};
///
/// struct Squares<'a>(&'a [f32; 16]);
/// impl Work for Squares<'_> {
///     type Result = [f32; 16];
///     #[inline(always)]
///     fn run<S: Simd>(self) -> [f32; 16] {
///         self.0.map(|x| x * x)
///     }
/// }
/// assert_eq!(on_this_processor(Squares(&[3.0; 16])), [9.0; 16]);
/// ```
pub trait Work {
    /// What it gives.
    type Result;

    /// Does it. `S` is what the processor has; work that leaves vectors to the compiler has no need of it.
    fn run<S: Simd>(self) -> Self::Result;
}

/// Does `work` with the best instructions that this processor has and that [`use_instructions`] allows.
#[inline]
pub fn on_this_processor<W: Work>(work: W) -> W::Result {
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx512f")]
    fn avx512<W: Work>(work: W) -> W::Result {
        work.run::<Avx512>()
    }
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,fma")]
    fn avx2<W: Work>(work: W) -> W::Result {
        work.run::<Avx2>()
    }
    match instructions() {
        // SAFETY: the processor was asked for them.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => unsafe { avx512(work) },
        // SAFETY: the processor was asked for them.
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => unsafe { avx2(work) },
        Instructions::Portable => work.run::<Portable>(),
    }
}

/// Defines the unsafe function `$name`, which calls `$body::<S>` on this processor; the arguments are numbers and
/// addresses, without lifetimes.
macro_rules! for_each_processor {
    ($(#[$doc:meta])* unsafe fn $name:ident => $body:ident ($($arg:ident: $type:ty),* $(,)?)) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments)]
        unsafe fn $name($($arg: $type),*) {
            struct Call {
                $($arg: $type),*
            }
            impl $crate::loops::Work for Call {
                type Result = ();

                #[inline(always)]
                fn run<S: Simd>(self) {
                    let Call { $($arg),* } = self;
                    // SAFETY: the processor has the instructions of `S`; the rest is what the caller of the function
                    // promises, which alone makes a `Call`.
                    unsafe { $body::<S>($($arg),*) }
                }
            }
            $crate::loops::on_this_processor(Call { $($arg),* })
        }
    };
}
pub(super) use for_each_processor;

/// What the processor can do, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Instructions {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    Portable,
}

/// 0: the best that there is; otherwise 1 + the number of an entry of [`NAMES`].
static CHOSEN: AtomicU8 = AtomicU8::new(0);
const NAMES: [&str; 3] = ["avx512", "avx2", "portable"];

fn instructions() -> Instructions {
    let chosen = CHOSEN.load(Ordering::Relaxed);
    #[cfg(target_arch = "x86_64")]
    {
        if chosen <= 1 && is_x86_feature_detected!("avx512f") {
            return Instructions::Avx512;
        }
        if chosen <= 2 && is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Instructions::Avx2;
        }
    }
    let _ = chosen;
    Instructions::Portable
}

/// Lets the loops use these instructions at best: `avx512`, `avx2`, `portable`, or `best`. For tests and measurements.
///
/// # Errors
/// A name that is none of these.
pub fn use_instructions(name: &str) -> Result<()> {
    let chosen = match NAMES.iter().position(|known| *known == name) {
        Some(at) => at as u8 + 1,
        None if name == "best" => 0,
        None => bail!("`{name}` is none of best, {}", NAMES.join(", ")),
    };
    CHOSEN.store(chosen, Ordering::Relaxed);
    Ok(())
}
