//! The MiniLM classifier of lesson 01: all-MiniLM-L6-v2, fine-tuned on the reviews where it is first needed.

use ring::digest::{SHA256, digest};

use ground::Result;
use networks::train::{self, Schedule, Settings};
use networks::{FineTuning, FineTuningConfig, Transformer};
use sources::data::{self, Dataset, Source};
use sources::hub::{self, hex};

const SEED: u64 = 1;
const NAME: &str = "reviews-minilm";

/// The sentiment classifier that lesson 01 fine-tunes from all-MiniLM-L6-v2: negative or positive.
///
/// Where it is not in the cache folder ([`train::cache_folder`]), it is trained first, with a line from time to time:
/// some 100 s on two cores, once.
///
/// # Errors
/// all-MiniLM-L6-v2 is not installed; a cache folder that cannot be written to.
pub fn minilm() -> Result<Transformer> {
    Transformer::load(&minilm_folder(&settings().prefix("once on this machine: "))?)
}

/// [`minilm`] with its progress on stderr.
///
/// # Errors
/// As [`minilm`].
pub fn minilm_for_programs() -> Result<Transformer> {
    Transformer::load(&minilm_folder(&settings().to_stderr())?)
}

fn minilm_folder(settings: &Settings) -> Result<String> {
    let reviews = data::reviews(Source::Bundled)?;
    let (training, validation) = (reviews.split("train")?, reviews.split("validation")?);
    let config = config(&reviews.classes);
    train::cached(NAME, &recipe(&config, SEED, &training, settings)?, &|folder| {
        settings.say("fine-tuning all-MiniLM-L6-v2 on the reviews");
        let model = FineTuning::new(&hub::minilm()?, &config, SEED)?;
        train::fit(&model, &training, &validation, settings)?;
        model.save(folder)
    })
}

/// Keeps a model that was fine-tuned with the recipe of lesson 01 for the lessons that call [`minilm`]: they need not
/// train it again. A model that was made in another way is kept too, where they do not look for it. Gives the folder.
///
/// # Errors
/// A cache folder that cannot be written to.
pub fn keep_minilm(model: &FineTuning, training: &Dataset, settings: &Settings) -> Result<String> {
    train::cached(NAME, &recipe(model.config(), model.seed(), training, settings)?, &|folder| model.save(folder))
}

/// All that the weights depend on, with a number that changes when the code gives other weights.
fn recipe(config: &FineTuningConfig, seed: u64, training: &Dataset, settings: &Settings) -> Result<String> {
    let texts = hex(digest(&SHA256, format!("{:?}{:?}", training.texts()?, training.labels()?).as_bytes()).as_ref());
    Ok(format!(
        "code 1; all-MiniLM-L6-v2; {} rows, {texts}; seed {seed}; {config:?}; {}",
        training.len(),
        settings.what_matters()
    ))
}

/// What lesson 01 does.
fn config(classes: &[String]) -> FineTuningConfig {
    FineTuningConfig { frozen_layers: 3, dropout: 0.0, max_tokens: 32, ..FineTuningConfig::new(classes) }
}

/// What lesson 01 does.
fn settings() -> Settings {
    Settings::new()
        .epochs(1)
        .batch(32)
        .learning_rate(6e-4)
        .warm_up(0.1)
        .schedule(Schedule::Linear)
        .label_smoothing(0.1)
        .seed(SEED)
        .report_every(90)
}
