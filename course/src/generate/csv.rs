//! Writes csv as RFC 4180 has it, with `\n` line ends: a field is quoted when it holds a comma, a quote or a line break.
//! Writing only; the lessons read the file with polars.

/// One line of csv, `\n` included.
pub fn line(fields: &[&str]) -> String {
    let mut out = fields.iter().map(|f| field(f)).collect::<Vec<_>>().join(",");
    out.push('\n');
    out
}

fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn quotes_only_what_needs_it() {
        assert_eq!(line(&["g1", "plain & <b>", ""]), "g1,plain & <b>,\n");
        assert_eq!(line(&["a,b", "say \"hi\"", "x\ny"]), "\"a,b\",\"say \"\"hi\"\"\",\"x\ny\"\n");
    }
}
