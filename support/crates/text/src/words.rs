//! Words: the runs of word characters in a text, as scikit-learn's token pattern `\b\w\w+\b` finds them.
//!
//! Letters, digits and `_` of any alphabet make a word. One difference from Python's `re`: a combining mark
//! stays with its letter, so that Hindi or Thai words stay whole. Nothing is stemmed or corrected.

/// A word of a text, and where it stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The word as it is written in the text.
    pub text: String,
    /// The first character of the word: a count of Unicode scalar values, not of bytes.
    pub start: usize,
    /// One past its last character.
    pub end: usize,
}

/// The words of `text` that have at least two characters, in order.
///
/// `"I don't"` has one word, `don`: `I` and `t` are too short. Pattern: `CountVectorizer` of scikit-learn.
pub fn words(text: &str) -> Vec<Token> {
    words_from(text, 2)
}

/// The words of `text` that have at least `shortest` characters, in order.
pub(crate) fn words_from(text: &str, shortest: usize) -> Vec<Token> {
    let mut tokens = Vec::new();
    let (mut byte, mut character) = (0, 0);
    for_each_word(text, shortest, |word, start| {
        character += text[byte..start].chars().count();
        let length = word.chars().count();
        tokens.push(Token { text: word.to_owned(), start: character, end: character + length });
        character += length;
        byte = start + word.len();
    });
    tokens
}

/// Each text as its words in small letters, as word vectors are trained on them: one-letter words count, and an apostrophe
/// or a hyphen between two letters belongs to the word. `"The well-known cat isn't a dog."` has 6 words.
pub fn sentences(texts: &[String]) -> Vec<Vec<String>> {
    let of = |text: &String| {
        let text = lowercase(text).replace('’', "'");
        let (mut found, mut end): (Vec<String>, usize) = (Vec::new(), 0);
        for_each_word(&text, 1, |word, start| {
            match (&text[end..start], found.last_mut()) {
                (joint @ ("'" | "-"), Some(before)) => {
                    before.push_str(joint);
                    before.push_str(word);
                }
                _ => found.push(word.to_owned()),
            }
            end = start + word.len();
        });
        found
    };
    texts.iter().map(of).collect()
}

/// `text` in small letters, as Python's `str.lower` writes them: `"Straße ΟΔΟΣ"` becomes `"straße οδος"`.
pub fn lowercase(text: &str) -> String {
    text.to_lowercase()
}

/// Calls `found(word, first byte)` for each run of word characters with at least `shortest` characters.
pub fn for_each_word<'t>(text: &'t str, shortest: usize, mut found: impl FnMut(&'t str, usize)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let start = at;
        let mut characters = 0;
        while at < bytes.len() {
            if bytes[at] < 128 {
                if !ASCII_WORD[bytes[at] as usize] {
                    break;
                }
                at += 1;
            } else {
                let Some(c) = text[at..].chars().next() else { break };
                let belongs = is_word(c) || (characters > 0 && is_mark(c));
                if !belongs {
                    break;
                }
                at += c.len_utf8();
            }
            characters += 1;
        }
        if characters >= shortest && characters > 0 {
            found(&text[start..at], start);
        }
        if at < bytes.len() {
            // Step over the character that ended the run.
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
}

const ASCII_WORD: [bool; 128] = {
    let mut table = [false; 128];
    let mut c = 0;
    while c < 128 {
        table[c] = (c as u8).is_ascii_alphanumeric() || c as u8 == b'_';
        c += 1;
    }
    table
};

/// A character that can begin a word: Python's `\w`. The circled and squared letters that Unicode
/// calls alphabetic are symbols (🅰), and vowel signs alone are marks.
fn is_word(c: char) -> bool {
    let symbol = matches!(c, '\u{24B6}'..='\u{24E9}' | '\u{1F130}'..='\u{1F189}');
    (c.is_alphanumeric() && !symbol) || c == '_'
}

/// A combining mark (accent, vowel sign, virama) that continues a word. Ranges of the Unicode category M up
/// to U+FFFF; they run on over letters and unassigned code points. Variation selectors and keycaps are left out.
fn is_mark(c: char) -> bool {
    let c = c as u32;
    let next = MARKS.partition_point(|&(first, _)| first <= c);
    next > 0 && c <= MARKS[next - 1].1
}

#[rustfmt::skip]
const MARKS: [(u32, u32); 77] = [
    (0x300, 0x36F), (0x483, 0x489), (0x591, 0x5BD), (0x5BF, 0x5BF), (0x5C1, 0x5C2), (0x5C4, 0x5C5), (0x5C7, 0x5C7),
    (0x610, 0x61A), (0x64B, 0x65F), (0x670, 0x670), (0x6D6, 0x6DC), (0x6DF, 0x6E8), (0x6EA, 0x6ED), (0x711, 0x7F3),
    (0x7FD, 0x7FD), (0x816, 0x82D), (0x859, 0x85B), (0x898, 0x8E1), (0x8E3, 0x963), (0x981, 0x9E3), (0x9FE, 0xA75),
    (0xA81, 0xAE3), (0xAFA, 0xB63), (0xB82, 0xBD7), (0xC00, 0xC63), (0xC81, 0xC83), (0xCBC, 0xD4D), (0xD57, 0xD63),
    (0xD81, 0xDF3), (0xE31, 0xE3A), (0xE47, 0xE4E), (0xEB1, 0xECD), (0xF18, 0xF19), (0xF35, 0xF35), (0xF37, 0xF37),
    (0xF39, 0xF39), (0xF3E, 0xF84), (0xF86, 0xFBC), (0xFC6, 0xFC6), (0x102B, 0x103E), (0x1056, 0x109D),
    (0x135D, 0x135F), (0x1712, 0x1734), (0x1752, 0x17D3), (0x17DD, 0x17DD), (0x180B, 0x180D), (0x180F, 0x193B),
    (0x1A17, 0x1A1B), (0x1A55, 0x1A7F), (0x1AB0, 0x1B44), (0x1B6B, 0x1B73), (0x1B80, 0x1BF3), (0x1C24, 0x1C37),
    (0x1CD0, 0x1CD2), (0x1CD4, 0x1DFF), (0x2CEF, 0x2CF1), (0x2D7F, 0x2DFF), (0x302A, 0x302F), (0x3099, 0x309A),
    (0xA66F, 0xA672), (0xA674, 0xA67D), (0xA69E, 0xA6F1), (0xA802, 0xA827), (0xA82C, 0xA82C), (0xA880, 0xA8C5),
    (0xA8E0, 0xA8F1), (0xA8FF, 0xA92D), (0xA947, 0xA953), (0xA980, 0xA9C0), (0xA9E5, 0xAA4D), (0xAA7B, 0xAAC1),
    (0xAAEB, 0xAAEF), (0xAAF5, 0xAAF6), (0xABE3, 0xABEA), (0xABEC, 0xABED), (0xFB1E, 0xFB1E), (0xFE20, 0xFE2F),
];
