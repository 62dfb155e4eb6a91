//! The options of a command line: `--name value`, `--name=value` and flags. What stands behind a name is its value even
//! if it begins with dashes, because texts may.

use support::display::one_line;
use support::{Error, Result};

/// What was given on the command line.
pub struct Args {
    command: &'static str,
    given: Vec<(&'static str, String)>,
}

impl Args {
    /// Reads `args`: options from `valued` have a value, those from `flags` have none.
    ///
    /// # Errors
    /// An option that is not listed, is given twice, or lacks its value.
    pub fn read(
        command: &'static str,
        args: &[String],
        valued: &[&'static str],
        flags: &[&'static str],
    ) -> Result<Args> {
        let mut read = Args { command, given: Vec::new() };
        let refused = |error: lexopt::Error| Error::new(format!("`{command}`: {error}"));
        let mut parser = lexopt::Parser::from_args(args);
        while let Some(arg) = parser.next().map_err(refused)? {
            let word = match arg {
                lexopt::Arg::Long(name) => format!("--{name}"),
                lexopt::Arg::Short(letter) => format!("-{letter}"),
                lexopt::Arg::Value(word) => word.to_string_lossy().into_owned(),
            };
            let known = |names: &[&'static str]| names.iter().copied().find(|&known| known == word);
            let (name, value) = match (known(valued), known(flags)) {
                (Some(name), _) => {
                    let missing = |_| Error::new(format!("`{name}` is the last word: its value is missing"));
                    (name, parser.value().map_err(missing)?.to_string_lossy().into_owned())
                }
                (None, Some(flag)) => (flag, String::new()),
                (None, None) => return Err(unknown(command, &word, &[valued, flags].concat())),
            };
            if read.get(name).is_some() {
                return Err(Error::new(format!("`{name}` is given twice: give it once")));
            }
            read.given.push((name, value));
        }
        Ok(read)
    }

    /// The value of an option, if it was given.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.given.iter().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    /// Whether a flag was given.
    pub fn has(&self, flag: &str) -> bool {
        self.get(flag).is_some()
    }

    /// The value of an option that must be given.
    pub fn need(&self, name: &str, what: &str) -> Result<&str> {
        self.get(name).ok_or_else(|| {
            Error::new(format!("`{name}` is missing: {what}. `cargo course {} --help` tells more", self.command))
        })
    }

    /// A whole number from `least` to `most`, or what is taken if none is given.
    pub fn number(&self, name: &str, otherwise: usize, least: usize, most: usize) -> Result<usize> {
        let Some(value) = self.get(name) else { return Ok(otherwise) };
        let number = value.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| {
            Error::new(format!("`{name}` is `{}`: a whole number from {least} to {most} was expected", one_line(value)))
        })
    }

    /// One of several things by its name; the first if none is given.
    pub fn choice<T: Clone>(&self, name: &str, things: &[(&str, T)]) -> Result<T> {
        let value = self.get(name).unwrap_or(things[0].0);
        let found = things.iter().find(|(known, _)| *known == value).map(|(_, thing)| thing.clone());
        found.ok_or_else(|| {
            let known: Vec<&str> = things.iter().map(|(name, _)| *name).collect();
            let (value, known) = (one_line(value), known.join(", "));
            Error::new(format!("there is no {} `{value}`. There are: {known}", name.trim_start_matches('-')))
        })
    }
}

fn unknown(command: &str, arg: &str, known: &[&str]) -> Error {
    let (arg, known) = (one_line(arg), known.join(", "));
    let advice = if arg.starts_with('-') { "" } else { "A text with spaces stands in quotes. " };
    Error::new(format!("`{arg}` is no option of `{command}`. {advice}There are: {known}"))
}
