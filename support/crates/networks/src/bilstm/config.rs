//! The sizes of a [`BiLstm`](super::BiLstm), and its file `config.json`.

use serde_json::{Value, json};

use ground::{Result, bail};

/// What a [`BiLstm`](super::BiLstm) is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct BiLstmConfig {
    /// How many tokens have a vector: the size of the tokenizer.
    pub vocabulary: usize,
    /// The numbers of a word vector.
    pub embedding: usize,
    /// The units of one direction of a layer.
    pub hidden: usize,
    /// LSTM layers.
    pub layers: usize,
    /// The names of the classes.
    pub classes: Vec<String>,
    /// The share of numbers that are set to zero in training: of the word vectors, between the layers, and before the
    /// dense layer. It acts in steps of 1/256.
    pub dropout: f64,
    /// The share of words that are read as `<oov>` in training, so that `<oov>` is trained and no word is relied on alone.
    pub word_dropout: f64,
}

impl BiLstmConfig {
    /// Word vectors of 128 numbers, two layers of 64 units per direction, dropout 0.3, word dropout 0.05.
    pub fn new(vocabulary: usize, classes: &[String]) -> BiLstmConfig {
        BiLstmConfig {
            vocabulary,
            embedding: 128,
            hidden: 64,
            layers: 2,
            classes: classes.to_vec(),
            dropout: 0.3,
            word_dropout: 0.05,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        let sizes = [
            ("vocabulary", self.vocabulary),
            ("embedding", self.embedding),
            ("hidden", self.hidden),
            ("layers", self.layers),
        ];
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            bail!("{name} is 0: a network needs at least 1");
        }
        if self.classes.len() < 2 {
            bail!("{} classes: a classifier needs at least two", self.classes.len());
        }
        for (name, share) in [("dropout", self.dropout), ("word_dropout", self.word_dropout)] {
            if !(0.0..1.0).contains(&share) {
                bail!("{name} is {share}: give a share from 0 to just below 1");
            }
        }
        Ok(())
    }

    /// The parameters in their order: name and shape, as in PyTorch.
    pub(super) fn shapes(&self) -> Vec<(String, Vec<usize>)> {
        let mut shapes = vec![("embedding.weight".to_owned(), vec![self.vocabulary, self.embedding])];
        for layer in 0..self.layers {
            let inputs = if layer == 0 { self.embedding } else { 2 * self.hidden };
            for end in super::DIRECTIONS {
                let gates = 4 * self.hidden;
                shapes.push((format!("lstm.weight_ih_l{layer}{end}"), vec![gates, inputs]));
                shapes.push((format!("lstm.weight_hh_l{layer}{end}"), vec![gates, self.hidden]));
                shapes.push((format!("lstm.bias_ih_l{layer}{end}"), vec![gates]));
                shapes.push((format!("lstm.bias_hh_l{layer}{end}"), vec![gates]));
            }
        }
        shapes.push(("dense.weight".to_owned(), vec![self.classes.len(), 2 * self.hidden]));
        shapes.push(("dense.bias".to_owned(), vec![self.classes.len()]));
        shapes
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "model_type": "bilstm",
            "vocabulary": self.vocabulary,
            "embedding": self.embedding,
            "hidden": self.hidden,
            "layers": self.layers,
            "classes": self.classes,
            "dropout": self.dropout,
            "word_dropout": self.word_dropout,
        })
    }

    pub(super) fn from_json(file: &Value) -> Result<BiLstmConfig> {
        if file["model_type"] != "bilstm" {
            bail!("`model_type` is {}: expected \"bilstm\"", file["model_type"]);
        }
        let size = |name: &str| match file[name].as_u64() {
            Some(size) => Ok(size as usize),
            None => bail!("`{name}` is {}: expected a whole number", file[name]),
        };
        let share = |name: &str| match file[name].as_f64() {
            Some(share) => Ok(share),
            None => bail!("`{name}` is {}: expected a number", file[name]),
        };
        let classes: Option<Vec<String>> = file["classes"]
            .as_array()
            .and_then(|classes| classes.iter().map(|class| class.as_str().map(String::from)).collect());
        let Some(classes) = classes else {
            bail!("`classes` is {}: expected a list of names", file["classes"]);
        };
        let config = BiLstmConfig {
            vocabulary: size("vocabulary")?,
            embedding: size("embedding")?,
            hidden: size("hidden")?,
            layers: size("layers")?,
            classes,
            dropout: share("dropout")?,
            word_dropout: share("word_dropout")?,
        };
        config.check()?;
        Ok(config)
    }
}
