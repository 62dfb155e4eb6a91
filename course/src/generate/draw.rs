//! Draws texts from a grammar: by dice, or with `%deal` like cards from a shuffled deck.
//! Does not add noise and does not refuse duplicates: `mod.rs` does.

use super::grammar::{Grammar, Node};
use super::marked::Marked;
use random::SplitMix64;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The cards left per rule and per choice, by address; the grammar stays where it is while texts are drawn.
pub type Decks = HashMap<usize, Vec<usize>>;

impl Grammar {
    /// Draws one text from `rule`. Noise is not applied. `decks` is for `%deal`: empty for a class's first text, then
    /// kept from text to text.
    pub fn draw(&self, rule: &str, rng: &mut SplitMix64, decks: &mut Decks) -> Marked {
        self.draw_in("", rule, rng, decks)
    }

    /// The same with the records that the tables have for `domain`.
    pub fn draw_in(&self, domain: &str, rule: &str, rng: &mut SplitMix64, decks: &mut Decks) -> Marked {
        let (out, seen, records) = (Marked::default(), BTreeMap::new(), BTreeMap::new());
        let mut state = Draw { grammar: self, domain, rng, decks, out, marks: 0, mark: 0, seen, records };
        state.rule(rule);
        let mut out = state.out;
        out.tidy();
        if self.english {
            out.mend_articles();
        }
        out
    }
}

struct Draw<'a> {
    grammar: &'a Grammar,
    domain: &'a str,
    rng: &'a mut SplitMix64,
    decks: &'a mut Decks,
    out: Marked,
    /// Marks opened so far, and the open one (0: none). A mark inside a mark belongs to the outer one.
    marks: u32,
    mark: u32,
    seen: BTreeMap<String, BTreeSet<String>>,
    /// The records of this text, by table and the name they have in it.
    records: BTreeMap<(&'a str, &'a str), usize>,
}

impl<'a> Draw<'a> {
    fn rule(&mut self, name: &str) {
        let grammar = self.grammar;
        let Some(rule) = grammar.rules.get(name) else { return };
        let weights = || rule.alternatives.iter().map(|a| a.weight);
        let chosen = self.choose(rule.alternatives.as_ptr() as usize, &weights);
        self.nodes(&rule.alternatives[chosen].nodes);
    }

    /// The index of a weight: by a die, or with `%deal` the next card of the deck at this address.
    fn choose<I: Iterator<Item = usize>>(&mut self, address: usize, weights: &dyn Fn() -> I) -> usize {
        if self.grammar.deal {
            let deck = self.decks.entry(address).or_default();
            if deck.is_empty() {
                deck.extend(weights().enumerate().flat_map(|(i, weight)| std::iter::repeat_n(i, weight)));
                self.rng.shuffle(deck);
            }
            return deck.pop().unwrap_or(0);
        }
        let mut ticket = self.rng.below(weights().sum());
        weights().position(|weight| ticket.checked_sub(weight).map(|rest| ticket = rest).is_none()).unwrap_or(0)
    }

