//! A map in three dimensions that one can turn; its picture shows it from three sides.
//!
//! The coordinates are centred and share one scale. Turning is done in the interactive chart, `map3_chart`; the
//! projection is parallel.

use super::axes::{Axis, Frame, axis_look};
use super::canvas::{Align, Canvas, TEXT, WIDTH, draw_title, text_width, title_height, title_lines, wrap};
use super::colors::{GREY, INK};
use super::heatmap_picture::{draw_scale, scale_width};
use super::map::{border, draw_points, write};
use super::map_labels::{Label, choose, short, sides};
use super::map_points::{Checked, Coloring, Options, colors, extent, marker, radius};
use super::{canvas::Look, map3_chart};
use crate::display::{Figure, one_line};
use ground::Result;
use ground::{Labels, Numbers};

/// Between the three views of the picture.
const GAP: f64 = 12.0;
/// So many labels are written in each of them.
const LABELS: usize = 25;
/// With at most so many points all labels are written in the chart.
const ALL: usize = 40;

/// A map of points in three dimensions. [`draw`](Self::draw) makes the figure.
#[derive(Clone, Debug)]
pub struct PointMap3 {
    options: Options,
    at: [Result<Vec<f64>>; 3],
    titles: [String; 3],
}

impl PointMap3 {
    /// One point per three coordinates, with a label each.
    pub fn new(title: &str, x: &dyn Numbers, y: &dyn Numbers, z: &dyn Numbers, labels: &dyn Labels) -> Self {
        PointMap3 {
            options: Options::new("plot::map3", title, labels),
            at: [x.numbers(), y.numbers(), z.numbers()],
            titles: ["1", "2", "3"].map(str::to_owned),
        }
    }

    /// A class per point, at most 10 distinct ones: colour, shape and a legend that can be clicked.
    pub fn classes(mut self, classes: &dyn Labels) -> Self {
        self.options.classes = Some(classes.labels());
        self
    }

    /// A longer text per point, shown on hovering and found by the search, cut after 600 characters.
    pub fn texts(mut self, texts: &dyn Labels) -> Self {
        self.options.texts = Some(texts.labels());
        self
    }

    /// A number per point in place of a class, with its name and unit.
    pub fn values(mut self, values: &dyn Numbers, name: &str) -> Self {
        self.options.values(values, name);
        self
    }

    /// The points whose labels are written. Without it the picture has a choice, and the chart all labels of up to 40
    /// points and else none: they would cover each other when it is turned.
    pub fn show(mut self, labels: &[&str]) -> Self {
        self.options.show = Some(labels.iter().map(|&label| label.to_owned()).collect());
        self
    }

    /// The names of the three axes; without them they are 1, 2 and 3.
    pub fn axes(mut self, x: &str, y: &str, z: &str) -> Self {
        self.titles = [x, y, z].map(one_line);
        self
    }

    /// The figure: a chart with a slider for each direction to turn it in, a picture from three sides, and a text line.
    ///
    /// Errors: as those of [`PointMap::draw`](super::PointMap::draw).
    pub fn draw(&self) -> Result<Figure> {
        let [x, y, z] = self.at.clone();
        let at = [x?, y?, z?];
        let checked = self.options.check(&[("x", &at[0]), ("y", &at[1]), ("z", &at[2])])?;
        let middles = [0, 1, 2].map(|axis| extent(&at[axis]).0);
        let points: Vec<[f64; 3]> =
            (0..at[0].len()).map(|k| [0, 1, 2].map(|axis| at[axis][k] - middles[axis])).collect();
        let length = |point: &[f64; 3]| point[0].hypot(point[1]).hypot(point[2]);
        let reach = points.iter().map(length).fold(0.0, f64::max);
        let reach = if reach > 0.0 { reach } else { 1.0 };
        let description = checked.description("Map of points in three dimensions", &points);
        let shown: Vec<usize> = match &checked.show {
            Some(show) => show.clone(),
            None if points.len() <= ALL => (0..points.len()).collect(),
            None => Vec::new(),
        };
        let labels: Vec<Label> = shown.into_iter().map(|point| Label { point, level: 0, side: 0 }).collect();
        let png = picture(&checked, &self.titles, &points)?;
        let vega = map3_chart::chart(&checked, &description, &self.titles, &points, reach, &labels);
        Ok(Figure::new(&checked.title, description).with_png(png).with_vega(vega))
    }
}

