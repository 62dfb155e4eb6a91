//! The loop: epochs of shuffled batches, a look at the validation texts after each, the best weights in the end.
//!
//! It knows a model only as a [`Trainable`]. It runs on the CPU and does not go on with an optimiser's memory: training
//! that was interrupted starts again from the best weights with a fresh one.

use std::time::Instant;

use candle_core::backprop::GradStore;
use candle_core::{D, Tensor, Var};

use super::adamw::AdamW;
use super::batches::{batches, by_length};
use super::{Backward, Epoch, Example, History, Settings, Trainable, checkpoint};
use ground::random::SplitMix64;
use ground::{Error, Result, bail};
use sources::data::Dataset;

/// A loss of so many times that of guessing means that training has come apart, long before it is infinite.
const HOPELESS: f64 = 100.0;

/// Trains a model on the texts of `training` and leaves it with the weights of the epoch whose loss on `validation` was
/// lowest. Prints a line per epoch.
///
/// Training goes on from the weights that the model has. The validation texts choose the epoch, so they are not a test.
///
/// # Errors
/// Settings that make no sense, an empty data set or one with other classes, a text that the model cannot read; a loss
/// or a gradient that is not finite or far worse than guessing, named with its epoch, step and learning rate. The model
/// then has the best weights of the epochs before.
pub fn fit(model: &dyn Trainable, training: &Dataset, validation: &Dataset, settings: &Settings) -> Result<History> {
    settings.check()?;
    if training.classes != validation.classes {
        bail!(
            "the training texts have the classes {:?}, the validation texts {:?}",
            training.classes,
            validation.classes
        );
    }
    let read = |dataset: &Dataset, part: &str| {
        if dataset.is_empty() {
            bail!("there are no {part} texts: `{}` has no rows", dataset.name);
        }
        dataset.labels()?; // names the row with a label that is no class
        model.examples(dataset).map_err(|error| error.context(format!("reading the {part} texts")))
    };
    fit_examples(model, &read(training, "training")?, &read(validation, "validation")?, settings)
}

/// [`fit`] on texts that are cut into tokens already.
///
/// # Errors
/// As [`fit`]; also an example without tokens or targets.
pub fn fit_examples(
    model: &dyn Trainable,
    training: &[Example],
    validation: &[Example],
    settings: &Settings,
) -> Result<History> {
    settings.check()?;
    check(training, "training")?;
    check(validation, "validation")?;
    let variables = model.variables();
    let decay = |name: &str| if settings.decays(name) { settings.weight_decay } else { 0.0 };
    let optimiser = AdamW::new(variables.iter().map(|(name, var)| (name.clone(), var.clone(), decay(name))).collect())?;
    let mut best = Best::new(&variables)?;
    let mut run = Run { model, training, validation, settings, optimiser, step: 0, epochs: Vec::new() };
    let outcome = run.all_epochs(&mut best);
    best.restore()?;
    let stopped_early = outcome.map_err(|error| {
        let weights =
            if best.epoch == 0 { "from before training".to_owned() } else { format!("of epoch {}", best.epoch) };
        Error::new(format!("{error}. The model has its weights {weights} again"))
    })?;
    let count = |n: usize| if n == 1 { "1 epoch".to_owned() } else { format!("{n} epochs") };
    let why = match stopped_early {
        true => format!("stopped: {} without a better validation loss", count(settings.patience)),
        false => format!("finished {}", count(run.epochs.len())),
    };
    settings
        .say(&format!("{why}; the model has the weights of epoch {} (validation loss {:.4})", best.epoch, best.loss));
    Ok(History { epochs: run.epochs, best_epoch: best.epoch, stopped_early })
}

fn check(examples: &[Example], part: &str) -> Result<()> {
    if examples.is_empty() {
        bail!("there are no {part} texts");
    }
    if let Some(row) = examples.iter().position(|example| example.ids.is_empty() || example.targets.is_empty()) {
        bail!("row {row} of the {part} texts has no tokens or no target: leave it out");
    }
    Ok(())
}

/// The best weights so far, copied out of the model.
struct Best {
    /// 0 before the first epoch.
    epoch: usize,
    loss: f64,
    weights: Vec<(Var, Tensor)>,
}

impl Best {
    fn new(variables: &[(String, Var)]) -> Result<Best> {
        let copy = |(_, var): &(String, Var)| Ok((var.clone(), var.copy()?));
        Ok(Best { epoch: 0, loss: f64::INFINITY, weights: variables.iter().map(copy).collect::<Result<_>>()? })
    }

    fn keep(&mut self, epoch: usize, loss: f64) -> Result<()> {
        (self.epoch, self.loss) = (epoch, loss);
        for (var, copy) in &mut self.weights {
            *copy = var.copy()?;
        }
        Ok(())
    }

    fn restore(&self) -> Result<()> {
        for (var, copy) in &self.weights {
            var.set(copy)?;
        }
        Ok(())
    }
}

