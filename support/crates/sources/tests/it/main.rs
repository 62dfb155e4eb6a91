//! What `sources` promises, in one program: it is linked once.

mod data;
mod headlines;
mod reviews;
