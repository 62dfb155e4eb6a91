//! A classifier for tests, small enough to know by heart: embedding, layer with tanh, times 3, mean over the tokens,
//! square, dense layer. Its weights, and what Captum says about it, are in fixtures/attribution.json.

use crate::names::Result;
use crate::names::candle_core::{D, DType, Device, Tensor};
use crate::names::data::Span;
use crate::names::model::{DifferentiableClassifier, Input, TextClassifier};
use crate::names::serde_json::{self, Value};

/// What stands in fixtures/attribution.json.
pub fn fixture() -> Value {
    serde_json::from_str(include_str!("../../../../tests/fixtures/attribution.json")).unwrap()
}

/// A list of numbers, of any depth.
pub fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        _ => vec![value.as_f64().unwrap()],
    }
}

/// A list, or a list of lists of equal length, as a tensor.
pub fn tensor(value: &Value) -> Tensor {
    let rows = value.as_array().unwrap();
    let shape = match rows[0].as_array() {
        Some(row) => vec![rows.len(), row.len()],
        None => vec![rows.len()],
    };
    Tensor::from_vec(numbers(value), shape, &Device::Cpu).unwrap()
}

/// Fails with both lists unless they agree to `tolerance`, relative to the largest expected number.
pub fn close_all(found: &[f64], expected: &[f64], tolerance: f64) {
    let largest = expected.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    let close = |(a, b): (&f64, &f64)| (a - b).abs() <= tolerance * largest;
    assert!(
        found.len() == expected.len() && found.iter().zip(expected).all(close),
        "found {found:?}, expected {expected:?}"
    );
}

/// The classifier. `broken` makes its logits NaN, `cut` stops the gradient.
pub struct Toy {
    pub classes: Vec<String>,
    pub vocabulary: Vec<String>,
    pub embedding: Tensor,
    pub hidden: (Tensor, Tensor),
    pub output: (Tensor, Tensor),
    pub broken: bool,
    pub cut: bool,
}

impl Toy {
    /// With the weights of the fixture.
    pub fn new(dtype: DType) -> Toy {
        let made = fixture();
        let tensor = |name: &str| tensor(&made["toy"]["weights"][name]).to_dtype(dtype).unwrap();
        let layer = |name: &str| (tensor(&format!("{name}.weight")).t().unwrap(), tensor(&format!("{name}.bias")));
        Toy {
            classes: vec!["negative".into(), "positive".into()],
            vocabulary: made["vocabulary"].as_array().unwrap().iter().map(|w| w.as_str().unwrap().into()).collect(),
            embedding: tensor("embedding.weight"),
            hidden: layer("hidden"),
            output: layer("output"),
            broken: false,
            cut: false,
        }
    }

    /// The input with these ids; unknown tokens stand for `strange`, special ones (by place) for no text.
    pub fn input(&self, ids: &[u32], special: &[usize]) -> Input {
        let word = |&id: &u32| if id == 1 { "strange".to_owned() } else { self.vocabulary[id as usize].clone() };
        let words: Vec<String> = ids.iter().map(word).collect();
        let mut end = 0;
        let span = |(at, word): (usize, &String)| {
            let span = Span { start: end, end: end + word.chars().count() };
            end = span.end + 1;
            (!special.contains(&at)).then_some(span)
        };
        Input {
            spans: words.iter().enumerate().map(span).collect(),
            text: words.join(" "),
            tokens: ids.iter().map(|&id| self.vocabulary[id as usize].clone()).collect(),
            ids: ids.to_vec(),
            special: (0..ids.len()).map(|at| special.contains(&at)).collect(),
            unknown: ids.iter().map(|&id| id == 1).collect(),
            pad: ("<pad>".into(), 0),
            unk: Some(("<oov>".into(), 1)),
            ..Input::default()
        }
    }
}

impl TextClassifier for Toy {
    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn probabilities(&self, texts: &[String]) -> Result<Vec<Vec<f64>>> {
        let row = |text: &String| {
            let logits = self.logits_of(&self.embed(&self.encode(text)?)?)?.to_dtype(DType::F64)?.to_vec1::<f64>()?;
            let total: f64 = logits.iter().map(|logit| logit.exp()).sum();
            Ok(logits.iter().map(|logit| logit.exp() / total).collect())
        };
        texts.iter().map(row).collect()
    }
}

impl DifferentiableClassifier for Toy {
    fn encode(&self, text: &str) -> Result<Input> {
        let id = |word: &str| self.vocabulary.iter().position(|known| known == word).unwrap_or(1) as u32;
        Ok(self.input(&text.split(' ').map(id).collect::<Vec<_>>(), &[]))
    }

    fn embed(&self, input: &Input) -> Result<Tensor> {
        Ok(self.embedding.index_select(&Tensor::new(input.ids.as_slice(), &Device::Cpu)?, 0)?)
    }

    fn logits_of(&self, embedded: &Tensor) -> Result<Tensor> {
        let embedded = if self.cut { embedded.detach() } else { embedded.clone() };
        let x = if embedded.rank() == 2 { embedded.unsqueeze(0)? } else { embedded.clone() }; // (batch, tokens, width)
        let x = x.broadcast_matmul(&self.hidden.0)?.broadcast_add(&self.hidden.1)?.tanh()?;
        let x = (x * 3.0)?.mean(D::Minus2)?.sqr()?; // (batch, hidden)
        let x = x.matmul(&self.output.0)?.broadcast_add(&self.output.1)?; // (batch, classes)
        let x = if self.broken { (x * f64::NAN)? } else { x };
        Ok(if embedded.rank() == 2 { x.squeeze(0)? } else { x })
    }

    fn embedding_matrix(&self) -> Result<Tensor> {
        Ok(self.embedding.clone())
    }
}
