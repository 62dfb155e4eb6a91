//! Work shared out to rayon's threads in pieces that write to different places.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Does the tasks 0 to `tasks` − 1, on this thread and on those of the pool that have time. From within the pool too.
pub fn share_out(tasks: usize, work: &(dyn Fn(usize) + Sync)) {
    let threads = rayon::current_num_threads().min(tasks);
    let next = AtomicUsize::new(0);
    let run = || {
        loop {
            let task = next.fetch_add(1, Ordering::Relaxed);
            if task >= tasks {
                break;
            }
            work(task);
        }
    };
    if threads <= 1 {
        return run();
    }
    rayon::in_place_scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|_| run());
        }
        run();
    });
}

/// [`share_out`] for successive pieces of `len` items; the last may be shorter. `work` gets the number of the piece and
/// the piece.
pub fn share_out_pieces<T: Send>(items: &mut [T], len: usize, work: &(dyn Fn(usize, &mut [T]) + Sync)) {
    let (count, len) = (items.len(), len.max(1));
    let place = Place(items.as_mut_ptr());
    share_out(count.div_ceil(len), &|piece| {
        let first = piece * len;
        // SAFETY: each piece lies within `items`, which is borrowed until all is done, and is given out once.
        work(piece, unsafe { place.slice(first, len.min(count - first)) });
    });
}

/// Where several tasks write, each to items of its own.
#[derive(Clone, Copy)]
pub(crate) struct Place<T>(pub *mut T);

// SAFETY: only an address; who writes there promises that nobody else does, and items that may go to another thread.
unsafe impl<T: Send> Send for Place<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Place<T> {}

impl<T> Place<T> {
    /// The place `offset` items on.
    ///
    /// # Safety
    /// It lies within the same memory.
    pub unsafe fn at(&self, offset: usize) -> *mut T {
        // SAFETY: as the caller promises.
        unsafe { self.0.add(offset) }
    }

    /// `len` items from `offset` on.
    ///
    /// # Safety
    /// They lie within the same memory, hold values of `T`, and nobody else reads or writes them while they are used.
    pub unsafe fn slice<'a>(&self, offset: usize, len: usize) -> &'a mut [T] {
        // SAFETY: as the caller promises.
        unsafe { std::slice::from_raw_parts_mut(self.0.add(offset), len) }
    }
}
