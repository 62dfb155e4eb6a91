//! Attributions as figures: heat strip, bars, several methods side by side, LIME's panel.

mod compare;
mod facts;
mod lime_content;
mod lime_panel;
mod lime_picture;
mod scale;
mod strip;
mod tokens;

pub use compare::compare_attributions;
pub use lime_panel::lime_panel;
pub use tokens::{attribution, heat_strip};
