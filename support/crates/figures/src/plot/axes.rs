//! The frame of a plot with an x and a y axis: ticks, labels, titles, grid, and the way from a number to a place.
//!
//! Margins are measured from the labels, so that none is clipped. Ticks are multiples of 1, 2 or 5 times a power of ten.

use super::canvas::{Align, Canvas, Look, TEXT, WIDTH, text_width, wrap};
use super::colors::{GREY, GRID, INK};
use ground::{Result, bail};

/// One axis: its title, its range, and whether it is logarithmic.
#[derive(Clone, Debug)]
pub struct Axis {
    pub title: String,
    pub low: f64,
    pub high: f64,
    pub log: bool,
    /// Ticks only at whole numbers: epochs, steps, layers.
    pub whole: bool,
}

impl Axis {
    /// An axis that holds all `numbers`, with round ends. A logarithmic one needs positive numbers.
    pub fn over(plot: &str, title: &str, numbers: &[f64], log: bool) -> Result<Self> {
        let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if log && low <= 0.0 {
            bail!("{plot}: a logarithmic axis (“{title}”) needs numbers above 0, found {low}");
        }
        let (mut axis_low, mut axis_high) = (low, high);
        if log {
            axis_low = 10f64.powf(low.log10() - 0.04 * (high / low).log10().max(1.0));
            axis_high = 10f64.powf(high.log10() + 0.04 * (high / low).log10().max(1.0));
        } else {
            // All equal: some room on both sides, relative to the size of the number.
            let span = if high > low { high - low } else { high.abs().max(1.0) };
            axis_low -= 0.04 * span;
            axis_high += 0.04 * span;
            // Near zero, show zero; counts and probabilities do not reach below it.
            if low >= 0.0 && low < 0.3 * high.max(f64::MIN_POSITIVE) {
                axis_low = 0.0;
            }
        }
        Ok(Axis { title: title.to_owned(), low: axis_low, high: axis_high, log, whole: false })
    }

    /// The same axis with ticks only at whole numbers, if all `numbers` are whole.
    pub fn whole(mut self, numbers: &[f64]) -> Self {
        self.whole = !self.log && numbers.iter().all(|x| x.fract() == 0.0);
        self
    }

    /// The same axis without the room at its ends: lines may begin and end at the frame.
    pub fn tight(mut self, numbers: &[f64]) -> Self {
        let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if low < high {
            (self.low, self.high) = (low, high);
        }
        self
    }

    /// Where a number lies: 0 at the low end, 1 at the high end.
    pub fn share(&self, x: f64) -> f64 {
        if self.log {
            (x / self.low).log10() / (self.high / self.low).log10()
        } else {
            (x - self.low) / (self.high - self.low)
        }
    }

    /// About `count` round numbers within the axis.
    pub fn ticks(&self, count: usize) -> Vec<f64> {
        let count = if self.whole { count.min((self.high - self.low) as usize) } else { count };
        if self.log { self.log_ticks(count) } else { linear_ticks(self.low, self.high, count) }
    }

    fn log_ticks(&self, count: usize) -> Vec<f64> {
        let (first, last) = (self.low.log10().floor() as i32, self.high.log10().ceil() as i32);
        let decades = (last - first).max(1) as usize;
        let every = decades.div_ceil(count.max(1) + 1).max(1);
        let within: &[f64] = if (self.high / self.low).log10() < 3.2 { &[1.0, 2.0, 5.0] } else { &[1.0] };
        let ticks: Vec<f64> = (first..=last)
            .step_by(every)
            .flat_map(|power| within.iter().map(move |digit| digit * 10f64.powi(power)))
            .filter(|x| (self.low..=self.high).contains(x))
            .collect();
        if ticks.len() < 2 { linear_ticks(self.low, self.high, count) } else { ticks }
    }

    /// How many ticks suit a length in page pixels.
    pub fn tick_count(pixels: f64) -> usize {
        (pixels / 65.0).round().clamp(2.0, 10.0) as usize
    }

    /// The labels of its ticks, all with as many decimals as the finest needs.
    pub fn tick_labels(&self, ticks: &[f64]) -> Vec<String> {
        if self.log {
            return ticks.iter().map(|&x| plain_number(x)).collect();
        }
        let step = ticks.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
        let largest = ticks.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
        if largest >= 1e6 || (largest > 0.0 && largest < 1e-3) {
            return ticks.iter().map(|&x| if x == 0.0 { "0".to_owned() } else { minus(&format!("{x:.1e}")) }).collect();
        }
        let decimals = if self.whole {
            0
        } else if step.is_finite() {
            (-(step.log10() + 1e-9).floor()).clamp(0.0, 9.0) as usize
        } else {
            2
        };
        ticks.iter().map(|x| minus(&format!("{:.decimals$}", x + 0.0))).collect()
    }
}

