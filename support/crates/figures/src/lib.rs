#![doc = include_str!("../README.md")]

pub mod display;
pub mod plot;
