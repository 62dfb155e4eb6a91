//! The original data sets of the lessons, from the Hugging Face hub, in the columns of a [`Dataset`].
//!
//! Labels are those of the originals. They come without rationales, and mostly without a split: then a tenth of the
//! distinct texts, drawn with a fixed seed, is the test part. Rows without a text are left out.

use std::collections::BTreeMap;

use polars::df;
use polars::prelude::{Column, DataFrame, DataType};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::Dataset;
use crate::hub;
use ground::{Result, bail};

const TEST_SHARE: f64 = 0.1;
const SEED: u64 = 42;

/// A text with its place in the original, its label and its part, where the original has parts.
struct Text {
    id: String,
    text: String,
    label: u32,
    part: Option<&'static str>,
}

/// [AiresPucrs/tweets](https://huggingface.co/datasets/AiresPucrs/tweets): columns `text` and `label`.
pub(super) fn tweets(classes: &[String]) -> Result<Dataset> {
    dataset("tweets", classes, texts("AiresPucrs/tweets", classes)?, 0.0)
}

/// [AiresPucrs/sentiment-analysis](https://huggingface.co/datasets/AiresPucrs/sentiment-analysis): `text` and `label`. A
/// tenth is the validation part, as much as the test part.
pub(super) fn reviews(classes: &[String]) -> Result<Dataset> {
    dataset("reviews", classes, texts("AiresPucrs/sentiment-analysis", classes)?, TEST_SHARE)
}

/// [ag_news](https://huggingface.co/datasets/fancyzhx/ag_news): `text` and `label`, in the order of our classes.
pub(super) fn news(classes: &[String]) -> Result<Dataset> {
    dataset("news", classes, texts("fancyzhx/ag_news", classes)?, 0.0)
}

/// [AiresPucrs/News-Category-Dataset](https://huggingface.co/datasets/AiresPucrs/News-Category-Dataset): the headlines
/// (`text` or `headline`), with the names of their categories (`category` or `label`) in alphabetical order as classes.
/// All of them are in the part `train`: word vectors are trained on all there is.
pub(super) fn headlines() -> Result<Dataset> {
    const NAME: &str = "AiresPucrs/News-Category-Dataset";
    let repository = hub::dataset(NAME);
    let (mut rows, mut classes) = (Vec::new(), BTreeMap::new());
    for split in repository.splits()? {
        let frame = repository.parquet(&split)?;
        let (Some(texts), Some(labels)) =
            (find(&frame, &["text", "headline"]), find(&frame, &["category", "label", "labels"]))
        else {
            bail!(
                "the data set {NAME}: its columns are {} now; `text` and `label` were expected. Read it with \
                 hub::dataset(\"{NAME}\").parquet(\"{split}\")?, or use Source::Bundled",
                columns(&frame)
            );
        };
        let (texts, labels) = (texts.cast(&DataType::String)?, labels.cast(&DataType::String)?);
        for (row, (text, label)) in texts.str()?.iter().zip(labels.str()?.iter()).enumerate() {
            let (Some(text), Some(label)) = (text, label) else { continue };
            classes.insert(label.to_owned(), 0);
            rows.push((format!("{split}-{row}"), text.to_owned(), label.to_owned()));
        }
    }
    classes.values_mut().enumerate().for_each(|(i, index)| *index = i as u32);
    let texts =
        rows.into_iter().map(|(id, text, label)| Text { id, text, label: classes[&label], part: Some("train") });
    let names: Vec<String> = classes.keys().cloned().collect();
    dataset("headlines", &names, texts.collect(), 0.0)
}

/// The labelled texts of a data set with the columns `text` and `label`.
fn texts(name: &str, classes: &[String]) -> Result<Vec<Text>> {
    let repository = hub::dataset(name);
    let mut texts = Vec::new();
    for split in repository.splits()? {
        let part = match split.as_str() {
            "test" => Some("test"),
            "train" => Some("train"),
            _ => continue,
        };
        let frame = repository.parquet(&split)?;
        let read = labelled(&frame, classes, &split);
        texts.extend(
            read.map_err(|error| error.context(format!("the data set {name}")))?
                .into_iter()
                .map(|text| Text { part, ..text }),
        );
    }
    if !texts.iter().any(|text| text.part == Some("test")) {
        texts.iter_mut().for_each(|text| text.part = None);
    }
    Ok(texts)
}

/// [nicholasKluge/toxic-text](https://huggingface.co/datasets/nicholasKluge/toxic-text): the splits `english` and
/// `portuguese`, with a text of each class per row in the columns `non_toxic` and `toxic`.
pub(super) fn comments(name: &str, classes: &[String]) -> Result<Dataset> {
    let split = if name == "comments_pt" { "portuguese" } else { "english" };
    let frame = hub::dataset("nicholasKluge/toxic-text").parquet(split)?;
    let Some(texts) = pairs(&frame, &["non_toxic", "toxic"]) else {
        bail!(
            "the data set nicholasKluge/toxic-text: its columns are {} now; `non_toxic` and `toxic` were expected. \
             Read it with hub::dataset(\"nicholasKluge/toxic-text\").parquet(\"{split}\")?, or use Source::Bundled",
            columns(&frame)
        );
    };
    dataset(name, classes, texts, 0.0)
}

