//! Word pieces back to words: one score per word of the text, whatever a tokenizer cut it into.
//!
//! It needs the places of the tokens in the text and nothing of the tokenizer, so it works for `##ing`, `Ġcat` and `▁cat`
//! alike. It does not split tokens that hold several words.

use super::Attribution;
use ground::Span;
use ground::{Error, Result, bail};

/// How the scores of the pieces of a word become one score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pieces {
    /// They are added: F(x), F(x′), the sum and the delta stay what they are.
    Sum,
    /// The largest is kept: a word does not count for more because it was cut into more pieces.
    Largest,
}

impl Attribution {
    /// The same scores for whole words of `text`, the text that was explained: signed scores of pieces are added
    /// ([`Pieces::Sum`]); of unsigned ones the largest is kept ([`Pieces::Largest`]).
    ///
    /// Two tokens are pieces of one word if they touch and letters or digits meet there, or an apostrophe between
    /// letters: `mind` + `##less`, `isn` + `'` + `t`. Tokens that stand for no text (`[CLS]`) stay as they are, and so do
    /// units with several places. A word is written as in the text, an unknown one as its token.
    ///
    /// # Errors
    /// An attribution that does not know where its tokens lie, or another text than the one explained.
    pub fn words(&self, text: &str) -> Result<Attribution> {
        self.words_by(text, if self.unsigned { Pieces::Largest } else { Pieces::Sum })
    }

    /// As [`words`](Self::words), with a rule of your choice for the scores: attention, for example, is unsigned, and what
    /// a word gets is the sum of what its pieces get.
    ///
    /// # Errors
    /// As [`words`](Self::words).
    pub fn words_by(&self, text: &str, pieces: Pieces) -> Result<Attribution> {
        let count = self.tokens.len();
        if self.scores.len() != count || self.spans.len() != count {
            bail!(
                "the attribution has {count} tokens, {} scores and {} places in the text: words need the place of each \
                 token",
                self.scores.len(),
                self.spans.len()
            );
        }
        let letters: Vec<char> = text.chars().collect();
        if let Some(span) = self.spans.iter().flatten().find(|span| span.start >= span.end || span.end > letters.len())
        {
            return Err(Error::new(format!(
                "a token lies at characters {}:{}, but the text has {}: give the text that was explained",
                span.start,
                span.end,
                letters.len()
            )));
        }
        let rule = match pieces {
            Pieces::Sum => "pieces of a word added",
            Pieces::Largest => "of the pieces of a word the largest",
        };
        let mut groups: Vec<(Vec<usize>, Vec<Span>)> = Vec::new(); // the tokens of a word, and where it lies
        for (at, spans) in self.spans.iter().enumerate() {
            match (groups.last_mut().map(|(tokens, word)| (tokens, word.as_mut_slice())), spans.as_slice()) {
                (Some((tokens, [word])), [piece]) if continues(&letters, *word, *piece) => {
                    tokens.push(at);
                    word.end = word.end.max(piece.end);
                }
                _ => groups.push((vec![at], spans.clone())),
            }
        }
        let score = |tokens: &Vec<usize>| {
            let scores = tokens.iter().map(|&at| self.scores[at]);
            if pieces == Pieces::Sum { scores.sum() } else { scores.fold(f64::NEG_INFINITY, f64::max) }
        };
        let unknown_piece = |tokens: &[usize]| {
            tokens.iter().copied().find(|&at| self.unknown.get(at).is_some_and(|unknown| unknown.is_some()))
        };
        let name = |(tokens, word): &(Vec<usize>, Vec<Span>)| match (word.as_slice(), unknown_piece(tokens)) {
            ([_], Some(at)) => self.tokens[at].clone(),
            ([word], None) => word.of(text),
            _ => self.tokens[tokens[0]].clone(),
        };
        let unknown = |(tokens, word): &(Vec<usize>, Vec<Span>)| {
            unknown_piece(tokens).and_then(|_| word.first().map(|word| word.of(text)))
        };
        Ok(Attribution {
            settings: if self.settings.is_empty() { rule.into() } else { format!("{}; {rule}", self.settings) },
            tokens: groups.iter().map(name).collect(),
            unknown: groups.iter().map(unknown).collect(),
            scores: groups.iter().map(|(tokens, _)| score(tokens)).collect(),
            spans: groups.into_iter().map(|(_, word)| word).collect(),
            ..self.clone()
        })
    }
}

/// Whether `piece` goes on with the word that ends in `word`.
fn continues(letters: &[char], word: Span, piece: Span) -> bool {
    // Some tokenizers cut a character into several tokens: all of them lie at that character.
    if piece.start < word.end {
        return piece.overlaps(word);
    }
    let letter = |at: usize| letters.get(at).is_some_and(|letter| letter.is_alphanumeric());
    let apostrophe = |at: usize| matches!(letters.get(at), Some('\'' | '’'));
    let (last, first) = (piece.start.wrapping_sub(1), piece.start);
    let within = (letter(last) && letter(first))
        || (apostrophe(last) && last > 0 && letter(last - 1) && letter(first))
        || (letter(last) && apostrophe(first) && letter(first + 1));
    word.end == piece.start && within
}
