//! The template language of the generated data sets: rules with weighted alternatives, slots, inline choices and
//! rationale marks. `data/tweets/templates/00_common.txt` documents it for authors. Rules may not refer to themselves,
//! so that every text ends. Reading is in `template.rs`, drawing in `draw.rs`; this file holds and checks the rules.

use super::noise::Noise;
use super::table::Table;
use std::collections::{BTreeMap, BTreeSet};

/// A piece of an alternative.
#[derive(Debug, PartialEq)]
pub enum Node {
    Text(String),
    /// `{name}`; `{^name}` capitalises; `{name!}` draws a value that this text does not have yet.
    Slot {
        name: String,
        capital: bool,
        fresh: bool,
        place: String,
    },
    /// `{table.field}`, `{table.2.field}`; `{^table.field}` capitalises.
    Field {
        table: String,
        record: String,
        field: String,
        capital: bool,
        place: String,
    },
    /// `{one|two|}`
    Choice(Vec<Vec<Node>>),
    /// `[[…]]`
    Mark(Vec<Node>),
}

/// One alternative of a rule.
#[derive(Debug)]
pub struct Alternative {
    pub weight: usize,
    pub nodes: Vec<Node>,
}

/// A non-terminal.
#[derive(Debug)]
pub struct Rule {
    /// `file:line`, for messages.
    pub place: String,
    pub alternatives: Vec<Alternative>,
}

/// `%class LABEL NAME ROWS RULE`
#[derive(Debug)]
pub struct Class {
    pub label: u32,
    pub name: String,
    pub rows: usize,
    pub rule: String,
    pub place: String,
}

/// `%relation NAME TABLE.FIELD:TABLE.FIELD …`: pairs of words in one record.
#[derive(Debug)]
pub struct Relation {
    pub name: String,
    /// Table, first and second field.
    pub pairs: Vec<(String, String, String)>,
    pub place: String,
}

/// All rules and settings of one data set.
#[derive(Debug, Default)]
pub struct Grammar {
    pub rules: BTreeMap<String, Rule>,
    pub classes: Vec<Class>,
    pub noise: Vec<Noise>,
    pub seed: u64,
    /// A generated text never shares more than this many successive words with a hand-written one.
    pub max_shared_words: usize,
    /// Whether `a` becomes `an` before a vowel; off for other languages than English.
    pub english: bool,
    /// `%deal`: alternatives are dealt like cards (each comes up before any comes again), not rolled like dice, so that
    /// what two classes share occurs about equally often in both.
    pub deal: bool,
    pub tables: BTreeMap<String, Table>,
    pub relations: Vec<Relation>,
    /// `%words POS KIND TABLE.FIELD …`: the fields of the similarity set, as (part of speech, kind, table, field).
    pub words: Vec<[String; 4]>,
}

impl Grammar {
    pub fn check(&self) -> Result<(), String> {
        if self.classes.is_empty() {
            return Err("no `%class` line in the templates: add `%class LABEL NAME ROWS RULE`".into());
        }
        let mut used = BTreeSet::new();
        for class in &self.classes {
            if !self.rules.contains_key(&class.rule) {
                return Err(format!("{}: unknown non-terminal `{}` in %class", class.place, class.rule));
            }
            used.insert(class.rule.as_str());
        }
        for (name, rule) in &self.rules {
            if rule.alternatives.is_empty() {
                return Err(format!("{}: empty rule: `{name}` has no alternative below it", rule.place));
            }
            for word in rule.alternatives.iter().flat_map(|a| plain_words(&a.nodes)) {
                if word.contains('_') && self.rules.contains_key(word) {
                    return Err(format!("{}: `{word}` in rule `{name}` is plain text; write `{{{word}}}`", rule.place));
                }
            }
            for slot in rule.alternatives.iter().flat_map(|a| slots(&a.nodes)) {
                if !self.rules.contains_key(slot.0) {
                    return Err(format!("{}: unknown non-terminal `{}` in rule `{name}`", slot.1, slot.0));
                }
                used.insert(slot.0);
            }
            for (table, field, place) in rule.alternatives.iter().flat_map(|a| fields(&a.nodes)) {
                self.check_field(table, field, place)?;
            }
        }
        for relation in &self.relations {
            for (table, first, second) in &relation.pairs {
                self.check_field(table, first, &relation.place)?;
                self.check_field(table, second, &relation.place)?;
            }
        }
        if let Some((name, rule)) = self.rules.iter().find(|(name, _)| !used.contains(name.as_str())) {
            return Err(format!("{}: rule `{name}` is never used", rule.place));
        }
        let mut done = BTreeSet::new();
        self.rules.keys().try_for_each(|name| self.refuse_cycles(name, &mut Vec::new(), &mut done))
    }

