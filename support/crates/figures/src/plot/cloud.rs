//! A word cloud: words in sizes that follow their weights, none on top of another, the same picture every time.
//!
//! A glance at what is frequent, no more: long words look heavier than they are, and areas are hard to compare. For
//! numbers take [`bars`](super::bars). Leave stop words out before. After Feinberg's Wordle (2010), with boxes.

use super::axes::{plain_number, thousands};
use super::canvas::{Align, Canvas, Look, TEXT, WIDTH, draw_title, title_height, title_lines, wrap};
use super::cloud_colors::{Colors, Ink};
use super::cloud_layout::{PlacedWord, SMALLEST, Shape, place_all};
use super::colors::{GREY, Rgb};
use super::vega;
use crate::display::{Figure, one_line};
use ground::values::{finite, same_length};
use ground::{Labels, Numbers};
use ground::{Result, bail};
use serde_json::{Value, json};

const NAME: &str = "plot::word_cloud";
const MARGIN: f64 = 10.0;

/// A word cloud. [`draw`](Self::draw) makes the figure, [`layout`](Self::layout) only the places of the words.
#[derive(Clone, Debug)]
pub struct WordCloud {
    title: String,
    words: Result<Vec<String>>,
    weights: Result<Vec<f64>>,
    weight_title: String,
    colors: Colors,
    most: usize,
    height: f64,
    vertical: bool,
}

/// Everything that is checked and placed.
struct Cloud {
    words: Vec<String>,
    weights: Vec<f64>,
    placed: Vec<PlacedWord>,
    /// Words beyond the asked number.
    beyond: usize,
    /// Words that weigh nothing.
    zero: usize,
    /// Words without room even at the smallest size.
    no_room: usize,
    /// Words with a character that the font lacks.
    missing: usize,
}

impl WordCloud {
    /// Words and their weights: counts, or other numbers of which none is below 0.
    pub fn new(title: &str, words: &dyn Labels, weights: &dyn Numbers) -> Self {
        WordCloud {
            title: one_line(title),
            words: words.labels(),
            weights: weights.numbers(),
            weight_title: "weight".to_owned(),
            colors: Colors::Weight,
            most: 150,
            height: 380.0,
            vertical: false,
        }
    }

    /// What the weights are, with their unit: "occurrences". The note under the title and the tooltip say it.
    pub fn weight(mut self, title: &str) -> Self {
        self.weight_title = one_line(title);
        self
    }

    /// At most this many words, the heaviest; 150 unless set.
    pub fn most(mut self, words: usize) -> Self {
        self.most = words;
        self
    }

    /// Colours each word by a signed value, red above zero, blue below, grey at zero; `title` says what it is.
    pub fn signed(mut self, title: &str, values: &dyn Numbers) -> Self {
        self.colors = Colors::Signed { title: one_line(title), values: values.numbers() };
        self
    }

    /// Colours each word by its group, in the order in which groups first appear; at most 8.
    pub fn groups(mut self, groups: &dyn Labels) -> Self {
        self.colors = Colors::Groups(groups.labels());
        self
    }

    /// The height of the words' area in page pixels, from 100 to 2,000; 380 unless set. The width is 780.
    pub fn height(mut self, pixels: f64) -> Self {
        self.height = pixels;
        self
    }

    /// Lets every third word run upwards.
    pub fn vertical(mut self) -> Self {
        self.vertical = true;
        self
    }

    /// The words and their boxes, the heaviest first.
    ///
    /// Errors: as [`draw`](Self::draw).
    pub fn layout(&self) -> Result<Vec<PlacedWord>> {
        Ok(self.place()?.placed)
    }

