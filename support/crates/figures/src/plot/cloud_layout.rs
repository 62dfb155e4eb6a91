//! Where the words of a cloud stand: the largest first, each at the free place nearest to the middle on a spiral.
//!
//! A word's room is the box of its ink, so that "ox" takes less height than "Öl"; boxes keep a gap and never overlap.
//! Nothing is drawn at random: the same words give the same places. Letters are not fitted into each other's holes.

use super::canvas::{Look, SCALE};
use super::colors::INK;
use crate::display::one_line;

/// No word is smaller than this many page pixels.
pub const SMALLEST: f64 = 8.0;
/// No word is larger than this many page pixels.
const LARGEST: f64 = 140.0;
/// Words with more characters are cut in the picture; hovering shows the whole.
const LONGEST: usize = 60;
/// The font size at which words are measured.
const MEASURE: f64 = 48.0;

/// A word of a cloud and the box that it takes, in page pixels from the top left of the cloud's area.
#[derive(Clone, Debug, PartialEq)]
pub struct PlacedWord {
    /// The word as it is drawn.
    pub word: String,
    /// Its place in the input, from 0.
    pub index: usize,
    /// The left edge of its box.
    pub x: f64,
    /// The upper edge of its box.
    pub y: f64,
    /// The width of its box.
    pub width: f64,
    /// The height of its box.
    pub height: f64,
    /// Its font size.
    pub size: f64,
    /// Whether it runs upwards.
    pub vertical: bool,
    /// The middle of its baseline, where it is drawn.
    pub anchor: (f64, f64),
}

/// A word before it has a place: its ink relative to the middle of its baseline, for a font size of 1.
pub struct Shape {
    pub text: String,
    pub index: usize,
    /// Its font size relative to that of the largest word, between 0 and 1.
    pub share: f64,
    pub vertical: bool,
    /// Whether it holds a character that the font lacks.
    pub missing: bool,
    ink: [f64; 4],
}

impl Shape {
    /// Measures a word; `None` when it leaves no ink, as a space does.
    pub fn new(word: &str, index: usize, share: f64, vertical: bool) -> Option<Shape> {
        let word = one_line(word);
        let text: String = match word.char_indices().nth(LONGEST) {
            Some(_) => word.chars().take(LONGEST - 1).chain(['…']).collect(),
            None => word,
        };
        let ink = ink(&text)?;
        // A notebook draws these from a font that has them: an emoji is wider than the box that stands for it.
        let lacking = text.chars().filter(|&c| is_missing(c)).count();
        let extra = 0.4 * lacking as f64;
        let up = if lacking > 0 { 0.25 } else { 0.0 };
        let [left, top, right, bottom] = ink;
        let ink = [left - extra, top - up, right + extra, bottom + up];
        // Turned to the left, what was right is up.
        let ink = if vertical { [ink[1], -ink[2], ink[3], -ink[0]] } else { ink };
        Some(Shape { text, index, share, vertical, missing: lacking > 0, ink })
    }

    /// The width and height of its box for a font size of 1.
    fn extent(&self) -> (f64, f64) {
        (self.ink[2] - self.ink[0], self.ink[3] - self.ink[1])
    }

    fn size(&self, largest: f64) -> f64 {
        ((largest * self.share * 2.0).round() / 2.0).max(SMALLEST)
    }
}

/// The ink of a line of text relative to the middle of its baseline (left, top, right, bottom), for a font size of 1.
fn ink(text: &str) -> Option<[f64; 4]> {
    let font = Look::new(MEASURE, INK).font();
    let line = Look::new(MEASURE, INK).line();
    let mut ink = [i32::MAX, i32::MAX, i32::MIN, i32::MIN];
    let drawn = font.draw(text, (0, 0), |x, y, cover| {
        if cover > 0.0 {
            ink = [ink[0].min(x), ink[1].min(y), ink[2].max(x + 1), ink[3].max(y + 1)];
        }
        Ok::<(), ()>(())
    });
    let advance = font.box_size(text).map_or(0.0, |(width, _)| f64::from(width));
    if drawn.is_err() || ink[0] > ink[2] {
        return None;
    }
    // plotters puts the baseline half a line below the position.
    let (middle, baseline) = (advance / 2.0, (line / 2.0).round());
    // A hundredth more on each side: letters stand on whole pixels.
    let em = MEASURE * SCALE;
    let [left, top, right, bottom] = [ink[0] - 1, ink[1] - 1, ink[2] + 1, ink[3] + 1].map(f64::from);
    Some([(left - middle) / em, (top - baseline) / em, (right - middle) / em, (bottom - baseline) / em])
}

/// Whether the font has no glyph for a character, and draws the box that stands for all of them.
pub fn is_missing(c: char) -> bool {
    // Latin, Greek and Cyrillic are all there.
    if c < '\u{500}' {
        return false;
    }
    let pixels = |c: char| {
        let mut pixels = Vec::new();
        let font = Look::new(16.0, INK).font();
        let drawn = font.draw(c.encode_utf8(&mut [0; 4]), (0, 0), |x, y, cover| {
            pixels.push((x, y, cover.to_bits()));
            Ok::<(), ()>(())
        });
        drawn.is_ok().then_some(pixels)
    };
    pixels(c) == pixels('\u{10ffff}')
}

