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

/// Where several tasks write, each to numbers of its own.
#[derive(Clone, Copy)]
pub struct Place(pub *mut f32);

// SAFETY: only an address; who writes there promises that nobody else does.
unsafe impl Send for Place {}
unsafe impl Sync for Place {}

impl Place {
    /// The place `offset` numbers on.
    ///
    /// # Safety
    /// It lies within the same memory.
    pub unsafe fn at(self, offset: usize) -> *mut f32 {
        unsafe { self.0.add(offset) }
    }

    /// `len` numbers from `offset` on.
    ///
    /// # Safety
    /// They lie within the same memory, and nobody else reads or writes them while they are used.
    pub unsafe fn slice<'a>(self, offset: usize, len: usize) -> &'a mut [f32] {
        unsafe { std::slice::from_raw_parts_mut(self.0.add(offset), len) }
    }
}
