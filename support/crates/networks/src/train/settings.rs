//! What a training run is told: how long, how fast, when to stop, where to keep the best weights.
//!
//! The defaults suit a small network trained from scratch on some thousand texts. Nothing is searched for here.

use super::schedule::Schedule;
use ground::{Result, bail};

/// The settings of [`fit`](super::fit): start with [`new`](Self::new), change what should differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub(super) epochs: usize,
    pub(super) batch: usize,
    pub(super) learning_rate: f64,
    pub(super) weight_decay: f64,
    pub(super) no_decay: Vec<String>,
    pub(super) clip: f64,
    pub(super) label_smoothing: f64,
    pub(super) warm_up: f64,
    pub(super) schedule: Schedule,
    pub(super) patience: usize,
    pub(super) seed: u64,
    pub(super) checkpoints: Option<String>,
    pub(super) report_every: usize,
    pub(super) prefix: String,
    pub(super) output: Output,
}

/// Where progress goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    Stdout,
    Stderr,
    Nowhere,
}

impl Default for Settings {
    fn default() -> Self {
        Settings::new()
    }
}

impl Settings {
    /// At most 20 epochs in batches of 32; AdamW with learning rate 0.001, weight decay 0.01 (none for parameters whose
    /// name holds `bias` or `norm`), gradients clipped to norm 1; no warm-up, constant rate; stop after 3 epochs without
    /// a better validation loss; seed 0; no checkpoints; one line per epoch.
    pub fn new() -> Self {
        Settings {
            epochs: 20,
            batch: 32,
            learning_rate: 1e-3,
            weight_decay: 0.01,
            no_decay: ["bias", "norm"].map(str::to_owned).to_vec(),
            clip: 1.0,
            label_smoothing: 0.0,
            warm_up: 0.0,
            schedule: Schedule::Constant,
            patience: 3,
            seed: 0,
            checkpoints: None,
            report_every: 0,
            prefix: String::new(),
            output: Output::Stdout,
        }
    }

    /// At most so many passes over the training texts.
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// Texts per step.
    pub fn batch(mut self, batch: usize) -> Self {
        self.batch = batch;
        self
    }

    /// The highest learning rate.
    pub fn learning_rate(mut self, rate: f64) -> Self {
        self.learning_rate = rate;
        self
    }

    /// The share of a weight that is taken off per step and unit of learning rate (decoupled, as in AdamW).
    pub fn weight_decay(mut self, decay: f64) -> Self {
        self.weight_decay = decay;
        self
    }

    /// Parameters whose name holds one of these words, in small letters, are not decayed.
    pub fn no_decay(mut self, words: &[&str]) -> Self {
        self.no_decay = words.iter().map(|word| word.to_lowercase()).collect();
        self
    }

    /// The largest norm that the gradient of all parameters together may have; a longer one is shortened to it.
    /// `f64::INFINITY` never shortens.
    pub fn clip(mut self, norm: f64) -> Self {
        self.clip = norm;
        self
    }

    /// The share of all steps, 0 to 1, in which the learning rate climbs from near 0 to its highest value.
    pub fn warm_up(mut self, share: f64) -> Self {
        self.warm_up = share;
        self
    }

    /// How the learning rate goes on after the warm-up.
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// Stop after so many epochs in a row without a better validation loss.
    pub fn patience(mut self, epochs: usize) -> Self {
        self.patience = epochs;
        self
    }

    /// What shuffling and dropout are drawn from: the same seed gives the same training.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// A folder that gets the model whenever the validation loss is the best so far.
    ///
    /// Each file is complete before it takes the place of the old one. When training is interrupted (in a notebook this
    /// ends the process that ran the cell), load the model from this folder and call `fit` again: it goes on from the
    /// best epoch, with a fresh optimiser.
    pub fn checkpoints(mut self, folder: &str) -> Self {
        self.checkpoints = Some(folder.to_owned());
        self
    }

    /// The share of each target that is spread over all classes (Szegedy et al. 2016). It keeps a model from being ever
    /// surer of its training texts. The losses that are reported are those without it.
    pub fn label_smoothing(mut self, share: f64) -> Self {
        self.label_smoothing = share;
        self
    }

    /// One line more after every so many steps: for epochs that take minutes. 0, the default, for none.
    pub fn report_every(mut self, steps: usize) -> Self {
        self.report_every = steps;
        self
    }

    /// What each line of progress begins with.
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = prefix.to_owned();
        self
    }

    /// Prints nothing.
    pub fn quiet(mut self) -> Self {
        self.output = Output::Nowhere;
        self
    }

    /// Prints to stderr, for programs whose stdout is read by others.
    pub fn to_stderr(mut self) -> Self {
        self.output = Output::Stderr;
        self
    }

    /// The settings that the weights depend on, as text.
    pub fn what_matters(&self) -> String {
        let (prefix, output) = (String::new(), Output::Stdout);
        format!("{:?}", Settings { report_every: 0, prefix, output, checkpoints: None, ..self.clone() })
    }

    /// Prints a line of progress.
    pub fn say(&self, line: &str) {
        match self.output {
            Output::Stdout => println!("{}{line}", self.prefix),
            Output::Stderr => eprintln!("{}{line}", self.prefix),
            Output::Nowhere => {}
        }
    }

    /// The learning rate of step `step` of `steps`, counted from 0.
    ///
    /// In a warm-up of `w` steps it is (step + 1) / w of the highest: transformers' schedules are one step behind, so
    /// that their first step has rate 0 and is lost.
    pub fn rate_at(&self, step: usize, steps: usize) -> f64 {
        let warm = (self.warm_up * steps as f64).round();
        let at = step as f64;
        if at < warm {
            return self.learning_rate * (at + 1.0) / warm;
        }
        let progress = ((at - warm) / (steps as f64 - warm).max(1.0)).min(1.0);
        self.learning_rate * self.schedule.share(progress)
    }

    /// Whether the parameter called `name` is decayed.
    pub(super) fn decays(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        !self.no_decay.iter().any(|word| name.contains(word.as_str()))
    }

    /// Refuses what cannot be trained with.
    pub(super) fn check(&self) -> Result<()> {
        if self.epochs == 0 || self.batch == 0 {
            bail!("epochs is {} and batch is {}: both must be at least 1", self.epochs, self.batch);
        }
        if self.patience == 0 {
            bail!("patience is 0, which would stop before the first epoch: give 1 or more; 3 is usual");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            bail!("the learning rate is {}: give a number above 0, such as 0.001", self.learning_rate);
        }
        if !(self.weight_decay >= 0.0 && self.weight_decay.is_finite()) {
            bail!("the weight decay is {}: give 0 or more, such as 0.01", self.weight_decay);
        }
        if self.clip.is_nan() || self.clip <= 0.0 {
            bail!("gradients are clipped to norm {}: give a number above 0, such as 1", self.clip);
        }
        if !(0.0..1.0).contains(&self.label_smoothing) {
            bail!("label_smoothing is {}: give a share from 0 to just below 1, such as 0.1", self.label_smoothing);
        }
        if !(0.0..1.0).contains(&self.warm_up) {
            bail!("warm_up is {}: give the share of the steps, from 0 to just below 1, such as 0.1", self.warm_up);
        }
        Ok(())
    }
}
