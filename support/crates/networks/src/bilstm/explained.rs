//! A [`BiLstm`] under the methods that explain any number at any place: its one place is the vectors of its words.

use candle_core::Tensor;

use super::BiLstm;
use ground::Result;
use text::model::{Description, Explainable, Explained, Input, Place, Site, TokenEmbeddings, What};

impl Explainable for BiLstm {
    fn sites(&self, place: &Place) -> Result<Vec<Site>> {
        TokenEmbeddings(self).sites(place)
    }

    fn describe(&self, input: &Input, what: &What) -> Result<Description> {
        TokenEmbeddings(self).describe(input, what)
    }

    fn activations(&self, input: &Input, place: &Place) -> Result<Vec<Tensor>> {
        TokenEmbeddings(self).activations(input, place)
    }

    fn explained<'a>(&'a self, _: &[&'a Input], place: &Place, whats: &[&'a What]) -> Result<Box<dyn Explained + 'a>> {
        TokenEmbeddings(self).function(place, whats)
    }

    fn vocabulary_vectors(&self, place: &Place) -> Result<Option<Tensor>> {
        TokenEmbeddings(self).vocabulary_vectors(place)
    }
}
