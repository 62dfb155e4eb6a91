//! Data sets and models of several files: which files are taken, how parquet is read, what the lessons get.

use std::collections::BTreeSet;
use std::fs;

use polars::prelude::{AnyValue, DataFrame};
use serde_json::Value;
use sources::data::{self, Source};
use sources::hub::{self, Repository, Settings};

use super::content::{fixture, hash, large, rows, small};
use super::server::{COMMIT, CONVERTED, Hub, Trouble};
use super::{Cache, again, model, settings};

fn dataset(hub: &Hub, cache: &Cache) -> Repository {
    hub::dataset("org/texts").with(settings(hub, cache))
}

/// A file of the hub's own conversion to parquet.
fn converted(hub: &Hub, repository: &str, path: &str, name: &str) {
    let bytes = fixture(&format!("{name}.parquet"));
    hub.file_at(&format!("datasets/{repository}"), CONVERTED, path, &bytes, &hash(name, "sha256"));
}

fn converted_texts() -> Hub {
    let hub = Hub::start();
    converted(&hub, "org/texts", "default/portuguese/0000.parquet", "portuguese");
    converted(&hub, "org/texts", "default/english/0001.parquet", "english-1");
    converted(&hub, "org/texts", "default/english/0000.parquet", "english-0");
    converted(&hub, "org/texts", "default/types/0000.parquet", "types");
    hub
}

/// The frame holds what pyarrow reads from the same files.
fn assert_equal(frame: &DataFrame, files: &[&str]) {
    let reference: Vec<Value> = files.iter().map(|file| rows(file)).collect();
    let names: BTreeSet<String> = reference[0].as_object().unwrap().keys().cloned().collect();
    let found: BTreeSet<String> = frame.get_column_names().iter().map(|name| name.to_string()).collect();
    assert_eq!(found, names);
    for name in names {
        let expected: Vec<&Value> = reference.iter().flat_map(|file| file[&name].as_array().unwrap()).collect();
        assert_eq!(frame.height(), expected.len());
        for (row, expected) in expected.iter().enumerate() {
            let equal = match frame.column(&name).unwrap().get(row).unwrap() {
                AnyValue::Null => expected.is_null(),
                AnyValue::String(text) => expected.as_str() == Some(text),
                AnyValue::StringOwned(text) => expected.as_str() == Some(text.as_str()),
                AnyValue::Boolean(truth) => expected.as_bool() == Some(truth),
                AnyValue::Int32(number) => expected.as_i64() == Some(number.into()),
                AnyValue::Int64(number) => expected.as_i64() == Some(number),
                AnyValue::Float32(number) => expected.as_f64() == Some(number.into()),
                AnyValue::Float64(number) => expected.as_f64() == Some(number),
                other => panic!("{other:?}"),
            };
            assert!(equal, "{name}, row {row}: {expected}");
        }
    }
}

#[test]
fn splits_as_frames_equal_to_pyarrow() {
    let (hub, cache) = (converted_texts(), Cache::empty());
    let texts = dataset(&hub, &cache);
    assert_eq!(texts.splits().unwrap(), ["english", "portuguese", "types"]);
    assert_equal(&texts.parquet("portuguese").unwrap(), &["portuguese"]);
    assert_equal(&texts.parquet("english").unwrap(), &["english-0", "english-1"]);
    // Lists, records and bytes are left out.
    assert_equal(&texts.parquet("types").unwrap(), &["types"]);
    let commit = format!("datasets--org--texts/snapshots/{CONVERTED}/default/english/0001.parquet");
    assert_eq!(texts.parquet_files("english").unwrap()[1], cache.path(&commit));
    hub.methods();
    assert_equal(&texts.parquet("english").unwrap(), &["english-0", "english-1"]);
    assert_eq!(texts.splits().unwrap().len(), 3);
    assert_eq!(hub.methods(), "", "a cached split needs no request");
    let offline = Settings { offline: true, ..settings(&hub, &cache) };
    assert_eq!(hub::dataset("org/texts").with(offline.clone()).parquet("english").unwrap().height(), 10);
    // Without our list of files, as Python leaves the cache.
    fs::remove_dir_all(cache.path("datasets--org--texts/.files")).unwrap();
    assert_eq!(hub::dataset("org/texts").with(offline).parquet("english").unwrap().height(), 10);
}

