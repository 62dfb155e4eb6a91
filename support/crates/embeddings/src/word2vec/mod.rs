//! Word2vec: skip-gram with negative sampling (Mikolov, Sutskever, Chen, Corrado, Dean 2013), with the details of word2vec.c
//! that the paper leaves out.
//!
//! Reproducible: equal settings give equal bits on any number of cores, on processors with fused multiply-add. No CBOW, no
//! hierarchical softmax, no phrases.

mod negatives;
mod pairs;
mod step;
mod train;
mod vocabulary;

use std::time::Instant;

use candle_core::{Device, Tensor};

use super::WordVectors;
use ground::{Result, bail};
use kernels::loops::skip_gram::MOST_NEGATIVES;
pub use negatives::{NOISE_POWER, noise_probabilities};
pub use step::{PairStep, pair_step};
use vocabulary::Vocabulary;

/// The probability with which an occurrence of each word is kept, given how often the words occur; 1 for all when `sample`
/// is 0.
///
/// √(s/f) + s/f, at most 1, with f the word's share of all occurrences and s = `sample`, as word2vec.c has it. The paper has
/// √(s/f) alone.
pub fn keep_probabilities(counts: &[u64], sample: f64) -> Vec<f64> {
    let total = counts.iter().sum::<u64>() as f64;
    let keep = |&count: &u64| match sample > 0.0 {
        true => {
            let ratio = sample / (count as f64 / total);
            (ratio.sqrt() + ratio).min(1.0)
        }
        false => 1.0,
    };
    counts.iter().map(keep).collect()
}

/// How to train: start with [`new`](SkipGram::new), change what should differ, then [`train`](SkipGram::train).
#[derive(Clone, Debug, PartialEq)]
pub struct SkipGram {
    dimensions: usize,
    window: usize,
    negatives: usize,
    min_count: u64,
    sample: f64,
    epochs: usize,
    learning_rate: f64,
    end_learning_rate: f64,
    lanes: usize,
    seed: u64,
    report: bool,
}

/// Two vectors per word: one for the word itself, the *target*, one for the word as a neighbour, the *context*.
pub struct Word2Vec {
    /// The words as targets. These are what is usually called word vectors.
    pub target: WordVectors,
    /// The words as contexts. σ(context·target) is the model's probability that a pair is from the corpus.
    pub context: WordVectors,
    /// How often each word occurs in the corpus, in the order of the vectors.
    pub counts: Vec<u64>,
    /// The mean loss per pair of each epoch, in nats.
    pub losses: Vec<f64>,
    /// How long training took.
    pub seconds: f64,
}

impl Default for SkipGram {
    fn default() -> Self {
        SkipGram::new()
    }
}

impl SkipGram {
    /// 100 dimensions, window 5, 5 negatives, words that occur 5 times or more, subsampling at 1e-3, 5 epochs, learning rate
    /// from 0.025 down to 0.0001, 2 lanes, seed 1, no progress lines: gensim's defaults for skip-gram.
    pub fn new() -> SkipGram {
        SkipGram {
            dimensions: 100,
            window: 5,
            negatives: 5,
            min_count: 5,
            sample: 1e-3,
            epochs: 5,
            learning_rate: 0.025,
            end_learning_rate: 1e-4,
            lanes: 2,
            seed: 1,
            report: false,
        }
    }

    /// The length of the vectors.
    pub fn dimensions(mut self, dimensions: usize) -> Self {
        self.dimensions = dimensions;
        self
    }

    /// How far a context word is away at most. For each target the reach is drawn from 1 to `window`.
    pub fn window(mut self, window: usize) -> Self {
        self.window = window;
        self
    }

    /// Negative words per pair.
    pub fn negatives(mut self, negatives: usize) -> Self {
        self.negatives = negatives;
        self
    }

    /// Rarer words are left out.
    pub fn min_count(mut self, count: u64) -> Self {
        self.min_count = count;
        self
    }

    /// Words with a larger share of the corpus are skipped now and then; 0 skips none.
    pub fn sample(mut self, share: f64) -> Self {
        self.sample = share;
        self
    }

