//! How much generated and hand-written texts have in common: successive words, handles and case ignored.
//! Used to keep every test text out of the training part, also as a near-duplicate.

use std::collections::HashSet;

/// The words of a text in lower case, letters, digits and apostrophes only; handles are left out.
pub fn words(text: &str) -> Vec<String> {
    text.split_whitespace()
        .filter(|w| !w.starts_with('@'))
        .flat_map(|w| w.split(|c: char| !(c.is_alphanumeric() || c == '\'')))
        .filter(|w| !w.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Every run of `n` successive words.
pub fn runs(texts: &[String], n: usize) -> HashSet<Vec<String>> {
    texts.iter().flat_map(|t| words(t).windows(n).map(<[String]>::to_vec).collect::<Vec<_>>()).collect()
}

/// Whether `text` holds one of `runs` (all of length `n`).
pub fn shares_run(text: &str, runs: &HashSet<Vec<String>>, n: usize) -> bool {
    words(text).windows(n).any(|w| runs.contains(w))
}

/// The texts of `min` to `max` words, as words: too short for `runs`, but a copy of one would still be a copy.
pub fn short_texts(texts: &[String], min: usize, max: usize) -> Vec<Vec<String>> {
    texts.iter().map(|t| words(t)).filter(|w| (min..=max).contains(&w.len())).collect()
}

/// Whether one of `short` stands in `text` as a whole.
pub fn holds_one(text: &str, short: &[Vec<String>]) -> bool {
    let words = words(text);
    short.iter().any(|s| words.windows(s.len()).any(|w| w == s))
}

/// The longest run of words that a text of `a` shares with a text of `b`.
pub fn longest_shared(a: &[String], b: &[String]) -> usize {
    (1..).take_while(|&n| !runs(a, n).is_disjoint(&runs(b, n))).last().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_longest_shared_run() {
        let a = ["@One my bag is still in Oslo!".to_owned(), "hello".to_owned()];
        let b = ["Where? MY BAG IS STILL, lost".to_owned()];
        assert_eq!(longest_shared(&a, &b), 4);
        assert!(shares_run(&b[0], &runs(&a, 4), 4) && !shares_run(&b[0], &runs(&a, 5), 5));
        assert_eq!(short_texts(&a, 1, 4), [["hello"]]);
        assert!(holds_one("Oh, HELLO you", &short_texts(&a, 1, 4)) && !holds_one("shell", &short_texts(&a, 1, 4)));
        assert_eq!(longest_shared(&a, &["nothing alike".to_owned()]), 0);
    }
}
