//! The heat strip: tokens as chips in the colour of their scores, drawn as HTML, as a picture and as text.
//!
//! `tokens` checks the attribution and says what the numbers under the chips are.

use super::facts::{BOX, UNKNOWN, draw_facts, facts_html, facts_line, facts_lines, heading, is_unknown, names};
use super::scale::Scale;
use crate::attribution::Attribution;
use figures::display::{Figure, escape_html, one_line};
use figures::plot::axes::minus;
use figures::plot::canvas::{
    Align, Canvas, Look, TEXT, WIDTH, draw_title, text_width, title_height, title_lines, wrap,
};
use figures::plot::colors::{GREY, GRID, INK};
use ground::Result;
use std::fmt::Write as _;

/// Of more tokens than this, the first ones are shown.
const MOST: usize = 500;

/// The figure for an attribution that has been checked.
pub(super) fn draw(attribution: &Attribution) -> Result<Figure> {
    let (count, scale) = (attribution.tokens.len(), Scale::of(attribution));
    let mut title = one_line(&heading(attribution));
    if count > MOST {
        let _ = write!(title, " · the first {MOST} of {count} tokens");
    }
    let chips: Vec<Chip> = names(attribution)
        .into_iter()
        .zip(&attribution.scores)
        .take(MOST)
        .enumerate()
        .map(|(at, (name, &score))| Chip { name, score, unknown: is_unknown(attribution, at) })
        .collect();
    let strip = Strip { attribution, title, chips, scale };
    Ok(Figure::new(&strip.title, strip.plain()).with_html(strip.html()).with_png(strip.png()?))
}

struct Chip {
    name: String,
    score: f64,
    unknown: bool,
}

struct Strip<'a> {
    attribution: &'a Attribution,
    title: String,
    chips: Vec<Chip>,
    scale: Scale,
}

impl Strip<'_> {
    fn note(&self) -> Option<&'static str> {
        self.chips.iter().any(|chip| chip.unknown).then_some(UNKNOWN)
    }

    fn plain(&self) -> String {
        let chip = |chip: &Chip| format!("{} ({})", chip.name, self.scale.number(chip.score));
        let chips: Vec<String> = self.chips.iter().map(chip).collect();
        let more = match self.attribution.tokens.len() - self.chips.len() {
            0 => String::new(),
            more => format!(" … and {more} more tokens"),
        };
        format!("Token scores: {}{more}\n{}", chips.join(" "), facts_line(self.attribution))
    }

    fn html(&self) -> String {
        let mut out = format!("{BOX}<span style=\"font-weight:bold\">{}</span><br>", escape_html(&self.title));
        for chip in &self.chips {
            let color = self.scale.color(chip.score);
            let border = if chip.unknown { "1px dashed #595959" } else { "1px solid #e0e0e0" };
            let _ = write!(
                out,
                "<span style=\"display:inline-block;text-align:center;margin:3px 2px;padding:1px 5px;border-radius:3px;\
                 border:{border};background-color:{};color:{};white-space:pre-wrap\">{}<br>\
                 <span style=\"font-size:10px\">{}</span></span> ",
                color.hex(),
                color.text().hex(),
                escape_html(&chip.name),
                minus(&self.scale.number(chip.score))
            );
        }
        let _ = write!(out, "<br>{}<br>", self.scale.html());
        if let Some(note) = self.note() {
            let _ = write!(out, "<span style=\"font-size:12px;color:#595959\">{note}</span><br>");
        }
        let _ = write!(out, "{}</div>", facts_html(self.attribution));
        out
    }

    fn png(&self) -> Result<Vec<u8>> {
        let (token_look, small) = (Look::new(13.0, INK), Look::new(9.5, INK));
        let title = title_lines(&self.title);
        // Lay the chips out in rows first: the height of the canvas depends on them.
        let (mut x, mut y) = (10.0, title_height(&title) + 6.0);
        let mut places = Vec::new();
        for chip in &self.chips {
            let text = wrap(&chip.name, WIDTH - 60.0, token_look, 1).remove(0);
            let label = minus(&self.scale.number(chip.score));
            let width = text_width(&text, token_look).max(text_width(&label, small)) + 12.0;
            if x + width > WIDTH - 10.0 && x > 10.0 {
                (x, y) = (10.0, y + 40.0);
            }
            places.push((x, y, width, text, label));
            x += width + 4.0;
        }
        let (facts, note) = (facts_lines(self.attribution), self.note());
        let legend = y + 52.0;
        let below = legend + if note.is_some() { 18.0 } else { 0.0 };
        let mut canvas = Canvas::new(below + 30.0 + 18.0 * facts.len() as f64);
        draw_title(&mut canvas, &title);
        for (chip, (x, y, width, text, label)) in self.chips.iter().zip(&places) {
            let color = self.scale.color(chip.score);
            canvas.rect(*x, *y, *width, 36.0, GRID);
            canvas.rect(x + 0.5, y + 0.5, width - 1.0, 35.0, color);
            if chip.unknown {
                let (right, bottom) = (x + width - 0.5, y + 35.5);
                for (from, to) in [
                    ((x + 0.5, y + 0.5), (right, y + 0.5)),
                    ((x + 0.5, bottom), (right, bottom)),
                    ((x + 0.5, y + 0.5), (x + 0.5, bottom)),
                    ((right, y + 0.5), (right, bottom)),
                ] {
                    canvas.dashed(from, to, GREY);
                }
            }
            let (ink, middle) = (color.text(), x + width / 2.0);
            canvas.text((middle, y + 17.0), Align::Center, Look { color: ink, ..token_look }, text);
            canvas.text((middle, y + 30.0), Align::Center, Look { color: ink, ..small }, label);
        }
        self.scale.draw(&mut canvas, legend);
        if let Some(note) = note {
            canvas.text((10.0, legend + 18.0), Align::Left, Look::new(TEXT - 1.0, GREY), note);
        }
        draw_facts(&mut canvas, below + 30.0, &facts);
        canvas.png()
    }
}
