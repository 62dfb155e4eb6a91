//! The checks of the lessons' exercises: each answers with a [`Verdict`] that says in words what is wrong.
//!
//! # How a lesson author adds a check
//!
//! Write one function per exercise in `exercise/lesson_NN.rs`, add `mod lesson_NN; pub use lesson_NN::*;` below, and
//! call the function in the last line of the starter cell. The name is `check_NN_k`, the argument a reference:
//!
//! ```
//! use lessons::exercise::{Verdict, check, numbers, unfinished};
//!
//! /// 2.1: the weights of LIME's kernel. The answer is a function, so the check can try inputs of its own.
//! pub fn check_02_1(kernel: &dyn Fn(f64, f64) -> f64) -> Verdict {
//!     check("2.1", &|| {
//!         let distances = [0.0, 0.5, 1.0];
//!         let found: Vec<f64> = distances.iter().map(|d| kernel(*d, 0.25)).collect();
//!         unfinished(found.iter().all(|w| *w == 0.0), "replace the 0.0 by the kernel of the formula above")?;
//!         let expected: Vec<f64> = distances.iter().map(|d| (-d * d / (0.25 * 0.25)).exp().sqrt()).collect();
//!         numbers("the weights at distance 0, 0.5 and 1", &found, &expected, 1e-6)?;
//!         Ok("the weight falls from 1 as texts get less alike".to_owned())
//!     })
//! }
//! assert!(check_02_1(&|d, width| (-d * d / (width * width)).exp().sqrt()).passed());
//! assert!(!check_02_1(&|_, _| 0.0).passed());
//! ```
//!
//! [`check`] catches panics, also those of the learner's own function, and keeps stderr silent meanwhile. Return
//! `Err(Error)` for a wrong answer, most easily with `?` on one of the helpers: [`number`], [`numbers`], [`count`],
//! [`words`], [`require`], [`unfinished`]. Add a diagnosis of your own with [`Error::context`](ground::Error::context)
//! or by comparing with the usual mistakes first. An answer is a value (`&f64`, `&[f64]`, `&[String]`) or a function
//! (`&dyn Fn(…) -> …`); keep checks free of generics, they are compiled in every cell that calls them.
//!
//! Not caught: endless loops (the learner interrupts the kernel), stack overflow, `std::process::abort`.

mod compare;
mod lesson_00;
mod lesson_01;
mod lesson_02;
mod lesson_03;
mod lesson_04;
mod lesson_05;
mod lesson_06;
mod lesson_07;
mod verdict;

pub use lesson_00::{check_00_1, check_00_2, check_00_3};
pub use lesson_01::{CalibrationError, EarlyStopping, Mcnemar, Pad, check_01_1, check_01_2, check_01_3, check_01_4};
pub use lesson_02::{LeaveOneOut, WeightedR2, check_02_1, check_02_2, check_02_3};
pub use lesson_03::{Contrast, Quadrature, check_03_1, check_03_2, check_03_3};
pub use lesson_04::{DifferenceSlope, Merge, Product, Rollout, check_04_1, check_04_2, check_04_3, check_04_4};
pub use lesson_05::{Answer, Negatives, SentencePairs, TargetGradient, check_05_1, check_05_2, check_05_3, check_05_4};
pub use lesson_06::{
    MaskedMean, Misled, NeighbourAccuracy, WithoutFirstAxis, check_06_1, check_06_2, check_06_3, check_06_4,
};
pub use lesson_07::{Pmi, check_07_1, check_07_2, check_07_3};

pub use compare::{count, number, numbers, require, unfinished, words};
pub use verdict::{Verdict, check};