fn linear_ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let rough = (high - low) / count.max(1) as f64;
    let power = 10f64.powf(rough.log10().floor());
    let steps = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power);
    let far = |step: &f64| (rough / step).ln().abs();
    let step = steps.into_iter().min_by(|a, b| far(a).total_cmp(&far(b))).unwrap_or(power);
    let (first, last) = ((low / step - 1e-9).ceil() as i64, (high / step + 1e-9).floor() as i64);
    (first..=last).map(|k| k as f64 * step).collect()
}

/// A number in the shortest form that shows three significant digits: `1200`, `0.05`, `1e-7`.
pub fn plain_number(x: f64) -> String {
    let size = x.abs();
    if size != 0.0 && !(1e-3..1e6).contains(&size) {
        return minus(&format!("{x:.0e}"));
    }
    let decimals = if size == 0.0 { 0 } else { (2.0 - size.log10().floor()).clamp(0.0, 6.0) as usize };
    let text = format!("{x:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    minus(text)
}

/// A count with commas: `12,345`.
pub fn thousands(count: usize) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A whole column of numbers with the same number of decimals: none for whole numbers, else three significant digits
/// of the largest.
pub fn decimals(numbers: &[f64]) -> usize {
    let largest = numbers.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    if numbers.iter().all(|x| x.fract() == 0.0) || largest == 0.0 {
        return 0;
    }
    (2.0 - largest.log10().floor()).clamp(0.0, 8.0) as usize
}

/// A number with a typographic minus sign.
pub fn minus(text: &str) -> String {
    text.replace('-', "−")
}

/// The rectangle between the axes, and both axes.
pub struct Frame {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    pub x: Axis,
    pub y: Axis,
}

impl Frame {
    /// A frame below `top` that fills the canvas and is `height` high; `legend` page pixels stay free at the right.
    pub fn new(x: Axis, y: Axis, top: f64, height: f64, legend: f64) -> Self {
        let labels = y.tick_labels(&y.ticks(Axis::tick_count(height)));
        let widest = labels.iter().map(|label| text_width(label, tick_look())).fold(0.0, f64::max);
        let left = 40.0 + widest;
        Frame { left, top, width: WIDTH - left - 24.0 - legend, height, x, y }
    }

    /// The height of the canvas that a frame needs.
    pub fn bottom(&self) -> f64 {
        self.top + self.height + 52.0
    }

    /// Whether an axis has a title: a frame without titles is drawn without numbers.
    pub fn titled(&self) -> bool {
        !(self.x.title.is_empty() && self.y.title.is_empty())
    }

    /// The place of a point on the canvas.
    pub fn place(&self, (x, y): (f64, f64)) -> (f64, f64) {
        (self.left + self.x.share(x) * self.width, self.top + (1.0 - self.y.share(y)) * self.height)
    }

    /// Draws the grid, the ticks and the titles.
    pub fn draw(&self, canvas: &mut Canvas) {
        let (right, floor) = (self.left + self.width, self.top + self.height);
        let ticks = self.y.ticks(Axis::tick_count(self.height));
        for (y, label) in ticks.iter().zip(self.y.tick_labels(&ticks)) {
            let y = self.top + (1.0 - self.y.share(*y)) * self.height;
            canvas.line(&[(self.left, y), (right, y)], 0.5, GRID);
            canvas.text((self.left - 8.0, y + 4.0), Align::Right, tick_look(), &label);
        }
        let ticks = self.x.ticks(Axis::tick_count(self.width));
        for (x, label) in ticks.iter().zip(self.x.tick_labels(&ticks)) {
            let x = self.left + self.x.share(*x) * self.width;
            canvas.line(&[(x, self.top), (x, floor)], 0.5, GRID);
            canvas.line(&[(x, floor), (x, floor + 4.0)], 0.5, GREY);
            canvas.text((x, floor + 17.0), Align::Center, tick_look(), &label);
        }
        canvas.line(&[(self.left, self.top), (self.left, floor), (right, floor)], 0.5, GREY);
        let middle = self.left + self.width / 2.0;
        canvas.text((middle, floor + 38.0), Align::Center, axis_look(), &fit(&self.x.title, self.width));
        canvas.text_upwards((20.0, self.top + self.height / 2.0), axis_look(), &fit(&self.y.title, self.height + 30.0));
    }
}

fn fit(title: &str, width: f64) -> String {
    wrap(title, width, axis_look(), 1).remove(0)
}

/// The look of tick labels.
pub fn tick_look() -> Look {
    Look::new(TEXT - 1.0, GREY)
}

/// The look of axis titles.
pub fn axis_look() -> Look {
    Look::new(TEXT, INK)
}
