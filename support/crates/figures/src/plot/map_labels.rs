//! Which points of a map are labelled, and on which side: at first a choice that can be read, more when zooming in.
//!
//! A label never covers another. It avoids points where there is room; in a crowd it may lie on points that have no
//! label. Points that come first take precedence.

use super::canvas::{Look, text_width};
use super::colors::INK;
use super::map_points::cut;
use std::collections::HashMap;

/// Longer labels are cut; hovering shows the whole.
const LABEL: usize = 28;
/// Zooming in by 1, 2, 4, … shows the labels of level 0, 1, 2, …
const LEVELS: u32 = 5;
/// So many labels avoid all points, and so many are there at all, before zooming in.
const FEW: (usize, usize) = (90, 150);
/// In a crowd only labels shorter than this share of the frame's width are written: words, not headlines.
const SHORT: f64 = 0.15;
/// Labels that lie on points keep this distance from each other.
const APART: (f64, f64) = (30.0, 14.0);
/// The extent of a label above and below its baseline, for a font size of 1.
const RISE: f64 = 0.8;
const FALL: f64 = 0.25;

/// The look of a label.
pub(super) fn look() -> Look {
    Look::new(10.5, INK)
}

/// A label as it is written.
pub(super) fn short(label: &str) -> String {
    cut(label, LABEL)
}

/// A label that has found a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Label {
    pub(super) point: usize,
    /// It shows when the map is enlarged 2^level times.
    pub(super) level: u32,
    /// Which of [`sides`].
    pub(super) side: usize,
}

/// Around a point of this radius: where a label is anchored, and how it is aligned (0 left, 0.5 middle, 1 right).
pub(super) fn sides(radius: f64) -> [(f64, f64, f64); 8] {
    let (near, size) = (radius + 3.0, look().size);
    let (above, below) = (-near - FALL * size + 1.0, near + RISE * size - 1.0);
    [
        (near, 0.35 * size, 0.0),
        (-near, 0.35 * size, 1.0),
        (0.0, above, 0.5),
        (0.0, below, 0.5),
        (near - 2.0, above, 0.0),
        (near - 2.0, below, 0.0),
        (2.0 - near, above, 1.0),
        (2.0 - near, below, 1.0),
    ]
}

/// The box of a text `width` wide on a side of a point.
fn room((x, y): (f64, f64), side: (f64, f64, f64), width: f64) -> [f64; 4] {
    let (left, baseline) = (x + side.0 - side.2 * width, y + side.1);
    [left - 1.0, baseline - RISE * look().size, left + width + 1.0, baseline + FALL * look().size]
}

/// Chooses labels for points in page pixels within a frame of this size; with `show` only those points, at once.
pub(super) fn choose(
    points: &[(f64, f64)],
    labels: &[String],
    radius: f64,
    size: (f64, f64),
    show: Option<&[usize]>,
) -> Vec<Label> {
    let sides = sides(radius);
    let order: Vec<usize> = show.map_or_else(|| (0..points.len()).collect(), <[usize]>::to_vec);
    let order: Vec<usize> = order.into_iter().filter(|&at| !labels[at].trim().is_empty()).collect();
    let widths: HashMap<usize, f64> = order.iter().map(|&at| (at, text_width(&short(&labels[at]), look()))).collect();
    let mut chosen: Vec<Label> = Vec::new();
    let mut done = vec![false; points.len()];
    for level in 0..if show.is_some() { 1 } else { LEVELS } {
        let scale = f64::from(1u32 << level);
        let frame = [2.0, 2.0, size.0 * scale - 2.0, size.1 * scale - 2.0];
        let place = |at: usize| (points[at].0 * scale, points[at].1 * scale);
        let (mut dots, mut named, mut taken) = (Boxes::default(), Boxes::default(), Boxes::default());
        let dot = |at: usize| {
            let (x, y) = place(at);
            [x - radius, y - radius, x + radius, y + radius]
        };
        (0..points.len()).for_each(|at| dots.add(at, dot(at)));
        if let Some(show) = show {
            show.iter().for_each(|&at| named.add(at, dot(at)));
        }
        for label in &chosen {
            named.add(label.point, dot(label.point));
            taken.add(label.point, room(place(label.point), sides[label.side], widths[&label.point]));
        }
        for crowded in [false, true] {
            let most = match (level, show, crowded) {
                (0, None, false) => FEW.0,
                (0, None, true) => FEW.1,
                _ => usize::MAX,
            };
            let apart = if crowded && show.is_none() { APART } else { (3.0, 0.0) };
            for &at in &order {
                if chosen.len() >= most {
                    break;
                }
                let long = crowded && show.is_none() && widths[&at] > SHORT * size.0;
                if long || done[at] || taken.any(at, dot(at)) {
                    continue;
                }
                let free = |side: &usize| {
                    let area = room(place(at), sides[*side], widths[&at]);
                    let wide = [area[0] - apart.0, area[1] - apart.1, area[2] + apart.0, area[3] + apart.1];
                    let inside =
                        area[0] >= frame[0] && area[1] >= frame[1] && area[2] <= frame[2] && area[3] <= frame[3];
                    inside && !taken.any(at, wide) && !(if crowded { &named } else { &dots }).any(at, area)
                };
                if let Some(side) = (0..sides.len()).find(free) {
                    done[at] = true;
                    named.add(at, dot(at));
                    taken.add(at, room(place(at), sides[side], widths[&at]));
                    chosen.push(Label { point: at, level, side });
                }
            }
        }
    }
    chosen
}

