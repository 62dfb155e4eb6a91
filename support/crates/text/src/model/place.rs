//! Where an explanation looks: at which activations of a model the scores lie.

/// A place in a model: the vectors of the tokens, or activations by their names.
///
/// ```
/// use text::model::Place;
/// let tokens = Place::embeddings();
/// let residual = Place::at("blocks.2.hook_resid_post");
/// let two = Place::several(&["hook_embed", "hook_pos_embed"]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// `None`: the token embeddings, whatever the model calls them.
    names: Option<Vec<String>>,
}

impl Place {
    /// The vectors of the tokens: the one place that every model has.
    pub fn embeddings() -> Place {
        Place { names: None }
    }

    /// One activation of a transformer, or all whose names fit: `*` stands for anything
    /// (`Transformer::activation_names` lists them).
    pub fn at(name: &str) -> Place {
        Place::several(&[name])
    }

    /// Several activations together: a path moves all of them at once, and each gets its share of the scores.
    pub fn several(names: &[&str]) -> Place {
        Place { names: Some(names.iter().map(|&name| name.to_owned()).collect()) }
    }

    /// The names as they were given; `None` for [`embeddings`](Place::embeddings).
    pub fn names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }
}
