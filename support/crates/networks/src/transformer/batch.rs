//! Several texts of different lengths as a transformer reads them: padded on the right, padding masked.

use candle_core::{DType, Device, Tensor};

use super::config::Config;
use ground::{Result, bail};
use kernels::ops;
use text::model::Input;

/// Texts that go through a model together.
#[derive(Clone, Debug)]
pub struct Batch {
    /// Per text, its ids.
    ids: Vec<Vec<u32>>,
    /// Per text, the token types, as the tokenizer gives them.
    types: Vec<Vec<u32>>,
    /// Vectors in the place of the word embeddings.
    embedded: Option<Tensor>,
}

impl Batch {
    /// A batch of texts, made by [`encode`](super::Transformer::encode) or
    /// [`encode_pair`](super::Transformer::encode_pair).
    pub fn of(inputs: &[Input]) -> Batch {
        let ids = inputs.iter().map(|input| input.ids.clone()).collect();
        let types = |input: &Input| if input.types.is_empty() { vec![0; input.len()] } else { input.types.clone() };
        Batch { ids, types: inputs.iter().map(types).collect(), embedded: None }
    }

    /// A batch of ids. All are the first of one text: their token type is 0.
    pub fn of_ids(ids: &[Vec<u32>]) -> Batch {
        let types = ids.iter().map(|row| vec![0; row.len()]).collect();
        Batch { ids: ids.to_vec(), types, embedded: None }
    }

    /// A batch of texts of which only the vectors of the tokens are given: (batch, tokens, width).
    ///
    /// # Errors
    /// Another shape.
    pub fn of_embeddings(vectors: &Tensor) -> Result<Batch> {
        let (_, tokens, _) = vectors.dims3()?;
        Batch::of_ids(&[vec![0; tokens]]).with_embeddings(vectors)
    }

    /// The same batch with vectors in the place of the word embeddings: `vectors` (batch, tokens, width), to which
    /// positions and token types are still added. A batch of one text takes any number of rows, which all get its types.
    ///
    /// # Errors
    /// Another number of rows or tokens than the batch has.
    pub fn with_embeddings(&self, vectors: &Tensor) -> Result<Batch> {
        let (rows, tokens, _) = vectors.dims3()?;
        let (texts, longest) = (self.ids.len(), self.tokens());
        if tokens != longest || (rows != texts && texts != 1) {
            bail!("the batch has {texts} texts of up to {longest} tokens, the vectors are for {rows} of {tokens}");
        }
        let repeat = |lists: &Vec<Vec<u32>>| match rows == texts {
            true => lists.clone(),
            false => vec![lists[0].clone(); rows],
        };
        Ok(Batch { ids: repeat(&self.ids), types: repeat(&self.types), embedded: Some(vectors.clone()) })
    }

    /// The texts of several batches as one, in their order. Vectors in the place of word embeddings are left out.
    pub(super) fn joined(batches: &[&Batch]) -> Batch {
        let all =
            |of: fn(&Batch) -> &Vec<Vec<u32>>| batches.iter().flat_map(|batch| of(batch).iter().cloned()).collect();
        Batch { ids: all(|batch| &batch.ids), types: all(|batch| &batch.types), embedded: None }
    }

    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The length of each text, in tokens.
    pub fn lengths(&self) -> Vec<usize> {
        self.ids.iter().map(Vec::len).collect()
    }

