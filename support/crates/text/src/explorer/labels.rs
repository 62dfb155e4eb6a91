//! Labels for thousands of points: the most telling first, each where it covers neither a label nor a point.
//!
//! A map of small cells remembers what is taken, so that a label costs the same with 10 points and with 10,000. The
//! page does the same in `plot.js`.

use figures::plot::canvas::{Look, text_width};

/// The side of a cell of the map in page pixels.
const CELL: f64 = 2.0;
/// The height of a label above and below its baseline, for a font size of 1.
const RISE: f64 = 0.8;
const FALL: f64 = 0.25;

/// A label and where it begins, in page pixels.
#[derive(Clone, Debug)]
pub(super) struct Label {
    /// The place of its term in the list that was given.
    pub at: usize,
    pub left: f64,
    pub baseline: f64,
}

/// Places `names` beside their points, in the order in which they come, within `area` (left, top, right, bottom).
///
/// Points that are not named are in the way as well, `radius` page pixels around their middle.
pub(super) fn place(
    points: &[(f64, f64)],
    names: &[(usize, &str)],
    look: Look,
    radius: f64,
    area: [f64; 4],
) -> Vec<Label> {
    let mut taken = Map::new(area);
    for &(x, y) in points {
        taken.fill([x - radius, y - radius, x + radius, y + radius]);
    }
    let (rise, fall, near) = (RISE * look.size, FALL * look.size, radius + 2.0);
    let mut labels: Vec<Label> = Vec::new();
    for &(at, name) in names {
        let ((x, y), width) = (points[at], text_width(name, look));
        let tries = [
            (x + near, y + 0.3 * look.size),
            (x - near - width, y + 0.3 * look.size),
            (x - width / 2.0, y - near - fall),
            (x - width / 2.0, y + near + rise),
            (x - 3.0, y - near - fall),
            (x - 3.0, y + near + rise),
            (x - width + 3.0, y - near - fall),
            (x - width + 3.0, y + near + rise),
        ];
        for (left, baseline) in tries {
            let room = [left, baseline - rise, left + width, baseline + fall];
            if taken.is_free(room) {
                taken.fill([room[0] - 2.0, room[1], room[2] + 2.0, room[3]]);
                labels.push(Label { at, left, baseline });
                break;
            }
        }
    }
    labels
}

/// Which cells of an area are taken.
struct Map {
    area: [f64; 4],
    columns: usize,
    taken: Vec<bool>,
}

impl Map {
    fn new(area: [f64; 4]) -> Map {
        let cells = |from: f64, to: f64| ((to - from) / CELL).ceil().max(1.0) as usize;
        let (columns, rows) = (cells(area[0], area[2]), cells(area[1], area[3]));
        Map { area, columns, taken: vec![false; columns * rows] }
    }

    /// The cells that a box touches: columns, rows.
    fn cells(&self, room: [f64; 4]) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let cell = |x: f64, from: f64| ((x - from) / CELL).max(0.0);
        let rows = self.taken.len() / self.columns;
        let columns =
            (cell(room[0], self.area[0]) as usize)..(cell(room[2], self.area[0]).ceil() as usize).min(self.columns);
        (columns, (cell(room[1], self.area[1]) as usize)..(cell(room[3], self.area[1]).ceil() as usize).min(rows))
    }

    fn is_free(&self, room: [f64; 4]) -> bool {
        let [left, top, right, bottom] = self.area;
        if room[0] < left || room[1] < top || room[2] > right || room[3] > bottom {
            return false;
        }
        let (columns, mut rows) = self.cells(room);
        rows.all(|row| !self.taken[row * self.columns..][columns.clone()].contains(&true))
    }

    fn fill(&mut self, room: [f64; 4]) {
        let (columns, rows) = self.cells(room);
        for row in rows {
            if columns.start < columns.end {
                self.taken[row * self.columns..][columns.clone()].fill(true);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use figures::plot::colors::INK;

    #[test]
    fn labels_cover_neither_points_nor_each_other() {
        let (look, area) = (Look::new(10.0, INK), [50.0, 20.0, 600.0, 400.0]);
        let points: Vec<(f64, f64)> = (0..3000)
            .map(|k| (60.0 + f64::from(k * 7919 % 5300) / 10.0, 30.0 + f64::from(k * 104_729 % 3600) / 10.0))
            .collect();
        let named: Vec<String> = (0..points.len()).map(|k| format!("term {k}")).collect();
        let names: Vec<(usize, &str)> = named.iter().map(String::as_str).enumerate().collect();
        for few in [30, 300, points.len()] {
            let labels = place(&points[..few], &names[..few], look, 3.0, area);
            assert!(few > 300 || labels.len() >= 20, "{} labels for {few} points", labels.len());
            let room = |label: &Label| {
                let (rise, fall) = (RISE * look.size, FALL * look.size);
                let width = text_width(&named[label.at], look);
                [label.left, label.baseline - rise, label.left + width, label.baseline + fall]
            };
            for (at, label) in labels.iter().enumerate() {
                let [left, top, right, bottom] = room(label);
                assert!(left >= area[0] && top >= area[1] && right <= area[2] && bottom <= area[3]);
                for other in &labels[at + 1..] {
                    let b = room(other);
                    assert!(right <= b[0] || b[2] <= left || bottom <= b[1] || b[3] <= top, "{label:?} {other:?}");
                }
                for (x, y) in &points[..few] {
                    assert!(*x <= left || *x >= right || *y <= top || *y >= bottom, "{label:?} covers {x}, {y}");
                }
            }
        }
    }
}
