//! RGB pixels to a compact PNG file, for notebooks that are committed with their outputs.
//!
//! A picture keeps its most frequent colours, which are all fills, lines and most of the text, and of the rarer ones those
//! that are least like them, so that no shade of a colour scale is far from a colour that is kept. The others, mostly
//! shades at the edges of letters, become the nearest. The file carries no time: the same figure gives the same bytes.

use ground::{Error, Result, bail};
use png::{BitDepth, ColorType, Compression, Encoder, Filter};
use std::collections::HashMap;

/// The PNG file for `width` × `height` pixels of three bytes each, with `most` colours, at most 256.
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
    encoder.write_header().map_err(Error::of)?.write_image_data(&indices).map_err(Error::of)?;
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
    keep(&mut colors, most);
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

/// Moves the colours to keep to the front: three quarters of them are there already, by frequency; then, one after the
/// other, the one that is furthest from all that are kept.
fn keep(colors: &mut [([u8; 3], usize)], most: usize) {
    if colors.len() <= most {
        return;
    }
    let frequent = most - most / 4;
    let (front, rest) = colors.split_at(frequent);
    let nearest = |color: &[u8; 3]| front.iter().map(|(other, _)| distance(color, other)).min().unwrap_or(0);
    let mut far: Vec<i32> = rest.iter().map(|(color, _)| nearest(color)).collect();
    for place in frequent..most {
        let rest = place - frequent;
        // The first of equal ones: the most frequent.
        let best = (rest..far.len()).reduce(|best, at| if far[at] > far[best] { at } else { best }).unwrap_or(rest);
        colors[place..=frequent + best].rotate_right(1);
        far[rest..=best].rotate_right(1);
        let chosen = colors[place].0;
        for (far, (color, _)) in far.iter_mut().zip(&colors[frequent..]).skip(rest + 1) {
            *far = (*far).min(distance(color, &chosen));
        }
    }
}

/// The square of the distance of two colours.
fn distance(a: &[u8; 3], b: &[u8; 3]) -> i32 {
    a.iter().zip(b).map(|(&a, &b)| (i32::from(a) - i32::from(b)).pow(2)).sum()
}

/// The place of the colour in `kept` that is closest to `color`.
fn nearest(color: [u8; 3], kept: &[[u8; 3]]) -> u8 {
    (0..kept.len()).min_by_key(|&at| distance(&color, &kept[at])).unwrap_or(0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_colours_of_a_scale_stay_near_themselves() {
        // 4,000 frequent shades of red, and a blue scale of 40 steps that is seen once.
        let mut rgb = Vec::new();
        for shade in 0..4000u32 {
            let color = [200 + (shade % 50) as u8, (shade / 50) as u8, (shade / 40) as u8];
            (0..3).for_each(|_| rgb.extend(color));
        }
        let scale: Vec<[u8; 3]> = (0..40).map(|step| [step * 5, step * 6, 255]).collect();
        scale.iter().for_each(|color| rgb.extend(color));
        let (kept, indices) = palette(&rgb, 256);
        assert!(kept.len() <= 256 * 3 && indices.len() * 3 == rgb.len());
        for (color, pixel) in rgb.as_chunks::<3>().0.iter().zip(&indices) {
            let found = &kept.as_chunks::<3>().0[usize::from(*pixel)];
            assert!(distance(color, found) <= 400, "{color:?} became {found:?}");
        }
        // Few colours are kept as they are.
        let (kept, indices) = palette(&rgb[rgb.len() - 120..], 256);
        let back: Vec<u8> = indices.iter().flat_map(|&at| kept.as_chunks::<3>().0[usize::from(at)]).collect();
        assert_eq!(back, rgb[rgb.len() - 120..]);
    }
}