#[test]
fn a_data_set_with_parquet_files_of_its_own() {
    let (hub, cache) = (Hub::start(), Cache::empty());
    let own = "data/english-00000-of-00001-0a1b2c.parquet";
    hub.file("datasets/org/texts", own, &fixture("english-0.parquet"), &hash("english-0", "sha256"));
    assert_equal(&dataset(&hub, &cache).parquet("english").unwrap(), &["english-0"]);
    hub.methods();
    assert_equal(&dataset(&hub, &cache).parquet("english").unwrap(), &["english-0"]);
    assert_eq!(hub.methods(), "");
    // A pin counts for the repository's own files.
    let (pinned, cache) = (dataset(&hub, &cache).revision(COMMIT), Cache::empty());
    assert_equal(&pinned.with(settings(&hub, &cache)).parquet("english").unwrap(), &["english-0"]);
}

#[test]
fn a_split_that_is_not_there() {
    let (hub, cache) = (converted_texts(), Cache::empty());
    let has = |repository: &Repository, split: &str, words: &[&str]| {
        let message = repository.parquet(split).unwrap_err().to_string();
        words.iter().for_each(|word| assert!(message.contains(word), "`{word}` is not in: {message}"));
    };
    let texts = dataset(&hub, &cache);
    has(&texts, "train", &["org/texts", "no split `train`", "There are: `english` of `default`, `portuguese`"]);
    has(&texts.clone().config("fr"), "english", &["no split `english` of the configuration `fr`"]);
    has(&hub::dataset("org/other").with(settings(&hub, &cache)), "train", &["org/other", "404", "no such repository"]);
    hub.file("datasets/org/csv", "data.csv", &small(), &hash("small", "git"));
    has(&hub::dataset("org/csv").with(settings(&hub, &cache)), "train", &["no parquet files"]);
    converted(&hub, "org/many", "en/train/0000.parquet", "english-0");
    converted(&hub, "org/many", "pt/train/0000.parquet", "portuguese");
    let many = hub::dataset("org/many").with(settings(&hub, &cache));
    has(&many, "train", &["several configurations", ".config(", "`train` of `pt`"]);
    assert_equal(&many.config("pt").parquet("train").unwrap(), &["portuguese"]);
}

#[test]
fn a_list_of_files_that_is_none() {
    for bad in ["<html>", "{}", "[1, 2]", "{\"sha\": \"../..\", \"siblings\": []}", "{\"sha\": 1, \"siblings\": [3]}"] {
        let (hub, cache) = (converted_texts(), Cache::empty());
        hub.trouble("GET", Trouble::Bytes(bad.as_bytes().to_vec()));
        let message = dataset(&hub, &cache).parquet("english").unwrap_err().to_string();
        assert!(message.contains("org/texts") && message.contains("not a list of files"), "{message}");
        assert_eq!(cache.files(), Vec::<String>::new());
        assert_eq!(dataset(&hub, &cache).parquet("english").unwrap().height(), 10);
    }
    let (hub, cache) = (converted_texts(), Cache::empty());
    let name = "default/../../../../../outside/english/0000.parquet";
    let list = format!("{{\"sha\": \"{CONVERTED}\", \"siblings\": [{{\"rfilename\": \"{name}\"}}]}}");
    hub.trouble("GET", Trouble::Bytes(list.into_bytes()));
    let message = dataset(&hub, &cache).parquet("english").unwrap_err().to_string();
    assert!(message.contains("404") || message.contains("no parquet files"), "{message}");
    assert!(hub.seen().iter().all(|seen| !seen.path.contains("..")));
    // A server in trouble is asked again; one that stays in trouble is not replaced by other files.
    let (hub, cache) = (converted_texts(), Cache::empty());
    hub.trouble("GET", Trouble::Status(502, vec![])).trouble("GET", Trouble::Cut(10));
    assert_eq!(dataset(&hub, &cache).splits().unwrap().len(), 3);
    let cache = Cache::empty();
    for _ in 0..3 {
        hub.trouble("GET", Trouble::Status(500, vec![]));
    }
    let message = dataset(&hub, &cache).splits().unwrap_err().to_string();
    assert!(message.contains("500") && message.contains("3 tries"), "{message}");
}

