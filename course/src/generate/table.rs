//! Tables of words: a record is drawn once per text, and its fields may stand at several places of it: `{country.name}`,
//! `{country.capital}`; `{country.2.name}` is another country. `data/headlines/templates/00_common.txt` documents them.
//! Reading only; `draw.rs` draws.

use std::collections::BTreeMap;

/// A lexicon file: the first line names the fields, each further line is a record, cells apart by `|`.
#[derive(Debug, Default)]
pub struct Table {
    pub fields: Vec<String>,
    pub records: Vec<Record>,
    /// For each domain that a record names, the records for it.
    pub views: BTreeMap<String, Vec<usize>>,
    /// All records: for a table without domains.
    pub all: Vec<usize>,
}

/// A row. Several values of a cell are apart by commas; one of them is drawn at each place.
#[derive(Debug)]
pub struct Record {
    pub cells: Vec<Vec<String>>,
    pub domains: Vec<String>,
}

/// The field that says in which domains a record is drawn.
const DOMAINS: &str = "domains";

impl Table {
    /// Reads a lexicon file. Errors read `file:line: what is wrong`.
    pub fn parse(file: &str, contents: &str) -> Result<Self, String> {
        let mut table = Self::default();
        for (number, line) in contents.lines().enumerate() {
            let place = format!("{file}:{}", number + 1);
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            if table.fields.is_empty() {
                table.fields = cells.into_iter().map(str::to_owned).collect();
                continue;
            }
            if cells.len() != table.fields.len() {
                return Err(format!("{place}: expected {} cells, found {}", table.fields.len(), cells.len()));
            }
            if let Some(i) = cells.iter().position(|cell| cell.is_empty()) {
                return Err(format!("{place}: the field `{}` is empty", table.fields[i]));
            }
            let values = |cell: &str| cell.split(',').map(|value| value.trim().to_owned()).collect::<Vec<_>>();
            let domains = table.field(DOMAINS).map_or_else(Vec::new, |i| values(cells[i]));
            let index = table.records.len();
            for domain in &domains {
                table.views.entry(domain.clone()).or_default().push(index);
            }
            table.all.push(index);
            table.records.push(Record { cells: cells.into_iter().map(values).collect(), domains });
        }
        if table.records.is_empty() {
            return Err(format!("{file}: no record below a line with the names of the fields"));
        }
        Ok(table)
    }

    /// The position of a field.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field == name)
    }

    /// The records that are drawn in `domain`: all of them when the table has no domains.
    pub fn view(&self, domain: &str) -> Option<&Vec<usize>> {
        if self.views.is_empty() { Some(&self.all) } else { self.views.get(domain) }
    }
}

/// `table.field` or `table.2.field`, as table, record and field.
pub fn reference(text: &str) -> Option<(&str, &str, &str)> {
    let parts: Vec<&str> = text.split('.').collect();
    let word =
        |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    match parts[..] {
        [table, field] if word(table) && word(field) => Some((table, "", field)),
        [table, record, field] if word(table) && word(record) && word(field) => Some((table, record, field)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_fields_records_and_domains() {
        let text = "# note\nname | dish | domains\nItaly | pasta, pizza | food, travel\nJapan | sushi | travel\n";
        let table = Table::parse("t.txt", text).unwrap();
        assert_eq!(table.records[0].cells[1], ["pasta", "pizza"]);
        assert_eq!(table.view("travel"), Some(&vec![0, 1]));
        assert_eq!((table.view("food"), table.view("law")), (Some(&vec![0]), None));
        assert_eq!(Table::parse("t.txt", "a|b\nx|y\n").unwrap().view("law"), Some(&vec![0]));
    }

    #[test]
    fn mistakes_name_file_line_and_cause() {
        for (text, expected) in [
            ("a|b\nx\n", "t.txt:2: expected 2 cells, found 1"),
            ("a|b\nx| \n", "t.txt:2: the field `b` is empty"),
            ("a|b\n", "t.txt: no record"),
        ] {
            let error = Table::parse("t.txt", text).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }

    #[test]
    fn references() {
        assert_eq!(reference("country.name"), Some(("country", "", "name")));
        assert_eq!(reference("country.2.name"), Some(("country", "2", "name")));
        assert_eq!((reference("country"), reference("a..b"), reference("A.b")), (None, None, None));
    }
}
