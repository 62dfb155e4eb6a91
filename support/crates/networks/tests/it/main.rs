//! What `networks` promises, in one program: it is linked once.

mod plot_training;
mod train;
