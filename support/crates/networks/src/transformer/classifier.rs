//! A checkpoint with a classification head as the explanation methods see it.

use candle_core::Tensor;

use super::batch::Batch;
use super::config::Head;
use super::hooks::Hooks;
use super::{Transformer, by_length};
use ground::{Result, bail};
use kernels::fused;
use text::model::{DifferentiableClassifier, Explainable, Input, TextClassifier};

impl Transformer {
    fn needs_classifier(&self) -> Result<()> {
        if self.head != Head::Classifier {
            bail!("the checkpoint has no classification head: it was read as {:?}", self.head);
        }
        Ok(())
    }
}

impl TextClassifier for Transformer {
    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn probabilities(&self, texts: &[String]) -> Result<Vec<Vec<f64>>> {
        self.needs_classifier()?;
        if !self.config.single_label || self.classes.len() < 2 {
            bail!("the checkpoint was not made to choose one of several classes: its logits are no probabilities");
        }
        let encode = |(at, text): (usize, &String)| {
            // A text without a word is one too: LIME leaves words out.
            self.tokenizer()?.encode_any(text).map_err(|error| error.context(format!("text {at}")))
        };
        let inputs: Vec<Input> = texts.iter().enumerate().map(encode).collect::<Result<_>>()?;
        by_length(&inputs, &|batch| {
            let logits = self.class_logits(batch, &Hooks::new())?; // (batch, classes)
            let rows: Vec<Vec<f32>> = fused::softmax(&logits)?.to_vec2()?;
            Ok(rows.into_iter().map(|row| row.into_iter().map(f64::from).collect()).collect())
        })
    }
}

impl DifferentiableClassifier for Transformer {
    fn encode(&self, text: &str) -> Result<Input> {
        Transformer::encode(self, text)
    }

    fn embed(&self, input: &Input) -> Result<Tensor> {
        self.embed_ids(&input.ids)
    }

    fn logits_of(&self, embedded: &Tensor) -> Result<Tensor> {
        self.needs_classifier()?;
        match embedded.rank() {
            2 => Ok(self.logits_of(&embedded.unsqueeze(0)?)?.squeeze(0)?), // (tokens, width) → (classes)
            3 => self.class_logits(&Batch::of_embeddings(embedded)?, &Hooks::new()), // (batch, classes)
            _ => bail!(
                "vectors of shape {:?}: (tokens, {width}) or (batch, tokens, {width}) were expected",
                embedded.dims(),
                width = self.config.width
            ),
        }
    }

    fn embedding_matrix(&self) -> Result<Tensor> {
        Ok(self.layers.word.clone())
    }

    fn explainable(&self) -> Option<&dyn Explainable> {
        Some(self)
    }
}
