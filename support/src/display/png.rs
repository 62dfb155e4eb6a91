//! RGB pixels to a compact PNG file, for notebooks that are committed with their outputs.
//!
//! A figure with at most 256 colours becomes a palette picture, which is lossless and about a third of the size.
//! Others keep their 24 bits. The picture carries no time stamp: the same figure gives the same bytes.

use crate::error::{Result, bail};
use png::{BitDepth, ColorType, Compression, Encoder, Filter};
use std::collections::HashMap;

/// The PNG file for `width` × `height` pixels of three bytes each.
pub(crate) fn encode(width: u32, height: u32, rgb: &[u8]) -> Result<Vec<u8>> {
    if rgb.len() != width as usize * height as usize * 3 {
        bail!("a picture of {width} × {height} pixels needs {} bytes, found {}", width * height * 3, rgb.len());
    }
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, width, height);
    encoder.set_compression(Compression::High);
    encoder.set_depth(BitDepth::Eight);
    match palette(rgb) {
        Some((colors, indices)) => {
            encoder.set_color(ColorType::Indexed);
            encoder.set_palette(colors);
            encoder.set_filter(Filter::NoFilter);
            encoder.write_header()?.write_image_data(&indices)?;
        }
        None => {
            encoder.set_color(ColorType::Rgb);
            encoder.set_filter(Filter::Adaptive);
            encoder.write_header()?.write_image_data(rgb)?;
        }
    }
    Ok(file)
}

/// The colours of a picture and each pixel's place among them, or nothing when there are more than 256.
fn palette(rgb: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut places: HashMap<[u8; 3], u8> = HashMap::new();
    let mut colors = Vec::new();
    let mut indices = Vec::with_capacity(rgb.len() / 3);
    for pixel in rgb.chunks_exact(3) {
        let color = [pixel[0], pixel[1], pixel[2]];
        let place = match places.get(&color) {
            Some(&place) => place,
            None => {
                let place = u8::try_from(places.len()).ok()?;
                places.insert(color, place);
                colors.extend_from_slice(&color);
                place
            }
        };
        indices.push(place);
    }
    Some((colors, indices))
}
