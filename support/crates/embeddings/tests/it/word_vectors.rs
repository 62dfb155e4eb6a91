//! Neighbours, analogies and scores of word vectors against gensim; the text format; what is refused.

use candle_core::{Device, Tensor};
use embeddings::WordVectors;
use polars::prelude::{DataFrame, df};
use serde_json::{Value, from_str};

fn fixture() -> Value {
    from_str(include_str!("../../../../tests/fixtures/word2vec.json")).unwrap()
}

/// What gensim wrote.
fn vectors() -> WordVectors {
    WordVectors::load(&format!("{}/../../tests/fixtures/word2vec.txt", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|x| x.as_str().unwrap().to_owned()).collect()
}

fn same(found: &DataFrame, expected: &Value) {
    let words: Vec<&str> = found.column("word").unwrap().str().unwrap().iter().flatten().collect();
    let cosines: Vec<f64> = found.column("cosine").unwrap().f64().unwrap().iter().flatten().collect();
    assert_eq!(words.len(), expected.as_array().unwrap().len());
    for (i, pair) in expected.as_array().unwrap().iter().enumerate() {
        assert_eq!(words[i], pair[0].as_str().unwrap());
        assert!((cosines[i] - pair[1].as_f64().unwrap()).abs() < 1e-6, "{words:?} {cosines:?}");
    }
}

fn small() -> WordVectors {
    let numbers = [[1.0f32, 0.0], [0.8, 0.6], [0.0, 2.0], [-3.0, 0.1], [0.0, 0.0]];
    let words = ["sea", "tide", "hill", "desert", "nil"].map(String::from);
    WordVectors::new(&words, &Tensor::new(&numbers, &Device::Cpu).unwrap()).unwrap()
}

#[test]
fn neighbours_are_gensims() {
    let vectors = vectors();
    assert_eq!((vectors.len(), vectors.dimensions()), (44, 12));
    for (word, expected) in fixture()["neighbours"].as_object().unwrap() {
        same(&vectors.neighbours(word, 5).unwrap(), expected);
        let all = vectors.neighbours(word, 43).unwrap();
        let back = vectors.opposites(word, 43).unwrap();
        let words = |frame: &DataFrame| -> Vec<String> {
            frame.column("word").unwrap().str().unwrap().iter().flatten().map(str::to_owned).collect()
        };
        assert_eq!(words(&all), words(&back).into_iter().rev().collect::<Vec<_>>());
        let nearest = vectors.nearest(&vectors.vector(word).unwrap(), 6).unwrap();
        assert_eq!(words(&nearest)[0], *word, "a word is nearest to its own vector");
        assert_eq!(words(&nearest)[1..], words(&all)[..5]);
    }
}

#[test]
fn analogies_and_their_score_are_gensims() {
    let (vectors, fixture) = (vectors(), fixture());
    for case in fixture["analogies"].as_array().unwrap() {
        let [a, b, c] = strings(&case["question"]).try_into().unwrap();
        same(&vectors.analogy(&a, &b, &c, 3).unwrap(), &case["answers"]);
    }
    let questions: Vec<Vec<String>> =
        fixture["accuracy"]["questions"].as_array().unwrap().iter().map(strings).collect();
    let column = |k: usize| questions.iter().map(|q| q[k].as_str()).collect::<Vec<_>>();
    let frame = df!(
        "relation" => (0..questions.len()).map(|i| if i % 2 == 0 { "even" } else { "odd" }).collect::<Vec<_>>(),
        "a" => column(0), "b" => column(1), "c" => column(2), "d" => column(3),
    )
    .unwrap();
    let scores = vectors.score_analogies(&frame).unwrap();
    let shares: Vec<f64> = scores.column("accuracy").unwrap().f64().unwrap().iter().flatten().collect();
    assert_eq!(scores.height(), 3);
    assert!((shares[2] - fixture["accuracy"]["share"].as_f64().unwrap()).abs() < 1e-12, "{scores}");
    assert!(((shares[0] + shares[1]) / 2.0 - shares[2]).abs() < 1e-12, "both halves have as many questions");
}

#[test]
fn an_unknown_word_makes_a_question_wrong_and_is_counted() {
    let questions = df!(
        "relation" => ["r", "r"], "a" => ["sea", "sea"], "b" => ["tide", "tide"], "c" => ["hill", "lagoon"],
        "d" => ["desert", "desert"],
    )
    .unwrap();
    let scores = small().score_analogies(&questions).unwrap();
    let count = |name: &str| scores.column(name).unwrap().u32().unwrap().get(0).unwrap();
    assert_eq!((count("questions"), count("unknown")), (2, 1));
    assert_eq!(small().analogies_right(&questions).unwrap()[1], None);
}

#[test]
fn similarities_rank_as_gensim_says() {
    let fixture = fixture();
    let pairs: Vec<Vec<String>> = fixture["similarity"]["pairs"].as_array().unwrap().iter().map(strings).collect();
    let judged: Vec<f64> =
        fixture["similarity"]["judged"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect();
    let frame = df!(
        "word_a" => pairs.iter().map(|pair| pair[0].as_str()).collect::<Vec<_>>(),
        "word_b" => pairs.iter().map(|pair| pair[1].as_str()).collect::<Vec<_>>(),
        "judged" => judged,
    )
    .unwrap();
    let found = vectors().score_similarities(&frame, "judged").unwrap();
    assert!((found - fixture["similarity"]["spearman"].as_f64().unwrap()).abs() < 1e-9, "{found}");
    assert!(vectors().score_similarities(&frame, "rated").unwrap_err().to_string().contains("word_a, word_b, judged"));
}

#[test]
fn cosines_lengths_and_rows() {
    let small = small();
    assert!((small.cosine("sea", "tide").unwrap() - 0.8).abs() < 1e-6);
    assert!((small.cosine("sea", "sea").unwrap() - 1.0).abs() < 1e-6);
    assert_eq!(small.cosine("sea", "nil").unwrap(), 0.0, "a row of zeros has no direction");
    assert!((small.lengths().unwrap()[2] - 2.0).abs() < 1e-6);
    let some = small.select(&["hill".to_owned(), "sea".to_owned()]).unwrap();
    assert_eq!(some.words(), ["hill", "sea"]);
    assert_eq!(some.vector("hill").unwrap(), small.vector("hill").unwrap());
}

#[test]
fn unknown_words_get_spellings() {
    let message = |word: &str| vectors().cosine(word, "w3").unwrap_err().to_string();
    assert!(message("naive").contains("`naïve`"), "{}", message("naive"));
    assert!(message("o'clok").contains("spelled alike: `o'clock`"), "{}", message("o'clok"));
    assert!(message("W12").contains("did you mean `w12`?") || message("W12").contains("`w12`"), "{}", message("W12"));
    let nothing = message("incomprehensibilities");
    assert!(nothing.contains("44 words") && !nothing.contains("spelled"), "{nothing}");
}

#[test]
fn numbers_of_neighbours_that_cannot_be() {
    let small = small();
    for (found, most) in [
        (small.neighbours("sea", 5), 4),
        (small.neighbours("sea", 0), 4),
        (small.opposites("sea", 9), 4),
        (small.analogy("sea", "tide", "hill", 3), 2),
        (small.nearest(&[1.0, 1.0], 6), 5),
    ] {
        let message = found.unwrap_err().to_string();
        assert!(message.contains(&format!("give 1 to {most}")), "{message}");
    }
    assert!(small.nearest(&[1.0], 1).unwrap_err().to_string().contains("2 dimensions"));
    assert!(small.nearest(&[0.0, 0.0], 1).unwrap_err().to_string().contains("length 0"));
    assert!(small.nearest(&[f64::NAN, 0.0], 1).unwrap_err().to_string().contains("length NaN"));
}

#[test]
fn matrices_that_do_not_fit() {
    let words = |n: usize| (0..n).map(|i| format!("w{i}")).collect::<Vec<_>>();
    let matrix = Tensor::new(&[[1.0f32, 2.0], [3.0, f32::NAN]], &Device::Cpu).unwrap();
    let message = |words: &[String], matrix: &Tensor| WordVectors::new(words, matrix).err().unwrap().to_string();
    assert!(message(&[], &matrix).contains("no word"));
    assert!(message(&words(3), &matrix).contains("3 words but 2 rows"));
    assert!(message(&words(2), &matrix).contains("`w1` is not finite"));
    assert!(message(&words(2), &matrix.flatten_all().unwrap()).contains("(words, dimensions)"));
    assert!(message(&["a".into(), "a".into()], &matrix).contains("rows 0 and 1"));
}

#[test]
fn saved_and_read_back_to_the_bit() {
    let path = std::env::temp_dir().join(format!("word-vectors-{}.txt", std::process::id()));
    let path = path.to_str().unwrap();
    let vectors = vectors();
    vectors.save(path).unwrap();
    let back = WordVectors::load(path).unwrap();
    let bits = |v: &WordVectors| -> Vec<u32> {
        v.matrix().flatten_all().unwrap().to_vec1::<f32>().unwrap().iter().map(|x| x.to_bits()).collect()
    };
    assert_eq!(back.words(), vectors.words());
    assert_eq!(bits(&back), bits(&vectors));
    std::fs::remove_file(path).unwrap();
    let spaced = WordVectors::new(&["new york".to_owned()], &Tensor::new(&[[1.0f32]], &Device::Cpu).unwrap()).unwrap();
    assert!(spaced.save(path).unwrap_err().to_string().contains("\"new york\" cannot be written"));
    assert!(!std::path::Path::new(path).exists());
    assert!(vectors.save("/nowhere/at/all.txt").unwrap_err().to_string().contains("cannot write /nowhere"));
}

#[test]
fn files_that_are_broken() {
    let folder = std::env::temp_dir().join(format!("broken-vectors-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let cases: [(&[u8], &str); 11] = [
        (b"", "the file is empty"),
        (b"hello\n", "line 1: expected two numbers"),
        (b"2\nsea 1 2\n", "line 1: expected two numbers"),
        (b"2 2\nsea 1 2\nhill 1\n", "line 3, word `hill`: 1 numbers, and the first line says 2"),
        (b"2 2\nsea 1 2\nhill 1 2 3\n", "line 3, word `hill`: 3 numbers"),
        (b"2 2\nsea 1 x\nhill 1 2\n", "line 2, word `sea`: \"x\" is not a finite number"),
        (b"2 2\nsea 1 inf\nhill 1 2\n", "line 2, word `sea`: \"inf\""),
        (b"3 2\nsea 1 2\nhill 1 2\n", "2 words, and the first line says 3"),
        (b"2 2\nsea 1 2\nsea 1 2\n", "`sea` is there twice"),
        (b"2 2\nsea \x80\x81\xff\n", "line 2 is not text in UTF-8"),
        (b"0 2\n", "there is no word"),
    ];
    for (i, (bytes, expected)) in cases.iter().enumerate() {
        let path = folder.join(format!("{i}.txt"));
        std::fs::write(&path, bytes).unwrap();
        let message = WordVectors::load(path.to_str().unwrap()).err().unwrap().to_string();
        assert!(message.contains(expected) && message.contains(&format!("{i}.txt")), "{message}");
    }
    let windows = folder.join("windows.txt");
    std::fs::write(&windows, "2 2\r\nsea 1 2\r\nhill 3 4 \r\n\r\n").unwrap();
    assert_eq!(WordVectors::load(windows.to_str().unwrap()).unwrap().vector("hill").unwrap(), [3.0, 4.0]);
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(WordVectors::load("/nowhere/v.txt").err().unwrap().to_string().contains("cannot read /nowhere/v.txt"));
}
