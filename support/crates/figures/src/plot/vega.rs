//! What all interactive charts share: the vega-lite v5 skeleton with the figures' font, colours and white background.
//!
//! Data travels inside the specification and fields have fixed names, so that no text from a data set is ever read as
//! a field name or an expression.

use super::axes::Axis;
use super::canvas::title_lines;
use super::colors::{GREY, GRID, INK};
use serde_json::{Value, json};

/// A layered chart whose inner area is `width` × `height` page pixels.
pub fn chart(title: &str, description: &str, (width, height): (f64, f64), layers: Vec<Value>) -> Value {
    json!({
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "description": description,
        "background": "#ffffff",
        "padding": 10,
        "width": width.round(),
        "height": height.round(),
        "title": {"text": title_lines(title), "anchor": "start", "frame": "bounds", "fontSize": 14, "offset": 12},
        "layer": layers,
        "config": {
            "font": "DejaVu Sans, Verdana, sans-serif",
            "view": {"stroke": null},
            "title": {"color": INK.hex(), "subtitleColor": GREY.hex(), "subtitleFontSize": 11, "subtitlePadding": 5},
            "axis": {
                "titleFontWeight": "normal", "titleFontSize": 12, "titleColor": INK.hex(),
                "labelFontSize": 11, "labelColor": GREY.hex(), "gridColor": GRID.hex(),
                "domainColor": GREY.hex(), "tickColor": GREY.hex(), "titlePadding": 10
            },
            "legend": {"labelFontSize": 12, "labelLimit": 240, "labelColor": INK.hex(), "symbolSize": 90}
        },
        "usermeta": {"embedOptions": {"actions": false}}
    })
}

/// Charts one above the other, each with the width and height of its inner area and its layers.
pub fn stacked(title: &str, description: &str, charts: Vec<((f64, f64), Vec<Value>)>) -> Value {
    let mut all = chart(title, description, (0.0, 0.0), Vec::new());
    let one = |((width, height), layers): ((f64, f64), Vec<Value>)| json!({"width": width.round(), "height": height.round(), "layer": layers});
    if let Some(fields) = all.as_object_mut() {
        for field in ["width", "height", "layer"] {
            fields.remove(field);
        }
        fields.insert("vconcat".to_owned(), charts.into_iter().map(one).collect());
    }
    all
}

/// A quantitative channel on the range of `axis`, so that the interactive chart and the picture agree.
///
/// `pixels` is the length of the axis: the ticks are the picture's as well.
pub fn channel(field: &str, axis: &Axis, pixels: f64) -> Value {
    let ticks = axis.ticks(Axis::tick_count(pixels));
    let labels = serde_json::to_string(&axis.tick_labels(&ticks)).unwrap_or_default();
    let values = serde_json::to_string(&ticks).unwrap_or_default();
    let ticks = json!({"values": ticks, "labelExpr": format!("{labels}[indexof({values}, datum.value)]")});
    json!({
        "field": field,
        "type": "quantitative",
        "title": axis.title,
        "axis": ticks,
        "scale": {"domain": [axis.low, axis.high], "nice": false, "zero": false,
                  "type": if axis.log { "log" } else { "linear" }}
    })
}

/// An entry of a tooltip.
pub fn tip(field: &str, title: &str, numeric: bool) -> Value {
    if numeric {
        json!({"field": field, "type": "quantitative", "title": title, "format": ".4~g"})
    } else {
        json!({"field": field, "type": "nominal", "title": title})
    }
}
