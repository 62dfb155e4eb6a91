//! Words as a neural network reads them: each of a fixed list of words has a number, all others share `<oov>`.
//!
//! Runs on the `tokenizers` library and is stored in its format, `tokenizer.json`, which Python reads as well. Nothing is
//! stemmed, and words are not cut into pieces.

use std::collections::HashMap;
use std::path::Path;

use serde_json::{Value, json};
use tokenizers::tokenizer::{OffsetReferential, OffsetType, PreTokenizedString};
use tokenizers::{NormalizedString, Normalizer as _, PreTokenizer as _, Tokenizer};

use crate::model::Input;
use ground::Span;
use ground::{Error, Result, bail};

/// The padding token: id 0.
pub(crate) const PAD: &str = "<pad>";
/// The token of all words that are not in the vocabulary: id 1.
pub(crate) const OOV: &str = "<oov>";

/// Typographic apostrophes, which become plain ones.
const APOSTROPHES: &str = "[’‘ʼ‛′`´]";
/// A space that some corpora put into "is n't" and "it 's"; the word is read as if it were not there.
const SPLIT_OFF: &str = r" (?=(?:n't|'(?:s|re|ve|ll|d|m))(?![\p{L}\p{N}]))";
/// What a token is, in the order in which it is tried: the endings `n't` and `'s`; a number with its parts (`2/10`,
/// `3.5`, `1,000`); a word with what follows an apostrophe (`we're`), save those endings; `!` and `?`.
const TOKEN: &str = concat!(
    r"(?:n't|'s)(?![\p{L}\p{M}\p{N}])|\p{N}+(?:[.,:/]\p{N}+)+|",
    r"[\p{L}\p{N}](?:(?!n't(?![\p{L}\p{M}\p{N}]))[\p{L}\p{M}\p{N}])*",
    r"(?:'(?!s(?![\p{L}\p{M}\p{N}]))[\p{L}\p{M}\p{N}]+)*|[!?]",
);

/// Cuts a text into words and gives each its number.
///
/// Letters are made small. `we're` and `2/10` are one token each, `!` and `?` are tokens, other punctuation is dropped.
/// Hyphens part words, and so do the endings `'s` and `n't`, so that a network meets one sign of negation in `didn't` and
/// `isn't`: `the film's well-paced, isn't it?` is `the film 's well paced is n't it ?`.
///
/// ```
/// # use text::WordTokenizer;
/// let texts = ["Not bad, not bad at all!", "The film's end is bad."].map(String::from);
/// let tokenizer = WordTokenizer::train(&texts, 5000, 2)?;
/// assert_eq!(tokenizer.words(), ["<pad>", "<oov>", "bad", "not"]);
/// let input = tokenizer.encode("Not good!")?;
/// assert_eq!(input.tokens, ["not", "<oov>", "<oov>"]);
/// assert_eq!(input.spans[1].unwrap().of(&input.text), "good");
/// let all = tokenizer.encode("It isn’t bad, we're told: did n't, 2/10")?;
/// let words: Vec<String> = all.spans.iter().map(|span| span.unwrap().of(&all.text)).collect();
/// assert_eq!(words, ["It", "is", "n’t", "bad", "we're", "told", "did", "n't", "2/10"]);
/// # Ok::<(), ground::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct WordTokenizer {
    tokenizer: Tokenizer,
    max_tokens: usize,
}

impl WordTokenizer {
    /// Learns the vocabulary: the words that come at least `min_count` times in `texts`, the most frequent first and
    /// equally frequent ones in the order of the alphabet, until there are `max_size` tokens with `<pad>` and `<oov>`.
    ///
    /// Texts of up to 256 tokens are read; [`max_tokens`](Self::max_tokens) changes that.
    ///
    /// # Errors
    /// A `max_size` below 3, or no word that is frequent enough.
    pub fn train(texts: &[String], max_size: usize, min_count: usize) -> Result<WordTokenizer> {
        if max_size < 3 {
            bail!("a vocabulary of {max_size}: {PAD}, {OOV} and a word are the least, 5000 is usual");
        }
        let cutter = WordTokenizer::of_vocabulary(&[], 256)?;
        let mut counts: HashMap<String, usize> = HashMap::new();
        for text in texts {
            for (word, _) in cutter.cut(text)? {
                *counts.entry(word).or_default() += 1;
            }
        }
        let types = counts.len();
        let mut words: Vec<(String, usize)> = counts.into_iter().filter(|(_, count)| *count >= min_count).collect();
        if words.is_empty() {
            bail!(
                "of {types} different words in {} texts none comes {min_count} times: give more texts or a lower \
                 `min_count`",
                texts.len()
            );
        }
        words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        words.truncate(max_size - 2);
        let words: Vec<String> = words.into_iter().map(|(word, _)| word).collect();
        WordTokenizer::of_vocabulary(&words, 256)
    }

