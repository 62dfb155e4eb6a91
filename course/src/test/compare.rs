//! Drift: the differences between the saved and the fresh text outputs of a cell.
//! Words must be equal. Numbers with a decimal point may differ by [`RELATIVE`] or
//! [`ABSOLUTE`], since another processor rounds differently; whole numbers may not.
//! Durations, memory sizes and speed-ups are not compared, nor are lines that say
//! "measured on this machine". Lines that begin with "once on this machine:" are left out:
//! what they tell of is there already on the next run. Pictures are compared by presence,
//! not by pixel.

use crate::notebook::text_of;
use serde_json::Value;

/// Two numbers agree when they differ by at most this part of the larger one…
pub const RELATIVE: f64 = 1e-3;
/// …or by at most this much.
pub const ABSOLUTE: f64 = 1e-4;
/// What a line contains when its numbers depend on the machine.
pub const MEASURED: &str = "measured on this machine";

/// What a line begins with that tells of something which is made once and then kept.
pub const ONCE: &str = "once on this machine:";

/// The name of the difference when a cell has outputs of other types.
pub const KINDS: &str = "kinds of output";

/// One difference, as a report shows it.
#[derive(Debug, PartialEq)]
pub struct Drift {
    /// Which output: `stdout`, `text/plain`, …
    pub output: String,
    /// The saved line.
    pub saved: String,
    /// The fresh line.
    pub fresh: String,
}

/// The differences between what a cell's outputs were and what they are; empty when they agree.
pub fn drift(saved: &[Value], fresh: &[Value]) -> Vec<Drift> {
    let mut found = Vec::new();
    compare_text("stdout", &stdout(saved), &stdout(fresh), &mut found);
    let (before, after) = (bundles(saved), bundles(fresh));
    for i in 0..before.len().max(after.len()) {
        let kinds = |bundle: Option<&&Value>| match bundle {
            None => "no output".to_string(),
            Some(output) if output["output_type"] == "error" => "an error".to_string(),
            Some(output) => mime_types(output).join(", "),
        };
        let (old, new) = (kinds(before.get(i)), kinds(after.get(i)));
        if old != new {
            found.push(Drift { output: KINDS.into(), saved: old, fresh: new });
            continue;
        }
        for kind in ["text/plain", "text/html", "text/markdown"] {
            let text = |bundle: &Value| match kind {
                "text/html" => without_tags(&text_of(&bundle["data"][kind])),
                _ => text_of(&bundle["data"][kind]),
            };
            compare_text(kind, &text(before[i]), &text(after[i]), &mut found);
        }
    }
    found
}

/// Everything the cell printed.
pub fn stdout(outputs: &[Value]) -> String {
    let streams = outputs.iter().filter(|o| o["output_type"] == "stream" && o["name"] == "stdout");
    streams.map(|o| text_of(&o["text"])).collect()
}

fn bundles(outputs: &[Value]) -> Vec<&Value> {
    outputs.iter().filter(|o| o["output_type"] != "stream").collect()
}

fn mime_types(output: &Value) -> Vec<String> {
    let mut kinds: Vec<String> = output["data"].as_object().into_iter().flatten().map(|(k, _)| k.clone()).collect();
    kinds.sort();
    kinds
}

fn compare_text(output: &str, saved: &str, fresh: &str, found: &mut Vec<Drift>) {
    fn lines(text: &str) -> Vec<&str> {
        text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with(ONCE)).collect()
    }
    let (old, new) = (lines(saved), lines(fresh));
    for i in 0..old.len().max(new.len()) {
        let (a, b) = (old.get(i).copied(), new.get(i).copied());
        if let (Some(a), Some(b)) = (a, b)
            && same_line(a, b)
        {
            continue;
        }
        let shown = |line: Option<&str>| line.map_or("(no such line)".to_string(), |l| l.trim().to_string());
        found.push(Drift { output: output.to_string(), saved: shown(a), fresh: shown(b) });
        if old.len() != new.len() {
            return; // the rest is shifted: one report is enough
        }
    }
}

fn same_line(saved: &str, fresh: &str) -> bool {
    if saved.contains(MEASURED) && fresh.contains(MEASURED) {
        return true;
    }
    let (a, b) = (tokens(saved), tokens(fresh));
    a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.agrees(b))
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    /// A run of letters, or of one repeated sign (so that table rules may be longer or shorter).
    Word(String),
    Whole(String),
    Decimal(f64),
    Duration,
    Memory,
    SpeedUp,
}

