//! What a learner can get wrong, and the sentence that comes back: it names what was expected and what was found.

use support::attribution::lime::{Lime, Units, weighted_ridge};
use support::data::{self, Source};
use support::evaluation::{accuracy, confusion_counts, spearman};
use support::model::TextClassifier;
use support::text::{self, Counts, LogisticRegression, Sparse, TfIdf, TfidfClassifier};
use support::{Error, Result};

/// The error's sentence holds all of `parts`.
fn says<T>(result: Result<T>, parts: &[&str]) {
    match result {
        Ok(_) => panic!("no error; expected one with {parts:?}"),
        Err(error) => {
            let sentence = error.to_string();
            assert!(parts.iter().all(|part| sentence.contains(part)), "{sentence:?} lacks one of {parts:?}");
        }
    }
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

fn read(name: &str, content: &[u8]) -> Result<data::Dataset> {
    let path = std::env::temp_dir().join(format!("support-bad-{}-{name}.csv", std::process::id()));
    std::fs::write(&path, content).unwrap();
    let result = data::tweets(Source::File(path.to_string_lossy().into_owned()));
    std::fs::remove_file(path).unwrap();
    result
}

#[test]
fn files_that_cannot_be_read() {
    says(
        data::tweets(Source::File("no/such/tweets.csv".into())),
        &["no/such/tweets.csv", "no such file", "relative path"],
    );
    says(data::tweets(Source::File(std::env::temp_dir().to_string_lossy().into())), &["folder"]);
    says(read("empty", b""), &["empty", "text,label"]);
    says(read("blank", b"\n  \n"), &["empty"]);
    says(read("header", b"text,label\n"), &["header", "no row"]);
    says(read("latin1", b"text,label\nfine,1\ncaf\xe9,1\n"), &["line 3", "UTF-8"]);
    says(read("ragged", b"text,label\nlate, very late,0\n"), &["not a csv", "double quotes"]);
}

#[test]
fn columns_and_labels_that_are_wrong() {
    says(read("columns", b"tweet,label,mood\nfine,1,x\n"), &["`text`", "`tweet`, `label`, `mood`"]);
    says(read("nolabel", b"text,class\nfine,1\n"), &["`label`", "`text`, `class`"]);
    says(
        read("range", b"text,label\nfine,1\nlate,3\n"),
        &["row 2", "3", "out of range", "0 negative, 1 neutral, 2 positive"],
    );
    says(read("minus", b"text,label\nfine,-1\n"), &["row 1", "-1", "out of range"]);
    says(read("word", b"text,label\nfine,positive\n"), &["row 1", "`positive`", "not a number"]);
    says(read("half", b"text,label\nfine,1.5\n"), &["row 1", "`1.5`"]);
    says(read("missing", b"text,label\nfine,\n"), &["row 1", "no label"]);
    says(read("short", b"text,label\nfine\n"), &["row 1", "no label"]);
    says(read("notext", b"text,label\nfine,1\n  ,1\n"), &["row 2", "text is empty"]);
}

#[test]
fn rationales_that_are_wrong() {
    let rationale =
        |span: &str| read("span", format!("id,text,label,rationale\nt7,née 🙂,0,{span}\n").as_bytes())?.rationales();
    assert_eq!(rationale("0:3;4:5").unwrap()[0].len(), 2);
    says(rationale("0:6"), &["t7", "0:6", "0 to 5"]);
    says(rationale("3:3"), &["t7", "3:3"]);
    says(rationale("4:2"), &["t7", "4:2"]);
    says(rationale("0-3"), &["t7", "`0-3`", "start:end"]);
    says(rationale("-1:3"), &["t7", "`-1:3`"]);
    says(rationale("0:3;2:4"), &["t7", "overlap"]);
}

#[test]
fn splits_that_cannot_be_made() {
    let dataset = read("three", b"text,label\na,0\nb,1\nc,2\n").unwrap();
    for share in [0.0, 1.0, -0.5, 10.0, f64::NAN] {
        says(data::train_test_split(&dataset, share, 0), &["test_share", "between 0 and 1"]);
    }
    says(data::train_test_split(&dataset, 0.9, 0), &["3 rows", "empty"]);
    says(dataset.split("validation"), &["`validation`", "train"]);
    says(dataset.row(3), &["no row 3", "3 rows"]);
}

#[test]
fn vectorisers_that_cannot_be_fitted() {
    let texts = strings(&["the crew", "the bag"]);
    says(TfIdf::new().fit(&[]), &["no texts"]);
    says(Counts::new().ngrams(2, 1).fit(&texts), &["ngrams(2, 1)"]);
    says(Counts::new().ngrams(0, 1).fit(&texts), &["ngrams(0, 1)"]);
    says(TfIdf::new().min_df(0).fit(&texts), &["min_df(0)"]);
    says(TfIdf::new().min_df(3).fit(&texts), &["no feature is left", "3 texts", "lower min_df"]);
    says(TfIdf::new().max_features(0).fit(&texts), &["max_features(0)"]);
    says(TfIdf::new().stop_words(&strings(&["the", "crew", "bag"])).fit(&texts), &["stop words"]);
    says(TfIdf::new().fit(&strings(&["", "🙂 a !"])), &["no words are left"]);
    says(text::stop_words("xx"), &["`xx`", "en", "pt"]);
    says(text::stop_words("english"), &["`english`", "en"]);
    says(Sparse::from_rows(2, &[vec![(2, 1.0)]]), &["row 0", "column 2"]);
    says(Sparse::from_rows(2, &[vec![(1, 1.0), (0, 1.0)]]), &["row 0"]);
}

#[test]
fn texts_without_known_words_are_rows_of_zeros() {
    let model = TfIdf::new().fit(&strings(&["the crew", "the bag"])).unwrap();
    let rows = model.transform(&strings(&["", "🙂", "航班", "unknown words"]));
    assert_eq!((rows.rows(), rows.columns(), rows.entries()), (4, 3, 0));
}

#[test]
fn models_that_cannot_be_fitted() {
    let texts = strings(&["the crew", "the bag", "late bag"]);
    let (vectorizer, x) = TfIdf::new().fit_transform(&texts).unwrap();
    let fit = |labels: &[usize], classes| LogisticRegression::new().fit(&x, labels, classes);
    says(fit(&[0, 1], 2), &["3 rows", "2 labels"]);
    says(fit(&[0, 1, 2], 2), &["row 2", "label 2", "0 to 1"]);
    says(fit(&[0, 2, 2], 3), &["label 1", "nothing to learn"]);
    says(fit(&[0, 0, 0], 1), &["at least 2 classes"]);
    for c in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        says(LogisticRegression::new().c(c).fit(&x, &[0, 1, 1], 2), &["C is", "positive"]);
    }
    let model = fit(&[0, 1, 1], 2).unwrap();
    let other = TfIdf::new().fit(&strings(&["one two three"])).unwrap();
    says(model.probabilities(&other.transform(&texts)), &["4 features", "3", "same vectoriser"]);
    says(model.coefficients(2), &["no class 2"]);
    says(TfidfClassifier::new(other, model.clone(), &strings(&["a", "b"])), &["3 features", "4"]);
    says(TfidfClassifier::new(vectorizer.clone(), model.clone(), &strings(&["a"])), &["1 class names", "2"]);
    let classifier = TfidfClassifier::new(vectorizer, model, &strings(&["a", "b"])).unwrap();
    says(classifier.explain_linear("the bag", 2), &["no class 2", "0 to 1"]);
    assert_eq!(classifier.explain_linear("", 0).unwrap(), []);
}

