//! Memory that is used again: a step of training needs the same megabytes as the one before, and to ask the system for
//! them each time (it hands out pages one by one, and zeroed) takes as long as computing.

use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Numbers that are kept for later at most: 64 MB.
const KEPT: usize = 16 << 20;

static FREE: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());

/// A slice of numbers whose memory goes back to the store when it is dropped.
pub struct Buffer {
    /// At least `len` numbers.
    data: Vec<f32>,
    len: usize,
}

impl Buffer {
    /// `len` zeros.
    pub fn zeros(len: usize) -> Buffer {
        let mut buffer = Buffer::any(len);
        buffer.fill(0.0);
        buffer
    }

    /// `len` numbers of any value: for what is written before it is read.
    pub fn any(len: usize) -> Buffer {
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |data: &Vec<f32>| (len..=4 * len).contains(&data.len());
        let best = (0..free.len()).filter(|&i| fits(&free[i])).min_by_key(|&i| free[i].len());
        let found = best.map(|i| free.remove(i));
        drop(free);
        Buffer { data: found.unwrap_or_else(|| vec![0.0; len]), len }
    }

    /// The numbers, which are not given back; memory beyond them is.
    pub fn into_vec(mut self) -> Vec<f32> {
        let mut numbers = std::mem::take(&mut self.data);
        numbers.truncate(self.len);
        numbers.shrink_to_fit();
        numbers
    }
}

/// `len` numbers that `fill` writes.
///
/// # Safety
/// `fill` writes every one of them.
pub(crate) unsafe fn written(len: usize, fill: impl FnOnce(&mut [MaybeUninit<f32>])) -> Vec<f32> {
    let mut numbers = Vec::with_capacity(len);
    fill(&mut numbers.spare_capacity_mut()[..len]);
    // SAFETY: there is room for `len` numbers, and all were written.
    unsafe { numbers.set_len(len) };
    numbers
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let data = std::mem::take(&mut self.data);
        if data.is_empty() || data.len() > KEPT {
            return;
        }
        let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = free.iter().map(Vec::len).sum::<usize>() + data.len();
        while kept > KEPT {
            kept -= free.remove(0).len(); // the one that was not wanted for longest
        }
        free.push(data);
    }
}

impl Deref for Buffer {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.data[..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.data[..self.len]
    }
}
