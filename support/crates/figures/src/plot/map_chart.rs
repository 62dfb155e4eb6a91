//! The interactive chart of a map: vega-lite with a search box, a legend to click, labels that come with zooming in.
//!
//! The points travel as one text of comma-separated values: small, and one line in a saved notebook. What is typed is
//! compared with their texts and never evaluated.

use super::axes::{Axis, Frame};
use super::canvas::{Marker, WIDTH, wrap};
use super::colors::{INK, WHITE};
use super::lines::color_channel;
use super::map_labels::{Label, look, sides};
use super::map_points::{Checked, Coloring, OUTLINE, colors, extent, marker, mixed, opacity};
use super::vega;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// So many words of a search are looked for.
const WORDS: usize = 6;
/// Of the points that were found, one in each cell of such a grid on what is in sight has its label written.
pub(super) const FOUND: (usize, usize) = (6, 18);

/// The specification of a map in two dimensions.
pub(super) fn chart(
    checked: &Checked,
    description: &str,
    frame: &Frame,
    (x, y): (&[f64], &[f64]),
    labels: &[Label],
    radius: f64,
) -> Value {
    let columns = [("x", rounded(x)), ("y", rounded(y))];
    let (sides, channels) = (sides(radius), [channel("x", &frame.x), channel("y", &frame.y)]);
    let mut points = points(checked, radius, x.len());
    if let Some(params) = points["params"].as_array_mut() {
        params.push(json!({"name": "zoom", "select": "interval", "bind": "scales"}));
    }
    let place = |of: fn(&(f64, f64, f64)) -> Value| Value::from(sides.iter().map(of).collect::<Vec<_>>()).to_string();
    let dx = format!("{}[datum.s]", place(|side| json!(side.0)));
    let dy = format!("{}[datum.s]", place(|side| json!(side.1)));
    let align = format!(
        "{}[datum.s]",
        place(|side| json!(if side.2 == 0.0 {
            "left"
        } else if side.2 == 1.0 {
            "right"
        } else {
            "center"
        }))
    );
    // How far the map is enlarged, and whether a point is in sight.
    let full = frame.x.high - frame.x.low;
    let shown =
        format!("isValid(datum.z) && pow(2, datum.z) * (zoom.x ? zoom.x[1] - zoom.x[0] : {full}) <= {full} * 1.02");
    let sight = "(!zoom.x || inrange(datum.x, zoom.x)) && (!zoom.y || inrange(datum.y, zoom.y))";
    let named = texts(
        checked,
        &[json!({"filter": format!("trim(search) == '' && {shown} && {sight}")})],
        json!({"dx": {"expr": dx}, "dy": {"expr": dy}, "align": {"expr": align}}),
        false,
    );
    let found = texts(
        checked,
        &[
            json!({"filter": format!("trim(search) != '' && {} && {sight}", found())}),
            json!({"calculate": cell("x", &frame.x, FOUND.0), "as": "a"}),
            json!({"calculate": cell("y", &frame.y, FOUND.1), "as": "b"}),
            json!({"window": [{"op": "row_number", "as": "n"}], "groupby": ["a", "b"]}),
            json!({"filter": "datum.n == 1"}),
        ],
        json!({"dx": radius + 4.0, "dy": 4, "align": "left"}),
        true,
    );
    let mut layers = vec![points];
    layers.extend(named);
    layers.extend(found);
    for layer in &mut layers {
        layer["encoding"]["x"] = channels[0].clone();
        layer["encoding"]["y"] = channels[1].clone();
    }
    let mut chart = vega::chart(&checked.title, description, (frame.width, frame.height), layers);
    complete(
        &mut chart,
        checked,
        &csv(checked, &columns, labels),
        columns.len(),
        "drag and wheel move and enlarge, a double click goes back",
    );
    chart
}

/// The cell of a point along an axis, counted on what is in sight.
pub(super) fn cell(field: &str, axis: &Axis, cells: usize) -> String {
    let (low, high) = (axis.low, axis.high);
    format!(
        "floor({cells} * (datum.{field} - (zoom.{field} ? zoom.{field}[0] : {low})) / \
         (zoom.{field} ? zoom.{field}[1] - zoom.{field}[0] : {}))",
        high - low
    )
}

/// What a search compares: every word that was typed has to be in the label or the text.
pub(super) fn found() -> String {
    let word = |at: usize| match at {
        0 => "indexof(datum.h, words[0]) >= 0".to_owned(),
        at => format!("(length(words) <= {at} || indexof(datum.h, words[{at}]) >= 0)"),
    };
    (0..WORDS).map(word).collect::<Vec<_>>().join(" && ")
}