#[test]
fn damaged_parquet() {
    let (hub, cache) = (converted_texts(), Cache::empty());
    let path = dataset(&hub, &cache).parquet_files("portuguese").unwrap().remove(0);
    let blob = fs::canonicalize(&path).unwrap();
    let sound = fs::read(&blob).unwrap();
    let read = || dataset(&hub, &cache).parquet("portuguese");
    for bad in [Vec::new(), b"PAR1PAR1".to_vec(), b"<html>log in</html>".to_vec(), sound[..sound.len() / 2].to_vec()] {
        fs::write(&blob, &bad).unwrap();
        let message = read().unwrap_err().to_string();
        let words = ["not a sound parquet file", &path.to_string_lossy(), "Remove it", "portuguese", "org/texts"];
        words.iter().for_each(|word| assert!(message.contains(word), "`{word}` is not in: {message}"));
    }
    // Whatever byte is wrong, there is a frame or an error: the decoder's panics do not get out.
    let (mut frames, mut errors) = (0, 0);
    for at in 0..sound.len() {
        let mut bad = sound.clone();
        bad[at] ^= 0xFF;
        fs::write(&blob, &bad).unwrap();
        if read().is_ok() { frames += 1 } else { errors += 1 }
    }
    assert!(frames > 0 && errors > 0);
    // As the message says: remove it and what it leads to, call again.
    fs::remove_file(&path).unwrap();
    fs::remove_file(&blob).unwrap();
    assert_equal(&read().unwrap(), &["portuguese"]);
}

#[test]
fn all_files_of_a_model() {
    let (hub, cache) = (Hub::start(), Cache::empty());
    hub.file("org/name", "config.json", &small(), &hash("small", "git"));
    hub.file("org/name", "tokenizer.json", &small(), &hash("small", "git"));
    hub.file("org/name", "model.safetensors", &large(), &hash("large", "sha256"));
    let files = model(&hub, &cache).model_files().unwrap();
    assert_eq!(files.commit, COMMIT);
    assert_eq!(fs::read(&files.config).unwrap(), small());
    assert!(files.tokenizer.is_some());
    assert_eq!(fs::read(&files.weights[0]).unwrap(), large());
    hub.methods();
    assert_eq!(model(&hub, &cache).model_files().unwrap(), files);
    assert_eq!(hub.methods(), "");

    // Weights in parts, no tokenizer.
    let (hub, cache) = (Hub::start(), Cache::empty());
    let part = |i: usize| format!("model-0000{i}-of-00002.safetensors");
    hub.file("org/name", "config.json", &small(), &hash("small", "git"));
    hub.file("org/name", "model.safetensors.index.json", &fixture("index.json"), &hash("index", "git"));
    hub.file("org/name", &part(1), &large(), &hash("large", "sha256"));
    hub.file("org/name", &part(2), &small(), &hash("small", "sha256"));
    let files = model(&hub, &cache).model_files().unwrap();
    assert_eq!(files.tokenizer, None);
    let names: Vec<String> =
        files.weights.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(names, [part(1), part(2)]);
    hub.methods();
    assert_eq!(model(&hub, &cache).model_files().unwrap(), files);
    assert_eq!(hub.methods(), "");
    let offline = Settings { offline: true, ..settings(&hub, &cache) };
    assert_eq!(hub::model("org/name").with(offline).model_files().unwrap(), files);

    // No weights that can be used, and an index that points outside.
    let (hub, cache) = (Hub::start(), Cache::empty());
    hub.file("org/name", "config.json", &small(), &hash("small", "git"));
    hub.file("org/name", "pytorch_model.bin", &large(), &hash("large", "sha256"));
    let message = model(&hub, &cache).model_files().unwrap_err().to_string();
    assert!(message.contains("org/name") && message.contains("no weights in safetensors"), "{message}");
    let (hub, cache) = (Hub::start(), Cache::empty());
    hub.file("org/name", "config.json", &small(), &hash("small", "git"));
    hub.file("org/name", "model.safetensors.index.json", &fixture("unsafe.json"), &hash("unsafe", "git"));
    let message = model(&hub, &cache).model_files().unwrap_err().to_string();
    assert!(message.contains("does not say which files hold the weights"), "{message}");
}