impl Token {
    fn agrees(&self, other: &Token) -> bool {
        match (self, other) {
            (Token::Decimal(a), Token::Decimal(b)) => {
                a == b || (a - b).abs() <= ABSOLUTE.max(RELATIVE * a.abs().max(b.abs()))
            }
            _ => self == other,
        }
    }
}

/// Splits a line into words, numbers and measurements; blanks only separate.
fn tokens(line: &str) -> Vec<Token> {
    let chars: Vec<char> = line.chars().collect();
    let mut found: Vec<Token> = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i];
        let digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
        let signed = "+-−".contains(c) && digit(i + 1) && (i == 0 || !chars[i - 1].is_alphanumeric());
        if c.is_whitespace() {
            i += 1;
        } else if digit(i) || signed {
            let end = number_end(&chars, i + usize::from(signed));
            let text: String = chars[i..end].iter().collect::<String>().replace('−', "-");
            i = end;
            let token = match measure(&chars, &mut i) {
                Some(unit) => unit,
                None if text.contains(['.', 'e', 'E']) => Token::Decimal(text.parse().unwrap_or(f64::NAN)),
                None => Token::Whole(text.trim_start_matches('+').to_string()),
            };
            // "1 min 20 s" is one duration, as "58 s" is.
            if token != Token::Duration || found.last() != Some(&Token::Duration) {
                found.push(token);
            }
        } else if c.is_alphabetic() || c == '_' {
            let end = end_of(&chars, i, |c| c.is_alphanumeric() || c == '_');
            found.push(Token::Word(chars[i..end].iter().collect()));
            i = end;
        } else {
            found.push(Token::Word(c.to_string()));
            i = end_of(&chars, i, |d| d == c);
        }
    }
    found
}

fn end_of(chars: &[char], start: usize, belongs: impl Fn(char) -> bool) -> usize {
    chars[start..].iter().position(|&c| !belongs(c)).map_or(chars.len(), |n| start + n)
}

/// The end of a number that starts with a digit: `3`, `3.14`, `6.02e-23`.
fn number_end(chars: &[char], start: usize) -> usize {
    let digits = |from: usize| end_of(chars, from, |c| c.is_ascii_digit());
    let mut end = digits(start);
    if chars.get(end) == Some(&'.') && digits(end + 1) > end + 1 {
        end = digits(end + 1);
    }
    if matches!(chars.get(end), Some('e' | 'E')) {
        let from = end + 1 + usize::from(matches!(chars.get(end + 1), Some('+' | '-')));
        if digits(from) > from {
            end = digits(from);
        }
    }
    end
}

/// The unit after a number, if it is one of time, memory or speed-up; moves `at` past it.
fn measure(chars: &[char], at: &mut usize) -> Option<Token> {
    let start = end_of(chars, *at, |c| c == ' ');
    if matches!(chars.get(start), Some('×' | 'x')) {
        let next = end_of(chars, start + 1, |c| c == ' ');
        let end = end_of(chars, next, char::is_alphabetic);
        let word: String = chars[next..end].iter().collect();
        return ["faster", "slower"].contains(&word.as_str()).then(|| {
            *at = end;
            Token::SpeedUp
        });
    }
    let end = end_of(chars, start, |c| c.is_alphanumeric() || c == '_');
    let unit: String = chars[start..end].iter().collect();
    let token = match unit.as_str() {
        "ns" | "µs" | "μs" | "us" | "ms" | "s" | "sec" | "secs" | "second" | "seconds" | "min" | "minute"
        | "minutes" | "h" | "milliseconds" => Token::Duration,
        "B" | "kB" | "KB" | "KiB" | "MB" | "MiB" | "GB" | "GiB" => Token::Memory,
        "times" => {
            let next = end_of(chars, end, |c| c == ' ');
            let last = end_of(chars, next, char::is_alphabetic);
            let word: String = chars[next..last].iter().collect();
            return ["faster", "slower"].contains(&word.as_str()).then(|| {
                *at = last;
                Token::SpeedUp
            });
        }
        _ => return None,
    };
    *at = end;
    Some(token)
}

