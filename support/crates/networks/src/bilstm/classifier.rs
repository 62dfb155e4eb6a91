//! What a [`BiLstm`] can be asked: probabilities of texts, gradients with respect to word vectors, logits for training.

use candle_core::backprop::GradStore;
use candle_core::{Device, Tensor, Var};

use super::network::{Frozen, Network, OfParameters};
use super::{BiLstm, Noise};
use crate::lstm::Packing;
use crate::train::{Backward, Example, Trainable};
use ground::{Error, Result, bail};
use kernels::fused::rows::rows_of;
use sources::data::Dataset;
use text::model::{DifferentiableClassifier, Input, TextClassifier, arg_max};

/// Texts that are read at a time.
const BATCH: usize = 64;

impl BiLstm {
    /// The logits for token ids, (batch, classes), as rows; nothing can be differentiated.
    fn logits_of_ids(&self, texts: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let (packing, ids, _) = self.packed(texts, None)?;
        let network = Network::of(self);
        let (logits, _) = network.forward(network.embed(&ids)?, &packing, None, false)?;
        Ok(logits.chunks_exact(self.config.classes.len()).map(<[f32]>::to_vec).collect())
    }

    /// The layout of a batch and the token of each row, words dropped.
    fn packed(&self, texts: &[&[u32]], noise: Option<Noise>) -> Result<(Packing, Vec<u32>, Option<Noise>)> {
        let lengths: Vec<usize> = texts.iter().map(|ids| ids.len()).collect();
        let packing = Packing::new(&lengths)?;
        let ids: Vec<u32> = packing.tokens().map(|(text, step)| texts[text][step]).collect(); // (rows)
        if let Some(id) = ids.iter().find(|&&id| id as usize >= self.config.vocabulary) {
            bail!("the token id {id} is beyond the vocabulary of {}", self.config.vocabulary);
        }
        Ok(match noise {
            Some(mut noise) => (packing, noise.words(ids), Some(noise)),
            None => (packing, ids, None),
        })
    }

    /// [`encode`](DifferentiableClassifier::encode) for methods that take words away: what is left of a text may be
    /// words that the network does not know, or nothing, which is read as one `<pad>`.
    fn ids(&self, text: &str) -> Result<Vec<u32>> {
        if text.trim().is_empty() {
            return Ok(vec![0]);
        }
        match self.tokenizer.encode(text) {
            Ok(input) => Ok(input.ids),
            Err(_) if !self.tokenizer.has_word(text)? => Ok(vec![0]),
            Err(error) => Err(error),
        }
    }
}

impl TextClassifier for BiLstm {
    fn classes(&self) -> &[String] {
        &self.config.classes
    }

    /// Class probabilities. Explanations ask about texts from which words were taken, so a text in which no word is
    /// known, or none is left, has an answer too (without a word: that of one `<pad>`);
    /// [`predict`](TextClassifier::predict) and [`encode`](DifferentiableClassifier::encode) refuse such a text.
    fn probabilities(&self, texts: &[String]) -> Result<Vec<Vec<f64>>> {
        let mut ids = Vec::with_capacity(texts.len());
        for (at, text) in texts.iter().enumerate() {
            let context = |error: Error| if texts.len() > 1 { error.context(format!("text {at}")) } else { error };
            ids.push(self.ids(text).map_err(context)?);
        }
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&at| ids[at].len());
        let mut rows = vec![Vec::new(); texts.len()];
        for batch in order.chunks(BATCH) {
            let texts: Vec<&[u32]> = batch.iter().map(|&at| ids[at].as_slice()).collect();
            let logits = self.logits_of_ids(&texts)?; // (batch, classes)
            for (&at, logits) in batch.iter().zip(&logits) {
                rows[at] = softmax(logits);
            }
        }
        Ok(rows)
    }

    fn predict(&self, text: &str) -> Result<(usize, Vec<f64>)> {
        let input = self.encode(text)?;
        let logits = self.logits_of_ids(&[&input.ids])?; // (1, classes)
        let row = softmax(&logits[0]);
        Ok((arg_max(&row).unwrap_or(0), row))
    }
}

