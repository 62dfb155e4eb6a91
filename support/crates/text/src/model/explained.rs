//! The explained function: where in a model, and what of its answer, as one function of tensors.
//!
//! Every method of attribution needs [`Explained::values`] and nothing else of a model; [`Explainable`] makes it.

use candle_core::Tensor;

use super::{Choice, Description, DifferentiableClassifier, Input, Place, What, numbers_of};
use ground::{Result, bail};

/// A model that can be explained: it takes activations at a place and tells numbers of its answer.
///
/// A transformer has all its activations as places. Every [`DifferentiableClassifier`] is
/// explainable through [`TokenEmbeddings`].
pub trait Explainable: Sync {
    /// The activations at `place`, by their full names.
    ///
    /// # Errors
    /// The model has no such place; a place without a name; the same activation twice.
    fn sites(&self, place: &Place) -> Result<Vec<Site>>;

    /// What `what` is for this text, in words.
    ///
    /// # Errors
    /// The model cannot be asked this: no such class, position or token, or another head.
    fn describe(&self, input: &Input, what: &What) -> Result<Description>;

    /// The activations of a text at `place`: one tensor per site, without a dimension for the batch.
    ///
    /// # Errors
    /// As [`sites`](Explainable::sites); a text that the model cannot read.
    fn activations(&self, input: &Input, place: &Place) -> Result<Vec<Tensor>>;

    /// The function to explain, for some texts, each with what is asked of it.
    ///
    /// # Errors
    /// As [`activations`](Explainable::activations).
    fn explained<'a>(
        &'a self,
        inputs: &[&'a Input],
        place: &Place,
        whats: &[&'a What],
    ) -> Result<Box<dyn Explained + 'a>>;

    /// Where `place` is the token embeddings alone: the vectors of the whole vocabulary, (vocabulary, width).
    ///
    /// # Errors
    /// As [`sites`](Explainable::sites).
    fn vocabulary_vectors(&self, place: &Place) -> Result<Option<Tensor>>;
}

/// A function of the activations at a place.
pub trait Explained: Sync {
    /// One number per row, (rows), with gradients. Row `r` is the text number `texts[r]` with `points[site]` (rows, …)
    /// in the place of its activations; all these texts have the same number of tokens.
    ///
    /// # Errors
    /// Points of another shape; a model that fails.
    fn values(&self, texts: &[usize], points: &[Tensor]) -> Result<Tensor>;
}

/// One activation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Its full name: `"blocks.2.hook_resid_post"`.
    pub name: String,
    /// Its first dimension (after the batch's) is that of the tokens, so that each token has numbers of its own.
    pub per_token: bool,
}

/// A classifier, explained at the vectors of its tokens.
///
/// ```no_run
/// # use text::model::{DifferentiableClassifier, Explainable, Place, TokenEmbeddings};
/// # fn sites(mine: &dyn DifferentiableClassifier) -> ground::Result<()> {
/// let mine = TokenEmbeddings(mine);
/// let there = mine.sites(&Place::embeddings())?; // what `IntegratedGradients::explain` asks first
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct TokenEmbeddings<'a>(pub &'a dyn DifferentiableClassifier);

/// What the vectors of the tokens are called where the model has no name for them.
const NAME: &str = "token embeddings";

impl<'m> TokenEmbeddings<'m> {
    /// [`explained`](Explainable::explained), which lives as long as the classifier.
    ///
    /// # Errors
    /// As [`sites`](Explainable::sites).
    pub fn function<'a>(self, place: &Place, whats: &[&'a What]) -> Result<Box<dyn Explained + 'a>>
    where
        'm: 'a,
    {
        self.sites(place)?;
        Ok(Box::new(Logits { model: self.0, whats: whats.to_vec() }))
    }
}

impl Explainable for TokenEmbeddings<'_> {
    fn sites(&self, place: &Place) -> Result<Vec<Site>> {
        match place.names() {
            None => Ok(vec![Site { name: NAME.into(), per_token: true }]),
            Some(names) => bail!(
                "this model has no activation {names:?}: only its token embeddings can be looked at, \
                 Place::embeddings()"
            ),
        }
    }

    fn describe(&self, _: &Input, what: &What) -> Result<Description> {
        what.described(&|choice| match choice {
            Choice::Class(class) => class_name(self.0.classes(), *class),
            _ => bail!("this model has classes, no answer spans and no tokens to predict: explain What::class(…)"),
        })
    }

    fn activations(&self, input: &Input, place: &Place) -> Result<Vec<Tensor>> {
        self.sites(place)?;
        Ok(vec![self.0.embed(input)?]) // (tokens, width)
    }

    fn explained<'a>(&'a self, _: &[&'a Input], place: &Place, whats: &[&'a What]) -> Result<Box<dyn Explained + 'a>> {
        self.function(place, whats)
    }

    fn vocabulary_vectors(&self, place: &Place) -> Result<Option<Tensor>> {
        self.sites(place)?;
        self.0.embedding_matrix().map(Some)
    }
}

/// The name of a class.
///
/// # Errors
/// No such class.
pub fn class_name(classes: &[String], class: usize) -> Result<String> {
    match classes.get(class) {
        Some(name) => Ok(name.clone()),
        None => {
            bail!("there is no class {class}: the model has the classes 0 to {} {classes:?}", classes.len().max(1) - 1)
        }
    }
}

/// Logits as a function of token vectors.
struct Logits<'a> {
    model: &'a dyn DifferentiableClassifier,
    whats: Vec<&'a What>,
}

impl Explained for Logits<'_> {
    fn values(&self, texts: &[usize], points: &[Tensor]) -> Result<Tensor> {
        let [points] = points else {
            bail!("{} tensors were given for one place, the token embeddings", points.len());
        };
        let classes = self.model.classes().len();
        let logits = self.model.logits_of(points)?; // (rows, classes)
        if logits.dims() != [texts.len(), classes] {
            bail!(
                "the model has {classes} classes and was given {} rows, but returned logits of shape {:?}",
                texts.len(),
                logits.dims()
            );
        }
        let whats: Vec<&What> = texts.iter().map(|&text| self.whats[text]).collect();
        numbers_of(&logits, &whats, &|row, choice| (row, class_of(choice)))
    }
}

fn class_of(choice: &Choice) -> usize {
    match *choice {
        Choice::Class(class) => class,
        _ => 0, // `describe` refuses it
    }
}
