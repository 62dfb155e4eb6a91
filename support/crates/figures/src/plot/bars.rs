//! Horizontal bars: one per label, signed ones on both sides of a zero line, with intervals where they are given.
//!
//! Bars keep their order, and equal labels stay separate bars. It does not sort and does not add up.

use super::axes::{Axis, axis_look, decimals, minus, tick_look};
use super::canvas::{Align, Canvas, Look, TEXT, WIDTH, draw_title, text_width, title_height, title_lines, wrap};
use super::colors::{GREY, GRID, INK, NEUTRAL, Rgb, sign};
use super::vega;
use crate::display::{Figure, one_line};
use ground::values::{finite, same_length};
use ground::{Labels, Numbers};
use ground::{Result, bail};
use serde_json::{Value, json};

/// More bars than this are not readable in one figure.
const MOST: usize = 100;
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
    note: String,
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
            note: String::new(),
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

    /// A line under the title: where the numbers come from, what they add up to.
    pub fn note(mut self, note: &str) -> Self {
        self.note = one_line(note);
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
        let chart = Chart::new(self, &labels, values, intervals, signed);
        let description = chart.description(signed);
        Ok(Figure::new(&chart.title, description.clone()).with_png(chart.png()?).with_vega(chart.vega(&description)))
    }
}

/// The number axis: it holds zero, all values and all intervals, and has `room` page pixels for the numbers at the
/// ends of the bars. `width` is its length in page pixels.
fn axis(title: &str, values: &[f64], intervals: Option<&(Vec<f64>, Vec<f64>)>, room: f64, width: f64) -> Axis {
    let ends = intervals.iter().flat_map(|(low, high)| low.iter().chain(high));
    let all = values.iter().chain(ends);
    let (mut low, mut high) = all.fold((0.0, 0.0), |(low, high): (f64, f64), &x| (low.min(x), high.max(x)));
    if low == high {
        high = 1.0;
    }
    let sides = f64::from(u8::from(low < 0.0)) + f64::from(u8::from(values.iter().any(|&x| x >= 0.0)));
    let per_pixel = (high - low) / (width - sides * room).max(50.0);
    if low < 0.0 {
        low -= room * per_pixel;
    }
    if values.iter().any(|&x| x >= 0.0) {
        high += room * per_pixel;
    }
    Axis { title: title.to_owned(), low, high, log: false, whole: false }
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

/// Everything that is checked, measured and ready to be drawn.
struct Chart {
    title: String,
    note: String,
    labels: Vec<String>,
    /// Each label in one or two lines.
    lines: Vec<Vec<String>>,
    values: Vec<f64>,
    texts: Vec<String>,
    colors: Vec<Rgb>,
    intervals: Option<(Vec<f64>, Vec<f64>)>,
    axis: Axis,
    /// Where the bars' area begins, its width, and the height of one row, in page pixels.
    left: f64,
    width: f64,
    row: f64,
}

impl Chart {
    fn new(
        bars: &Bars,
        labels: &[String],
        values: Vec<f64>,
        intervals: Option<(Vec<f64>, Vec<f64>)>,
        signed: bool,
    ) -> Self {
        let labels: Vec<String> = labels.iter().map(|label| one_line(label)).collect();
        let lines: Vec<Vec<String>> = labels.iter().map(|label| wrap(label, LABELS, label_look(), 2)).collect();
        let widest = lines.iter().flatten().map(|line| text_width(line, label_look())).fold(0.0, f64::max);
        let texts = value_texts(&values, signed);
        let room = texts.iter().map(|text| text_width(text, tick_look())).fold(0.0, f64::max) + 12.0;
        let left = 22.0 + widest;
        let width = WIDTH - left - 24.0;
        Chart {
            title: one_line(&bars.title),
            note: bars.note.clone(),
            axis: axis(&one_line(&bars.x_title), &values, intervals.as_ref(), room, width),
            row: if lines.iter().any(|lines| lines.len() > 1) { ROW + 10.0 } else { ROW },
            colors: values.iter().map(|&value| if signed { sign(value) } else { NEUTRAL }).collect(),
            labels,
            lines,
            values,
            texts,
            intervals,
            left,
            width,
        }
    }

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
        let note = if self.note.is_empty() {
            String::new()
        } else {
            format!(" {}.", self.note.replace('−', "-").replace("\u{a0}\u{a0}·\u{a0}", ";").replace('\u{a0}', " "))
        };
        format!("{kind}: {title}{}, {count}{intervals}; {range}{note}", self.axis.title)
    }

    fn png(&self) -> Result<Vec<u8>> {
        let title = title_lines(&self.title);
        let note = if self.note.is_empty() { Vec::new() } else { wrap(&self.note, WIDTH - 20.0, note_look(), 2) };
        let (left, width, row) = (self.left, self.width, self.row);
        let top = title_height(&title) + 4.0 + 16.0 * note.len() as f64;
        let height = row * self.values.len() as f64;
        let place = |x: f64| left + self.axis.share(x) * width;
        let mut canvas = Canvas::new(top + height + 52.0);
        let below = draw_title(&mut canvas, &title);
        for (at, line) in note.iter().enumerate() {
            canvas.text((10.0, below + 8.0 + 16.0 * at as f64), Align::Left, note_look(), line);
        }
        let ticks = self.axis.ticks(Axis::tick_count(width));
        for (x, label) in ticks.iter().zip(self.axis.tick_labels(&ticks)) {
            canvas.line(&[(place(*x), top), (place(*x), top + height)], 0.5, GRID);
            canvas.text((place(*x), top + height + 17.0), Align::Center, tick_look(), &label);
        }
        for (at, &value) in self.values.iter().enumerate() {
            let (y, middle) = (top + row * at as f64, top + row * (at as f64 + 0.5));
            let (from, to) = (place(value.min(0.0)), place(value.max(0.0)));
            canvas.rect(from, y + 3.0, to - from, row - 6.0, self.colors[at]);
            for (k, line) in self.lines[at].iter().enumerate() {
                let offset = 14.0 * (k as f64 - (self.lines[at].len() - 1) as f64 / 2.0);
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
        let names = serde_json::to_string(&self.lines).unwrap_or_default();
        let y = json!({"field": "row", "type": "ordinal", "title": null, "axis": {
            "labelExpr": format!("{names}[datum.value]"), "labelLimit": 0, "ticks": false, "domain": false,
            "grid": false, "labelFontSize": TEXT, "labelColor": INK.hex(), "labelPadding": 8}});
        let x = vega::channel("value", &self.axis, self.width);
        let mut tips = vec![vega::tip("label", "label", false), vega::tip("value", &self.axis.title, true)];
        if self.intervals.is_some() {
            tips.extend([vega::tip("low", "from", true), vega::tip("high", "to", true)]);
        }
        let color = json!({"field": "color", "type": "nominal", "scale": null});
        let mut layers = vec![
            json!({"data": {"values": rows}, "mark": {"type": "bar", "height": self.row - 6.0},
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
        let height = self.row * self.values.len() as f64;
        let mut chart = vega::chart(&self.title, description, (self.width, height), layers);
        if !self.note.is_empty() {
            chart["title"]["subtitle"] = json!(wrap(&self.note, WIDTH - 20.0, note_look(), 2));
        }
        chart
    }
}

fn label_look() -> Look {
    Look::new(TEXT, INK)
}

fn note_look() -> Look {
    Look::new(TEXT - 1.0, GREY)
}
