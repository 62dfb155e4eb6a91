//! Horizontal bars: one per label, signed ones on both sides of a zero line, with intervals where they are given.
//!
//! Bars keep their order, and equal labels stay separate bars. It does not sort and does not add up.

use super::axes::{Axis, axis_look, decimals, minus, tick_look};
use super::canvas::{Align, Canvas, Look, TEXT, WIDTH, draw_title, text_width, title_height, title_lines, wrap};
use super::colors::{GREY, GRID, INK, NEUTRAL, Rgb, sign};
use super::input::{Labels, Numbers, finite, same_length};
use super::vega;
use crate::display::{Figure, one_line};
use crate::error::{Result, bail};
use serde_json::{Value, json};

/// More bars than this are not readable in one figure.
pub(crate) const MOST: usize = 100;
const ROW: f64 = 24.0;
/// Labels may take this much of the width before they break into two lines.
const LABELS: f64 = 300.0;

/// A bar chart: values, and what they are called. [`draw`](Self::draw) makes the figure.
#[derive(Clone, Debug)]
pub struct Bars {
    title: String,
    x_title: String,
    labels: Result<Vec<String>>,
    values: Result<Vec<f64>>,
    intervals: Option<Result<(Vec<f64>, Vec<f64>)>>,
    signed: bool,
}

impl Bars {
    /// One bar per label, from 0 to its value.
    pub fn new(title: &str, labels: &dyn Labels, values: &dyn Numbers) -> Self {
        Bars {
            title: title.to_owned(),
            x_title: "value".to_owned(),
            labels: labels.labels(),
            values: values.numbers(),
            intervals: None,
            signed: false,
        }
    }

    /// The title of the number axis, with its unit.
    pub fn x(mut self, title: &str) -> Self {
        self.x_title = title.to_owned();
        self
    }

    /// An interval per bar: its lower and its upper end, in the units of the values.
    pub fn intervals(mut self, low: &dyn Numbers, high: &dyn Numbers) -> Self {
        self.intervals = Some(low.numbers().and_then(|low| Ok((low, high.numbers()?))));
        self
    }

    /// Colours the bars by sign, red above zero and blue below, even when all are above zero.
    pub fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    /// The figure: interactive, with a picture and a text line.
    ///
    /// Errors: no bars, more than 100, unequal numbers of labels and values, numbers that are not finite.
    pub fn draw(&self) -> Result<Figure> {
        const NAME: &str = "plot::bars";
        let (labels, values) = (self.labels.clone()?, self.values.clone()?);
        same_length(NAME, ("labels", labels.len()), ("values", values.len()))?;
        finite(NAME, "values", &values)?;
        if values.len() > MOST {
            bail!("{NAME}: {} bars cannot be read; sort them and keep the first {MOST} or fewer", values.len());
        }
        let intervals = match self.intervals.clone().transpose()? {
            None => None,
            Some((low, high)) => {
                same_length(NAME, ("values", values.len()), ("lower ends", low.len()))?;
                same_length(NAME, ("values", values.len()), ("upper ends", high.len()))?;
                finite(NAME, "lower ends", &low)?;
                finite(NAME, "upper ends", &high)?;
                if let Some(at) = (0..low.len()).find(|&at| low[at] > high[at]) {
                    bail!("{NAME}: interval {at} ends at {} before it begins at {}", high[at], low[at]);
                }
                Some((low, high))
            }
        };
        let signed = self.signed || values.iter().any(|&value| value < 0.0);
        let chart = Chart {
            title: one_line(&self.title),
            labels: labels.iter().map(|label| one_line(label)).collect(),
            colors: values.iter().map(|&value| if signed { sign(value) } else { NEUTRAL }).collect(),
            axis: axis(&self.x_title, &values, intervals.as_ref()),
            texts: value_texts(&values, signed),
            values,
            intervals,
        };
        let description = chart.description(signed);
        Ok(Figure::new(&chart.title, description.clone()).with_png(chart.png()?).with_vega(chart.vega(&description)))
    }
}

