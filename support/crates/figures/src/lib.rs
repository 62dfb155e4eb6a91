//! Figures and tables: drawn as a picture, as an interactive chart and as a line of text, and shown in a notebook, on a
//! page or in a file. Nothing here knows what a number means.

pub mod display;
pub mod plot;
