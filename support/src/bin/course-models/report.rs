//! What the commands print: JSON lines, or tables for the eye.

use std::io::Write as _;

use support::display::one_line;
use support::serde_json::{Value, json};

/// Prints a line. Who stops reading (`| head`) ends the program without a word.
pub fn say(line: &str) {
    if let Err(error) = writeln!(std::io::stdout(), "{line}") {
        if error.kind() != std::io::ErrorKind::BrokenPipe {
            eprintln!("writing the answer: {error}");
        }
        std::process::exit(1);
    }
}

/// A JSON object on one line, its fields in this order.
pub fn object(fields: &[(&str, Value)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{}:{value}", json!(name))).collect();
    format!("{{{}}}", fields.join(","))
}

/// The JSON line of a row that failed.
pub fn failed_row(row: usize, error: &str) -> String {
    object(&[("row", json!(row)), ("error", json!(error))])
}

/// `negative 0.9312, positive 0.0688`: the most probable first.
pub fn probabilities(classes: &[String], probabilities: &[f64]) -> String {
    let mut order: Vec<usize> = (0..classes.len()).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    let class = |at: usize| format!("{} {:.4}", one_line(&classes[at]), probabilities[at]);
    order.into_iter().map(class).collect::<Vec<_>>().join(", ")
}

/// `text` in exactly `width` characters, cut with `…` where it is longer.
pub fn cell(text: &str, width: usize) -> String {
    let text = one_line(text);
    match text.chars().count() > width {
        true => text.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
        false => format!("{text:width$}"),
    }
}

/// A bar of characters for a score: to the right where it is positive, to the left where it is negative.
pub fn bar(score: f64, largest: f64, unsigned: bool) -> String {
    const LENGTH: usize = 16;
    let length = if largest > 0.0 { (LENGTH as f64 * score.abs() / largest).round() as usize } else { 0 };
    let bar = "█".repeat(length);
    match (unsigned, score < 0.0) {
        (true, _) => bar,
        (false, true) => format!("{bar:>LENGTH$}│"),
        (false, false) => format!("{:LENGTH$}│{bar}", ""),
    }
}
