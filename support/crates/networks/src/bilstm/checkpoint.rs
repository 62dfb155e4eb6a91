//! A [`BiLstm`] as a folder: `config.json`, `tokenizer.json`, `model.safetensors` (parameters under PyTorch's names).
//!
//! Files are written under another name first, so that a process that is killed leaves the old ones whole.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor, Var};

use super::{BiLstm, BiLstmConfig};
use ground::{Error, Result, bail};
use text::WordTokenizer;

const CONFIG: &str = "config.json";
const TOKENIZER: &str = "tokenizer.json";
const WEIGHTS: &str = "model.safetensors";

impl BiLstm {
    /// Writes the model into `folder`, which is made if it is not there; files of an older model are replaced.
    ///
    /// # Errors
    /// A folder or a file that cannot be written.
    pub fn save(&self, folder: &str) -> Result<()> {
        let saving = |error: Error| error.context(format!("saving the model to {folder}"));
        let place = Path::new(folder);
        std::fs::create_dir_all(place).map_err(|error| saving(error.into()))?;
        let written = |name: &str| place.join(format!(".{name}.{}", std::process::id()));
        let tensors: HashMap<&str, Tensor> =
            self.variables.iter().map(|(name, var)| (name.as_str(), var.as_tensor().clone())).collect();
        let all = || -> Result<()> {
            std::fs::write(written(CONFIG), serde_json::to_string_pretty(&self.config.to_json())? + "\n")?;
            self.tokenizer.save(&written(TOKENIZER).to_string_lossy())?;
            candle_core::safetensors::save(&tensors, written(WEIGHTS))?;
            for name in [CONFIG, TOKENIZER, WEIGHTS] {
                std::fs::rename(written(name), place.join(name))?;
            }
            Ok(())
        };
        all().map_err(|error| {
            for name in [CONFIG, TOKENIZER, WEIGHTS] {
                let _ = std::fs::remove_file(written(name));
            }
            saving(error)
        })
    }

    /// Reads what [`save`](Self::save) wrote. The model gives the same logits as the one that was saved.
    ///
    /// # Errors
    /// A file that is missing or damaged; parameters that are missing, too many, or of another shape than `config.json`
    /// says, each named.
    pub fn load(folder: &str) -> Result<BiLstm> {
        let loading = |error: Error| error.context(format!("loading the model from {folder}"));
        let place = Path::new(folder);
        let missing: Vec<&str> =
            [CONFIG, TOKENIZER, WEIGHTS].into_iter().filter(|name| !place.join(name).is_file()).collect();
        if !missing.is_empty() {
            bail!(
                "there is no saved model in {folder}: {} missing. Train one and save it there first",
                missing.join(", ") + if missing.len() == 1 { " is" } else { " are" }
            );
        }
        let config = config(&place.join(CONFIG)).map_err(loading)?;
        let tokenizer = WordTokenizer::load(&place.join(TOKENIZER).to_string_lossy()).map_err(loading)?;
        let variables = weights(&config, &place.join(WEIGHTS)).map_err(loading)?;
        BiLstm::of_variables(&config, &tokenizer, variables).map_err(loading)
    }
}

fn config(path: &Path) -> Result<BiLstmConfig> {
    let reading = |error: Error| error.context(CONFIG);
    let bytes = std::fs::read(path).map_err(|error| reading(error.into()))?;
    let file = serde_json::from_slice(&bytes).map_err(|error| reading(error.into()))?;
    BiLstmConfig::from_json(&file).map_err(reading)
}

fn weights(config: &BiLstmConfig, path: &PathBuf) -> Result<Vec<(String, Var)>> {
    let mut tensors = candle_core::safetensors::load(path, &Device::Cpu).map_err(|error| {
        Error::new(format!("{WEIGHTS} is damaged or no safetensors file ({error}): save the model again"))
    })?;
    let mut variables = Vec::new();
    for (name, shape) in config.shapes() {
        let Some(tensor) = tensors.remove(&name) else {
            bail!("{WEIGHTS} has no tensor {name}, which {CONFIG} asks for with the shape {shape:?}");
        };
        if tensor.dims() != shape {
            bail!("{name}: {CONFIG} asks for the shape {shape:?}, {WEIGHTS} has {:?}", tensor.dims());
        }
        if tensor.dtype() != DType::F32 {
            bail!("{name}: expected numbers of type F32, {WEIGHTS} has {:?}", tensor.dtype());
        }
        variables.push((name, Var::from_tensor(&tensor)?));
    }
    let mut more: Vec<String> = tensors.into_keys().collect();
    if !more.is_empty() {
        more.sort_unstable();
        bail!("{WEIGHTS} has tensors that {CONFIG} does not know: {}", more.join(", "));
    }
    Ok(variables)
}
