//! The text format of word2vec.c, which gensim, fastText and others read and write: a line with the number of words and of
//! dimensions, then a line per word with its numbers.
//!
//! A word cannot hold white space. The binary format is not read.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use candle_core::{Device, Tensor};

use super::WordVectors;
use ground::{Error, Result, bail};

impl WordVectors {
    /// Writes the vectors. Numbers have as many digits as they need to be read back exactly. The file appears whole or not
    /// at all.
    ///
    /// # Errors
    /// A word with white space in it, or an empty one; a place that cannot be written to.
    pub fn save(&self, path: &str) -> Result<()> {
        if let Some(word) = self.words.iter().find(|word| word.is_empty() || word.contains(char::is_whitespace)) {
            bail!("the word {word:?} cannot be written: in this format spaces and line ends stand between words");
        }
        let failed = |error: std::io::Error| Error::new(format!("cannot write {path}: {error}"));
        let part = format!("{path}.part-{}", std::process::id());
        let write = || -> Result<()> {
            let mut file = std::io::BufWriter::new(std::fs::File::create(&part).map_err(failed)?);
            writeln!(file, "{} {}", self.len(), self.dimensions()).map_err(failed)?;
            for (word, row) in self.words.iter().zip(self.matrix.to_vec2::<f32>()?) {
                write!(file, "{word}").map_err(failed)?;
                row.iter().try_for_each(|x| write!(file, " {x}")).map_err(failed)?;
                writeln!(file).map_err(failed)?;
            }
            file.into_inner().map_err(|error| failed(error.into_error()))?.sync_all().map_err(failed)?;
            std::fs::rename(&part, path).map_err(failed)
        };
        write().inspect_err(|_| {
            let _ = std::fs::remove_file(&part);
        })
    }

    /// Reads vectors.
    ///
    /// # Errors
    /// No such file; a first line that is not two numbers; a line with another number of numbers, or with something that is
    /// none, with its line number; a word twice; fewer or more words than the first line says.
    pub fn load(path: &str) -> Result<WordVectors> {
        let file = std::fs::File::open(Path::new(path))
            .map_err(|error| Error::new(format!("cannot read {path}: {error}. Vectors are saved with `save`")))?;
        read(&mut BufReader::new(file)).map_err(|error| error.context(path))
    }
}

fn read(file: &mut dyn BufRead) -> Result<WordVectors> {
    let mut bytes = Vec::new();
    let mut line = move |file: &mut dyn BufRead, number: usize| -> Result<Option<String>> {
        bytes.clear();
        if file.read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => Ok(Some(text.trim_end().to_owned())),
            Err(_) => bail!(
                "line {number} is not text in UTF-8: this is the text format; a file in word2vec's binary format must be \
                 saved as text first"
            ),
        }
    };
    let Some(first) = line(file, 1)? else { bail!("the file is empty: expected `WORDS DIMENSIONS` in the first line") };
    let sizes: Vec<Option<usize>> = first.split_whitespace().map(|number| number.parse().ok()).collect();
    let [Some(count), Some(dimensions)] = sizes[..] else {
        bail!("line 1: expected two numbers, how many words and how many dimensions, found {:?}", cut(&first));
    };
    let (mut words, mut numbers) = (Vec::new(), Vec::new());
    let mut number = 1;
    while let Some(text) = line(file, number + 1)? {
        number += 1;
        if text.is_empty() {
            continue;
        }
        let mut fields = text.split(' ').filter(|field| !field.is_empty());
        let word = fields.next().unwrap_or_default();
        let start = numbers.len();
        for field in fields {
            match field.parse::<f32>() {
                Ok(x) if x.is_finite() => numbers.push(x),
                _ => bail!("line {number}, word `{}`: {:?} is not a finite number", cut(word), cut(field)),
            }
        }
        let found = numbers.len() - start;
        if found != dimensions {
            bail!(
                "line {number}, word `{}`: {found} numbers, and the first line says {dimensions}: the line is broken or the \
                 file was cut",
                cut(word)
            );
        }
        words.push(word.to_owned());
    }
    if words.len() != count {
        bail!("{} words, and the first line says {count}: the file was cut, or put together from parts", words.len());
    }
    WordVectors::new(&words, &Tensor::from_vec(numbers, (count, dimensions), &Device::Cpu)?)
}

/// The beginning of something long.
fn cut(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
