//! What `explain` promises, in one program: it is linked once.

mod captum;
mod gradients;
mod integrated_gradients;
mod names;
mod plausibility;
mod plot;
mod rollout;
mod tokens;
mod toy;
mod transformers;
mod words;
