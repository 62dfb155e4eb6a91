//! The recipe of the bundled Bi-LSTM: what lesson 01 does, with the same seed, and a card with what it measured.

use std::path::Path;
use std::time::Instant;

use super::card;
use ground::Result;
use ground::statistics;
use networks::train;
use networks::{BiLstm, BiLstmConfig};
use sources::data::{self, Source};
use text::WordTokenizer;
use text::model::TextClassifier;

/// Words of the vocabulary, and how often a word must occur in the training part to be one of them.
const WORDS: usize = 5000;
const LEAST: usize = 2;
const SEED: u64 = 3;

/// Trains the classifier on the training part of the bundled reviews and writes it to `folder`.
///
/// # Errors
/// Those of the data set, of training, and of writing.
pub fn train_bilstm(folder: &str) -> Result<()> {
    let started = Instant::now();
    let reviews = data::reviews(Source::Bundled)?;
    let (training, validation, test) = (reviews.split("train")?, reviews.split("validation")?, reviews.split("test")?);
    let tokenizer = WordTokenizer::train(&training.texts()?, WORDS, LEAST)?;
    let config =
        BiLstmConfig { dropout: 0.4, word_dropout: 0.1, ..BiLstmConfig::new(tokenizer.size(), &reviews.classes) };
    let model = BiLstm::new(&config, &tokenizer, SEED)?;
    let settings = train::Settings::new()
        .epochs(8)
        .batch(32)
        .learning_rate(2e-3)
        .warm_up(0.1)
        .schedule(train::Schedule::Cosine)
        .label_smoothing(0.1)
        .patience(3)
        .seed(SEED);
    let history = train::fit(&model, &training, &validation, &settings)?;
    let seconds = started.elapsed().as_secs_f64();
    std::fs::create_dir_all(folder)?;
    model.save(folder)?;
    card::write_hashes(folder)?;

    let labels = test.labels()?;
    let probabilities = model.probabilities(&test.texts()?)?;
    let predicted: Vec<usize> = probabilities.iter().map(|row| usize::from(row[1] > row[0])).collect();
    let right: Vec<f64> = labels.iter().zip(&predicted).map(|(a, b)| f64::from(u8::from(a == b))).collect();
    let accuracy = statistics::bootstrap(&right, 2000, 0)?;
    let calibration = statistics::expected_calibration_error(&labels, &probabilities, 10)?;
    let majority = statistics::majority_accuracy(&labels)?;
    let card = format!(
        "# bilstm\n\n\
         A sentiment classifier for short English reviews: negative (0) or positive (1). Made for this course; lessons 01 and\n\
         03 use it. Not meant for anything else.\n\n\
         * **Architecture.** Word vectors of {embedding}, {layers} bidirectional LSTM layers of {hidden}, a linear layer to 2 logits.\n\
         * **Data.** The training part of `data/reviews` ({rows} reviews); the validation part chose the epoch.\n\
         * **Recipe.** `cargo course train bilstm`: AdamW, learning rate 0.002 with warm-up and cosine decay, batches of 32,\n  \
           dropout 0.4, word dropout 0.1, label smoothing 0.1, seed {SEED} (the best of three on the validation part); epoch\n  \
           {best} of {epochs} kept; {seconds:.0} s on two cores. Another processor rounds differently and gives slightly\n  \
           other weights.\n\
         * **Measured** on the hand-written test part ({tested} reviews): accuracy {accuracy}, majority {majority:.3}, expected\n  \
           calibration error {calibration:.3}. Validation loss {loss:.3}, validation accuracy {validated:.3}.\n\
         * **Files.** `config.json`, `model.safetensors` (32-bit, PyTorch's parameter names), `tokenizer.json`, `SHA256SUMS`.\n\
         * **Limits.** It knows {words} words, reads sentences like those it was trained on, and takes much from single words;\n  \
           irony escapes it. Licence CC0.\n",
        embedding = model.config().embedding,
        layers = model.config().layers,
        hidden = model.config().hidden,
        rows = training.len(),
        best = history.best_epoch,
        epochs = history.epochs.len(),
        tested = labels.len(),
        loss = history.best().validation_loss,
        validated = history.best().accuracy,
        words = tokenizer.size(),
    );
    std::fs::write(Path::new(folder).join("README.md"), card)?;
    println!("test accuracy {accuracy}, majority {majority:.3}; written to {folder} after {seconds:.0} s");
    Ok(())
}
