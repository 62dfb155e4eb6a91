//! Batches of texts of similar length, so that little is padded, in an order that chance decides.
//!
//! Rows are shuffled, sorted by length within pools of [`POOL`] batches, cut, and the batches shuffled. Each row comes
//! once per epoch. The same seed and epoch give the same batches.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Batches per pool: more of them pad less, fewer mix the lengths more.
const POOL: usize = 32;

/// The rows of each batch for one epoch, given the length of each row.
pub(super) fn batches(lengths: &[usize], batch: usize, seed: u64, epoch: usize) -> Vec<Vec<usize>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(epoch as u64);
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.shuffle(&mut random);
    let mut found: Vec<Vec<usize>> = Vec::with_capacity(order.len().div_ceil(batch));
    for pool in order.chunks_mut(batch.saturating_mul(POOL)) {
        pool.sort_by_key(|&row| lengths[row]);
        found.extend(pool.chunks(batch).map(<[usize]>::to_vec));
    }
    found.shuffle(&mut random);
    found
}

/// All rows by length, for passes in which the order does not matter.
pub(super) fn by_length(lengths: &[usize], batch: usize) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|&row| lengths[row]);
    order.chunks(batch).map(<[usize]>::to_vec).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_once_in_batches_of_like_length() {
        let lengths: Vec<usize> = (0..1000).map(|row| 3 + row * 7919 % 60).collect();
        let found = batches(&lengths, 16, 5, 2);
        let mut rows: Vec<usize> = found.concat();
        rows.sort_unstable();
        assert_eq!(rows, (0..1000).collect::<Vec<_>>());
        assert!(found.iter().all(|batch| batch.len() <= 16) && found.len() == 63);
        let padded: usize =
            found.iter().map(|batch| batch.iter().map(|&row| lengths[row]).max().unwrap_or(0) * batch.len()).sum();
        let words: usize = lengths.iter().sum();
        assert!(padded < words * 115 / 100, "{padded} places for {words} words");
        // Shuffled: short and long batches alternate.
        let first: Vec<usize> = found.iter().map(|batch| lengths[batch[0]]).collect();
        assert!(first.windows(2).filter(|pair| pair[0] > pair[1]).count() > 15, "{first:?}");
    }

    #[test]
    fn seed_and_epoch_decide() {
        let lengths: Vec<usize> = (0..200).map(|row| row % 10).collect();
        assert_eq!(batches(&lengths, 8, 5, 2), batches(&lengths, 8, 5, 2));
        assert_ne!(batches(&lengths, 8, 5, 2), batches(&lengths, 8, 5, 3));
        assert_ne!(batches(&lengths, 8, 5, 2), batches(&lengths, 8, 6, 2));
        assert_eq!(batches(&lengths, usize::MAX, 1, 1).len(), 1);
    }
}
