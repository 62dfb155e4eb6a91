//! Reads template files into a `Grammar`: settings (`%…`), rules (`name:`) and indented alternatives.
//! Every error starts with `file:line`. Whether the rules fit together is checked in `grammar.rs`.

use super::grammar::{Alternative, Class, Grammar, Node, Relation, Rule};
use super::noise::Noise;
use super::table::{self, Table};
use std::collections::BTreeMap;

impl Grammar {
    /// Reads template files, given as `(name, contents)`. Errors read `file:line: what is wrong`.
    pub fn parse(files: &[(String, String)]) -> Result<Self, String> {
        Self::with_tables(files, BTreeMap::new())
    }

    /// The same for templates with tables.
    pub fn with_tables(files: &[(String, String)], tables: BTreeMap<String, Table>) -> Result<Self, String> {
        let mut grammar = Self { max_shared_words: usize::MAX, english: true, tables, ..Self::default() };
        for (name, contents) in files {
            read(name, contents, &mut grammar)?;
        }
        grammar.check()?;
        Ok(grammar)
    }
}

/// Reads one file and adds what it holds to `grammar`.
pub fn read(file: &str, contents: &str, grammar: &mut Grammar) -> Result<(), String> {
    let mut current: Option<String> = None;
    for (number, line) in contents.lines().enumerate() {
        let place = format!("{file}:{}", number + 1);
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(setting) = line.strip_prefix('%') {
            self::setting(setting, &place, grammar)?;
        } else if line.starts_with([' ', '\t']) {
            let name =
                current.as_ref().ok_or(format!("{place}: an alternative before any rule: write `name:` first"))?;
            let alternative = alternative(line.trim_start(), &place)?;
            if let Some(rule) = grammar.rules.get_mut(name) {
                rule.alternatives.push(alternative);
            }
        } else {
            let name = line.strip_suffix(':').filter(|n| is_name(n)).ok_or(format!(
                "{place}: expected `name:` (lower-case letters, digits, _) or an indented alternative, found `{line}`"
            ))?;
            let rule = Rule { place: place.clone(), alternatives: Vec::new() };
            if let Some(first) = grammar.rules.insert(name.to_owned(), rule) {
                return Err(format!("{place}: rule `{name}` is defined twice, first at {}", first.place));
            }
            current = Some(name.to_owned());
        }
    }
    Ok(())
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn setting(text: &str, place: &str, grammar: &mut Grammar) -> Result<(), String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    fn number<T: std::str::FromStr>(word: &str, what: &str, place: &str) -> Result<T, String> {
        word.parse().map_err(|_| format!("{place}: {what} must be a number, found `{word}`"))
    }
    match words.as_slice() {
        ["seed", n] => grammar.seed = number(n, "the seed", place)?,
        ["max_shared_words", n] => grammar.max_shared_words = number(n, "max_shared_words", place)?,
        ["language", code] => {
            grammar.english = match *code {
                "en" => true,
                "pt" => false,
                _ => return Err(format!("{place}: the language must be `en` or `pt`, found `{code}`")),
            }
        }
        ["deal"] => grammar.deal = true,
        ["class", label, name, rows, rule] => grammar.classes.push(Class {
            label: number(label, "the label", place)?,
            name: (*name).to_owned(),
            rows: number(rows, "the number of rows", place)?,
            rule: (*rule).to_owned(),
            place: place.to_owned(),
        }),
        ["relation", name, pairs @ ..] => {
            let pairs = pairs.iter().map(|pair| relation_pair(pair)).collect::<Option<Vec<_>>>();
            let pairs = pairs.ok_or(format!("{place}: expected `%relation NAME TABLE.FIELD:TABLE.FIELD …`"))?;
            grammar.relations.push(Relation { name: (*name).to_owned(), pairs, place: place.to_owned() });
        }
        ["words", part, kind, fields @ ..] => {
            for field in fields {
                let (table, _, field) = table::reference(field)
                    .ok_or(format!("{place}: expected `%words PART KIND TABLE.FIELD …`, found `{field}`"))?;
                grammar.words.push([part, kind, &table, &field].map(|word| (*word).to_owned()));
            }
        }
        ["noise", kind, p, rest @ ..] => {
            let p: f64 = number(p, "the probability", place)?;
            grammar.noise.push(Noise::new(kind, p, rest).map_err(|e| format!("{place}: {e}"))?);
        }
        _ => {
            return Err(format!(
                "{place}: unknown setting `%{text}`; known: `%seed N`, `%max_shared_words N`, `%language CODE`, \
                 `%class LABEL NAME ROWS RULE`, `%noise KIND PROBABILITY [WORDS]`"
            ));
        }
    }
    Ok(())
}

/// `table.one:table.two`: two fields of one table.
fn relation_pair(text: &str) -> Option<(String, String, String)> {
    let (first, second) = text.split_once(':')?;
    let ((table, _, first), (other, _, second)) = (table::reference(first)?, table::reference(second)?);
    (table == other).then(|| (table.to_owned(), first.to_owned(), second.to_owned()))
}

/// `3* text`: a weight, then the text. Without a weight it is 1.
fn alternative(line: &str, place: &str) -> Result<Alternative, String> {
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (weight, text) = match first.strip_suffix('*') {
        Some(digits) if !first.starts_with(['*', '\\']) => {
            let weight = digits.parse().ok().filter(|&w: &usize| (1..=10_000).contains(&w)).ok_or(format!(
                "{place}: the weight must be a whole number from 1 to 10000, found `{digits}`; write `\\{first}` for text"
            ))?;
            (weight, rest.trim_start())
        }
        _ => (1, line),
    };
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    let nodes = sequence(&chars, &mut at, "", place)?;
    Ok(Alternative { weight, nodes })
}

