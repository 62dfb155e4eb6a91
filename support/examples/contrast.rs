//! The terms that set two classes apart in a csv of your own, and how long it takes to find them.
//!
//! `cargo run -p support --example contrast -- PATH.csv [STOP]`: columns `text` and `label` (0 or 1); `STOP` is a
//! language code whose stop words are left out. `benches/peers/contrast_scattertext.py` prints the same lists from
//! the Python package scattertext; as there, words of one letter count.

use std::time::Instant;

use support::data::{Dataset, Source};
use support::polars::prelude::DataFrame;
use support::text::{Contrast, ContrastOptions, Counts, contexts, stop_words, zipf_fit};
use support::{Error, Result, data};

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or_else(|| Error::new("usage: contrast PATH.csv [en|pt]"))?;
    let mut dataset = data::comments("en", Source::File(path))?;
    dataset.classes = ["class 0", "class 1"].map(String::from).to_vec();
    let mut options = ContrastOptions::new().shortest_word(1);
    if let Some(language) = arguments.next() {
        options = options.stop_words(&stop_words(&language)?);
    }
    let mut times = Vec::new();
    let mut made: Option<Contrast> = None;
    for _ in 0..5 {
        let begun = Instant::now();
        made = Some(options.fit(&dataset, "class 1")?);
        times.push(begun.elapsed().as_secs_f64());
    }
    let contrast = made.ok_or_else(|| Error::new("nothing was counted"))?;
    contrast.evcxr_display();
    let begun = Instant::now();
    let frame = contrast.frame()?;
    println!(
        "counted in {:.3} s (first), {:.3} s (fastest of 5); all scores of {} terms in {:.3} s",
        times[0],
        times.iter().copied().fold(f64::INFINITY, f64::min),
        frame.height(),
        begun.elapsed().as_secs_f64()
    );
    for score in ["scaled_f", "z"] {
        println!("{score}, class 1: {}", terms(&contrast.top(score, 20)?)?);
        println!("{score}, class 0: {}", terms(&contrast.bottom(score, 20)?)?);
    }
    let named = contrast.significant(0.01)?.iter().filter(|&&yes| yes).count();
    println!("{named} terms differ at a false-discovery rate of 0.01");
    if let Some(shares) = &contrast.rationale_shares {
        let named = contrast.significant(0.01)?;
        let outside = |&i: &usize| named[i] && shares[i] < 0.1;
        let terms: Vec<&str> = (0..contrast.len()).filter(outside).map(|i| contrast.terms[i].as_str()).collect();
        println!("of these hardly ever inside a rationale: {}", terms.join(", "));
    }
    concordance(&dataset, &contrast)?;
    let begun = Instant::now();
    zipf_fit(&Counts::new().fit_transform(&dataset.texts()?)?.1.column_sums())?.evcxr_display();
    println!("counted and fitted in {:.3} s", begun.elapsed().as_secs_f64());
    Ok(())
}

fn terms(frame: &DataFrame) -> Result<String> {
    let terms = frame.column("term")?.str()?;
    Ok(terms.iter().flatten().collect::<Vec<_>>().join(", "))
}

fn concordance(dataset: &Dataset, contrast: &Contrast) -> Result<()> {
    let best = contrast.top("z", 1)?;
    let term = best.column("term")?.str()?.get(0).unwrap_or_default().to_owned();
    let begun = Instant::now();
    let places = contexts(dataset, &term, 30, 100_000)?;
    println!("`{term}`: {} places found in {:.3} s", places.height(), begun.elapsed().as_secs_f64());
    Ok(())
}