    /// The same vocabulary for texts of up to `max_tokens` tokens.
    pub fn max_tokens(mut self, max_tokens: usize) -> Self {
        self.max_tokens = max_tokens.max(1);
        self
    }

    /// How many tokens a text may have.
    pub fn limit(&self) -> usize {
        self.max_tokens
    }

    /// How many tokens there are, `<pad>` and `<oov>` among them: the rows of the embedding matrix.
    pub fn size(&self) -> usize {
        self.tokenizer.get_vocab_size(false)
    }

    /// The tokens in the order of their ids.
    pub fn words(&self) -> Vec<String> {
        (0..self.size() as u32).map(|id| self.tokenizer.id_to_token(id).unwrap_or_default()).collect()
    }

    /// The id of a word as [`words`](Self::words) has it; `None` for a word that is not in the vocabulary.
    pub fn id(&self, word: &str) -> Option<u32> {
        self.tokenizer.token_to_id(word)
    }

    /// A text as a model reads it. A word that is not in the vocabulary is the token `<oov>`; its span says which it is.
    ///
    /// # Errors
    /// A text that is empty, has no word, or has more tokens than are read.
    pub fn encode(&self, text: &str) -> Result<Input> {
        let input = self.encode_all(text)?;
        if input.len() > self.max_tokens {
            bail!(
                "the text has {} tokens, and at most {} are read: shorten it, cut it with `encode_cut`, or make the \
                 tokenizer with a larger `max_tokens`",
                input.len(),
                self.max_tokens
            );
        }
        Ok(input)
    }

    /// [`encode`](Self::encode) that leaves out what is beyond the longest text that is read.
    ///
    /// # Errors
    /// A text that is empty or has no word.
    pub fn encode_cut(&self, text: &str) -> Result<Input> {
        let mut input = self.encode_all(text)?;
        input.tokens.truncate(self.max_tokens);
        input.ids.truncate(self.max_tokens);
        input.spans.truncate(self.max_tokens);
        input.special.truncate(self.max_tokens);
        input.unknown.truncate(self.max_tokens);
        input.sequences.truncate(self.max_tokens);
        input.types.truncate(self.max_tokens);
        Ok(input)
    }