#[test]
fn measures_without_a_meaning() {
    says(accuracy(&[], &[]), &["no labels"]);
    says(accuracy(&[0], &[0, 1]), &["1 labels", "2 predictions"]);
    says(spearman(&[1.0, 2.0], &[1.0]), &["same length", "2 and 1"]);
    says(spearman(&[1.0, 2.0], &[3.0, 3.0]), &["all numbers of one list are equal"]);
    says(spearman(&[1.0, 2.0], &[1.0, f64::NAN]), &["finite"]);
    says(confusion_counts(&[0], &[2], &strings(&["a", "b"])), &["no class 2"]);
}

/// A model that says what it is told to.
struct Says {
    classes: Vec<String>,
    row: fn(&str) -> Vec<f64>,
    rows_too_many: usize,
}

impl Says {
    fn new(row: fn(&str) -> Vec<f64>) -> Says {
        Says { classes: strings(&["no", "yes"]), row, rows_too_many: 0 }
    }
}

impl TextClassifier for Says {
    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn probabilities(&self, texts: &[String]) -> Result<Vec<Vec<f64>>> {
        let mut rows: Vec<Vec<f64>> = texts.iter().map(|text| (self.row)(text)).collect();
        rows.extend(vec![vec![0.5, 0.5]; self.rows_too_many]);
        Ok(rows)
    }
}

fn late(text: &str) -> Vec<f64> {
    if text.contains("late") { vec![0.1, 0.9] } else { vec![0.6, 0.4] }
}