    /// The figure: interactive, with a picture and a text line.
    ///
    /// The area of a word's letters is proportional to its weight. Where letters would be smaller than 8 pixels they
    /// are drawn at 8, and where there is no room even then, words are left out; the note under the title says both. A
    /// word of more than 60 characters is cut. The picture's font lacks Chinese characters and many emoji and draws a
    /// box for each; it does not join Arabic letters and writes them from left to right. The interactive chart shows
    /// all of these with the browser's fonts.
    ///
    /// Errors: no words, unequal numbers of words and weights, a weight that is negative or not finite, a blank word,
    /// no weight above 0, more than 8 groups.
    pub fn draw(&self) -> Result<Figure> {
        let cloud = self.place()?;
        let colors = self.colors.ink(&cloud.placed, &cloud.weights)?;
        let note = self.note(&cloud);
        let description = self.description(&cloud, &note);
        let png = self.png(&cloud, &note, &colors)?;
        let vega = self.vega(&cloud, &note, &colors, &description);
        Ok(Figure::new(&self.title, description).with_png(png).with_vega(vega))
    }

    fn place(&self) -> Result<Cloud> {
        let (words, weights) = (self.words.clone()?, self.weights.clone()?);
        same_length(NAME, ("words", words.len()), ("weights", weights.len()))?;
        finite(NAME, "the weights", &weights)?;
        if let Some(at) = weights.iter().position(|&weight| weight < 0.0) {
            bail!(
                "{NAME}: weight {at} (“{}”) is {}; a size cannot be below 0. Give the size as weight and the signed \
                 value with `.signed(…)`",
                one_line(&words[at]),
                weights[at]
            );
        }
        if !(100.0..=2000.0).contains(&self.height) {
            bail!("{NAME}: a height of {} pixels; give 100 to 2,000", self.height);
        }
        if self.most == 0 {
            bail!("{NAME}: `.most(0)` leaves no word; give at least 1");
        }
        let mut order: Vec<usize> = (0..words.len()).filter(|&at| weights[at] > 0.0).collect();
        let zero = words.len() - order.len();
        order.sort_by(|&a, &b| weights[b].total_cmp(&weights[a]).then_with(|| words[a].cmp(&words[b])));
        let beyond = order.len().saturating_sub(self.most);
        order.truncate(self.most);
        let Some(&first) = order.first() else { bail!("{NAME}: all weights are 0; give at least one above 0") };
        let mut shapes = Vec::with_capacity(order.len());
        for (rank, &at) in order.iter().enumerate() {
            // The ratio of two subnormal numbers may be anything between 0 and 1.
            let share = (weights[at] / weights[first]).sqrt().max(1e-6);
            let Some(shape) = Shape::new(&words[at], at, share, self.vertical && rank % 3 == 2) else {
                bail!("{NAME}: word {at} (“{}”) is blank; leave it out", one_line(&words[at]));
            };
            shapes.push(shape);
        }
        let missing = shapes.iter().filter(|shape| shape.missing).count();
        let (placed, no_room) = place_all(&shapes, (WIDTH - 2.0 * MARGIN, self.height));
        Ok(Cloud { words, weights, placed, beyond, zero, no_room, missing })
    }

    /// What the size means and what is not shown.
    fn note(&self, cloud: &Cloud) -> String {
        let mut note = format!("The area of the letters is proportional to the weight ({})", self.weight_title);
        let largest = cloud.placed.first().map_or(0.0, |word| word.size / cloud.weights[word.index].sqrt());
        let floor = cloud.placed.iter().filter(|word| largest * cloud.weights[word.index].sqrt() < SMALLEST - 0.25);
        let words = |count: usize| if count == 1 { "1 word".to_owned() } else { format!("{} words", thousands(count)) };
        match floor.count() {
            0 => {}
            count => note.push_str(&format!("; {} would be too small to read and stand at 8 pixels", words(count))),
        }
        if cloud.beyond > 0 {
            note.push_str(&format!("; the {} heaviest, {} left out", thousands(self.most), words(cloud.beyond)));
        }
        if cloud.no_room > 0 {
            note.push_str(&format!("; {} found no room", words(cloud.no_room)));
        }
        if cloud.zero > 0 {
            note.push_str(&format!("; {} of weight 0 left out", words(cloud.zero)));
        }
        if cloud.missing > 0 {
            let count = words(cloud.missing);
            note.push_str(&format!("; {count} with characters that the picture's font lacks, drawn as boxes"));
        }
        note + "."
    }

