//! Reading config.json as the four architectures write it.
//!
//! Field names and defaults are those of transformers' configuration classes, old (4) and new (5).

use std::path::Path;

use serde_json::Value;

use super::config::{Activation, Architecture, Config, Head, Rotary, RotaryScaling};
use ground::{Error, Result, bail};

/// config.json with the names that its architecture uses.
struct Json<'a>(&'a Value);

impl Json<'_> {
    fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    fn number(&self, key: &str) -> Result<usize> {
        match self.get(key).map(|value| (value, value.as_u64())) {
            Some((_, Some(number))) if number > 0 => Ok(number as usize),
            Some((value, _)) => bail!("`{key}` is {value}, a whole number above 0 was expected"),
            None => bail!("`{key}` is missing"),
        }
    }

    fn number_or(&self, key: &str, default: usize) -> Result<usize> {
        if self.get(key).is_some() { self.number(key) } else { Ok(default) }
    }

    fn real(&self, key: &str, default: f64) -> f64 {
        self.get(key).and_then(Value::as_f64).unwrap_or(default)
    }

    fn truth(&self, key: &str, default: bool) -> bool {
        self.get(key).and_then(Value::as_bool).unwrap_or(default)
    }

    /// An id; the first of several.
    fn id(&self, key: &str) -> Option<u32> {
        let value = self.get(key)?;
        value.as_u64().or_else(|| value.get(0)?.as_u64()).and_then(|id| u32::try_from(id).ok())
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    fn activation(&self, key: &str, default: &str) -> Result<Activation> {
        Ok(match self.text(key).unwrap_or(default) {
            "gelu" => Activation::Gelu,
            "gelu_new" | "gelu_pytorch_tanh" => Activation::GeluNew,
            "relu" => Activation::Relu,
            "silu" | "swish" => Activation::Silu,
            other => bail!("the activation `{other}` is not one of gelu, gelu_new, relu, silu"),
        })
    }

    /// `rope_parameters` (transformers 5), or `rope_theta` and `rope_scaling`.
    fn rotary(&self) -> Result<Rotary> {
        let new = self.get("rope_parameters");
        let theta = new.and_then(|new| new.get("rope_theta")).and_then(Value::as_f64);
        let theta = theta.unwrap_or(self.real("rope_theta", 10_000.0));
        let Some(scaling) = new.or(self.get("rope_scaling")) else {
            return Ok(Rotary { theta, scaling: RotaryScaling::None });
        };
        let real = |key: &str| match scaling.get(key).and_then(Value::as_f64) {
            Some(number) if number > 0.0 => Ok(number),
            _ => bail!("the scaling of rotary positions lacks `{key}`"),
        };
        let kind = scaling.get("rope_type").or(scaling.get("type")).and_then(Value::as_str);
        let scaling = match kind.unwrap_or("default") {
            "default" => RotaryScaling::None,
            "linear" => RotaryScaling::Linear(real("factor")?),
            "llama3" => RotaryScaling::Llama3 {
                factor: real("factor")?,
                low: real("low_freq_factor")?,
                high: real("high_freq_factor")?,
                original: real("original_max_position_embeddings")?,
            },
            other => bail!("rotary positions with the scaling `{other}` are not built; default, linear and llama3 are"),
        };
        Ok(Rotary { theta, scaling })
    }

    /// The labels in the order of their numbers.
    fn labels(&self) -> Result<Vec<String>> {
        let Some(names) = self.get("id2label").and_then(Value::as_object) else {
            return Ok(Vec::new());
        };
        let mut labels = vec![None; names.len()];
        for (id, name) in names {
            match (id.parse::<usize>().ok().and_then(|id| labels.get_mut(id)), name.as_str()) {
                (Some(label), Some(name)) => *label = Some(name.to_owned()),
                _ => bail!("`id2label` must name the classes 0 to {}, but has {id}: {name}", names.len() - 1),
            }
        }
        Ok(labels.into_iter().flatten().collect())
    }
}

impl Config {
    /// Reads config.json.
    ///
    /// # Errors
    /// No such file, no JSON, an architecture that is not built here, a setting that is missing or not built.
    pub fn read(path: &Path) -> Result<Config> {
        let about = |error: Error| error.context(path.display());
        let text = std::fs::read_to_string(path).map_err(|error| about(error.into()))?;
        let json =
            serde_json::from_str(&text).map_err(|error| about(Error::new(format!("this is no JSON ({error})"))))?;
        Config::parse(&json).map_err(about)
    }

    /// Reads the contents of config.json.
    ///
    /// # Errors
    /// As [`read`](Config::read).
    pub fn parse(json: &Value) -> Result<Config> {
        let json = Json(json);
        let mut config = match json.text("model_type") {
            Some("bert") => bert(&json)?,
            Some("distilbert") => distilbert(&json)?,
            Some("gpt2") => gpt2(&json)?,
            Some("llama") => llama(&json)?,
            Some(other) => {
                bail!("the model_type `{other}` is not built here. These are: bert, distilbert, gpt2, llama")
            }
            None => bail!("`model_type` is missing. It must be one of bert, distilbert, gpt2, llama"),
        };
        config.head = head(&json)?;
        config.labels = json.labels()?;
        let problem = json.text("problem_type").unwrap_or("single_label_classification");
        // Some checkpoints name a padding token that was never given a vector.
        config.pad_id = config.pad_id.filter(|&id| (id as usize) < config.vocabulary);
        config.single_label = problem == "single_label_classification";
        if !config.heads.is_multiple_of(config.key_heads) {
            bail!("{} heads cannot share {} key heads evenly", config.heads, config.key_heads);
        }
        if config.rotary.is_some() && !config.head_width.is_multiple_of(2) {
            bail!("rotary positions turn pairs: the head width {} must be even", config.head_width);
        }
        Ok(config)
    }
}

