//! The explorer for a csv of your own: how do two classes of texts differ?
//!
//! `cargo run -p support --example explorer -- texts.csv explorer.html`: columns `text` and `label` or `toxic`, 0 or 1.
//! A third and fourth argument name the classes 0 and 1. Prints seconds and sizes.

use std::time::Instant;

use support::polars::prelude::{CsvReadOptions, DataType, SerReader};
use support::prelude::*;
use support::{Error, Result};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [path, out, names @ ..] = arguments.as_slice() else {
        return Err(Error::new("usage: explorer TEXTS.csv OUT.html [NAME OF 0] [NAME OF 1]"));
    };
    let dataset = read(path, names)?;
    let begun = Instant::now();
    let class = dataset.classes[1].clone();
    let contrast = text::contrast(&dataset, &class)?;
    let counted = begun.elapsed().as_secs_f64();
    let figure = plot::explorer(&dataset, &contrast)?;
    figure.save(out)?;
    let seconds = begun.elapsed().as_secs_f64();
    println!("{}", figure.description());
    println!("{} texts, {} terms, counted in {counted:.2} s", dataset.len(), contrast.len());
    let size = |bytes: usize| bytes as f64 / 1e6;
    println!("{out}: {:.2} MB, everything in {seconds:.2} s", size(figure.page().len()));
    let chart = figure.vega().map_or(0, |vega| vega.to_string().len());
    let picture = figure.png().map_or(&[][..], |png| png);
    println!("in the notebook: {:.3} MB vega-lite, {:.3} MB picture", size(chart), size(picture.len()));
    if let Some(stem) = out.strip_suffix(".html") {
        figure.save(&format!("{stem}.png"))?;
        std::fs::write(format!("{stem}.json"), figure.vega().map(ToString::to_string).unwrap_or_default())?;
    }
    Ok(())
}

/// A data set without rationales.
fn read(path: &str, names: &[String]) -> Result<Dataset> {
    let frame = CsvReadOptions::default().try_into_reader_with_file_path(Some(path.into()))?.finish()?;
    let labels = frame.column("label").or_else(|_| frame.column("toxic"))?.cast(&DataType::UInt32)?;
    let rows = frame.height();
    let ids: Vec<String> = (0..rows).map(|row| row.to_string()).collect();
    let text = frame.column("text")?.clone();
    let label = Series::new("label".into(), labels.u32()?.iter().collect::<Vec<Option<u32>>>());
    let frame = df!(
        "id" => ids, "text" => text.str()?.iter().collect::<Vec<Option<&str>>>(), "label" => label,
        "split" => vec!["train"; rows], "source" => vec!["file"; rows], "rationale" => vec![""; rows]
    )?;
    let name = |at: usize, other: &str| names.get(at).cloned().unwrap_or_else(|| other.to_owned());
    Ok(Dataset { name: path.to_owned(), classes: vec![name(0, "not toxic"), name(1, "toxic")], frame })
}
