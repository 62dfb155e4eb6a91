//! The data sets of the course as polars frames, with the spans of text that cause each label.
//!
//! A data set is bundled with the course, downloaded from the hub, or read from the learner's own csv. Everything is
//! checked when it is read, so that a mistake in a file shows as a sentence and not as a strange result later.

mod hub;
mod rationale;
mod read;
mod split;

pub use ground::Span;
pub use read::parse as csv_as_text;
pub use split::{sample, shuffle_labels, train_test_split};

use polars::df;
use polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray, StringChunked};

use ground::{Error, Result, bail};

/// Where a data set comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The one that is part of the course.
    Bundled,
    /// The original that the lesson goes back to, from the Hugging Face hub: downloaded once, then taken from the
    /// cache (see [`crate::hub`]). The labels are its authors', there are no rationales, and the texts can be
    /// offensive. Where it has no split, a tenth of the distinct texts, drawn with a fixed seed, is the test part.
    Hub,
    /// A csv file of your own with at least the columns `text` and `label` (an integer, from 0).
    File(String),
}

/// Labelled texts.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// What it is called: `"tweets"`.
    pub name: String,
    /// The names of the classes; a label is an index into them.
    pub classes: Vec<String>,
    /// One row per text. Columns: `id` (str), `text` (str), `label` (u32), `split` (str: `train` or `test`), `source`
    /// (str: `generated`, `handwritten`, `file` or `hub`), `rationale` (str: spans as `start:end;start:end`). Some data
    /// sets have more: `validation` rows, and `kind` (str: what a hand-written text is an example of).
    pub frame: DataFrame,
}

/// One row of a [`Dataset`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its name in the data set.
    pub id: String,
    /// The text.
    pub text: String,
    /// The index of its class.
    pub label: usize,
    /// The name of its class.
    pub class: String,
    /// `train` or `test`.
    pub split: String,
    /// How it came about: `generated`, `handwritten`, `file` or `hub`.
    pub source: String,
    /// The spans of the text that cause the label.
    pub rationale: Vec<Span>,
}

/// Tweets to an airline: negative, neutral or positive.
///
/// # Errors
/// A file that is missing, is not a csv file, lacks a column, or holds a label that is not 0, 1 or 2; for
/// [`Source::Hub`] what can go wrong with a download (see [`crate::hub::Repository::file`]).
pub fn tweets(source: Source) -> Result<Dataset> {
    let classes = ["negative", "neutral", "positive"].map(String::from);
    match source {
        Source::Bundled => read::csv(&read::bundled("tweets/tweets.csv")?, "tweets", &classes),
        Source::Hub => hub::tweets(&classes),
        Source::File(path) => read::csv(&path, "tweets", &classes),
    }
}

/// Comments under local news, in English (`"en"`) or Portuguese (`"pt"`): constructive or hostile.
///
/// [`Source::Hub`] is nicholasKluge/toxic-text: each of its rows gives two, `non_toxic` as constructive and `toxic` as
/// hostile. It holds abuse and slurs.
///
/// # Errors
/// Another language, or a file as in [`tweets`], with labels 0 and 1.
pub fn comments(language: &str, source: Source) -> Result<Dataset> {
    let name = match language {
        "en" => "comments_en",
        "pt" => "comments_pt",
        _ => bail!("there are no comments in `{language}`. Languages: \"en\" (English), \"pt\" (Portuguese)"),
    };
    let classes = ["constructive", "hostile"].map(String::from);
    match source {
        Source::Bundled => read::csv(&read::bundled(&format!("{name}/{name}.csv"))?, name, &classes),
        Source::Hub => hub::comments(name, &classes),
        Source::File(path) => read::csv(&path, name, &classes),
    }
}

