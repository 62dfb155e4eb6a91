//! The colours of a word cloud and the legend that explains them: by weight, by a signed value, by group.
//!
//! The legend stands below the words, in the picture and in the interactive chart alike. All colours can be read as
//! text on white, so zero is grey here and not white, and the palette is darkened.

use super::axes::plain_number;
use super::canvas::{Align, Canvas, Look, TEXT, WIDTH, text_width, wrap};
use super::cloud_layout::PlacedWord;
use super::colors::{INK, PALETTE, Rgb, legible, sequential, signed_ink};
use crate::display::one_line;
use ground::values::{finite, same_length};
use ground::{Result, bail};
use serde_json::{Value, json};

const NAME: &str = "plot::word_cloud";

/// What the colour of a word says.
#[derive(Clone, Debug)]
pub enum Colors {
    Weight,
    Signed { title: String, values: Result<Vec<f64>> },
    Groups(Result<Vec<String>>),
}

/// The colours of the placed words.
pub struct Ink {
    pub of: Vec<Rgb>,
    /// What the colour says: the title of the signed value, "group", or nothing.
    pub title: String,
    /// The value or the group of each word, for the tooltip; none when colours follow the weights.
    pub meanings: Vec<String>,
    key: Key,
}

enum Key {
    None,
    Signed(f64),
    Groups(Vec<String>),
}

impl Colors {
    /// The colours of `placed`, words of an input with these `weights`.
    pub fn ink(&self, placed: &[PlacedWord], weights: &[f64]) -> Result<Ink> {
        match self {
            Colors::Weight => {
                // Only the dark part of the scale can be read as text.
                let most = placed.iter().map(|word| weights[word.index]).fold(f64::MIN_POSITIVE, f64::max);
                let color =
                    |word: &PlacedWord| legible(sequential(0.7 + 0.3 * steps((weights[word.index] / most).sqrt())));
                let of = placed.iter().map(color).collect();
                Ok(Ink { of, title: String::new(), meanings: Vec::new(), key: Key::None })
            }
            Colors::Signed { title, values } => {
                let values = values.clone()?;
                same_length(NAME, ("words", weights.len()), ("signed values", values.len()))?;
                finite(NAME, "the signed values", &values)?;
                let shown: Vec<f64> = placed.iter().map(|word| values[word.index]).collect();
                let largest = shown.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
                let ratio = |value: f64| if largest > 0.0 { steps(value / largest) } else { 0.0 };
                let of = shown.iter().map(|&value| signed_ink(ratio(value), 1.0)).collect();
                let meanings = shown.iter().map(|&value| signed(value)).collect();
                Ok(Ink { of, title: title.clone(), meanings, key: Key::Signed(largest) })
            }
            Colors::Groups(groups) => {
                let groups = groups.clone()?;
                same_length(NAME, ("words", weights.len()), ("groups", groups.len()))?;
                let mut names: Vec<String> = Vec::new();
                for name in groups.iter().map(|name| one_line(name)) {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                let most = PALETTE.len();
                if names.len() > most {
                    bail!("{NAME}: {} groups, but only {most} colours can be told apart; merge some", names.len());
                }
                let meanings: Vec<String> = placed.iter().map(|word| one_line(&groups[word.index])).collect();
                let place = |name: &String| names.iter().position(|other| other == name).unwrap_or(0);
                let of = meanings.iter().map(|name| legible(PALETTE[place(name)])).collect();
                Ok(Ink { of, title: "group".to_owned(), meanings, key: Key::Groups(names) })
            }
        }
    }
}

/// The legend as squares and texts, in page pixels from the top left of the words' area.
pub struct Items {
    pub height: f64,
    squares: Vec<(f64, f64, Rgb)>,
    texts: Vec<(f64, f64, String)>,
}

const SQUARE: f64 = 10.0;
/// Colours between grey and an end.
const STEPS: usize = 5;

impl Ink {
    /// The legend below `top`; it has no height when there is nothing to explain.
    pub fn items(&self, top: f64) -> Items {
        let mut items = Items { height: 0.0, squares: Vec::new(), texts: Vec::new() };
        match &self.key {
            Key::None => {}
            Key::Signed(largest) => {
                let low = signed(-largest);
                let start = text_width(&low, look()) + 6.0;
                items.texts.push((0.0, top + 14.0, low));
                for step in 0..2 * STEPS + 1 {
                    let share = step as f64 / STEPS as f64 - 1.0;
                    items.squares.push((start + SQUARE * step as f64, top + 5.0, signed_ink(share, 1.0)));
                }
                let text = format!("{} {}", signed(*largest), self.title);
                let x = start + SQUARE * (2 * STEPS + 1) as f64 + 6.0;
                items.texts.push((x, top + 14.0, wrap(&text, WIDTH - 40.0 - x, look(), 1).remove(0)));
                items.height = 26.0;
            }
            Key::Groups(names) => {
                let (mut x, mut y) = (0.0, top + 5.0);
                for (name, color) in names.iter().zip(PALETTE) {
                    let name = wrap(name, 300.0, look(), 1).remove(0);
                    let width = SQUARE + 5.0 + text_width(&name, look());
                    if x > 0.0 && x + width > WIDTH - 20.0 {
                        (x, y) = (0.0, y + 18.0);
                    }
                    items.squares.push((x, y, legible(color)));
                    items.texts.push((x + SQUARE + 5.0, y + 9.0, name));
                    x += width + 20.0;
                }
                items.height = y - top + 21.0;
            }
        }
        items
    }
}

impl Items {
    /// Draws the legend; `corner` is the top left of the words' area.
    pub fn draw(&self, canvas: &mut Canvas, corner: (f64, f64)) {
        for &(x, y, color) in &self.squares {
            canvas.rect(corner.0 + x, corner.1 + y, SQUARE, SQUARE, color);
        }
        for (x, y, text) in &self.texts {
            canvas.text((corner.0 + x, corner.1 + y), Align::Left, look(), text);
        }
    }

    /// The layers of the interactive chart, on its channels for pixels.
    pub fn vega(&self, x: &Value, y: &Value) -> Vec<Value> {
        if self.height == 0.0 {
            return Vec::new();
        }
        let middle = SQUARE / 2.0;
        let squares: Vec<Value> = self
            .squares
            .iter()
            .map(|(x, y, color)| json!({"x": x + middle, "y": y + middle, "color": color.hex()}))
            .collect();
        let texts: Vec<Value> = self.texts.iter().map(|(x, y, text)| json!({"x": x, "y": y, "text": text})).collect();
        vec![
            json!({"data": {"values": squares}, "mark": {"type": "square", "opacity": 1, "size": SQUARE * SQUARE},
                "encoding": {"x": x, "y": y, "color": {"field": "color", "type": "nominal", "scale": null}}}),
            json!({"data": {"values": texts},
                "mark": {"type": "text", "align": "left", "baseline": "alphabetic", "fontSize": TEXT,
                         "color": INK.hex()},
                "encoding": {"x": x, "y": y, "text": {"field": "text"}}}),
        ]
    }
}

/// A share in few steps: every colour of a picture needs its own shades at the edges of letters.
fn steps(share: f64) -> f64 {
    (share * STEPS as f64).round() / STEPS as f64
}

fn signed(value: f64) -> String {
    if value > 0.0 { format!("+{}", plain_number(value)) } else { plain_number(value) }
}

fn look() -> Look {
    Look::new(TEXT, INK)
}