/// The number axis: it holds zero, all values and all intervals.
fn axis(title: &str, values: &[f64], intervals: Option<&(Vec<f64>, Vec<f64>)>) -> Axis {
    let ends = intervals.iter().flat_map(|(low, high)| low.iter().chain(high));
    let all: Vec<f64> = values.iter().chain(ends).copied().chain([0.0]).collect();
    let (mut low, mut high) = all.iter().fold((0.0, 0.0), |(low, high): (f64, f64), &x| (low.min(x), high.max(x)));
    if low == high {
        high = 1.0;
    }
    // Room for the numbers at the ends of the bars.
    let room = 0.10 * (high - low);
    if low < 0.0 {
        low -= room;
    }
    if high > 0.0 {
        high += room;
    }
    Axis { title: title.to_owned(), low, high, log: false }
}

fn value_texts(values: &[f64], signed: bool) -> Vec<String> {
    let places = decimals(values);
    values
        .iter()
        .map(|&value| {
            minus(&if signed && value != 0.0 { format!("{value:+.places$}") } else { format!("{value:.places$}") })
        })
        .collect()
}

/// Everything that is checked and ready to be drawn.
struct Chart {
    title: String,
    labels: Vec<String>,
    values: Vec<f64>,
    texts: Vec<String>,
    colors: Vec<Rgb>,
    intervals: Option<(Vec<f64>, Vec<f64>)>,
    axis: Axis,
}

impl Chart {
    fn description(&self, signed: bool) -> String {
        let best = |better: fn(&f64, &f64) -> std::cmp::Ordering| -> String {
            let at = (0..self.values.len()).max_by(|&a, &b| better(&self.values[a], &self.values[b]).then(b.cmp(&a)));
            at.map_or(String::new(), |at| format!("{} {}", self.labels[at], self.texts[at].replace('−', "-")))
        };
        let count = match self.values.len() {
            1 => "1 bar".to_owned(),
            n => format!("{n} bars"),
        };
        let (high, low) = (best(f64::total_cmp), best(|a, b| b.total_cmp(a)));
        let kind = if signed { "Signed bar chart" } else { "Bar chart" };
        let intervals = if self.intervals.is_some() { " with intervals" } else { "" };
        let title = if self.title.is_empty() { String::new() } else { format!("{}; ", self.title) };
        let range = if self.values.len() == 1 { format!("{high}.") } else { format!("highest {high}, lowest {low}.") };
        format!("{kind}: {title}{}, {count}{intervals}; {range}", self.axis.title)
    }

    /// Each label in one or two lines.
    fn label_lines(&self) -> Vec<Vec<String>> {
        self.labels.iter().map(|label| wrap(label, LABELS, label_look(), 2)).collect()
    }

    fn png(&self) -> Result<Vec<u8>> {
        let (title, labels) = (title_lines(&self.title), self.label_lines());
        let row = if labels.iter().any(|lines| lines.len() > 1) { ROW + 10.0 } else { ROW };
        let widest = labels.iter().flatten().map(|line| text_width(line, label_look())).fold(0.0, f64::max);
        let (left, top) = (22.0 + widest, title_height(&title) + 4.0);
        let (width, height) = (WIDTH - left - 24.0, row * self.values.len() as f64);
        let place = |x: f64| left + self.axis.share(x) * width;
        let mut canvas = Canvas::new(top + height + 52.0);
        draw_title(&mut canvas, &title);
        let ticks = self.axis.ticks(7);
        for (x, label) in ticks.iter().zip(self.axis.tick_labels(&ticks)) {
            canvas.line(&[(place(*x), top), (place(*x), top + height)], 0.5, GRID);
            canvas.text((place(*x), top + height + 17.0), Align::Center, tick_look(), &label);
        }
        for (at, &value) in self.values.iter().enumerate() {
            let (y, middle) = (top + row * at as f64, top + row * (at as f64 + 0.5));
            let (from, to) = (place(value.min(0.0)), place(value.max(0.0)));
            canvas.rect(from, y + 3.0, to - from, row - 6.0, self.colors[at]);
            for (k, line) in labels[at].iter().enumerate() {
                let offset = 14.0 * (k as f64 - (labels[at].len() - 1) as f64 / 2.0);
                canvas.text((left - 8.0, middle + 4.0 + offset), Align::Right, label_look(), line);
            }
            let (mut low, mut high) = (from, to);
            if let Some((lows, highs)) = &self.intervals {
                let (a, b) = (place(lows[at]), place(highs[at]));
                canvas.line(&[(a, middle), (b, middle)], 1.0, INK);
                canvas.line(&[(a, middle - 4.0), (a, middle + 4.0)], 1.0, INK);
                canvas.line(&[(b, middle - 4.0), (b, middle + 4.0)], 1.0, INK);
                (low, high) = (low.min(a), high.max(b));
            }
            let (x, align) = if value < 0.0 { (low - 5.0, Align::Right) } else { (high + 5.0, Align::Left) };
            canvas.text((x, middle + 4.0), align, tick_look(), &self.texts[at]);
        }
        canvas.line(&[(place(0.0), top), (place(0.0), top + height)], 1.0, GREY);
        let axis_title = wrap(&self.axis.title, WIDTH - 40.0, axis_look(), 1).remove(0);
        let half = text_width(&axis_title, axis_look()) / 2.0;
        let x = (left + width / 2.0).min(WIDTH - 10.0 - half);
        canvas.text((x, top + height + 38.0), Align::Center, axis_look(), &axis_title);
        canvas.png()
    }

