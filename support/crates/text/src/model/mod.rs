//! A model as an explanation method sees it: from outside (probabilities of texts), and from inside (its activations,
//! through which gradients flow).
//!
//! What a method explains is one function ([`Explained`]): *where* in the model ([`Place`]) and *what* of its answer
//! ([`What`]) give one number per row of activations.

mod explained;
mod place;
mod what;

use candle_core::Tensor;

pub use explained::{Explainable, Explained, Site, TokenEmbeddings, class_name};
pub use place::Place;
pub use what::{Choice, Description, Output, Term, What, numbers_of};

use ground::Span;
use ground::{Result, bail};

/// A text classifier: texts in, one row of class probabilities per text out.
///
/// Model-agnostic methods such as LIME need nothing else. `Sync`, because they ask from several threads.
pub trait TextClassifier: Sync {
    /// The names of the classes, in the order of the columns of [`probabilities`](Self::probabilities).
    fn classes(&self) -> &[String];

    /// Class probabilities, shape (texts, classes); each row sums to 1.
    fn probabilities(&self, texts: &[String]) -> Result<Vec<Vec<f64>>>;

    /// The class with the highest probability for one text, and the whole row.
    fn predict(&self, text: &str) -> Result<(usize, Vec<f64>)> {
        let row = self
            .probabilities(&[text.to_owned()])?
            .pop()
            .ok_or_else(|| ground::Error::new("the classifier returned no row for one text"))?;
        let best = arg_max(&row).ok_or_else(|| ground::Error::new("the classifier has no classes"))?;
        Ok((best, row))
    }

    /// The number of a class, from its name (small and capital letters count as equal where that is clear) or its number:
    /// `"positive"`, `"1"`.
    ///
    /// # Errors
    /// No such class; the message names those there are.
    fn class_index(&self, class: &str) -> Result<usize> {
        let classes = self.classes();
        let number = class.parse().ok().filter(|&number| number < classes.len());
        let named = classes.iter().position(|name| name == class);
        let mut loosely = (0..classes.len()).filter(|&at| classes[at].to_lowercase() == class.to_lowercase());
        let loosely = loosely.next().filter(|_| loosely.next().is_none());
        named.or(loosely).or(number).ok_or_else(|| {
            if classes.is_empty() {
                return ground::Error::new(format!(
                    "there is no class `{class}`: the model has no classes. A checkpoint with no classification head is \
                     no classifier"
                ));
            }
            let known: Vec<String> = classes.iter().enumerate().map(|(at, name)| format!("{at} {name}")).collect();
            ground::Error::new(format!("there is no class `{class}`. The model has the classes {}", known.join(", ")))
        })
    }
}

/// Where the largest number stands, the first of equal ones; `None` if there is no number. NaN is never the largest.
pub fn arg_max(row: &[f64]) -> Option<usize> {
    let better = |best: Option<usize>, at: usize| match best {
        Some(best) if row[at] <= row[best] => Some(best),
        _ => Some(at),
    };
    (0..row.len()).filter(|&at| !row[at].is_nan()).fold(None, better)
}

/// A text as a model reads it: one entry per token in every list.
///
/// One made by hand may leave out lists that say nothing: `Input { ids, tokens, …, ..Input::default() }`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Input {
    /// The text.
    pub text: String,
    /// The tokens exactly as the model gets them, special ones and the unknown one (`<oov>`, `[UNK]`) included.
    pub tokens: Vec<String>,
    /// Their rows in the embedding matrix.
    pub ids: Vec<u32>,
    /// Where each token lies in the text, in characters; `None` for special tokens, which stand for no text.
    pub spans: Vec<Option<Span>>,
    /// Which tokens are special (`[CLS]`, `[SEP]`, padding).
    pub special: Vec<bool>,
    /// Which tokens stand for a word that the model does not know.
    pub unknown: Vec<bool>,
    /// Of which text each token is: 0, or 1 in the second of two texts; `None` for tokens that the tokenizer added. May be
    /// empty for a single text.
    pub sequences: Vec<Option<u8>>,
    /// The token types as the tokenizer gives them: what BERT adds to the words, 1 for the second of two texts and the
    /// token that ends it. Empty: all 0.
    pub types: Vec<u32>,
    /// The padding token and its id: what a baseline puts in place of words.
    pub pad: (String, u32),
    /// The unknown token and its id; `None` for a model that cuts every text into pieces that it knows.
    pub unk: Option<(String, u32)>,
    /// The mask token and its id, which a masked language model learnt to read as "some word"; `None` for a model that
    /// was not trained so.
    pub mask: Option<(String, u32)>,
}

impl Input {
    /// How many tokens there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there is no token.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The same length with padding in the place of every token that is not special: a text that says nothing.
    pub fn padded_out(&self) -> Input {
        self.filled(&self.pad, false)
    }

    /// The same length with the unknown token in the place of every token that is not special: words, but which?
    ///
    /// # Errors
    /// A model without an unknown token.
    pub fn unknown_out(&self) -> Result<Input> {
        match &self.unk {
            Some(unk) => Ok(self.filled(unk, true)),
            None => bail!("the model has no unknown token: choose another baseline, padding for example"),
        }
    }

    /// The same length with the mask token in the place of every token that is not special: a word, but any.
    ///
    /// # Errors
    /// A model without a mask token.
    pub fn masked_out(&self) -> Result<Input> {
        match &self.mask {
            Some(mask) => Ok(self.filled(mask, false)),
            None => bail!("the model has no mask token: choose another baseline, padding for example"),
        }
    }

    fn filled(&self, (token, id): &(String, u32), unknown: bool) -> Input {
        let mut filled = self.clone();
        for at in (0..self.len()).filter(|&at| !self.special[at]) {
            filled.tokens[at] = token.clone();
            filled.ids[at] = *id;
            filled.unknown[at] = unknown;
        }
        filled
    }
}

/// A classifier that lets gradients through to the vectors of its tokens.
pub trait DifferentiableClassifier: TextClassifier {
    /// Cuts a text into the tokens that the model reads.
    ///
    /// # Errors
    /// A text without a word, or with more tokens than the model reads.
    fn encode(&self, text: &str) -> Result<Input>;

    /// The vectors of the tokens, shape (tokens, width): rows of the [embedding matrix](Self::embedding_matrix).
    fn embed(&self, input: &Input) -> Result<Tensor>;

    /// The logits of the classes for token vectors: (tokens, width) gives (classes), and (batch, tokens, width) gives
    /// (batch, classes). No token is taken for padding, whatever its vector is. Differentiable with respect to
    /// `embedded`, not to the model's parameters.
    fn logits_of(&self, embedded: &Tensor) -> Result<Tensor>;

    /// The vectors of the whole vocabulary, shape (vocabulary, width).
    fn embedding_matrix(&self) -> Result<Tensor>;

    /// The model as one that can be explained in more places than the vectors of its tokens; `None` if it cannot.
    fn explainable(&self) -> Option<&dyn Explainable> {
        None
    }
}
