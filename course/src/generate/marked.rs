//! Text with rationale marks: each character knows which `[[…]]` it came from, so that edits keep the spans right.
//! Reads the marks of hand-written lines; the grammar builds the same type from its templates.
//! Does not know what a rationale means.

/// One character and the number of the mark it belongs to (0: none).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    pub ch: char,
    pub mark: u32,
}

/// A text and its rationale marks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Marked {
    pub cells: Vec<Cell>,
}

impl Marked {
    /// Reads `plain [[marked]] plain`. Marks do not nest. Errors say what is wrong, without file and line.
    pub fn parse(line: &str) -> Result<Self, String> {
        let mut out = Self::default();
        let (mut rest, mut mark) = (line, 0);
        while let Some(open) = rest.find("[[") {
            let (before, after) = (&rest[..open], &rest[open + 2..]);
            if before.contains("]]") {
                return Err("`]]` without a `[[` before it".into());
            }
            let close = after.find("]]").ok_or("`[[` is never closed by `]]`")?;
            let inside = &after[..close];
            if inside.contains("[[") {
                return Err("`[[` inside `[[…]]`: marks do not nest".into());
            }
            if inside.trim().is_empty() {
                return Err("`[[…]]` with nothing in it".into());
            }
            mark += 1;
            out.push(before, 0);
            out.push(inside, mark);
            rest = &after[close + 2..];
        }
        if rest.contains("]]") {
            return Err("`]]` without a `[[` before it".into());
        }
        out.push(rest, 0);
        Ok(out)
    }

    /// Appends `text`, all of it in `mark`.
    pub fn push(&mut self, text: &str, mark: u32) {
        self.cells.extend(text.chars().map(|ch| Cell { ch, mark }));
    }

    /// The text without marks.
    pub fn text(&self) -> String {
        self.cells.iter().map(|c| c.ch).collect()
    }

    /// The marked stretches as `(start, end)` in characters, end exclusive, white space at their ends left out.
    pub fn spans(&self) -> Vec<(usize, usize)> {
        let mut spans = Vec::new();
        let mut start = 0;
        while start < self.cells.len() {
            let mark = self.cells[start].mark;
            let mut end = start;
            while end < self.cells.len() && self.cells[end].mark == mark {
                end += 1;
            }
            if mark != 0 {
                let (mut a, mut b) = (start, end);
                while a < b && self.cells[a].ch.is_whitespace() {
                    a += 1;
                }
                while a < b && self.cells[b - 1].ch.is_whitespace() {
                    b -= 1;
                }
                if a < b {
                    spans.push((a, b));
                }
            }
            start = end;
        }
        spans
    }

    /// The spans as the csv column `rationale` has them: `3:9;12:20`.
    pub fn rationale(&self) -> String {
        self.spans().iter().map(|(a, b)| format!("{a}:{b}")).collect::<Vec<_>>().join(";")
    }

    /// Removes what optional parts leave behind: doubled spaces, spaces at the ends and before `,` `.` `!` `?`, a full
    /// stop or comma after `!` or `?`.
    pub fn tidy(&mut self) {
        let mut kept: Vec<Cell> = Vec::with_capacity(self.cells.len());
        for cell in self.cells.drain(..) {
            if cell.ch == ' ' && kept.last().is_none_or(|c| c.ch == ' ') {
                continue;
            }
            if matches!(cell.ch, ',' | '.' | '!' | '?') && kept.last().is_some_and(|c| c.ch == ' ') {
                kept.pop();
            }
            if matches!(cell.ch, ',' | '.') && kept.last().is_some_and(|c| matches!(c.ch, '!' | '?')) {
                continue;
            }
            kept.push(cell);
        }
        while kept.last().is_some_and(|c| c.ch == ' ') {
            kept.pop();
        }
        self.cells = kept;
    }

