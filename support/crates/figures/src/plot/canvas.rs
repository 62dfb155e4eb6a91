//! A white bitmap to draw on, in the pixels of the page, at twice their number; plotters does the rasterising.
//!
//! Every figure is [`WIDTH`] wide, so that text has the same size in all of them: the file has 1,600 pixels across, and
//! a notebook column, which is 700–1,000 wide, scales it down. (The kernel cannot tell the notebook a display width.)

use super::colors::{INK, Rgb};
use crate::display::{encode, one_line};
use ground::{Error, Result};
use plotters::prelude::{
    BitMapBackend, Color, DrawingBackend, FontDesc, FontFamily, FontStyle, FontTransform, RGBColor,
};
use plotters::style::{ShapeStyle, TextStyle, register_font};
use std::sync::OnceLock;

/// The width of every figure in page pixels.
pub const WIDTH: f64 = 800.0;
/// The size of ordinary text in page pixels.
pub const TEXT: f64 = 12.0;
/// File pixels per page pixel.
pub const SCALE: f64 = 2.0;
/// plotters measures a font by its line, CSS by its em; in DejaVu Sans a line is 1.164 em.
const LINE_PER_EM: f64 = 1.164;

/// Where a text stands relative to its x.
#[derive(Clone, Copy, PartialEq)]
pub enum Align {
    Left,
    Center,
    Right,
}

/// The shape of a point; groups differ in shape and colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Marker {
    Circle,
    Square,
    Triangle,
    Diamond,
}

/// The bitmap.
pub struct Canvas {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
    colors: usize,
    error: Option<Error>,
}

impl Canvas {
    /// A white canvas, [`WIDTH`] × `height` page pixels.
    pub fn new(height: f64) -> Self {
        let (width, height) = ((WIDTH * SCALE) as u32, (height * SCALE).ceil() as u32);
        Canvas { width, height, pixels: vec![255; width as usize * height as usize * 3], colors: 64, error: None }
    }

    /// Keeps 256 colours in the file in place of 64, for figures with a scale of colours.
    pub fn with_all_colors(mut self) -> Self {
        self.colors = 256;
        self
    }

    /// A filled rectangle.
    pub fn rect(&mut self, x: f64, y: f64, width: f64, height: f64, color: Rgb) {
        if width <= 0.0 || height <= 0.0 {
            return;
        }
        let (from, to) = ((pixel(x), pixel(y)), (pixel(x + width), pixel(y + height)));
        self.draw(|backend| backend.draw_rect(from, to, &style(color, 1.0), true));
    }

    /// A line through points, with round ends and joints.
    pub fn line(&mut self, points: &[(f64, f64)], width: f64, color: Rgb) {
        for pair in points.windows(2) {
            self.stroke(pair[0], pair[1], width, color, 1.0);
        }
    }

    /// One straight stroke: every pixel is covered by how far it lies from the middle of the line. (plotters rounds
    /// the corners of a wide line to whole pixels, so that its pieces differ in thickness.)
    fn stroke(&mut self, from: (f64, f64), to: (f64, f64), width: f64, color: Rgb, opacity: f64) {
        let (a, b, half) = ((from.0 * SCALE, from.1 * SCALE), (to.0 * SCALE, to.1 * SCALE), width * SCALE / 2.0);
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let squared = dx * dx + dy * dy;
        let range = |p: f64, q: f64, size: u32| {
            let (low, high) = ((p.min(q) - half - 1.0).floor(), (p.max(q) + half + 1.0).ceil());
            (low.max(0.0) as u32)..(high.clamp(0.0, f64::from(size)) as u32)
        };
        for row in range(a.1, b.1, self.height) {
            for column in range(a.0, b.0, self.width) {
                let (x, y) = (f64::from(column) + 0.5 - a.0, f64::from(row) + 0.5 - a.1);
                let along = if squared > 0.0 { ((x * dx + y * dy) / squared).clamp(0.0, 1.0) } else { 0.0 };
                let cover = (half + 0.5 - (x - along * dx).hypot(y - along * dy)).clamp(0.0, 1.0) * opacity;
                if cover > 0.0 {
                    let at = (row as usize * self.width as usize + column as usize) * 3;
                    for (old, new) in self.pixels[at..at + 3].iter_mut().zip([color.0, color.1, color.2]) {
                        *old = (f64::from(*old) + (f64::from(new) - f64::from(*old)) * cover).round() as u8;
                    }
                }
            }
        }
    }

