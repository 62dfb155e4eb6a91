//! From what stands behind `--model` to a classifier: a model of the course by its name, or a folder.

use std::path::{MAIN_SEPARATOR, Path};

use support::display::one_line;
use support::model::DifferentiableClassifier;
use support::nn::transformer::Head;
use support::nn::{BiLstm, Transformer};
use support::serde_json::{self, Value};
use support::{Error, Result, models};

/// The course's own classifiers.
pub const NAMES: [&str; 2] = ["bilstm", "minilm"];

/// A classifier under the name that the user gave it.
pub struct Model {
    pub name: String,
    pub classifier: Box<dyn DifferentiableClassifier>,
}

impl Model {
    /// Reads the model.
    ///
    /// # Errors
    /// No such name or folder, files that are missing or damaged, an architecture that is not built, another head than
    /// one for classes.
    pub fn load(name: &str) -> Result<Model> {
        let classifier: Box<dyn DifferentiableClassifier> = match name {
            "bilstm" => Box::new(models::bilstm()?),
            "minilm" => Box::new(models::minilm_for_programs()?),
            folder => of_folder(folder)?,
        };
        Ok(Model { name: name.to_owned(), classifier })
    }
}

fn of_folder(folder: &str) -> Result<Box<dyn DifferentiableClassifier>> {
    let (path, shown) = (Path::new(folder), one_line(folder));
    if !path.exists() {
        let names = NAMES.join(", ");
        let what = if folder.contains(['/', MAIN_SEPARATOR]) { "folder" } else { "model and no folder" };
        return Err(Error::new(format!(
            "there is no {what} `{shown}`. --model takes the name of a model of the course ({names}) or a folder with a \
             checkpoint in Hugging Face format"
        )));
    }
    if !path.is_dir() {
        return Err(Error::new(format!("`{shown}` is a file: --model takes the folder in which it lies")));
    }
    if model_type(path).as_deref() == Some("bilstm") {
        return Ok(Box::new(BiLstm::load(folder)?));
    }
    let model = Transformer::load(folder)?;
    let head = match model.head() {
        Head::Classifier => None,
        Head::Bare => Some("no head"),
        Head::Span => Some("a head for answer spans"),
        Head::LanguageModel => Some("a language-model head"),
    };
    if let Some(head) = head {
        return Err(Error::new(format!(
            "{shown}: the checkpoint has {head}, so it gives no classes. One with a classification head is needed, which \
             transformers calls …ForSequenceClassification"
        )));
    }
    if !path.join("tokenizer.json").is_file() {
        model.encode("a")?; // says what is missing
    }
    Ok(Box::new(model))
}

/// What config.json says that the model is, if it can be read. Its mistakes are told by who loads the model.
fn model_type(folder: &Path) -> Option<String> {
    let json: Value = serde_json::from_slice(&std::fs::read(folder.join("config.json")).ok()?).ok()?;
    Some(json.get("model_type")?.as_str()?.to_owned())
}