fn softmax(logits: &[f32]) -> Vec<f64> {
    let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|&logit| f64::from(logit - highest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

impl DifferentiableClassifier for BiLstm {
    fn encode(&self, text: &str) -> Result<Input> {
        let input = self.tokenizer.encode(text)?;
        if input.unknown.iter().all(|&unknown| unknown) {
            let words: Vec<String> = input.spans.iter().flatten().map(|span| span.of(text)).collect();
            let (shown, more) = (words.len().min(8), words.len().saturating_sub(8));
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            bail!(
                "the model knows no word of this text: {}{more}. It reads every unknown word alike, so its answer would \
                 say nothing about them. Use other words, or train on texts that have these",
                words[..shown].join(", ")
            );
        }
        Ok(input)
    }

    fn embed(&self, input: &Input) -> Result<Tensor> {
        if let Some(id) = input.ids.iter().find(|&&id| id as usize >= self.config.vocabulary) {
            bail!("the token id {id} is beyond the vocabulary of {}", self.config.vocabulary);
        }
        let rows = input.ids.iter().map(|&id| id as usize).collect();
        Ok(rows_of(&self.embedding_matrix()?, rows, self.config.embedding)?) // (tokens, width)
    }

    fn logits_of(&self, embedded: &Tensor) -> Result<Tensor> {
        let width = self.config.embedding;
        let (batch, tokens) = match *embedded.dims() {
            [tokens, found] if found == width => (1, tokens),
            [batch, tokens, found] if found == width => (batch, tokens),
            ref found => {
                bail!("token vectors have the shape {found:?}: expected (tokens, {width}) or (batch, tokens, {width})")
            }
        };
        let followed = embedded.track_op();
        let x = embedded.reshape((batch, tokens, width))?.contiguous()?; // (batch, tokens, width)
        let logits = x.apply_op1(Frozen::new(self, batch, tokens, followed)?)?; // (batch, classes)
        Ok(if embedded.rank() == 2 { logits.squeeze(0)? } else { logits })
    }

    fn embedding_matrix(&self) -> Result<Tensor> {
        self.parameter("embedding.weight")
    }
}

impl Trainable for BiLstm {
    fn variables(&self) -> Vec<(String, Var)> {
        self.variables.clone()
    }

    fn examples(&self, dataset: &Dataset) -> Result<Vec<Example>> {
        let mut examples = Vec::with_capacity(dataset.len());
        for (at, (text, label)) in dataset.texts()?.iter().zip(dataset.labels()?).enumerate() {
            let input = self.tokenizer.encode_cut(text).map_err(|error| error.context(format!("row {at}")))?;
            examples.push(Example { ids: input.ids, targets: vec![label as u32] });
        }
        Ok(examples)
    }

    fn logits(&self, batch: &[&Example], dropout: Option<u64>) -> Result<Tensor> {
        let (packing, ids, noise) = self.packed(&ids_of(batch), dropout.map(|seed| Noise::new(seed, &self.config)))?;
        let flat: Vec<Tensor> =
            self.variables.iter().map(|(_, var)| var.flatten_all()).collect::<candle_core::Result<_>>()?;
        Ok(Tensor::cat(&flat, 0)?.apply_op1(OfParameters::new(self, packing, ids, noise)?)?)
    }

    fn logits_and_backward(&self, batch: &[&Example], dropout: Option<u64>) -> Result<Option<(Tensor, Backward<'_>)>> {
        let (packing, ids, noise) = self.packed(&ids_of(batch), dropout.map(|seed| Noise::new(seed, &self.config)))?;
        let network = Network::of(self);
        let (logits, trace) = network.forward(network.embed(&ids)?, &packing, noise, true)?;
        let logits = Tensor::from_vec(logits, (batch.len(), self.config.classes.len()), &Device::Cpu)?;
        let backward = move |d_logits: &Tensor| {
            let Some(trace) = trace else { bail!("the forward pass left no trace") };
            let d_logits: Vec<f32> = d_logits.flatten_all()?.to_vec1()?;
            let (d_x, gradients) = network.backward(&trace, &packing, &d_logits, true)?;
            let embedding = network.embedding_gradient(&ids, &d_x);
            let mut found = GradStore::default();
            for ((_, var), gradient) in self.variables.iter().zip(std::iter::once(embedding).chain(gradients)) {
                found.insert(var, Tensor::from_vec(gradient, var.shape(), &Device::Cpu)?);
            }
            Ok(found)
        };
        Ok(Some((logits, Box::new(backward))))
    }

    fn save(&self, folder: &str) -> Result<()> {
        BiLstm::save(self, folder)
    }
}

fn ids_of<'a>(batch: &[&'a Example]) -> Vec<&'a [u32]> {
    batch.iter().map(|example| example.ids.as_slice()).collect()
}