    /// Passes over the corpus.
    pub fn epochs(mut self, epochs: usize) -> Self {
        self.epochs = epochs;
        self
    }

    /// The learning rate at the start. It falls in a straight line to 0.0001, or stays where it is lower.
    pub fn learning_rate(mut self, rate: f64) -> Self {
        self.learning_rate = rate;
        self.end_learning_rate = rate.min(1e-4);
        self
    }

    /// How many copies of the model are trained side by side and averaged; 1 is plain stochastic gradient descent. The
    /// result depends on it, and not on the number of cores.
    pub fn lanes(mut self, lanes: usize) -> Self {
        self.lanes = lanes;
        self
    }

    /// The seed of all random choices.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// A line per epoch.
    pub fn report(mut self) -> Self {
        self.report = true;
        self
    }

    /// Trains on sentences, each a list of words. Pairs do not cross the ends of sentences.
    ///
    /// # Errors
    /// A setting that makes no sense; a corpus without words, or with fewer than 3 that occur `min_count` times.
    pub fn train(&self, sentences: &[Vec<String>]) -> Result<Word2Vec> {
        self.check()?;
        let started = Instant::now();
        let vocabulary = Vocabulary::of(sentences, self.min_count)?;
        let corpus = vocabulary.encode(sentences);
        let mut model = train::Matrices::new(vocabulary.words.len(), self.dimensions, self.seed);
        let losses = train::train(&vocabulary, &corpus, self, &mut model);
        let vectors = |rows: &[f32]| {
            let numbers: Vec<f32> =
                rows.chunks_exact(model.stride).flat_map(|row| &row[..self.dimensions]).copied().collect();
            if let Some(at) = numbers.iter().position(|x| !x.is_finite()) {
                bail!(
                    "training went out of bounds: the vector of `{}` is no longer finite. Take a smaller learning rate \
                     than {}",
                    vocabulary.words[at / self.dimensions],
                    self.learning_rate
                );
            }
            let shape = (vocabulary.words.len(), self.dimensions);
            WordVectors::new(&vocabulary.words, &Tensor::from_vec(numbers, shape, &Device::Cpu)?)
        };
        Ok(Word2Vec {
            target: vectors(&model.targets)?,
            context: vectors(&model.contexts)?,
            counts: vocabulary.counts,
            losses,
            seconds: started.elapsed().as_secs_f64(),
        })
    }

    fn check(&self) -> Result<()> {
        let at_least_one = [
            ("dimensions", self.dimensions),
            ("window", self.window),
            ("negatives", self.negatives),
            ("epochs", self.epochs),
            ("lanes", self.lanes),
        ];
        for (name, value) in at_least_one {
            if value == 0 {
                bail!("`{name}` is 0: give 1 or more");
            }
        }
        if self.negatives > MOST_NEGATIVES {
            bail!("{} negatives per pair are too many: give 1 to {MOST_NEGATIVES}; 5 to 20 are usual", self.negatives);
        }
        if self.lanes > 64 {
            bail!("{} lanes are too many, each is a copy of the model: give 1 to 64", self.lanes);
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            bail!("the learning rate is {}: give a number above 0, such as 0.025", self.learning_rate);
        }
        if !(self.sample >= 0.0 && self.sample.is_finite()) {
            bail!("`sample` is {}: give a share such as 0.001, or 0 to skip no word", self.sample);
        }
        Ok(())
    }
}

impl Word2Vec {
    /// How many words have vectors.
    pub fn len(&self) -> usize {
        self.counts.len()
    }

    /// Whether there is none; never for a trained model.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }

    /// One line.
    pub fn evcxr_display(&self) {
        println!(
            "word2vec: {} words in {} dimensions, {} epochs, loss {:.4} to {:.4} nats per pair",
            self.len(),
            self.target.dimensions(),
            self.losses.len(),
            self.losses.first().copied().unwrap_or(f64::NAN),
            self.losses.last().copied().unwrap_or(f64::NAN),
        );
    }
}
