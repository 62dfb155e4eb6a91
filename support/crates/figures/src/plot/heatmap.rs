//! A matrix as coloured cells: similarities, attention, a logit lens, the mistakes of a classifier.
//!
//! Numbers with a sign are coloured on the diverging scale, zero white, the others on the sequential one. Cells that are
//! large enough show their number or text; hovering shows all. The picture is in `heatmap_picture`. It does not sort or
//! cluster.

use super::axes::decimals;
use super::heatmap_chart::chart;
use super::heatmap_grid::{Grid, Scale};
use super::heatmap_groups::groups;
use super::heatmap_picture::{Layout, picture};
use crate::display::{Figure, one_line};
use candle_core::{DType, Tensor};
use ground::values::{finite, same_length};
use ground::{Labels, Numbers};
use ground::{Result, bail};

const NAME: &str = "plot::heatmap";
/// More rows or columns than this are not readable in one figure.
const MOST: usize = 200;
/// With more than this, a cell is smaller than a pixel of the picture.
const MOST_UNNAMED: usize = 1_000;
/// More cells than this get no interactive chart: a notebook would become too large.
const CELLS: usize = 5_000;

/// A matrix for a plot: `&Vec<Vec<f64>>` (row by row), `&[[0.1, 0.2], [0.3, 0.4]]`, a tensor of two dimensions.
pub trait Matrix {
    /// The rows.
    fn rows(&self) -> Result<Vec<Vec<f64>>>;
}

impl<T> Matrix for Vec<Vec<T>>
where
    Vec<T>: Numbers,
{
    fn rows(&self) -> Result<Vec<Vec<f64>>> {
        self.iter().map(|row| row.numbers()).collect()
    }
}

impl<const ROWS: usize, const COLUMNS: usize> Matrix for [[f64; COLUMNS]; ROWS] {
    fn rows(&self) -> Result<Vec<Vec<f64>>> {
        Ok(self.iter().map(|row| row.to_vec()).collect())
    }
}

impl Matrix for Tensor {
    fn rows(&self) -> Result<Vec<Vec<f64>>> {
        if self.rank() != 2 {
            bail!("{NAME}: the tensor has the shape {:?}; give one of two dimensions (rows, columns)", self.dims());
        }
        Ok(self.to_dtype(DType::F64)?.to_vec2()?)
    }
}

/// A heat map: a name per row and column, and a number per cell. [`draw`](Self::draw) makes the figure.
#[derive(Clone, Debug)]
pub struct Heatmap {
    title: String,
    rows: Result<Vec<String>>,
    columns: Result<Vec<String>>,
    values: Result<Vec<Vec<f64>>>,
    x_title: String,
    y_title: String,
    unit: String,
    signed: bool,
    range: Option<(f64, f64)>,
    texts: Option<Vec<Vec<String>>>,
    cut: bool,
    bare: bool,
    groups: Option<Result<Vec<String>>>,
    unnamed: bool,
}

impl Heatmap {
    /// One cell per row and column.
    pub fn new(title: &str, rows: &dyn Labels, columns: &dyn Labels, values: &dyn Matrix) -> Self {
        Heatmap {
            title: one_line(title),
            rows: rows.labels(),
            columns: columns.labels(),
            values: values.rows(),
            x_title: String::new(),
            y_title: String::new(),
            unit: "value".to_owned(),
            signed: false,
            range: None,
            texts: None,
            cut: false,
            bare: false,
            groups: None,
            unnamed: false,
        }
    }

    /// What the columns are: `"key token"`.
    pub fn x(mut self, title: &str) -> Self {
        self.x_title = one_line(title);
        self
    }

    /// What the rows are: `"query token"`.
    pub fn y(mut self, title: &str) -> Self {
        self.y_title = one_line(title);
        self
    }

    /// What the numbers are, with their unit: `"cosine similarity"`.
    pub fn unit(mut self, unit: &str) -> Self {
        self.unit = one_line(unit);
        self
    }

    /// The diverging scale, even when no number is below zero.
    pub fn signed(mut self) -> Self {
        self.signed = true;
        self
    }

    /// The ends of the colour scale, for figures that are to be compared: 0 and 1 for probabilities. Numbers beyond them
    /// get the end's colour. The diverging scale takes the larger distance from zero on both sides.
    pub fn range(mut self, low: f64, high: f64) -> Self {
        self.range = Some((low, high));
        self
    }

