//! Several attributions of the same tokens, one row each: methods, baselines or classes beside each other.
//!
//! Each row is divided by its own largest |score|, because the units of methods differ; its name says by what (`1 = 0.42`).
//! It shows patterns, not sizes.

use super::facts::{BOX, UNKNOWN, check, is_unknown, names};
use super::scale::{Scale, largest, places};
use crate::attribution::Attribution;
use figures::display::{Figure, escape_html, one_line};
use figures::plot::axes::minus;
use figures::plot::canvas::{
    Align, Canvas, Look, TEXT, WIDTH, draw_title, text_width, title_height, title_lines, wrap,
};
use figures::plot::colors::{GREY, GRID, INK};
use ground::{Result, bail};
use std::fmt::Write as _;

/// More tokens and more rows than this cannot be read.
const TOKENS: usize = 200;
const ROWS: usize = 12;
/// The widest column of names, and the widest token.
const NAMES: f64 = 200.0;
const TOKEN: f64 = 130.0;
const LINE: f64 = 14.0;

/// Several attributions of the same tokens as rows of one figure. Each row is divided by its own largest |score|, which
/// stands under its name: +1 and −1 are the ends of the colours in every row, and sizes cannot be compared between rows.
///
/// Rows are named after their methods; where those are equal, what differs in the settings or the class tells them apart.
///
/// # Errors
/// No attribution, more than 12, more than 200 tokens, attributions of different tokens, scores that are not finite.
pub fn compare_attributions(attributions: &[Attribution]) -> Result<Figure> {
    const NAME: &str = "plot::compare_attributions";
    let Some(first) = attributions.first() else {
        bail!("{NAME}: there is no attribution; give at least one");
    };
    if attributions.len() > ROWS {
        bail!("{NAME}: {} rows cannot be read; give {ROWS} or fewer", attributions.len());
    }
    if first.tokens.len() > TOKENS {
        bail!("{NAME}: {} tokens cannot be read; explain a text of {TOKENS} or fewer", first.tokens.len());
    }
    for (at, other) in attributions.iter().enumerate() {
        check(NAME, other)?;
        if other.tokens != first.tokens {
            bail!("{NAME}: attribution {at} has other tokens than the first: compare attributions of one text");
        }
    }
    let picture = Comparison::new(attributions);
    Ok(Figure::new(&picture.title, picture.plain()).with_html(picture.html()).with_png(picture.png()?))
}

struct Row {
    /// The method, what tells it from others, and its scale.
    name: Vec<String>,
    shares: Vec<f64>,
    scale: Scale,
}

struct Comparison {
    title: String,
    tokens: Vec<(String, bool)>,
    rows: Vec<Row>,
    /// The tokens that stand side by side, and the width of each.
    blocks: Vec<Vec<(usize, f64)>>,
    /// The width of the column of names.
    left: f64,
}

impl Comparison {
    fn new(attributions: &[Attribution]) -> Comparison {
        let first = &attributions[0];
        let classes_differ = attributions.iter().any(|other| other.target_name != first.target_name);
        let class = one_line(&first.target_name);
        let title = match classes_differ || class.is_empty() {
            true => "Scores of the same tokens".to_owned(),
            false => format!("Scores for “{class}”"),
        };
        let rows: Vec<Row> = attributions.iter().map(|one| row(one, attributions, classes_differ)).collect();
        let tokens: Vec<(String, bool)> =
            names(first).into_iter().enumerate().map(|(at, name)| (name, is_unknown(first, at))).collect();
        let widest =
            rows.iter().flat_map(|row| &row.name).map(|line| text_width(line, name_look())).fold(0.0, f64::max);
        let left = widest.min(NAMES) + 20.0;
        let least = text_width("−0.00", small()) + 8.0;
        let (mut blocks, mut x) = (vec![Vec::new()], left);
        for (at, (token, _)) in tokens.iter().enumerate() {
            let width = (text_width(token, token_look()).min(TOKEN) + 8.0).max(least);
            if x + width > WIDTH - 10.0 && x > left {
                blocks.push(Vec::new());
                x = left;
            }
            if let Some(block) = blocks.last_mut() {
                block.push((at, width));
            }
            x += width + 2.0;
        }
        Comparison { title, tokens, rows, blocks, left }
    }

