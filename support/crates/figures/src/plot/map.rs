//! A map of many points: words or documents in two dimensions, to be searched, zoomed and pointed at.
//!
//! Both axes have the same scale, so that distances can be compared. The labels are chosen in `map_labels`, the
//! interactive chart is in `map_chart`. It does not reduce dimensions: `reduce` does.

use super::axes::{Axis, Frame};
use super::canvas::{Align, Canvas, Look, Marker, WIDTH, draw_title, title_height, title_lines};
use super::colors::{GREY, INK, WHITE};
use super::heatmap_picture::{draw_scale, scale_width};
use super::lines::{draw_legend, legend_width};
use super::map_chart;
use super::map_labels::{Label, choose, look, short, sides};
use super::map_points::{Checked, Coloring, OUTLINE, Options, colors, extent, marker, markers, mixed, opacity, radius};
use crate::display::{Figure, one_line};
use ground::Result;
use ground::{Labels, Numbers};

/// The least and the greatest height of the map.
const HEIGHT: (f64, f64) = (300.0, 540.0);
/// The colour scale is so high.
const BAR: f64 = 200.0;

/// A map of points with a label each. [`draw`](Self::draw) makes the figure.
#[derive(Clone, Debug)]
pub struct PointMap {
    options: Options,
    x: Result<Vec<f64>>,
    y: Result<Vec<f64>>,
    titles: (String, String),
}

impl PointMap {
    /// One point per pair of coordinates, with a label each: a word, the title of a document.
    pub fn new(title: &str, x: &dyn Numbers, y: &dyn Numbers, labels: &dyn Labels) -> Self {
        PointMap {
            options: Options::new("plot::map", title, labels),
            x: x.numbers(),
            y: y.numbers(),
            titles: (String::new(), String::new()),
        }
    }

    /// A class per point, at most 10 distinct ones: colour, shape and a legend that can be clicked, in the order in which
    /// they first appear.
    pub fn classes(mut self, classes: &dyn Labels) -> Self {
        self.options.classes = Some(classes.labels());
        self
    }

    /// A longer text per point, shown on hovering and found by the search, cut after 600 characters.
    pub fn texts(mut self, texts: &dyn Labels) -> Self {
        self.options.texts = Some(texts.labels());
        self
    }

    /// A number per point in place of a class: white to green, or blue–white–red if there are numbers below zero. `name`
    /// says what it is, with its unit.
    pub fn values(mut self, values: &dyn Numbers, name: &str) -> Self {
        self.options.values(values, name);
        self
    }

    /// The points whose labels are written, in place of a choice that can be read.
    pub fn show(mut self, labels: &[&str]) -> Self {
        self.options.show = Some(labels.iter().map(|&label| label.to_owned()).collect());
        self
    }

    /// The title of the x axis; with it, the axis has numbers. `"t-SNE 1 (no unit)"`, `"component 1 (12% of variance)"`
    pub fn x(mut self, title: &str) -> Self {
        self.titles.0 = one_line(title);
        self
    }

    /// The title of the y axis.
    pub fn y(mut self, title: &str) -> Self {
        self.titles.1 = one_line(title);
        self
    }

    /// The figure: interactive, with a picture and a text line.
    ///
    /// Errors: no points, more than 50,000, coordinates that are not finite, unequal numbers of coordinates, labels, texts,
    /// classes or values, more than 10 classes, classes and values at once, a label to be shown that no point has.
    pub fn draw(&self) -> Result<Figure> {
        let (x, y) = (self.x.clone()?, self.y.clone()?);
        let checked = self.options.check(&[("x", &x), ("y", &y)])?;
        let frame = self.frame(&checked, &x, &y)?;
        let places: Vec<(f64, f64)> = x.iter().zip(&y).map(|(&x, &y)| frame.place((x, y))).collect();
        let inside: Vec<(f64, f64)> = places.iter().map(|(x, y)| (x - frame.left, y - frame.top)).collect();
        let radius = radius(x.len());
        let size = (frame.width, frame.height);
        let labels = choose(&inside, &checked.labels, radius, size, checked.show.as_deref());
        let points: Vec<[f64; 3]> = x.iter().zip(&y).map(|(&x, &y)| [x, y, 0.0]).collect();
        let description = checked.description("Map of points", &points);
        let png = picture(&checked, &frame, &places, &labels, radius)?;
        let vega = map_chart::chart(&checked, &description, &frame, (&x, &y), &labels, radius);
        Ok(Figure::new(&checked.title, description).with_png(png).with_vega(vega))
    }

