//! Training: the loop, the optimiser, early stopping, checkpoints, progress.
//!
//! A model that can be trained implements [`Trainable`]. The loop knows nothing of its architecture: it asks for logits,
//! takes the cross-entropy, and moves the parameters.
//!
//! ```no_run
//! # use ground::Result;
//! # use networks::train::{self, Settings, Trainable};
//! # use sources::data::Dataset;
//! # fn lesson(model: &dyn Trainable, training: &Dataset, validation: &Dataset) -> Result<()> {
//! let settings = Settings::new().epochs(10).learning_rate(2e-3).checkpoints("my_model");
//! let history = train::fit(model, training, validation, &settings)?;
//! history.curves()?;
//! # Ok(())
//! # }
//! ```

mod adamw;
mod batches;
mod cache;
mod checkpoint;
mod curves;
mod fit;
mod history;
mod schedule;
mod settings;

pub use adamw::AdamW;
pub use cache::{cache_folder, cached};
pub use curves::curves;
pub use fit::{fit, fit_examples};
pub use history::{Epoch, History};
pub use schedule::Schedule;
pub use settings::Settings;

use candle_core::backprop::GradStore;
use candle_core::{Tensor, Var};

use ground::Result;
use sources::data::Dataset;

/// What a training step reads: the tokens of one text, and what the model should answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// Rows of the embedding matrix, without padding and not longer than the model reads.
    pub ids: Vec<u32>,
    /// The right answers, indices into the logits: one for a classifier, one per position for a language model.
    pub targets: Vec<u32>,
}

/// The second half of a step: from the gradient of the loss with respect to the logits, of the same shape, to the
/// gradients with respect to the [`variables`](Trainable::variables).
pub type Backward<'a> = Box<dyn FnOnce(&Tensor) -> Result<GradStore> + 'a>;

/// A model whose parameters the loop can move.
pub trait Trainable {
    /// The parameters by name (`"lstm.weight_ih_l0"`), always in the same order. Names are unique; the loop uses them
    /// in messages and to leave some out of weight decay. Parameters that stay frozen are left out.
    fn variables(&self) -> Vec<(String, Var)>;

    /// The rows of a data set as this model reads them, in the order of the rows; long texts are cut.
    ///
    /// # Errors
    /// A text that the model cannot read, such as one without a word.
    fn examples(&self, dataset: &Dataset) -> Result<Vec<Example>>;

    /// The logits for a batch, shape (targets of the batch, classes): one row per target, in the order of the batch.
    /// Differentiable with respect to the [`variables`](Self::variables).
    ///
    /// `dropout` is the seed of everything random in this step (dropout, words masked): the same seed gives the same
    /// logits. `None` switches it off, for validation and use.
    fn logits(&self, batch: &[&Example], dropout: Option<u64>) -> Result<Tensor>;

    /// The same as [`logits`](Self::logits), with the model's own way back in place of candle's: the logits need not be
    /// differentiable. `None`, the default, for models that have none; the loop then differentiates `logits`.
    fn logits_and_backward(&self, batch: &[&Example], dropout: Option<u64>) -> Result<Option<(Tensor, Backward<'_>)>> {
        let _ = (batch, dropout);
        Ok(None)
    }

    /// Writes everything that is needed to load the model again as files into `folder`, which exists. The loop calls
    /// it with a temporary folder and moves the files to their place.
    fn save(&self, folder: &str) -> Result<()>;
}