struct Run<'a> {
    model: &'a dyn Trainable,
    training: &'a [Example],
    validation: &'a [Example],
    settings: &'a Settings,
    optimiser: AdamW,
    /// Steps done, over all epochs.
    step: usize,
    epochs: Vec<Epoch>,
}

impl Run<'_> {
    /// Whether it stopped early.
    fn all_epochs(&mut self, best: &mut Best) -> Result<bool> {
        let Settings { epochs, patience, .. } = *self.settings;
        for epoch in 1..=epochs {
            let start = Instant::now();
            let train_loss = self.train(epoch)?;
            let (validation_loss, accuracy) = self.validate(epoch)?;
            let better = validation_loss < best.loss;
            if better {
                best.keep(epoch, validation_loss)?;
                if let Some(folder) = &self.settings.checkpoints {
                    checkpoint::save(self.model, folder)?;
                }
            }
            let seconds = start.elapsed().as_secs_f64();
            self.epochs.push(Epoch { epoch, train_loss, validation_loss, accuracy, seconds });
            let note = match (better, &self.settings.checkpoints) {
                (true, Some(_)) => "best so far, saved",
                (true, None) => "best so far",
                (false, _) => "no better",
            };
            self.settings.say(&format!(
                "epoch {epoch} of {epochs}: training loss {train_loss:.4}, validation loss {validation_loss:.4}, \
                 accuracy {accuracy:.4} ({note}); {seconds:.1} s, at most {:.0} s left",
                self.seconds_left()
            ));
            if epoch - best.epoch >= patience && epoch < epochs {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn seconds_left(&self) -> f64 {
        let done = self.epochs.len();
        let mean = self.epochs.iter().map(|epoch| epoch.seconds).sum::<f64>() / done as f64;
        mean * (self.settings.epochs - done) as f64
    }

    /// One epoch of steps; the mean loss.
    fn train(&mut self, epoch: usize) -> Result<f64> {
        let settings = self.settings;
        let lengths: Vec<usize> = self.training.iter().map(|example| example.ids.len()).collect();
        let batches = batches(&lengths, settings.batch, settings.seed, epoch);
        let (mut sum, mut targets) = (0.0, 0);
        let (begun, mut reported) = (Instant::now(), (0.0, 0));
        for (at, rows) in batches.iter().enumerate() {
            let batch: Vec<&Example> = rows.iter().map(|&row| &self.training[row]).collect();
            let rate = settings.rate_at(self.step, batches.len() * settings.epochs);
            let place = || format!("epoch {epoch}, step {} of {}, learning rate {rate:.2e}", at + 1, batches.len());
            let (answer, backward) = Answer::to_learn_from(self.model, &batch, seed_of(settings.seed, self.step))
                .map_err(|e| e.context(place()))?;
            let loss = answer.mean_loss()?;
            if answer.is_hopeless(loss) {
                bail!(
                    "{}: the loss is {loss}, guessing has {:.2}. Lower the learning rate",
                    place(),
                    answer.guessing()
                );
            }
            let norm = answer
                .gradients(settings.label_smoothing, backward)
                .and_then(|gradients| self.optimiser.step(&gradients, rate, settings.clip))
                .map_err(|error| error.context(place()))?;
            if !norm.is_finite() {
                bail!("{}: the norm of the gradient is {norm}. Lower the learning rate", place());
            }
            sum += loss * answer.targets.len() as f64;
            targets += answer.targets.len();
            self.step += 1;
            let done = at + 1;
            if settings.report_every > 0 && done.is_multiple_of(settings.report_every) && done < batches.len() {
                let loss = (sum - reported.0) / (targets - reported.1) as f64;
                let seconds = begun.elapsed().as_secs_f64();
                let left = seconds / done as f64 * (batches.len() - done) as f64;
                reported = (sum, targets);
                settings.say(&format!(
                    "step {done} of {} of epoch {epoch}: training loss {loss:.4}; {seconds:.1} s, some {left:.0} s left",
                    batches.len()
                ));
            }
        }
        Ok(sum / targets as f64)
    }

    /// The mean loss on the validation texts, and the share of right answers.
    fn validate(&self, epoch: usize) -> Result<(f64, f64)> {
        let lengths: Vec<usize> = self.validation.iter().map(|example| example.ids.len()).collect();
        let (mut sum, mut right, mut targets) = (0.0, 0, 0);
        for rows in by_length(&lengths, self.settings.batch.saturating_mul(2)) {
            let batch: Vec<&Example> = rows.iter().map(|&row| &self.validation[row]).collect();
            let answer =
                Answer::new(self.model.logits(&batch, None)?, &batch).map_err(|error| error.context("validation"))?;
            sum += answer.mean_loss()? * answer.targets.len() as f64;
            let guesses = answer.logits.argmax(D::Minus1)?.to_vec1::<u32>()?; // (targets)
            right += guesses.iter().zip(&answer.targets).filter(|(guess, target)| guess == target).count();
            targets += answer.targets.len();
        }
        let loss = sum / targets as f64;
        if !loss.is_finite() {
            bail!(
                "after epoch {epoch} the validation loss is {loss}, at learning rate {}. Lower the learning rate",
                self.settings.learning_rate
            );
        }
        Ok((loss, right as f64 / targets as f64))
    }
}

/// What the model says to a batch.
struct Answer {
    logits: Tensor,
    targets: Vec<u32>,
    classes: usize,
    /// The mean cross-entropy, a scalar.
    loss: Tensor,
}

impl Answer {
    /// With the model's own way back to the gradients, if it has one.
    fn to_learn_from<'a>(
        model: &'a dyn Trainable,
        batch: &[&Example],
        seed: u64,
    ) -> Result<(Answer, Option<Backward<'a>>)> {
        Ok(match model.logits_and_backward(batch, Some(seed))? {
            // A variable, so that the loss can be differentiated with respect to it.
            Some((logits, backward)) => (Answer::new(Var::from_tensor(&logits)?.into_inner(), batch)?, Some(backward)),
            None => (Answer::new(model.logits(batch, Some(seed))?, batch)?, None),
        })
    }

    fn new(logits: Tensor, batch: &[&Example]) -> Result<Answer> {
        let targets: Vec<u32> = batch.iter().flat_map(|example| example.targets.iter().copied()).collect();
        let &[rows, classes] = logits.dims() else {
            bail!("logits have the shape {:?}: expected (targets, classes)", logits.dims())
        };
        if rows != targets.len() {
            bail!(
                "the batch has {} targets, but the model gave {rows} rows of logits: one per target is needed",
                targets.len()
            );
        }
        if let Some(target) = targets.iter().find(|&&target| target as usize >= classes) {
            bail!("a text has the label {target}, but the model has {classes} classes, 0 to {}", classes.max(1) - 1);
        }
        let wanted = Tensor::from_slice(&targets, rows, logits.device())?;
        let loss = candle_nn::loss::cross_entropy(&logits, &wanted)?;
        Ok(Answer { logits, targets, classes, loss })
    }

    /// What training makes small: the loss, with a share `smoothing` of each target spread over all classes.
    fn objective(&self, smoothing: f64) -> Result<Tensor> {
        if smoothing == 0.0 {
            return Ok(self.loss.clone());
        }
        let all = candle_nn::ops::log_softmax(&self.logits, D::Minus1)?.mean_all()?.neg()?;
        Ok(((&self.loss * (1.0 - smoothing))? + (all * smoothing)?)?)
    }

    /// The gradients of the objective with respect to the parameters.
    fn gradients(&self, smoothing: f64, backward: Option<Backward<'_>>) -> Result<GradStore> {
        let mut gradients = self.objective(smoothing)?.backward()?;
        match (backward, gradients.remove(&self.logits)) {
            (Some(backward), Some(d_logits)) => backward(&d_logits),
            (Some(_), None) => bail!("the loss has no gradient with respect to the logits"),
            (None, _) => Ok(gradients),
        }
    }

    fn mean_loss(&self) -> Result<f64> {
        Ok(f64::from(self.loss.to_scalar::<f32>()?))
    }

    /// The loss of a model that holds all classes for equally likely.
    fn guessing(&self) -> f64 {
        (self.classes as f64).ln()
    }

    fn is_hopeless(&self, loss: f64) -> bool {
        // One class only: the loss is 0, whatever the model says.
        !loss.is_finite() || (self.classes > 1 && loss > HOPELESS * self.guessing())
    }
}

/// A seed per step in which neighbouring steps have nothing in common.
fn seed_of(seed: u64, step: usize) -> u64 {
    SplitMix64::from(seed, step as u64).next_u64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::Device;

    /// torch 2.15: `cross_entropy(z, [0, 2])`, the same with `label_smoothing=0.1`, and the gradient of the latter.
    const LOSS: f32 = 1.766_868_1;
    const SMOOTHED: f32 = 1.752_701_4;
    const GRADIENT: [f32; 6] = [-0.115_009_7, 0.030_924_92, 0.084_084_74, 0.045_687_07, 0.400_223_85, -0.445_910_9];

    #[test]
    fn label_smoothing_is_that_of_torch() -> Result<()> {
        let z = Var::new(&[[1.5f32, -0.5, 0.25], [0.1, 2.0, -1.0]], &Device::Cpu)?;
        let examples = [0, 2].map(|target| Example { ids: vec![1], targets: vec![target] });
        let answer = Answer::new(z.as_tensor().clone(), &examples.iter().collect::<Vec<_>>())?;
        let close = |found: f32, expected: f32| (found - expected).abs() < 1e-6;
        assert!(close(answer.loss.to_scalar()?, LOSS));
        assert!(close(answer.objective(0.1)?.to_scalar()?, SMOOTHED));
        let gradients = answer.objective(0.1)?.backward()?;
        let found = gradients.get(&z).map(|gradient| gradient.flatten_all()?.to_vec1::<f32>()).transpose()?;
        assert!(found.is_some_and(|found| found.iter().zip(GRADIENT).all(|(a, b)| close(*a, b))));
        Ok(())
    }
}
