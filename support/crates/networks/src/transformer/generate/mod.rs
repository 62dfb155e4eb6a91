//! Writing on: the model's next token is put behind the text, again and again.
//!
//! Greedy, or drawn from the model's distribution, which temperature, top-k (Fan et al. 2018) and top-p (Holtzman et al.
//! 2020) narrow, in this order, as in transformers. One text at a time, and no hooks: activations of what was written are
//! those of [`run`](super::Transformer::run) over it.

mod distribution;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::Transformer;
use super::batch::Batch;
use super::cache::Cache;
use super::hooks::Hooks;
use super::run::{Pass, Wanted};
use ground::{Result, bail};

/// How to write on.
///
/// ```no_run
/// # use networks::{Transformer, transformer::Generate};
/// # let model = Transformer::load("folder")?;
/// let greedy = model.generate("The soup was", &Generate::new().tokens(10))?;
/// let drawn = model.generate("The soup was", &Generate::new().temperature(0.8).top_k(40).top_p(0.95).seed(1))?;
/// println!("{}\n{}", greedy.text, drawn.text);
/// # ground::Result::Ok(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Generate {
    tokens: usize,
    temperature: Option<f64>,
    top_k: Option<usize>,
    top_p: Option<f64>,
    seed: u64,
    stop: Option<Vec<u32>>,
    cache: bool,
}

impl Default for Generate {
    fn default() -> Generate {
        Generate { tokens: 20, temperature: None, top_k: None, top_p: None, seed: 0, stop: None, cache: true }
    }
}

impl Generate {
    /// 20 tokens, the most probable one at each step, until the model ends the text.
    pub fn new() -> Generate {
        Generate::default()
    }

    /// At most so many tokens.
    pub fn tokens(mut self, tokens: usize) -> Generate {
        self.tokens = tokens;
        self
    }

    /// Draws tokens; the logits are divided by `temperature` before softmax. Towards 0 that is greedy; 1 is the model's
    /// own distribution.
    pub fn temperature(mut self, temperature: f64) -> Generate {
        self.temperature = Some(temperature);
        self
    }

    /// Draws tokens, among the `k` most probable ones; of equals, those with the smaller ids.
    pub fn top_k(mut self, k: usize) -> Generate {
        self.top_k = Some(k);
        self
    }

    /// Draws tokens, among the most probable ones that together reach the probability `p`.
    pub fn top_p(mut self, p: f64) -> Generate {
        self.top_p = Some(p);
        self
    }

    /// Where the draws start: the same seed draws the same tokens. Without temperature, top-k or top-p nothing is drawn.
    pub fn seed(mut self, seed: u64) -> Generate {
        self.seed = seed;
        self
    }

    /// Stops after one of these tokens, instead of after the one that ends a text by config.json (`eos_token_id`). With
    /// none, only the number of tokens ends it.
    pub fn stop(mut self, ids: &[u32]) -> Generate {
        self.stop = Some(ids.to_vec());
        self
    }

    /// Reads the whole text again for each token: the same result, slower.
    pub fn without_cache(mut self) -> Generate {
        self.cache = false;
        self
    }

    /// Whether tokens are drawn.
    fn draws(&self) -> bool {
        self.temperature.is_some() || self.top_k.is_some() || self.top_p.is_some()
    }

    fn check(&self) -> Result<()> {
        if self.tokens == 0 {
            bail!("tokens: at least 1 was expected, not 0");
        }
        if let Some(t) = self.temperature.filter(|t| !t.is_finite() || *t <= 0.0) {
            bail!("temperature: a number above 0 was expected, not {t}. For the most probable token, leave it out");
        }
        if self.top_k == Some(0) {
            bail!("top_k: at least 1 token was expected, not 0. To allow all, leave it out");
        }
        if let Some(p) = self.top_p.filter(|p| !(*p > 0.0 && *p <= 1.0)) {
            bail!("top_p: a probability above 0 and up to 1 was expected, not {p}. To allow all, leave it out");
        }
        Ok(())
    }
}

/// What was written on.
#[derive(Clone, Debug, PartialEq)]
pub struct Generated {
    /// The new tokens' ids, the one at which it stopped included.
    pub ids: Vec<u32>,
    /// The tokens, as the vocabulary spells them; empty for a model without a tokenizer.
    pub tokens: Vec<String>,
    /// What they add to the text, special tokens left out; empty for a model without a tokenizer.
    pub text: String,
    /// How probable the model found each, as a natural logarithm: of its own distribution over the whole vocabulary, not
    /// of the one narrowed by temperature, top-k and top-p.
    pub log_probabilities: Vec<f64>,
    /// Whether it ended with a token that stops.
    pub stopped: bool,
}