    /// The length of the longest text: the others are padded to it.
    pub fn tokens(&self) -> usize {
        self.ids.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// 1 where there is a token, 0 where there is padding: (batch, tokens).
    ///
    /// # Errors
    /// As candle's operations.
    pub fn mask(&self) -> Result<Tensor> {
        let tokens = self.tokens();
        let row = |length: usize| (0..tokens).map(move |at| if at < length { 1f32 } else { 0.0 });
        let numbers: Vec<f32> = self.lengths().into_iter().flat_map(row).collect();
        Ok(Tensor::from_vec(numbers, (self.len(), tokens), &Device::Cpu)?)
    }

    /// Vectors in the place of the word embeddings, if there are any.
    pub(super) fn embedded(&self) -> Option<&Tensor> {
        self.embedded.as_ref()
    }

    /// The ids, padded, row after row.
    pub(super) fn padded_ids(&self, pad: u32) -> Result<Tensor> {
        pad_rows(&self.ids, self.tokens(), pad)
    }

    /// The token types, padded, row after row.
    pub(super) fn padded_types(&self) -> Result<Tensor> {
        pad_rows(&self.types, self.tokens(), 0)
    }

    /// Where the last token of each text lies among all tokens, row after row.
    pub(super) fn last_tokens(&self) -> Result<Tensor> {
        let tokens = self.tokens();
        let last: Vec<u32> =
            self.ids.iter().enumerate().map(|(row, ids)| (row * tokens + ids.len() - 1) as u32).collect();
        let rows = last.len();
        Ok(Tensor::from_vec(last, rows, &Device::Cpu)?)
    }

    /// What is added to attention scores, shape (batch or 1, 1, tokens or 1, tokens); `None` where everything counts.
    pub(super) fn attention_mask(&self, causal: bool, dtype: DType) -> Result<Option<Tensor>> {
        let (texts, tokens) = (self.len(), self.tokens());
        let padded = self.ids.iter().any(|row| row.len() < tokens);
        if !padded && (!causal || tokens == 1) {
            return Ok(None);
        }
        let (rows, queries) = (if padded { texts } else { 1 }, if causal { tokens } else { 1 });
        let mut mask = vec![0f32; rows * queries * tokens];
        for (at, masked) in mask.iter_mut().enumerate() {
            let (row, query, key) = (at / (queries * tokens), at / tokens % queries, at % tokens);
            if key >= self.ids[row].len() || (causal && key > query) {
                *masked = ops::MASKED;
            }
        }
        Ok(Some(Tensor::from_vec(mask, (rows, 1, queries, tokens), &Device::Cpu)?.to_dtype(dtype)?))
    }

    /// That the model can read the batch.
    pub(super) fn check(&self, config: &Config) -> Result<()> {
        if self.is_empty() {
            bail!("the batch has no text");
        }
        if let Some(empty) = self.ids.iter().position(Vec::is_empty) {
            bail!("text {empty} of the batch has no token");
        }
        if self.tokens() > config.max_tokens {
            bail!("the longest text has {} tokens, the model reads at most {}", self.tokens(), config.max_tokens);
        }
        if let Some(id) = self.ids.iter().flatten().find(|&&id| id as usize >= config.vocabulary) {
            bail!("the id {id} is not one of the model's tokens, 0 to {}", config.vocabulary - 1);
        }
        for (row, (ids, types)) in self.ids.iter().zip(&self.types).enumerate() {
            if types.len() != ids.len() {
                bail!(
                    "text {row} of the batch has {} tokens but {} token types: give one per token",
                    ids.len(),
                    types.len()
                );
            }
            if let Some(kind) =
                types.iter().find(|&&kind| config.token_types > 0 && kind as usize >= config.token_types)
            {
                bail!(
                    "text {row} of the batch has the token type {kind}, the model's are 0 to {}",
                    config.token_types - 1
                );
            }
        }
        let width = self.embedded.as_ref().map_or(config.width, |vectors| vectors.dims().last().copied().unwrap_or(0));
        if width != config.width {
            bail!("the vectors have the width {width}, the model's {}", config.width);
        }
        Ok(())
    }
}

/// Lists of unequal length as one, filled up with `pad`.
fn pad_rows(rows: &[Vec<u32>], length: usize, pad: u32) -> Result<Tensor> {
    let filled =
        |row: &Vec<u32>| row.iter().copied().chain(std::iter::repeat_n(pad, length - row.len())).collect::<Vec<_>>();
    let all: Vec<u32> = rows.iter().flat_map(filled).collect();
    let count = all.len();
    Ok(Tensor::from_vec(all, count, &Device::Cpu)?)
}
