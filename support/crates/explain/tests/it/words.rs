//! Word pieces to words: which tokens belong together, what becomes of the scores, what stays.

use crate::names::attribution::Pieces;
use crate::names::data::Span;
use crate::names::*;

/// Tokens with their places (`None` for special ones) and the scores 1, 2, 4, …, so that each sum names its parts.
fn made(tokens: &[(&str, Option<(usize, usize)>)]) -> Attribution {
    let names: Vec<&str> = tokens.iter().map(|token| token.0).collect();
    let scores: Vec<f64> = (0..tokens.len()).map(|at| f64::from(1u32 << at)).collect();
    let mut made = Attribution::new("by hand", &names, &scores, "logit", 2.0, 0.5);
    made.spans =
        tokens.iter().map(|token| token.1.map(|(start, end)| Span { start, end }).into_iter().collect()).collect();
    made
}

fn spans(of: &Attribution) -> Vec<Option<(usize, usize)>> {
    of.spans.iter().map(|spans| spans.first().map(|span| (span.start, span.end))).collect()
}

#[test]
fn pieces_are_joined_and_specials_stay() {
    let text = "A Mindless film, isn't it?";
    let mut pieces = made(&[
        ("[CLS]", None),
        ("a", Some((0, 1))),
        ("mind", Some((2, 6))),
        ("##less", Some((6, 10))),
        ("film", Some((11, 15))),
        (",", Some((15, 16))),
        ("isn", Some((17, 20))),
        ("'", Some((20, 21))),
        ("t", Some((21, 22))),
        ("it", Some((23, 25))),
        ("?", Some((25, 26))),
        ("[SEP]", None),
    ]);
    pieces.settings = "as set".into();
    let words = pieces.words(text).unwrap();
    assert_eq!(words.tokens, ["[CLS]", "A", "Mindless", "film", ",", "isn't", "it", "?", "[SEP]"]);
    assert_eq!(words.scores, [1.0, 2.0, 12.0, 16.0, 32.0, 448.0, 512.0, 1024.0, 2048.0]);
    assert_eq!(
        spans(&words),
        [
            None,
            Some((0, 1)),
            Some((2, 10)),
            Some((11, 15)),
            Some((15, 16)),
            Some((17, 22)),
            Some((23, 25)),
            Some((25, 26)),
            None
        ]
    );
    // What there is to explain and how much of it is explained does not change.
    assert_eq!((words.sum(), words.delta(), words.f_x, words.f_baseline), (pieces.sum(), pieces.delta(), 2.0, 0.5));
    assert_eq!(words.settings, "as set; pieces of a word added");
    assert_eq!((&words.method, &words.output, words.unsigned), (&pieces.method, &pieces.output, false));
    // Words of words are the same words.
    assert_eq!(words.words(text).unwrap().tokens, words.tokens);
    pieces.unsigned = true;
    let largest = pieces.words(text).unwrap();
    assert_eq!(largest.scores[2], 8.0);
    assert_eq!(largest.scores[5], 256.0);
    assert!(largest.settings.ends_with("of the pieces of a word the largest"));
    assert_eq!(pieces.words_by(text, Pieces::Sum).unwrap().scores, words.scores);
}

#[test]
fn what_touches_is_not_always_one_word() {
    let joined = |text: &str, places: &[(usize, usize)]| {
        let tokens: Vec<(&str, Option<(usize, usize)>)> = places.iter().map(|&place| ("x", Some(place))).collect();
        made(&tokens).words(text).unwrap().tokens
    };
    assert_eq!(joined("two-hour", &[(0, 3), (3, 4), (4, 8)]), ["two", "-", "hour"]);
    assert_eq!(joined("2/10", &[(0, 1), (1, 2), (2, 4)]), ["2", "/", "10"]);
    assert_eq!(joined("'good' it", &[(0, 1), (1, 5), (5, 6), (7, 9)]), ["'", "good", "'", "it"]);
    assert_eq!(joined("don’t", &[(0, 3), (3, 4), (4, 5)]), ["don’t"]);
    assert_eq!(joined("4k tv", &[(0, 1), (1, 2), (3, 5)]), ["4k", "tv"]);
    assert_eq!(joined("café", &[(0, 3), (3, 4)]), ["café"]);
    // A character that a byte-level tokenizer cut into three tokens.
    assert_eq!(joined("日 a", &[(0, 1), (0, 1), (0, 1), (2, 3)]), ["日", "a"]);
}

#[test]
fn unknown_words_keep_their_token() {
    let mut pieces = made(&[("[UNK]", Some((0, 6))), ("film", Some((7, 11)))]);
    pieces.unknown = vec![Some("zarz☃".into()), None];
    let words = pieces.words("zarz☃x film").unwrap();
    assert_eq!(words.tokens, ["[UNK]", "film"]);
    assert_eq!(words.labels(), ["[UNK] (zarz☃x)", "film"]);
}

#[test]
fn units_with_several_places_stay() {
    let mut lime = made(&[("film", Some((0, 4))), ("s", Some((4, 5)))]);
    lime.spans[0].push(Span { start: 6, end: 10 });
    assert_eq!(lime.words("films film").unwrap().scores, lime.scores);
}

#[test]
fn the_model_and_its_methods() {
    let folder = format!("{}/../../tests/fixtures/transformer/bert_classifier", env!("CARGO_MANIFEST_DIR"));
    let model = nn::Transformer::load(&folder).unwrap();
    let text = "Unhappy cats";
    let input = model.encode(text).unwrap();
    let pieces = IntegratedGradients::new().attribute(&model, &input, 1).unwrap();
    let words = pieces.words(text).unwrap();
    assert!(words.tokens.len() < pieces.tokens.len(), "{:?}", pieces.tokens);
    assert_eq!(words.tokens, ["[CLS]", "Unhappy", "cats", "[SEP]"]);
    assert!((words.delta() - pieces.delta()).abs() < 1e-12);
}

#[test]
fn refusals() {
    let pieces = made(&[("a", Some((0, 1))), ("film", Some((2, 6)))]);
    let mut lost = pieces.clone();
    lost.spans.clear();
    for (found, words) in
        [(pieces.words("a"), "give the text that was explained"), (lost.words("a film"), "the place of each token")]
    {
        let error = found.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}