    /// A text per cell in place of its number, cut where it does not fit; a line break starts a second line.
    pub fn texts(mut self, texts: &[Vec<String>]) -> Self {
        self.texts = Some(texts.to_vec());
        self.cut = true;
        self
    }

    /// Texts that are not cut: where their lines do not fit, only the first is written, or nothing.
    pub fn uncut(mut self) -> Self {
        self.cut = false;
        self
    }

    /// Only colours, also where numbers would fit.
    pub fn bare(mut self) -> Self {
        self.bare = true;
        self
    }

    /// A group per row, by which the rows are sorted: thin lines between the groups, their names at the left. If there are
    /// as many columns as rows, the columns have the same groups.
    pub fn groups(mut self, groups: &dyn Labels) -> Self {
        self.groups = Some(groups.labels());
        self
    }

    /// Leaves out the names of rows and columns: only hovering and the text line tell them. Such a figure holds up to
    /// 1,000 rows and columns.
    pub fn unnamed(mut self) -> Self {
        self.unnamed = true;
        self
    }

    /// The figure: interactive, with a picture and a text line. Of more than 5,000 cells there is only the picture.
    ///
    /// Errors: no cells, more than 200 rows or columns with names, groups that are not sorted, rows of unequal length, names or texts that do not match the
    /// cells in number, numbers that are not finite, a range that ends before it begins.
    pub fn draw(&self) -> Result<Figure> {
        let grid = self.grid()?;
        let description = grid.description();
        figure(&grid, description)
    }

    /// The figure with a description of its own.
    pub fn described(&self, description: String) -> Result<Figure> {
        figure(&self.grid()?, description)
    }

    fn grid(&self) -> Result<Grid> {
        let (rows, columns, values) = (self.rows.clone()?, self.columns.clone()?, self.values.clone()?);
        same_length(NAME, ("names of rows", rows.len()), ("rows of numbers", values.len()))?;
        if let Some(at) = values.iter().position(|row| row.len() != columns.len()) {
            bail!("{NAME}: row {at} has {} numbers, but there are {} columns", values[at].len(), columns.len());
        }
        let all = values.concat();
        finite(NAME, "the cells", &all)?;
        let most = if self.unnamed { MOST_UNNAMED } else { MOST };
        if rows.len().max(columns.len()) > most {
            let advice = if self.unnamed { "" } else { ", or leave out their names with .unnamed()" };
            bail!(
                "{NAME}: {} rows and {} columns cannot be read; show at most {most}{advice}",
                rows.len(),
                columns.len()
            );
        }
        let groups = match self.groups.clone().transpose()? {
            None => Vec::new(),
            Some(of) => {
                same_length(NAME, ("rows", rows.len()), ("groups", of.len()))?;
                groups(NAME, &of.iter().map(|name| one_line(name)).collect::<Vec<_>>())?
            }
        };
        if let Some(texts) = &self.texts
            && (texts.len() != rows.len() || texts.iter().any(|row| row.len() != columns.len()))
        {
            bail!("{NAME}: give a text for each of the {} rows and {} columns", rows.len(), columns.len());
        }
        let places = if all.iter().any(|value| value.abs() >= 0.1) { decimals(&all).min(2) } else { decimals(&all) };
        let number = |value: &f64| format!("{:.places$}", value + 0.0).replace('-', "−");
        let texts = match &self.texts {
            Some(texts) => texts.clone(),
            None => values.iter().map(|row| row.iter().map(number).collect()).collect(),
        };
        let lines = |text: &String| text.split('\n').map(one_line).collect::<Vec<_>>();
        Ok(Grid {
            title: self.title.clone(),
            x_title: self.x_title.clone(),
            y_title: self.y_title.clone(),
            rows: rows.iter().map(|name| one_line(name)).collect(),
            columns: columns.iter().map(|name| one_line(name)).collect(),
            scale: Scale::over(NAME, &self.unit, &all, self.signed, self.range)?,
            texts: texts.iter().map(|row| row.iter().map(lines).collect()).collect(),
            cut: self.cut,
            named: self.texts.is_some(),
            bare: self.bare,
            groups,
            unnamed: self.unnamed,
            values,
        })
    }
}

/// The figure of a grid that has been checked.
fn figure(grid: &Grid, description: String) -> Result<Figure> {
    let layout = Layout::new(grid);
    let figure = Figure::new(&grid.title, description.clone()).with_png(picture(grid, &layout)?);
    let cells = grid.rows.len() * grid.columns.len();
    Ok(if cells > CELLS { figure } else { figure.with_vega(chart(grid, &layout, &description)) })
}
