//! The reliability diagram: how often a classifier is right where it is so and so sure, beside how many texts that are.
//!
//! Points under the diagonal are too sure, points above it not sure enough; larger points stand for more texts. Bins are those of `evaluation::reliability`.

use super::axes::{Axis, Frame};
use super::canvas::{Align, Canvas, Look, Marker, TEXT, draw_title, title_height, title_lines};
use super::colors::{GREY, INK, NEUTRAL, PALETTE};
use super::vega;
use crate::display::{Figure, one_line};
use ground::Result;
use ground::statistics::{expected_calibration_error, reliability as table};
use serde_json::{Value, json};

/// Bins of equal width over the confidences from 0 to 1.
const BINS: usize = 10;

/// Confidence, the probability of the predicted class, against accuracy in ten bins, with the number of texts in each
/// and the expected calibration error. Takes a row of class probabilities per text.
///
/// Errors: as [`evaluation::reliability`](ground::statistics::reliability).
pub fn reliability(title: &str, labels: &[usize], probabilities: &[Vec<f64>]) -> Result<Figure> {
    let bins = bins(labels, probabilities)?;
    let error = expected_calibration_error(labels, probabilities, BINS)?;
    let title = one_line(title);
    let heading = title_lines(&title);
    let most = bins.iter().map(|bin| bin.texts).fold(0.0, f64::max);
    // Confidence is at least 1 / classes: what lies below the first filled bin is left out.
    let first = bins.iter().map(|bin| bin.from).fold(1.0, f64::min);
    let axis = |title: &str, low: f64, high: f64| Axis { title: title.to_owned(), low, high, log: false, whole: false };
    let low = (first - 0.02).max(0.0);
    let top = title_height(&heading) + 26.0;
    let mut upper = Frame::new(axis("", low, 1.02), axis("accuracy (share right)", 0.0, 1.04), top, 260.0, 0.0);
    let counts = Axis { whole: true, ..axis("texts", 0.0, most * 1.15) };
    let x_title = "confidence (probability of the predicted class)";
    let mut lower = Frame::new(axis(x_title, low, 1.02), counts, top + 296.0, 90.0, 0.0);
    let (left, width) = (upper.left.max(lower.left), upper.width.min(lower.width));
    for frame in [&mut upper, &mut lower] {
        (frame.left, frame.width) = (left, width);
    }

    let mut canvas = Canvas::new(lower.bottom());
    draw_title(&mut canvas, &heading);
    let note = format!("expected calibration error {error:.3}; the dashed line is perfect calibration");
    canvas.text((10.0, title_height(&heading) + 8.0), Align::Left, note_look(), &note);
    upper.draw(&mut canvas);
    lower.draw(&mut canvas);
    canvas.dashed(upper.place((low, low)), upper.place((1.0, 1.0)), GREY);
    let places: Vec<(f64, f64)> = bins.iter().map(|bin| upper.place((bin.confidence, bin.accuracy))).collect();
    for (bin, &place) in bins.iter().zip(&places) {
        canvas.line(&[upper.place((bin.confidence, bin.confidence)), place], 1.5, PALETTE[1]);
        canvas.marker(Marker::Circle, place, 2.5 + 4.0 * (bin.texts / most).sqrt(), PALETTE[0], 1.0);
        let ((x, y), (end, floor)) = (lower.place((bin.from, bin.texts)), lower.place((bin.to, 0.0)));
        canvas.rect(x + 1.0, y, end - x - 2.0, floor - y, NEUTRAL);
        canvas.text(((x + end) / 2.0, y - 4.0), Align::Center, Look::new(TEXT - 1.5, INK), &format!("{}", bin.texts));
    }

    let description = describe(&title, &bins, error);
    let mut vega = vega::stacked(
        &title,
        &description,
        vec![
            ((width, upper.height), upper_layers(&upper, &bins, low)),
            ((width, lower.height), lower_layers(&lower, &bins)),
        ],
    );
    vega["title"]["subtitle"] = json!(note);
    Ok(Figure::new(&title, description).with_png(canvas.png()?).with_vega(vega))
}

