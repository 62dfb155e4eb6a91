//! The template language of the generated data sets: rules with weighted alternatives, slots, inline choices and
//! rationale marks. `data/tweets/templates/00_common.txt` documents it for authors. Rules may not refer to themselves,
//! so that every text ends. Reading is in `template.rs`; this file checks the rules and draws texts from them.

use super::marked::Marked;
use super::noise::Noise;
use super::rng::SplitMix64;
use super::template;
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
}

impl Grammar {
    /// Reads template files, given as `(name, contents)`. Errors read `file:line: what is wrong`.
    pub fn parse(files: &[(String, String)]) -> Result<Self, String> {
        let mut grammar = Self { max_shared_words: usize::MAX, english: true, ..Self::default() };
        for (name, contents) in files {
            template::read(name, contents, &mut grammar)?;
        }
        grammar.check()?;
        Ok(grammar)
    }

    fn check(&self) -> Result<(), String> {
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
        }
        if let Some((name, rule)) = self.rules.iter().find(|(name, _)| !used.contains(name.as_str())) {
            return Err(format!("{}: rule `{name}` is never used", rule.place));
        }
        let mut done = BTreeSet::new();
        self.rules.keys().try_for_each(|name| self.refuse_cycles(name, &mut Vec::new(), &mut done))
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

    /// Draws one text from `rule`. Noise is not applied.
    pub fn draw(&self, rule: &str, rng: &mut SplitMix64) -> Marked {
        let mut state = Draw { grammar: self, rng, out: Marked::default(), marks: 0, mark: 0, seen: BTreeMap::new() };
        state.rule(rule);
        let mut out = state.out;
        out.tidy();
        if self.english {
            out.mend_articles();
        }
        out
    }
}

/// The words of the plain text in `nodes`, however deep.
fn plain_words(nodes: &[Node]) -> Vec<&str> {
    let mut found = Vec::new();
    for node in nodes {
        match node {
            Node::Text(text) => found.extend(text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))),
            Node::Slot { .. } => {}
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
            Node::Text(_) => {}
            Node::Slot { name, place, .. } => found.push((name.as_str(), place.as_str())),
            Node::Choice(options) => found.extend(options.iter().flat_map(|o| slots(o))),
            Node::Mark(inside) => found.extend(slots(inside)),
        }
    }
    found
}

struct Draw<'a> {
    grammar: &'a Grammar,
    rng: &'a mut SplitMix64,
    out: Marked,
    /// Marks opened so far, and the open one (0: none). A mark inside a mark belongs to the outer one.
    marks: u32,
    mark: u32,
    seen: BTreeMap<String, BTreeSet<String>>,
}

impl Draw<'_> {
    fn rule(&mut self, name: &str) {
        let Some(rule) = self.grammar.rules.get(name) else { return };
        let mut ticket = self.rng.below(rule.alternatives.iter().map(|a| a.weight).sum());
        for alternative in &rule.alternatives {
            if ticket < alternative.weight {
                return self.nodes(&alternative.nodes);
            }
            ticket -= alternative.weight;
        }
    }

    fn nodes(&mut self, nodes: &[Node]) {
        for node in nodes {
            match node {
                Node::Text(text) => self.out.push(text, self.mark),
                Node::Choice(options) => {
                    let choice = self.rng.below(options.len());
                    self.nodes(&options[choice]);
                }
                Node::Mark(inside) => {
                    let outer = self.mark;
                    if outer == 0 {
                        self.marks += 1;
                        self.mark = self.marks;
                    }
                    self.nodes(inside);
                    self.mark = outer;
                }
                Node::Slot { name, capital, fresh, .. } => self.slot(name, *capital, *fresh),
            }
        }
    }

    fn slot(&mut self, name: &str, capital: bool, fresh: bool) {
        let start = self.out.cells.len();
        for _ in 0..if fresh { 20 } else { 1 } {
            self.out.cells.truncate(start);
            self.rule(name);
            let value: String = self.out.cells[start..].iter().map(|c| c.ch).collect();
            if self.seen.entry(name.to_owned()).or_default().insert(value) {
                break;
            }
        }
        if capital && let Some(cell) = self.out.cells.get_mut(start) {
            cell.ch = cell.ch.to_uppercase().next().unwrap_or(cell.ch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::marked::cut;
    use super::*;

    fn grammar(text: &str) -> Result<Grammar, String> {
        Grammar::parse(&[("t.txt".into(), text.into())])
    }

    const SMALL: &str = "%class 0 negative 5 top\n%seed 7\ntop:\n  3* {city} to {city!} was [[{^very} {bad|awful}]] today\n  \
                         {city!}: [[never again]]\n\ncity:\n  Lisbon\n  Oslo\nvery:\n  really\n";

    #[test]
    fn spans_cut_the_marked_words_through_slots_and_choices() {
        let grammar = grammar(SMALL).unwrap();
        let mut rng = SplitMix64::new(grammar.seed);
        for _ in 0..200 {
            let drawn = grammar.draw("top", &mut rng);
            let marked = cut(&drawn.text(), drawn.spans()[0]);
            assert!(["Really bad", "Really awful", "never again"].contains(&marked.as_str()), "{marked}");
            assert!(!drawn.text().contains("Lisbon to Lisbon") && !drawn.text().contains("Oslo to Oslo"));
        }
    }

    #[test]
    fn weights_decide_how_often() {
        let grammar = grammar(SMALL).unwrap();
        let mut rng = SplitMix64::new(1);
        let n = (0..4000).filter(|_| grammar.draw("top", &mut rng).text().contains("never")).count();
        assert!((900..1100).contains(&n), "expected about a quarter of 4000, got {n}");
    }

    #[test]
    fn the_same_seed_gives_the_same_texts() {
        let grammar = grammar(SMALL).unwrap();
        let draw = |seed| {
            let mut rng = SplitMix64::new(seed);
            (0..30).map(|_| grammar.draw("top", &mut rng)).collect::<Vec<_>>()
        };
        assert_eq!(draw(5), draw(5));
        assert_ne!(draw(5), draw(6));
    }

    #[test]
    fn only_english_has_an() {
        for (language, expected) in [("", "an old"), ("%language en\n", "an old"), ("%language pt\n", "a old")] {
            let grammar = grammar(&format!("{language}%class 0 n 1 top\ntop:\n  a old\n")).unwrap();
            assert_eq!(grammar.draw("top", &mut SplitMix64::new(1)).text(), expected, "{language}");
        }
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