/// The words at the largest size at which all of them fit, and how many do not fit even at the smallest; these are
/// the last of `shapes`, which come in the order of their size.
pub fn place_all(shapes: &[Shape], (width, height): (f64, f64)) -> (Vec<PlacedWord>, usize) {
    let area: f64 = shapes.iter().map(|shape| shape.extent().0 * shape.extent().1 * shape.share.powi(2)).sum();
    // Words rarely fill more than two thirds of the area.
    let mut largest = (0.66 * width * height / area.max(1e-9)).sqrt().min(LARGEST);
    for shape in shapes {
        let (wide, high) = shape.extent();
        largest = largest.min(0.98 * width / (wide * shape.share)).min(0.98 * height / (high * shape.share));
    }
    let spiral = spiral((width, height));
    loop {
        let placed = place(shapes, largest, (width, height), &spiral);
        if placed.len() == shapes.len() || largest <= SMALLEST {
            let left_out = shapes.len() - placed.len();
            return (placed, left_out);
        }
        largest = (0.95 * largest).max(SMALLEST);
    }
}

/// Places words until one finds no room; at the smallest size such a word is passed over.
fn place(shapes: &[Shape], largest: f64, (width, height): (f64, f64), spiral: &[(f64, f64)]) -> Vec<PlacedWord> {
    let mut boxes: Vec<[f64; 4]> = Vec::with_capacity(shapes.len());
    let mut placed = Vec::with_capacity(shapes.len());
    for shape in shapes {
        let size = shape.size(largest);
        let ink = shape.ink.map(|side| side * size);
        // Wider along the line than across it, so that neighbours do not read as one word.
        let (along, across) = (1.5 + 0.08 * size, 1.0 + 0.04 * size);
        let gap = if shape.vertical { (across, along) } else { (along, across) };
        let room = (ink[2] - ink[0] + 2.0 * gap.0, ink[3] - ink[1] + 2.0 * gap.1);
        let Some((left, top)) = free_place(room, &boxes, (width, height), spiral) else {
            if largest <= SMALLEST {
                continue;
            }
            break;
        };
        boxes.push([left, top, left + room.0, top + room.1]);
        let (x, y) = (left + gap.0, top + gap.1);
        placed.push(PlacedWord {
            word: shape.text.clone(),
            index: shape.index,
            x,
            y,
            width: ink[2] - ink[0],
            height: ink[3] - ink[1],
            size,
            vertical: shape.vertical,
            anchor: (x - ink[0], y - ink[1]),
        });
    }
    placed
}

/// A flat spiral around the middle of an area, from inside to outside, in steps of `STEP` page pixels. Beyond its end
/// all places lie outside.
fn spiral((width, height): (f64, f64)) -> Vec<(f64, f64)> {
    const STEP: f64 = 3.5;
    let (stretch, end) = ((width / height).sqrt(), (width * height / 2.0).sqrt());
    let (mut angle, mut radius) = (0.0f64, 0.0f64);
    let mut places = Vec::new();
    while radius <= end {
        places.push((radius * angle.cos() * stretch, radius * angle.sin() / stretch));
        let turn = STEP / radius.max(STEP);
        angle += turn;
        radius += STEP * turn / std::f64::consts::TAU;
    }
    places
}

/// The first place on the spiral at which a box of this size lies inside and overlaps no other.
fn free_place(
    room: (f64, f64),
    boxes: &[[f64; 4]],
    (width, height): (f64, f64),
    spiral: &[(f64, f64)],
) -> Option<(f64, f64)> {
    let (most_x, most_y) = (width - room.0, height - room.1);
    if most_x < 0.0 || most_y < 0.0 {
        return None;
    }
    let mut blocking = 0;
    for (dx, dy) in spiral {
        let (x, y) = (most_x / 2.0 + dx, most_y / 2.0 + dy);
        if !(0.0..=most_x).contains(&x) || !(0.0..=most_y).contains(&y) {
            continue;
        }
        let (right, bottom) = (x + room.0, y + room.1);
        let hit = |other: &[f64; 4]| x < other[2] && other[0] < right && y < other[3] && other[1] < bottom;
        // The word that was in the way at the last place is mostly still in the way.
        if !boxes.get(blocking).is_some_and(hit) {
            match boxes.iter().position(hit) {
                Some(other) => blocking = other,
                None => return Some((x, y)),
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The ink of a word at the size and place at which it is drawn lies within its box, give or take a file pixel.
    #[test]
    fn the_ink_lies_within_the_box() {
        let words = ["Ångström", "jpgqy", "ox", "“quoted”", "mmmmmmmmmmmmmmmm", "'", "_"];
        let shapes: Vec<Shape> = words
            .iter()
            .enumerate()
            .filter_map(|(at, word)| Shape::new(word, at, 1.0 / (1.0 + at as f64), at % 3 == 1))
            .collect();
        assert_eq!(shapes.len(), words.len());
        let (placed, left_out) = place_all(&shapes, (780.0, 300.0));
        assert_eq!(left_out, 0);
        for word in &placed {
            let mut canvas = super::super::canvas::Canvas::new(400.0);
            super::super::cloud::draw_word(&mut canvas, word, INK, (10.0, 50.0));
            let [left, top, right, bottom] = canvas.ink().map(|side| f64::from(side) / SCALE);
            let (x, y) = (word.x + 10.0, word.y + 50.0);
            assert!(left >= x - 1.0 && top >= y - 1.0, "{word:?}: ink begins at {left}, {top}");
            assert!(
                right <= x + word.width + 1.0 && bottom <= y + word.height + 1.0,
                "{word:?}: ink ends at {right}, {bottom}"
            );
            assert!(right - left > word.width - 5.0 && bottom - top > word.height - 5.0, "{word:?} is smaller");
        }
    }

    #[test]
    fn what_the_font_lacks_is_known() {
        for c in ['日', '🦀', '\u{fffff}'] {
            assert!(is_missing(c), "{c}");
        }
        for c in ['a', 'é', 'ж', 'ω', '…', '€', 'א', 'م', '😀'] {
            assert!(!is_missing(c), "{c}");
        }
    }
}
