//! Groups of neighbouring rows and columns of a heat map: thin lines between them, their names at the left and on top.
//!
//! Rows have to be sorted by group already; it sorts nothing.

use super::axes::axis_look;
use super::canvas::{Align, Canvas, wrap};
use super::colors::INK;
use ground::{Result, bail};
use serde_json::{Value, json};

/// The height of a group's name.
pub(super) const LINE: f64 = 20.0;
/// How far the lines reach beyond the cells.
const BEYOND: f64 = 6.0;

/// Neighbouring rows with one name: from the first to before the last.
#[derive(Debug)]
pub(super) struct Group {
    name: String,
    from: usize,
    to: usize,
}

/// The groups of rows that are sorted by them.
pub(super) fn groups(plot: &str, of: &[String]) -> Result<Vec<Group>> {
    let mut groups: Vec<Group> = Vec::new();
    for (at, name) in of.iter().enumerate() {
        if groups.last().is_some_and(|last| last.name == *name) {
            if let Some(last) = groups.last_mut() {
                last.to = at + 1;
            }
        } else if groups.iter().any(|group| group.name == *name) {
            bail!("{plot}: the group “{name}” begins a second time at row {at}; sort rows and columns by group");
        } else {
            groups.push(Group { name: name.clone(), from: at, to: at + 1 });
        }
    }
    Ok(groups)
}

/// The mean within and between the groups of a matrix whose rows and columns have the same ones, without its diagonal.
pub(super) fn means(groups: &[Group], values: &[Vec<f64>]) -> Option<(f64, f64)> {
    let of = |at: usize| groups.iter().position(|group| (group.from..group.to).contains(&at));
    let of: Vec<Option<usize>> = (0..values.len()).map(of).collect();
    let (mut sums, mut counts) = ([0.0; 2], [0usize; 2]);
    for (row, numbers) in values.iter().enumerate() {
        for (column, value) in numbers.iter().enumerate().filter(|(column, _)| *column != row) {
            let kind = usize::from(of[row] != of[column]);
            sums[kind] += value;
            counts[kind] += 1;
        }
    }
    (counts[0] > 0 && counts[1] > 0).then(|| (sums[0] / counts[0] as f64, sums[1] / counts[1] as f64))
}

/// Where the cells are: left, top, the size of a cell, the size of all.
pub(super) struct Place {
    pub(super) corner: (f64, f64),
    pub(super) cell: (f64, f64),
    pub(super) size: (f64, f64),
    /// The baseline of the names of groups of rows, which run upwards.
    pub(super) x: f64,
    /// Whether the columns have the same groups.
    pub(super) square: bool,
}

impl Place {
    /// A name as it fits along a group; none where not even a few letters fit.
    fn fit(group: &Group, cell: f64) -> String {
        let room = (group.to - group.from) as f64 * cell - 4.0;
        if room < 24.0 { String::new() } else { wrap(&group.name, room, axis_look(), 1).remove(0) }
    }

    fn middle(group: &Group, cell: f64) -> f64 {
        (group.from + group.to) as f64 / 2.0 * cell
    }
}

/// Draws the lines and the names.
pub(super) fn draw(canvas: &mut Canvas, groups: &[Group], place: &Place) {
    let ((left, top), (w, h), (width, height)) = (place.corner, place.cell, place.size);
    for (at, group) in groups.iter().enumerate() {
        canvas.text_upwards((place.x, top + Place::middle(group, h)), axis_look(), &Place::fit(group, h));
        if at > 0 {
            let y = top + group.from as f64 * h;
            canvas.line(&[(left - BEYOND, y), (left + width, y)], 0.75, INK);
        }
        if place.square {
            let x = left + Place::middle(group, w);
            canvas.text((x, top - BEYOND - 2.0), Align::Center, axis_look(), &Place::fit(group, w));
            if at > 0 {
                let x = left + group.from as f64 * w;
                canvas.line(&[(x, top - BEYOND), (x, top + height)], 0.75, INK);
            }
        }
    }
}

/// The same as layers of the interactive chart, whose channels are `x` and `y`; names stand in page pixels from the top
/// left cell.
pub(super) fn layers(groups: &[Group], place: &Place, (x, y): (&Value, &Value)) -> Vec<Value> {
    let (w, h) = place.cell;
    let left = place.x - place.corner.0;
    let mut names = Vec::new();
    for group in groups {
        names.push(json!({"x": left, "y": Place::middle(group, h), "t": Place::fit(group, h), "a": -90}));
        if place.square {
            names.push(json!({"x": Place::middle(group, w), "y": -BEYOND - 2.0, "t": Place::fit(group, w), "a": 0}));
        }
    }
    let starts: Vec<Value> =
        groups.iter().skip(1).map(|group| json!({"row": group.from, "column": group.from})).collect();
    let line = |name: &str, channel: &Value| {
        let mut channel = channel.clone();
        channel["bandPosition"] = json!(0);
        json!({"data": {"values": starts}, "encoding": {name: channel},
               "mark": {"type": "rule", "color": INK.hex(), "strokeWidth": 1.2, "tooltip": null}})
    };
    let at = |field: &str| json!({"expr": format!("datum.{field}")});
    let name = json!({"type": "text", "x": at("x"), "y": at("y"), "angle": at("a"), "baseline": "alphabetic",
                      "align": "center", "fontSize": axis_look().size, "color": INK.hex(), "tooltip": null});
    let names =
        json!({"data": {"values": names}, "mark": name, "encoding": {"text": {"field": "t", "type": "nominal"}}});
    match place.square {
        true => vec![line("y", y), line("x", x), names],
        false => vec![line("y", y), names],
    }
}
