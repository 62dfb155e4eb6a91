//! Tokens, ids and places in the text, against the tokenizers library in Python (fixtures/transformer/tokenized.json).

use serde_json::{self, Value};
use sources::data::Span;

use super::{assert_error, folder, load};

#[test]
fn tokens_ids_and_spans() {
    let json = std::fs::read_to_string(folder("tokenized.json")).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    let mut inside = 0;
    for name in ["bert", "gpt2_lm", "llama_lm"] {
        let model = load(name);
        for row in json[name].as_array().unwrap() {
            let text = row["text"].as_str().unwrap();
            let input = model.encode(text).unwrap();
            let list = |key: &str| row[key].as_array().unwrap().clone();
            assert_eq!(
                input.tokens.iter().map(|token| Value::from(token.as_str())).collect::<Vec<_>>(),
                list("tokens")
            );
            assert_eq!(input.ids.iter().map(|&id| Value::from(id)).collect::<Vec<_>>(), list("ids"));
            assert_eq!(input.special.iter().map(|&s| Value::from(u8::from(s))).collect::<Vec<_>>(), list("special"));
            for ((span, theirs), &special) in input.spans.iter().zip(list("spans")).zip(&input.special) {
                let [start, end] = [0, 1].map(|at| theirs[at].as_u64().unwrap() as usize);
                let whole = Span { start, end };
                match span {
                    // The library may count a space before the word to the token; the span is the word.
                    Some(span) => {
                        assert!(!special && start <= span.start && span.end <= end, "{text}: {span:?} {whole:?}");
                        let wanted = whole.of(text);
                        let wanted = if wanted.trim().is_empty() { wanted } else { wanted.trim().to_owned() };
                        assert_eq!(span.of(text), wanted, "{name} {text}");
                        inside += 1;
                    }
                    None => assert!(special || start == end, "{name} {text}"),
                }
            }
            let unk = input.unk.as_ref().map(|unk| unk.1);
            assert_eq!(input.unknown, input.ids.iter().map(|&id| Some(id) == unk).collect::<Vec<_>>());
        }
    }
    assert!(inside > 50);
}

#[test]
fn letters_of_several_bytes() {
    let model = load("gpt2_lm");
    let input = model.encode("é 🙂 ok").unwrap();
    let spans: Vec<Span> = input.spans.iter().flatten().copied().collect();
    for (token, span) in input.tokens.iter().zip(&input.spans) {
        assert_eq!(span.is_none(), token == "Ġ", "only a token that is nothing but a space lies nowhere");
    }
    assert_eq!((spans[0].start, spans.last().unwrap().end), (0, 6), "{spans:?}");
    assert!(
        spans.iter().filter(|span| span.of(&input.text) == "🙂").count() > 1,
        "its bytes are several tokens: {spans:?}"
    );
}

#[test]
fn special_unknown_and_padding_tokens() {
    let bert = load("bert").encode("The cat 漢").unwrap();
    assert_eq!(bert.tokens, ["[CLS]", "the", "cat", "[UNK]", "[SEP]"]);
    assert_eq!(bert.special, [true, false, false, false, true]);
    assert_eq!(bert.unknown, [false, false, false, true, false]);
    assert_eq!((bert.pad.clone(), bert.unk.clone()), (("[PAD]".into(), 0), Some(("[UNK]".into(), 1))));
    assert_eq!(bert.padded_out().ids, [2, 0, 0, 0, 3]);
    let gpt2 = load("gpt2_lm").encode("the cat").unwrap();
    assert_eq!((gpt2.pad.0.as_str(), gpt2.unk.clone()), ("<|endoftext|>", None));
    assert_eq!(gpt2.tokens[1], "Ġcat", "{:?}", gpt2.tokens);
    let llama = load("llama_lm").encode("the cat").unwrap();
    assert_eq!((llama.tokens[0].as_str(), llama.special[0], llama.spans[0]), ("<s>", true, None));
}

#[test]
fn pairs() {
    let model = load("bert_span");
    let pair = model.encode_pair("Who sat?", "the cat sat").unwrap();
    assert_eq!(pair.text, "Who sat? the cat sat");
    assert_eq!(pair.tokens, ["[CLS]", "who", "sat", "?", "[SEP]", "the", "cat", "sat", "[SEP]"]);
    let words: Vec<String> = pair.spans.iter().flatten().map(|span| span.of(&pair.text)).collect();
    assert_eq!(words, ["Who", "sat", "?", "the", "cat", "sat"]);
    assert_error(model.encode_pair("", "the cat"), &["has no word"]);
    assert_error(model.encode_pair("who", " "), &["has no word"]);
    assert_error(model.encode_pair("who sat", &"cat ".repeat(30)), &["35 tokens", "at most 20"]);
}

#[test]
fn long_and_empty_texts() {
    let model = load("bert");
    let long = "cat ".repeat(30);
    assert_error(model.encode(&long), &["32 tokens", "at most 20", "encode_cut"]);
    let cut = model.encode_cut(&long).unwrap();
    assert_eq!((cut.len(), cut.tokens[0].as_str(), cut.tokens[19].as_str()), (20, "[CLS]", "[SEP]"));
    assert_eq!(cut.spans[18], Some(Span { start: 17 * 4, end: 17 * 4 + 3 }));
    assert_eq!(model.encode_cut("the cat").unwrap(), model.encode("the cat").unwrap());
    let gpt2 = load("gpt2_lm");
    assert_eq!(gpt2.encode_cut(&"cat ".repeat(60)).unwrap().len(), 40);
    assert_error(gpt2.encode(&"cat ".repeat(60)), &["at most 40"]);
    assert_eq!(load("llama_lm").encode_cut(&"cat ".repeat(60)).unwrap().tokens[..2], ["<s>", "c"]);
    for model in [&model, &gpt2, &load("llama_lm")] {
        assert_error(model.encode(""), &["has no word"]);
        assert_error(model.encode_cut(""), &["has no word"]);
    }
    assert_error(model.encode(" \n"), &["has no word"]);
}
