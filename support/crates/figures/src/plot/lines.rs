//! Lines over a common x axis: learning curves, error against the number of steps, one series per line.
//!
//! Either axis can be logarithmic. A band around a line shows an interval. Points are joined in the order of their x.

use super::axes::{Axis, Frame, axis_look, plain_number};
use super::canvas::{Align, Canvas, Look, Marker, TEXT, draw_title, text_width, title_height, title_lines, wrap};
use super::colors::{INK, PALETTE, Rgb};
use super::vega;
use crate::display::{Figure, one_line};
use ground::Numbers;
use ground::values::{finite, same_length};
use ground::{Result, bail};
use serde_json::{Value, json};

const NAME: &str = "plot::lines";
const HEIGHT: f64 = 340.0;
/// Lines with at most this many points show them.
const POINTS: usize = 40;

/// A line chart: add one [`series`](Self::series) per line, then [`draw`](Self::draw).
#[derive(Clone, Debug)]
pub struct Lines {
    title: String,
    x_title: String,
    y_title: String,
    log: (bool, bool),
    series: Vec<Series>,
    error: Option<ground::Error>,
}

#[derive(Clone, Debug)]
struct Series {
    name: String,
    points: Vec<(f64, f64)>,
    band: Option<Vec<(f64, f64, f64)>>,
}

impl Lines {
    /// A chart without lines yet.
    pub fn new(title: &str) -> Self {
        let (x_title, y_title) = ("x".to_owned(), "y".to_owned());
        Lines { title: one_line(title), x_title, y_title, log: (false, false), series: Vec::new(), error: None }
    }

    /// A line through the points (x, y).
    pub fn series(mut self, name: &str, x: &dyn Numbers, y: &dyn Numbers) -> Self {
        match (|| {
            let (x, y) = (x.numbers()?, y.numbers()?);
            same_length(NAME, (&format!("x of “{name}”"), x.len()), ("y", y.len()))?;
            Ok(x.into_iter().zip(y).collect())
        })() {
            Ok(points) => self.series.push(Series { name: one_line(name), points, band: None }),
            Err(error) => self.error = self.error.or(Some(error)),
        }
        self
    }

