#![doc = include_str!("../README.md")]

pub mod exercise;
pub mod models;