    /// A dashed straight line.
    pub fn dashed(&mut self, from: (f64, f64), to: (f64, f64), color: Rgb) {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let length = dx.hypot(dy);
        let mut at = 0.0;
        while at < length {
            let point = |t: f64| (from.0 + dx * t / length, from.1 + dy * t / length);
            self.line(&[point(at), point((at + 5.0).min(length))], 1.0, color);
            at += 9.0;
        }
    }

    /// A filled polygon with the given opacity.
    pub fn polygon(&mut self, points: &[(f64, f64)], color: Rgb, opacity: f64) {
        let points: Vec<(i32, i32)> = points.iter().map(|&point| position(point)).collect();
        self.draw(|backend| backend.fill_polygon(points, &style(color, opacity)));
    }

    /// A point of a scatter plot, `radius` page pixels around its middle.
    pub fn marker(&mut self, marker: Marker, (x, y): (f64, f64), radius: f64, color: Rgb, opacity: f64) {
        let r = radius * if marker == Marker::Circle { 1.0 } else { 1.15 };
        match marker {
            Marker::Circle => {
                // On whole pixels, so that all circles are alike: smaller files.
                let middle = ((x * SCALE).round() / SCALE, (y * SCALE).round() / SCALE);
                self.stroke(middle, middle, 2.0 * r, color, opacity);
            }
            Marker::Square => {
                let r = r * 0.85;
                self.polygon(&[(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)], color, opacity);
            }
            Marker::Triangle => self.polygon(&[(x, y - r), (x + r, y + 0.8 * r), (x - r, y + 0.8 * r)], color, opacity),
            Marker::Diamond => {
                self.polygon(&[(x, y - r), (x + r, y), (x, y + r), (x - r, y)], color, opacity);
            }
        }
    }

    /// A line of text whose baseline is at `y`. A character that the font lacks is drawn as a box.
    pub fn text(&mut self, (x, y): (f64, f64), align: Align, look: Look, text: &str) {
        let text = one_line(text);
        let shift = match align {
            Align::Left => 0.0,
            Align::Center => text_width(&text, look) / 2.0,
            Align::Right => text_width(&text, look),
        };
        // plotters puts the baseline half a line below the position.
        let at = (pixel(x - shift), pixel(y) - (look.line() / 2.0).round() as i32);
        self.draw(|backend| backend.draw_text(&text, &look.style(FontTransform::None), at));
    }

    /// A line of text that runs upwards, centred on `y`, with its baseline at `x`.
    pub fn text_upwards(&mut self, (x, y): (f64, f64), look: Look, text: &str) {
        let text = one_line(text);
        let at = (pixel(x) - (look.line() / 2.0).round() as i32, pixel(y + text_width(&text, look) / 2.0));
        self.draw(|backend| backend.draw_text(&text, &look.style(FontTransform::Rotate270), at));
    }

    /// The box around everything that is not white, in file pixels: left, top, right, bottom.
    #[cfg(test)]
    pub fn ink(&self) -> [u32; 4] {
        let width = self.width as usize;
        let dark = self.pixels.chunks_exact(3).enumerate().filter(|(_, pixel)| *pixel != [255; 3]);
        dark.map(|(at, _)| ((at % width) as u32, (at / width) as u32))
            .fold([u32::MAX, u32::MAX, 0, 0], |b, (x, y)| [b[0].min(x), b[1].min(y), b[2].max(x + 1), b[3].max(y + 1)])
    }

    /// The finished picture as a PNG file.
    pub fn png(self) -> Result<Vec<u8>> {
        match self.error {
            Some(error) => Err(error),
            None => encode(self.width, self.height, &self.pixels, self.colors),
        }
    }

    fn draw<E: std::fmt::Display>(&mut self, with: impl FnOnce(&mut BitMapBackend) -> std::result::Result<(), E>) {
        let mut backend = BitMapBackend::with_buffer(&mut self.pixels, (self.width, self.height));
        if let Err(error) = with(&mut backend) {
            self.error = Some(Error::new(format!("drawing a figure: {error}")));
        }
    }
}

/// How a text looks.
#[derive(Clone, Copy)]
pub struct Look {
    pub size: f64,
    pub color: Rgb,
    pub bold: bool,
}

