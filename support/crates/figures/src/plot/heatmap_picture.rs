//! How a heat map is laid out and drawn: cells, names, the colour scale.
//!
//! Sizes follow the number of rows and columns, so that the figure is as wide as all others. What does not fit is cut or
//! left out here and shown on hovering.

use super::axes::{Axis, axis_look, tick_look};
use super::canvas::{Align, Canvas, Look, WIDTH, draw_title, text_width, title_height, title_lines, wrap};
use super::colors::{GREY, GRID, INK};
use super::heatmap_grid::{Grid, Scale};
use super::heatmap_groups as groups;
use ground::Result;

/// Room for the names of rows, and for names of columns that run upwards.
const NAMES: f64 = 190.0;
/// A name needs so many page pixels of height.
const LINE: f64 = 13.0;
/// Names can be written a little smaller down to this height.
const SMALL: f64 = 9.5;
/// The widest cell, and the height of all rows together at most.
const WIDEST: f64 = 140.0;
const HIGHEST: f64 = 580.0;
/// The colour scale: its width, and its least height.
const BAR: (f64, f64) = (14.0, 110.0);
/// Its steps, an odd number: the middle one is zero on the diverging scale.
const STEPS: usize = 41;

/// Where everything is, in page pixels.
pub(super) struct Layout {
    pub(super) left: f64,
    pub(super) top: f64,
    /// The baseline of the names of groups.
    pub(super) groups: f64,
    /// How many columns and rows there are.
    pub(super) shape: (usize, usize),
    /// Width and height of a cell.
    pub(super) cell: (f64, f64),
    /// How many lines of their texts the cells are large enough for.
    pub(super) lines: usize,
    /// Whether the names of the columns run upwards.
    pub(super) upwards: bool,
    /// The height that they take.
    pub(super) names: f64,
    /// Every so many rows and columns have a name.
    pub(super) every: (usize, usize),
    /// How the names of rows and columns look.
    pub(super) looks: (Look, Look),
    pub(super) row_names: Vec<String>,
    /// In one or two lines.
    pub(super) column_names: Vec<Vec<String>>,
    pub(super) bar: f64,
}

impl Layout {
    pub(super) fn new(grid: &Grid) -> Layout {
        let lines = if grid.bare { 1 } else { grid.texts.iter().flatten().map(Vec::len).max().unwrap_or(1) };
        let height = (10.0 + 14.0 * lines as f64).min((HIGHEST / grid.rows.len() as f64).max(if grid.unnamed {
            0.5
        } else {
            3.0
        }));
        let row_look = name_look(height);
        let cut = |name: &String| wrap(name, NAMES, axis_look(), 1).remove(0);
        let widest = |names: &[String], look: Look| names.iter().map(|name| text_width(name, look)).fold(0.0, f64::max);
        let row_names: Vec<String> = if grid.unnamed { Vec::new() } else { grid.rows.iter().map(cut).collect() };
        let bar = (height * grid.rows.len() as f64).clamp(BAR.1, 220.0);
        let title = if grid.y_title.is_empty() { 0.0 } else { 22.0 };
        let square = grid.rows.len() == grid.columns.len();
        let (beside, above) = match (grid.groups.is_empty(), square) {
            (true, _) => (0.0, 0.0),
            (false, square) => (groups::LINE, if square { groups::LINE } else { 0.0 }),
        };
        let left = 18.0 + widest(&row_names, row_look) + title + beside;
        let right = 20.0 + scale_width(&grid.scale, bar);
        let width = ((WIDTH - left - right) / grid.columns.len() as f64).min(WIDEST);
        // Names of columns: on two lines if no word is broken, else upwards.
        let room = (width - 6.0).max(1.0);
        let whole = |name: &String| name.split(' ').all(|word| text_width(word, axis_look()) <= room);
        let level = |name: &String| wrap(name, room, axis_look(), 3);
        let upwards = !grid.unnamed && !grid.columns.iter().all(|name| whole(name) && level(name).len() <= 2);
        let names = |name: &String| if upwards { vec![cut(name)] } else { level(name) };
        let column_names: Vec<Vec<String>> =
            if grid.unnamed { Vec::new() } else { grid.columns.iter().map(names).collect() };
        let column_look = if upwards { name_look(width) } else { axis_look() };
        let longest = column_names.iter().map(Vec::len).max().unwrap_or(1) as f64;
        let fits = |line: &String| text_width(line, cell_look()) <= width - 4.0;
        let cells = || grid.texts.iter().flatten();
        let lines = match lines {
            _ if grid.bare => 0,
            n if height >= 12.0 * n as f64 + 2.0 && (cells().flatten().all(fits) || (grid.cut && width >= 26.0)) => n,
            _ if height >= 14.0 && cells().all(|lines| lines.first().is_none_or(fits)) => 1,
            _ => 0,
        };
        Layout {
            left,
            top: title_height(&title_lines(&grid.title)) + 10.0 + above,
            groups: 18.0 + title,
            shape: (grid.columns.len(), grid.rows.len()),
            cell: (width, height),
            lines,
            upwards,
            names: if upwards { widest(&column_names.concat(), column_look) + 12.0 } else { 6.0 + 14.0 * longest },
            every: (every(height, row_look), if upwards { every(width, column_look) } else { 1 }),
            looks: (row_look, column_look),
            row_names,
            column_names,
            bar,
        }
    }

