//! Training: the loop, the optimiser, early stopping, checkpoints, progress.