impl Generated {
    /// The text that was added.
    pub fn evcxr_display(&self) {
        println!("{}", self.text);
    }
}

impl Transformer {
    /// Writes on after a text.
    ///
    /// # Errors
    /// A model that cannot ([`generate_ids`](Self::generate_ids)); no tokenizer; a text without a word; options out of
    /// range; more tokens together than the model reads.
    pub fn generate(&self, prompt: &str, options: &Generate) -> Result<Generated> {
        self.needs_generator()?;
        self.generate_ids(&self.encode(prompt)?.ids, options)
    }

    /// Writes on after the tokens of a text.
    ///
    /// # Errors
    /// BERT and DistilBERT, and checkpoints without a language-model head; no token, or one that is none of the model's;
    /// options out of range; more tokens together than the model reads.
    pub fn generate_ids(&self, prompt: &[u32], options: &Generate) -> Result<Generated> {
        self.needs_generator()?;
        options.check()?;
        Batch::of_ids(&[prompt.to_vec()]).check(&self.config)?;
        let room = self.config.max_tokens - prompt.len();
        if options.tokens > room {
            let advice = match room {
                0 => "Shorten the text".to_owned(),
                _ => format!("Shorten the text, or ask for at most {room}: tokens({room})"),
            };
            bail!(
                "the text has {} tokens and up to {} are to follow, the model reads at most {} together. {advice}",
                prompt.len(),
                options.tokens,
                self.config.max_tokens
            );
        }
        let stop = options.stop.clone().unwrap_or_else(|| self.config.eos_id.into_iter().collect());
        let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
        let (mut ids, mut cache, mut log_probabilities) = (prompt.to_vec(), Cache::new(), Vec::new());
        while log_probabilities.len() < options.tokens {
            let logits = self.next_logits(&ids, options.cache.then_some(&mut cache))?;
            let next = match options.draws() {
                true => distribution::draw(&options.distribution(&logits)?, &mut rng),
                false => distribution::most_probable(&logits)?,
            };
            log_probabilities.push(distribution::log_probability(&logits, next));
            ids.push(next);
            if stop.contains(&next) {
                break;
            }
        }
        let new = ids.split_off(prompt.len());
        let stopped = new.last().is_some_and(|last| stop.contains(last));
        let (tokens, text) = match &self.tokenizer {
            Some(tokenizer) => {
                let name = |&id: &u32| tokenizer.name(id).unwrap_or_else(|| format!("[id {id}]"));
                (new.iter().map(name).collect(), self.continuation(prompt, &new)?)
            }
            None => (Vec::new(), String::new()),
        };
        Ok(Generated { ids: new, tokens, text, log_probabilities, stopped })
    }

    /// The text of tokens, special ones left out.
    ///
    /// # Errors
    /// No tokenizer.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        self.tokenizer()?.decode(ids)
    }

    /// The logits of the token after the last one. With a cache only the tokens that it lacks are read.
    fn next_logits(&self, ids: &[u32], cache: Option<&mut Cache>) -> Result<Vec<f32>> {
        let run = match cache {
            Some(cache) => {
                let new = Batch::of_ids(&[ids[cache.tokens()..].to_vec()]);
                self.extend_for(cache, &new, Wanted::Hidden)?
            }
            None => {
                let hooks = Hooks::new();
                let mut pass = Pass { wanted: Wanted::Hidden, ..Pass::new(&hooks) };
                self.finish(&Batch::of_ids(&[ids.to_vec()]), &[], &mut pass)?;
                pass.run
            }
        };
        let hidden = run.hidden()?; // (1, tokens, width)
        let last = hidden.narrow(1, hidden.dim(1)? - 1, 1)?.contiguous()?; // (1, 1, width)
        Ok(self.unembed(&last)?.flatten_all()?.to_vec1()?) // (vocabulary)
    }

    /// What tokens add to the text of those before. A tokenizer may write a token differently at the beginning of a text.
    fn continuation(&self, before: &[u32], new: &[u32]) -> Result<String> {
        let all: Vec<u32> = before.iter().chain(new).copied().collect();
        match self.decode(&all)?.strip_prefix(self.decode(before)?.as_str()) {
            Some(rest) => Ok(rest.to_owned()),
            None => self.decode(new),
        }
    }

    fn needs_generator(&self) -> Result<()> {
        if !self.config.causal {
            bail!(
                "{:?} reads to the left and to the right and was not made to write on. Language models of GPT-2 and \
                 Llama (GPT2LMHeadModel, LlamaForCausalLM) are",
                self.config.architecture
            );
        }
        self.unembedding().map(|_| ())
    }
}
