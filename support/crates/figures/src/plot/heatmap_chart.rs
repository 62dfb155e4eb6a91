//! The interactive chart of a heat map, in the layout of its picture.
//!
//! Cells without texts travel as one text of comma-separated values, which is small in a saved notebook.

use super::axes::axis_look;
use super::canvas::{Look, wrap};
use super::colors::{GRID, INK};
use super::heatmap_grid::Grid;
use super::heatmap_groups as groups;
use super::heatmap_picture::{Layout, cell_look};
use super::vega;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The cells as objects, with their texts.
fn cells(grid: &Grid, layout: &Layout) -> Value {
    let mut cells = Vec::new();
    for (row, values) in grid.values.iter().enumerate() {
        for (column, &value) in values.iter().enumerate() {
            let lines = &grid.texts[row][column];
            let (of, ink) = ((&grid.rows[row], &grid.columns[column]), grid.scale.color(value).text());
            let mut cell = json!({"row": row, "column": column, "of": of.0, "by": of.1, "value": value});
            if layout.lines > 0 {
                cell["text"] = json!(lines[..lines.len().min(layout.lines)].join("\n"));
                cell["ink"] = json!(ink.hex());
            }
            if grid.named {
                cell["whole"] = json!(lines.join(" · "));
            }
            cells.push(cell);
        }
    }
    json!({"values": cells})
}

/// Thousands of cells without texts as one text of comma-separated values, which is small in a saved notebook.
fn compact(grid: &Grid) -> Value {
    let mut csv = String::from("row,column,value");
    for (row, values) in grid.values.iter().enumerate() {
        for (column, value) in values.iter().enumerate() {
            let short: f64 = format!("{value:.4e}").parse().unwrap_or(*value);
            let _ = write!(csv, "\n{row},{column},{short}");
        }
    }
    let parse = json!({"row": "number", "column": "number", "value": "number"});
    json!({"values": csv, "format": {"type": "csv", "parse": parse}})
}

/// The specification.
pub(super) fn chart(grid: &Grid, layout: &Layout, description: &str) -> Value {
    let plain = layout.lines == 0 && !grid.named;
    let data = if plain { compact(grid) } else { cells(grid, layout) };
    // Two parts of a tooltip with one name would be one.
    let part = |title: &str, of: &str| match title {
        "" => of.to_owned(),
        _ if grid.x_title == grid.y_title => format!("{title} ({of})"),
        _ => title.to_owned(),
    };
    let channel = |field: &str, names: Value, title: &str, every: usize, angle: f64, look: Look| {
        let labels = names.to_string();
        let shown: Vec<usize> = (0..names.as_array().map_or(0, Vec::len)).step_by(every).collect();
        json!({"field": field, "type": "ordinal", "title": if title.is_empty() { Value::Null } else { json!(title) },
            "scale": {"paddingInner": 0, "paddingOuter": 0},
            "axis": {"labelExpr": format!("{labels}[datum.value]"), "values": shown, "labelLimit": 0, "ticks": false,
                     "domain": false, "grid": false, "labelFontSize": look.size, "labelColor": INK.hex(), "labelAngle": angle,
                     "labelOverlap": false}})
    };
    let unnamed = |mut channel: Value| {
        if grid.unnamed {
            channel["axis"]["labels"] = json!(false);
        }
        channel
    };
    let angle = if layout.upwards { -90.0 } else { 0.0 };
    let x =
        unnamed(channel("column", json!(layout.column_names), &grid.x_title, layout.every.1, angle, layout.looks.1));
    let y = unnamed(channel("row", json!(layout.row_names), &grid.y_title, layout.every.0, 0.0, layout.looks.0));
    let mut y = y;
    if !grid.groups.is_empty() {
        y["axis"]["titlePadding"] = json!(10.0 + groups::LINE);
    }
    let axis = &grid.scale.axis;
    let stops = grid.scale.stops();
    let color = json!({"field": "value", "type": "quantitative",
        "scale": {"domain": stops, "range": stops.map(|stop| grid.scale.color(stop).hex()), "interpolate": "rgb",
                  "clamp": true},
        "legend": {"title": wrap(&axis.title, 100.0, axis_look(), 3), "gradientLength": layout.bar, "titleFontWeight": "normal", "titleLimit": 200}});
    let mut tips = vec![
        vega::tip("of", &part(&grid.y_title, "row"), false),
        vega::tip("by", &part(&grid.x_title, "column"), false),
        vega::tip("value", &axis.title, true),
    ];
    if grid.named {
        tips.push(vega::tip("whole", "text", false));
    }
    let mark =
        json!({"type": "rect", "stroke": GRID.hex(), "strokeWidth": if layout.cell.0 >= 8.0 { 0.5 } else { 0.0 }});
    let mut layers = vec![json!({"mark": mark, "encoding": {"x": x, "y": y, "color": color, "tooltip": tips}})];
    if layout.lines > 0 {
        layers.push(json!({
            "mark": {"type": "text", "fontSize": cell_look().size, "lineBreak": "\n", "baseline": "middle",
                     "limit": layout.cell.0 - 4.0, "fill": {"expr": "datum.ink"},
                     "dy": {"expr": "-6.5 * (split(datum.text, '\\n').length - 1)"}},
            "encoding": {"x": x, "y": y, "text": {"field": "text"}, "tooltip": tips}}));
    }
    if !grid.groups.is_empty() {
        layers.extend(groups::layers(&grid.groups, &layout.place(), (&x, &y)));
    }
    let mut chart = vega::chart(&grid.title, description, layout.size(), layers);
    chart["data"] = data;
    if plain {
        let name = |names: &[String], at: &str, to: &str| json!({"calculate": format!("{}[datum.{at}]", json!(names)), "as": to});
        chart["layer"][0]["transform"] = json!([name(&grid.rows, "row", "of"), name(&grid.columns, "column", "by")]);
    }
    chart
}
