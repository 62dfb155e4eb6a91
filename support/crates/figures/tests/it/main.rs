//! What `figures` promises, in one program: it is linked once.

mod cloud;
mod display;
mod plot_map;
