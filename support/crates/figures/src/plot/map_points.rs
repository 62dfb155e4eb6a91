//! What the maps in two and three dimensions share: labels, texts, classes or values of the points, checked once, and
//! how much neighbours agree.
//!
//! It places and draws nothing.

use super::axes::plain_number;
use super::canvas::Marker;
use super::colors::{PALETTE, Rgb};
use super::heatmap_grid::Scale;
use crate::display::one_line;
use ground::values::{finite, same_length};
use ground::{Labels, Numbers};
use ground::{Result, bail};

/// More classes than this cannot be told apart by colour.
pub(super) const CLASSES: usize = 10;
/// More points than this make a chart that a notebook page cannot carry.
const MOST: usize = 50_000;
/// Longer texts are cut: a tooltip is no page.
const TEXT: usize = 600;
/// The palette of groups without its yellow, which is faint on white, and three colours more: those that lie farthest
/// from the others for people with each kind of colour blindness (distances in CIELAB, simulated after Machado 2009).
const COLORS: [Rgb; CLASSES] = [
    PALETTE[0],
    PALETTE[1],
    PALETTE[2],
    PALETTE[3],
    PALETTE[4],
    PALETTE[5],
    PALETTE[6],
    Rgb(0x90, 0x00, 0xf0),
    Rgb(0x60, 0x30, 0x00),
    Rgb(0x00, 0x00, 0x90),
];
const MARKERS: [Marker; 4] = [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Diamond];

/// The marker of a class.
pub(super) fn marker(class: usize) -> Marker {
    MARKERS[class % MARKERS.len()]
}

/// The markers of all classes, in their order.
pub(super) fn markers() -> &'static [Marker] {
    &MARKERS
}

/// The colours of all classes, in their order.
pub(super) fn colors() -> &'static [Rgb] {
    &COLORS
}

/// What was asked for, unchecked.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub(super) plot: &'static str,
    pub(super) title: String,
    pub(super) labels: Result<Vec<String>>,
    pub(super) texts: Option<Result<Vec<String>>>,
    pub(super) classes: Option<Result<Vec<String>>>,
    pub(super) values: Option<(Result<Vec<f64>>, String)>,
    pub(super) show: Option<Vec<String>>,
}

impl Options {
    pub(super) fn new(plot: &'static str, title: &str, labels: &dyn Labels) -> Options {
        let labels = labels.labels();
        Options { plot, title: one_line(title), labels, texts: None, classes: None, values: None, show: None }
    }

    pub(super) fn values(&mut self, values: &dyn Numbers, name: &str) {
        self.values = Some((values.numbers(), one_line(name)));
    }

    /// Checks everything but the coordinates, which `axes` names with their numbers.
    pub(super) fn check(&self, axes: &[(&str, &[f64])]) -> Result<Checked> {
        let count = axes[0].1.len();
        for (name, numbers) in axes {
            same_length(self.plot, (axes[0].0, count), (name, numbers.len()))?;
            finite(self.plot, name, numbers)?;
        }
        if count > MOST {
            bail!("{}: {count} points are too many for a notebook page; draw at most {MOST} of them", self.plot);
        }
        let texts = |what: &str, texts: &Result<Vec<String>>| -> Result<Vec<String>> {
            let texts = texts.clone()?;
            same_length(self.plot, ("points", count), (what, texts.len()))?;
            Ok(texts.iter().map(|text| cut(&one_line(text), TEXT)).collect())
        };
        let labels = texts("labels", &self.labels)?;
        let color = match (&self.classes, &self.values) {
            (Some(_), Some(_)) => bail!("{}: colour shows classes or values, not both; leave one out", self.plot),
            (Some(classes), None) => self.classes(texts("classes", classes)?)?,
            (None, Some((values, name))) => {
                let values = values.clone()?;
                same_length(self.plot, ("points", count), ("values", values.len()))?;
                finite(self.plot, "the values", &values)?;
                Coloring::Values { scale: Scale::over(self.plot, name, &values, false, None)?, values }
            }
            (None, None) => Coloring::One,
        };
        let show = self.show.as_ref().map(|show| show.iter().map(|name| self.find(name, &labels)).collect());
        let texts = self.texts.as_ref().map(|given| texts("texts", given)).transpose()?;
        Ok(Checked { title: self.title.clone(), texts, color, show: show.transpose()?, labels })
    }

    fn find(&self, name: &str, labels: &[String]) -> Result<usize> {
        let wanted = one_line(name);
        match labels.iter().position(|label| *label == wanted) {
            Some(at) => Ok(at),
            None => bail!("{}: no point has the label “{wanted}”, which is to be shown", self.plot),
        }
    }

    fn classes(&self, classes: Vec<String>) -> Result<Coloring> {
        let mut names: Vec<String> = Vec::new();
        let mut of = Vec::with_capacity(classes.len());
        for class in classes {
            let known = names.iter().position(|name| *name == class);
            of.push(known.unwrap_or(names.len()));
            if known.is_none() {
                names.push(class);
            }
            if names.len() > CLASSES {
                bail!(
                    "{}: more than {CLASSES} classes, and only {CLASSES} colours can be told apart; merge some, or colour \
                     by numbers with .values",
                    self.plot
                );
            }
        }
        Ok(Coloring::Classes { names, of })
    }
}

/// `text`, cut to `most` characters.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most { text.to_owned() } else { text.chars().take(most - 1).chain(['…']).collect() }
}

/// What the colour of a point says.
pub(super) enum Coloring {
    One,
    /// The names in the order in which they first appear, and the class of each point.
    Classes {
        names: Vec<String>,
        of: Vec<usize>,
    },
    Values {
        values: Vec<f64>,
        scale: Scale,
    },
}

