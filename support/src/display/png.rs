//! RGB pixels to a compact PNG file, for notebooks that are committed with their outputs.
//!
//! A picture keeps its most frequent colours, which are all fills, lines and most of the text; the others, shades at the
//! edges of letters, become the nearest of them. The file carries no time: the same figure gives the same bytes.

use crate::error::{Result, bail};
use png::{BitDepth, ColorType, Compression, Encoder, Filter};
use std::collections::HashMap;

/// The PNG file for `width` × `height` pixels of three bytes each, with the `most` most frequent colours, at most 256.
pub(crate) fn encode(width: u32, height: u32, rgb: &[u8], most: usize) -> Result<Vec<u8>> {
    if rgb.len() != width as usize * height as usize * 3 {
        bail!("a picture of {width} × {height} pixels needs {} bytes, found {}", width * height * 3, rgb.len());
    }
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_compression(Compression::High);
    encoder.set_depth(BitDepth::Eight);
    let (colors, indices) = palette(rgb, most.clamp(1, 256));
    encoder.set_color(ColorType::Indexed);
    encoder.set_palette(colors);
    encoder.set_filter(Filter::NoFilter);
    encoder.write_header()?.write_image_data(&indices)?;
    Ok(file)
}

/// At most `most` colours, three bytes each, and for each pixel its place among them.
fn palette(rgb: &[u8], most: usize) -> (Vec<u8>, Vec<u8>) {
    let mut counts: HashMap<[u8; 3], usize> = HashMap::new();
    // Most pixels are like the one before: one look-up per run.
    for run in rgb.as_chunks::<3>().0.chunk_by(|a, b| a == b) {
        *counts.entry(run[0]).or_default() += run.len();
    }
    let mut colors: Vec<([u8; 3], usize)> = counts.into_iter().collect();
    colors.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let kept: Vec<[u8; 3]> = colors.iter().take(most).map(|color| color.0).collect();
    let places: HashMap<[u8; 3], u8> = colors
        .iter()
        .enumerate()
        .map(|(at, (color, _))| (*color, if at < kept.len() { at as u8 } else { nearest(*color, &kept) }))
        .collect();
    let mut indices = Vec::with_capacity(rgb.len() / 3);
    for run in rgb.as_chunks::<3>().0.chunk_by(|a, b| a == b) {
        indices.resize(indices.len() + run.len(), places[&run[0]]);
    }
    (kept.concat(), indices)
}

/// The place of the colour in `kept` that is closest to `color`.
fn nearest(color: [u8; 3], kept: &[[u8; 3]]) -> u8 {
    let distance =
        |other: &[u8; 3]| -> i32 { color.iter().zip(other).map(|(&a, &b)| (i32::from(a) - i32::from(b)).pow(2)).sum() };
    (0..kept.len()).min_by_key(|&at| distance(&kept[at])).unwrap_or(0) as u8
}
