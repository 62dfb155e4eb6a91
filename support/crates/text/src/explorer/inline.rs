//! The explorer in the notebook: an interactive chart of the most telling terms with a search box, and its picture.
//!
//! Points on the same place are one point, and hovering names them all. The whole explorer is the page that `save`
//! writes; this chart holds no texts, so that a notebook stays small.

use super::labels::{Label, place};
use super::{INLINE, Shown};
use figures::display::{Figure, one_line};
use figures::plot::axes::thousands;
use figures::plot::canvas::{Align, Canvas, Look, Marker, TEXT, WIDTH, draw_title, title_height, title_lines, wrap};
use figures::plot::colors::{GREY, GRID, INK, NEGATIVE, POSITIVE, Rgb, diverging};
use ground::Result;
use std::collections::HashMap;

const LEFT: f64 = 92.0;
pub(super) const HEIGHT: f64 = 440.0;
/// The width of the two lists at the right.
const LISTS: f64 = 176.0;
const RADIUS: f64 = 3.0;
/// So many terms are in each of the two lists.
const TOP: usize = 12;
/// From the frame to the first and last rank.
pub(super) const INSET: f64 = 8.0;

/// All terms of the chart that have the same counts.
pub(super) struct Point {
    /// The most telling of them, and the others in the same order.
    pub(super) terms: Vec<usize>,
    /// Its middle in page pixels from the top left of the frame.
    pub(super) place: (f64, f64),
}

/// Everything that is placed.
pub(super) struct Chart<'s> {
    pub(super) shown: &'s Shown,
    pub(super) points: Vec<Point>,
    pub(super) labels: Vec<Label>,
    pub(super) width: f64,
    pub(super) note: String,
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

    pub(super) fn axis_title(&self, class: &str) -> String {
        let room = self.width.min(HEIGHT) - 20.0;
        wrap(&format!("frequency in {} (rank)", one_line(class)), room, axis_look(), 1).remove(0)
    }

    /// The two lists: x, y, whether it is a heading, the text; from the top left of the frame.
    pub(super) fn lists(&self) -> Vec<(f64, f64, Option<Rgb>, String)> {
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
}

/// The words at the ends and the middle of both axes.
pub(super) const MARKS: [(f64, &str); 3] = [(0.0, "infrequent"), (0.5, "average"), (1.0, "frequent")];
/// White points stand out from white paper.
pub(super) const OUTLINE: Rgb = Rgb(0x9a, 0x9a, 0x9a);

/// A term as its label shows it.
pub(super) fn name(shown: &Shown, term: usize) -> String {
    let term = one_line(&shown.contrast.terms[term]);
    if term.chars().count() > 28 { term.chars().take(27).chain(['…']).collect() } else { term }
}

pub(super) fn label_look() -> Look {
    Look::new(10.5, INK)
}

fn list_look() -> Look {
    Look::new(TEXT - 0.5, INK)
}

pub(super) fn note_look() -> Look {
    Look::new(TEXT - 1.0, GREY)
}

fn axis_look() -> Look {
    Look::new(TEXT, INK)
}
