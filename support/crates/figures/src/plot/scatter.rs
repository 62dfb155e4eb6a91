//! Points in two dimensions, with groups, labels and a line to compare with.
//!
//! Groups differ in colour and shape. Labels are written where they overlap nothing; the others appear on hovering.

use super::axes::{Axis, Frame};
use super::canvas::{Align, Canvas, Marker, draw_title, title_height, title_lines};
use super::colors::{GREY, INK, NEGATIVE, PALETTE, POSITIVE, Rgb};
use super::lines::{color_channel, draw_legend, legend_width};
use super::point_labels::{RADIUS, Text, label_look, place_labels};
use super::vega;
use crate::display::{Figure, one_line};
use ground::values::{finite, same_length};
use ground::{Labels, Numbers};
use ground::{Result, bail};
use serde_json::{Value, json};

const NAME: &str = "plot::scatter";
const HEIGHT: f64 = 420.0;
/// Points on neither side.
const FAINT: Rgb = Rgb(0x99, 0x99, 0x99);
const MARKERS: [Marker; 4] = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];

/// A scatter plot: one point per (x, y). [`draw`](Self::draw) makes the figure.
#[derive(Clone, Debug)]
pub struct Scatter {
    title: String,
    x_title: String,
    y_title: String,
    log: (bool, bool),
    points: Result<(Vec<f64>, Vec<f64>)>,
    labels: Option<Result<Vec<String>>>,
    groups: Option<Result<Vec<String>>>,
    sides: Option<Result<(Vec<f64>, [String; 3])>>,
    diagonal: bool,
}

impl Scatter {
    /// One point per pair of numbers.
    pub fn new(title: &str, x: &dyn Numbers, y: &dyn Numbers) -> Self {
        Scatter {
            title: one_line(title),
            x_title: "x".to_owned(),
            y_title: "y".to_owned(),
            log: (false, false),
            points: x.numbers().and_then(|x| Ok((x, y.numbers()?))),
            labels: None,
            groups: None,
            sides: None,
            diagonal: false,
        }
    }

    /// The title of the x axis, with its unit.
    pub fn x(mut self, title: &str) -> Self {
        self.x_title = one_line(title);
        self
    }

    /// The title of the y axis, with its unit.
    pub fn y(mut self, title: &str) -> Self {
        self.y_title = one_line(title);
        self
    }

    /// A text per point, written beside it where there is room and shown on hovering.
    pub fn labels(mut self, labels: &dyn Labels) -> Self {
        self.labels = Some(labels.labels());
        self
    }

    /// A group per point; groups differ in colour and shape, in the order in which they first appear.
    pub fn groups(mut self, groups: &dyn Labels) -> Self {
        self.groups = Some(groups.labels());
        self
    }

    /// Colours the points by a sign, in place of groups: red above zero, blue below, grey at zero. The names, in this
    /// order, stand in the legend.
    pub fn sides(mut self, signs: &dyn Numbers, above: &str, below: &str, zero: &str) -> Self {
        self.sides = Some(signs.numbers().map(|signs| (signs, [above, below, zero].map(one_line))));
        self
    }

    /// Draws the line y = x, for two measurements of the same thing.
    pub fn diagonal(mut self) -> Self {
        self.diagonal = true;
        self
    }

    /// Makes the x axis logarithmic.
    pub fn log_x(mut self) -> Self {
        self.log.0 = true;
        self
    }

    /// Makes the y axis logarithmic.
    pub fn log_y(mut self) -> Self {
        self.log.1 = true;
        self
    }

