//! The noise of real messages, applied after a text is drawn: case, typing errors, stretched words, short forms.
//! Works on marked characters, so rationale spans move along. Handles, hashtags and links are left alone.

use super::marked::{Cell, Marked};
use random::SplitMix64;

/// One kind of noise and how often a text gets it.
#[derive(Debug)]
pub struct Noise {
    kind: Kind,
    probability: f64,
}

#[derive(Debug)]
enum Kind {
    /// The whole text in lower case.
    Lowercase,
    /// The whole text in capitals.
    Shout,
    /// One word of the rationale in capitals.
    ShoutWord,
    /// One of the given words stretched: `so` → `soooo`.
    Elongate(Vec<String>),
    /// One letter swapped with the next, left out or doubled, in a word of five letters or more.
    Typo,
    /// No apostrophes: `don't` → `dont`.
    NoApostrophe,
    /// No accents, as on a keyboard that lacks them: `não` → `nao`, `praça` → `praca`.
    NoAccents,
    /// The last full stop left out.
    NoFinalStop,
    /// A last `!` or `?` repeated.
    RepeatMark,
    /// Words replaced by short forms, given as `you=u`.
    Swap(Vec<(String, String)>),
}

impl Noise {
    /// `kind` as written after `%noise`; `words` what follows the probability.
    pub fn new(kind: &str, probability: f64, words: &[&str]) -> Result<Self, String> {
        if !(0.0..=1.0).contains(&probability) {
            return Err(format!("a probability lies between 0 and 1, found {probability}"));
        }
        let kind = match kind {
            "lowercase" => Kind::Lowercase,
            "shout" => Kind::Shout,
            "shout_word" => Kind::ShoutWord,
            "typo" => Kind::Typo,
            "no_apostrophe" => Kind::NoApostrophe,
            "no_accents" => Kind::NoAccents,
            "no_final_stop" => Kind::NoFinalStop,
            "repeat_mark" => Kind::RepeatMark,
            "elongate" => Kind::Elongate(words.iter().map(|w| (*w).to_owned()).collect()),
            "swap" => Kind::Swap(
                words
                    .iter()
                    .map(|pair| {
                        let (a, b) = pair.split_once('=').ok_or(format!("expected `word=short`, found `{pair}`"))?;
                        Ok((a.to_owned(), b.to_owned()))
                    })
                    .collect::<Result<_, String>>()?,
            ),
            other => return Err(format!("unknown kind of noise `{other}`")),
        };
        Ok(Self { kind, probability })
    }

    /// Changes `text` with this noise's probability.
    pub fn apply(&self, text: &mut Marked, rng: &mut SplitMix64) {
        if !rng.chance(self.probability) {
            return;
        }
        match &self.kind {
            Kind::Lowercase => change_case(text, &plain_words(text), false),
            Kind::Shout => change_case(text, &plain_words(text), true),
            Kind::ShoutWord => {
                let words: Vec<_> = letter_runs(text).into_iter().filter(|&(s, _)| text.cells[s].mark != 0).collect();
                if let Some(&word) = pick(&words, rng) {
                    change_case(text, &[word], true);
                }
            }
            Kind::Elongate(list) => {
                let words: Vec<_> = letter_runs(text).into_iter().filter(|&w| list.contains(&lower(text, w))).collect();
                if let Some(&word) = pick(&words, rng) {
                    elongate(text, word, 2 + rng.below(3));
                }
            }
            Kind::Typo => {
                let words: Vec<_> = letter_runs(text).into_iter().filter(|(s, e)| e - s >= 5).collect();
                if let Some(&(start, end)) = pick(&words, rng) {
                    // Never the first letter: people rarely miss it.
                    let at = start + 1 + rng.below(end - start - 2);
                    match rng.below(3) {
                        0 => {
                            let (a, b) = (text.cells[at].ch, text.cells[at + 1].ch);
                            (text.cells[at].ch, text.cells[at + 1].ch) = (b, a);
                        }
                        1 => drop(text.cells.remove(at)),
                        _ => text.cells.insert(at, text.cells[at]),
                    }
                }
            }
            Kind::NoApostrophe => text.cells.retain(|c| c.ch != '\''),
            Kind::NoAccents => text.cells.iter_mut().for_each(|c| c.ch = without_accent(c.ch)),
            Kind::NoFinalStop => {
                let n = text.cells.len();
                if n > 1 && text.cells[n - 1].ch == '.' && text.cells[n - 2].ch != '.' {
                    text.cells.pop();
                }
            }
            Kind::RepeatMark => {
                if let Some(&last) = text.cells.last().filter(|c| matches!(c.ch, '!' | '?')) {
                    text.cells.extend(std::iter::repeat_n(last, 1 + rng.below(3)));
                }
            }
            Kind::Swap(pairs) => swap(text, pairs),
        }
    }
}

/// The letters of Portuguese (and most of its neighbours) without their marks; any other character as it is.
fn without_accent(ch: char) -> char {
    const PLAIN: [(&str, char); 7] =
        [("áàâãä", 'a'), ("éèêë", 'e'), ("íìîï", 'i'), ("óòôõö", 'o'), ("úùûü", 'u'), ("ç", 'c'), ("ñ", 'n')];
    let lower = ch.to_lowercase().next().unwrap_or(ch);
    match PLAIN.iter().find(|(marked, _)| marked.contains(lower)) {
        Some((_, plain)) if ch == lower => *plain,
        Some((_, plain)) => plain.to_ascii_uppercase(),
        None => ch,
    }
}

