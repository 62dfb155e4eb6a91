//! The relations that a grammar's tables plant in a corpus: the spans of planted pairs, and the questions about them.
//! Which words stand together is decided in the templates, not here.

use super::grammar::Grammar;
use random::SplitMix64;
use std::collections::{BTreeMap, BTreeSet};

/// A word of a text, in lower case, and where it stands, in characters.
#[derive(Debug, PartialEq)]
pub struct Word {
    pub text: String,
    pub start: usize,
    pub end: usize,
}

/// Letters, digits, and apostrophes or hyphens between them, as the lesson's tokenizer has it.
pub fn words(text: &str) -> Vec<Word> {
    let chars: Vec<char> = text.chars().collect();
    let (mut words, mut at) = (Vec::new(), 0);
    while at < chars.len() {
        let start = at;
        while at < chars.len()
            && (chars[at].is_alphanumeric()
                || (at > start
                    && matches!(chars[at], '\'' | '’' | '-')
                    && chars.get(at + 1).is_some_and(|c| c.is_alphanumeric())))
        {
            at += 1;
        }
        if at > start {
            let text = chars[start..at].iter().flat_map(|c| c.to_lowercase()).collect();
            words.push(Word { text, start, end: at });
        }
        at = at.max(start + 1);
    }
    words
}

/// A relation's name and its pairs of words in lower case, in the order of the tables.
pub struct Pairs {
    pub name: String,
    pub pairs: Vec<(String, String)>,
}

/// The pairs of every relation.
///
/// # Errors
/// A member that is several values or several words, or one that two records of a relation share.
pub fn pairs(grammar: &Grammar) -> Result<Vec<Pairs>, String> {
    let mut found = Vec::new();
    for relation in &grammar.relations {
        let (mut pairs, mut firsts) = (Vec::new(), BTreeSet::new());
        for (name, first, second) in &relation.pairs {
            let table = &grammar.tables[name];
            for record in &table.records {
                let value = |field: &str| {
                    let values = table.field(field).map_or(&[][..], |i| &record.cells[i]);
                    match values {
                        [value] if words(value).len() == 1 => Ok(value.to_lowercase()),
                        _ => Err(format!("{}: {name}.{field} must be one word, found {values:?}", relation.place)),
                    }
                };
                let pair = (value(first)?, value(second)?);
                if !firsts.insert(pair.0.clone()) || !firsts.insert(pair.1.clone()) {
                    return Err(format!("{}: {pair:?}: a word occurs twice in the relation", relation.place));
                }
                pairs.push(pair);
            }
        }
        found.push(Pairs { name: relation.name.clone(), pairs });
    }
    Ok(found)
}

/// Which words are partners of a word in some relation.
pub fn partners(pairs: &[Pairs]) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut partners: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (a, b) in pairs.iter().flat_map(|relation| &relation.pairs) {
        partners.entry(a).or_default().insert(b);
        partners.entry(b).or_default().insert(a);
    }
    partners
}

/// The words of `text` whose partner stands in it too, as the csv column `rationale` has them.
pub fn rationale(text: &str, partners: &BTreeMap<&str, BTreeSet<&str>>) -> String {
    let words = words(text);
    let here: BTreeSet<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let planted = |word: &&Word| partners.get(word.text.as_str()).is_some_and(|others| !others.is_disjoint(&here));
    words.iter().filter(planted).map(|word| format!("{}:{}", word.start, word.end)).collect::<Vec<_>>().join(";")
}

/// Questions `[relation, a, b, c, d]`, a is to b as c is to d: `count` per relation, in which all pairs occur about
/// equally often.
pub fn questions(pairs: &[Pairs], count: usize, seed: u64) -> Vec<[String; 5]> {
    let mut rng = SplitMix64::new(seed);
    let mut questions = Vec::new();
    for relation in pairs {
        let mut order: Vec<&(String, String)> = relation.pairs.iter().collect();
        rng.shuffle(&mut order);
        let n = order.len();
        let asked = (1..n).flat_map(|step| (0..n).map(move |i| (i, (i + step) % n))).take(count);
        for (i, j) in asked {
            let ((a, b), (c, d)) = (order[i], order[j]);
            questions.push([&relation.name, a, b, c, d].map(String::clone));
        }
    }
    questions
}

#[cfg(test)]
mod tests {
    use super::super::table::Table;
    use super::*;

    fn grammar(table: &str) -> Grammar {
        let tables = BTreeMap::from([("c".to_owned(), Table::parse("c", table).unwrap())]);
        let text = "%class 0 n 1 top\n%relation capital c.name:c.capital\ntop:\n  {c.name}\n";
        Grammar::with_tables(&[("t.txt".into(), text.into())], tables).unwrap()
    }

    #[test]
    fn words_keep_inner_apostrophes_and_hyphens() {
        let texts = |text: &str| words(text).into_iter().map(|w| w.text).collect::<Vec<_>>();
        assert_eq!(
            texts("Don't 'Stop' the well-known É-train - 3.5%"),
            ["don't", "stop", "the", "well-known", "é-train", "3", "5"]
        );
        assert_eq!((words("à Rome")[1].start, words("à Rome")[1].end), (2, 6));
    }

    #[test]
    fn spans_mark_both_members_of_a_pair_only() {
        let pairs = pairs(&grammar("name|capital\nItaly|Rome\nPeru|Lima\n")).unwrap();
        let partners = partners(&pairs);
        assert_eq!(rationale("Rome, not Lima, is in Italy.", &partners), "0:4;22:27");
        assert_eq!(rationale("Rome is far from Peru", &partners), "");
    }

    #[test]
    fn questions_use_all_pairs_alike() {
        let pairs = pairs(&grammar("name|capital\nItaly|Rome\nPeru|Lima\nCuba|Havana\nChile|Santiago\n")).unwrap();
        let questions = questions(&pairs, 8, 3);
        assert_eq!(questions.len(), 8);
        assert_eq!(questions.iter().filter(|q| q[1] == "italy").count(), 2);
        assert_eq!(questions.iter().filter(|q| q[4] == "rome").count(), 2);
        assert!(questions.iter().all(|q| q[1] != q[3]));
        assert_eq!(questions.iter().collect::<BTreeSet<_>>().len(), 8);
    }

    #[test]
    fn a_member_is_one_word_and_belongs_to_one_pair() {
        for (table, expected) in [
            ("name|capital\nItaly|Rome, Milan\n", "must be one word"),
            ("name|capital\nPeru|San Marco\n", "must be one word"),
            ("name|capital\nItaly|Rome\nPeru|rome\n", "occurs twice"),
        ] {
            let error = pairs(&grammar(table)).err().unwrap();
            assert!(error.contains(expected), "{error}");
        }
    }
}
