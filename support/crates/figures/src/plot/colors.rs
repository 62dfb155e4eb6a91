//! The one colour system: a diverging scale for signed scores, a sequential one for probabilities, a palette for groups.
//!
//! Blue–white–red can be told apart with every common colour blindness; the end colours are those of ColorBrewer's
//! `RdBu` (colorbrewer2.org). The palette is Okabe and Ito's (jfly.uni-koeln.de/color). Figures are white in every theme.

/// A colour as red, green, blue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

/// The end of the diverging scale for positive scores.
pub const POSITIVE: Rgb = Rgb(0xb2, 0x18, 0x2b);
/// The end of the diverging scale for negative scores.
pub const NEGATIVE: Rgb = Rgb(0x21, 0x66, 0xac);
/// The end of the sequential scale: probability 1.
pub const CERTAIN: Rgb = Rgb(0x00, 0x57, 0x4b);
/// Bars that carry no sign and no probability.
pub const NEUTRAL: Rgb = Rgb(0x3f, 0x7f, 0x78);
/// Text and axes.
pub const INK: Rgb = Rgb(0x1a, 0x1a, 0x1a);
/// Secondary text.
pub const GREY: Rgb = Rgb(0x59, 0x59, 0x59);
/// Grid lines.
pub const GRID: Rgb = Rgb(0xe0, 0xe0, 0xe0);
/// The background of every figure.
pub const WHITE: Rgb = Rgb(0xff, 0xff, 0xff);

/// Colours for groups and lines, in the order of use. Yellow and sky blue come last: they are faint on white.
pub const PALETTE: [Rgb; 8] = [
    Rgb(0x00, 0x72, 0xb2),
    Rgb(0xd5, 0x5e, 0x00),
    Rgb(0x00, 0x9e, 0x73),
    Rgb(0xcc, 0x79, 0xa7),
    Rgb(0x00, 0x00, 0x00),
    Rgb(0xe6, 0x9f, 0x00),
    Rgb(0x56, 0xb4, 0xe9),
    Rgb(0xf0, 0xe4, 0x42),
];

impl Rgb {
    /// `#rrggbb`, for HTML and vega-lite.
    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// The colour `share` of the way to `other`.
    pub fn toward(self, other: Rgb, share: f64) -> Rgb {
        let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
        Rgb(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }

    /// Relative luminance between 0 and 1 (WCAG 2.1).
    fn luminance(self) -> f64 {
        let linear = |v: u8| {
            let v = f64::from(v) / 255.0;
            if v <= 0.03928 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// The contrast ratio to another colour, from 1 to 21 (WCAG 2.1; text needs 4.5).
    pub fn contrast(self, other: Rgb) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Black or white, whichever reads better on this colour.
    pub fn text(self) -> Rgb {
        let black = Rgb(0, 0, 0);
        if self.contrast(WHITE) > self.contrast(black) { WHITE } else { black }
    }
}

/// The colour of a signed score on a scale from −`largest` (blue) over 0 (white) to `largest` (red).
///
/// Scores beyond the ends get the end's colour; if `largest` is 0, everything is white.
pub fn diverging(score: f64, largest: f64) -> Rgb {
    let share = if largest > 0.0 { (score / largest).clamp(-1.0, 1.0) } else { 0.0 };
    if share >= 0.0 { WHITE.toward(POSITIVE, share) } else { WHITE.toward(NEGATIVE, -share) }
}

/// The colour of a probability: 0 is almost white, 1 dark green.
pub fn sequential(probability: f64) -> Rgb {
    Rgb(0xf2, 0xf8, 0xf6).toward(CERTAIN, probability.clamp(0.0, 1.0))
}

/// The colour of a word or a line that stands on white: the same hue, darkened until text in it can be read.
pub fn legible(color: Rgb) -> Rgb {
    let dark = |step: i32| color.toward(Rgb(0, 0, 0), f64::from(step) / 20.0);
    (0..20).map(dark).find(|dark| dark.contrast(WHITE) >= 4.5).unwrap_or(INK)
}

/// The colour of a word with a signed score: grey at 0, where the white of [`diverging`] could not be read.
pub fn signed_ink(score: f64, largest: f64) -> Rgb {
    let share = if largest > 0.0 { (score / largest).clamp(-1.0, 1.0) } else { 0.0 };
    GREY.toward(sign(share), share.abs())
}

/// The solid colour of a signed bar: red above zero, blue below.
pub fn sign(value: f64) -> Rgb {
    if value < 0.0 { NEGATIVE } else { POSITIVE }
}
