//! Baselines: inputs that say nothing, as vectors of the same length as the text.
//!
//! There is no neutral text that all agree on; the choice changes the scores, so it is always said.

use candle_core::{DType, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::backward::numbers;
use ground::{Error, Result, bail};
use text::model::{DifferentiableClassifier, Explainable, Input, Place, TokenEmbeddings};

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
        let x = [model.embed(input)?]; // (tokens, width)
        Ok(self.at(&TokenEmbeddings(model), &Place::embeddings(), input, &x)?.remove(0))
    }

    /// The baseline's activations for a text at any place, where the text's own are `x`: one tensor per activation.
    ///
    /// Of tokens (padding, unknown, mask) it is what the model computes at that place for a text of them. The zero vector
    /// stands for all of an activation; vectors of your own have its shape. Mean and uniform noise are made of the
    /// vocabulary's vectors and belong to the token embeddings alone.
    ///
    /// # Errors
    /// As [`vectors`](Baseline::vectors); mean or uniform noise elsewhere; vectors of your own at several places.
    pub fn at(&self, model: &dyn Explainable, place: &Place, input: &Input, x: &[Tensor]) -> Result<Vec<Tensor>> {
        let vocabulary = || model.vocabulary_vectors(place);
        let row: Box<dyn FnMut() -> Vec<f64>> = match self {
            Baseline::Pad => return model.activations(&input.padded_out(), place),
            Baseline::Unknown => return model.activations(&input.unknown_out()?, place),
            Baseline::Mask => return model.activations(&input.masked_out()?, place),
            Baseline::Vectors(vectors) => {
                let [expected] = x else {
                    bail!("a baseline of your own is one tensor, but there are {} places: choose another", x.len());
                };
                if vectors.dims() != expected.dims() {
                    bail!(
                        "the baseline has shape {:?}, the text {:?}: give one vector per token",
                        vectors.dims(),
                        expected.dims()
                    );
                }
                return Ok(vec![vectors.to_dtype(expected.dtype())?]);
            }
            Baseline::Zero if vocabulary()?.is_none() => {
                return x.iter().map(|x| Ok(x.zeros_like()?)).collect();
            }
            Baseline::Zero => {
                let width = x[0].dim(1)?;
                Box::new(move || vec![0.0; width])
            }
            Baseline::Mean => {
                let matrix = vocabulary()?.ok_or_else(|| self.elsewhere())?; // (vocabulary, width)
                let mean = numbers(&matrix.to_dtype(DType::F64)?.mean(0)?)?; // (width)
                Box::new(move || mean.clone())
            }
            Baseline::Uniform(seed) => {
                let matrix = vocabulary()?.ok_or_else(|| self.elsewhere())?; // (vocabulary, width)
                let (low, high) = (numbers(&matrix.min(0)?)?, numbers(&matrix.max(0)?)?);
                let mut rng = ChaCha8Rng::seed_from_u64(*seed);
                Box::new(move || low.iter().zip(&high).map(|(a, b)| a + (b - a) * rng.random::<f64>()).collect())
            }
        };
        Ok(vec![fill(&x[0], &input.special, row)?])
    }

    fn elsewhere(&self) -> Error {
        Error::new(format!(
            "the baseline {} is made of the vocabulary's vectors, so it belongs to the token embeddings alone: choose \
             padding, zero or an activation of your own",
            self.name()
        ))
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
