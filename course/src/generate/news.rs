//! The data set `news`: hand-written articles of four topics, `Headline | Body` with `[[rationale]]`. Shuffled with a seed;
//! every fifth article of each topic is in the test part. Nothing is generated.

use super::marked::Marked;
use super::{Output, csv, overlap};
use random::SplitMix64;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;

/// In the order of the labels.
const TOPICS: [&str; 4] = ["world", "sports", "business", "science"];
const SEED: u64 = 20_261_123;

struct Article {
    headline: String,
    text: Marked,
    label: usize,
    split: &'static str,
}

/// news.csv and a report for people.
pub fn generate(folder: &Path) -> Result<Output, String> {
    let mut articles = Vec::new();
    for (label, topic) in TOPICS.iter().enumerate() {
        let path = folder.join(format!("{topic}.txt"));
        let contents = std::fs::read_to_string(&path).map_err(|e| format!("cannot read {}: {e}", path.display()))?;
        articles.extend(read(&format!("{topic}.txt"), &contents, label)?);
    }
    let (mut texts, mut headlines) = (HashSet::new(), HashSet::new());
    for article in &articles {
        let text = article.text.text();
        if !texts.insert(overlap::words(&text)) || !headlines.insert(overlap::words(&article.headline)) {
            return Err(format!("{}: another article has the same words: {text}", TOPICS[article.label]));
        }
    }
    SplitMix64::new(SEED).shuffle(&mut articles);
    let mut out = csv::line(&["id", "headline", "text", "label", "split", "source", "rationale"]);
    for (i, a) in articles.iter().enumerate() {
        let (id, text, label) = (format!("n{:04}", i + 1), a.text.text(), a.label.to_string());
        out += &csv::line(&[&id, &a.headline, &text, &label, a.split, "handwritten", &a.text.rationale()]);
    }
    let mut report = String::new();
    for (label, topic) in TOPICS.iter().enumerate() {
        let of: Vec<&Article> = articles.iter().filter(|a| a.label == label).collect();
        let test = of.iter().filter(|a| a.split == "test").count();
        let words: usize = of.iter().map(|a| a.text.words().len()).sum();
        let marked = of.iter().filter(|a| !a.text.spans().is_empty()).count();
        let mean = words as f64 / of.len().max(1) as f64;
        let _ = writeln!(report, "{topic:9} {} articles, {test} test, {mean:.1} words, marks in {marked}", of.len());
    }
    Ok(Output { files: vec![("news.csv".to_owned(), out)], report: report.trim_end().to_owned() })
}

/// `Headline | Body` per line, `#` starts a comment. A headline without a mark at its end gets a full stop.
fn read(file: &str, contents: &str, label: usize) -> Result<Vec<Article>, String> {
    let mut articles = Vec::new();
    for (number, line) in contents.lines().enumerate() {
        let place = format!("{file}:{}", number + 1);
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [headline, body] = parts[..] else {
            return Err(format!("{place}: expected `Headline | Body`, found {} parts", parts.len()));
        };
        if headline.is_empty() || body.is_empty() {
            return Err(format!("{place}: the headline or the body is empty"));
        }
        let title = Marked::parse(headline).map_err(|e| format!("{place}: {e}"))?.text();
        let stop = if title.ends_with(['?', '!', '.', '…']) { "" } else { "." };
        let text = Marked::parse(&format!("{headline}{stop} {body}")).map_err(|e| format!("{place}: {e}"))?;
        let split = if articles.len() % 5 == 4 { "test" } else { "train" };
        articles.push(Article { headline: title, text, label, split });
    }
    Ok(articles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headline_and_body_become_one_text_with_spans() {
        let articles = read("w.txt", "# note\n[[Votes]] counted | A [[party]] won.\nWhy? | So.\n", 0).unwrap();
        assert_eq!(
            (articles[0].text.text().as_str(), articles[0].text.rationale().as_str()),
            ("Votes counted. A party won.", "0:5;17:22")
        );
        assert_eq!((articles[0].headline.as_str(), articles[1].text.text().as_str()), ("Votes counted", "Why? So."));
    }

    #[test]
    fn every_fifth_article_is_test() {
        let lines: String = (0..10).map(|i| format!("Title {i} | Body.\n")).collect();
        let splits: Vec<_> = read("w.txt", &lines, 0).unwrap().iter().map(|a| a.split).collect();
        assert_eq!(splits.iter().map(|s| u32::from(*s == "test")).collect::<Vec<_>>(), [0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn mistakes_name_file_line_and_cause() {
        for (text, expected) in [
            ("No body\n", "w.txt:1: expected `Headline | Body`, found 1 parts"),
            ("a | b | c\n", "w.txt:1: expected `Headline | Body`, found 3 parts"),
            ("a |\n", "w.txt:1: the headline or the body is empty"),
            ("[[a | b\n", "w.txt:1: `[[` is never closed"),
        ] {
            let error = read("w.txt", text, 0).err().unwrap();
            assert!(error.contains(expected), "{error}");
        }
    }
}
