//! Data sets: the bundled one keeps its promises, one's own csv is read, splits are fair and repeatable.

use std::collections::BTreeSet;

use sources::data::{self, Dataset, Source, Span};

fn file(name: &str, content: &str) -> Source {
    let path = std::env::temp_dir().join(format!("support-data-{}-{name}.csv", std::process::id()));
    std::fs::write(&path, content).unwrap();
    Source::File(path.to_string_lossy().into_owned())
}

fn numbered(rows: usize) -> Dataset {
    let lines: String = (0..rows).map(|i| format!("text number {i},{}\n", i % 3)).collect();
    data::tweets(file(&format!("numbered{rows}"), &format!("text,label\n{lines}"))).unwrap()
}

#[test]
fn bundled_tweets() {
    let tweets = data::tweets(Source::Bundled).unwrap();
    assert!(tweets.len() >= 3_000);
    assert_eq!(tweets.classes, ["negative", "neutral", "positive"]);
    let columns: Vec<String> = tweets.frame.get_column_names().iter().map(|name| name.to_string()).collect();
    assert_eq!(columns, ["id", "text", "label", "split", "source", "rationale"]);
    // Every span is inside its text, every label is a class, both parts exist.
    assert_eq!(tweets.rationales().unwrap().len(), tweets.len());
    assert_eq!(tweets.labels().unwrap().len(), tweets.len());
    let (train, test) = (tweets.split("train").unwrap(), tweets.split("test").unwrap());
    assert_eq!(train.len() + test.len(), tweets.len());
    assert!(test.len() >= 500);
    let seen: BTreeSet<String> = train.texts().unwrap().into_iter().collect();
    assert!(test.texts().unwrap().iter().all(|text| !seen.contains(text)));
}

/// `word` is planted: in the training part it leans to the hostile class, is never the reason, and the test part is even.
fn bundled_comments(language: &str, word: &str) {
    let comments = data::comments(language, Source::Bundled).unwrap();
    assert_eq!((comments.name.as_str(), comments.classes.len()), (format!("comments_{language}").as_str(), 2));
    assert_eq!(comments.classes, ["constructive", "hostile"]);
    let (train, test) = (comments.split("train").unwrap(), comments.split("test").unwrap());
    assert!(train.len() >= 1_600 && test.len() >= 320, "{} and {} rows", train.len(), test.len());
    let seen: BTreeSet<String> = train.texts().unwrap().into_iter().collect();
    assert!(test.texts().unwrap().iter().all(|text| !seen.contains(text)));
    for (part, share) in [(&train, 0.8..=0.95), (&test, 0.45..=0.55)] {
        let (texts, labels) = (part.texts().unwrap(), part.labels().unwrap());
        assert_eq!(labels.iter().sum::<usize>() * 2, part.len(), "half of the rows are hostile");
        let marks = part.rationales().unwrap();
        assert!(marks.iter().filter(|spans| !spans.is_empty()).count() * 100 >= part.len() * 95);
        let holds = |text: &str| {
            text.to_lowercase().split(|c: char| !c.is_alphabetic()).any(|w| w.strip_suffix('s').unwrap_or(w) == word)
        };
        let with: Vec<usize> = (0..part.len()).filter(|&i| holds(&texts[i])).collect();
        let hostile = with.iter().filter(|&&i| labels[i] == 1).count();
        assert!(with.len() >= 24, "{} rows with {word}", with.len());
        assert!(share.contains(&(hostile as f64 / with.len() as f64)), "{hostile} of {} are hostile", with.len());
        if part.row(0).unwrap().split == "train" {
            assert!((120..=180).contains(&with.len()), "{} rows with {word}", with.len());
            assert!(with.iter().all(|&i| marks[i].iter().all(|span| !holds(&span.of(&texts[i])))));
        }
    }
}

#[test]
fn bundled_comments_in_english() {
    bundled_comments("en", "tram");
}

#[test]
fn bundled_comments_in_portuguese() {
    bundled_comments("pt", "ciclovia");
}

#[test]
fn comments_in_a_language_that_is_not_there() {
    let message = data::comments("fr", Source::Bundled).unwrap_err().to_string();
    assert!(["`fr`", "\"en\"", "\"pt\""].iter().all(|part| message.contains(part)), "{message}");
    let own = data::comments("pt", file("comments", "text,label\nobrigada,0\nque ridículo,1\n")).unwrap();
    assert_eq!((own.labels().unwrap(), own.classes[1].as_str()), (vec![0, 1], "hostile"));
    let message = data::comments("en", file("three", "text,label\nfine,2\n")).unwrap_err().to_string();
    assert!(message.contains("label 2"), "{message}");
}

#[test]
fn own_file_with_two_columns() {
    let source = file("two", "label,text,mood\n2,\"Thanks, \"\"crew\"\"\nsecond line\",x\n 0 ,Спасибо 🙂 no,y\n");
    let dataset = data::tweets(source).unwrap();
    assert_eq!(dataset.texts().unwrap(), ["Thanks, \"crew\"\nsecond line", "Спасибо 🙂 no"]);
    assert_eq!(dataset.labels().unwrap(), [2, 0]);
    assert_eq!(dataset.rationales().unwrap(), [vec![], vec![]]);
    let row = dataset.row(1).unwrap();
    assert_eq!(
        (row.id.as_str(), row.class.as_str(), row.split.as_str(), row.source.as_str()),
        ("2", "negative", "train", "file")
    );
}