    /// One legend for signed rows, one for unsigned ones, as far as there are any.
    fn legends(&self) -> Vec<Scale> {
        let has = |unsigned: bool| self.rows.iter().any(|row| row.scale.unsigned() == unsigned);
        [false, true].into_iter().filter(|&kind| has(kind)).map(Scale::of_shares).collect()
    }

    fn has_unknown(&self) -> bool {
        self.tokens.iter().any(|token| token.1)
    }

    fn plain(&self) -> String {
        let mut out = format!("{}, each row divided by its largest |score|", self.title);
        for row in &self.rows {
            let cell = |(token, share): (&(String, bool), &f64)| format!("{} {}", token.0, row.scale.number(*share));
            let cells: Vec<String> = self.tokens.iter().zip(&row.shares).map(cell).collect();
            let _ = write!(out, "\n{}: {}", row.name.join(", "), cells.join("; "));
        }
        out
    }

    fn html(&self) -> String {
        const CELL: &str = "border:2px solid #ffffff;padding:2px 4px;text-align:center;white-space:nowrap";
        let mut out = format!("{BOX}<span style=\"font-weight:bold\">{}</span>", escape_html(&self.title));
        for block in &self.blocks {
            let _ = write!(
                out,
                "<table style=\"border-collapse:collapse;border:none;margin:6px 0px;table-layout:auto;\
                 background-color:#ffffff;color:#1a1a1a;font-size:13px\"><tr>\
                 <td style=\"{CELL};min-width:{:.0}px;background-color:#ffffff\"></td>",
                self.left - 20.0
            );
            for &(at, _) in block {
                let (token, unknown) = &self.tokens[at];
                let line = if *unknown { "<span style=\"border-bottom:1px dashed #595959\">" } else { "<span>" };
                let _ = write!(
                    out,
                    "<td style=\"{CELL};background-color:#ffffff;color:#1a1a1a\">{line}{}</span></td>",
                    escape_html(token)
                );
            }
            out.push_str("</tr>");
            for row in &self.rows {
                let _ = write!(
                    out,
                    "<tr><td style=\"{CELL};text-align:left;white-space:normal;max-width:200px;\
                     background-color:#ffffff;color:#1a1a1a;line-height:1.2\">{}",
                    escape_html(&row.name[0])
                );
                for line in &row.name[1..] {
                    let _ =
                        write!(out, "<br><span style=\"font-size:11px;color:#595959\">{}</span>", escape_html(line));
                }
                out.push_str("</td>");
                for &(at, _) in block {
                    let (share, color) = (row.shares[at], row.scale.color(row.shares[at]));
                    let _ = write!(
                        out,
                        "<td style=\"{CELL};font-size:11px;background-color:{};color:{}\">{}</td>",
                        color.hex(),
                        color.text().hex(),
                        minus(&row.scale.number(share))
                    );
                }
                out.push_str("</tr>");
            }
            out.push_str("</table>");
        }
        let mut below: Vec<String> = self.legends().iter().map(Scale::html).collect();
        if self.has_unknown() {
            below.push(format!("<span style=\"font-size:12px;color:#595959\">{UNKNOWN}</span>"));
        }
        let _ = write!(out, "{}</div>", below.join("<br>"));
        out
    }