/// Short reviews of films, books, restaurants, gadgets, courses and more: negative or positive. The parts `validation`
/// and `test` are hand-written; their column `kind` says what a review is an example of: plain, negation, contrast,
/// comparison, mixed, irony.
///
/// [`Source::Hub`] is AiresPucrs/sentiment-analysis, 85,000 reviews and comments.
///
/// # Errors
/// A file as in [`tweets`], with labels 0 and 1.
pub fn reviews(source: Source) -> Result<Dataset> {
    let classes = ["negative", "positive"].map(String::from);
    match source {
        Source::Bundled => read::csv(&read::bundled("reviews/reviews.csv")?, "reviews", &classes),
        Source::Hub => hub::reviews(&classes),
        Source::File(path) => read::csv(&path, "reviews", &classes),
    }
}

/// Sentences of plain news English in fourteen domains, for training word vectors; the class of a sentence is its domain.
/// All are in the part `train`. The spans mark words of a planted pair, such as a country and its capital; see
/// [`analogies`] and [`similarities`].
///
/// [`Source::Hub`] is AiresPucrs/News-Category-Dataset: real headlines, their categories as classes.
///
/// # Errors
/// A file as in [`tweets`], with labels from 0 to 13.
pub fn headlines(source: Source) -> Result<Dataset> {
    let classes = [
        "politics",
        "science",
        "sport",
        "food",
        "music",
        "travel",
        "business",
        "health",
        "weather",
        "law",
        "nature",
        "school",
        "home",
        "transport",
    ]
    .map(String::from);
    match source {
        Source::Bundled => read::csv(&read::bundled("headlines/headlines.csv")?, "headlines", &classes),
        Source::Hub => hub::headlines(),
        Source::File(path) => read::csv(&path, "headlines", &classes),
    }
}

/// Short news articles, a headline and one or two sentences: world, sports, business or science. The column `headline`
/// holds the first part of `text` by itself.
///
/// [`Source::Hub`] is ag_news, 127,600 articles of the same topics, without headlines of their own.
///
/// # Errors
/// A file as in [`tweets`], with labels 0 to 3.
pub fn news(source: Source) -> Result<Dataset> {
    let classes = ["world", "sports", "business", "science"].map(String::from);
    match source {
        Source::Bundled => read::csv(&read::bundled("news/news.csv")?, "news", &classes),
        Source::Hub => hub::news(&classes),
        Source::File(path) => read::csv(&path, "news", &classes),
    }
}

/// Ten search queries for the bundled [`news`]: columns `query` and `headline` (str). Each paraphrases one article and was
/// written before any model had read it. It shares no content word with its article's headline; with the rest it may.
///
/// # Errors
/// The bundled file is missing or damaged.
pub fn news_queries() -> Result<DataFrame> {
    read::table("news/queries.csv", &["query", "headline"], &[])
}

/// Questions about the pairs planted in [`headlines`]: columns `relation`, `a`, `b`, `c`, `d` (all str). `a` is to `b` as
/// `c` is to `d`.
///
/// # Errors
/// The bundled file is missing or damaged.
pub fn analogies() -> Result<DataFrame> {
    read::table("headlines/analogies.csv", &["relation", "a", "b", "c", "d"], &[])
}

/// Pairs of words of [`headlines`] with grades from 0 to 4: columns `word_a`, `word_b` (str), `similarity` (could one
/// stand for the other?) and `relatedness` (do they occur together?), both f64. The grades follow from how the corpus
/// was made; the rule is in data/headlines/README.md.
///
/// # Errors
/// The bundled file is missing or damaged.
pub fn similarities() -> Result<DataFrame> {
    read::table("headlines/similarities.csv", &["word_a", "word_b"], &["similarity", "relatedness"])
}

impl Dataset {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.frame.height()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The texts.
    ///
    /// # Errors
    /// A frame that was changed and has lost the column.
    pub fn texts(&self) -> Result<Vec<String>> {
        self.strings("text")
    }

