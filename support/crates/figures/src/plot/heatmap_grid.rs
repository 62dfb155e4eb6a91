//! What a heat map shows once it is checked: names, numbers, texts, and the colour of each number.

use super::axes::{Axis, plain_number};
use super::colors::{Rgb, diverging, sequential};
use super::heatmap_groups::{Group, means};
use ground::{Result, bail};

/// A colour for each number.
pub(super) struct Scale {
    /// The ends, and what the numbers are.
    pub(super) axis: Axis,
    signed: bool,
}

impl Scale {
    /// A scale for these numbers: the diverging one if it is asked for or a number is below zero.
    pub(super) fn over(
        plot: &str,
        unit: &str,
        values: &[f64],
        signed: bool,
        range: Option<(f64, f64)>,
    ) -> Result<Scale> {
        let (mut low, mut high) = (values.iter().copied().fold(f64::INFINITY, f64::min), f64::NEG_INFINITY);
        high = values.iter().copied().fold(high, f64::max);
        let signed = signed || low < 0.0;
        if let Some((from, to)) = range {
            if !(from < to && from.is_finite() && to.is_finite()) {
                bail!("{plot}: the range {from} to {to} is empty; give the lower end first");
            }
            (low, high) = (from, to);
        }
        if signed {
            high = low.abs().max(high.abs());
            low = -high;
        } else if range.is_none() && low < 0.3 * high {
            low = 0.0; // near zero, begin at zero
        }
        if low == high {
            (low, high) = if signed { (-1.0, 1.0) } else { (low, low + 1.0) };
        }
        Ok(Scale { axis: Axis { title: unit.to_owned(), low, high, log: false, whole: false }, signed })
    }

    /// Five numbers from end to end, for the colours of an interactive chart.
    pub(super) fn stops(&self) -> [f64; 5] {
        [0.0, 0.25, 0.5, 0.75, 1.0].map(|share| self.axis.low + share * (self.axis.high - self.axis.low))
    }

    pub(super) fn color(&self, value: f64) -> Rgb {
        if self.signed { diverging(value, self.axis.high) } else { sequential(self.axis.share(value)) }
    }
}

/// Everything that is checked and ready to be drawn.
pub(super) struct Grid {
    pub(super) title: String,
    pub(super) x_title: String,
    pub(super) y_title: String,
    pub(super) rows: Vec<String>,
    pub(super) columns: Vec<String>,
    pub(super) values: Vec<Vec<f64>>,
    /// The lines of each cell's text.
    pub(super) texts: Vec<Vec<Vec<String>>>,
    /// Whether texts may be cut: numbers may not.
    pub(super) cut: bool,
    /// Whether the texts are more than the numbers.
    pub(super) named: bool,
    pub(super) bare: bool,
    pub(super) groups: Vec<Group>,
    pub(super) unnamed: bool,
    pub(super) scale: Scale,
}

impl Grid {
    pub(super) fn description(&self) -> String {
        let cells = || (0..self.rows.len()).flat_map(|row| (0..self.columns.len()).map(move |column| (row, column)));
        let value = |&(row, column): &(usize, usize)| self.values[row][column];
        let of = |cell: Option<(usize, usize)>| {
            cell.map_or(String::new(), |(row, column)| {
                let number = plain_number(self.values[row][column]).replace('−', "-");
                format!("{number} at ({}, {})", self.rows[row], self.columns[column])
            })
        };
        // Of equal cells the first, both times.
        let high = cells().min_by(|a, b| value(b).total_cmp(&value(a)));
        let low = cells().min_by(|a, b| value(a).total_cmp(&value(b)));
        let title = if self.title.is_empty() { String::new() } else { format!("{}; ", self.title) };
        let (rows, columns) = (self.rows.len(), self.columns.len());
        let unit = &self.scale.axis.title;
        let means = if rows == columns { means(&self.groups, &self.values) } else { None };
        let number = |x: f64| plain_number(x).replace('−', "-");
        let groups = means.map_or(String::new(), |(within, between)| {
            let (count, within, between) = (self.groups.len(), number(within), number(between));
            format!("; {count} groups, mean within them {within}, between them {between}, without the diagonal")
        });
        let ends = format!("highest {}, lowest {}", of(high), of(low));
        format!("Heat map: {title}{unit}, {rows} rows, {columns} columns; {ends}{groups}.")
    }
}