/// The text of an HTML output, a line for each row or paragraph.
fn without_tags(html: &str) -> String {
    let mut text = String::new();
    for (i, part) in html.split('<').enumerate() {
        let Some((tag, rest)) = part.split_once('>').filter(|_| i > 0) else {
            text.push_str(part);
            continue;
        };
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        text.push(if ["tr", "br", "p", "div", "table", "li"].contains(&name) { '\n' } else { ' ' });
        text.push_str(rest);
    }
    [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        .iter()
        .fold(text, |text, (entity, sign)| text.replace(entity, sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn same(a: &str, b: &str) -> bool {
        let said = |text: &str| vec![json!({"output_type": "stream", "name": "stdout", "text": text})];
        drift(&said(a), &said(b)).is_empty()
    }

    fn html(text: &str) -> Vec<Value> {
        vec![json!({"output_type": "execute_result", "data": {"text/html": text, "text/plain": "a table"}})]
    }

    #[test]
    fn what_a_processor_may_change_is_no_drift() {
        assert!(same("delta 0.00003", "delta -0.00002"));
        assert!(same("sum = 1.39874, F(x) = -2.5", "sum = 1.39875, F(x) = -2.5001"));
        assert!(same("p = 1.5e-7", "p = 2.5e-7"));
        assert!(same("−0.731", "-0.7311"));
        assert!(same("│ 0.1234 │\n└────────┘", "│ 0.12341 │\n└─────────┘"));
        assert!(same("NaN of 3", "NaN of 3"));
    }

    #[test]
    fn time_and_memory_are_no_drift() {
        assert!(same("fitted in 1.25 s", "fitted in 830 ms"));
        assert!(same("took 1 min 20 s", "took 58.2 s"));
        assert!(same("1.2ms per call", "998µs per call"));
        assert!(same("peak 612 MB", "peak 1.1 GB"));
        assert!(same("6.1 × faster", "4.9 × faster"));
        assert!(same("6.1× faster", "12 times faster"));
        assert!(same("once on this machine: 100 s\n1 row", "1 row") && !same("once: 100 s\n1 row", "1 row"));
        assert!(same("3 rows (measured on this machine: 17)", "3 rows (measured on this machine: 21 a b)"));
    }

    #[test]
    fn changed_words_and_numbers_are_drift() {
        assert!(!same("negative 0.731", "positive 0.731"));
        assert!(!same("accuracy 0.7842", "accuracy 0.7742"));
        assert!(!same("accuracy 0.7842", "accuracy -0.7842"));
        assert!(!same("shape (24, 384)", "shape (25, 384)"));
        assert!(!same("10000 rows", "10001 rows"));
        assert!(!same("a\nb", "a"));
        assert!(!same("a", "a\nb"));
        assert!(!same("", "a"));
        assert!(!same("b2 x", "b3 x"));
        assert!(!same("0.5", "0.5 0.5"));
        assert!(!same("3 x 4", "3 x 5"));
        assert!(!same("12 sentences", "13 sentences"));
        assert!(!same("12 s", "12 MB"));
    }

    #[test]
    fn the_report_shows_both_lines() {
        let said = |text: &str| vec![json!({"output_type": "stream", "name": "stdout", "text": text})];
        let found = drift(&said("same\n  label 1\n"), &said("same\n  label 2\n"));
        assert_eq!(found, [Drift { output: "stdout".into(), saved: "label 1".into(), fresh: "label 2".into() }]);
    }

    #[test]
    fn html_is_compared_by_its_text() {
        let saved = html("<table><tr><td style=\"color:red\">bad</td><td>0.5001</td></tr></table>");
        assert!(
            drift(&saved, &html("<table><tr><td style=\"color:#f00\">bad</td><td>0.5</td></tr></table>")).is_empty()
        );
        assert_eq!(drift(&saved, &html("<table><tr><td>good</td><td>0.5</td></tr></table>")).len(), 1);
        assert_eq!(drift(&html("&lt;b&gt;"), &html("&lt;i&gt;")).len(), 1);
    }

    #[test]
    fn missing_and_changed_kinds_of_output_are_drift() {
        let png = |data: Value| vec![json!({"output_type": "execute_result", "data": data})];
        let figure = png(json!({"text/plain": "bars", "image/png": "AAAA"}));
        assert!(drift(&figure, &png(json!({"text/plain": "bars", "image/png": "BBBB"}))).is_empty());
        assert_eq!(drift(&figure, &png(json!({"text/plain": "bars"})))[0].saved, "image/png, text/plain");
        assert_eq!(drift(&figure, &[])[0].fresh, "no output");
        assert_eq!(drift(&[], &figure)[0].saved, "no output");
    }
}
