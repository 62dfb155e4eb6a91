//! Sentence embeddings: one vector per text, near where texts mean the same (Reimers, Gurevych 2019).
//!
//! The mean of the last layer's vectors over a text's tokens, with length 1: what all-MiniLM-L6-v2 was trained for.

use candle_core::{D, Device, Tensor};

use super::hooks::Hooks;
use super::{Transformer, by_length};
use ground::{Result, bail};
use sources::hub;
use text::model::Input;

impl Transformer {
    /// all-MiniLM-L6-v2 (6 layers, 12 heads, 384 wide; Apache-2.0), an encoder without a head, as
    /// [`hub::minilm`] finds it.
    ///
    /// # Errors
    /// It is not installed and cannot be downloaded.
    pub fn minilm() -> Result<Transformer> {
        Transformer::from_files(&hub::minilm()?)
    }

    /// The vectors of texts, shape (texts, width): means over their tokens, special ones included, scaled to length 1.
    /// The dot product of two is their cosine similarity. Of a text longer than the model reads, the beginning counts.
    ///
    /// # Errors
    /// No text; a text without a word.
    pub fn sentence_embeddings(&self, texts: &[String]) -> Result<Tensor> {
        if texts.is_empty() {
            bail!("there is no text");
        }
        let encode =
            |(at, text): (usize, &String)| self.encode_cut(text).map_err(|error| error.context(format!("text {at}")));
        let inputs: Vec<Input> = texts.iter().enumerate().map(encode).collect::<Result<_>>()?;
        let rows: Vec<Vec<f32>> = by_length(&inputs, &|batch| {
            let hidden = self.run(batch, &Hooks::new())?.hidden()?; // (batch, tokens, width)
            let sum = hidden.broadcast_mul(&batch.mask()?.unsqueeze(2)?)?.sum(1)?; // (batch, width)
            // The sum has the direction of the mean.
            let length = sum.sqr()?.sum_keepdim(D::Minus1)?.sqrt()?; // (batch, 1)
            Ok(sum.broadcast_div(&length)?.to_vec2()?)
        })?;
        let numbers: Vec<f32> = rows.into_iter().flatten().collect();
        Ok(Tensor::from_vec(numbers, (texts.len(), self.config().width), &Device::Cpu)?)
    }
}