impl Look {
    pub fn new(size: f64, color: Rgb) -> Self {
        Look { size, color, bold: false }
    }

    pub fn bold(self) -> Self {
        Look { bold: true, ..self }
    }

    /// The height of its line in file pixels, the size that plotters asks for.
    pub fn line(self) -> f64 {
        self.size * SCALE * LINE_PER_EM
    }

    pub fn font(self) -> FontDesc<'static> {
        let style = if self.bold { FontStyle::Bold } else { FontStyle::Normal };
        FontDesc::new(FontFamily::Name(fonts()), self.line(), style)
    }

    fn style(self, transform: FontTransform) -> TextStyle<'static> {
        self.font().transform(transform).color(&rgb(self.color))
    }
}

/// The width of a line of text in page pixels.
pub fn text_width(text: &str, look: Look) -> f64 {
    look.font().box_size(&one_line(text)).map_or(0.0, |(width, _)| f64::from(width) / SCALE)
}

/// `text` in at most `lines` lines that are at most `width` wide; what does not fit ends in "…".
pub fn wrap(text: &str, width: f64, look: Look, lines: usize) -> Vec<String> {
    let text = one_line(text);
    let mut out: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_inclusive(' ') {
        let mut word = word.to_owned();
        if !line.is_empty() && text_width(&format!("{line}{}", word.trim_end()), look) > width {
            out.push(std::mem::take(&mut line));
        }
        while text_width(word.trim_end(), look) > width && line.is_empty() {
            let head = head_that_fits(&word, width, look);
            word = word.split_off(head.len());
            out.push(head);
        }
        line.push_str(&word);
    }
    if !line.trim().is_empty() || out.is_empty() {
        out.push(line);
    }
    if out.len() > lines {
        out.truncate(lines);
        if let Some(last) = out.last_mut() {
            let room = width - text_width("…", look);
            *last = format!("{}…", head_that_fits(last.trim_end(), room, look).trim_end());
        }
    }
    out.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// The longest beginning of `text` that is at most `width` wide, at least one character.
fn head_that_fits(text: &str, width: f64, look: Look) -> String {
    let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    let fitting = ends.partition_point(|&end| text_width(&text[..end], look) <= width);
    ends.get(fitting.saturating_sub(1)).map_or(String::new(), |&end| text[..end].to_owned())
}

/// Registers DejaVu Sans with plotters, once, and returns its family name there.
///
/// Figures then look the same on every machine. `sans-serif` is registered as well, for notebooks that draw with
/// plotters themselves.
pub fn fonts() -> &'static str {
    const NAME: &str = "DejaVu Sans";
    static REGISTERED: OnceLock<()> = OnceLock::new();
    REGISTERED.get_or_init(|| {
        for name in [NAME, "sans-serif"] {
            let regular = register_font(name, FontStyle::Normal, dejavu::sans::regular());
            let bold = register_font(name, FontStyle::Bold, dejavu::sans::bold());
            debug_assert!(regular.is_ok() && bold.is_ok(), "the bundled font is a font");
        }
    });
    NAME
}

fn pixel(x: f64) -> i32 {
    (x * SCALE).round() as i32
}

fn position((x, y): (f64, f64)) -> (i32, i32) {
    (pixel(x), pixel(y))
}

fn rgb(color: Rgb) -> RGBColor {
    RGBColor(color.0, color.1, color.2)
}

fn style(color: Rgb, opacity: f64) -> ShapeStyle {
    rgb(color).mix(opacity).filled()
}

/// The look of a figure's title.
pub fn title_look() -> Look {
    Look::new(14.0, INK).bold()
}

/// Draws a title of one or two lines at the top left and returns the y below it.
pub fn draw_title(canvas: &mut Canvas, lines: &[String]) -> f64 {
    for (row, line) in lines.iter().enumerate() {
        canvas.text((10.0, 22.0 + 18.0 * row as f64), Align::Left, title_look(), line);
    }
    title_height(lines)
}

/// The space that a title takes.
pub fn title_height(lines: &[String]) -> f64 {
    if lines.is_empty() { 10.0 } else { 14.0 + 18.0 * lines.len() as f64 }
}

/// A title in at most two lines, none for an empty title.
pub fn title_lines(title: &str) -> Vec<String> {
    if title.trim().is_empty() { Vec::new() } else { wrap(title, WIDTH - 20.0, title_look(), 2) }
}
