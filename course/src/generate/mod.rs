//! `cargo course data NAME [--check]`: writes a bundled data set from its templates and hand-written rows,
//! byte for byte the same each time, or checks that the committed csv is what they give.
//! A new data set of labelled texts needs a folder `data/NAME` with `templates/*.txt` and `handwritten.txt`, and a line in
//! `DATA_SETS`; `headlines` and `news` are made their own way.

mod csv;
mod draw;
mod grammar;
mod handwritten;
mod headlines;
mod marked;
mod news;
mod noise;
mod overlap;
mod planted;
mod similar;
mod table;
mod template;

use draw::Decks;
use grammar::Grammar;
use handwritten::Row;
use random::SplitMix64;
use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const DATA_SETS: [&str; 6] = ["tweets", "comments_en", "comments_pt", "reviews", "headlines", "news"];

/// The files of a data set by name, and a report for people.
struct Output {
    files: Vec<(String, String)>,
    report: String,
}

/// `args`: the words after `cargo course data`.
///
/// # Errors
/// An unknown data set, a malformed template (`file:line: …`), or, with `--check`, a csv that differs.
pub fn run(args: &[String]) -> Result<(), String> {
    let (mut check, mut names) = (false, Vec::new());
    let mut args = lexopt::Parser::from_args(args);
    let refused = |error: lexopt::Error| format!("{error}; usage: {}", usage());
    while let Some(arg) = args.next().map_err(refused)? {
        match arg {
            lexopt::Arg::Long("check") => check = true,
            lexopt::Arg::Value(name) => names.push(name.to_string_lossy().into_owned()),
            other => return Err(refused(other.unexpected())),
        }
    }
    let name = match names.as_slice() {
        [name] if DATA_SETS.contains(&name.as_str()) => name.as_str(),
        [name] => return Err(format!("unknown data set `{name}`; usage: {}", usage())),
        _ => return Err(format!("expected one data set; usage: {}", usage())),
    };
    let folder = root().join("data").join(name);
    let Output { files, report } = output(name, &folder)?;
    for (file, fresh) in &files {
        let path = folder.join(file);
        if !check {
            std::fs::write(&path, fresh).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
            println!("wrote data/{name}/{file}");
            continue;
        }
        let committed = std::fs::read_to_string(&path)
            .map_err(|e| format!("cannot read {}: {e}; `cargo course data {name}` writes it", path.display()))?;
        if let Some((line, found, expected)) = first_difference(&committed, fresh) {
            return Err(format!(
                "data/{name}/{file} differs from a fresh generation, first at line {line}\n  file:  {found}\n  \
                 fresh: {expected}\n`cargo course data {name}` writes it anew"
            ));
        }
        println!("data/{name}/{file} is what its sources give ({} lines)", fresh.lines().count());
    }
    if !check {
        println!("{report}");
    }
    Ok(())
}

fn output(name: &str, folder: &Path) -> Result<Output, String> {
    match name {
        "headlines" => headlines::generate(folder),
        "news" => news::generate(folder),
        _ => {
            let (csv, report) = generate(folder)?;
            Ok(Output { files: vec![(format!("{name}.csv"), csv)], report })
        }
    }
}

fn usage() -> String {
    format!("cargo course data {} [--check]", DATA_SETS.join("|"))
}

/// The repository: cargo names this crate's folder when it runs us; otherwise where we were built.
fn root() -> PathBuf {
    let here = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    Path::new(&here).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The first line in which two texts differ, counted from 1. Line ends count.
fn first_difference(a: &str, b: &str) -> Option<(usize, String, String)> {
    if a == b {
        return None;
    }
    let (mut a, mut b) = (a.split('\n'), b.split('\n'));
    for line in 1.. {
        let (x, y) = (a.next(), b.next());
        if x != y {
            let show = |s: Option<&str>| s.map_or("(nothing: the text ends here)".to_owned(), |s| format!("{s:?}"));
            return Some((line, show(x), show(y)));
        }
        if x.is_none() {
            break;
        }
    }
    None
}

/// Hand-written rows of the parts that measure, and those that join the generated ones.
const HELD_OUT: &str = "handwritten.txt";
const TRAIN: &str = "handwritten_train.txt";

/// The csv and a report for people, from the files in `folder`.
fn generate(folder: &Path) -> Result<(String, String), String> {
    let read = |path: &Path| std::fs::read_to_string(path).map_err(|e| format!("cannot read {}: {e}", path.display()));
    let templates = folder.join("templates");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&templates)
        .map_err(|e| format!("cannot read {}: {e}", templates.display()))?
        .filter_map(|entry| entry.ok().map(|e| e.path()))
        .filter(|path| path.extension().is_some_and(|x| x == "txt"))
        .collect();
    paths.sort();
    let files = paths
        .iter()
        .map(|path| Ok((format!("templates/{}", path.file_name().unwrap_or_default().to_string_lossy()), read(path)?)))
        .collect::<Result<Vec<_>, String>>()?;
    let grammar = Grammar::parse(&files)?;
    let classes = classes(&grammar)?;
    let held_out = handwritten::read(HELD_OUT, &read(&folder.join(HELD_OUT))?, classes, "test")?;
    let path = folder.join(TRAIN);
    let more = match path.is_file() {
        true => handwritten::read(TRAIN, &read(&path)?, classes, "train")?,
        false => Vec::new(),
    };
    let generated = draw_all(&grammar, &held_out, &more)?;
    let csv = write(&grammar, &generated, &more, &held_out);
    let train: Vec<Row> = generated.into_iter().chain(more).collect();
    Ok((csv, report(&grammar, &train, &held_out)))
}