fn picture(checked: &Checked, titles: &[String; 3], points: &[[f64; 3]]) -> Result<Vec<u8>> {
    const BAR: f64 = 160.0;
    let key = match &checked.color {
        Coloring::Values { scale, .. } => scale_width(scale, BAR) + 10.0,
        _ => 0.0,
    };
    let side = (WIDTH - 24.0 - 2.0 * GAP - key) / 3.0;
    let top = title_height(&title_lines(&checked.title)) + 26.0;
    let legend = legend_lines(&checked.names());
    let bottom = top + side + 12.0 + if legend.is_empty() { 0.0 } else { 8.0 + 20.0 * legend.len() as f64 };
    let mut canvas = Canvas::new(bottom).with_all_colors();
    draw_title(&mut canvas, &title_lines(&checked.title));
    let reach = points.iter().flatten().fold(0.0, |most: f64, x| most.max(x.abs()));
    let reach = 1.04 * if reach > 0.0 { reach } else { 1.0 };
    let radius = (radius(points.len()) * 0.8).max(1.5);
    for (at, (across, up)) in [(0, 1), (0, 2), (1, 2)].into_iter().enumerate() {
        let axis = || Axis { title: String::new(), low: -reach, high: reach, log: false, whole: false };
        let left = 12.0 + at as f64 * (side + GAP);
        let frame = Frame { left, top, width: side, height: side, x: axis(), y: axis() };
        border(&mut canvas, &frame);
        let caption = format!("across {}, up {}", titles[across], titles[up]);
        let caption = wrap(&caption, side, Look::new(TEXT - 1.0, GREY), 1).remove(0);
        canvas.text((left, top - 7.0), Align::Left, Look::new(TEXT - 1.0, GREY), &caption);
        let places: Vec<(f64, f64)> = points.iter().map(|point| frame.place((point[across], point[up]))).collect();
        draw_points(&mut canvas, checked, &places, radius);
        let inside: Vec<(f64, f64)> = places.iter().map(|(x, y)| (x - left, y - top)).collect();
        let labels = choose(&inside, &checked.labels, radius, (side, side), checked.show.as_deref());
        for label in labels.iter().filter(|label| label.level == 0).take(LABELS) {
            let ((x, y), beside) = (places[label.point], sides(radius)[label.side]);
            write(&mut canvas, (x + beside.0, y + beside.1), beside.2, &short(&checked.labels[label.point]));
        }
    }
    if let Coloring::Values { scale, .. } = &checked.color {
        draw_scale(&mut canvas, scale, (WIDTH - key + 4.0, top + 4.0), BAR.min(side - 8.0), bottom);
    }
    let mut y = top + side + 26.0;
    for line in &legend {
        for &(class, x) in line {
            canvas.marker(marker(class), (x + 6.0, y - 4.0), 5.0, colors()[class], 1.0);
            let name = wrap(checked.names()[class], 170.0, axis_look(), 1).remove(0);
            canvas.text((x + 16.0, y), Align::Left, Look::new(TEXT, INK), &name);
        }
        y += 20.0;
    }
    canvas.png()
}

/// The classes of each line of the legend, and where each begins.
fn legend_lines(names: &[&str]) -> Vec<Vec<(usize, f64)>> {
    let mut lines: Vec<Vec<(usize, f64)>> = Vec::new();
    let mut x = WIDTH;
    for (class, name) in names.iter().enumerate().filter(|_| names.len() > 1) {
        let width = 16.0 + text_width(name, axis_look()).min(170.0) + 20.0;
        if x + width > WIDTH - 12.0 {
            lines.push(Vec::new());
            x = 12.0;
        }
        if let Some(line) = lines.last_mut() {
            line.push((class, x));
        }
        x += width;
    }
    lines
}
