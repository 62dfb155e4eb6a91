//! A text classifier made of TF-IDF features and a logistic regression: from a text to class probabilities.
//!
//! The model is linear in its features, so the true contribution of each feature to a logit is known.
//! That makes it the measure for methods that only see the model from outside.

use rayon::prelude::*;

use super::logistic::{FittedLogisticRegression, softmax};
use super::tfidf::FittedTfIdf;
use crate::model::{TextClassifier, arg_max};
use ground::{Result, bail};

/// A vectoriser, the model fitted on its features, and the names of the classes.
#[derive(Clone, Debug)]
pub struct TfidfClassifier {
    /// From text to features.
    pub vectorizer: FittedTfIdf,
    /// From features to logits.
    pub model: FittedLogisticRegression,
    /// The names of the classes, in the order of the logits.
    pub classes: Vec<String>,
}

/// What one feature adds to the logit of a class, for one text.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// The feature: a word, or words joined by a space.
    pub feature: String,
    /// The words it is made of.
    pub words: Vec<String>,
    /// Its TF-IDF value in this text.
    pub value: f64,
    /// Its weight for the class.
    pub coefficient: f64,
    /// value × coefficient.
    pub contribution: f64,
}

impl TfidfClassifier {
    /// Joins a vectoriser and a model that was fitted on its features.
    ///
    /// # Errors
    /// Sizes that do not fit together.
    pub fn new(
        vectorizer: FittedTfIdf,
        model: FittedLogisticRegression,
        classes: &[String],
    ) -> Result<TfidfClassifier> {
        let (features, expected) = (vectorizer.features().len(), model.n_features());
        if features != expected {
            bail!("the vectoriser makes {features} features, the model was fitted on {expected}");
        }
        if classes.len() != model.n_classes() {
            bail!("there are {} class names for a model of {} classes", classes.len(), model.n_classes());
        }
        Ok(TfidfClassifier { vectorizer, model, classes: classes.to_vec() })
    }

    /// The logits, shape (texts, classes).
    pub fn logits(&self, texts: &[String]) -> Vec<Vec<f64>> {
        texts
            .par_chunks(64)
            .flat_map_iter(|part| {
                let mut scratch = Default::default();
                let row = |text: &String| {
                    let mut logits = self.model.intercepts().to_vec();
                    self.vectorizer.visit(text, &mut scratch, |column, value| {
                        self.model.add(column, value, &mut logits);
                    });
                    logits
                };
                part.iter().map(row).collect::<Vec<_>>()
            })
            .collect()
    }

    /// The most probable class of each text.
    pub fn predict_all(&self, texts: &[String]) -> Vec<usize> {
        let best = |row: Vec<f64>| arg_max(&row).unwrap_or(0);
        self.logits(texts).into_iter().map(best).collect()
    }

    /// What each feature of `text` adds to the logit of `class`, in alphabetical order.
    ///
    /// The logit is the intercept plus the sum of the contributions, exactly. Words that are in no feature
    /// (unknown, too rare, stop words) add nothing and are not listed.
    ///
    /// # Errors
    /// No such class.
    pub fn explain_linear(&self, text: &str, class: usize) -> Result<Vec<Contribution>> {
        if class >= self.classes.len() {
            bail!("there is no class {class}: the classes are 0 to {}", self.classes.len() - 1);
        }
        let mut found = Vec::new();
        self.vectorizer.visit(text, &mut Default::default(), |column, value| {
            let feature = &self.vectorizer.features()[column];
            let coefficient = self.model.of_feature(column)[class];
            found.push(Contribution {
                feature: feature.clone(),
                words: feature.split(' ').map(str::to_owned).collect(),
                value,
                coefficient,
                contribution: value * coefficient,
            });
        });
        Ok(found)
    }

    /// What each word of `text` does for `class` against the other classes: the truth that an explanation of the
    /// probability should find.
    ///
    /// A feature counts with what it adds to the log-odds of the class: its contribution to the logit of `class`,
    /// minus those to the other logits, averaged with the other classes' probabilities. An n-gram is shared equally
    /// among its words. Words in alphabetical order, as the vectoriser writes them (small letters); words that are in
    /// no feature are left out.
    ///
    /// # Errors
    /// No such class.
    pub fn explain_words(&self, text: &str, class: usize) -> Result<Vec<(String, f64)>> {
        let features = self.explain_linear(text, class)?;
        let p = self.predict(text)?.1;
        let mut sums = std::collections::BTreeMap::<String, f64>::new();
        for feature in features {
            let column = self.vectorizer.column(&feature.feature).unwrap_or(0);
            let weights = self.model.of_feature(column);
            let others =
                (0..p.len()).filter(|&k| k != class).map(|k| p[k] / (1.0 - p[class]) * weights[k]).sum::<f64>();
            let share = feature.value * (feature.coefficient - others) / feature.words.len() as f64;
            for word in feature.words {
                *sums.entry(word).or_default() += share;
            }
        }
        Ok(sums.into_iter().collect())
    }
}

impl TextClassifier for TfidfClassifier {
    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn probabilities(&self, texts: &[String]) -> Result<Vec<Vec<f64>>> {
        let mut rows = self.logits(texts);
        rows.iter_mut().for_each(|row| softmax(row));
        Ok(rows)
    }
}