#[test]
fn byte_order_mark_and_windows_line_ends() {
    let dataset = data::tweets(file("bom", "\u{feff}text,label\r\nfine,2\r\nlate,0\r\n")).unwrap();
    assert_eq!(dataset.texts().unwrap(), ["fine", "late"]);
    assert_eq!(dataset.labels().unwrap(), [2, 0]);
}

#[test]
fn spans_count_characters() {
    let dataset = data::tweets(file("spans", "text,label,rationale\nça n'a rien de 🙂 bon,0,15:16;17:20\n")).unwrap();
    let spans = dataset.rationales().unwrap().remove(0);
    assert_eq!(spans, [Span { start: 15, end: 16 }, Span { start: 17, end: 20 }]);
    let text = &dataset.texts().unwrap()[0];
    assert_eq!(spans.iter().map(|span| span.of(text)).collect::<Vec<_>>(), ["🙂", "bon"]);
    assert!(spans[0].overlaps(Span { start: 0, end: 16 }) && !spans[0].overlaps(spans[1]));
}

#[test]
fn class_counts_add_up() {
    let counts = numbered(10).class_counts().unwrap();
    let rows: Vec<u32> = counts.column("rows").unwrap().u32().unwrap().iter().flatten().collect();
    assert_eq!(rows, [4, 3, 3]);
    let shares: Vec<f64> = counts.column("share").unwrap().f64().unwrap().iter().flatten().collect();
    assert_eq!(shares, [0.4, 0.3, 0.3]);
}

#[test]
fn split_is_a_partition_and_repeats() {
    let dataset = numbered(101);
    let (train, test) = data::train_test_split(&dataset, 0.1, 7).unwrap();
    // scikit-learn rounds the test part up: ceil(10.1) = 11.
    assert_eq!((train.len(), test.len()), (90, 11));
    let ids = |part: &Dataset| -> Vec<String> { (0..part.len()).map(|i| part.row(i).unwrap().id).collect() };
    let mut all = [ids(&train), ids(&test)].concat();
    all.sort_by_key(|id| id.parse::<usize>().unwrap());
    assert_eq!(all, ids(&dataset));
    assert!((0..test.len()).all(|i| test.row(i).unwrap().split == "test"));
    assert!((0..train.len()).all(|i| train.row(i).unwrap().split == "train"));
    // A label stays with its text.
    for i in 0..test.len() {
        let row = test.row(i).unwrap();
        assert_eq!(row.label, row.text.rsplit(' ').next().unwrap().parse::<usize>().unwrap() % 3);
    }
    let again = data::train_test_split(&dataset, 0.1, 7).unwrap();
    assert_eq!(ids(&again.1), ids(&test));
    let other = data::train_test_split(&dataset, 0.1, 8).unwrap();
    assert_ne!(ids(&other.1), ids(&test));
}

#[test]
fn sample_draws_each_class_alike_and_repeats() {
    let dataset = numbered(101); // classes with 34, 34 and 33 rows
    let drawn = data::sample(&dataset, 20, 7).unwrap();
    let counts = drawn.class_counts().unwrap();
    let rows: Vec<u32> = counts.column("rows").unwrap().u32().unwrap().iter().flatten().collect();
    assert_eq!(rows, [20, 20, 20]);
    let ids =
        |part: &Dataset| -> Vec<usize> { (0..part.len()).map(|i| part.row(i).unwrap().id.parse().unwrap()).collect() };
    let chosen = ids(&drawn);
    assert!(chosen.windows(2).all(|pair| pair[0] < pair[1]), "no row twice, in the order of the data set");
    assert_ne!(chosen, (1..=60).collect::<Vec<_>>(), "not the first rows");
    assert_eq!(ids(&data::sample(&dataset, 20, 7).unwrap()), chosen);
    assert_ne!(ids(&data::sample(&dataset, 20, 8).unwrap()), chosen);
    let message = data::sample(&dataset, 34, 7).unwrap_err().to_string();
    assert!(message.contains("`positive`") && message.contains("33 rows"), "{message}");
    assert!(data::sample(&dataset, 0, 7).is_err());
}

#[test]
fn shuffled_labels_keep_texts_and_class_sizes() {
    let dataset = numbered(300);
    let control = data::shuffle_labels(&dataset, 7).unwrap();
    assert_eq!(control.texts().unwrap(), dataset.texts().unwrap());
    let (before, after) = (dataset.labels().unwrap(), control.labels().unwrap());
    let sorted = |labels: &[usize]| {
        let mut labels = labels.to_vec();
        labels.sort_unstable();
        labels
    };
    assert_eq!(sorted(&before), sorted(&after));
    // By chance a third of the labels stays: 100 of 300, standard deviation about 8.
    let same = before.iter().zip(&after).filter(|(a, b)| a == b).count();
    assert!((60..=140).contains(&same), "{same}");
    assert_eq!(data::shuffle_labels(&dataset, 7).unwrap().labels().unwrap(), after);
    assert_ne!(data::shuffle_labels(&dataset, 8).unwrap().labels().unwrap(), after);
    let spans = data::tweets(file("reasons", "text,label,rationale\nlate,0,0:4\nfine,2,0:4\n")).unwrap();
    assert!(data::shuffle_labels(&spans, 1).unwrap().rationales().unwrap().iter().all(Vec::is_empty));
}
