//! The LIME panel as a picture: the same parts as the HTML, drawn on a canvas.
//!
//! It only lays out what `lime_panel` has checked and prepared.

use super::facts::{draw_facts, facts_lines};
use super::lime_content::Panel;
use super::scale::signed;
use figures::display::one_line;
use figures::plot::axes::minus;
use figures::plot::canvas::{Align, Canvas, Look, TEXT, WIDTH, text_width, wrap};
use figures::plot::colors::{GREY, INK, diverging, sequential, sign};
use ground::Result;

const ROW: f64 = 20.0;
const LINE: f64 = 21.0;
/// Where the column of words begins.
const RIGHT: f64 = 330.0;

/// Draws the panel.
pub(crate) fn draw(panel: &Panel) -> Result<Vec<u8>> {
    let plain = Look::new(TEXT, INK);
    let facts = facts_lines(panel.attribution);
    let rows = panel.classes.len().max(panel.words.len() + usize::from(panel.more > 0));
    let text_top = 48.0 + ROW * rows as f64;
    let (runs, lines) = flow(panel);
    let below = text_top + 26.0 + LINE * lines as f64 + 10.0;
    let mut canvas = Canvas::new(below + 36.0 + 18.0 * facts.len() as f64);

    canvas.text((10.0, 22.0), Align::Left, plain.bold(), "Class probabilities");
    let widest = panel.classes.iter().map(|(class, _)| text_width(class, plain.bold())).fold(0.0, f64::max).min(130.0);
    for (at, (class, p)) in panel.classes.iter().enumerate() {
        let y = 34.0 + ROW * at as f64;
        let look = if at == panel.attribution.target { plain.bold() } else { plain };
        let name = wrap(class, 130.0, look, 1).remove(0);
        canvas.text((10.0 + widest, y + 14.0), Align::Right, look, &name);
        canvas.rect(18.0 + widest, y + 3.0, 110.0 * p, 14.0, sequential(0.25 + 0.75 * p));
        canvas.text((24.0 + widest + 110.0 * p, y + 14.0), Align::Left, plain, &format!("{p:.2}"));
    }

    let heading = wrap(&panel.heading(), WIDTH - RIGHT - 10.0, plain.bold(), 1).remove(0);
    canvas.text((RIGHT, 22.0), Align::Left, plain.bold(), &heading);
    let widest = panel.words.iter().map(|(word, _)| text_width(word, plain)).fold(0.0, f64::max).min(150.0);
    let number = Look::new(TEXT - 1.0, GREY);
    let room =
        panel.words.iter().map(|(_, score)| text_width(&signed(*score, panel.digits), number)).fold(0.0, f64::max);
    // Words, then both sides of the zero line with room for the numbers; a side without bars takes no room.
    let start = RIGHT + widest + 12.0;
    let side = |negative: bool| panel.words.iter().any(|word| (word.1 < 0.0) == negative);
    let sides = f64::from(u8::from(side(true))) + f64::from(u8::from(side(false)));
    let length = ((WIDTH - 20.0 - start) / sides.max(1.0) - room - 8.0).min(150.0);
    let zero = start + if side(true) { length + room + 8.0 } else { 0.0 };
    for (at, (word, score)) in panel.words.iter().enumerate() {
        let y = 34.0 + ROW * at as f64;
        let bar = if panel.largest > 0.0 { length * score.abs() / panel.largest } else { 0.0 };
        canvas.text((RIGHT + widest, y + 14.0), Align::Right, plain, &wrap(word, 150.0, plain, 1).remove(0));
        let (x, text, align) = if *score < 0.0 {
            (zero - bar, zero - bar - 5.0, Align::Right)
        } else {
            (zero, zero + bar + 5.0, Align::Left)
        };
        canvas.rect(x, y + 3.0, bar, 14.0, sign(*score));
        canvas.text((text, y + 14.0), align, number, &minus(&signed(*score, panel.digits)));
    }
    canvas.line(&[(zero, 34.0), (zero, 34.0 + ROW * panel.words.len() as f64)], 0.5, GREY);
    if let Some(more) = panel.more_line() {
        canvas.text((RIGHT, 48.0 + ROW * panel.words.len() as f64), Align::Left, number, &more);
    }

    canvas.text((10.0, text_top + 8.0), Align::Left, plain.bold(), "Text with highlighted words");
    for run in runs {
        let y = text_top + 30.0 + LINE * run.line as f64;
        match run.score {
            None => canvas.text((run.x, y), Align::Left, text_look(), &run.text),
            Some(score) => {
                let color = diverging(score, panel.largest);
                canvas.rect(run.x - 1.0, y - 13.0, text_width(&run.text, text_look()) + 2.0, 17.0, color);
                canvas.text((run.x, y), Align::Left, Look { color: color.text(), ..text_look() }, &run.text);
            }
        }
    }
    panel.scale.draw(&mut canvas, below + 10.0);
    draw_facts(&mut canvas, below + 36.0, &facts);
    canvas.png()
}

fn text_look() -> Look {
    Look::new(13.0, INK)
}

/// A piece of the text with its place.
struct Run {
    x: f64,
    line: usize,
    text: String,
    score: Option<f64>,
}

/// Breaks the text into lines between its pieces, and at its own line breaks. Returns the pieces and the lines' number.
fn flow(panel: &Panel) -> (Vec<Run>, usize) {
    let (left, right) = (11.0, WIDTH - 11.0);
    let (mut x, mut line) = (left, 0);
    let mut runs = Vec::new();
    for (piece, score) in &panel.pieces {
        for (at, part) in piece.split('\n').enumerate() {
            if at > 0 {
                (x, line) = (left, line + 1);
            }
            for bit in wrap_all(part, right - left) {
                let width = text_width(&bit, text_look());
                if x + width > right && x > left {
                    (x, line) = (left, line + 1);
                }
                if x == left && score.is_none() && bit.trim().is_empty() {
                    continue;
                }
                runs.push(Run { x, line, text: bit, score: *score });
                x += width;
            }
        }
    }
    (runs, line + 1)
}

/// `part` as it is when it fits a line, else in as many pieces as it needs.
fn wrap_all(part: &str, width: f64) -> Vec<String> {
    let part = one_line(part);
    if part.is_empty() {
        Vec::new()
    } else if text_width(&part, text_look()) <= width {
        vec![part]
    } else {
        wrap(&part, width, text_look(), usize::MAX)
    }
}