    fn png(&self) -> Result<Vec<u8>> {
        let title = title_lines(&self.title);
        let height = |row: &Row| LINE * row.name.len() as f64 + 8.0;
        let block_height = 22.0 + self.rows.iter().map(height).sum::<f64>() + 14.0;
        let top = title_height(&title) + 4.0;
        let (legends, note) = (self.legends(), self.has_unknown());
        let end = top + block_height * self.blocks.len() as f64;
        let lines = legends.len() + usize::from(note);
        let mut canvas = Canvas::new(end + 18.0 * lines as f64 + 12.0);
        draw_title(&mut canvas, &title);
        for (block, mut y) in self.blocks.iter().zip((0..).map(|k| top + block_height * f64::from(k))) {
            self.each(block, |at, x, width| {
                let (token, unknown) = &self.tokens[at];
                let text = wrap(token, TOKEN, token_look(), 1).remove(0);
                canvas.text((x + width / 2.0, y + 15.0), Align::Center, token_look(), &text);
                if *unknown {
                    canvas.dashed((x + 2.0, y + 20.0), (x + width - 2.0, y + 20.0), GREY);
                }
            });
            y += 22.0;
            for row in &self.rows {
                let height = height(row);
                for (line, text) in row.name.iter().enumerate() {
                    let look = if line == 0 { name_look() } else { small() };
                    let text = wrap(text, NAMES, look, 1).remove(0);
                    canvas.text((10.0, y + 14.0 + LINE * line as f64), Align::Left, look, &text);
                }
                self.each(block, |at, x, width| {
                    let color = row.scale.color(row.shares[at]);
                    canvas.rect(x, y + 1.0, width, height - 2.0, GRID);
                    canvas.rect(x + 0.5, y + 1.5, width - 1.0, height - 3.0, color);
                    let look = Look { color: color.text(), ..small() };
                    let number = minus(&row.scale.number(row.shares[at]));
                    canvas.text((x + width / 2.0, y + height / 2.0 + 3.5), Align::Center, look, &number);
                });
                y += height;
            }
        }
        for (line, legend) in legends.iter().enumerate() {
            legend.draw(&mut canvas, end + 14.0 + 18.0 * line as f64);
        }
        if note {
            let y = end + 14.0 + 18.0 * legends.len() as f64;
            canvas.text((10.0, y), Align::Left, Look::new(TEXT - 1.0, GREY), UNKNOWN);
        }
        canvas.png()
    }

    /// Calls `draw` with each token of a block, where its column begins, and how wide it is.
    fn each(&self, block: &[(usize, f64)], mut draw: impl FnMut(usize, f64, f64)) {
        let mut x = self.left;
        for &(at, width) in block {
            draw(at, x, width);
            x += width + 2.0;
        }
    }
}

/// A row with its name: the method; what in its settings differs from other rows of this method; what 1 stands for.
fn row(one: &Attribution, all: &[Attribution], classes_differ: bool) -> Row {
    let same: Vec<&Attribution> = all.iter().filter(|other| other.method == one.method).collect();
    let shared = |part: &str| same.iter().all(|other| other.settings.split(", ").any(|theirs| theirs == part));
    let mut differs: Vec<String> =
        one.settings.split(", ").filter(|part| !part.is_empty() && !shared(part)).map(one_line).collect();
    if classes_differ {
        differs.insert(0, format!("for “{}”", one_line(&one.target_name)));
    }
    if same.iter().any(|other| other.output != one.output) {
        differs.push(format!("of the {}", one_line(&one.output)));
    }
    let (most, digits) = (largest(&one.scores), places(&one.scores));
    let one_is = if most > 0.0 { format!("1 = {most:.digits$}") } else { "all scores are 0".to_owned() };
    differs.insert(0, one_is);
    let name = vec![one_line(&one.method), differs.join(" · ")];
    let share = |score: &f64| if most > 0.0 { score / most } else { 0.0 };
    Row { name, shares: one.scores.iter().map(share).collect(), scale: Scale::of_shares(one.unsigned) }
}

fn token_look() -> Look {
    Look::new(TEXT, INK)
}

fn name_look() -> Look {
    Look::new(TEXT, INK)
}

fn small() -> Look {
    Look::new(9.5, GREY)
}