/// Adds the data, the search box, and a line that says what can be done.
pub(super) fn complete(chart: &mut Value, checked: &Checked, csv: &str, coordinates: usize, hint: &str) {
    let numbers = ["x", "y", "q"].iter().take(coordinates).chain(&["c", "v", "z", "s"]);
    let header: Vec<&str> = csv.lines().next().unwrap_or_default().split(',').collect();
    let parse: serde_json::Map<String, Value> =
        numbers.filter(|name| header.contains(name)).map(|name| ((*name).to_owned(), json!("number"))).collect();
    chart["data"] = json!({"values": csv, "format": {"type": "csv", "parse": parse}});
    let text = if checked.texts.is_some() { "lower(datum.l + ' ' + datum.t)" } else { "lower(datum.l)" };
    let mut transform = vec![json!({"calculate": text, "as": "h"})];
    if !checked.names().is_empty() {
        transform.push(json!({"calculate": format!("{}[datum.c - 1]", json!(checked.names())), "as": "class"}));
    }
    chart["transform"] = json!(transform);
    let what = if checked.texts.is_some() { "part of a label or text" } else { "part of a label" };
    let more = [
        json!({"name": "search", "value": "", "bind": {"input": "text", "name": "Search ", "placeholder": what}}),
        json!({"name": "words", "expr": "split(trim(lower(search)), regexp('\\\\s+'))"}),
    ];
    match chart["params"].as_array_mut() {
        Some(params) => params.extend(more),
        None => chart["params"] = json!(more),
    }
    let legend = if checked.names().len() > 1 { "; a click on a class fades the others" } else { "" };
    let hint = format!("Point at a dot to read it; {hint}{legend}.");
    chart["title"]["subtitle"] = json!(wrap(&hint, WIDTH - 20.0, look(), 2));
    chart["usermeta"]["embedOptions"]["renderer"] = json!("canvas");
}

/// The layer of the points without its x and y.
pub(super) fn points(checked: &Checked, radius: f64, count: usize) -> Value {
    let area = (2.0 * radius).powi(2);
    let searched = format!("trim(search) != '' && {}", found());
    let mut test = json!(found());
    let mut params = Vec::new();
    let names = checked.names();
    let mut encoding = json!({"tooltip": tips(checked)});
    let mut mark = json!({"type": "point", "filled": true, "clip": true, "size": area});
    match &checked.color {
        Coloring::One => mark["color"] = json!(colors()[0].hex()),
        Coloring::Classes { .. } => {
            encoding["color"] = color_channel("c", &names, colors());
            // Classes count from 1: vega-lite's clickable legend takes a 0 for nothing.
            let domain: Vec<usize> = (1..=names.len()).collect();
            encoding["color"]["scale"]["domain"] = json!(domain);
            encoding["color"]["legend"]["labelExpr"] = json!(format!("{}[datum.value - 1]", json!(names)));
            encoding["color"]["legend"]["symbolLimit"] = json!(0);
            let shapes: Vec<&str> = (0..names.len()).map(|class| shape(marker(class))).collect();
            encoding["shape"] = json!({"field": "c", "type": "nominal", "legend": encoding["color"]["legend"],
                                       "scale": {"domain": domain, "range": shapes}});
            if names.len() > 1 {
                params.push(json!({"name": "chosen", "select": {"type": "point", "fields": ["c"]}, "bind": "legend"}));
                test = json!({"and": [{"param": "chosen"}, found()]});
            } else {
                encoding["color"]["legend"] = Value::Null;
                encoding["shape"]["legend"] = Value::Null;
            }
        }
        Coloring::Values { scale, .. } => {
            let stops = scale.stops();
            encoding["color"] = json!({"field": "v", "type": "quantitative",
                "scale": {"domain": stops, "range": stops.map(|stop| scale.color(stop).hex()), "interpolate": "rgb",
                          "clamp": true},
                "legend": {"title": wrap(&scale.axis.title, 110.0, look(), 3), "gradientLength": 200, "gradientOpacity": 1,
                           "titleFontWeight": "normal", "titleLimit": 200}});
            mark["stroke"] = json!(OUTLINE.hex());
            mark["strokeWidth"] = json!(0.6);
        }
    }
    let full = if checked.outlined() { 1.0 } else { opacity(count) };
    encoding["opacity"] = json!({"condition": {"test": test, "value": full}, "value": 0.05});
    encoding["size"] = json!({"condition": {"test": searched, "value": area.max(40.0)}, "value": area});
    json!({"params": params, "mark": mark, "encoding": encoding})
}

