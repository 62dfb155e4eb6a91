//! Training curves: the loss on training and validation texts, and the accuracy, epoch by epoch.
//!
//! The dashed line marks the epoch whose weights were kept. The training loss is measured with dropout and while the
//! weights change, so it can lie above the validation loss.

use crate::train::{Epoch, History};
use figures::display::Figure;
use figures::plot::axes::{Axis, Frame};
use figures::plot::canvas::{Align, Canvas, draw_title, title_height, title_lines};
use figures::plot::colors::{GREY, PALETTE, Rgb};
use figures::plot::lines::{color_channel, draw_legend, legend_width};
use figures::plot::vega;
use ground::{Result, bail};
use serde_json::{Value, json};

const NAME: &str = "plot::curves";
/// Lines with at most this many points show them.
const POINTS: usize = 40;
const LINES: [&str; 2] = ["training", "validation"];

impl History {
    /// Loss and accuracy by epoch, with the best epoch marked: [`plot::curves`](curves).
    pub fn curves(&self) -> Result<Figure> {
        curves("Training", self)
    }
}

/// The curves of a training run: the losses above, the validation accuracy below, the best epoch marked in both.
///
/// Errors: no epochs, a best epoch that is none of them, numbers that are not finite.
pub fn curves(title: &str, history: &History) -> Result<Figure> {
    let epochs = &history.epochs;
    if epochs.is_empty() || !(1..=epochs.len()).contains(&history.best_epoch) {
        bail!("{NAME}: the history has {} epochs, and epoch {} as the best", epochs.len(), history.best_epoch);
    }
    if let Some(bad) = epochs.iter().find(|e| !(e.train_loss + e.validation_loss + e.accuracy).is_finite()) {
        bail!("{NAME}: epoch {} has a loss or an accuracy that is not finite", bad.epoch);
    }
    let x: Vec<f64> = (1..=epochs.len()).map(|epoch| epoch as f64).collect();
    let line = |of: fn(&Epoch) -> f64| -> Vec<(f64, f64)> { x.iter().copied().zip(epochs.iter().map(of)).collect() };
    let losses = [line(|epoch| epoch.train_loss), line(|epoch| epoch.validation_loss)];
    let accuracy = [line(|epoch| epoch.accuracy)];
    let (title, best) = (figures::display::one_line(title), history.best_epoch as f64);
    let heading = title_lines(&title);

    // The lower frame has the title of the x axis, the upper one only its ticks.
    let axis = |name: &str| Ok::<Axis, ground::Error>(Axis::over(NAME, name, &x, false)?.tight(&x).whole(&x));
    let over = |name: &str, lines: &[Vec<(f64, f64)>]| {
        Axis::over(NAME, name, &lines.concat().iter().map(|point| point.1).collect::<Vec<_>>(), false)
    };
    let legend = legend_width(&LINES);
    let top = title_height(&heading) + 22.0;
    let mut upper = Frame::new(axis("")?, over("loss (nats)", &losses)?, top, 210.0, legend);
    let mut lower = Frame::new(axis("epoch")?, over("accuracy (share)", &accuracy)?, top + 252.0, 130.0, legend);
    let (left, width) = (upper.left.max(lower.left), upper.width.min(lower.width));
    for frame in [&mut upper, &mut lower] {
        (frame.left, frame.width) = (left, width);
    }

    let mut canvas = Canvas::new(lower.bottom());
    draw_title(&mut canvas, &heading);
    for (frame, lines, colors) in [(&upper, &losses[..], &PALETTE[..2]), (&lower, &accuracy[..], &PALETTE[1..2])] {
        frame.draw(&mut canvas);
        let at = frame.place((best, frame.y.low)).0;
        canvas.dashed((at, frame.top), (at, frame.top + frame.height), GREY);
        draw_lines(&mut canvas, frame, lines, colors);
    }
    let mark = format!("epoch {} kept", history.best_epoch);
    let at = upper.place((best, upper.y.low)).0;
    let align = if at < left + width / 2.0 { Align::Left } else { Align::Right };
    canvas.text((at, upper.top - 6.0), align, figures::plot::axes::tick_look(), &mark);
    draw_legend(&mut canvas, &upper, &LINES, &PALETTE, None);

    let description = describe(&title, history);
    let charts = vec![
        ((width, upper.height), layers(&upper, &losses, 0, best)),
        ((width, lower.height), layers(&lower, &accuracy, 1, best)),
    ];
    let vega = vega::stacked(&title, &description, charts);
    Ok(Figure::new(&title, description).with_png(canvas.png()?).with_vega(vega))
}

fn draw_lines(canvas: &mut Canvas, frame: &Frame, lines: &[Vec<(f64, f64)>], colors: &[Rgb]) {
    for (points, &color) in lines.iter().zip(colors) {
        let places: Vec<(f64, f64)> = points.iter().map(|&point| frame.place(point)).collect();
        canvas.line(&places, 2.0, color);
        let few = places.len() <= POINTS;
        places
            .iter()
            .filter(|_| few)
            .for_each(|&place| canvas.marker(figures::plot::canvas::Marker::Circle, place, 3.0, color, 1.0));
    }
}

/// The interactive lines, `first` being the place of the first in [`LINES`].
fn layers(frame: &Frame, lines: &[Vec<(f64, f64)>], first: usize, best: f64) -> Vec<Value> {
    let mut points = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let at = first + at;
        points.extend(line.iter().map(|(x, y)| json!({"series": at, "name": LINES[at], "x": x, "y": y})));
    }
    let (x, y) = (vega::channel("x", &frame.x, frame.width), vega::channel("y", &frame.y, frame.height));
    let color = color_channel("series", &LINES, &PALETTE);
    let tips = [vega::tip("name", "texts", false), vega::tip("x", "epoch", true), vega::tip("y", &frame.y.title, true)];
    let opacity = f64::from(u8::from(lines[0].len() <= POINTS));
    vec![
        json!({"data": {"values": [{"x": best}]}, "mark": {"type": "rule", "color": GREY.hex(), "strokeDash": [5, 4]},
               "encoding": {"x": x}}),
        json!({"data": {"values": points}, "mark": {"type": "line", "strokeWidth": 2},
               "encoding": {"x": x, "y": y, "color": color}}),
        json!({"data": {"values": points}, "mark": {"type": "point", "filled": true, "size": 40, "opacity": opacity},
               "encoding": {"x": x, "y": y, "color": color, "tooltip": tips}}),
    ]
}

fn describe(title: &str, history: &History) -> String {
    let (first, last) = (&history.epochs[0], &history.epochs[history.epochs.len() - 1]);
    let best = history.best();
    let title = if title.is_empty() { String::new() } else { format!("{title}; ") };
    let count = match history.epochs.len() {
        1 => "1 epoch".to_owned(),
        n => format!("{n} epochs"),
    };
    format!(
        "Training curves: {title}{count}; training loss {:.3} to {:.3}, validation loss {:.3} to {:.3}; \
         kept: epoch {} with validation loss {:.3} and accuracy {:.3}.",
        first.train_loss,
        last.train_loss,
        first.validation_loss,
        last.validation_loss,
        best.epoch,
        best.validation_loss,
        best.accuracy
    )
}