    pub(super) fn size(&self) -> (f64, f64) {
        (self.cell.0 * self.shape.0 as f64, self.cell.1 * self.shape.1 as f64)
    }

    pub(super) fn place(&self) -> groups::Place {
        groups::Place {
            corner: (self.left, self.top),
            cell: self.cell,
            size: self.size(),
            x: self.groups,
            square: self.shape.0 == self.shape.1,
        }
    }
}

/// Names of rows that are this far apart: a little smaller where all can be written then.
fn name_look(apart: f64) -> Look {
    if (SMALL..LINE).contains(&apart) { Look { size: apart * 0.92, ..axis_look() } } else { axis_look() }
}

/// Every so many names can be written.
fn every(apart: f64, look: Look) -> usize {
    (look.size * LINE / 12.0 / apart).ceil().max(1.0) as usize
}

pub(super) fn cell_look() -> Look {
    Look::new(10.5, INK)
}

pub(super) fn picture(grid: &Grid, layout: &Layout) -> Result<Vec<u8>> {
    let ((width, height), (left, top)) = (layout.size(), (layout.left, layout.top));
    let below = height + layout.names + if grid.x_title.is_empty() { 6.0 } else { 28.0 };
    let bottom = top + below.max(layout.bar + 16.0);
    let mut canvas = Canvas::new(bottom).with_all_colors();
    draw_title(&mut canvas, &title_lines(&grid.title));
    draw_cells(&mut canvas, grid, layout);
    groups::draw(&mut canvas, &grid.groups, &layout.place());
    for (row, name) in layout.row_names.iter().enumerate().step_by(layout.every.0) {
        let y = top + (row as f64 + 0.5) * layout.cell.1 + 4.0;
        canvas.text((left - 8.0, y), Align::Right, layout.looks.0, name);
    }
    for (column, name) in layout.column_names.iter().enumerate().step_by(layout.every.1) {
        let x = left + (column as f64 + 0.5) * layout.cell.0;
        for (at, line) in name.iter().enumerate() {
            if layout.upwards {
                let middle = top + height + 7.0 + text_width(line, layout.looks.1) / 2.0;
                canvas.text_upwards((x + 4.0, middle), layout.looks.1, line);
            } else {
                canvas.text((x, top + height + 16.0 + 14.0 * at as f64), Align::Center, axis_look(), line);
            }
        }
    }
    if !grid.x_title.is_empty() {
        let y = top + height + layout.names + 17.0;
        centered(&mut canvas, left + width / 2.0, y, &grid.x_title);
    }
    if !grid.y_title.is_empty() {
        upright(&mut canvas, (18.0, top + height / 2.0), bottom, &grid.y_title);
    }
    draw_scale(&mut canvas, &grid.scale, (left + width + 20.0, top), layout.bar, bottom);
    canvas.png()
}

