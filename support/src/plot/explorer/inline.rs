//! The explorer in the notebook: an interactive chart of the most telling terms with a search box, and its picture.
//!
//! Points on the same place are one point, and hovering names them all. The whole explorer is the page that `save`
//! writes; this chart holds no texts, so that a notebook stays small.

use super::labels::{Label, place};
use super::{INLINE, Shown};
use crate::display::{Figure, one_line};
use crate::error::Result;
use crate::plot::axes::thousands;
use crate::plot::canvas::{Align, Canvas, Look, Marker, TEXT, WIDTH, draw_title, title_height, title_lines, wrap};
use crate::plot::colors::{GREY, GRID, INK, NEGATIVE, POSITIVE, Rgb, WHITE, diverging};
use crate::plot::vega;
use serde_json::{Value, json};
use std::collections::HashMap;

const LEFT: f64 = 92.0;
const HEIGHT: f64 = 440.0;
/// The width of the two lists at the right.
const LISTS: f64 = 176.0;
const RADIUS: f64 = 3.0;
/// So many terms are in each of the two lists.
const TOP: usize = 12;
/// From the frame to the first and last rank.
const INSET: f64 = 8.0;

/// All terms of the chart that have the same counts.
struct Point {
    /// The most telling of them, and the others in the same order.
    terms: Vec<usize>,
    /// Its middle in page pixels from the top left of the frame.
    place: (f64, f64),
}

/// Everything that is placed.
struct Chart<'s> {
    shown: &'s Shown,
    points: Vec<Point>,
    labels: Vec<Label>,
    width: f64,
    note: String,
    /// The most typical terms of a and of b.
    top: [Vec<usize>; 2],
}

/// The figure without its page.
pub(super) fn figure(shown: &Shown) -> Result<Figure> {
    let chart = Chart::new(shown);
    let description = chart.description();
    let png = chart.png()?;
    Ok(Figure::new(&shown.title, description.clone()).with_png(png).with_vega(chart.vega(&description)))
}

