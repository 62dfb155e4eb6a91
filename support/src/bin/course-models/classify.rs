//! `cargo course classify`: the class of a text, or of each row of a csv file, with the probabilities of all classes.

use std::time::Instant;

use support::Result;
use support::model::arg_max;
use support::serde_json::{Value, json};

use crate::args::Args;
use crate::model::{self, Model};
use crate::report::{cell, failed_row, object, probabilities, say};
use crate::rows::{Row, Texts, all_done, not_empty};

/// How many rows go through the model together.
const ROWS: usize = 64;

fn help() -> String {
    let names = model::NAMES.join(", ");
    format!(
        "\
cargo course classify --model MODEL (--text TEXT | --file FILE.csv) [--json]

Says which class a text has, with the probabilities of all classes.

  --model MODEL      a model of the course ({names}), or a folder with a BERT, DistilBERT, GPT-2 or Llama
                     classifier in Hugging Face format (config.json, model.safetensors, tokenizer.json)
  --text TEXT        the text; it may begin with dashes
  --file FILE.csv    a csv file with the column `text`; a column `label` is copied to the answer. A row that
                     fails gives a line with `error`; the others go on, and the exit status is 1
  --json             one JSON object per text on a line of its own: text, model, classes, probabilities, predicted,
                     predicted_index; with --file also row, and label if the file has it
  Without it, a table."
    )
}

/// The command.
///
/// # Errors
/// Wrong options, a model or a file that cannot be read, a text that cannot be classified.
pub fn run(args: &[String]) -> Result<()> {
    let args = Args::read("classify", args, &["--model", "--text", "--file"], &["--json", "--help", "-h"])?;
    if args.has("--help") || args.has("-h") {
        say(&help());
        return Ok(());
    }
    let name = args.need("--model", "the name of a model or a folder")?;
    let texts = Texts::read(&args)?;
    let model = Model::load(name)?;
    let json = args.has("--json");
    match texts {
        Texts::One(text) => {
            readable(&model, &text)?;
            let (predicted, row) = model.classifier.predict(&text)?;
            match json {
                true => say(&object(&fields(&model, &text, predicted, &row))),
                false => say(&probabilities(model.classifier.classes(), &row)),
            }
            Ok(())
        }
        Texts::File(path, rows) => {
            let started = Instant::now();
            let mut failed = 0;
            for some in rows.chunks(ROWS) {
                failed += of_rows(&model, some, json)?;
            }
            if !json {
                say(&format!("\n{} rows in {:.2} s", rows.len(), started.elapsed().as_secs_f64()));
            }
            all_done(&path, rows.len(), failed, "classified")
        }
    }
}

/// An error for a text that says nothing to the model, or more than it reads.
fn readable(model: &Model, text: &str) -> Result<()> {
    not_empty(text)?;
    model.classifier.encode(text).map(|_| ())
}

/// Classifies rows and prints what comes of it; gives the number of those that failed.
fn of_rows(model: &Model, rows: &[Row], json: bool) -> Result<usize> {
    let checked: Vec<Result<()>> = rows.iter().map(|row| readable(model, &row.text)).collect();
    let texts = rows.iter().zip(&checked).filter(|(_, checked)| checked.is_ok());
    let texts: Vec<String> = texts.map(|(row, _)| row.text.clone()).collect();
    let mut answers = model.classifier.probabilities(&texts)?.into_iter();
    let classes = model.classifier.classes();
    let width = classes.iter().map(|class| class.chars().count()).max().unwrap_or(0).min(24);
    let mut failed = 0;
    for (row, checked) in rows.iter().zip(checked) {
        let Some(answer) = checked.is_ok().then(|| answers.next()).flatten() else {
            let error = checked.err().map_or("the model gave no answer".into(), |error| error.to_string());
            let line = if json { failed_row(row.number, &error) } else { format!("{:>5}  {error}", row.number) };
            say(&line);
            failed += 1;
            continue;
        };
        let predicted = arg_max(&answer).unwrap_or(0);
        if json {
            let mut all = vec![("row", json!(row.number))];
            all.extend(fields(model, &row.text, predicted, &answer));
            all.extend(row.label.iter().map(|label| ("label", json!(label))));
            say(&object(&all));
        } else {
            let class = cell(&classes[predicted], width);
            say(&format!("{:>5}  {class}  {:.4}  {}", row.number, answer[predicted], cell(&row.text, 80).trim_end()));
        }
    }
    Ok(failed)
}

fn fields(model: &Model, text: &str, predicted: usize, probabilities: &[f64]) -> Vec<(&'static str, Value)> {
    let classes = model.classifier.classes();
    vec![
        ("text", json!(text)),
        ("model", json!(model.name)),
        ("classes", json!(classes)),
        ("probabilities", json!(probabilities)),
        ("predicted", json!(classes[predicted])),
        ("predicted_index", json!(predicted)),
    ]
}