/// All that is known about the points besides their places.
pub(super) struct Checked {
    pub(super) title: String,
    pub(super) labels: Vec<String>,
    pub(super) texts: Option<Vec<String>>,
    pub(super) color: Coloring,
    /// The points whose labels were asked for.
    pub(super) show: Option<Vec<usize>>,
}

impl Checked {
    /// The names of the classes; none without classes.
    pub(super) fn names(&self) -> Vec<&str> {
        match &self.color {
            Coloring::Classes { names, .. } => names.iter().map(String::as_str).collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn class(&self, point: usize) -> usize {
        if let Coloring::Classes { of, .. } = &self.color { of[point] } else { 0 }
    }

    pub(super) fn color(&self, point: usize) -> Rgb {
        match &self.color {
            Coloring::One => COLORS[0],
            Coloring::Classes { of, .. } => COLORS[of[point]],
            Coloring::Values { values, scale } => scale.color(values[point]),
        }
    }

    /// Whether points need an outline: the middle of a scale is as white as the paper.
    pub(super) fn outlined(&self) -> bool {
        matches!(self.color, Coloring::Values { .. })
    }

    /// The text line: how many points of which classes, and whether neighbours are of one class.
    pub(super) fn description(&self, kind: &str, points: &[[f64; 3]]) -> String {
        let count = points.len();
        let title = if self.title.is_empty() { String::new() } else { format!("{}; ", self.title) };
        let noun = if count == 1 { "point" } else { "points" };
        let color = match &self.color {
            Coloring::One => String::new(),
            Coloring::Classes { names, of } => {
                let sizes = names.iter().enumerate().map(|(at, name)| {
                    let size = of.iter().filter(|&&class| class == at).count();
                    format!("{name} {size}")
                });
                let sizes = sizes.collect::<Vec<_>>().join(", ");
                let agree = if names.len() > 1 && count > 1 {
                    let same = nearest(points).iter().zip(of).filter(|&(&near, &class)| of[near] == class).count();
                    let share = 100.0 * same as f64 / count as f64;
                    format!("; for {share:.0}% of the points the nearest one on the map is of the same class")
                } else {
                    String::new()
                };
                format!(" ({sizes}){agree}")
            }
            Coloring::Values { values, scale } => {
                let low = values.iter().copied().fold(f64::INFINITY, f64::min);
                let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let number = |x: f64| plain_number(x).replace('−', "-");
                format!("; coloured by {}, {} to {}", scale.axis.title, number(low), number(high))
            }
        };
        format!("{kind}: {title}{count} {noun}{color}.")
    }
}

/// For each of at least two points the nearest other one: a sweep over the points in the order of x.
fn nearest(points: &[[f64; 3]]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| points[a][0].total_cmp(&points[b][0]));
    let mut out = vec![0; points.len()];
    for (rank, &at) in order.iter().enumerate() {
        let (mut best, mut near) = (f64::INFINITY, order[if rank == 0 { 1 } else { rank - 1 }]);
        let mut look = |other: usize| {
            let [dx, dy, dz] = [0, 1, 2].map(|axis| points[other][axis] - points[at][axis]);
            let distance = dx * dx + dy * dy + dz * dz;
            if distance < best {
                (best, near) = (distance, other);
            }
            dx * dx < best
        };
        for &other in &order[rank + 1..] {
            if !look(other) {
                break;
            }
        }
        for &other in order[..rank].iter().rev() {
            if !look(other) {
                break;
            }
        }
        out[at] = near;
    }
    out
}

/// Around points that could be white.
pub(super) const OUTLINE: Rgb = Rgb(0x8c, 0x8c, 0x8c);

/// The middle of the numbers and how far apart they are; 1 if they are all equal.
pub(super) fn extent(numbers: &[f64]) -> (f64, f64) {
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let span = if high - low > 1e-12 * high.abs().max(low.abs()) { high - low } else { high.abs().max(1.0) };
    (low / 2.0 + high / 2.0, span)
}

/// The radius of a point in page pixels.
pub(super) fn radius(points: usize) -> f64 {
    let sizes = [(150, 4.0), (1_000, 3.2), (4_000, 2.5)];
    sizes.iter().find(|(most, _)| points <= *most).map_or(2.0, |(_, radius)| *radius)
}

/// All numbers below `count`, each once, neighbours far apart: steps of a length that shares no factor with `count`.
pub(super) fn mixed(count: usize) -> impl Iterator<Item = usize> {
    let step = if count.is_multiple_of(7_919) { 1 } else { 7_919 };
    (0..count).map(move |k| k * step % count)
}

/// How opaque the points are.
pub(super) fn opacity(points: usize) -> f64 {
    if points <= 1_000 { 0.85 } else { 0.65 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_point_is_the_nearest() {
        let points: Vec<[f64; 3]> = (0..300u32)
            .map(|k| {
                [7919, 104_729, 1_299_709]
                    .map(|prime| f64::from(k * prime % 1009) / if prime == 7919 { 90.0 } else { 9.0 })
            })
            .collect();
        let distance =
            |a: usize, b: usize| -> f64 { (0..3).map(|axis| (points[a][axis] - points[b][axis]).powi(2)).sum() };
        for (at, near) in nearest(&points).into_iter().enumerate() {
            let best = (0..points.len()).filter(|&k| k != at).map(|k| distance(at, k)).fold(f64::INFINITY, f64::min);
            assert!(near != at && distance(at, near) == best, "{at} {near}");
        }
    }
}
