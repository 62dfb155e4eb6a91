//! `cargo course explain`: which tokens of a text speak for a class, and which against it.
//!
//! The scores are those of the library's methods with the library's defaults; here they are only asked for and shown.

use std::time::Instant;

use support::attribution::Attribution;
use support::display::one_line;
use support::serde_json::{Value, json};
use support::{Error, Result};

use crate::args::Args;
use crate::method::Explainer;
use crate::model::Model;
use crate::report::{bar, cell, failed_row, object, probabilities, say};
use crate::rows::{Row, Texts, all_done, not_empty};
use crate::{model, page};

const VALUED: [&str; 13] = [
    "--model",
    "--text",
    "--file",
    "--task",
    "--method",
    "--target",
    "--steps",
    "--rule",
    "--baseline",
    "--output",
    "--samples",
    "--seed",
    "--html",
];
const FLAGS: [&str; 3] = ["--json", "--help", "-h"];

fn help() -> String {
    let names = model::NAMES.join(", ");
    format!(
        "\
cargo course explain --model MODEL (--text TEXT | --file FILE.csv) [options]

Scores the tokens of a text: how much each speaks for a class (above 0) or against it (below 0).

  --model MODEL      a model of the course ({names}), or a folder with a BERT, DistilBERT, GPT-2 or Llama
                     classifier in Hugging Face format (config.json, model.safetensors, tokenizer.json)
  --text TEXT        the text; it may begin with dashes
  --file FILE.csv    a csv file with the column `text`, explained row by row. A column `target` says which class
                     to explain in its row (empty: the predicted one); a column `label` is copied to the answer.
                     A row that fails gives a line with `error`; the others go on, and the exit status is 1
  --task classify    classify is the only task so far
  --target CLASS     the class to explain, by name or number. Default: the predicted one
  --output logit     what is explained: logit (default) or probability; lime explains the probability
  --method NAME      integrated-gradients (default), saliency, input-x-gradient, smoothgrad, lime
    integrated-gradients, over the word embeddings; positions and token types stay as they are:
  --steps 50         points on the path
  --rule NAME        gauss-legendre (default), left, right, middle, trapezoid
  --baseline NAME    what stands in the place of each token at the start of the path: pad (default), zero, mask,
                     mean. Special tokens ([CLS], [SEP]) are kept
    smoothgrad (50), lime (5000):
  --samples N        noisy copies, or texts with words left out
  --seed N           of the draws; default 0

  --json             one JSON object per text on a line of its own: text, model, method, settings, tokens, scores,
                     target, target_index, output, f_x, f_baseline, sum, delta, seconds, classes, probabilities,
                     predicted; with --file also row, and label if the file has it
  --html FILE        a page with the tokens in colour (with --text only)
  Without them, a table. delta = sum − (f_x − f_baseline): how far integrated gradients is from complete."
    )
}

/// One text and what was found.
pub struct Explained {
    pub text: String,
    pub attribution: Attribution,
    pub probabilities: Vec<f64>,
    pub predicted: usize,
    /// The method alone, without reading the model.
    pub seconds: f64,
}

/// The command.
///
/// # Errors
/// Wrong options, a model or a file that cannot be read, a text that cannot be explained.
pub fn run(args: &[String]) -> Result<()> {
    let args = Args::read("explain", args, &VALUED, &FLAGS)?;
    if args.has("--help") || args.has("-h") {
        say(&help());
        return Ok(());
    }
    let name = args.need("--model", "the name of a model or a folder")?;
    check_task(&args)?;
    let explainer = Explainer::read(&args)?;
    if args.has("--html") && args.has("--file") {
        return Err(Error::new("--html shows one text: give it with --text, or leave it out"));
    }
    let html = args.get("--html").map(page::place).transpose()?;
    let texts = Texts::read(&args)?;
    if let Texts::File(path, rows) = &texts
        && args.has("--target")
        && rows.iter().any(|row| row.target.is_some())
    {
        let path = one_line(path);
        return Err(Error::new(format!("{path} has a column `target`, and --target is given: leave one of them out")));
    }
    let model = Model::load(name)?;
    let target = args.get("--target").map(|class| model.classifier.class_index(class)).transpose()?;
    let json = args.has("--json");
    match texts {
        Texts::One(text) => {
            let explained = explain(&model, &explainer, &text, target)?;
            if let Some(path) = &html {
                page::write(path, &model, &explained)?;
            }
            match (json, html) {
                (true, _) => say(&object(&fields(&model, &explained))),
                (false, Some(path)) => say(&format!("{} is written", path.display())),
                (false, None) => say(&table(&model, &explained)),
            }
            Ok(())
        }
        Texts::File(path, rows) => {
            let failed = rows.iter().filter(|row| !of_row(&model, &explainer, row, target, json)).count();
            all_done(&path, rows.len(), failed, "explained")
        }
    }
}