    fn check_field(&self, table: &str, field: &str, place: &str) -> Result<(), String> {
        match self.tables.get(table) {
            None => Err(format!("{place}: there is no table `{table}`")),
            Some(found) if found.field(field).is_none() => {
                Err(format!("{place}: the table `{table}` has no field `{field}`; it has {}", found.fields.join(", ")))
            }
            Some(_) => Ok(()),
        }
    }

    fn refuse_cycles<'a>(
        &'a self,
        name: &'a str,
        path: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Result<(), String> {
        if path.contains(&name) {
            let place = &self.rules[name].place;
            return Err(format!("{place}: rule `{name}` refers to itself: {} → {name}", path.join(" → ")));
        }
        if done.contains(name) {
            return Ok(());
        }
        path.push(name);
        for (slot, _) in self.rules[name].alternatives.iter().flat_map(|a| slots(&a.nodes)) {
            self.refuse_cycles(slot, path, done)?;
        }
        path.pop();
        done.insert(name);
        Ok(())
    }
}

/// The words of the plain text in `nodes`, however deep.
fn plain_words(nodes: &[Node]) -> Vec<&str> {
    let mut found = Vec::new();
    for node in nodes {
        match node {
            Node::Text(text) => found.extend(text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))),
            Node::Slot { .. } | Node::Field { .. } => {}
            Node::Choice(options) => found.extend(options.iter().flat_map(|o| plain_words(o))),
            Node::Mark(inside) => found.extend(plain_words(inside)),
        }
    }
    found
}

/// The slots in `nodes`, however deep, with their places.
fn slots(nodes: &[Node]) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for node in nodes {
        match node {
            Node::Text(_) | Node::Field { .. } => {}
            Node::Slot { name, place, .. } => found.push((name.as_str(), place.as_str())),
            Node::Choice(options) => found.extend(options.iter().flat_map(|o| slots(o))),
            Node::Mark(inside) => found.extend(slots(inside)),
        }
    }
    found
}

/// The table fields in `nodes`, however deep: table, field, place.
fn fields(nodes: &[Node]) -> Vec<(&str, &str, &str)> {
    let mut found = Vec::new();
    for node in nodes {
        match node {
            Node::Text(_) | Node::Slot { .. } => {}
            Node::Field { table, field, place, .. } => found.push((table.as_str(), field.as_str(), place.as_str())),
            Node::Choice(options) => found.extend(options.iter().flat_map(|o| fields(o))),
            Node::Mark(inside) => found.extend(fields(inside)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grammar(text: &str) -> Result<Grammar, String> {
        Grammar::parse(&[("t.txt".into(), text.into())])
    }

    #[test]
    fn mistakes_name_file_line_and_cause() {
        for (text, expected) in [
            ("%class 0 n 1 top\ntop:\n  {citty}\n", "t.txt:3: unknown non-terminal `citty`"),
            ("%class 0 n 1 nowhere\ntop:\n  a\n", "t.txt:1: unknown non-terminal `nowhere`"),
            ("%class 0 n 1 top\ntop:\n\nother:\n  a\n", "t.txt:2: empty rule"),
            ("%class 0 n 1 top\ntop:\n  a\nother:\n  b\n", "t.txt:4: rule `other` is never used"),
            ("%class 0 n 1 top\ntop:\n  {a|b_c}\na:\n  x\nb_c:\n  y\n", "write `{b_c}`"),
            ("%class 0 n 1 top\ntop:\n  {a}\na:\n  {top}\n", "refers to itself"),
            ("top:\n  a\n", "no `%class` line"),
        ] {
            let error = grammar(text).unwrap_err();
            assert!(error.contains(expected), "{error:?} should contain {expected:?}");
        }
    }
}
