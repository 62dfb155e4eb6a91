//! Rationales: the spans of a text that cause its label, as character positions.
//!
//! In a csv file they are written `start:end;start:end`. Characters are Unicode scalar values, so that a
//! position means the same in Rust and in Python; `end` is one past the last character.

use ground::{Result, Span, bail};

/// Reads `written`, the spans of the row called `id`, and checks them against its text.
pub(super) fn parse(written: &str, text: &str, id: &str) -> Result<Vec<Span>> {
    let length = text.chars().count();
    let mut spans: Vec<Span> = Vec::new();
    for part in written.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let numbers = part.split_once(':').and_then(|(start, end)| Some((start.parse().ok()?, end.parse().ok()?)));
        let Some((start, end)) = numbers else {
            bail!(
                "row `{id}`: the rationale `{part}` is not a span. Write start:end, spans joined by `;`, as in 0:4;9:13"
            );
        };
        if start >= end || end > length {
            bail!("row `{id}`: the rationale {start}:{end} is not inside the text, which has characters 0 to {length}");
        }
        let span = Span { start, end };
        if let Some(other) = spans.iter().find(|other| other.overlaps(span)) {
            bail!("row `{id}`: the rationales {}:{} and {start}:{end} overlap", other.start, other.end);
        }
        spans.push(span);
    }
    spans.sort_unstable();
    Ok(spans)
}
