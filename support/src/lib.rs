//! The crate that the notebooks call.
