//! Reads hand-written rows: one per line, `LABEL text with [[rationale]]`; `#` at the start of a line is a comment.
//! The text is taken as it stands: no slots, no noise.

use super::marked::Marked;

/// One hand-written row.
pub struct Row {
    pub label: u32,
    pub text: Marked,
}

/// Reads a file. `classes` is the number of labels. Errors read `file:line: what is wrong`.
pub fn read(file: &str, contents: &str, classes: u32) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for (number, line) in contents.lines().enumerate() {
        let place = format!("{file}:{}", number + 1);
        if line.trim().is_empty() || line.starts_with('#') {
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
        rows.push(Row { label, text });
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_labels_and_marks() {
        let rows = read("h.txt", "# note\n\n2 [[lovely]] crew\n0 late, [[again]]\n", 3).unwrap();
        assert_eq!(rows.iter().map(|r| r.label).collect::<Vec<_>>(), [2, 0]);
        assert_eq!(rows[1].text.rationale(), "6:11");
    }

    #[test]
    fn mistakes_name_file_line_and_cause() {
        for (text, expected) in [
            ("0 fine\n3 x\n", "h.txt:2: expected a label from 0 to 2, found `3`"),
            ("late\n", "h.txt:1: expected a label"),
            ("1\n", "h.txt:1: a label without a text"),
            ("1 [[x\n", "h.txt:1: `[[` is never closed"),
        ] {
            let error = read("h.txt", text, 3).err().unwrap();
            assert!(error.contains(expected), "{error}");
        }
    }
}