/// Labels must be 0, 1, 2, … in order, so that they index the class names.
fn classes(grammar: &Grammar) -> Result<u32, String> {
    for (i, class) in grammar.classes.iter().enumerate() {
        if class.label as usize != i {
            return Err(format!("{}: expected label {i}, found {}", class.place, class.label));
        }
    }
    Ok(grammar.classes.len() as u32)
}

/// The generated rows, shuffled. No two rows, hand-written ones included, have the same words; no row of the training
/// part holds a held-out one of three words or more, or a longer run of its words than the templates allow.
fn draw_all(grammar: &Grammar, held_out: &[Row], more: &[Row]) -> Result<Vec<Row>, String> {
    let written: Vec<String> = held_out.iter().map(|row| row.text.text()).collect();
    let too_long = grammar.max_shared_words.saturating_add(1);
    let shared = overlap::runs(&written, too_long);
    let short = overlap::short_texts(&written, 3, grammar.max_shared_words);
    let too_near = |text: &str| overlap::shares_run(text, &shared, too_long) || overlap::holds_one(text, &short);
    let mut seen = HashSet::new();
    for (file, row) in held_out.iter().map(|row| (HELD_OUT, row)).chain(more.iter().map(|row| (TRAIN, row))) {
        let text = row.text.text();
        if !seen.insert(overlap::words(&text)) {
            return Err(format!("{file}: another row has the same words: {text}"));
        }
        if file == TRAIN && too_near(&text) {
            return Err(format!("{file}: this row is too near to a held-out one: {text}"));
        }
    }
    let mut rows = Vec::new();
    for class in &grammar.classes {
        let mut rng = SplitMix64::new(grammar.seed.wrapping_add(u64::from(class.label)));
        let (mut kept, mut tries, mut decks) = (0, 0, Decks::new());
        while kept < class.rows {
            tries += 1;
            if tries > class.rows * 50 {
                return Err(format!("{}: only {kept} different texts for class `{}`", class.place, class.name));
            }
            let mut text = grammar.draw(&class.rule, &mut rng, &mut decks);
            // Two rows that differ in noise alone would be duplicates to a reader.
            let clean = text.text();
            if too_near(&clean) || !seen.insert(overlap::words(&clean)) {
                continue;
            }
            grammar.noise.iter().for_each(|noise| noise.apply(&mut text, &mut rng));
            rows.push(Row { label: class.label, text, split: "train", kind: String::new() });
            kept += 1;
        }
    }
    SplitMix64::new(grammar.seed).shuffle(&mut rows);
    Ok(rows)
}

/// Generated rows first (`g0001`…), then the hand-written ones of the training part (`w0001`…), then the held-out ones,
/// shuffled, validation before test; `h0001` is the first row of handwritten.txt. The column `kind` is there when a row
/// has one.
fn write(grammar: &Grammar, train: &[Row], more: &[Row], written: &[Row]) -> String {
    let kinds = written.iter().chain(more).any(|row| !row.kind.is_empty());
    let mut out = String::new();
    let mut line = |fields: [&str; 7]| out += &csv::line(&fields[..if kinds { 7 } else { 6 }]);
    line(["id", "text", "label", "split", "source", "rationale", "kind"]);
    let mut row = |id: String, row: &Row, source: &str| {
        let (text, label, rationale) = (row.text.text(), row.label.to_string(), row.text.rationale());
        line([&id, &text, &label, row.split, source, &rationale, &row.kind]);
    };
    for (i, r) in train.iter().enumerate() {
        row(format!("g{:04}", i + 1), r, "generated");
    }
    for (i, r) in more.iter().enumerate() {
        row(format!("w{:04}", i + 1), r, "handwritten");
    }
    let mut order: Vec<usize> = (0..written.len()).collect();
    SplitMix64::new(grammar.seed).shuffle(&mut order);
    order.sort_by_key(|&i| handwritten::SPLITS.iter().position(|split| *split == written[i].split));
    for i in order {
        row(format!("h{:04}", i + 1), &written[i], "handwritten");
    }
    out
}

/// Sizes, lengths and overlap: the numbers of the datasheet.
fn report(grammar: &Grammar, train: &[Row], written: &[Row]) -> String {
    let mut out = String::new();
    for split in handwritten::SPLITS {
        let rows: Vec<&Row> = train.iter().chain(written).filter(|row| row.split == split).collect();
        if rows.is_empty() {
            continue;
        }
        let lengths = |rows: &[&Row]| {
            let mut n: Vec<usize> = rows.iter().map(|r| r.text.words().len()).collect();
            n.sort_unstable();
            let at = |q: usize| n.get((n.len() * q / 100).min(n.len().saturating_sub(1))).copied().unwrap_or(0);
            format!("words min {} median {} 90% {} max {}", at(0), at(50), at(90), at(100))
        };
        for class in &grammar.classes {
            let of_class: Vec<&Row> = rows.iter().copied().filter(|r| r.label == class.label).collect();
            let with = of_class.iter().filter(|r| !r.text.spans().is_empty()).count();
            let share = |n: usize, of: usize| 100.0 * n as f64 / of.max(1) as f64;
            let _ = writeln!(
                out,
                "{split:10} {} {:8} {:5} rows ({:4.1} %)  rationale in {:5.1} %  {}",
                class.label,
                class.name,
                of_class.len(),
                share(of_class.len(), rows.len()),
                share(with, of_class.len()),
                lengths(&of_class)
            );
        }
    }
    let texts = |rows: &[Row]| rows.iter().map(|r| r.text.text()).collect::<Vec<_>>();
    let shared = overlap::longest_shared(&texts(train), &texts(written));
    let _ = write!(out, "longest run of words that training and held-out texts share: {shared}");
    out
}

#[cfg(test)]
mod tests;
