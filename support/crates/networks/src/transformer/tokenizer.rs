//! A checkpoint's tokenizer.json, through Hugging Face's tokenizers, and texts as the model reads them.
//!
//! Tokens keep the vocabulary's own spelling (`##ing`, `Ġcat`, `▁cat`); where they lie in the text is told in characters,
//! without the spaces that some tokenizers count to a token.

use std::path::Path;

use serde_json::Value;
use tokenizers::{Encoding, TruncationDirection};

use super::config::Config;
use ground::Span;
use ground::{Error, Result, bail};
use text::model::Input;

/// Cuts texts into tokens.
pub(super) struct Tokenizer {
    tokenizer: tokenizers::Tokenizer,
    pad: (String, u32),
    unk: Option<(String, u32)>,
    mask: Option<(String, u32)>,
    max_tokens: usize,
}

impl Tokenizer {
    /// Reads tokenizer.json.
    ///
    /// # Errors
    /// No such file, or one that tokenizers cannot read; tokens that the model does not have.
    pub fn read(path: &Path, config: &Config) -> Result<Tokenizer> {
        let bytes = std::fs::read(path).map_err(|error| Error::from(error).context(path.display()))?;
        let json: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let mut tokenizer = tokenizers::Tokenizer::from_bytes(&bytes)
            .map_err(|error| Error::new(format!("{}: this is no tokenizer ({error})", path.display())))?;
        // Lengths are seen to here: some files cut or fill up every text without a word.
        tokenizer.with_padding(None);
        tokenizer.with_truncation(None).map_err(|error| Error::new(error.to_string()))?;
        // Tokens that were added later are left out: some checkpoints never use them and have no vector for them.
        let words = tokenizer.get_vocab_size(false);
        if words > config.vocabulary {
            bail!(
                "{}: the tokenizer knows {words} tokens, the model {}: they do not belong together",
                path.display(),
                config.vocabulary
            );
        }
        let named = |name: &str| tokenizer.token_to_id(name).map(|id| (name.to_owned(), id));
        let numbered = |id: u32| tokenizer.id_to_token(id).map(|name| (name, id));
        let padding = json.pointer("/padding/pad_token").and_then(Value::as_str);
        // GPT-2 has no padding token; its end of text is what others use.
        let pad = padding
            .and_then(named)
            .or_else(|| config.pad_id.and_then(numbered))
            .or_else(|| ["[PAD]", "<pad>"].into_iter().find_map(named))
            .or_else(|| config.eos_id.and_then(numbered))
            .or_else(|| numbered(0))
            .ok_or_else(|| Error::new(format!("{}: the vocabulary is empty", path.display())))?;
        let unk = match json.pointer("/model/unk_token").and_then(Value::as_str) {
            Some(name) => named(name),
            None => json.pointer("/model/unk_id").and_then(Value::as_u64).and_then(|id| numbered(id as u32)),
        };
        // tokenizer.json does not say which token is the mask; these are its names in BERT's family and RoBERTa's.
        let has_vector = |token: &(String, u32)| (token.1 as usize) < config.vocabulary;
        let mask = ["[MASK]", "<mask>"].into_iter().find_map(named).filter(has_vector);
        Ok(Tokenizer { tokenizer, pad, unk, mask, max_tokens: config.max_tokens })
    }

    /// The token with this id.
    pub fn name(&self, id: u32) -> Option<String> {
        self.tokenizer.id_to_token(id)
    }

    /// The text of tokens, special ones left out.
    ///
    /// # Errors
    /// As the library's decoder.
    pub fn decode(&self, ids: &[u32]) -> Result<String> {
        self.tokenizer.decode(ids, true).map_err(failed)
    }

    /// The text as the model reads it.
    ///
    /// # Errors
    /// Nothing but special tokens, or more tokens than the model reads.
    pub fn encode(&self, text: &str) -> Result<Input> {
        let input = self.encode_any(text)?;
        if input.special.iter().all(|&special| special) {
            bail!("the text {text:?} has no word");
        }
        Ok(input)
    }

    /// As [`encode`](Self::encode), for a text without a word too: at least one token.
    pub fn encode_any(&self, text: &str) -> Result<Input> {
        let encoding = self.tokenizer.encode_char_offsets(text, true).map_err(failed)?;
        self.check_length(encoding.len(), "Shorten the text, or let encode_cut leave out its end")?;
        Ok(self.input(text.to_owned(), &encoding, 0))
    }