/// Reads nodes until one of the `until` characters (left in place) or the end of the line.
fn sequence(chars: &[char], at: &mut usize, until: &str, place: &str) -> Result<Vec<Node>, String> {
    let mut nodes = Vec::new();
    let mut text = String::new();
    let flush = |text: &mut String, nodes: &mut Vec<Node>| {
        if !text.is_empty() {
            nodes.push(Node::Text(std::mem::take(text)));
        }
    };
    while let Some(&c) = chars.get(*at) {
        let doubled = chars.get(*at + 1) == Some(&c);
        match c {
            '\\' => {
                let next = chars.get(*at + 1).ok_or(format!("{place}: `\\` at the end of the line escapes nothing"))?;
                text.push(*next);
                *at += 2;
            }
            '[' if doubled => {
                flush(&mut text, &mut nodes);
                *at += 2;
                let inside = sequence(chars, at, "]", place)?;
                if chars.get(*at) != Some(&']') {
                    return Err(format!("{place}: `[[` is never closed by `]]`"));
                }
                if inside.is_empty() {
                    return Err(format!("{place}: `[[…]]` with nothing in it"));
                }
                *at += 2;
                nodes.push(Node::Mark(inside));
            }
            ']' if doubled && until.contains(']') => break,
            ']' if doubled => return Err(format!("{place}: `]]` without a `[[` before it")),
            '{' => {
                flush(&mut text, &mut nodes);
                *at += 1;
                nodes.push(braces(chars, at, place)?);
            }
            '|' | '}' if until.contains(c) => break,
            '}' => return Err(format!("{place}: `}}` without a `{{` before it")),
            _ => {
                text.push(c);
                *at += 1;
            }
        }
    }
    flush(&mut text, &mut nodes);
    Ok(nodes)
}

/// What follows a `{`: a slot, or a choice when it holds a `|`.
fn braces(chars: &[char], at: &mut usize, place: &str) -> Result<Node, String> {
    let start = *at;
    let mut options = Vec::new();
    loop {
        options.push(sequence(chars, at, "|}", place)?);
        match chars.get(*at) {
            Some('|') => *at += 1,
            Some(_) => break,
            None => return Err(format!("{place}: `{{` is never closed by `}}`")),
        }
    }
    *at += 1;
    if options.len() > 1 {
        return Ok(Node::Choice(options));
    }
    let inside: String = chars[start..*at - 1].iter().collect();
    let (capital, name) = inside.strip_prefix('^').map_or((false, inside.as_str()), |n| (true, n));
    let (fresh, name) = name.strip_suffix('!').map_or((false, name), |n| (true, n));
    if !fresh && let Some((table, record, field)) = table::reference(name) {
        let [table, record, field] = [table, record, field].map(str::to_owned);
        return Ok(Node::Field { table, record, field, capital, place: place.to_owned() });
    }
    if !is_name(name) {
        return Err(format!("{place}: `{{{inside}}}` is neither a rule's name nor a choice with `|`"));
    }
    Ok(Node::Slot { name: name.to_owned(), capital, fresh, place: place.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        let mut grammar = Grammar::default();
        read("t.txt", text, &mut grammar).unwrap_err()
    }

    #[test]
    fn malformed_lines_name_file_line_and_cause() {
        for (text, expected) in [
            ("top:\n  so [[bad\n", "t.txt:2: `[[` is never closed"),
            ("top:\n  so bad]] here\n", "t.txt:2: `]]` without"),
            ("top:\n  {a|b\n", "t.txt:2: `{` is never closed"),
            ("top:\n  a} b\n", "t.txt:2: `}` without"),
            ("top:\n  a\n  two* b\n", "t.txt:3: the weight must be a whole number"),
            ("top:\n  0* b\n", "t.txt:2: the weight must be a whole number"),
            ("top:\n  {Not a name}\n", "neither a rule's name"),
            ("top:\n  [[]]\n", "nothing in it"),
            ("  early\n", "t.txt:1: an alternative before any rule"),
            ("a:\n  x\na:\n  y\n", "t.txt:3: rule `a` is defined twice, first at t.txt:1"),
            ("Some Prose\n", "t.txt:1: expected `name:`"),
            ("%sede 3\n", "t.txt:1: unknown setting"),
            ("%class x negative 10 top\n", "t.txt:1: the label must be a number, found `x`"),
            ("%language xx\n", "t.txt:1: the language must be `en` or `pt`, found `xx`"),
            ("%noise typo often\n", "t.txt:1: the probability must be a number"),
            ("%noise sparkle 0.5\n", "t.txt:1: unknown kind of noise"),
        ] {
            let found = error(text);
            assert!(found.contains(expected), "{found:?} should contain {expected:?}");
        }
    }

    #[test]
    fn marks_choices_and_escapes() {
        let nodes = alternative("2* \\*sigh* [[{so|} bad]] \\{x\\}", "t:1").unwrap();
        assert_eq!(nodes.weight, 2);
        let so = Node::Choice(vec![vec![Node::Text("so".into())], vec![]]);
        assert_eq!(
            nodes.nodes,
            [Node::Text("*sigh* ".into()), Node::Mark(vec![so, Node::Text(" bad".into())]), Node::Text(" {x}".into())]
        );
    }
}