    /// Writes `an` for `a` before a vowel, by sound: `an hour`, `a union`.
    pub fn mend_articles(&mut self) {
        for (article, next) in self.words().windows(2).map(|w| (w[0], w[1])).rev().collect::<Vec<_>>() {
            let word: String = self.cells[next.0..next.1].iter().flat_map(|c| c.ch.to_lowercase()).collect();
            let vowel = sounds_open(&word);
            let cell = self.cells[article.0];
            if vowel && article.1 - article.0 == 1 && matches!(cell.ch, 'a' | 'A') {
                self.cells.insert(article.1, Cell { ch: 'n', ..cell });
            }
        }
    }

    /// The words (stretches without white space) as `(start, end)` in characters.
    pub fn words(&self) -> Vec<(usize, usize)> {
        let mut words = Vec::new();
        let mut start = None;
        for (i, cell) in self.cells.iter().enumerate() {
            match (cell.ch.is_whitespace(), start) {
                (false, None) => start = Some(i),
                (true, Some(s)) => {
                    words.push((s, i));
                    start = None;
                }
                _ => {}
            }
        }
        words.extend(start.map(|s| (s, self.cells.len())));
        words
    }
}

/// Whether a lower-case word is spoken with a vowel first, as far as the templates need it: `an honest, uneven hour`, but
/// `a one, a euro, a unique use`. Not `an uncle`: the published tweets.csv has the other.
fn sounds_open(word: &str) -> bool {
    let starts = |with: &[&str]| with.iter().any(|w| word.starts_with(w));
    let closed = starts(&["uni", "uncle"]) && !starts(&["unin", "unim"]);
    (word.starts_with(['a', 'e', 'i', 'o']) && !starts(&["one", "eu"]))
        || starts(&["honest", "hour", "honou", "ugly", "up", "utter"])
        || (word.starts_with("un") && !closed)
}

/// The characters `start..end` of `text`.
#[cfg(test)]
pub fn cut(text: &str, (start, end): (usize, usize)) -> String {
    text.chars().skip(start).take(end - start).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_cut_exactly_the_marked_words() {
        let m = Marked::parse("@SkyLark flew to Malmö — [[not bad]] at all, [[loved it]] 😀!").unwrap();
        assert_eq!(m.text(), "@SkyLark flew to Malmö — not bad at all, loved it 😀!");
        let cuts: Vec<String> = m.spans().into_iter().map(|s| cut(&m.text(), s)).collect();
        assert_eq!(cuts, ["not bad", "loved it"]);
        assert_eq!(m.rationale(), "25:32;41:49");
    }

    #[test]
    fn neighbouring_marks_stay_apart() {
        let m = Marked::parse("[[a]][[b]]").unwrap();
        assert_eq!(m.spans(), [(0, 1), (1, 2)]);
    }

    #[test]
    fn white_space_at_the_ends_of_a_mark_is_left_out() {
        assert_eq!(Marked::parse("x[[ late ]]y").unwrap().spans(), [(2, 6)]);
    }

    #[test]
    fn tidy_moves_the_spans_along() {
        let mut m = Marked::parse("  crew  [[so  rude]] , bye ").unwrap();
        m.tidy();
        assert_eq!(m.text(), "crew so rude, bye");
        assert_eq!(cut(&m.text(), m.spans()[0]), "so rude");
    }

    #[test]
    fn tidy_mends_articles_and_doubled_marks() {
        let mut m = Marked::parse(
            "[[a awful]] seat?. A one, a euro, a old bag, a uneven, honest, a honest use, a unique, a uninspired one",
        )
        .unwrap();
        m.tidy();
        m.mend_articles();
        assert_eq!(
            m.text(),
            "an awful seat? A one, a euro, an old bag, an uneven, honest, an honest use, a unique, an uninspired one"
        );
        assert_eq!(cut(&m.text(), m.spans()[0]), "an awful");
    }

    #[test]
    fn malformed_marks_are_errors() {
        for (line, part) in [
            ("a [[b", "never closed"),
            ("a b]] c", "without a `[["),
            ("[[a [[b]] c]]", "do not nest"),
            ("a [[ ]]", "nothing in it"),
        ] {
            let error = Marked::parse(line).unwrap_err();
            assert!(error.contains(part), "{line}: {error}");
        }
    }
}
