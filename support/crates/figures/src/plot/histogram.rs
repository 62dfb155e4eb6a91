//! How often numbers fall into equal intervals: lengths of texts, scores, probabilities.
//!
//! Whole numbers get intervals of whole width that are centred on them. It shows one group; compare groups with lines.

use super::axes::{Axis, Frame, plain_number};
use super::canvas::{Canvas, draw_title, title_height, title_lines};
use super::colors::NEUTRAL;
use super::vega;
use crate::display::{Figure, one_line};
use ground::Numbers;
use ground::values::finite;
use ground::{Result, bail};
use serde_json::{Value, json};

const NAME: &str = "plot::histogram";

/// A histogram of `values` with at most `bins` intervals of equal width.
///
/// `x_title` names the values and their unit, `what` what is counted: `"tweets"`.
/// Errors: no values, values that are not finite, `bins` outside 1 to 200.
pub fn histogram(title: &str, values: &dyn Numbers, bins: usize, x_title: &str, what: &str) -> Result<Figure> {
    let values = values.numbers()?;
    finite(NAME, "values", &values)?;
    if !(1..=200).contains(&bins) {
        bail!("{NAME}: {bins} intervals asked for; between 1 and 200 can be drawn");
    }
    let (title, x_title, what) = (one_line(title), one_line(x_title), one_line(what));
    let bins = intervals(&values, bins);
    let highest = bins.iter().map(|bin| bin.2).max().unwrap_or(0) as f64;
    let (low, high) = (bins[0].0, bins[bins.len() - 1].1);
    let room = 0.02 * (high - low);
    let lines = title_lines(&title);
    let frame = Frame::new(
        Axis { title: x_title.clone(), low: low - room, high: high + room, log: false, whole: false },
        Axis { title: format!("number of {what}"), low: 0.0, high: highest * 1.05, log: false, whole: false },
        title_height(&lines) + 8.0,
        280.0,
        0.0,
    );
    let mut canvas = Canvas::new(frame.bottom());
    draw_title(&mut canvas, &lines);
    frame.draw(&mut canvas);
    for &(from, to, count) in &bins {
        let ((left, top), (right, floor)) = (frame.place((from, count as f64)), frame.place((to, 0.0)));
        canvas.rect(left + 0.5, top, (right - left - 1.0).max(0.5), floor - top, NEUTRAL);
    }
    let description = describe(&title, &values, &x_title, &what, &bins);
    let data: Vec<Value> =
        bins.iter().map(|(from, to, count)| json!({"from": from, "to": to, "count": count, "zero": 0})).collect();
    let mut encoding = json!({"x": vega::channel("from", &frame.x, frame.width), "x2": {"field": "to"},
        "y": vega::channel("count", &frame.y, frame.height), "y2": {"field": "zero"},
        "tooltip": [vega::tip("from", "from", true), vega::tip("to", "up to", true), vega::tip("count", &what, true)]});
    encoding["x"]["title"] = json!(x_title);
    let mark = json!({"type": "rect", "color": NEUTRAL.hex(), "stroke": "#ffffff", "strokeWidth": 1});
    let layers = vec![json!({"data": {"values": data}, "mark": mark, "encoding": encoding})];
    let vega = vega::chart(&title, &description, (frame.width, frame.height), layers);
    Ok(Figure::new(&title, description).with_png(canvas.png()?).with_vega(vega))
}

/// The intervals as (from, to, how many), `to` excluded except in the last one.
fn intervals(values: &[f64], bins: usize) -> Vec<(f64, f64, usize)> {
    let low = values.iter().copied().fold(f64::INFINITY, f64::min);
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let whole = values.iter().all(|value| value.fract() == 0.0) && high - low < 1e9;
    let (start, width) = if whole {
        (low - 0.5, ((high - low + 1.0) / bins as f64).ceil())
    } else if high > low {
        (low, (high - low) / bins as f64)
    } else {
        (low - 0.5, 1.0)
    };
    let bins = if whole { ((high - low + 1.0) / width).ceil() as usize } else { bins };
    let bins = if high > low { bins } else { 1 };
    let mut counts = vec![0; bins];
    for value in values {
        counts[(((value - start) / width) as usize).min(bins - 1)] += 1;
    }
    counts.iter().enumerate().map(|(k, &n)| (start + k as f64 * width, start + (k + 1) as f64 * width, n)).collect()
}

fn describe(title: &str, values: &[f64], x_title: &str, what: &str, bins: &[(f64, f64, usize)]) -> String {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let number = |x: f64| plain_number(x).replace('−', "-");
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 };
    let title = if title.is_empty() { String::new() } else { format!("{title}; ") };
    format!(
        "Histogram: {title}{x_title} of {} {what} in {} intervals; median {}, from {} to {}.",
        values.len(),
        bins.len(),
        number(median),
        number(sorted[0]),
        number(sorted[sorted.len() - 1])
    )
}