    /// The labels, indices into [`classes`](Dataset::classes).
    ///
    /// # Errors
    /// A frame that was changed: the column is gone, or no longer holds labels.
    pub fn labels(&self) -> Result<Vec<usize>> {
        let column = self.frame.column("label")?.u32()?;
        let label = |(row, label): (usize, Option<u32>)| match label {
            Some(label) if (label as usize) < self.classes.len() => Ok(label as usize),
            Some(label) => Err(Error::new(format!("row {row} has label {label}, the classes are {:?}", self.classes))),
            None => Err(Error::new(format!("row {row} has no label"))),
        };
        column.iter().enumerate().map(label).collect()
    }

    /// Per row the spans of the text that cause its label; empty where none is known.
    ///
    /// # Errors
    /// A span that is not `start:end` or lies outside its text, with the row.
    pub fn rationales(&self) -> Result<Vec<Vec<Span>>> {
        let (ids, texts) = (self.strings("id")?, self.strings("text")?);
        let spans = self.strings("rationale")?;
        (0..self.len()).map(|i| rationale::parse(&spans[i], &texts[i], &ids[i])).collect()
    }

    /// The rows of one part: `split("train")?`, `split("test")?`.
    ///
    /// # Errors
    /// No row is in that part; the message names the parts there are.
    pub fn split(&self, part: &str) -> Result<Dataset> {
        let splits = self.strings("split")?;
        let mask: BooleanChunked = splits.iter().map(|split| split == part).collect();
        let frame = self.frame.filter(&mask)?;
        if frame.height() == 0 {
            let mut parts = splits;
            parts.sort_unstable();
            parts.dedup();
            bail!(
                "no row of `{}` is in the part `{part}`. Parts: {}. `data::train_test_split` makes a new split",
                self.name,
                parts.join(", ")
            );
        }
        Ok(Dataset { frame, ..self.clone() })
    }

    /// How many rows each class has, and their share: a frame with `class`, `rows`, `share`.
    ///
    /// # Errors
    /// As [`labels`](Dataset::labels).
    pub fn class_counts(&self) -> Result<DataFrame> {
        let mut counts = vec![0u32; self.classes.len()];
        for label in self.labels()? {
            counts[label] += 1;
        }
        let shares: Vec<f64> = counts.iter().map(|&count| f64::from(count) / self.len().max(1) as f64).collect();
        Ok(df!("class" => &self.classes, "rows" => &counts, "share" => &shares)?)
    }

    /// Row `i`, from 0.
    ///
    /// # Errors
    /// No such row, or a bad rationale span in it.
    pub fn row(&self, i: usize) -> Result<Row> {
        if i >= self.len() {
            bail!("there is no row {i}: `{}` has {} rows, counted from 0", self.name, self.len());
        }
        let one = Dataset { frame: self.frame.slice(i as i64, 1), ..self.clone() };
        let cell = |column: &str| Ok::<String, Error>(one.strings(column)?.swap_remove(0));
        let label = one.labels()?[0];
        Ok(Row {
            id: cell("id")?,
            text: cell("text")?,
            label,
            class: self.classes[label].clone(),
            split: cell("split")?,
            source: cell("source")?,
            rationale: one.rationales()?.swap_remove(0),
        })
    }

    fn strings(&self, column: &str) -> Result<Vec<String>> {
        let values = self.frame.column(column)?.str()?;
        Ok(values.iter().map(|value| value.unwrap_or_default().to_owned()).collect())
    }

    /// The same rows with another `split` column.
    fn with_split(&self, split: &str) -> Result<Dataset> {
        let mut frame = self.frame.clone();
        let column = StringChunked::from_slice("split".into(), &vec![split; self.len()]);
        frame.with_column(polars::prelude::IntoColumn::into_column(column))?;
        Ok(Dataset { frame, ..self.clone() })
    }

    /// One line, then the first rows.
    pub fn evcxr_display(&self) {
        println!("{}: {} rows, classes {}", self.name, self.len(), self.classes.join(", "));
        println!("{}", self.frame.head(Some(5)));
    }
}
