//! What every gradient method can be asked, and what it answers.

use candle_core::Tensor;

use super::Attribution;
use super::backward::numbers;
use ground::{Error, Result, bail};
use text::model::{DifferentiableClassifier, Explainable, Input, Output, Place, TokenEmbeddings, What};

/// A method that explains a number of a model's answer.
///
/// [`attribute`](Method::attribute) explains a class at the vectors of the tokens; [`explain`](Method::explain) any
/// number at any place.
pub trait Method: Sync {
    /// As a reader should see it: `"integrated gradients"`.
    fn name(&self) -> String;

    /// The unit in which [`attribute`](Method::attribute) explains a class.
    fn unit(&self) -> Output {
        Output::Logit
    }

    /// Explains several texts at one place, each for a number of its own. Faster than one after the other.
    ///
    /// # Errors
    /// As [`explain`](Method::explain), or unequal numbers of texts and of numbers to explain.
    fn explain_all(
        &self,
        model: &dyn Explainable,
        inputs: &[Input],
        place: &Place,
        whats: &[What],
    ) -> Result<Vec<Explanation>>;

    /// Explains `what` of the answer to one text, with a score for each token, from the activations at one place.
    ///
    /// What an activation holds for a token beside its position (its width, heads) is added up; of unsigned methods the
    /// length is taken.
    ///
    /// # Errors
    /// A place that the model does not have, several places, or one whose numbers do not belong to single tokens, such
    /// as attention patterns ([`explain_in_full`](Method::explain_in_full) takes all of these); something that the model
    /// cannot be asked; a text without tokens; options out of range; a model that fails, returns something that is not
    /// finite, or does not let gradients through.
    fn explain(&self, model: &dyn Explainable, input: &Input, place: &Place, what: &What) -> Result<Attribution> {
        self.explain_in_full(model, input, place, what)?.attribution()
    }

    /// As [`explain`](Method::explain), for any place or several together: a score for each number of each activation.
    ///
    /// # Errors
    /// As [`explain`](Method::explain).
    fn explain_in_full(
        &self,
        model: &dyn Explainable,
        input: &Input,
        place: &Place,
        what: &What,
    ) -> Result<Explanation> {
        let (inputs, whats) = (std::slice::from_ref(input), std::slice::from_ref(what));
        self.explain_all(model, inputs, place, whats)?.pop().ok_or_else(nothing)
    }

    /// Explains several texts at the vectors of their tokens, each for its own class.
    ///
    /// # Errors
    /// As [`attribute`](Self::attribute), or unequal numbers of texts and classes.
    fn attribute_all(
        &self,
        model: &dyn DifferentiableClassifier,
        inputs: &[Input],
        targets: &[usize],
    ) -> Result<Vec<Attribution>> {
        if inputs.len() != targets.len() {
            bail!("there are {} texts but {} classes to explain: give one per text", inputs.len(), targets.len());
        }
        let whats: Vec<What> = targets.iter().map(|&class| What::class(class).unit(self.unit())).collect();
        let vectors = TokenEmbeddings(model);
        let model = model.explainable().unwrap_or(&vectors);
        let found = self.explain_all(model, inputs, &Place::embeddings(), &whats)?;
        found.iter().map(Explanation::attribution).collect()
    }

    /// Explains why the model gives the class `target` the output that it does for one text, at the vectors of the
    /// tokens.
    ///
    /// # Errors
    /// A text without tokens, a class that does not exist, options out of range, a model that fails, returns something
    /// that is not finite, or does not let gradients through.
    fn attribute(&self, model: &dyn DifferentiableClassifier, input: &Input, target: usize) -> Result<Attribution> {
        self.attribute_all(model, std::slice::from_ref(input), &[target])?.pop().ok_or_else(nothing)
    }
}

fn nothing() -> Error {
    Error::new("the method returned nothing for one text")
}

/// What a method says of one text at one or several places.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The full names of the activations: `"blocks.2.hook_resid_post"`.
    pub places: Vec<String>,
    /// A score for each number of each activation, in its shape without the batch, as `f64`. Of unsigned methods the
    /// gradient itself, whose length per token is the score.
    pub tensors: Vec<Tensor>,
    /// Which of them have the tokens as their first dimension.
    pub(super) per_token: Vec<bool>,
    /// All but the scores.
    pub(super) about: Attribution,
}

impl Explanation {
    /// The scores per token, where there is one place.
    ///
    /// # Errors
    /// Several places, or one whose numbers do not belong to single tokens.
    pub fn attribution(&self) -> Result<Attribution> {
        match self.places.as_slice() {
            [place] => self.attribution_at(place),
            places => bail!("there are {} places, {places:?}: take one with attribution_at(…)", places.len()),
        }
    }

    /// The scores per token at one of the places. F(x) and F(x′) are those of all places together, so with several the
    /// delta of one of them says nothing: take [`delta`](Explanation::delta).
    ///
    /// # Errors
    /// No such place, or one whose numbers do not belong to single tokens.
    pub fn attribution_at(&self, place: &str) -> Result<Attribution> {
        let Some(at) = self.places.iter().position(|known| known == place) else {
            bail!("`{place}` was not explained. Explained: {:?}", self.places);
        };
        let tensor = &self.tensors[at];
        if !self.per_token[at] {
            bail!(
                "`{place}` has the shape {:?} and no numbers for single tokens: take the scores of explain_in_full, \
                 .tensors[{at}]",
                tensor.dims()
            );
        }
        let scores = numbers(tensor)?;
        let size = scores.len() / tensor.dim(0)?.max(1);
        let score = |own: &[f64]| match self.about.unsigned {
            true => own.iter().map(|score| score * score).sum::<f64>().sqrt(),
            false => own.iter().sum(),
        };
        let scores = scores.chunks(size.max(1)).map(score).collect();
        Ok(Attribution { scores, place: place.to_owned(), ..self.about.clone() })
    }

    /// F(x): what is explained, for the text.
    pub fn f_x(&self) -> f64 {
        self.about.f_x
    }

    /// F(x′): the same with the baseline at all places.
    pub fn f_baseline(&self) -> f64 {
        self.about.f_baseline
    }

    /// The sum of all scores at all places.
    ///
    /// # Errors
    /// As candle's operations.
    pub fn sum(&self) -> Result<f64> {
        let sums = self.tensors.iter().map(|tensor| Ok(tensor.sum_all()?.to_scalar::<f64>()?));
        sums.sum()
    }

    /// The convergence delta: sum of all scores − (F(x) − F(x′)). Zero for a complete method.
    ///
    /// # Errors
    /// As candle's operations.
    pub fn delta(&self) -> Result<f64> {
        Ok(self.sum()? - (self.about.f_x - self.about.f_baseline))
    }

    /// What was explained, in words: `"logit of positive"`.
    pub fn explained(&self) -> &str {
        &self.about.explained
    }

    /// Places with the shapes of their scores.
    pub fn evcxr_display(&self) {
        println!("{}: {}", self.about.method, self.about.explained);
        for (place, tensor) in self.places.iter().zip(&self.tensors) {
            println!("{place} {:?}", tensor.dims());
        }
    }
}