fn pick<'a, T>(items: &'a [T], rng: &mut SplitMix64) -> Option<&'a T> {
    if items.is_empty() { None } else { Some(&items[rng.below(items.len())]) }
}

/// Words that are no handle, hashtag or link.
fn plain_words(text: &Marked) -> Vec<(usize, usize)> {
    let starts_special = |s: usize| {
        matches!(text.cells[s].ch, '@' | '#') || text.cells[s..].iter().take(4).map(|c| c.ch).eq("http".chars())
    };
    text.words().into_iter().filter(|&(s, _)| !starts_special(s)).collect()
}

/// Runs of letters (apostrophes inside included) within plain words that hold no digit.
fn letter_runs(text: &Marked) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    for (start, end) in plain_words(text) {
        if text.cells[start..end].iter().any(|c| c.ch.is_numeric()) {
            continue;
        }
        let mut at = start;
        while at < end {
            let from = at;
            while at < end && (text.cells[at].ch.is_alphabetic() || (at > from && text.cells[at].ch == '\'')) {
                at += 1;
            }
            if at > from {
                runs.push((from, at));
            }
            at += 1;
        }
    }
    runs
}

fn lower(text: &Marked, (start, end): (usize, usize)) -> String {
    text.cells[start..end].iter().flat_map(|c| c.ch.to_lowercase()).collect()
}

fn change_case(text: &mut Marked, words: &[(usize, usize)], upper: bool) {
    for &(start, end) in words {
        for cell in &mut text.cells[start..end] {
            // Characters whose other case is longer (ß) stay as they are.
            let mut other: Vec<char> =
                if upper { cell.ch.to_uppercase().collect() } else { cell.ch.to_lowercase().collect() };
            if let (Some(ch), true) = (other.pop(), other.is_empty()) {
                cell.ch = ch;
            }
        }
    }
}

fn elongate(text: &mut Marked, (start, end): (usize, usize), times: usize) {
    let vowel = (start..end).rev().find(|&i| "aeiouAEIOU".contains(text.cells[i].ch));
    if let Some(at) = vowel {
        let cell = text.cells[at];
        text.cells.splice(at..at, std::iter::repeat_n(cell, times));
    }
}

fn swap(text: &mut Marked, pairs: &[(String, String)]) {
    for (start, end) in letter_runs(text).into_iter().rev() {
        let word = lower(text, (start, end));
        if let Some((_, short)) = pairs.iter().find(|(long, _)| *long == word) {
            let mark = text.cells[start].mark;
            text.cells.splice(start..end, short.chars().map(|ch| Cell { ch, mark }));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::marked::cut;
    use super::*;

    fn noisy(line: &str, kind: &str, words: &[&str], seed: u64) -> (String, Vec<String>) {
        let mut text = Marked::parse(line).unwrap();
        Noise::new(kind, 1.0, words).unwrap().apply(&mut text, &mut SplitMix64::new(seed));
        let plain = text.text();
        let cuts = text.spans().into_iter().map(|s| cut(&plain, s)).collect();
        (plain, cuts)
    }

    #[test]
    fn spans_follow_the_edits() {
        let line = "@SkyLark your app is so slow, it's [[so bad]]!";
        assert_eq!(noisy(line, "shout", &[], 1).1, ["SO BAD"]);
        assert_eq!(
            noisy(line, "no_apostrophe", &[], 1),
            ("@SkyLark your app is so slow, its so bad!".into(), vec!["so bad".into()])
        );
        assert_eq!(noisy(line, "swap", &["your=ur", "bad=bd"], 1).1, ["so bd"]);
        let stretched = noisy("[[so]] bad", "elongate", &["so"], 4);
        assert!(
            stretched.1[0].starts_with("sooo") && stretched.0 == format!("{} bad", stretched.1[0]),
            "{stretched:?}"
        );
        assert_eq!(noisy("a [[b!]]", "repeat_mark", &[], 2).1[0].trim_end_matches('!'), "b");
    }

    #[test]
    fn accents_go_and_spans_stay() {
        let line = "Às três, [[não é lição]] do João, ÀÇÃO; ß € 😀 ficam";
        let (text, cuts) = noisy(line, "no_accents", &[], 1);
        assert_eq!(text, "As tres, nao e licao do Joao, ACAO; ß € 😀 ficam");
        assert_eq!(cuts, ["nao e licao"]);
    }

    #[test]
    fn handles_hashtags_and_links_are_left_alone() {
        let (text, _) = noisy("@SkyLark oh #FirstFlight http://Ab.example no", "shout", &[], 1);
        assert_eq!(text, "@SkyLark OH #FirstFlight http://Ab.example NO");
    }

    #[test]
    fn a_typo_changes_one_word_only_and_never_its_first_letter() {
        for seed in 0..200 {
            let (text, cuts) = noisy("the [[horrible]] seat", "typo", &[], seed);
            let words: Vec<&str> = text.split(' ').collect();
            assert_eq!((words[0], words[2], words[1]), ("the", "seat", cuts[0].as_str()));
            assert!(words[1].starts_with('h') && (7..=9).contains(&words[1].len()), "{text}");
        }
    }

    #[test]
    fn bad_settings_are_errors() {
        assert!(Noise::new("typo", 1.5, &[]).unwrap_err().contains("between 0 and 1"));
        assert!(Noise::new("swap", 0.5, &["you"]).unwrap_err().contains("word=short"));
    }
}
