//! The mistakes of a classifier: how often each label got each prediction, as counts and as shares of the label's rows.

use super::heatmap::Heatmap;
use crate::display::{Figure, one_line};
use ground::statistics::counts;
use ground::{Result, bail};

/// The confusion matrix: a row per label, a column per prediction. Cells show the count and its share of the row, which
/// the colour follows; the diagonal is what is right.
///
/// Errors: no labels, unequal numbers of labels and predictions, an index that is no class, more than 20 classes.
pub fn confusion(title: &str, labels: &[usize], predicted: &[usize], classes: &[String]) -> Result<Figure> {
    const MOST: usize = 20;
    if classes.len() > MOST {
        bail!(
            "plot::confusion: {} classes cannot be read; evaluation::confusion_counts gives the table",
            classes.len()
        );
    }
    let counts = counts(labels, predicted, classes.len())?;
    let share = |count: u32, row: &[u32]| f64::from(count) / f64::from(row.iter().sum::<u32>().max(1));
    let shares: Vec<Vec<f64>> = counts.iter().map(|row| row.iter().map(|&n| share(n, row)).collect()).collect();
    let text = |count: u32, row: &[u32]| match count {
        0 => "0".to_owned(),
        _ => format!("{count}\n{:.0} %", 100.0 * share(count, row)),
    };
    let texts: Vec<Vec<String>> = counts.iter().map(|row| row.iter().map(|&n| text(n, row)).collect()).collect();
    Heatmap::new(title, &classes, &classes, &shares)
        .x("predicted")
        .y("label")
        .unit("share of the row")
        .range(0.0, 1.0)
        .texts(&texts)
        .uncut()
        .described(description(title, &counts, classes))
}

/// How many are right, and the most frequent mistakes.
fn description(title: &str, counts: &[Vec<u32>], classes: &[String]) -> String {
    let all: u32 = counts.iter().flatten().sum();
    let right: u32 = (0..classes.len()).map(|class| counts[class][class]).sum();
    let cells = (0..classes.len()).flat_map(|label| (0..classes.len()).map(move |guess| (label, guess)));
    let mut mistakes: Vec<(usize, usize)> =
        cells.filter(|&(label, guess)| label != guess && counts[label][guess] > 0).collect();
    mistakes.sort_by_key(|&(label, guess)| std::cmp::Reverse(counts[label][guess]));
    let told: Vec<String> = mistakes
        .iter()
        .take(3)
        .map(|&(label, guess)| {
            let (label_name, guess_name) = (one_line(&classes[label]), one_line(&classes[guess]));
            format!("{label_name} taken for {guess_name} {}", counts[label][guess])
        })
        .collect();
    let told = if told.is_empty() { "no mistakes".to_owned() } else { told.join(", ") };
    let title = if title.is_empty() { String::new() } else { format!("{}; ", one_line(title)) };
    format!("Confusion matrix: {title}{right} of {all} right; {told}.")
}