    /// The figure: interactive, with a picture and a text line.
    ///
    /// Errors: no points, unequal numbers of x, y, labels or groups, more than 8 groups, numbers that are not finite.
    pub fn draw(&self) -> Result<Figure> {
        let (x, y) = self.points.clone()?;
        same_length(NAME, ("x", x.len()), ("y", y.len()))?;
        finite(NAME, "x", &x)?;
        finite(NAME, "y", &y)?;
        let labels: Vec<String> = match self.labels.clone().transpose()? {
            None => Vec::new(),
            Some(labels) => {
                same_length(NAME, ("points", x.len()), ("labels", labels.len()))?;
                labels.iter().map(|label| one_line(label)).collect()
            }
        };
        let (names, groups) = self.group_names(x.len())?;
        let palette: &[Rgb] = if self.sides.is_some() { &[POSITIVE, NEGATIVE, FAINT] } else { &PALETTE };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let (mut for_x, mut for_y) = (x.clone(), y.clone());
        if self.diagonal {
            // The same range on both axes, so that the line runs from corner to corner.
            for_x.extend(&y);
            for_y.extend(&x);
        }
        let title = title_lines(&self.title);
        let frame = Frame::new(
            Axis::over(NAME, &self.x_title, &for_x, self.log.0)?,
            Axis::over(NAME, &self.y_title, &for_y, self.log.1)?,
            title_height(&title) + 8.0,
            HEIGHT,
            legend_width(&names),
        );
        let places: Vec<(f64, f64)> = x.iter().zip(&y).map(|(&x, &y)| frame.place((x, y))).collect();
        let right = frame.left + frame.width + if names.len() > 1 { 0.0 } else { 20.0 };
        let line = self.diagonal.then(|| ends(&frame));
        let texts = place_labels(&labels, &places, &frame, right, line);

        let mut canvas = Canvas::new(frame.bottom());
        draw_title(&mut canvas, &title);
        frame.draw(&mut canvas);
        if self.diagonal {
            let (from, to) = ends(&frame);
            canvas.dashed(from, to, GREY);
        }
        for (&place, &group) in places.iter().zip(&groups) {
            canvas.marker(MARKERS[group % MARKERS.len()], place, RADIUS, palette[group], opacity(x.len()));
        }
        for text in &texts {
            canvas.text((text.left, text.baseline), Align::Left, label_look(), &text.text);
        }
        draw_legend(&mut canvas, &frame, &names, palette, Some(&MARKERS));

        let description = self.description(x.len(), &names, &groups);
        let data: Vec<Value> = (0..x.len())
            .map(|at| {
                let mut point = json!({"x": x[at], "y": y[at], "group": groups[at]});
                if let Some(name) = names.get(groups[at]) {
                    point["name"] = json!(name);
                }
                if let Some(label) = labels.get(at) {
                    point["label"] = json!(label);
                }
                point
            })
            .collect();
        let vega = self.vega(&description, &frame, (&names, palette), &data, &texts, &places);
        Ok(Figure::new(&self.title, description).with_png(canvas.png()?).with_vega(vega))
    }

    fn group_names(&self, points: usize) -> Result<(Vec<String>, Vec<usize>)> {
        if let Some((signs, names)) = self.sides.clone().transpose()? {
            same_length(NAME, ("points", points), ("signs", signs.len()))?;
            finite(NAME, "the signs", &signs)?;
            let side = |sign: &f64| {
                if *sign > 0.0 {
                    0
                } else if *sign < 0.0 {
                    1
                } else {
                    2
                }
            };
            return Ok((names.to_vec(), signs.iter().map(side).collect()));
        }
        let Some(groups) = self.groups.clone().transpose()? else { return Ok((Vec::new(), vec![0; points])) };
        same_length(NAME, ("points", points), ("groups", groups.len()))?;
        let mut names: Vec<String> = Vec::new();
        let mut of = Vec::new();
        for group in groups.iter().map(|group| one_line(group)) {
            let place = names.iter().position(|name| *name == group);
            of.push(place.unwrap_or(names.len()));
            if place.is_none() {
                names.push(group);
            }
        }
        if names.len() > PALETTE.len() {
            bail!("{NAME}: {} groups, but only {} colours can be told apart; merge some", names.len(), PALETTE.len());
        }
        Ok((names, of))
    }

