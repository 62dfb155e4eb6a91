//! How the learning rate goes from its highest value to the end of training.

/// How the learning rate goes on after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// It stays.
    Constant,
    /// It falls in a straight line to 0 at the last step of the last epoch.
    Linear,
    /// It falls along half a cosine to 0 at the last step of the last epoch.
    Cosine,
}

impl Schedule {
    /// The share of the highest rate that is left when `progress`, from 0 to 1, of the steps after the warm-up are done.
    pub(super) fn share(self, progress: f64) -> f64 {
        match self {
            Schedule::Constant => 1.0,
            Schedule::Linear => 1.0 - progress,
            Schedule::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * progress).cos()),
        }
    }
}