#[test]
fn known_repositories_are_pinned() {
    let (hub, cache) = (Hub::start(), Cache::empty());
    for (id, commit) in hub::PINNED {
        assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()));
        hub.file_at(id, commit, "config.json", &small(), &hash("small", "git"));
        let path = hub::model(id).with(settings(&hub, &cache)).file("config.json").unwrap();
        assert!(path.ends_with(format!("snapshots/{commit}/config.json")));
    }
}

/// A hub with the data sets of lessons 02 and 07.
fn lessons() -> Hub {
    let hub = Hub::start();
    converted(&hub, "nicholasKluge/toxic-text", "default/portuguese/0000.parquet", "portuguese");
    converted(&hub, "nicholasKluge/toxic-text", "default/english/0000.parquet", "english-0");
    converted(&hub, "nicholasKluge/toxic-text", "default/english/0001.parquet", "english-1");
    converted(&hub, "AiresPucrs/tweets", "default/train/0000.parquet", "tweets");
    // Stand-ins of the same columns.
    converted(&hub, "fancyzhx/ag_news", "default/train/0000.parquet", "tweets");
    converted(&hub, "AiresPucrs/News-Category-Dataset", "default/train/0000.parquet", "tweets");
    hub
}

fn run(test: &str, hub: &Hub, home: &Cache, shell: &str) {
    let output = again(test, shell).env("HF_ENDPOINT", &hub.url).env("HF_HOME", &home.0).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed") && text.contains("checked"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn the_lessons_get_the_originals() {
    let (hub, home) = (lessons(), Cache::empty());
    run("data_sets::child_reads_the_originals", &hub, &home, "");
    assert_eq!(hub.methods().matches("HEAD").count(), 6);
    run("data_sets::child_reads_the_originals", &hub, &home, "HF_HUB_OFFLINE=1");
    run("data_sets::child_reads_the_originals", &hub, &home, "");
    assert_eq!(hub.methods(), "");

    // Other columns than expected.
    let (hub, home) = (Hub::start(), Cache::empty());
    converted(&hub, "nicholasKluge/toxic-text", "default/portuguese/0000.parquet", "types");
    converted(&hub, "AiresPucrs/tweets", "default/train/0000.parquet", "portuguese");
    run("data_sets::child_sees_other_columns", &hub, &home, "");
}

fn is_child() -> bool {
    std::env::var("HF_ENDPOINT").is_ok_and(|endpoint| endpoint.starts_with("http://127."))
}

fn values(name: &str, column: &str) -> Vec<Option<String>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    rows(name)[column].as_array().unwrap().iter().map(text).collect()
}

