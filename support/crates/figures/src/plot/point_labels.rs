//! Where the labels of a scatter plot can stand without covering a point or each other.
//!
//! A greedy choice among eight places beside each point; labels that find none are left out, they show on hovering.

use super::axes::Frame;
use super::canvas::{Look, WIDTH, text_width};
use super::colors::INK;
use rayon::prelude::{IntoParallelIterator, ParallelIterator};

/// The radius of a point in page pixels.
pub const RADIUS: f64 = 4.0;
/// Longer labels are cut in the picture; hovering shows the whole.
const LABEL: usize = 28;
/// At most so many labels, those farthest from other points, look for a place.
const MOST: usize = 2000;

/// The look of a label.
pub fn label_look() -> Look {
    Look::new(10.5, INK)
}

/// A label that has found a free place.
pub struct Text {
    pub point: usize,
    pub text: String,
    pub left: f64,
    pub baseline: f64,
}

/// Chooses for each label the first of eight places beside its point that lies within the frame and covers neither a
/// point nor another label. Points far from the crowd come first; labels without a free place are left out.
/// A place on the `line` is taken only when there is no other.
pub fn place_labels(
    labels: &[String],
    places: &[(f64, f64)],
    frame: &Frame,
    right: f64,
    line: Option<((f64, f64), (f64, f64))>,
) -> Vec<Text> {
    let boxes: Vec<[f64; 4]> = places.iter().map(|&(x, y)| [x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS]).collect();
    let nearest = |at: usize| -> f64 {
        let to = |other: &(f64, f64)| (other.0 - places[at].0).powi(2) + (other.1 - places[at].1).powi(2);
        places.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, p)| to(p)).fold(1e9, f64::min)
    };
    let mut order: Vec<(usize, f64)> = (0..labels.len()).into_par_iter().map(|at| (at, nearest(at))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    order.truncate(MOST);
    let mut taken: Vec<[f64; 4]> = Vec::new();
    let mut texts = Vec::new();
    for (at, _) in order {
        let text: String = if labels[at].chars().count() > LABEL {
            labels[at].chars().take(LABEL - 1).chain(['…']).collect()
        } else {
            labels[at].clone()
        };
        let ((x, y), width) = (places[at], text_width(&text, label_look()));
        let near = RADIUS + 3.0;
        let tries = [
            (x + near, y + 3.5),
            (x - near - width, y + 3.5),
            (x - width / 2.0, y - near),
            (x - width / 2.0, y + near + 8.0),
            (x + near - 2.0, y - near + 1.0),
            (x + near - 2.0, y + near + 7.0),
            (x - near - width + 2.0, y - near + 1.0),
            (x - near - width + 2.0, y + near + 7.0),
        ];
        let free = |&(left, baseline): &(f64, f64)| {
            let area = [left - 1.0, baseline - 9.0, left + width + 1.0, baseline + 3.0];
            let inside = area[0] >= frame.left
                && area[2] <= right.min(WIDTH)
                && area[1] >= frame.top - 6.0
                && area[3] <= frame.top + frame.height;
            let clear = |other: &[f64; 4]| !overlap(&area, other);
            inside && taken.iter().all(clear) && boxes.iter().enumerate().all(|(k, other)| k == at || clear(other))
        };
        let off_line = |&(left, baseline): &(f64, f64)| match line {
            None => true,
            Some((from, to)) => {
                let height = |x: f64| from.1 + (to.1 - from.1) * (x - from.0) / (to.0 - from.0);
                let (a, b) = (height(left - 2.0), height(left + width + 2.0));
                a.max(b) < baseline - 9.0 || a.min(b) > baseline + 3.0
            }
        };
        let chosen = tries.iter().find(|at| off_line(at) && free(at)).or_else(|| tries.iter().find(|at| free(at)));
        if let (Some(&(left, baseline)), false) = (chosen, text.trim().is_empty()) {
            taken.push([left - 1.0, baseline - 9.0, left + width + 1.0, baseline + 3.0]);
            texts.push(Text { point: at, text, left, baseline });
        }
    }
    texts
}

fn overlap(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}