/// A title that runs upwards, centred on `y` unless it would leave the picture, which ends at `bottom`.
fn upright(canvas: &mut Canvas, (x, y): (f64, f64), bottom: f64, title: &str) {
    let title = wrap(title, bottom - 12.0, axis_look(), 1).remove(0);
    let half = text_width(&title, axis_look()) / 2.0;
    canvas.text_upwards((x, y.clamp(half + 6.0, (bottom - half - 6.0).max(half + 6.0))), axis_look(), &title);
}

fn centered(canvas: &mut Canvas, x: f64, y: f64, text: &str) {
    let text = wrap(text, WIDTH - 20.0, axis_look(), 1).remove(0);
    let half = text_width(&text, axis_look()) / 2.0;
    canvas.text((x.clamp(half + 10.0, WIDTH - 10.0 - half), y), Align::Center, axis_look(), &text);
}

fn draw_cells(canvas: &mut Canvas, grid: &Grid, layout: &Layout) {
    let ((width, height), (w, h)) = (layout.size(), layout.cell);
    canvas.rect(layout.left - 0.5, layout.top - 0.5, width + 1.0, height + 1.0, GRID);
    let gap = if w.min(h) >= 8.0 { 0.5 } else { 0.0 };
    for (row, values) in grid.values.iter().enumerate() {
        for (column, &value) in values.iter().enumerate() {
            let (x, y) = (layout.left + column as f64 * w, layout.top + row as f64 * h);
            let color = grid.scale.color(value);
            canvas.rect(x, y, w - gap, h - gap, color);
            let lines = &grid.texts[row][column];
            let lines = &lines[..lines.len().min(layout.lines)];
            for (at, line) in lines.iter().enumerate() {
                let line = wrap(line, w - 4.0, cell_look(), 1).remove(0);
                let offset = 13.0 * (at as f64 - (lines.len().max(1) - 1) as f64 / 2.0);
                let look = Look { color: color.text(), ..cell_look() };
                canvas.text((x + w / 2.0, y + h / 2.0 + 4.0 + offset), Align::Center, look, &line);
            }
        }
    }
}

/// Draws a colour scale with its top left corner at a place, and what it says beside it.
pub(super) fn draw_scale(canvas: &mut Canvas, scale: &Scale, (x, top): (f64, f64), height: f64, bottom: f64) {
    let axis = &scale.axis;
    canvas.rect(x - 0.5, top - 0.5, BAR.0 + 1.0, height + 1.0, GREY);
    for step in 0..STEPS {
        let share = 1.0 - step as f64 / (STEPS - 1) as f64;
        let (y, next) = (step as f64 / STEPS as f64, (step + 1) as f64 / STEPS as f64);
        let color = scale.color(axis.low + share * (axis.high - axis.low));
        canvas.rect(x, top + y * height, BAR.0, (next - y) * height, color);
    }
    let ticks = axis.ticks(Axis::tick_count(height));
    let mut widest: f64 = 0.0;
    for (&tick, label) in ticks.iter().zip(&axis.tick_labels(&ticks)) {
        let y = top + (1.0 - axis.share(tick)) * height;
        canvas.line(&[(x + BAR.0, y), (x + BAR.0 + 3.0, y)], 0.5, GREY);
        canvas.text((x + BAR.0 + 6.0, y + 4.0), Align::Left, tick_look(), label);
        widest = widest.max(text_width(label, tick_look()));
    }
    upright(canvas, (x + BAR.0 + 6.0 + widest + 18.0, top + height / 2.0), bottom, &axis.title);
}

/// The page pixels that a colour scale `height` high takes from its left edge.
pub(super) fn scale_width(scale: &Scale, height: f64) -> f64 {
    let ticks = scale.axis.ticks(Axis::tick_count(height));
    let labels = scale.axis.tick_labels(&ticks);
    let widest = labels.iter().map(|label| text_width(label, tick_look())).fold(0.0, f64::max);
    BAR.0 + 6.0 + widest + 32.0
}