/// A point and its box.
type Owned = (usize, [f64; 4]);

/// Boxes with the points they belong to, found again by the cells of a grid that they touch.
#[derive(Default)]
struct Boxes {
    cells: HashMap<(i32, i32), Vec<Owned>>,
}

impl Boxes {
    fn cells(area: [f64; 4]) -> impl Iterator<Item = (i32, i32)> {
        const CELL: f64 = 40.0;
        let cell = |x: f64| (x / CELL).floor() as i32;
        (cell(area[1])..=cell(area[3]))
            .flat_map(move |row| (cell(area[0])..=cell(area[2])).map(move |column| (row, column)))
    }

    fn add(&mut self, point: usize, area: [f64; 4]) {
        Boxes::cells(area).for_each(|cell| self.cells.entry(cell).or_default().push((point, area)));
    }

    /// Whether a box of another point overlaps `area`.
    fn any(&self, point: usize, area: [f64; 4]) -> bool {
        let over = |b: &[f64; 4]| area[0] < b[2] && b[0] < area[2] && area[1] < b[3] && b[1] < area[3];
        Boxes::cells(area)
            .filter_map(|cell| self.cells.get(&cell))
            .any(|boxes| boxes.iter().any(|(of, other)| *of != point && over(other)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(count: u32) -> Vec<(f64, f64)> {
        (0..count)
            .map(|k| (20.0 + f64::from(k * 7919 % 5300) / 10.0, 20.0 + f64::from(k * 104_729 % 3600) / 10.0))
            .collect()
    }

    #[test]
    fn labels_cover_neither_each_other_nor_named_points() {
        let size = (570.0, 400.0);
        for count in [1, 40, 400, 4000] {
            let points = points(count);
            let labels: Vec<String> = (0..count).map(|k| format!("word {k}")).collect();
            let chosen = choose(&points, &labels, 2.5, size, None);
            let first: Vec<&Label> = chosen.iter().filter(|label| label.level == 0).collect();
            assert!(first.len() >= 20.min(count as usize) && first.len() <= FEW.1, "{count}: {}", first.len());
            let area = |label: &Label| {
                room(points[label.point], sides(2.5)[label.side], text_width(&labels[label.point], look()))
            };
            for (at, label) in first.iter().enumerate() {
                let a = area(label);
                assert!(a[0] >= 0.0 && a[1] >= 0.0 && a[2] <= size.0 && a[3] <= size.1, "{a:?}");
                for other in &first[at + 1..] {
                    let b = area(other);
                    assert!(a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1], "{label:?} {other:?}");
                }
                for other in first.iter().filter(|other| other.point != label.point) {
                    let (x, y) = points[other.point];
                    assert!(x < a[0] || x > a[2] || y < a[1] || y > a[3], "{label:?} covers {other:?}");
                }
            }
            if count == 4000 {
                assert!(chosen.len() > 2 * first.len(), "zooming in shows more: {} {}", chosen.len(), first.len());
            }
        }
    }

    #[test]
    fn what_is_asked_for_is_labelled() {
        let points = points(3000);
        let labels: Vec<String> = (0..3000).map(|k| format!("word {k}")).collect();
        let show = [17, 900, 2999];
        let chosen: Vec<usize> =
            choose(&points, &labels, 2.5, (570.0, 400.0), Some(&show)).iter().map(|l| l.point).collect();
        assert_eq!(chosen, show);
    }
}