    fn description(&self, cloud: &Cloud, note: &str) -> String {
        let title = if self.title.is_empty() { String::new() } else { format!("{}; ", self.title) };
        let count = match cloud.placed.len() {
            1 => "1 word".to_owned(),
            n => format!("{} words", thousands(n)),
        };
        let first: Vec<String> = cloud
            .placed
            .iter()
            .take(8)
            .map(|word| format!("{} {}", word.word, plain_number(cloud.weights[word.index])))
            .collect();
        format!("Word cloud: {title}{count}; largest: {}. {note}", first.join(", "))
    }

    fn png(&self, cloud: &Cloud, note: &str, ink: &Ink) -> Result<Vec<u8>> {
        let title = title_lines(&self.title);
        let note = wrap(note, WIDTH - 20.0, note_look(), 2);
        let top = title_height(&title) + 12.0 + 16.0 * note.len() as f64;
        let legend = ink.items(self.height + 12.0);
        let mut canvas = Canvas::new(top + self.height + 10.0 + legend.height);
        let below = draw_title(&mut canvas, &title);
        for (at, line) in note.iter().enumerate() {
            canvas.text((MARGIN, below + 8.0 + 16.0 * at as f64), Align::Left, note_look(), line);
        }
        for (word, &color) in cloud.placed.iter().zip(&ink.of) {
            draw_word(&mut canvas, word, color, (MARGIN, top));
        }
        legend.draw(&mut canvas, (MARGIN, top));
        canvas.png()
    }

    fn vega(&self, cloud: &Cloud, note: &str, ink: &Ink, description: &str) -> Value {
        let words: Vec<Value> = cloud
            .placed
            .iter()
            .zip(&ink.of)
            .enumerate()
            .map(|(at, (word, color))| {
                let mut row = json!({"text": word.word, "word": one_line(&cloud.words[word.index]), "size": word.size,
                    "weight": cloud.weights[word.index], "x": round(word.anchor.0), "y": round(word.anchor.1),
                    "angle": if word.vertical { 270 } else { 0 }, "color": color.hex()});
                if let Some(meaning) = ink.meanings.get(at) {
                    row["meaning"] = json!(meaning);
                }
                row
            })
            .collect();
        let legend = ink.items(self.height + 12.0);
        let (width, height) = (WIDTH - 2.0 * MARGIN, self.height + legend.height);
        let (x, y) = (pixels("x", [0.0, width]), pixels("y", [height, 0.0]));
        let mut tips = vec![vega::tip("word", "word", false), vega::tip("weight", &self.weight_title, true)];
        if !ink.title.is_empty() {
            tips.push(vega::tip("meaning", &ink.title, false));
        }
        let mut layers = vec![json!({"data": {"values": words},
            "mark": {"type": "text", "align": "center", "baseline": "alphabetic"},
            "encoding": {
                "x": x, "y": y, "text": {"field": "text"},
                "size": {"field": "size", "type": "quantitative", "scale": null},
                "angle": {"field": "angle", "type": "quantitative", "scale": null},
                "color": {"field": "color", "type": "nominal", "scale": null}, "tooltip": tips}})];
        layers.extend(legend.vega(&x, &y));
        let mut chart = vega::chart(&self.title, description, (width, height), layers);
        chart["title"]["subtitle"] = json!(wrap(note, WIDTH - 20.0, note_look(), 2));
        chart
    }
}

/// Draws a word where the layout has put it; `corner` is the top left of the cloud's area.
pub fn draw_word(canvas: &mut Canvas, word: &PlacedWord, color: Rgb, corner: (f64, f64)) {
    let (at, look) = ((corner.0 + word.anchor.0, corner.1 + word.anchor.1), Look::new(word.size, color));
    if word.vertical {
        canvas.text_upwards(at, look, &word.word);
    } else {
        canvas.text(at, Align::Center, look, &word.word);
    }
}

/// A channel that takes page pixels as they are.
fn pixels(field: &str, domain: [f64; 2]) -> Value {
    json!({"field": field, "type": "quantitative", "axis": null,
           "scale": {"domain": domain, "nice": false, "zero": false}})
}

fn note_look() -> Look {
    Look::new(TEXT - 1.0, GREY)
}

fn round(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}
