//! Figures. Each function checks its input and returns a [`Figure`]: a picture, a text line that says what it shows,
//! and an interactive chart where hovering tells more.
//!
//! | figure | in a line | with options |
//! |---|---|---|
//! | horizontal bars, signed or not, with intervals | [`bars`] | [`Bars`] |
//! | lines, linear or logarithmic, with bands | [`lines()`] | [`Lines`] |
//! | points with groups, labels, a diagonal | [`scatter`] | [`Scatter`] |
//! | thousands of labelled points, to search and zoom | [`map`] | [`PointMap`] |
//! | the same in three dimensions, to turn | [`map3`] | [`PointMap3`] |
//! | words in sizes that follow their weights | [`word_cloud`] | [`WordCloud`] |
//! | a matrix as coloured cells | [`heatmap`] | [`Heatmap`] |
//! | the mistakes of a classifier | [`confusion`] | |
//! | confidence against accuracy | [`reliability`] | |
//! | how often values occur | [`histogram`] | |
//!
//! The colours are in [`colors`]: positive is red everywhere, zero is white. It does not choose what to show: sort and
//! filter first.

pub mod axes;
mod bars;
pub mod canvas;
mod cloud;
mod cloud_colors;
mod cloud_layout;
pub mod colors;
mod confusion;
mod heatmap;
mod heatmap_chart;
mod heatmap_grid;
mod heatmap_groups;
mod heatmap_picture;
mod histogram;
pub mod lines;
mod map;
mod map3;
mod map3_chart;
mod map_chart;
mod map_labels;
mod map_points;
mod point_labels;
mod reliability;
mod scatter;
pub mod vega;

pub use bars::Bars;
pub use canvas::fonts;
pub use cloud::WordCloud;
pub use cloud_layout::PlacedWord;
pub use confusion::confusion;
pub use heatmap::{Heatmap, Matrix};
pub use histogram::histogram;
pub use lines::Lines;
pub use map::PointMap;
pub use map3::PointMap3;
pub use reliability::reliability;
pub use scatter::Scatter;

use crate::display::Figure;
use ground::{Labels, Numbers, Result};

/// A horizontal bar per label; red and blue when there are values below zero. Options: [`Bars`].
///
/// ```
/// use figures::plot;
/// let figure = plot::bars("Test accuracy", &["majority", "logistic"], &[0.62, 0.84], "accuracy (share)")?;
/// assert!(figure.description().contains("highest logistic 0.84"));
/// # Ok::<(), ground::Error>(())
/// ```
pub fn bars(title: &str, labels: &dyn Labels, values: &dyn Numbers, x_title: &str) -> Result<Figure> {
    Bars::new(title, labels, values).x(x_title).draw()
}

/// One line per series, each with its name and its points (x, y). Options: [`Lines`].
pub fn lines(title: &str, x_title: &str, y_title: &str, series: &[(&str, Vec<(f64, f64)>)]) -> Result<Figure> {
    let mut chart = Lines::new(title).x(x_title).y(y_title);
    for (name, points) in series {
        let (x, y): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
        chart = chart.series(name, &x, &y);
    }
    chart.draw()
}

/// One point per pair of numbers, with a text each that shows on hovering. Options: [`Scatter`].
pub fn scatter(
    title: &str,
    x: &dyn Numbers,
    y: &dyn Numbers,
    labels: &dyn Labels,
    x_title: &str,
    y_title: &str,
) -> Result<Figure> {
    Scatter::new(title, x, y).labels(labels).x(x_title).y(y_title).draw()
}

/// A map of labelled points, words or documents, that can be searched and zoomed. Options: [`PointMap`].
///
/// ```
/// use figures::plot;
/// let figure = plot::map("Four words", &[0.0, 0.1, 4.0, 4.2], &[1.0, 1.2, 3.0, 3.1], &["cat", "dog", "tea", "milk"])?;
/// assert_eq!(figure.description(), "Map of points: Four words; 4 points.");
/// # Ok::<(), ground::Error>(())
/// ```
pub fn map(title: &str, x: &dyn Numbers, y: &dyn Numbers, labels: &dyn Labels) -> Result<Figure> {
    PointMap::new(title, x, y, labels).draw()
}

/// A map of labelled points in three dimensions, with sliders to turn it. Options: [`PointMap3`].
pub fn map3(title: &str, x: &dyn Numbers, y: &dyn Numbers, z: &dyn Numbers, labels: &dyn Labels) -> Result<Figure> {
    PointMap3::new(title, x, y, z, labels).draw()
}

/// Words in sizes that follow their weights, the same picture every time. Options: [`WordCloud`].
pub fn word_cloud(title: &str, words: &dyn Labels, weights: &dyn Numbers) -> Result<Figure> {
    WordCloud::new(title, words, weights).draw()
}

/// A cell per row and column, coloured by its number; `unit` says what the numbers are. Options: [`Heatmap`].
pub fn heatmap(
    title: &str,
    rows: &dyn Labels,
    columns: &dyn Labels,
    values: &dyn Matrix,
    unit: &str,
) -> Result<Figure> {
    Heatmap::new(title, rows, columns, values).unit(unit).draw()
}