fn note_look() -> Look {
    Look::new(TEXT - 1.0, GREY)
}

/// A bin with at least one text.
struct Bin {
    from: f64,
    to: f64,
    texts: f64,
    confidence: f64,
    accuracy: f64,
}

fn bins(labels: &[usize], probabilities: &[Vec<f64>]) -> Result<Vec<Bin>> {
    let frame = table(labels, probabilities, BINS)?;
    let column = |name: &str| -> Result<Vec<Option<f64>>> { Ok(frame.column(name)?.f64()?.iter().collect()) };
    let (from, to) = (column("from")?, column("to")?);
    let (confidence, accuracy) = (column("confidence")?, column("accuracy")?);
    let texts: Vec<Option<u32>> = frame.column("texts")?.u32()?.iter().collect();
    let bin = |at: usize| {
        let texts = f64::from(texts[at]?);
        Some(Bin { from: from[at]?, to: to[at]?, texts, confidence: confidence[at]?, accuracy: accuracy[at]? })
    };
    Ok((0..BINS).filter_map(bin).collect())
}

fn values(bins: &[Bin]) -> Value {
    let row = |bin: &Bin| {
        json!({"from": bin.from, "to": bin.to, "texts": bin.texts, "confidence": bin.confidence,
               "accuracy": bin.accuracy, "zero": 0})
    };
    json!({"values": bins.iter().map(row).collect::<Vec<_>>()})
}

fn upper_layers(frame: &Frame, bins: &[Bin], low: f64) -> Vec<Value> {
    let (x, y) =
        (vega::channel("confidence", &frame.x, frame.width), vega::channel("accuracy", &frame.y, frame.height));
    let ends = json!([{"confidence": low, "accuracy": low}, {"confidence": 1, "accuracy": 1}]);
    let gap = json!({"field": "confidence"});
    let tips = [
        vega::tip("confidence", "confidence", true),
        vega::tip("accuracy", "accuracy", true),
        vega::tip("texts", "texts", true),
    ];
    vec![
        json!({"data": {"values": ends}, "mark": {"type": "line", "color": GREY.hex(), "strokeDash": [5, 4], "strokeWidth": 1},
               "encoding": {"x": x, "y": y}}),
        json!({"data": values(bins), "mark": {"type": "rule", "color": PALETTE[1].hex(), "strokeWidth": 1.5},
               "encoding": {"x": x, "y": y, "y2": gap}}),
        json!({"data": values(bins), "mark": {"type": "point", "filled": true, "opacity": 1, "color": PALETTE[0].hex()},
               "encoding": {"x": x, "y": y, "tooltip": tips,
                            "size": {"field": "texts", "type": "quantitative", "scale": {"range": [25, 160], "zero": true}, "legend": null}}}),
    ]
}

fn lower_layers(frame: &Frame, bins: &[Bin]) -> Vec<Value> {
    let mut x = vega::channel("from", &frame.x, frame.width);
    x["title"] = json!(frame.x.title);
    let y = vega::channel("texts", &frame.y, frame.height);
    let tips = [vega::tip("from", "above", true), vega::tip("to", "up to", true), vega::tip("texts", "texts", true)];
    vec![json!({"data": values(bins), "mark": {"type": "rect", "color": NEUTRAL.hex(), "stroke": "#ffffff"},
        "encoding": {"x": x, "x2": {"field": "to"}, "y": y, "y2": {"field": "zero"}, "tooltip": tips}})]
}

fn describe(title: &str, bins: &[Bin], error: f64) -> String {
    let title = if title.is_empty() { String::new() } else { format!("{title}; ") };
    let told: Vec<String> = bins
        .iter()
        .map(|bin| format!("{:.2} sure, {:.2} right ({})", bin.confidence, bin.accuracy, bin.texts))
        .collect();
    format!("Reliability diagram: {title}expected calibration error {error:.3}; {}.", told.join("; "))
}
