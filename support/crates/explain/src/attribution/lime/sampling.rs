//! LIME's samples: which units are removed, how far that is from the text, and how much it counts.
//!
//! The text itself is the first sample. Draws come from one seeded ChaCha stream.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// `samples` masks over `units` units, shape (samples, units): 1 keeps a unit, 0 removes it.
///
/// The first mask keeps everything. For each other one, the number of removed units is drawn evenly from 1 to
/// `units`, then which they are.
pub fn perturb(units: usize, samples: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut order: Vec<u32> = (0..units as u32).collect();
    let mut masks = Vec::with_capacity(samples);
    if samples > 0 {
        masks.push(vec![1.0; units]);
    }
    for _ in 1..samples {
        let mut mask = vec![1.0; units];
        if units > 0 {
            let removed = rng.random_range(1..=units as u32);
            // The first `removed` places of a shuffle (Fisher–Yates), which need not start in order.
            for place in 0..removed {
                let from = rng.random_range(place..units as u32);
                order.swap(place as usize, from as usize);
                mask[order[place as usize] as usize] = 0.0;
            }
        }
        masks.push(mask);
    }
    masks
}

/// 100 × the cosine distance of each mask from the mask that keeps everything. A mask that keeps nothing is 100 away.
pub fn distances(masks: &[Vec<f64>]) -> Vec<f64> {
    let distance = |mask: &Vec<f64>| {
        let squares: f64 = mask.iter().map(|value| value * value).sum();
        let dot: f64 = mask.iter().sum();
        let norms = squares.sqrt() * (mask.len() as f64).sqrt();
        100.0 * (1.0 - if norms > 0.0 { dot / norms } else { 0.0 })
    };
    masks.iter().map(distance).collect()
}

/// The weight of each sample by its distance d: sqrt(exp(−d² / width²)), 1 for the text itself.
pub fn weights(distances: &[f64], width: f64) -> Vec<f64> {
    distances.iter().map(|d| (-(d * d) / (width * width)).exp().sqrt()).collect()
}
