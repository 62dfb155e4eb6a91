//! The interactive chart of a map in three dimensions: two sliders turn it, nearer points are larger and darker.
//!
//! The places on the page are computed in the chart from the angles, so that turning needs no new data.

use super::axes::Axis;
use super::colors::GREY;
use super::map_chart::{FOUND, cell, complete, csv, found, points as layer, rounded, texts};
use super::map_labels::Label;
use super::map_points::{Checked, radius};
use super::vega;
use serde_json::{Value, json};

/// The side of the chart.
const SIDE: f64 = 520.0;
/// The angles to begin with, in degrees.
const TURNED: (f64, f64) = (30.0, 20.0);

/// The specification; `points` are centred, and `reach` is the distance of the farthest from the middle.
pub(super) fn chart(
    checked: &Checked,
    description: &str,
    titles: &[String; 3],
    points: &[[f64; 3]],
    reach: f64,
    labels: &[Label],
) -> Value {
    let column = |axis: usize| rounded(&points.iter().map(|point| point[axis]).collect::<Vec<_>>());
    let columns = [("x", column(0)), ("y", column(1)), ("q", column(2))];
    let radius = radius(points.len());
    let area = (2.0 * radius).powi(2);
    let mut dots = layer(checked, radius, points.len());
    if let Some(params) = dots["params"].as_array_mut() {
        params.push(json!({"name": "zoom", "select": "interval", "bind": "scales"}));
    }
    let depth = |range: [f64; 2]| {
        json!({"field": "d", "type": "quantitative", "legend": null,
               "scale": {"domain": [-reach, reach], "range": range, "clamp": true, "zero": false}})
    };
    let faded = json!({"test": {"not": dots["encoding"]["opacity"]["condition"]["test"]}, "value": 0.04});
    let mut opacity = depth(if checked.outlined() { [0.6, 1.0] } else { [0.3, 0.95] });
    opacity["condition"] = faded;
    let mut size = depth([0.45 * area, 1.7 * area]);
    size["condition"] = dots["encoding"]["size"]["condition"].clone();
    dots["encoding"]["opacity"] = opacity;
    dots["encoding"]["size"] = size;
    dots["encoding"]["order"] = json!({"field": "d", "type": "quantitative"});

    let side = 1.06 * reach;
    let axis = Axis { title: String::new(), low: -side, high: side, log: false, whole: false };
    let beside = json!({"dx": radius + 4.0, "dy": 4, "align": "left"});
    let named = (!labels.is_empty())
        .then(|| texts(checked, &[json!({"filter": "trim(search) == '' && isValid(datum.z)"})], beside.clone(), false));
    let found = texts(
        checked,
        &[
            json!({"filter": format!("trim(search) != '' && {}", found())}),
            json!({"calculate": cell("p", &axis, FOUND.0), "as": "a"}),
            json!({"calculate": cell("r", &axis, FOUND.1), "as": "b"}),
            json!({"window": [{"op": "row_number", "as": "n"}], "groupby": ["a", "b"],
                   "sort": [{"field": "d", "order": "descending"}]}),
            json!({"filter": "datum.n == 1"}),
        ],
        beside,
        true,
    );
    let mut layers = arrows(titles, reach).to_vec();
    layers.push(dots);
    layers.extend(named.into_iter().flatten());
    layers.extend(found);
    let channel = |field: &str| {
        json!({"field": field, "type": "quantitative", "axis": null,
               "scale": {"domain": [-side, side], "nice": false, "zero": false}})
    };
    for layer in &mut layers {
        layer["encoding"]["x"] = channel("p");
        layer["encoding"]["y"] = channel("r");
    }
    let mut chart = vega::chart(&checked.title, description, (SIDE, SIDE), layers);
    let slider = |name: &str, value: f64, range: (f64, f64), title: &str| {
        json!({"name": name, "value": value,
               "bind": {"input": "range", "min": range.0, "max": range.1, "step": 1, "name": title}})
    };
    let angle = |name: &str, of: &str| json!({"name": name, "expr": format!("{of} * PI / 180")});
    chart["params"] = json!([
        slider("azimuth", TURNED.0, (0.0, 360.0), "Turn (°) "),
        slider("elevation", TURNED.1, (-90.0, 90.0), "Tilt (°) "),
        angle("az", "azimuth"),
        angle("el", "elevation"),
    ]);
    let hint = "the sliders turn and tilt the map, the wheel enlarges it, a double click goes back";
    complete(&mut chart, checked, &csv(checked, &columns, labels), 3, hint);
    if let Some(transform) = chart["transform"].as_array_mut() {
        transform.extend(turned());
    }
    chart
}

/// From the coordinates x, y, q to the place on the page (p, r) and the nearness d.
fn turned() -> [Value; 4] {
    let calculate = |expression: &str, name: &str| json!({"calculate": expression, "as": name});
    [
        calculate("datum.x * cos(az) - datum.y * sin(az)", "p"),
        calculate("datum.x * sin(az) + datum.y * cos(az)", "w"),
        calculate("datum.q * cos(el) + datum.w * sin(el)", "r"),
        calculate("datum.q * sin(el) - datum.w * cos(el)", "d"),
    ]
}

/// The three axes through the middle, with their names.
fn arrows(titles: &[String; 3], reach: f64) -> [Value; 2] {
    let end = |axis: usize, sign: f64| {
        let at = [0, 1, 2].map(|other| if other == axis { sign * reach } else { 0.0 });
        json!({"x": at[0], "y": at[1], "q": at[2], "t": titles[axis], "k": axis, "e": sign})
    };
    let ends: Vec<Value> = (0..3).flat_map(|axis| [end(axis, -1.0), end(axis, 1.0)]).collect();
    let mut names = turned().to_vec();
    names.push(json!({"filter": "datum.e > 0"}));
    [
        json!({"data": {"values": ends}, "transform": turned(), "encoding": {"detail": {"field": "k"}},
               "mark": {"type": "line", "color": "#b0b0b0", "strokeWidth": 1, "clip": true, "tooltip": null}}),
        json!({"data": {"values": ends}, "transform": names,
               "encoding": {"text": {"field": "t", "type": "nominal"}},
               "mark": {"type": "text", "color": GREY.hex(), "fontSize": 11, "limit": 150, "dy": -6, "clip": true,
                        "tooltip": null}}),
    ]
}
