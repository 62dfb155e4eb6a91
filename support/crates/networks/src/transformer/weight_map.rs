//! Under which names each architecture stores its weights.
//!
//! A new architecture is one more table of names, next to its configuration. The names are those of transformers.

use candle_core::Tensor;

use super::config::{Architecture, Config, Head};
use super::layers::{Block, Layers, Linear, Norm, Top};
use super::weights::Weights;
use ground::Result;

/// Where an architecture keeps its tensors.
struct Names {
    /// In front of all names but those of the head. Bare models lack it; some heads of Llama have that of GPT-2.
    base: &'static str,
    word: &'static str,
    position: Option<&'static str>,
    token_type: Option<&'static str>,
    embed_norm: Option<&'static str>,
    /// Of a block; `{}` is its number.
    block: &'static str,
    ln1: &'static str,
    qkv: Qkv,
    o: &'static str,
    ln2: &'static str,
    gate: Option<&'static str>,
    mlp_in: &'static str,
    mlp_out: &'static str,
    final_norm: Option<&'static str>,
}

enum Qkv {
    Apart([&'static str; 3]),
    /// GPT-2: one matrix, and all matrices as (inputs, outputs).
    Together(&'static str),
}

const BERT: Names = Names {
    base: "bert.",
    word: "embeddings.word_embeddings.weight",
    position: Some("embeddings.position_embeddings.weight"),
    token_type: Some("embeddings.token_type_embeddings.weight"),
    embed_norm: Some("embeddings.LayerNorm"),
    block: "encoder.layer.{}.",
    ln1: "attention.output.LayerNorm",
    qkv: Qkv::Apart(["attention.self.query", "attention.self.key", "attention.self.value"]),
    o: "attention.output.dense",
    ln2: "output.LayerNorm",
    gate: None,
    mlp_in: "intermediate.dense",
    mlp_out: "output.dense",
    final_norm: None,
};

const DISTILBERT: Names = Names {
    base: "distilbert.",
    token_type: None,
    block: "transformer.layer.{}.",
    ln1: "sa_layer_norm",
    qkv: Qkv::Apart(["attention.q_lin", "attention.k_lin", "attention.v_lin"]),
    o: "attention.out_lin",
    ln2: "output_layer_norm",
    mlp_in: "ffn.lin1",
    mlp_out: "ffn.lin2",
    ..BERT
};

const GPT2: Names = Names {
    base: "transformer.",
    word: "wte.weight",
    position: Some("wpe.weight"),
    token_type: None,
    embed_norm: None,
    block: "h.{}.",
    ln1: "ln_1",
    qkv: Qkv::Together("attn.c_attn"),
    o: "attn.c_proj",
    ln2: "ln_2",
    gate: None,
    mlp_in: "mlp.c_fc",
    mlp_out: "mlp.c_proj",
    final_norm: Some("ln_f"),
};

const LLAMA: Names = Names {
    base: "model.",
    word: "embed_tokens.weight",
    position: None,
    token_type: None,
    embed_norm: None,
    block: "layers.{}.",
    ln1: "input_layernorm",
    qkv: Qkv::Apart(["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"]),
    o: "self_attn.o_proj",
    ln2: "post_attention_layernorm",
    gate: Some("mlp.gate_proj"),
    mlp_in: "mlp.up_proj",
    mlp_out: "mlp.down_proj",
    final_norm: Some("norm"),
};

/// The head that the tensors have, for a config.json that names no architecture.
pub(super) fn guess_head(weights: &Weights) -> Head {
    let any = |names: &[&str]| names.iter().any(|name| weights.has(name));
    if any(&["classifier.weight", "score.weight"]) {
        Head::Classifier
    } else if any(&["qa_outputs.weight"]) {
        Head::Span
    } else if any(&["lm_head.weight", "cls.predictions.transform.dense.weight", "vocab_transform.weight"]) {
        Head::LanguageModel
    } else {
        Head::Bare
    }
}

/// Reads tensors by the names of one architecture.
struct Reader<'a> {
    weights: &'a Weights,
    config: &'a Config,
    /// Matrices are stored as (inputs, outputs).
    turned: bool,
}

impl Reader<'_> {
    fn linear(&self, name: &str, outputs: usize, inputs: usize, bias: bool) -> Result<Linear> {
        let weight = self.weights.tensor(&format!("{name}.weight"), &[outputs, inputs])?;
        let bias = if bias { Some(self.weights.tensor(&format!("{name}.bias"), &[outputs])?) } else { None };
        Ok(Linear::new(weight, bias))
    }

    /// A linear layer inside a block.
    fn inner(&self, name: &str, outputs: usize, inputs: usize, bias: bool) -> Result<Linear> {
        if !self.turned {
            return self.linear(name, outputs, inputs, bias);
        }
        let stored = self.weights.tensor(&format!("{name}.weight"), &[inputs, outputs])?;
        let bias = Some(self.weights.tensor(&format!("{name}.bias"), &[outputs])?);
        Ok(Linear::new(own(stored.t()?, &stored)?, bias))
    }

    /// Early checkpoints call weight and bias gamma and beta.
    fn norm(&self, name: &str) -> Result<Norm> {
        let width = [self.config.width];
        let early = self.weights.has(&format!("{name}.gamma"));
        let [weight, bias] = if early { ["gamma", "beta"] } else { ["weight", "bias"] };
        let weight = self.weights.tensor(&format!("{name}.{weight}"), &width)?;
        let bias = match self.config.rms_norm {
            true => None,
            false => Some(self.weights.tensor(&format!("{name}.{bias}"), &width)?),
        };
        Ok(Norm { weight, bias })
    }

    fn qkv(&self, block: &str, names: &Qkv) -> Result<[Linear; 3]> {
        let c = self.config;
        let (queries, keys) = (c.heads * c.head_width, c.key_heads * c.head_width);
        match names {
            Qkv::Apart([q, k, v]) => {
                let linear = |name: &str, size| self.inner(&format!("{block}{name}"), size, c.width, c.attention_bias);
                Ok([linear(q, queries)?, linear(k, keys)?, linear(v, keys)?])
            }
            Qkv::Together(name) => {
                let all = self.inner(&format!("{block}{name}"), 3 * c.width, c.width, true)?;
                let third = |at: usize| -> Result<Linear> {
                    let part = |x: &Tensor| own(x.narrow(0, at * c.width, c.width)?, x);
                    Ok(Linear::new(part(&all.weight)?, all.bias.as_ref().map(part).transpose()?))
                };
                Ok([third(0)?, third(1)?, third(2)?])
            }
        }
    }

    fn block(&self, prefix: &str, names: &Names) -> Result<Block> {
        let c = self.config;
        let at = |name: &str| format!("{prefix}{name}");
        let [q, k, v] = self.qkv(prefix, &names.qkv)?;
        let gate = match names.gate {
            Some(gate) if c.gated => Some(self.inner(&at(gate), c.mlp_width, c.width, c.mlp_bias)?),
            _ => None,
        };
        Ok(Block {
            ln1: self.norm(&at(names.ln1))?,
            q,
            k,
            v,
            o: self.inner(&at(names.o), c.width, c.heads * c.head_width, c.attention_bias)?,
            ln2: self.norm(&at(names.ln2))?,
            gate,
            mlp_in: self.inner(&at(names.mlp_in), c.mlp_width, c.width, c.mlp_bias)?,
            mlp_out: self.inner(&at(names.mlp_out), c.width, c.mlp_width, c.mlp_bias)?,
        })
    }
}

/// A view as a tensor of its own, unless it must follow a variable that is trained.
fn own(view: Tensor, of: &Tensor) -> Result<Tensor> {
    if of.is_variable() || of.track_op() { Ok(view) } else { Ok(view.force_contiguous()?) }
}

/// All weights of a model.
pub(super) fn read(config: &Config, head: Head, weights: &Weights) -> Result<Layers> {
    let names = match config.architecture {
        Architecture::Bert => BERT,
        Architecture::DistilBert => DISTILBERT,
        Architecture::Gpt2 => GPT2,
        Architecture::Llama => LLAMA,
    };
    let prefixes = [names.base, "", "transformer.", "model."];
    let base = prefixes.into_iter().find(|base| weights.has(&format!("{base}{}", names.word))).unwrap_or(names.base);
    let reader = Reader { weights, config, turned: matches!(names.qkv, Qkv::Together(_)) };
    let table = |name: Option<&str>, rows: usize| match name {
        Some(name) => weights.tensor(&format!("{base}{name}"), &[rows, config.width]).map(Some),
        None => Ok(None),
    };
    let norm = |name: Option<&str>| name.map(|name| reader.norm(&format!("{base}{name}"))).transpose();
    let word = weights.tensor(&format!("{base}{}", names.word), &[config.vocabulary, config.width])?;
    let block = |layer: usize| {
        let prefix = names.block.replace("{}", &layer.to_string());
        reader.block(&format!("{base}{prefix}"), &names)
    };
    let top = top(&reader, base, head, &word)?;
    Ok(Layers {
        position: table(names.position, config.max_tokens)?,
        token_type: table(names.token_type, config.token_types)?,
        embed_norm: norm(names.embed_norm)?,
        blocks: (0..config.layers).map(block).collect::<Result<_>>()?,
        final_norm: norm(names.final_norm)?,
        word,
        top,
    })
}

/// The weights of the head.
fn top(reader: &Reader, base: &str, head: Head, word: &Tensor) -> Result<Top> {
    let c = reader.config;
    let (width, words) = (c.width, c.vocabulary);
    let classes = |name: &str| match (c.labels.len(), reader.weights.shape(&format!("{name}.weight"))) {
        (0, Some([classes, _])) => *classes,
        (0, _) => 2,
        (named, _) => named,
    };
    // The matrix of the words, unless the head has one of its own.
    let unembed = |weight: &str, bias: Option<&str>| -> Result<Linear> {
        let own = !c.tied || reader.weights.has(weight);
        let weight = if own { reader.weights.tensor(weight, &[words, width])? } else { word.clone() };
        Ok(Linear::new(weight, bias.map(|bias| reader.weights.tensor(bias, &[words])).transpose()?))
    };
    Ok(match (head, c.architecture) {
        // The language model that such a checkpoint was cut from had this matrix at its other end.
        (Head::Bare, Architecture::Gpt2 | Architecture::Llama) if c.tied => {
            Top::Bare(Some(Linear::new(word.clone(), None)))
        }
        (Head::Bare, _) => Top::Bare(None),
        (Head::Span, _) => Top::Span(reader.linear("qa_outputs", 2, width, true)?),
        (Head::Classifier, Architecture::Bert) => Top::Pooled {
            dense: reader.linear(&format!("{base}pooler.dense"), width, width, true)?,
            classifier: reader.linear("classifier", classes("classifier"), width, true)?,
        },
        (Head::Classifier, Architecture::DistilBert) => Top::Pooled {
            dense: reader.linear("pre_classifier", width, width, true)?,
            classifier: reader.linear("classifier", classes("classifier"), width, true)?,
        },
        (Head::Classifier, _) => Top::LastToken(reader.linear("score", classes("score"), width, false)?),
        (Head::LanguageModel, Architecture::Bert) => Top::Masked {
            dense: reader.linear("cls.predictions.transform.dense", width, width, true)?,
            norm: reader.norm("cls.predictions.transform.LayerNorm")?,
            unembed: unembed("cls.predictions.decoder.weight", Some("cls.predictions.bias"))?,
        },
        (Head::LanguageModel, Architecture::DistilBert) => Top::Masked {
            dense: reader.linear("vocab_transform", width, width, true)?,
            norm: reader.norm("vocab_layer_norm")?,
            unembed: unembed("vocab_projector.weight", Some("vocab_projector.bias"))?,
        },
        (Head::LanguageModel, _) => Top::Unembed(unembed("lm_head.weight", None)?),
    })
}