/// Two layers of labels, a white rim and the text on it, of the points that pass the transforms.
pub(super) fn texts(checked: &Checked, transform: &[Value], place: Value, bold: bool) -> [Value; 2] {
    [true, false].map(|rim| {
        let mut mark = json!({"type": "text", "baseline": "alphabetic", "clip": true, "limit": 200,
            "fontSize": if bold { 12.0 } else { look().size }, "fontWeight": if bold { "bold" } else { "normal" },
            "color": if rim { WHITE.hex() } else { INK.hex() }});
        if rim {
            mark["stroke"] = json!(WHITE.hex());
            mark["strokeWidth"] = json!(3);
            mark["strokeJoin"] = json!("round");
        }
        for (name, value) in place.as_object().into_iter().flatten() {
            mark[name] = value.clone();
        }
        let mut encoding = json!({"text": {"field": "l", "type": "nominal"}, "tooltip": tips(checked)});
        if checked.names().len() > 1 {
            encoding["opacity"] = json!({"condition": {"param": "chosen", "value": 1}, "value": 0.05});
        }
        json!({"transform": transform, "mark": mark, "encoding": encoding})
    })
}

fn tips(checked: &Checked) -> Vec<Value> {
    let mut tips = vec![vega::tip("l", "label", false)];
    if let Coloring::Values { scale, .. } = &checked.color {
        tips.push(vega::tip("v", &scale.axis.title, true));
    }
    if !checked.names().is_empty() {
        tips.push(vega::tip("class", "class", false));
    }
    if checked.texts.is_some() {
        tips.push(vega::tip("t", "text", false));
    }
    tips
}

fn shape(marker: Marker) -> &'static str {
    match marker {
        Marker::Circle => "circle",
        Marker::Square => "square",
        Marker::Triangle => "triangle-up",
        Marker::Diamond => "diamond",
    }
}

/// The points as comma-separated values, in a mixed order, so that no class lies on top of all others.
pub(super) fn csv(checked: &Checked, coordinates: &[(&str, Vec<String>)], labels: &[Label]) -> String {
    let mut out = coordinates.iter().map(|column| column.0).collect::<Vec<_>>().join(",");
    let count = checked.labels.len();
    let mut levels = vec![None; count];
    for label in labels {
        levels[label.point] = Some((label.level, label.side));
    }
    let values = match &checked.color {
        Coloring::Values { values, .. } => Some(rounded(values)),
        _ => None,
    };
    let classes = !checked.names().is_empty();
    out.push_str(if classes { ",c" } else { "" });
    out.push_str(if values.is_some() { ",v" } else { "" });
    out.push_str(if labels.is_empty() { ",l" } else { ",z,s,l" });
    out.push_str(if checked.texts.is_some() { ",t" } else { "" });
    for at in mixed(count) {
        let row: Vec<&str> = coordinates.iter().map(|column| column.1[at].as_str()).collect();
        let _ = write!(out, "\n{}", row.join(","));
        if classes {
            let _ = write!(out, ",{}", checked.class(at) + 1);
        }
        if let Some(values) = &values {
            let _ = write!(out, ",{}", values[at]);
        }
        if let (false, Some((level, side))) = (labels.is_empty(), levels[at]) {
            let _ = write!(out, ",{level},{side}");
        } else if !labels.is_empty() {
            out.push_str(",,");
        }
        for text in [Some(&checked.labels[at]), checked.texts.as_ref().map(|texts| &texts[at])].into_iter().flatten() {
            let _ = write!(out, ",{}", quoted(text));
        }
    }
    out
}

/// A text as a field of comma-separated values; it holds no line break.
fn quoted(text: &str) -> String {
    if text.contains([',', '"']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// Numbers in the shortest form that keeps a ten-thousandth of their range.
pub(super) fn rounded(numbers: &[f64]) -> Vec<String> {
    let (_, span) = extent(numbers);
    let decimals = 4 - span.log10().ceil() as i32;
    let short = |x: &f64| match decimals {
        0..=12 => {
            let text = format!("{x:.places$}", places = decimals as usize);
            let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
            if text == "-0" { "0".to_owned() } else { text.to_owned() }
        }
        _ => format!("{x:e}"),
    };
    numbers.iter().map(short).collect()
}

/// A coordinate; an axis without a title has no numbers. Ticks are left to the chart, because it zooms.
fn channel(field: &str, axis: &Axis) -> Value {
    let look = if axis.title.is_empty() {
        json!({"labels": false, "ticks": false, "grid": false, "domain": true})
    } else {
        json!({"tickCount": 8, "labelOverlap": true})
    };
    json!({"field": field, "type": "quantitative", "axis": look,
        "title": if axis.title.is_empty() { Value::Null } else { json!(axis.title) },
        "scale": {"domain": [axis.low, axis.high], "nice": false, "zero": false}})
}