/// The tasks of later lessons have names already.
fn check_task(args: &Args) -> Result<()> {
    match args.get("--task") {
        None | Some("classify") => Ok(()),
        Some(task @ ("span" | "lm")) => {
            Err(Error::new(format!("the task `{task}` comes with a later lesson. Tasks so far: classify")))
        }
        Some(task) => Err(Error::new(format!("there is no task `{}`. There are: classify", one_line(task)))),
    }
}

/// Explains a row and prints what comes of it; false if it failed.
fn of_row(model: &Model, explainer: &Explainer, row: &Row, target: Option<usize>, json: bool) -> bool {
    let own = row.target.as_ref().map(|class| model.classifier.class_index(class)).transpose();
    let explained = own.and_then(|own| explain(model, explainer, &row.text, own.or(target)));
    match (&explained, json) {
        (Ok(explained), true) => {
            let mut all = vec![("row", json!(row.number))];
            all.extend(fields(model, explained));
            all.extend(row.label.iter().map(|label| ("label", json!(label))));
            say(&object(&all));
        }
        (Ok(explained), false) => say(&format!("row {}\n{}\n", row.number, table(model, explained))),
        (Err(error), true) => say(&failed_row(row.number, &error.to_string())),
        (Err(error), false) => say(&format!("row {}\n{error}\n", row.number)),
    }
    explained.is_ok()
}

fn explain(model: &Model, explainer: &Explainer, text: &str, target: Option<usize>) -> Result<Explained> {
    not_empty(text)?;
    let input = model.classifier.encode(text)?;
    let (predicted, probabilities) = model.classifier.predict(text)?;
    let started = Instant::now();
    let attribution = explainer.explain(&*model.classifier, &input, target.unwrap_or(predicted))?;
    let seconds = started.elapsed().as_secs_f64();
    Ok(Explained { text: text.to_owned(), attribution, probabilities, predicted, seconds })
}

fn fields(model: &Model, explained: &Explained) -> Vec<(&'static str, Value)> {
    let (found, classes) = (&explained.attribution, model.classifier.classes());
    vec![
        ("text", json!(explained.text)),
        ("model", json!(model.name)),
        ("method", json!(found.method)),
        ("settings", json!(found.settings)),
        ("tokens", json!(found.tokens)),
        ("scores", json!(found.scores)),
        ("target", json!(found.target_name)),
        ("target_index", json!(found.target)),
        ("output", json!(found.output)),
        ("f_x", json!(found.f_x)),
        ("f_baseline", json!(found.f_baseline)),
        ("sum", json!(found.sum())),
        ("delta", json!(found.delta())),
        ("seconds", json!(explained.seconds)),
        ("classes", json!(classes)),
        ("probabilities", json!(explained.probabilities)),
        ("predicted", json!(classes[explained.predicted])),
    ]
}

fn table(model: &Model, explained: &Explained) -> String {
    let (found, classes) = (&explained.attribution, model.classifier.classes());
    let predicted = if found.target == explained.predicted { "predicted" } else { "not the predicted class" };
    let settings = if found.settings.is_empty() { String::new() } else { format!(" ({})", found.settings) };
    let mut lines = vec![
        format!("text           {}", one_line(&explained.text)),
        format!("model          {}", one_line(&model.name)),
        format!("probabilities  {}", probabilities(classes, &explained.probabilities)),
        format!("method         {}{settings}", found.method),
        format!(
            "target         {}, {predicted}; scores in units of its {}",
            one_line(&found.target_name),
            found.output
        ),
        String::new(),
    ];
    let labels = found.labels();
    let width = labels.iter().map(|label| one_line(label).chars().count()).max().unwrap_or(0).min(32);
    let largest = found.scores.iter().fold(0.0, |largest: f64, score| largest.max(score.abs()));
    for (label, &score) in labels.iter().zip(&found.scores) {
        let number = if found.unsigned { format!("{score:9.4}") } else { format!("{score:+9.4}") };
        lines.push(format!("  {}  {number}  {}", cell(label, width), bar(score, largest, found.unsigned)));
    }
    lines.push(format!(
        "\nF(x) {:.4}   F(baseline) {:.4}   sum {:+.4}   delta {:+.4}   {:.2} s",
        found.f_x,
        found.f_baseline,
        found.sum(),
        found.delta(),
        explained.seconds
    ));
    lines.join("\n")
}
