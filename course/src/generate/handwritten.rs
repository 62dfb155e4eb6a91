//! Reads hand-written rows: one per line, `LABEL text with [[rationale]]`; `#` at the start of a line is a comment.
//! `%split validation` and `%kind negation` say what the rows after them are; without them a row is in the part that the
//! file is for, of no kind.
//! The text is taken as it stands: no slots, no noise.

use super::marked::Marked;

/// The parts, in the order of the csv.
pub const SPLITS: [&str; 3] = ["train", "validation", "test"];

/// One hand-written row.
pub struct Row {
    pub label: u32,
    pub text: Marked,
    /// One of [`SPLITS`].
    pub split: &'static str,
    /// What is difficult about it, in a word; may be empty.
    pub kind: String,
}

/// Reads a file whose rows are in the part `split` where it does not say otherwise. `classes` is the number of labels.
/// Errors read `file:line: what is wrong`.
pub fn read(file: &str, contents: &str, classes: u32, split: &'static str) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    let (mut split, mut kind) = (split, "");
    for (number, line) in contents.lines().enumerate() {
        let place = format!("{file}:{}", number + 1);
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(setting) = line.strip_prefix('%') {
            match setting.split_whitespace().collect::<Vec<_>>()[..] {
                ["split", part] => {
                    split = SPLITS.into_iter().find(|known| *known == part).ok_or(format!(
                        "{place}: hand-written rows are in one of the parts {}, found `{part}`",
                        SPLITS.join(", ")
                    ))?;
                }
                ["kind", word] => kind = word,
                ["kind"] => kind = "",
                _ => return Err(format!("{place}: unknown setting `{line}`; known: `%split PART`, `%kind WORD`")),
            }
            continue;
        }
        let (label, text) = line.split_once(' ').unwrap_or((line, ""));
        let label = label
            .parse()
            .ok()
            .filter(|l: &u32| *l < classes)
            .ok_or(format!("{place}: expected a label from 0 to {}, found `{label}`", classes.saturating_sub(1)))?;
        let text = Marked::parse(text.trim()).map_err(|e| format!("{place}: {e}"))?;
        if text.cells.is_empty() {
            return Err(format!("{place}: a label without a text"));
        }
        rows.push(Row { label, text, split, kind: kind.to_owned() });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_labels_and_marks() {
        let rows = read("h.txt", "# note\n\n2 [[lovely]] crew\n0 late, [[again]]\n", 3, "test").unwrap();
        assert_eq!(rows.iter().map(|r| r.label).collect::<Vec<_>>(), [2, 0]);
        assert_eq!(rows[1].text.rationale(), "6:11");
    }

    #[test]
    fn settings_hold_for_the_rows_that_follow() {
        let file = "0 a\n%split validation\n%kind negation\n1 b\n%kind\n0 c\n%split test\n%kind irony\n1 d\n";
        let rows = read("h.txt", file, 2, "test").unwrap();
        let found: Vec<_> = rows.iter().map(|r| (r.split, r.kind.as_str())).collect();
        assert_eq!(found, [("test", ""), ("validation", "negation"), ("validation", ""), ("test", "irony")]);
    }

    #[test]
    fn mistakes_name_file_line_and_cause() {
        for (text, expected) in [
            ("0 fine\n3 x\n", "h.txt:2: expected a label from 0 to 2, found `3`"),
            ("late\n", "h.txt:1: expected a label"),
            ("1\n", "h.txt:1: a label without a text"),
            ("1 [[x\n", "h.txt:1: `[[` is never closed"),
            ("%split dev\n", "h.txt:1: hand-written rows are in one of the parts train, validation, test, found `dev`"),
            ("%sort of\n", "h.txt:1: unknown setting `%sort of`"),
        ] {
            let error = read("h.txt", text, 3, "test").err().unwrap();
            assert!(error.contains(expected), "{error}");
        }
    }
}