    fn nodes(&mut self, nodes: &'a [Node]) {
        for node in nodes {
            match node {
                Node::Text(text) => self.out.push(text, self.mark),
                Node::Choice(options) => {
                    let chosen = self.choose(options.as_ptr() as usize, &|| options.iter().map(|_| 1));
                    self.nodes(&options[chosen]);
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
                Node::Field { table, record, field, capital, .. } => {
                    let start = self.out.cells.len();
                    self.field(table, record, field);
                    self.capital(start, *capital);
                }
            }
        }
    }

    /// A value of the record that this text has drawn under that name; another record than the others of its table.
    fn field(&mut self, name: &'a str, record: &'a str, field: &str) {
        let Some(table) = self.grammar.tables.get(name) else { return };
        let Some(view) = table.view(self.domain) else { return };
        let mut index = self.records.get(&(name, record)).copied();
        for _ in 0..20 {
            if index.is_some() {
                break;
            }
            let drawn = view[self.choose(view.as_ptr() as usize, &|| view.iter().map(|_| 1))];
            let taken = self.records.iter().any(|((table, _), other)| *table == name && *other == drawn);
            index = (!taken || view.len() == 1).then_some(drawn);
        }
        let index = index.unwrap_or(view[0]);
        self.records.insert((name, record), index);
        let Some(values) = table.field(field).map(|i| &table.records[index].cells[i]) else { return };
        let chosen = self.choose(values.as_ptr() as usize, &|| values.iter().map(|_| 1));
        self.out.push(&values[chosen], self.mark);
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
        self.capital(start, capital);
    }

    fn capital(&mut self, start: usize, capital: bool) {
        if capital && let Some(cell) = self.out.cells.get_mut(start) {
            cell.ch = cell.ch.to_uppercase().next().unwrap_or(cell.ch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::marked::cut;
    use super::super::table::Table;
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
            let drawn = grammar.draw("top", &mut rng, &mut Decks::new());
            let marked = cut(&drawn.text(), drawn.spans()[0]);
            assert!(["Really bad", "Really awful", "never again"].contains(&marked.as_str()), "{marked}");
            assert!(!drawn.text().contains("Lisbon to Lisbon") && !drawn.text().contains("Oslo to Oslo"));
        }
    }

    #[test]
    fn weights_decide_how_often() {
        let grammar = grammar(SMALL).unwrap();
        let mut rng = SplitMix64::new(1);
        let n = (0..4000).filter(|_| grammar.draw("top", &mut rng, &mut Decks::new()).text().contains("never")).count();
        assert!((900..1100).contains(&n), "expected about a quarter of 4000, got {n}");
    }

    #[test]
    fn dealt_alternatives_come_as_often_as_their_weights_say() {
        let grammar = grammar(&format!("%deal\n{SMALL}")).unwrap();
        let (mut rng, mut decks) = (SplitMix64::new(1), Decks::new());
        let texts: Vec<String> = (0..4000).map(|_| grammar.draw("top", &mut rng, &mut decks).text()).collect();
        let count = |word: &str| texts.iter().filter(|text| text.contains(word)).count();
        assert_eq!((count("never"), count("bad"), count("awful")), (1000, 1500, 1500));
        assert!(texts[..8].iter().filter(|text| text.contains("never")).count() == 2);
    }

    #[test]
    fn the_same_seed_gives_the_same_texts() {
        let grammar = grammar(SMALL).unwrap();
        let draw = |seed| {
            let mut rng = SplitMix64::new(seed);
            (0..30).map(|_| grammar.draw("top", &mut rng, &mut Decks::new())).collect::<Vec<_>>()
        };
        assert_eq!(draw(5), draw(5));
        assert_ne!(draw(5), draw(6));
    }

    #[test]
    fn fields_come_from_one_record_and_another_record_is_another() {
        let table = "name|capital|domains\nItaly|Rome|food\nJapan|Tokyo|food\nPeru|Lima|food\nOman|Muscat|law\n";
        let tables = || BTreeMap::from([("country".to_owned(), Table::parse("c", table).unwrap())]);
        let read = |text: &str| Grammar::with_tables(&[("t.txt".into(), text.into())], tables());
        let text = "%class 0 food 1 top\n%deal\ntop:\n  {country.capital} {country.name} {country.2.name}\n";
        let grammar = read(text).unwrap();
        let (mut rng, mut decks, mut seen) = (SplitMix64::new(1), Decks::new(), BTreeSet::new());
        for _ in 0..60 {
            let drawn = grammar.draw_in("food", "top", &mut rng, &mut decks).text();
            let words: Vec<&str> = drawn.split(' ').collect();
            assert!(["Rome Italy", "Tokyo Japan", "Lima Peru"].contains(&&*words[..2].join(" ")), "{drawn}");
            assert!(words[1] != words[2] && words[2] != "Oman", "{drawn}");
            seen.insert(drawn);
        }
        assert_eq!(seen.len(), 6);
        for (text, expected) in [
            ("%class 0 n 1 top\ntop:\n  {country.river}\n", "t.txt:3: the table `country` has no field `river`"),
            ("%class 0 n 1 top\ntop:\n  {town.name}\n", "t.txt:3: there is no table `town`"),
            ("%relation capital country.name\n", "t.txt:1: expected `%relation NAME"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn only_english_has_an() {
        for (language, expected) in [
            ("", "an old, an Irish hat"),
            ("%language en\n", "an old, an Irish hat"),
            ("%language pt\n", "a old, a Irish hat"),
        ] {
            let grammar = grammar(&format!("{language}%class 0 n 1 top\ntop:\n  a old, a Irish hat\n")).unwrap();
            assert_eq!(grammar.draw("top", &mut SplitMix64::new(1), &mut Decks::new()).text(), expected, "{language}");
        }
    }
}
