//! The interactive chart of the explorer: vega-lite, with a search box whose text is compared and never evaluated.
//!
//! Places are page pixels, as in the picture, so that labels stand where they were placed.

use super::Shown;
use super::inline::{Chart, HEIGHT, INSET, MARKS, OUTLINE, label_look, name, note_look};
use figures::display::one_line;
use figures::plot::canvas::{TEXT, WIDTH, wrap};
use figures::plot::colors::{INK, NEGATIVE, POSITIVE, WHITE};
use figures::plot::vega;
use serde_json::{Value, json};

impl Chart<'_> {
    /// The specification.
    pub(super) fn vega(&self, description: &str) -> Value {
        let (shown, contrast) = (self.shown, &self.shown.contrast);
        let round = |x: f64, digits: i32| (x * 10f64.powi(digits)).round() / 10f64.powi(digits);
        let (rates_a, rates_b) = (contrast.rates_a(), contrast.rates_b());
        let rows: Vec<Value> = self
            .points
            .iter()
            .map(|point| {
                let term = point.terms[0];
                json!({"t": listed(shown, &point.terms), "x": round(point.place.0, 1), "y": round(point.place.1, 1),
                    "a": contrast.counts_a[term], "b": contrast.counts_b[term], "p": round(rates_a[term], 3),
                    "q": round(rates_b[term], 3), "f": round(shown.scaled_f[term], 3)})
            })
            .collect();
        let channel = |field: &str, length: f64, range: [f64; 2], title: &str| {
            let at: Vec<f64> = MARKS
                .iter()
                .map(|(share, _)| {
                    round(range[0] + (INSET + share * (length - 2.0 * INSET)) / length * (range[1] - range[0]), 1)
                })
                .collect();
            let words: Vec<&str> = MARKS.iter().map(|mark| mark.1).collect();
            let words = serde_json::to_string(&words).unwrap_or_default();
            let places = serde_json::to_string(&at).unwrap_or_default();
            json!({"field": field, "type": "quantitative", "title": title,
                "scale": {"domain": range, "nice": false, "zero": false},
                "axis": {"values": at, "labelExpr": format!("{words}[indexof({places}, datum.value)]"),
                         "labelBound": false, "labelFlush": true}})
        };
        let x = channel("x", self.width, [0.0, self.width], &self.axis_title(&contrast.b));
        let y = channel("y", HEIGHT, [HEIGHT, 0.0], &self.axis_title(&contrast.a));
        let (a, b) = (one_line(&contrast.a), one_line(&contrast.b));
        let tips = [
            vega::tip("t", "term", false),
            vega::tip("a", &format!("occurrences in {a}"), true),
            vega::tip("b", &format!("occurrences in {b}"), true),
            vega::tip("p", &format!("per 1,000 words of {a}"), true),
            vega::tip("q", &format!("per 1,000 words of {b}"), true),
            vega::tip("f", "scaled F-score", true),
        ];
        // What is typed is compared with texts; it is never an expression.
        const FOUND: &str = "indexof(lower(datum.t), lower(search)) >= 0";
        let fades = |full: f64| json!({"condition": {"test": format!("search == '' || {FOUND}"), "value": full}, "value": 0.06});
        let points = json!({
            "data": {"name": "points"},
            "mark": {"type": "circle", "size": 36, "stroke": OUTLINE.hex(), "strokeWidth": 0.6},
            "encoding": {"x": x, "y": y, "tooltip": tips, "opacity": fades(1.0),
                "color": {"field": "f", "type": "quantitative", "title": "scaled F-score",
                    "scale": {"domain": [-1, 0, 1], "range": [NEGATIVE.hex(), WHITE.hex(), POSITIVE.hex()],
                              "interpolate": "rgb"},
                    "legend": {"orient": "bottom", "direction": "horizontal", "gradientLength": 200,
                               "gradientThickness": 10, "titleFontWeight": "normal"}}}});
        let texts: Vec<Value> = self
            .labels
            .iter()
            .map(|label| {
                let term = self.points[label.at].terms[0];
                json!({"x": round(label.left, 1), "y": round(label.baseline, 1), "t": name(shown, term)})
            })
            .collect();
        let text = |size: f64| {
            json!({"type": "text", "align": "left", "baseline": "alphabetic", "fontSize": size, "color": INK.hex(),
                   "clip": false})
        };
        let labels = json!({"data": {"values": texts}, "mark": text(label_look().size),
            "encoding": {"x": x, "y": y, "text": {"field": "t"}, "opacity": fades(1.0)}});
        let mut found = json!({"data": {"name": "points"},
            "transform": [{"filter": format!("search != '' && {FOUND}")},
                          {"window": [{"op": "row_number", "as": "n"}]}, {"filter": "datum.n <= 40"}],
            "mark": text(TEXT), "encoding": {"x": x, "y": y, "text": {"field": "t"}}});
        found["mark"]["dx"] = json!(6);
        found["mark"]["limit"] = json!(220);
        found["mark"]["dy"] = json!(4);
        found["mark"]["fontWeight"] = json!("bold");
        let lists: Vec<Value> = self
            .lists()
            .into_iter()
            .map(|(x, y, heading, text)| {
                let (color, weight) = heading.map_or((INK, "normal"), |color| (color, "bold"));
                json!({"x": x, "y": y, "t": text, "color": color.hex(), "weight": weight})
            })
            .collect();
        let layers = ["bold", "normal"].map(|weight| {
            let rows: Vec<&Value> = lists.iter().filter(|row| row["weight"] == weight).collect();
            let mut mark = text(TEXT - 0.5);
            mark["fontWeight"] = json!(weight);
            json!({"data": {"values": rows}, "mark": mark,
                "encoding": {"x": x, "y": y, "text": {"field": "t"},
                             "color": {"field": "color", "type": "nominal", "scale": null}}})
        });
        let mut all = vec![points, labels, found];
        all.extend(layers);
        let mut chart = vega::chart(&shown.title, description, (self.width, HEIGHT), all);
        chart["params"] = json!([{"name": "search", "value": "",
            "bind": {"input": "text", "name": "Search a term ", "placeholder": "part of a word"}}]);
        chart["datasets"] = json!({"points": rows});
        chart["title"]["subtitle"] = json!(wrap(&self.note, WIDTH - 20.0, note_look(), 2));
        chart
    }
}

/// The terms of a point: all, or the first of them and how many more.
fn listed(shown: &Shown, terms: &[usize]) -> String {
    const MOST: usize = 8;
    let names: Vec<String> = terms.iter().take(MOST).map(|&term| name(shown, term)).collect();
    match terms.len().saturating_sub(MOST) {
        0 => names.join(" · "),
        more => format!("{} · and {more} more", names.join(" · ")),
    }
}
