//! A part of a text, as character positions.
//!
//! Characters are Unicode scalar values, so that a position means the same in Rust and in Python.

/// A part of a text, in characters: from `start` to just before `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The first character.
    pub start: usize,
    /// One past the last character.
    pub end: usize,
}

impl Span {
    /// The text of the span.
    pub fn of(&self, text: &str) -> String {
        text.chars().skip(self.start).take(self.end.saturating_sub(self.start)).collect()
    }

    /// Whether the two spans share a character.
    pub fn overlaps(&self, other: Span) -> bool {
        self.start < other.end && other.start < self.end
    }
}