#[test]
fn lime_needs_words_and_a_class() {
    let model = Says::new(late);
    for text in ["", "   ", "🙂🙂 !!! …", "\n\t"] {
        says(Lime::new().explain(&model, text, 1), &["no word"]);
    }
    says(Lime::new().explain(&model, "late", 2), &["no class 2", "yes"]);
    says(Lime::new().samples(0).explain(&model, "late", 1), &["samples(0)", "at least 2"]);
    says(Lime::new().samples(1).explain(&model, "late", 1), &["samples(1)"]);
    says(Lime::new().num_features(0).explain(&model, "late", 1), &["num_features(0)"]);
    for width in [0.0, -1.0, f64::NAN] {
        says(Lime::new().kernel_width(width).explain(&model, "late", 1), &["kernel_width", "positive"]);
    }
    says(Lime::new().alpha(-1.0).explain(&model, "late", 1), &["α is -1"]);
    says(Lime::new().phrase("not good").explain(&model, "not very good", 1), &["not good", "next to each other"]);
    says(Lime::new().phrase("late").explain(&model, "late", 1), &["at least two words"]);
    says(Units::words("🙂"), &["🙂"]);
}

#[test]
fn lime_gives_sensible_answers_at_the_edges() {
    let model = Says::new(late);
    // One word; fewer words than asked for; other alphabets; few samples.
    let one = Lime::new().num_features(10).explain(&model, "late", 1).unwrap();
    assert_eq!((one.tokens.as_slice(), one.f_x, one.f_baseline), (["late".to_string()].as_slice(), 0.9, 0.4));
    assert!(one.scores[0] > 0.0 && one.scores[0] <= 0.5);
    for (text, words) in [("Рейс опоздал 🙂", 2), ("航班延误，谢谢", 2), ("الرحلة تأخرت", 2), ("उड़ान देर से", 3)]
    {
        let found = Lime::new().explain(&model, text, 1).unwrap();
        assert_eq!(found.tokens.len(), words, "{:?}", found.tokens);
        assert!(found.scores.iter().all(|score| score.abs() < 1e-12));
        assert_eq!(found.surrogate.unwrap().r2, 1.0);
    }
    let few = Lime::new().samples(2).explain(&model, "so late again and again", 1).unwrap();
    assert!(few.scores.iter().all(|score| score.is_finite()));
    // α = 0 with fewer samples than words: still numbers.
    let few = Lime::new().samples(3).alpha(0.0).explain(&model, "so late again my dear airline", 1).unwrap();
    assert!(few.scores.iter().all(|score| score.is_finite()));
    let long: String = (0..400).map(|i| format!("word{i} ")).collect();
    assert_eq!(Lime::new().samples(200).explain(&model, &long, 1).unwrap().tokens.len(), 400);
    // A kernel so narrow that only the text itself has a weight.
    let narrow = Lime::new().kernel_width(1e-3).explain(&model, "so late", 1).unwrap();
    assert!(narrow.scores.iter().all(|score| score.is_finite()));
}

#[test]
fn lime_checks_what_the_model_returns() {
    let explain = |model: &Says| Lime::new().samples(50).explain(model, "so late", 1);
    says(explain(&Says::new(|_| vec![0.5, f64::NAN])), &["NaN", "class 1", "so late"]);
    says(explain(&Says::new(|_| vec![0.5, f64::INFINITY])), &["inf", "finite"]);
    says(explain(&Says::new(|_| vec![0.2, 0.3, 0.5])), &["2 classes", "3 probabilities"]);
    says(explain(&Says { rows_too_many: 1, ..Says::new(late) }), &["50 texts", "51 rows"]);
    says(Lime::new().log_odds(true).explain(&Says::new(|_| vec![0.0, f64::NAN]), "so late", 1), &["NaN"]);
    // Probabilities of exactly 0 and 1 have no log-odds; they are kept finite.
    let sure = Lime::new().log_odds(true).explain(&Says::new(|_| vec![0.0, 1.0]), "so late", 1).unwrap();
    assert!(sure.f_x.is_finite());

    struct Fails(Vec<String>);
    impl TextClassifier for Fails {
        fn classes(&self) -> &[String] {
            &self.0
        }
        fn probabilities(&self, _: &[String]) -> Result<Vec<Vec<f64>>> {
            Err(Error::new("the model is not loaded"))
        }
    }
    says(Lime::new().explain(&Fails(strings(&["a"])), "late", 0), &["the model is not loaded"]);
}

#[test]
fn regressions_check_their_sizes() {
    let x = [vec![1.0, 0.0], vec![0.0, 1.0]];
    says(weighted_ridge(&[], &[], &[], 1.0), &["nothing to fit"]);
    says(weighted_ridge(&x, &[1.0], &[1.0, 1.0], 1.0), &["2 samples", "1 outputs"]);
    says(weighted_ridge(&x, &[1.0, 2.0], &[0.0, 0.0], 1.0), &["weights", "0"]);
    says(weighted_ridge(&x, &[1.0, 2.0], &[1.0, -1.0], 1.0), &["negative"]);
    says(weighted_ridge(&[vec![1.0], vec![]], &[1.0, 2.0], &[1.0, 1.0], 1.0), &["sample 1", "0 columns"]);
    says(weighted_ridge(&x, &[1.0, f64::NAN], &[1.0, 1.0], 1.0), &["finite"]);
}
