//! The models that are part of the course: where they lie, how each was trained, and whether their files are whole.
//!
//! `cargo course train NAME` makes one again. Each is a folder `data/models/NAME` in Hugging Face format with a card
//! (`README.md`) and the hashes of its files (`SHA256SUMS`), which are checked when it is loaded.

mod card;
mod reviews_bilstm;
mod reviews_minilm;

pub use reviews_bilstm::train_bilstm;
pub use reviews_minilm::{keep_minilm, minilm, minilm_for_programs};

use ground::{Kind, Result, bail};
use networks::BiLstm;

/// The models that `cargo course train` can make, and what each is.
pub const NAMES: [(&str, &str); 1] = [("bilstm", "the sentiment classifier of lessons 01 and 03")];

/// The bidirectional LSTM of lesson 01, trained on the bundled reviews: negative or positive.
///
/// # Errors
/// Files that are missing or changed.
pub fn bilstm() -> Result<BiLstm> {
    BiLstm::load(&folder("bilstm")?)
}

/// Trains the model called `name` and writes it to `folder`, or to its place in the course.
///
/// # Errors
/// An unknown name; those of training and writing.
pub fn train(name: &str, folder: Option<&str>) -> Result<()> {
    let own = place(name);
    let folder = folder.unwrap_or(&own);
    match name {
        "bilstm" => train_bilstm(folder),
        _ => {
            let names = NAMES.map(|(name, _)| name).join(", ");
            bail!("there is no recipe for a model called `{name}`. Recipes: {names}")
        }
    }
}

/// Where the bundled model called `name` lies.
fn place(name: &str) -> String {
    sources::course_folder().join("data/models").join(name).to_string_lossy().into_owned()
}

/// The folder of a bundled model, after its files were found to be whole.
fn folder(name: &str) -> Result<String> {
    let folder = place(name);
    card::check(&folder).map_err(|error| {
        error.with_kind(Kind::Environment).context(format!(
            "the bundled model data/models/{name} is not as it should be. Bring it back with \
             `git checkout -- data/models/{name}`, or make it again with `cargo course train {name}`"
        ))
    })?;
    Ok(folder)
}