impl<'s> Chart<'s> {
    fn new(shown: &'s Shown) -> Chart<'s> {
        let contrast = &shown.contrast;
        let width = WIDTH - LEFT - LISTS - 20.0;
        let order = shown.in_turn();
        let mut points: Vec<Point> = Vec::new();
        let mut known: HashMap<(u32, u32), usize> = HashMap::new();
        for &term in &order {
            let counts = (contrast.counts_a[term], contrast.counts_b[term]);
            let at = match known.get(&counts) {
                Some(&at) => at,
                None if points.len() == INLINE => continue,
                None => {
                    known.insert(counts, points.len());
                    let x = INSET + shown.ranks_b[term] * (width - 2.0 * INSET);
                    let y = INSET + (1.0 - shown.ranks_a[term]) * (HEIGHT - 2.0 * INSET);
                    points.push(Point { terms: Vec::new(), place: (x, y) });
                    points.len() - 1
                }
            };
            points[at].terms.push(term);
        }
        let named: Vec<String> = points.iter().map(|point| name(shown, point.terms[0])).collect();
        let names: Vec<(usize, &str)> = named.iter().map(String::as_str).enumerate().collect();
        let places: Vec<(f64, f64)> = points.iter().map(|point| point.place).collect();
        let labels = place(&places, &names, label_look(), RADIUS + 0.5, [2.0, 2.0, width - 2.0, HEIGHT - 2.0]);
        let top = [1.0, -1.0].map(|sign| {
            let typical = order.iter().copied().filter(|&term| sign * shown.scaled_f[term] > 0.0);
            let mut typical: Vec<usize> = typical.collect();
            typical.sort_by(|&i, &j| (sign * shown.scaled_f[j]).total_cmp(&(sign * shown.scaled_f[i])));
            typical.truncate(TOP);
            typical
        });
        let inside: usize = points.iter().map(|point| point.terms.len()).sum();
        let all = if inside == order.len() {
            format!("{} terms", thousands(inside))
        } else {
            format!(
                "{} of {} terms, the most typical of each class and the most frequent",
                thousands(inside),
                thousands(order.len())
            )
        };
        let note = format!(
            "{all}; a point is all terms with the same counts. The page that save(\"….html\") writes holds every term \
             and its texts"
        );
        Chart { shown, points, labels, width, note, top }
    }

    fn description(&self) -> String {
        let (contrast, shown) = (&self.shown.contrast, self.shown);
        let list = |terms: &[usize]| -> String {
            let terms: Vec<String> = terms
                .iter()
                .take(5)
                .map(|&term| format!("{} {:+.2}", one_line(&contrast.terms[term]), shown.scaled_f[term]))
                .collect();
            if terms.is_empty() { "none".to_owned() } else { terms.join(", ") }
        };
        format!(
            "Explorer: {}; {} terms of {} and {} texts, dense rank of the frequency in {} (y) against {} (x); most \
             typical by scaled F-score, {}: {}; {}: {}. {}.",
            shown.title,
            thousands(contrast.len()),
            thousands(contrast.texts_a),
            thousands(contrast.texts_b),
            one_line(&contrast.a),
            one_line(&contrast.b),
            one_line(&contrast.a),
            list(&self.top[0]),
            one_line(&contrast.b),
            list(&self.top[1]),
            self.note
        )
    }

    /// The colour of a point, in steps, so that the picture needs few colours.
    fn color(&self, point: &Point) -> Rgb {
        diverging((self.shown.scaled_f[point.terms[0]] * 12.0).round(), 12.0)
    }

    fn axis_title(&self, class: &str) -> String {
        let room = self.width.min(HEIGHT) - 20.0;
        wrap(&format!("frequency in {} (rank)", one_line(class)), room, axis_look(), 1).remove(0)
    }

    /// The two lists: x, y, whether it is a heading, the text; from the top left of the frame.
    fn lists(&self) -> Vec<(f64, f64, Option<Rgb>, String)> {
        let mut out = Vec::new();
        let x = self.width + 18.0;
        for (at, (terms, class)) in self.top.iter().zip([&self.shown.contrast.a, &self.shown.contrast.b]).enumerate() {
            let y = 12.0 + at as f64 * HEIGHT / 2.0;
            let heading = Look::new(TEXT, INK).bold();
            let color = if at == 0 { POSITIVE } else { NEGATIVE };
            let text = wrap(&format!("typical of {}", one_line(class)), LISTS - 22.0, heading, 1).remove(0);
            out.push((x, y, Some(color), text));
            for (row, &term) in terms.iter().enumerate() {
                let text = wrap(&self.shown.contrast.terms[term], LISTS - 22.0, list_look(), 1).remove(0);
                out.push((x, y + 16.5 * (row + 1) as f64, None, text));
            }
        }
        out
    }

    fn png(&self) -> Result<Vec<u8>> {
        let title = title_lines(&self.shown.title);
        let note = wrap(&self.note, WIDTH - 20.0, note_look(), 2);
        let top = title_height(&title) + 10.0 + 16.0 * note.len() as f64;
        let mut canvas = Canvas::new(top + HEIGHT + 52.0);
        let below = draw_title(&mut canvas, &title);
        for (at, line) in note.iter().enumerate() {
            canvas.text((10.0, below + 8.0 + 16.0 * at as f64), Align::Left, note_look(), line);
        }
        let (right, floor) = (LEFT + self.width, top + HEIGHT);
        for (share, word) in MARKS {
            let x = LEFT + INSET + share * (self.width - 2.0 * INSET);
            let y = floor - INSET - share * (HEIGHT - 2.0 * INSET);
            canvas.line(&[(x, top), (x, floor)], 0.5, GRID);
            canvas.line(&[(LEFT, y), (right, y)], 0.5, GRID);
            let align = [Align::Left, Align::Center, Align::Right][(share * 2.0) as usize];
            let edge = [LEFT, x, right][(share * 2.0) as usize];
            canvas.text((edge, floor + 16.0), align, note_look(), word);
            canvas.text((LEFT - 8.0, y + 4.0), Align::Right, note_look(), word);
        }
        canvas.line(&[(LEFT, top), (LEFT, floor), (right, floor)], 0.5, GREY);
        let (x_title, y_title) = (self.axis_title(&self.shown.contrast.b), self.axis_title(&self.shown.contrast.a));
        canvas.text((LEFT + self.width / 2.0, floor + 38.0), Align::Center, axis_look(), &x_title);
        canvas.text_upwards((20.0, top + HEIGHT / 2.0), axis_look(), &y_title);
        // The strongest on top.
        let mut points: Vec<&Point> = self.points.iter().collect();
        points.sort_by(|a, b| {
            let strength = |point: &Point| self.shown.scaled_f[point.terms[0]].abs();
            strength(a).total_cmp(&strength(b))
        });
        for point in points {
            let place = (LEFT + point.place.0, top + point.place.1);
            canvas.marker(Marker::Circle, place, RADIUS + 0.5, OUTLINE, 1.0);
            canvas.marker(Marker::Circle, place, RADIUS, self.color(point), 1.0);
        }
        for label in &self.labels {
            let text = name(self.shown, self.points[label.at].terms[0]);
            canvas.text((LEFT + label.left, top + label.baseline), Align::Left, label_look(), &text);
        }
        for (x, y, heading, text) in self.lists() {
            let look = heading.map_or(list_look(), |color| Look::new(TEXT, color).bold());
            canvas.text((LEFT + x, top + y), Align::Left, look, &text);
        }
        canvas.png()
    }

    fn vega(&self, description: &str) -> Value {
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

/// The words at the ends and the middle of both axes.
const MARKS: [(f64, &str); 3] = [(0.0, "infrequent"), (0.5, "average"), (1.0, "frequent")];
/// White points stand out from white paper.
const OUTLINE: Rgb = Rgb(0x9a, 0x9a, 0x9a);

/// A term as its label shows it.
fn name(shown: &Shown, term: usize) -> String {
    let term = one_line(&shown.contrast.terms[term]);
    if term.chars().count() > 28 { term.chars().take(27).chain(['…']).collect() } else { term }
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

fn label_look() -> Look {
    Look::new(10.5, INK)
}

fn list_look() -> Look {
    Look::new(TEXT - 0.5, INK)
}

fn note_look() -> Look {
    Look::new(TEXT - 1.0, GREY)
}

fn axis_look() -> Look {
    Look::new(TEXT, INK)
}