    fn description(&self, points: usize, names: &[&str], groups: &[usize]) -> String {
        let count = |at: usize| groups.iter().filter(|&&group| group == at).count();
        let groups: Vec<String> = names.iter().enumerate().map(|(at, name)| format!("{name} {}", count(at))).collect();
        let groups = if groups.is_empty() { String::new() } else { format!(" ({})", groups.join(", ")) };
        let line = if self.diagonal { ", with the line y = x" } else { "" };
        let title = if self.title.is_empty() { String::new() } else { format!("{}; ", self.title) };
        let points = if points == 1 { "1 point".to_owned() } else { format!("{points} points") };
        format!("Scatter plot: {title}{} against {}; {points}{groups}{line}.", self.y_title, self.x_title)
    }

    fn vega(
        &self,
        description: &str,
        frame: &Frame,
        (names, palette): (&[&str], &[Rgb]),
        data: &[Value],
        texts: &[Text],
        places: &[(f64, f64)],
    ) -> Value {
        let (x, y) = (vega::channel("x", &frame.x, frame.width), vega::channel("y", &frame.y, frame.height));
        let mut tips = vec![vega::tip("x", &frame.x.title, true), vega::tip("y", &frame.y.title, true)];
        if !names.is_empty() {
            tips.insert(0, vega::tip("name", "group", false));
        }
        if self.labels.is_some() {
            tips.insert(0, vega::tip("label", "label", false));
        }
        let mut layers = Vec::new();
        if self.diagonal {
            let (low, high) = (frame.x.low.max(frame.y.low), frame.x.high.min(frame.y.high));
            let ends = json!([{"x": low, "y": low}, {"x": high, "y": high}]);
            layers.push(json!({"data": {"values": ends},
                "mark": {"type": "line", "color": GREY.hex(), "strokeDash": [5, 4], "strokeWidth": 1},
                "encoding": {"x": x, "y": y}}));
        }
        let color =
            if names.is_empty() { json!({"value": PALETTE[0].hex()}) } else { color_channel("group", names, palette) };
        let mut encoding = json!({"x": x, "y": y, "color": color, "tooltip": tips});
        if names.len() > 1 {
            let shapes: Vec<&str> = (0..names.len()).map(|at| shape(MARKERS[at % MARKERS.len()])).collect();
            let domain: Vec<usize> = (0..names.len()).collect();
            encoding["shape"] = json!({"field": "group", "type": "nominal", "legend": color["legend"],
                                       "scale": {"domain": domain, "range": shapes}});
        }
        layers.push(json!({"data": {"values": data}, "encoding": encoding,
            "mark": {"type": "point", "filled": true, "size": 55, "opacity": opacity(data.len())}}));
        if !texts.is_empty() {
            // The distance of a label from its point, in page pixels, is the picture's.
            let data: Vec<Value> = texts
                .iter()
                .map(|text| {
                    let (point, (left, top)) = (&data[text.point], places[text.point]);
                    let (dx, dy) = ((text.left - left).round(), (text.baseline - top).round());
                    json!({"x": point["x"], "y": point["y"], "text": text.text, "dx": dx, "dy": dy})
                })
                .collect();
            layers.push(json!({"data": {"values": data},
                "mark": {"type": "text", "align": "left", "baseline": "alphabetic", "dx": {"expr": "datum.dx"},
                         "dy": {"expr": "datum.dy"}, "fontSize": label_look().size, "color": INK.hex()},
                "encoding": {"x": x, "y": y, "text": {"field": "text"}}}));
        }
        vega::chart(&self.title, description, (frame.width, frame.height), layers)
    }
}

/// The places where the line y = x enters and leaves the frame.
fn ends(frame: &Frame) -> ((f64, f64), (f64, f64)) {
    let (low, high) = (frame.x.low.max(frame.y.low), frame.x.high.min(frame.y.high));
    (frame.place((low, low)), frame.place((high, high)))
}

fn opacity(points: usize) -> f64 {
    if points <= 100 { 0.85 } else { 0.5 }
}

fn shape(marker: Marker) -> &'static str {
    match marker {
        Marker::Circle => "circle",
        Marker::Square => "square",
        Marker::Triangle => "triangle-up",
        Marker::Diamond => "diamond",
    }
}
