//! What `ground` promises, in one program: it is linked once.

mod metrics;