    /// Writes `tokenizer.json`, which `tokenizers.Tokenizer.from_file` reads in Python.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn save(&self, path: &str) -> Result<()> {
        let text = serde_json::to_string_pretty(&describe(&self.words(), self.max_tokens))?;
        std::fs::write(path, text + "\n").map_err(|error| Error::from(error).context(format!("writing {path}")))
    }

    /// Reads what [`save`](Self::save) wrote.
    ///
    /// # Errors
    /// A file that is missing, is no such JSON, or holds another kind of tokenizer.
    pub fn load(path: &str) -> Result<WordTokenizer> {
        if !Path::new(path).is_file() {
            bail!("there is no tokenizer {path}: a saved model's folder holds tokenizer.json");
        }
        let reading = |error: Error| error.context(format!("reading {path}"));
        let bytes = std::fs::read(path).map_err(|error| reading(error.into()))?;
        let file: Value = serde_json::from_slice(&bytes).map_err(|error| reading(error.into()))?;
        let (vocabulary, limit) = (&file["model"]["vocab"], &file["truncation"]["max_length"]);
        let (Some(vocabulary), Some(limit)) = (vocabulary.as_object(), limit.as_u64()) else {
            bail!("{path} holds no word list with a largest length: expected a tokenizer that `WordTokenizer` saved");
        };
        let mut words = vec![None; vocabulary.len()];
        for (word, id) in vocabulary {
            match id.as_u64().and_then(|id| words.get_mut(id as usize)) {
                Some(place @ None) => *place = Some(word.clone()),
                _ => bail!("{path}: the word `{word}` has the id {id}, which is taken or beyond the list's end"),
            }
        }
        let words: Vec<String> = words.into_iter().flatten().collect();
        if words.len() < 2 || words[0] != PAD || words[1] != OOV || describe(&words, limit as usize) != file {
            bail!("{path} holds another kind of tokenizer: expected one that `WordTokenizer` saved");
        }
        WordTokenizer::of_vocabulary(&words[2..], limit as usize)
    }

    /// Whether anything of the text is read.
    pub fn has_word(&self, text: &str) -> Result<bool> {
        Ok(!self.cut(text)?.is_empty())
    }

    fn of_vocabulary(words: &[String], max_tokens: usize) -> Result<WordTokenizer> {
        let words: Vec<String> = [PAD, OOV].into_iter().map(String::from).chain(words.iter().cloned()).collect();
        let mut tokenizer = Tokenizer::from_bytes(describe(&words, max_tokens).to_string())
            .map_err(|error| Error::new(format!("making a word tokenizer: {error}")))?;
        // Longer texts are an error or are cut here, so that the message can say how long they are.
        tokenizer.with_truncation(None).map_err(|error| Error::new(error.to_string()))?;
        Ok(WordTokenizer { tokenizer, max_tokens })
    }

    /// The words of a text, in small letters, and where they are.
    fn cut(&self, text: &str) -> Result<Vec<(String, Span)>> {
        let cutting = |error: tokenizers::Error| Error::new(format!("cutting a text into words: {error}"));
        let mut normalized = NormalizedString::from(text);
        if let Some(normalizer) = self.tokenizer.get_normalizer() {
            normalizer.normalize(&mut normalized).map_err(cutting)?;
        }
        let mut pieces = PreTokenizedString::from(normalized);
        if let Some(cutter) = self.tokenizer.get_pre_tokenizer() {
            cutter.pre_tokenize(&mut pieces).map_err(cutting)?;
        }
        let pieces = pieces.get_splits(OffsetReferential::Original, OffsetType::Char);
        Ok(pieces.into_iter().map(|(word, (start, end), _)| (word.to_owned(), Span { start, end })).collect())
    }

    fn encode_all(&self, text: &str) -> Result<Input> {
        if text.trim().is_empty() {
            bail!("the text is empty: give at least one word");
        }
        let words = self.cut(text)?;
        if words.is_empty() {
            bail!("the text has no word, `!` or `?`: nothing of it is read (other signs are dropped)");
        }
        let known: Vec<Option<u32>> = words.iter().map(|(word, _)| self.id(word)).collect();
        Ok(Input {
            text: text.to_owned(),
            tokens: words
                .iter()
                .zip(&known)
                .map(|((word, _), id)| if id.is_some() { word.clone() } else { OOV.to_owned() })
                .collect(),
            ids: known.iter().map(|id| id.unwrap_or(1)).collect(),
            spans: words.iter().map(|&(_, span)| Some(span)).collect(),
            special: vec![false; words.len()],
            unknown: known.iter().map(Option::is_none).collect(),
            sequences: vec![Some(0); words.len()],
            types: vec![0; words.len()],
            pad: (PAD.to_owned(), 0),
            unk: Some((OOV.to_owned(), 1)),
            mask: None,
        })
    }
}

/// The tokenizer in the format of the library.
fn describe(words: &[String], max_tokens: usize) -> Value {
    let vocabulary: serde_json::Map<String, Value> =
        words.iter().enumerate().map(|(id, word)| (word.clone(), json!(id))).collect();
    json!({
        "version": "1.0",
        "truncation": {"direction": "Right", "max_length": max_tokens, "strategy": "LongestFirst", "stride": 0},
        "padding": null,
        "added_tokens": [],
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFC"},
            {"type": "Replace", "pattern": {"Regex": APOSTROPHES}, "content": "'"},
            {"type": "Lowercase"},
            {"type": "Replace", "pattern": {"Regex": SPLIT_OFF}, "content": ""},
        ]},
        "pre_tokenizer": {"type": "Split", "pattern": {"Regex": TOKEN}, "behavior": "Removed", "invert": true},
        "post_processor": null,
        "decoder": null,
        "model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": OOV},
    })
}
