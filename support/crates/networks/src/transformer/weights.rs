//! The tensors of a checkpoint: one safetensors file, several with an index, or tensors in memory.
//!
//! The crate `safetensors` reads and checks the header. Each tensor is read when it is asked for, so that memory holds the model once, and what the model lacks is left out.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use candle_core::{DType, Device, Tensor};
use safetensors::tensor::{Dtype, Metadata};
use serde_json::Value;

use ground::{Error, Result, bail};

/// Where the tensors are.
pub(super) enum Weights {
    /// In files.
    Files { tensors: HashMap<String, Place>, what: String },
    /// In memory: those of a model that is trained, say.
    Memory(HashMap<String, Tensor>),
}

/// One tensor in a file.
pub(super) struct Place {
    path: PathBuf,
    dtype: DType,
    shape: Vec<usize>,
    start: u64,
    bytes: usize,
}

impl Weights {
    /// The tensors of the files; only their headers are read.
    ///
    /// # Errors
    /// A file that is missing, or is no safetensors file.
    pub fn open(files: &[PathBuf]) -> Result<Weights> {
        let mut tensors = HashMap::new();
        for path in files {
            header(path, &mut tensors).map_err(|error| error.context(path.display()))?;
        }
        let what = match files {
            [file] => file.display().to_string(),
            [first, ..] => format!("{} and {} more", first.display(), files.len() - 1),
            [] => "no file".into(),
        };
        Ok(Weights::Files { tensors, what })
    }

    /// The weights in a folder: model.safetensors, or what model.safetensors.index.json names.
    ///
    /// # Errors
    /// Neither is there; an index that is damaged; as [`open`](Weights::open).
    pub fn in_folder(folder: &Path) -> Result<Vec<PathBuf>> {
        let single = folder.join("model.safetensors");
        let index = folder.join("model.safetensors.index.json");
        if single.is_file() {
            return Ok(vec![single]);
        }
        if !index.is_file() {
            let advice = if folder.join("pytorch_model.bin").is_file() {
                ". It has pytorch_model.bin, which is not read here: in Python, \
                 `AutoModel.from_pretrained(folder).save_pretrained(folder)` writes the other format"
            } else {
                ""
            };
            bail!("{}: there is no model.safetensors and no model.safetensors.index.json{advice}", folder.display());
        }
        let damaged = || Error::new(format!("{}: the index names no files of weights", index.display()));
        let json: Value = serde_json::from_str(&std::fs::read_to_string(&index)?).map_err(|_| damaged())?;
        let map = json.get("weight_map").and_then(Value::as_object).ok_or_else(damaged)?;
        let mut names: Vec<&str> = map.values().map(|file| file.as_str().ok_or_else(damaged)).collect::<Result<_>>()?;
        names.sort_unstable();
        names.dedup();
        if names.is_empty() || names.iter().any(|name| Path::new(name).components().count() != 1) {
            return Err(damaged());
        }
        Ok(names.iter().map(|name| folder.join(name)).collect())
    }

    /// The names of all tensors.
    pub fn names(&self) -> Vec<String> {
        match self {
            Weights::Files { tensors, .. } => tensors.keys().cloned().collect(),
            Weights::Memory(tensors) => tensors.keys().cloned().collect(),
        }
    }

    /// Whether there is a tensor of this name.
    pub fn has(&self, name: &str) -> bool {
        match self {
            Weights::Files { tensors, .. } => tensors.contains_key(name),
            Weights::Memory(tensors) => tensors.contains_key(name),
        }
    }

    /// The shape of a tensor, if there is one.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        match self {
            Weights::Files { tensors, .. } => tensors.get(name).map(|place| place.shape.as_slice()),
            Weights::Memory(tensors) => tensors.get(name).map(Tensor::dims),
        }
    }

    /// The tensor of this name and shape, as `f32`.
    ///
    /// # Errors
    /// No such tensor, another shape, a file that ends too early.
    pub fn tensor(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let what = match self {
            Weights::Files { what, .. } => what,
            Weights::Memory(_) => "the tensors",
        };
        let Some(found) = self.shape(name) else {
            bail!(
                "{what}: the tensor `{name}` of shape {shape:?} is missing, which config.json calls for. Does the \
                 configuration belong to these weights?"
            );
        };
        if found != shape {
            bail!("{what}: the tensor `{name}` has the shape {found:?}, config.json calls for {shape:?}");
        }
        match self {
            Weights::Files { tensors, .. } => {
                tensors[name].read().map_err(|error| error.context(format!("{what}: `{name}`")))
            }
            Weights::Memory(tensors) => Ok(tensors[name].to_dtype(DType::F32)?),
        }
    }
}

impl Place {
    fn read(&self) -> Result<Tensor> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.start))?;
        let mut bytes = vec![0; self.bytes];
        file.read_exact(&mut bytes)?;
        Ok(Tensor::from_raw_buffer(&bytes, self.dtype, &self.shape, &Device::Cpu)?.to_dtype(DType::F32)?)
    }
}

/// Adds the tensors that the header of a file names.
fn header(path: &Path, tensors: &mut HashMap<String, Place>) -> Result<()> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let corrupt = |why: &str| {
        Error::new(format!(
            "this is no safetensors file, or it is damaged: {why}. It has {size} bytes; download or write it again"
        ))
    };
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| corrupt("the length of the header is missing"))?;
    let length = u64::from_le_bytes(length);
    if length > size.saturating_sub(8) {
        return Err(corrupt(&format!("its header is said to have {length} bytes")));
    }
    let mut json = vec![0; length as usize];
    file.read_exact(&mut json)?;
    let metadata: Metadata =
        serde_json::from_slice(&json).map_err(|error| corrupt(&format!("its header does not make sense ({error})")))?;
    for (name, info) in metadata.tensors() {
        // Buffers of whole numbers (position_ids) and of other formats are left out; who needs one is told it is missing.
        let Some(dtype) = float(info.dtype) else { continue };
        let (start, end) = info.data_offsets;
        if (8 + length).checked_add(end as u64).is_none_or(|end| end > size) {
            return Err(corrupt(&format!("it ends before the tensor `{name}`")));
        }
        let (shape, start) = (info.shape.clone(), 8 + length + start as u64);
        let bytes = end - info.data_offsets.0; // the header's own checks: as many as the shape needs
        tensors.insert(name, Place { path: path.to_owned(), dtype, shape, start, bytes });
    }
    Ok(())
}

/// The type of weights; none for those that no weight has.
fn float(dtype: Dtype) -> Option<DType> {
    match dtype {
        Dtype::F64 => Some(DType::F64),
        Dtype::F32 => Some(DType::F32),
        Dtype::F16 => Some(DType::F16),
        Dtype::BF16 => Some(DType::BF16),
        _ => None,
    }
}
