//! The word tokenizer against the Python library, its rules, its file.

use serde_json::{self, Value};
use text::WordTokenizer;

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|x| x.as_str().unwrap().to_owned()).collect()
}

#[test]
fn same_tokens_as_in_python() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/bilstm_tokenizer.json");
    let tokenizer = WordTokenizer::load(path).unwrap();
    assert_eq!(tokenizer.limit(), 20);
    let fixture: Value = serde_json::from_str(include_str!("../../../../tests/fixtures/bilstm.json")).unwrap();
    for case in fixture["tokenizer"].as_array().unwrap() {
        let input = tokenizer.encode_cut(case["text"].as_str().unwrap()).unwrap();
        assert_eq!(input.tokens, strings(&case["tokens"]), "{}", case["text"]);
        assert_eq!(serde_json::json!(input.ids), case["ids"], "{}", case["text"]);
        let spans: Vec<[usize; 2]> = input.spans.iter().flatten().map(|span| [span.start, span.end]).collect();
        assert_eq!(serde_json::json!(spans), case["spans"], "{}", case["text"]);
        let unknown: Vec<bool> = input.ids.iter().map(|&id| id == 1).collect();
        assert_eq!(input.unknown, unknown);
    }
}

#[test]
fn most_frequent_words_first() {
    let texts = ["b a c c", "c b a", "d c <pad> <oov>"].map(String::from);
    let words = |size: usize, count: usize| WordTokenizer::train(&texts, size, count).unwrap().words();
    assert_eq!(words(100, 1), ["<pad>", "<oov>", "c", "a", "b", "d", "oov", "pad"]);
    assert_eq!(words(100, 2), ["<pad>", "<oov>", "c", "a", "b"]);
    assert_eq!(words(4, 1), ["<pad>", "<oov>", "c", "a"]);
    let tokenizer = WordTokenizer::train(&texts, 4, 1).unwrap();
    assert_eq!((tokenizer.size(), tokenizer.id("c"), tokenizer.id("d")), (4, Some(2), None));
    // Brackets are dropped, so no text can name the tokens themselves.
    assert_eq!(tokenizer.encode("<pad> c").unwrap().ids, [1, 2]);
}

#[test]
fn input_says_where_words_stand() {
    let texts = ["the film's not good"].map(String::from);
    let tokenizer = WordTokenizer::train(&texts, 100, 1).unwrap();
    let input = tokenizer.encode("Für mich: THE film’s weakest!").unwrap();
    let said: Vec<String> = input.spans.iter().flatten().map(|span| span.of(&input.text)).collect();
    assert_eq!(said, ["Für", "mich", "THE", "film", "’s", "weakest", "!"]);
    assert_eq!(input.tokens, ["<oov>", "<oov>", "the", "film", "'s", "<oov>", "<oov>"]);
    assert_eq!(input.special, vec![false; 7]);
    assert_eq!(input.pad, ("<pad>".to_owned(), 0));
    assert_eq!(input.unk, Some(("<oov>".to_owned(), 1)));
}

#[test]
fn bad_requests_are_named() {
    let fails = |result: ground::Result<WordTokenizer>, part: &str| {
        let message = result.expect_err("an error").to_string();
        assert!(message.contains(part), "`{part}` is missing in: {message}");
    };
    fails(WordTokenizer::train(&[], 100, 1), "of 0 different words");
    fails(WordTokenizer::train(&["one two".to_owned()], 100, 2), "none comes 2 times");
    fails(WordTokenizer::train(&["one two".to_owned()], 2, 1), "5000 is usual");
    fails(WordTokenizer::load("no/such/tokenizer.json"), "there is no tokenizer no/such/tokenizer.json");
}

#[test]
fn long_texts() {
    let tokenizer = WordTokenizer::train(&["good film".to_owned()], 100, 1).unwrap();
    assert_eq!(tokenizer.limit(), 256);
    let text = "good ".repeat(257);
    let message = tokenizer.encode(&text).unwrap_err().to_string();
    assert!(message.contains("257 tokens") && message.contains("at most 256"), "{message}");
    let cut = tokenizer.encode_cut(&text).unwrap();
    assert_eq!(
        (cut.len(), cut.tokens.len(), cut.spans.len(), cut.special.len(), cut.unknown.len()),
        (256, 256, 256, 256, 256)
    );
    assert_eq!(tokenizer.clone().max_tokens(300).encode(&text).unwrap().len(), 257);
}
