//! Stop words: the frequent words of a language that are often left out before counting.
//!
//! The lists come from the crate `stop-words`. They are wide: read a list before you use it, and take out
//! the words that your question is about.

use ground::{Result, bail};

/// The stop words of a language, by its ISO 639-1 code: `stop_words("en")?`.
///
/// The lists hold negations (`not`, `no`) too. Where these matter, as for sentiment, remove them:
/// `let mut stop = stop_words("en")?; stop.retain(|word| word != "not");`
///
/// # Errors
/// An unknown code, with the codes that are known.
pub fn stop_words(language: &str) -> Result<Vec<String>> {
    match stop_words::lookup(language) {
        Some(words) => Ok(words.iter().map(|&word| word.to_owned()).collect()),
        None => bail!(
            "there is no stop-word list for the language `{language}`. Known codes: {}",
            stop_word_languages().join(", ")
        ),
    }
}

/// The language codes that [`stop_words()`] knows, sorted.
pub fn stop_word_languages() -> Vec<String> {
    stop_words::available_languages().iter().map(|&code| code.to_owned()).collect()
}