/// Runs only in a process of its own.
#[test]
fn child_reads_the_originals() {
    if !is_child() {
        return;
    }
    let comments = data::comments("pt", Source::Hub).unwrap();
    assert_eq!(
        (comments.name.as_str(), comments.classes.join(" ")),
        ("comments_pt", "constructive hostile".to_owned())
    );
    // One text of each class per row; a missing text and one of blanks are left out.
    let (kind, toxic) = (values("portuguese", "non_toxic"), values("portuguese", "toxic"));
    let expected: Vec<(String, usize)> = kind
        .into_iter()
        .zip(toxic)
        .flat_map(|(kind, toxic)| [(kind, 0), (toxic, 1)])
        .filter_map(|(text, label)| Some((text.filter(|text| !text.trim().is_empty())?, label)))
        .collect();
    assert_eq!(expected.len(), 12);
    let found: Vec<(String, usize)> = comments.texts().unwrap().into_iter().zip(comments.labels().unwrap()).collect();
    assert_eq!(found, expected);
    for dataset in [&comments, &data::comments("en", Source::Hub).unwrap(), &data::tweets(Source::Hub).unwrap()] {
        let bundled = data::tweets(Source::Bundled).unwrap();
        assert_eq!(dataset.frame.schema(), bundled.frame.schema());
        assert!(dataset.rationales().unwrap().iter().all(Vec::is_empty));
        assert_eq!(dataset.row(0).unwrap().source, "hub");
        let (train, test) = (dataset.split("train").unwrap(), dataset.split("test").unwrap());
        assert_eq!(train.len() + test.len(), dataset.len());
        let seen: BTreeSet<String> = train.texts().unwrap().into_iter().collect();
        assert!(test.texts().unwrap().iter().all(|text| !seen.contains(text)), "a text is in both parts");
        let ids: BTreeSet<String> = (0..dataset.len()).map(|i| dataset.row(i).unwrap().id).collect();
        assert_eq!(ids.len(), dataset.len());
    }
    let again = data::comments("pt", Source::Hub).unwrap();
    assert!(again.frame.equals(&comments.frame), "the split is the same every time");
    let tweets = data::tweets(Source::Hub).unwrap();
    let (labels, texts) = (rows("tweets")["label"].clone(), values("tweets", "text"));
    let expected: Vec<(String, usize)> = texts
        .into_iter()
        .zip(labels.as_array().unwrap())
        .filter_map(|(text, label)| Some((text?, label.as_u64()? as usize)))
        .collect();
    let found: Vec<(String, usize)> = tweets.texts().unwrap().into_iter().zip(tweets.labels().unwrap()).collect();
    assert_eq!(found, expected);
    assert_eq!(data::news(Source::Hub).unwrap().texts().unwrap(), tweets.texts().unwrap());
    // The categories are the classes, in order, and all rows are for training.
    let headlines = data::headlines(Source::Hub).unwrap();
    assert_eq!(headlines.split("train").unwrap().texts().unwrap(), tweets.texts().unwrap());
    let classes: BTreeSet<String> =
        labels.as_array().unwrap().iter().filter_map(Value::as_u64).map(|l| l.to_string()).collect();
    assert_eq!(headlines.classes, classes.into_iter().collect::<Vec<_>>());
    let named: Vec<String> = headlines.labels().unwrap().iter().map(|&i| headlines.classes[i].clone()).collect();
    assert_eq!(named, tweets.labels().unwrap().iter().map(usize::to_string).collect::<Vec<_>>());
    println!("checked");
}

/// Runs only in a process of its own.
#[test]
fn child_sees_other_columns() {
    if !is_child() {
        return;
    }
    let message = data::comments("pt", Source::Hub).unwrap_err().to_string();
    for word in ["nicholasKluge/toxic-text", "`truth`", "`non_toxic` and `toxic`", "Source::Bundled"] {
        assert!(message.contains(word), "{message}");
    }
    let message = data::tweets(Source::Hub).unwrap_err().to_string();
    for word in ["AiresPucrs/tweets", "`non_toxic`", "`text` and `label`", "Source::Bundled"] {
        assert!(message.contains(word), "{message}");
    }
    println!("checked");
}