    /// As [`encode`](Self::encode); tokens at the end that are too many are left out.
    pub fn encode_cut(&self, text: &str) -> Result<Input> {
        self.encode_to(text, self.max_tokens)
    }

    /// As [`encode_cut`](Self::encode_cut), with at most so many tokens.
    pub fn encode_to(&self, text: &str, most: usize) -> Result<Input> {
        let mut encoding = self.tokenizer.encode_char_offsets(text, false).map_err(failed)?;
        let added = self.tokenizer.encode("", true).map_err(failed)?.len();
        encoding.truncate(most.min(self.max_tokens).saturating_sub(added), 0, TruncationDirection::Right);
        let encoding = self.tokenizer.post_process(encoding, None, true).map_err(failed)?;
        let input = self.input(text.to_owned(), &encoding, 0);
        if input.special.iter().all(|&special| special) {
            bail!("the text {text:?} has no word");
        }
        Ok(input)
    }

    /// Two texts as one input: `{first} {second}`, in whose characters the spans count.
    ///
    /// # Errors
    /// One of them without a word; more tokens together than the model reads.
    pub fn encode_pair(&self, first: &str, second: &str) -> Result<Input> {
        let encoding = self.tokenizer.encode_char_offsets((first, second), true).map_err(failed)?;
        for (sequence, text) in [(0, first), (1, second)] {
            if !encoding.get_sequence_ids().contains(&Some(sequence)) {
                bail!("of the two texts, {text:?} has no word");
            }
        }
        self.check_length(encoding.len(), "Shorten the texts")?;
        Ok(self.input(format!("{first} {second}"), &encoding, first.chars().count() + 1))
    }

    fn check_length(&self, tokens: usize, advice: &str) -> Result<()> {
        if tokens > self.max_tokens {
            bail!("the text has {tokens} tokens, the model reads at most {}. {advice}", self.max_tokens);
        }
        Ok(())
    }

    /// `second` is where the second of two texts begins.
    fn input(&self, text: String, encoding: &Encoding, second: usize) -> Input {
        let mut tokens = encoding.get_tokens().to_vec();
        let mut ids = encoding.get_ids().to_vec();
        let mut special: Vec<bool> = encoding.get_special_tokens_mask().iter().map(|&mark| mark == 1).collect();
        let letters: Vec<char> = text.chars().collect();
        let place = |((&(start, end), sequence), &special): ((&(usize, usize), Option<usize>), &bool)| {
            let begin = if sequence == Some(1) { second } else { 0 };
            if special { None } else { trimmed(&letters, begin + start, begin + end) }
        };
        let sequences: Vec<Option<usize>> = encoding.get_sequence_ids();
        let mut spans: Vec<Option<Span>> =
            encoding.get_offsets().iter().zip(sequences.iter().copied()).zip(&special).map(place).collect();
        let mut types = encoding.get_type_ids().to_vec();
        let mut sequences: Vec<Option<u8>> = sequences.iter().map(|text| text.map(|text| text as u8)).collect();
        if ids.is_empty() {
            types.push(0);
            sequences.push(None);
            tokens.push(self.pad.0.clone());
            ids.push(self.pad.1);
            special.push(true);
            spans.push(None);
        }
        let unknown = ids.iter().map(|id| self.unk.as_ref().is_some_and(|unk| unk.1 == *id)).collect();
        let (pad, unk, mask) = (self.pad.clone(), self.unk.clone(), self.mask.clone());
        Input { text, tokens, ids, spans, special, unknown, sequences, types, pad, unk, mask }
    }
}

fn failed(error: tokenizers::Error) -> Error {
    Error::new(format!("the tokenizer failed: {error}"))
}

/// The span without white space at its ends; all of it if it is nothing else, `None` if it is empty.
fn trimmed(letters: &[char], start: usize, end: usize) -> Option<Span> {
    let end = end.min(letters.len());
    let ink = |at: &usize| !letters[*at].is_whitespace();
    let first = (start..end).find(ink).unwrap_or(start);
    let last = (start..end).rev().find(ink).map_or(end, |last| last + 1);
    (start < end).then_some(Span { start: first, end: last })
}