/// A column per class, a text in each: one row becomes one text per class.
fn pairs(frame: &DataFrame, names: &[&str]) -> Option<Vec<Text>> {
    let found: Vec<(&str, &Column)> =
        names.iter().map(|name| Some((*name, find(frame, &[name])?))).collect::<Option<_>>()?;
    let mut texts = Vec::with_capacity(frame.height() * names.len());
    let mut values = Vec::new();
    for (name, column) in found {
        values.push((name, column.str().ok()?.iter()));
    }
    for row in 0..frame.height() {
        for (label, (name, column)) in values.iter_mut().enumerate() {
            if let Some(Some(text)) = column.next() {
                texts.push(Text {
                    id: format!("{row}-{name}"),
                    text: text.to_owned(),
                    label: label as u32,
                    part: None,
                });
            }
        }
    }
    Some(texts)
}

/// A column `text`, and a column `label` with numbers or the names of the classes.
fn labelled(frame: &DataFrame, classes: &[String], split: &str) -> Result<Vec<Text>> {
    let (Some(texts), Some(labels)) = (find(frame, &["text", "tweet"]), find(frame, &["label", "labels"])) else {
        bail!(
            "its columns are {} now; `text` and `label` were expected. Use Source::Bundled, or read it with hub::dataset",
            columns(frame)
        );
    };
    let labels = labels.cast(&DataType::String)?;
    let mut found = Vec::with_capacity(frame.height());
    for (row, (text, label)) in texts.cast(&DataType::String)?.str()?.iter().zip(labels.str()?.iter()).enumerate() {
        let (Some(text), Some(label)) = (text, label) else { continue };
        let number = label
            .parse::<f64>()
            .ok()
            .filter(|number| number.fract() == 0.0 && *number >= 0.0)
            .map(|number| number as usize);
        let index = number.or_else(|| classes.iter().position(|class| class.eq_ignore_ascii_case(label)));
        let Some(index) = index.filter(|&index| index < classes.len()) else {
            bail!(
                "row {row} of the split `{split}` has the label `{label}`. Labels: 0 to {} ({})",
                classes.len() - 1,
                classes.join(", ")
            );
        };
        found.push(Text { id: format!("{split}-{row}"), text: text.to_owned(), label: index as u32, part: None });
    }
    Ok(found)
}

/// The first column with one of the names; `Non-Toxic` is `non_toxic`.
fn find<'a>(frame: &'a DataFrame, names: &[&str]) -> Option<&'a Column> {
    let plain = |name: &str| name.to_lowercase().replace(['-', '_', ' '], "");
    names.iter().find_map(|name| frame.columns().iter().find(|column| plain(column.name()) == plain(name)))
}

fn columns(frame: &DataFrame) -> String {
    frame.get_column_names().iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The frame, with a test part where the original has none, and `validation` of the distinct texts as the part of that
/// name. Equal texts are in the same part.
fn dataset(name: &str, classes: &[String], mut texts: Vec<Text>, validation: f64) -> Result<Dataset> {
    texts.retain(|text| !text.text.trim().is_empty());
    if texts.is_empty() {
        bail!("the data set from the hub has no row with a text. Use Source::Bundled");
    }
    let mut distinct: Vec<&str> = texts.iter().map(|text| text.text.as_str()).collect();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.shuffle(&mut ChaCha8Rng::seed_from_u64(SEED));
    let test = (distinct.len() as f64 * TEST_SHARE).ceil() as usize;
    let validation = (distinct.len() as f64 * validation).ceil() as usize;
    let part = |i: usize| match i {
        _ if i < test => "test",
        _ if i < test + validation => "validation",
        _ => "train",
    };
    let drawn: BTreeMap<&str, &str> = distinct.iter().enumerate().map(|(i, text)| (*text, part(i))).collect();
    let parts: Vec<&str> = texts.iter().map(|text| text.part.unwrap_or_else(|| drawn[text.text.as_str()])).collect();
    let rows = texts.len();
    let frame = df!(
        "id" => texts.iter().map(|text| text.id.as_str()).collect::<Vec<_>>(),
        "text" => texts.iter().map(|text| text.text.as_str()).collect::<Vec<_>>(),
        "label" => texts.iter().map(|text| text.label).collect::<Vec<_>>(),
        "split" => parts,
        "source" => vec!["hub"; rows],
        "rationale" => vec![""; rows],
    )?;
    Ok(Dataset { name: name.to_owned(), classes: classes.to_vec(), frame })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_a_part_and_a_tenth_each_is_test_and_validation() -> Result<()> {
        let text = |row: usize| Text { id: row.to_string(), text: format!("text {}", row % 100), label: 0, part: None };
        let classes = ["a", "b"].map(String::from);
        let found = dataset("reviews", &classes, (0..200).map(text).collect(), TEST_SHARE)?;
        let (texts, mut parts) = (found.texts()?, BTreeMap::new());
        for (text, part) in texts.iter().zip(found.frame.column("split")?.str()?.iter()) {
            let part = part.unwrap_or_default().to_owned();
            assert_eq!(*parts.entry(text.clone()).or_insert_with(|| part.clone()), part);
        }
        let count = |part: &str| parts.values().filter(|other| *other == part).count();
        assert_eq!([count("train"), count("validation"), count("test")], [80, 10, 10]);
        Ok(())
    }
}
