//! What the explorer's page knows, as compact JSON: terms with counts and scores, texts, and which text holds which term.
//!
//! The texts of a term are written as differences of row numbers, five bits to a character, so that 400,000 of them
//! take half a megabyte and the page reads only those of the term that is asked for.

use super::Shown;
use crate::Contrast;
use ground::{Result, bail};
use rayon::prelude::*;
use serde_json::{Value, json};

/// The digits of a difference: the lower half ends it, the upper half says that more follows.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// For each term the rows that hold it, in order.
///
/// Errors: the contrast counts other texts than these.
pub(super) fn rows_of_terms(contrast: &Contrast, texts: &[String], in_a: &[bool]) -> Result<Vec<Vec<u32>>> {
    let found: Vec<Vec<u32>> = texts
        .par_iter()
        .map(|text| {
            let mut terms: Vec<u32> = contrast.find(text).into_iter().map(|(term, _)| term as u32).collect();
            terms.sort_unstable();
            terms.dedup();
            terms
        })
        .collect();
    let mut rows = vec![Vec::new(); contrast.len()];
    for (row, terms) in found.iter().enumerate() {
        for &term in terms {
            rows[term as usize].push(row as u32);
        }
    }
    for (term, rows) in rows.iter().enumerate() {
        let a = rows.iter().filter(|&&row| in_a[row as usize]).count();
        let counted = (contrast.documents_a[term] as usize, contrast.documents_b[term] as usize);
        if counted != (a, rows.len() - a) {
            bail!(
                "plot::explorer: the contrast counts {} and {} texts with “{}”, the data set holds {a} and {}; make \
                 the contrast from the same data set",
                counted.0,
                counted.1,
                contrast.terms[term],
                rows.len() - a
            );
        }
    }
    Ok(rows)
}

/// Row numbers as differences: `[3, 4, 40]` becomes the digits of 3, 1 and 36.
fn packed(rows: impl Iterator<Item = u32>) -> String {
    let mut out = String::new();
    let mut last = 0;
    for row in rows {
        let mut rest = row - last;
        last = row;
        while rest >= 32 {
            out.push(char::from(DIGITS[(32 + rest % 32) as usize]));
            rest /= 32;
        }
        out.push(char::from(DIGITS[rest as usize]));
    }
    out
}

/// The JSON block of the page, safe inside a `<script>` element.
pub(super) fn json_block(shown: &Shown) -> Result<String> {
    let contrast = &shown.contrast;
    let of = |list: &[u32]| -> Vec<u32> { shown.terms.iter().map(|&term| list[term]).collect() };
    let scaled = |list: &[f64], factor: f64| -> Vec<Option<i64>> {
        let number = |&term: &usize| list[term].is_finite().then(|| (list[term] * factor).round() as i64);
        shown.terms.iter().map(number).collect()
    };
    // Where a row of the data set stands among the texts of the page.
    let mut place = vec![u32::MAX; shown.in_a.len()];
    for (at, &row) in shown.documents.iter().enumerate() {
        place[row] = at as u32;
    }
    let rows = |&term: &usize| {
        let places = shown.rows[term].iter().map(|&row| place[row as usize]);
        packed(places.filter(|&place| place != u32::MAX))
    };
    let texts: Vec<&str> = shown.documents.iter().map(|&row| shown.texts[row].as_str()).collect();
    let sides: String = shown.documents.iter().map(|&row| if shown.in_a[row] { 'a' } else { 'b' }).collect();
    let terms: Vec<&str> = shown.terms.iter().map(|&term| contrast.terms[term].as_str()).collect();
    let mut page = json!({
        "title": shown.title, "note": shown.note, "a": contrast.a, "b": contrast.b,
        "totalTexts": [contrast.texts_a, contrast.texts_b], "totalWords": [contrast.words_a, contrast.words_b],
        "matchCase": !contrast.options.lowercase, "shortestWord": contrast.options.letters,
        "terms": terms,
        "countsA": of(&contrast.counts_a), "countsB": of(&contrast.counts_b),
        "textsA": of(&contrast.documents_a), "textsB": of(&contrast.documents_b),
        "x": scaled(&shown.ranks_b, 1e4), "y": scaled(&shown.ranks_a, 1e4),
        "f": scaled(&shown.scaled_f, 1e4), "z": scaled(&shown.z, 1e2),
        "rows": shown.terms.iter().map(rows).collect::<Vec<String>>(),
        "texts": texts, "sides": sides,
    });
    if let Some(shares) = &contrast.rationale_shares {
        page["inRationale"] = json!(scaled(shares, 1e2));
    }
    if let Some(about) = &shown.about {
        let about: Vec<&str> = shown.documents.iter().map(|&row| about[row].as_str()).collect();
        page["about"] = json!(about);
    }
    Ok(escape_script(&serde_json::to_string::<Value>(&page)?))
}

/// JSON that no browser reads as the end of its `<script>` element or as a comment, and that is JavaScript as well.
fn escape_script(json: &str) -> String {
    // These characters occur inside strings only.
    let mut out = String::with_capacity(json.len() + json.len() / 50);
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the page does to read them.
    fn unpacked(text: &str) -> Vec<u32> {
        let (mut rows, mut last, mut value, mut shift) = (Vec::new(), 0, 0, 0);
        for digit in text.bytes() {
            let digit = DIGITS.iter().position(|&other| other == digit).unwrap_or(0) as u32;
            value |= (digit % 32) << shift;
            shift += 5;
            if digit < 32 {
                last += value;
                rows.push(last);
                (value, shift) = (0, 0);
            }
        }
        rows
    }

    #[test]
    fn rows_are_packed_without_loss() {
        for rows in [vec![], vec![0], vec![3, 4, 40], vec![0, 31, 32, 63, 64, 1087, 1088, 4_000_000, 4_000_000_000]] {
            assert_eq!(unpacked(&packed(rows.iter().copied())), rows);
        }
    }

    #[test]
    fn json_cannot_leave_its_script_element() -> Result<()> {
        let texts = ["</script><script>x", "<!-- a", "]]>", "a\u{2028}b\u{2029}c", "\\u003c \\< \"", "&lt;", "\u{0}\n"];
        let json = serde_json::to_string(&texts)?;
        let escaped = escape_script(&json);
        for bad in ['<', '>', '&', '\u{2028}', '\u{2029}', '\n'] {
            assert!(!escaped.contains(bad), "{bad:?} in {escaped}");
        }
        assert_eq!(serde_json::from_str::<Vec<String>>(&escaped)?, texts);
        Ok(())
    }
}
