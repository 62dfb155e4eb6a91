//! What `networks` promises, in one program: it is linked once.

mod bilstm;
mod fine_tuning;
mod plot_training;
mod train;