    fn vega(&self, description: &str) -> Value {
        let labels = self.label_lines();
        let row = if labels.iter().any(|lines| lines.len() > 1) { ROW + 10.0 } else { ROW };
        let widest = labels.iter().flatten().map(|line| text_width(line, label_look())).fold(0.0, f64::max);
        let rows: Vec<Value> = (0..self.values.len())
            .map(|at| {
                let mut row = json!({"row": at, "label": self.labels[at], "value": self.values[at],
                                     "text": self.texts[at], "color": self.colors[at].hex()});
                let (mut low, mut high) = (self.values[at].min(0.0), self.values[at].max(0.0));
                if let Some((lows, highs)) = &self.intervals {
                    row["low"] = json!(lows[at]);
                    row["high"] = json!(highs[at]);
                    (low, high) = (low.min(lows[at]), high.max(highs[at]));
                }
                row["end"] = json!(if self.values[at] < 0.0 { low } else { high });
                row
            })
            .collect();
        // The axis shows row numbers through a list of their labels: equal labels stay apart.
        let names = serde_json::to_string(&labels).unwrap_or_default();
        let y = json!({"field": "row", "type": "ordinal", "title": null, "axis": {
            "labelExpr": format!("{names}[datum.value]"), "labelLimit": 0, "ticks": false, "domain": false,
            "grid": false, "labelFontSize": TEXT, "labelColor": INK.hex(), "labelPadding": 8}});
        let x = vega::channel("value", &self.axis);
        let mut tips = vec![vega::tip("label", "label", false), vega::tip("value", &self.axis.title, true)];
        if self.intervals.is_some() {
            tips.extend([vega::tip("low", "from", true), vega::tip("high", "to", true)]);
        }
        let color = json!({"field": "color", "type": "nominal", "scale": null});
        let mut layers = vec![
            json!({"data": {"values": rows}, "mark": {"type": "bar", "height": row - 6.0},
                   "encoding": {"y": y, "x": x, "x2": {"datum": 0}, "color": color, "tooltip": tips}}),
            json!({"data": {"values": [{"zero": 0}]}, "mark": {"type": "rule", "color": GREY.hex()},
                   "encoding": {"x": {"field": "zero", "type": "quantitative"}}}),
        ];
        if self.intervals.is_some() {
            let rule = json!({"type": "errorbar", "ticks": {"color": INK.hex(), "size": 8}, "color": INK.hex()});
            layers.push(json!({"data": {"values": rows}, "mark": rule, "encoding": {"y": y,
                "x": {"field": "low", "type": "quantitative", "title": self.axis.title}, "x2": {"field": "high"}}}));
        }
        for (side, test) in [("left", "datum.value >= 0"), ("right", "datum.value < 0")] {
            let offset = if side == "left" { 5 } else { -5 };
            layers.push(json!({"data": {"values": rows}, "transform": [{"filter": test}],
                "mark": {"type": "text", "align": side, "dx": offset, "color": GREY.hex(), "fontSize": TEXT - 1.0},
                "encoding": {"y": y, "x": {"field": "end", "type": "quantitative", "title": self.axis.title},
                             "text": {"field": "text"}}}));
        }
        let height = row * self.values.len() as f64;
        vega::chart(&self.title, description, WIDTH - widest - 60.0, height, layers)
    }
}

fn label_look() -> Look {
    Look::new(TEXT, INK)
}
