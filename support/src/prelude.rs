//! What a notebook sees after `use support::prelude::*;`.

pub use crate::attribution::{
    self, Attribution, Baseline, InputXGradient, IntegratedGradients, Method, Output, Place, Rule, Saliency,
    SmoothGrad, What, lime,
};
pub use crate::data::{self, Dataset, Source};
pub use crate::display::{Figure, table};
pub use crate::model::{DifferentiableClassifier, Input, TextClassifier};
pub use crate::{Error, evaluation, exercise, hub, models, nn, plot, reduce, text, train};

pub use candle_core::{D, DType, Device, Tensor, Var};
pub use polars::prelude::{
    ChunkAgg, ChunkCompareEq, ChunkCompareIneq, Column, DataFrame, IntoColumn, NamedFrom, Series, SortMultipleOptions,
    df,
};
