//! What the plot functions accept: labels and numbers as vectors, arrays, slices or columns of a polars frame; numbers
//! also as a tensor of one dimension.
//!
//! `&dyn Labels` and `&dyn Numbers` keep the functions free of generics, which would be compiled again in every cell.

use crate::{Result, bail};
use candle_core::{DType, Tensor};
use polars::prelude::{Column, DataType};

/// Labels for a plot: `&Vec<String>`, `&["a", "b"]`, `&slice`, a string column of a frame.
pub trait Labels {
    /// The labels as strings.
    fn labels(&self) -> Result<Vec<String>>;
}

/// Numbers for a plot: `&Vec<f64>`, `&[1, 2, 3]`, `&slice`, a numeric column of a frame, a tensor of shape (n).
pub trait Numbers {
    /// The numbers as `f64`.
    fn numbers(&self) -> Result<Vec<f64>>;
}

macro_rules! labels {
    ($($text:ty),*) => {
        $(impl Labels for Vec<$text> {
            fn labels(&self) -> Result<Vec<String>> {
                Ok(self.iter().map(|text| text.to_string()).collect())
            }
        }
        impl Labels for &[$text] {
            fn labels(&self) -> Result<Vec<String>> {
                Ok(self.iter().map(|text| text.to_string()).collect())
            }
        }
        impl<const N: usize> Labels for [$text; N] {
            fn labels(&self) -> Result<Vec<String>> {
                Ok(self.iter().map(|text| text.to_string()).collect())
            }
        })*
    };
}

macro_rules! numbers {
    ($($number:ty),*) => {
        $(impl Numbers for Vec<$number> {
            fn numbers(&self) -> Result<Vec<f64>> {
                Ok(self.iter().map(|&x| x as f64).collect())
            }
        }
        impl Numbers for &[$number] {
            fn numbers(&self) -> Result<Vec<f64>> {
                Ok(self.iter().map(|&x| x as f64).collect())
            }
        }
        impl<const N: usize> Numbers for [$number; N] {
            fn numbers(&self) -> Result<Vec<f64>> {
                Ok(self.iter().map(|&x| x as f64).collect())
            }
        })*
    };
}

labels!(String, &str);
numbers!(f64, f32, usize, u32, i32, i64);

impl Labels for Column {
    fn labels(&self) -> Result<Vec<String>> {
        let text = self.cast(&DataType::String)?;
        Ok(text.str()?.iter().map(|text| text.unwrap_or("–").to_owned()).collect())
    }
}

impl Numbers for Column {
    fn numbers(&self) -> Result<Vec<f64>> {
        if !self.dtype().is_primitive_numeric() {
            bail!("column `{}` holds {}, not numbers; choose a numeric column", self.name(), self.dtype());
        }
        let numbers = self.cast(&DataType::Float64)?;
        Ok(numbers.f64()?.iter().map(|x| x.unwrap_or(f64::NAN)).collect())
    }
}

impl Numbers for Tensor {
    fn numbers(&self) -> Result<Vec<f64>> {
        if self.rank() != 1 {
            bail!("a tensor of shape {:?} is not a list of numbers: give one of one dimension", self.dims());
        }
        Ok(self.to_dtype(DType::F64)?.to_vec1()?)
    }
}

/// Checks that there is something to draw and that every number is finite.
pub fn finite(plot: &str, what: &str, numbers: &[f64]) -> Result<()> {
    if numbers.is_empty() {
        bail!("{plot}: {what} is empty; give at least one number");
    }
    if let Some(at) = numbers.iter().position(|x| !x.is_finite()) {
        bail!(
            "{plot}: number {at} of {what} is {}; a figure needs finite numbers, so drop or replace it first",
            numbers[at]
        );
    }
    Ok(())
}

/// Checks that two inputs belong together.
pub fn same_length(plot: &str, first: (&str, usize), second: (&str, usize)) -> Result<()> {
    if first.1 != second.1 {
        bail!("{plot}: {} {} but {} {}; give as many of one as of the other", first.1, first.0, second.1, second.0);
    }
    Ok(())
}
