//! What a training run did, epoch by epoch. Its figure is in `plot::curves`.

use polars::df;
use polars::prelude::DataFrame;

use figures::display::table;
use ground::Result;

/// One pass over the training texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Epoch {
    /// Counted from 1.
    pub epoch: usize,
    /// The mean cross-entropy over the steps of the epoch, in nats, with dropout on and while the weights change.
    pub train_loss: f64,
    /// The mean cross-entropy on the validation texts after the epoch, in nats.
    pub validation_loss: f64,
    /// The share of right answers on the validation texts after the epoch.
    pub accuracy: f64,
    /// How long it took, validation included.
    pub seconds: f64,
}

/// The result of [`fit`](super::fit).
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// All epochs in order.
    pub epochs: Vec<Epoch>,
    /// The epoch with the lowest validation loss, counted from 1: the model has its weights.
    pub best_epoch: usize,
    /// Whether the run ended before its last epoch because the validation loss no longer fell.
    pub stopped_early: bool,
}

impl History {
    /// The best epoch.
    pub fn best(&self) -> &Epoch {
        &self.epochs[self.best_epoch - 1]
    }

    /// Seconds of all epochs together.
    pub fn seconds(&self) -> f64 {
        self.epochs.iter().map(|epoch| epoch.seconds).sum()
    }

    /// A row per epoch: `epoch`, `train_loss`, `validation_loss`, `accuracy`, `time`. The time is text with its unit,
    /// because it differs from run to run; as a number it is in [`epochs`](Self::epochs).
    pub fn frame(&self) -> Result<DataFrame> {
        let column = |of: fn(&Epoch) -> f64| self.epochs.iter().map(of).collect::<Vec<f64>>();
        let epochs: Vec<u32> = self.epochs.iter().map(|epoch| epoch.epoch as u32).collect();
        let time: Vec<String> = self.epochs.iter().map(|epoch| format!("{:.1} s", epoch.seconds)).collect();
        Ok(df!(
            "epoch" => epochs,
            "train_loss" => column(|epoch| epoch.train_loss),
            "validation_loss" => column(|epoch| epoch.validation_loss),
            "accuracy" => column(|epoch| epoch.accuracy),
            "time" => time,
        )?)
    }

    /// The frame as a table.
    pub fn evcxr_display(&self) {
        match self.frame() {
            Ok(frame) => table(&frame).evcxr_display(),
            Err(error) => println!("{error}"),
        }
    }
}
