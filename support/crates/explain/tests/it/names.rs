//! The names that these tests use, as notebooks know them.
#![allow(unused_imports)] // each program uses some

pub use candle_core::{self, D, DType, Device, Tensor, Var};
pub use explain::attribution::{
    self, Attribution, Baseline, InputXGradient, IntegratedGradients, Method, Output, Place, Rule, Saliency,
    SmoothGrad, What, lime,
};
pub use figures::display::{self, Figure, table};
pub use ground::{Error, Result};
pub use polars::prelude::{Column, DataFrame, NamedFrom, Series, df};
pub use sources::data::{self, Dataset, Source};
pub use text::model::{self, DifferentiableClassifier, Input, TextClassifier};
pub use {candle_nn, networks as nn, polars, rand, rand_chacha, serde_json, text};

pub mod evaluation {
    pub use explain::plausibility::*;
    pub use ground::statistics::*;
}

pub mod plot {
    pub use explain::figures::*;
    pub use figures::plot::*;
    pub use ground::{Labels, Numbers};
}