    /// An interval around the last line: the lower and the upper end at each of its points.
    pub fn band(mut self, low: &dyn Numbers, high: &dyn Numbers) -> Self {
        let band = (|| {
            let Some(series) = self.series.last() else { bail!("{NAME}: add a series before its band") };
            let (low, high) = (low.numbers()?, high.numbers()?);
            let points = ("points of the line", series.points.len());
            same_length(NAME, points, ("lower ends of its band", low.len()))?;
            same_length(NAME, points, ("upper ends of its band", high.len()))?;
            finite(NAME, "the band's lower ends", &low)?;
            finite(NAME, "the band's upper ends", &high)?;
            Ok(series.points.iter().zip(low.iter().zip(&high)).map(|(point, (a, b))| (point.0, *a, *b)).collect())
        })();
        match (band, self.series.last_mut()) {
            (Ok(band), Some(series)) => series.band = Some(band),
            (Err(error), _) => self.error = self.error.or(Some(error)),
            _ => {}
        }
        self
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
    /// Errors: no lines, more than 8, no points, numbers that are not finite, a number ≤ 0 on a logarithmic axis.
    pub fn draw(&self) -> Result<Figure> {
        if let Some(error) = &self.error {
            return Err(error.clone());
        }
        if self.series.is_empty() || self.series.len() > PALETTE.len() {
            bail!("{NAME}: {} lines; give 1 to {}, one colour each", self.series.len(), PALETTE.len());
        }
        let mut series = self.series.clone();
        for line in &mut series {
            let (x, y): (Vec<f64>, Vec<f64>) = line.points.iter().copied().unzip();
            finite(NAME, &format!("x of “{}”", line.name), &x)?;
            finite(NAME, &format!("y of “{}”", line.name), &y)?;
            line.points.sort_by(|a, b| a.0.total_cmp(&b.0));
            line.band.iter_mut().for_each(|band| band.sort_by(|a, b| a.0.total_cmp(&b.0)));
        }
        let xs: Vec<f64> = series.iter().flat_map(|line| line.points.iter().map(|point| point.0)).collect();
        let bands = series.iter().flat_map(|line| line.band.iter().flatten().flat_map(|band| [band.1, band.2]));
        let ys: Vec<f64> =
            series.iter().flat_map(|line| line.points.iter().map(|point| point.1)).chain(bands).collect();
        let axes = (
            Axis::over(NAME, &self.x_title, &xs, self.log.0)?.tight(&xs).whole(&xs),
            Axis::over(NAME, &self.y_title, &ys, self.log.1)?,
        );
        let description = self.description(&series);
        let names: Vec<&str> = series.iter().map(|line| line.name.as_str()).collect();
        let legend = legend_width(&names);
        let title = title_lines(&self.title);
        let frame = Frame::new(axes.0, axes.1, title_height(&title) + 8.0, HEIGHT, legend);
        let mut canvas = Canvas::new(frame.bottom());
        draw_title(&mut canvas, &title);
        frame.draw(&mut canvas);
        draw_series(&mut canvas, &frame, &series);
        draw_legend(&mut canvas, &frame, &names, &PALETTE, None);
        let vega = vega(&self.title, &description, &frame, &series);
        Ok(Figure::new(&self.title, description).with_png(canvas.png()?).with_vega(vega))
    }

    fn description(&self, series: &[Series]) -> String {
        let lines: Vec<String> = series
            .iter()
            .map(|line| {
                let (first, last) = (line.points[0], line.points[line.points.len() - 1]);
                let name = if line.name.is_empty() { String::new() } else { format!("{}: ", line.name) };
                format!("{name}{} at {} to {} at {}", number(first.1), number(first.0), number(last.1), number(last.0))
            })
            .collect();
        let title = if self.title.is_empty() { String::new() } else { format!("{}; ", self.title) };
        format!("Line chart: {title}{} against {}; {}.", self.y_title, self.x_title, lines.join("; "))
    }
}

fn number(x: f64) -> String {
    plain_number(x).replace('−', "-")
}

fn draw_series(canvas: &mut Canvas, frame: &Frame, series: &[Series]) {
    for (line, color) in series.iter().zip(PALETTE) {
        if let Some(band) = &line.band {
            let upper = band.iter().map(|&(x, _, high)| frame.place((x, high)));
            let lower = band.iter().rev().map(|&(x, low, _)| frame.place((x, low)));
            canvas.polygon(&upper.chain(lower).collect::<Vec<_>>(), color, 0.2);
        }
    }
    for (line, color) in series.iter().zip(PALETTE) {
        let places: Vec<(f64, f64)> = line.points.iter().map(|&point| frame.place(point)).collect();
        canvas.line(&places, 2.0, color);
        if places.len() <= POINTS {
            places.iter().for_each(|&place| canvas.marker(Marker::Circle, place, 3.0, color, 1.0));
        }
    }
}

fn vega(title: &str, description: &str, frame: &Frame, series: &[Series]) -> Value {
    let mut points = Vec::new();
    let mut bands = Vec::new();
    for (at, line) in series.iter().enumerate() {
        points.extend(line.points.iter().map(|(x, y)| json!({"series": at, "name": line.name, "x": x, "y": y})));
        bands.extend(line.band.iter().flatten().map(|(x, a, b)| json!({"series": at, "x": x, "low": a, "high": b})));
    }
    let names: Vec<&str> = series.iter().map(|line| line.name.as_str()).collect();
    let color = color_channel("series", &names, &PALETTE);
    let (x, y) = (vega::channel("x", &frame.x, frame.width), vega::channel("y", &frame.y, frame.height));
    let tips =
        [vega::tip("name", "line", false), vega::tip("x", &frame.x.title, true), vega::tip("y", &frame.y.title, true)];
    let mut layers = Vec::new();
    if !bands.is_empty() {
        let mut low = vega::channel("low", &frame.y, frame.height);
        low["title"] = y["title"].clone();
        layers.push(json!({"data": {"values": bands}, "mark": {"type": "area", "opacity": 0.2},
            "encoding": {"x": x, "y": low, "y2": {"field": "high"}, "color": color}}));
    }
    let few = series.iter().all(|line| line.points.len() <= POINTS);
    layers.push(json!({"data": {"values": points}, "mark": {"type": "line", "strokeWidth": 2},
        "encoding": {"x": x, "y": y, "color": color}}));
    layers.push(json!({"data": {"values": points},
        "mark": {"type": "point", "filled": true, "size": 40, "opacity": if few { 1.0 } else { 0.0 }},
        "encoding": {"x": x, "y": y, "color": color, "tooltip": tips}}));
    vega::chart(title, description, (frame.width, frame.height), layers)
}

/// A colour channel over group numbers whose legend shows the groups' names; no legend for one group.
pub fn color_channel(field: &str, names: &[&str], colors: &[Rgb]) -> Value {
    let domain: Vec<usize> = (0..names.len()).collect();
    let range: Vec<String> = names.iter().zip(colors).map(|(_, color)| color.hex()).collect();
    let labels = serde_json::to_string(names).unwrap_or_default();
    let legend = json!({"title": null, "labelExpr": format!("{labels}[datum.value]"), "symbolOpacity": 1});
    json!({"field": field, "type": "nominal", "scale": {"domain": domain, "range": range},
           "legend": if names.len() > 1 { legend } else { Value::Null }})
}

fn legend_look() -> Look {
    Look::new(TEXT, INK)
}

/// The space that a legend takes at the right; none for one group.
pub fn legend_width(names: &[&str]) -> f64 {
    if names.len() < 2 {
        return 0.0;
    }
    let widest = names.iter().map(|name| text_width(name, axis_look())).fold(0.0, f64::max);
    36.0 + widest.min(170.0)
}

/// Draws the names of the groups beside the frame: with a piece of line, or with the group's marker.
pub fn draw_legend(canvas: &mut Canvas, frame: &Frame, names: &[&str], colors: &[Rgb], markers: Option<&[Marker]>) {
    if names.len() < 2 {
        return;
    }
    let x = frame.left + frame.width + 14.0;
    let mut y = frame.top + 10.0;
    for (at, (name, &color)) in names.iter().zip(colors).enumerate() {
        match markers {
            Some(markers) => canvas.marker(markers[at % markers.len()], (x + 8.0, y - 4.0), 5.0, color, 1.0),
            None => canvas.line(&[(x, y - 4.0), (x + 18.0, y - 4.0)], 2.0, color),
        }
        for line in wrap(name, 170.0, legend_look(), 2) {
            canvas.text((x + 25.0, y), Align::Left, legend_look(), &line);
            y += 15.0;
        }
        y += 5.0;
    }
}