    /// The frame, with as many page pixels to a unit of x as to a unit of y.
    fn frame(&self, checked: &Checked, x: &[f64], y: &[f64]) -> Result<Frame> {
        let legend = match &checked.color {
            Coloring::Values { scale, .. } => scale_width(scale, BAR) + 10.0,
            _ => legend_width(&checked.names()),
        };
        let title = title_height(&title_lines(&checked.title)) + 8.0;
        let axis = |title: &str, numbers: &[f64]| Axis::over("plot::map", title, numbers, false);
        let mut frame = Frame::new(axis(&self.titles.0, x)?, axis(&self.titles.1, y)?, title, HEIGHT.1, legend);
        if !frame.titled() {
            (frame.left, frame.width) = (12.0, WIDTH - 36.0 - legend);
        }
        let ((x, across), (y, down)) = (extent(x), extent(y));
        frame.height = (frame.width * down / across).clamp(HEIGHT.0, HEIGHT.1);
        let unit = (across / (frame.width - 20.0)).max(down / (frame.height - 20.0));
        (frame.x.low, frame.x.high) = (x - unit * frame.width / 2.0, x + unit * frame.width / 2.0);
        (frame.y.low, frame.y.high) = (y - unit * frame.height / 2.0, y + unit * frame.height / 2.0);
        Ok(frame)
    }
}

fn picture(checked: &Checked, frame: &Frame, places: &[(f64, f64)], labels: &[Label], radius: f64) -> Result<Vec<u8>> {
    let bottom = if frame.titled() { frame.bottom() } else { frame.top + frame.height + 14.0 };
    let mut canvas = Canvas::new(bottom).with_all_colors();
    draw_title(&mut canvas, &title_lines(&checked.title));
    if frame.titled() {
        frame.draw(&mut canvas);
    } else {
        border(&mut canvas, frame);
    }
    draw_points(&mut canvas, checked, places, radius);
    for label in labels.iter().filter(|label| label.level == 0) {
        let ((x, y), side) = (places[label.point], sides(radius)[label.side]);
        write(&mut canvas, (x + side.0, y + side.1), side.2, &short(&checked.labels[label.point]));
    }
    draw_key(&mut canvas, checked, frame, bottom);
    canvas.png()
}

/// A box around a map whose axes have no titles.
pub(super) fn border(canvas: &mut Canvas, frame: &Frame) {
    let (right, floor) = (frame.left + frame.width, frame.top + frame.height);
    let corners =
        [(frame.left, frame.top), (right, frame.top), (right, floor), (frame.left, floor), (frame.left, frame.top)];
    canvas.line(&corners, 0.5, GREY);
}

/// Draws the points in a mixed order, so that no class lies on top of all others.
pub(super) fn draw_points(canvas: &mut Canvas, checked: &Checked, places: &[(f64, f64)], radius: f64) {
    for at in mixed(places.len()) {
        let (place, color) = (places[at], checked.color(at));
        if checked.outlined() {
            canvas.marker(Marker::Circle, place, radius + 0.5, OUTLINE, 1.0);
            canvas.marker(Marker::Circle, place, radius, color, 1.0);
        } else {
            canvas.marker(marker(checked.class(at)), place, radius, color, opacity(places.len()));
        }
    }
}

/// Writes a label with a white rim, which keeps it legible on points.
pub(super) fn write(canvas: &mut Canvas, (x, y): (f64, f64), align: f64, text: &str) {
    let align = if align == 0.0 {
        Align::Left
    } else if align == 1.0 {
        Align::Right
    } else {
        Align::Center
    };
    for (dx, dy) in
        [(-1.0, 0.0), (1.0, 0.0), (0.0, -1.0), (0.0, 1.0), (-1.0, -1.0), (1.0, 1.0), (-1.0, 1.0), (1.0, -1.0)]
    {
        canvas.text((x + dx, y + dy), align, Look { color: WHITE, ..look() }, text);
    }
    canvas.text((x, y), align, Look { color: INK, ..look() }, text);
}

/// Draws the legend of the classes or the colour scale of the values beside the map.
pub(super) fn draw_key(canvas: &mut Canvas, checked: &Checked, frame: &Frame, bottom: f64) {
    match &checked.color {
        Coloring::Values { scale, .. } => {
            draw_scale(canvas, scale, (frame.left + frame.width + 18.0, frame.top + 4.0), BAR, bottom);
        }
        _ => draw_legend(canvas, frame, &checked.names(), colors(), Some(markers())),
    }
}