/// What the name in `architectures` says.
fn head(json: &Json) -> Result<Option<Head>> {
    let Some(name) = json.get("architectures").and_then(|names| names.get(0)).and_then(Value::as_str) else {
        return Ok(None);
    };
    Ok(Some(match name {
        "BertModel" | "DistilBertModel" | "GPT2Model" | "LlamaModel" => Head::Bare,
        "BertForMaskedLM" | "BertForPreTraining" | "DistilBertForMaskedLM" | "GPT2LMHeadModel" | "LlamaForCausalLM" => {
            Head::LanguageModel
        }
        _ if name.ends_with("ForSequenceClassification") => Head::Classifier,
        _ if name.ends_with("ForQuestionAnswering") => Head::Span,
        _ => bail!(
            "the architecture `{name}` is not built here. These are: …Model, …ForSequenceClassification, \
             …ForQuestionAnswering, …ForMaskedLM, GPT2LMHeadModel, LlamaForCausalLM"
        ),
    }))
}

/// What BERT and DistilBERT share, and the others change.
fn base(json: &Json, architecture: Architecture, width: usize, heads: usize) -> Result<Config> {
    if !width.is_multiple_of(heads) && json.get("head_dim").is_none() {
        bail!("the width {width} is not a multiple of the number of heads, {heads}");
    }
    Ok(Config {
        architecture,
        head: None,
        layers: 0,
        heads,
        key_heads: heads,
        head_width: width / heads,
        width,
        mlp_width: 4 * width,
        vocabulary: json.number("vocab_size")?,
        max_tokens: 0,
        token_types: 0,
        rotary: None,
        causal: false,
        post_norm: true,
        rms_norm: false,
        norm_eps: 1e-12,
        activation: Activation::Gelu,
        gated: false,
        attention_bias: true,
        mlp_bias: true,
        scale_scores: true,
        scale_by_layer: false,
        tied: json.truth("tie_word_embeddings", architecture != Architecture::Llama),
        labels: Vec::new(),
        single_label: true,
        pad_id: json.id("pad_token_id"),
        eos_id: json.id("eos_token_id"),
    })
}

fn bert(json: &Json) -> Result<Config> {
    if json.text("position_embedding_type").is_some_and(|kind| kind != "absolute") {
        bail!("BERT with positions other than absolute ones is not built");
    }
    if json.truth("is_decoder", false) {
        bail!("BERT as a decoder is not built");
    }
    Ok(Config {
        layers: json.number("num_hidden_layers")?,
        mlp_width: json.number("intermediate_size")?,
        max_tokens: json.number("max_position_embeddings")?,
        token_types: json.number_or("type_vocab_size", 2)?,
        norm_eps: json.real("layer_norm_eps", 1e-12),
        activation: json.activation("hidden_act", "gelu")?,
        ..base(json, Architecture::Bert, json.number("hidden_size")?, json.number("num_attention_heads")?)?
    })
}

fn distilbert(json: &Json) -> Result<Config> {
    Ok(Config {
        layers: json.number("n_layers")?,
        mlp_width: json.number("hidden_dim")?,
        max_tokens: json.number("max_position_embeddings")?,
        activation: json.activation("activation", "gelu")?,
        ..base(json, Architecture::DistilBert, json.number("dim")?, json.number("n_heads")?)?
    })
}

fn gpt2(json: &Json) -> Result<Config> {
    let width = json.number("n_embd")?;
    Ok(Config {
        layers: json.number("n_layer")?,
        mlp_width: json.number_or("n_inner", 4 * width)?,
        max_tokens: json.number_or("n_positions", json.number_or("n_ctx", 1024)?)?,
        causal: true,
        post_norm: false,
        norm_eps: json.real("layer_norm_epsilon", 1e-5),
        activation: json.activation("activation_function", "gelu_new")?,
        scale_scores: json.truth("scale_attn_weights", true),
        scale_by_layer: json.truth("scale_attn_by_inverse_layer_idx", false),
        ..base(json, Architecture::Gpt2, width, json.number("n_head")?)?
    })
}

fn llama(json: &Json) -> Result<Config> {
    let base = base(json, Architecture::Llama, json.number("hidden_size")?, json.number("num_attention_heads")?)?;
    Ok(Config {
        layers: json.number("num_hidden_layers")?,
        key_heads: json.number_or("num_key_value_heads", base.heads)?,
        head_width: json.number_or("head_dim", base.head_width)?,
        mlp_width: json.number("intermediate_size")?,
        max_tokens: json.number_or("max_position_embeddings", 2048)?,
        rotary: Some(json.rotary()?),
        causal: true,
        post_norm: false,
        rms_norm: true,
        norm_eps: json.real("rms_norm_eps", 1e-6),
        activation: json.activation("hidden_act", "silu")?,
        gated: true,
        attention_bias: json.truth("attention_bias", false),
        mlp_bias: json.truth("mlp_bias", false),
        ..base
    })
}
