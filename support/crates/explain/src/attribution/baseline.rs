//! Baselines: inputs that say nothing, as vectors of the same length as the text.
//!
//! There is no neutral text that all agree on; the choice changes the scores, so it is always said.

use candle_core::{DType, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::backward::numbers;
use ground::{Result, bail};
use text::model::{DifferentiableClassifier, Input};

/// What stands in the place of each token; special tokens (`[CLS]`, `[SEP]`) keep their vectors in all but
/// [`Vectors`](Baseline::Vectors).
#[derive(Clone, Debug, Default)]
pub enum Baseline {
    /// The padding token. The default.
    #[default]
    Pad,
    /// The vector of zeros, which belongs to no token.
    Zero,
    /// The mean of the vocabulary's vectors.
    Mean,
    /// The unknown token: words, but nobody knows which.
    Unknown,
    /// The mask token of models that were trained to fill gaps (BERT, DistilBERT): some word, any.
    Mask,
    /// A random vector per token: each coordinate is drawn evenly between its smallest and its largest value in the
    /// vocabulary. The number is the seed.
    Uniform(u64),
    /// Vectors of your own, shape (tokens, width).
    Vectors(Tensor),
}

impl Baseline {
    /// As a reader should see it: `"padding"`, `"mean vector"`.
    pub fn name(&self) -> String {
        match self {
            Baseline::Pad => "padding".into(),
            Baseline::Zero => "zero vector".into(),
            Baseline::Mean => "mean vector".into(),
            Baseline::Unknown => "unknown token".into(),
            Baseline::Mask => "mask token".into(),
            Baseline::Uniform(seed) => format!("uniform noise, seed {seed}"),
            Baseline::Vectors(_) => "vectors of your own".into(),
        }
    }

    /// The baseline's vectors for a text, shape (tokens, width).
    ///
    /// # Errors
    /// A model without an unknown or mask token, vectors of another shape, a model that fails.
    pub fn vectors(&self, model: &dyn DifferentiableClassifier, input: &Input) -> Result<Tensor> {
        let row: Box<dyn FnMut() -> Vec<f64>> = match self {
            Baseline::Pad => return model.embed(&input.padded_out()),
            Baseline::Unknown => return model.embed(&input.unknown_out()?),
            Baseline::Mask => return model.embed(&input.masked_out()?),
            Baseline::Vectors(vectors) => {
                let expected = model.embed(input)?;
                if vectors.dims() != expected.dims() {
                    bail!(
                        "the baseline has shape {:?}, the text {:?}: give one vector per token",
                        vectors.dims(),
                        expected.dims()
                    );
                }
                return Ok(vectors.to_dtype(expected.dtype())?);
            }
            Baseline::Zero => {
                let width = model.embed(input)?.dim(1)?;
                Box::new(move || vec![0.0; width])
            }
            Baseline::Mean => {
                let mean = numbers(&model.embedding_matrix()?.to_dtype(DType::F64)?.mean(0)?)?; // (width)
                Box::new(move || mean.clone())
            }
            Baseline::Uniform(seed) => {
                let matrix = model.embedding_matrix()?; // (vocabulary, width)
                let (low, high) = (numbers(&matrix.min(0)?)?, numbers(&matrix.max(0)?)?);
                let mut rng = ChaCha8Rng::seed_from_u64(*seed);
                Box::new(move || low.iter().zip(&high).map(|(a, b)| a + (b - a) * rng.random::<f64>()).collect())
            }
        };
        fill(&model.embed(input)?, &input.special, row)
    }
}

/// `x` with a new row in the place of every row that is not special.
fn fill(x: &Tensor, special: &[bool], mut row: Box<dyn FnMut() -> Vec<f64> + '_>) -> Result<Tensor> {
    let (tokens, width) = x.dims2()?;
    let mut filled = numbers(x)?;
    for at in (0..tokens).filter(|&at| !special.get(at).copied().unwrap_or(false)) {
        filled[at * width..][..width].copy_from_slice(&row());
    }
    Ok(Tensor::from_vec(filled, (tokens, width), x.device())?.to_dtype(x.dtype())?)
}
