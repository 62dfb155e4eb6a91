//! The matrix product c = start + a·b, with sums in a fixed order whatever the processor and the number of threads.
//!
//! Blocks of rows of `a` meet panels of 64 columns of `b`, with the sums in registers (the scheme of Goto and van de
//! Geijn 2008, "Anatomy of high-performance matrix multiplication").

use std::ops::Range;

use super::buffers::{Buffer, written};
use super::processor::for_each_processor;
use super::simd::Simd;
use super::threads::{Place, share_out};

/// Columns of a panel.
pub const PANEL: usize = 64;
/// Columns of a group: the widths of all right-hand sides and results are multiples of it.
pub const GROUP: usize = 16;
/// Rows of a panel that are used at a time: 32 kB, which stay in the first cache.
const DEPTH: usize = 128;

static ZEROS: [f32; PANEL] = [0.0; PANEL];

/// A left-hand side: element (i, j) is at `i * row + j * column`.
#[derive(Clone, Copy)]
pub struct Left<'a> {
    pub data: &'a [f32],
    pub row: usize,
    pub column: usize,
}

/// A right-hand side: element (i, j) is at `i * row + (j / 64) * panel + j % 64`. `columns` is a multiple of 16.
#[derive(Clone, Copy)]
pub struct Right<'a> {
    pub data: &'a [f32],
    pub row: usize,
    pub panel: usize,
    pub columns: usize,
}

impl<'a> Right<'a> {
    /// A matrix with its rows one after the other.
    pub fn rows(data: &'a [f32], columns: usize) -> Self {
        Right { data, row: columns, panel: PANEL, columns }
    }

    /// A matrix of `depth` rows that was stored panel by panel.
    pub fn panels(data: &'a [f32], depth: usize, columns: usize) -> Self {
        Right { data, row: PANEL, panel: depth * PANEL, columns }
    }
}

/// What is added to the product.
#[derive(Clone, Copy)]
pub enum Start<'a> {
    /// Nothing.
    Zero,
    /// The same row for all rows of the result.
    Row(&'a [f32]),
    /// What the result holds already.
    Result,
}

/// How many numbers a matrix stored panel by panel takes.
pub fn panels_len(depth: usize, columns: usize) -> usize {
    columns.div_ceil(PANEL) * PANEL * depth
}

/// a (rows, depth) · b (depth, columns) for any number of columns; the rows of `b` lie one after the other.
pub fn product(rows: usize, depth: usize, a: Left, b: &[f32], columns: usize) -> Vec<f32> {
    let wide = columns.next_multiple_of(GROUP);
    let mut c = Buffer::any(rows * wide);
    if wide == columns {
        multiply(rows, depth, a, Right::rows(b, columns), Start::Zero, &mut c);
        return c.into_vec();
    }
    let mut padded = Buffer::zeros(depth * wide);
    for (to, from) in padded.chunks_exact_mut(wide).zip(b.chunks_exact(columns)) {
        to[..columns].copy_from_slice(from);
    }
    multiply(rows, depth, a, Right::rows(&padded, wide), Start::Zero, &mut c);
    c.chunks_exact(wide).flat_map(|row| &row[..columns]).copied().collect()
}

/// c (rows, columns) = start + a (rows, depth) · b (depth, columns); the rows of `c` are `b.columns` apart.
///
/// # Panics
/// Sides that end before their last element; columns that are no multiple of 16.
pub fn multiply(rows: usize, depth: usize, a: Left, b: Right, start: Start, c: &mut [f32]) {
    check(rows, depth, a, b, c.len());
    // SAFETY: `check` has looked at the sizes.
    unsafe { multiply_columns(rows, depth, a, b, start, c.as_mut_ptr(), b.columns, 0..b.columns) }
}

/// [`multiply`] with the work shared out to the cores where there is enough of it; the same bits.
///
/// # Panics
/// As [`multiply`].
pub fn multiply_on_cores(rows: usize, depth: usize, a: Left, b: Right, start: Start, c: &mut [f32]) {
    check(rows, depth, a, b, c.len());
    // SAFETY: `check` has looked at the sizes.
    unsafe { on_cores(rows, depth, a, b, start, c.as_mut_ptr()) }
}

/// [`multiply_on_cores`] into new memory; `start` is one row for all, or nothing.
///
/// # Panics
/// As [`multiply`].
pub fn product_on_cores(rows: usize, depth: usize, a: Left, b: Right, start: Option<&[f32]>) -> Vec<f32> {
    let len = rows.checked_mul(b.columns).expect("a matrix that fits into memory");
    check(rows, depth, a, b, len);
    let start = start.map_or(Start::Zero, Start::Row);
    // SAFETY: `check` has looked at the sizes; a product that does not start with what is there writes all rows and columns.
    unsafe { written(len, |c| on_cores(rows, depth, a, b, start, c.as_mut_ptr().cast())) }
}

/// # Safety
/// `c` holds all rows and columns, initialised where `start` says so, and `a` and `b` what is read of them.
unsafe fn on_cores(rows: usize, depth: usize, a: Left, b: Right, start: Start, c: *mut f32) {
    let few = rows.saturating_mul(depth).saturating_mul(b.columns) < ENOUGH;
    if few || rayon::current_num_threads() == 1 {
        // SAFETY: as the caller promises.
        return unsafe { multiply_columns(rows, depth, a, b, start, c, b.columns, 0..b.columns) };
    }
    // Blocks of rows; where they are too few for all cores, of columns too.
    let blocks = rows.div_ceil(MOST_ROWS);
    let height = rows.div_ceil(blocks).next_multiple_of(6);
    let blocks = rows.div_ceil(height);
    let panels = b.columns.div_ceil(PANEL);
    let parts = (4 * rayon::current_num_threads()).div_ceil(blocks).min(panels);
    let width = panels.div_ceil(parts) * PANEL;
    let parts = b.columns.div_ceil(width);
    let place = Place(c);
    share_out(blocks * parts, &|task| {
        let (top, left) = (task / parts * height, task % parts * width);
        let a = Left { data: &a.data[top * a.row..], ..a };
        let columns = left..b.columns.min(left + width);
        // SAFETY: as the caller promises; tasks write different rows or columns.
        unsafe {
            let c = place.at(top * b.columns);
            multiply_columns(height.min(rows - top), depth, a, b, start, c, b.columns, columns);
        }
    });
}

/// Products with fewer multiplications than this run on one core.
const ENOUGH: usize = 1 << 20;
/// Rows of `a` that meet all of `b` at a time, so that they stay in the second cache.
const MOST_ROWS: usize = 192;

/// Panics where the sides or the result end before their last element.
fn check(rows: usize, depth: usize, a: Left, b: Right, c: usize) {
    let Right { columns, .. } = b;
    assert!(columns.is_multiple_of(GROUP), "a matrix product: {columns} columns are no multiple of {GROUP}");
    if rows == 0 || columns == 0 {
        return;
    }
    // One past element (i, j) of a side whose rows and columns are so far apart, `last` more in one piece.
    let end = |i: usize, row: usize, j: usize, column: usize, last: usize| {
        i.checked_mul(row)?.checked_add(j.checked_mul(column)?)?.checked_add(last)
    };
    let fits = |len: usize, end: Option<usize>| end.is_some_and(|end| end <= len);
    assert!(fits(c, rows.checked_mul(columns)), "a matrix product of {rows} × {columns} in {c} numbers");
    if depth == 0 {
        return;
    }
    assert!(
        fits(a.data.len(), end(rows - 1, a.row, depth - 1, a.column, 1)),
        "a matrix product: {rows} × {depth} numbers, {} and {} apart, of {}",
        a.row,
        a.column,
        a.data.len()
    );
    let last_panel = (columns - 1) / PANEL;
    assert!(
        last_panel == 0 || b.panel >= PANEL,
        "a matrix product: panels {} apart, at least {PANEL} expected",
        b.panel
    );
    assert!(
        fits(b.data.len(), end(last_panel, b.panel, depth - 1, b.row, columns - last_panel * PANEL)),
        "a matrix product: {depth} × {columns} numbers, {} and {} apart, of {}",
        b.row,
        b.panel,
        b.data.len()
    );
}

/// Some columns of a product, the first a multiple of 64; row i of the result begins at `c + i * c_row`.
///
/// # Safety
/// `c` holds the rows, initialised where `start` says so, and `a` and `b` what is read of them.
#[allow(clippy::too_many_arguments)]
unsafe fn multiply_columns(
    rows: usize,
    depth: usize,
    a: Left,
    b: Right,
    start: Start,
    c: *mut f32,
    c_row: usize,
    columns: Range<usize>,
) {
    if rows == 0 {
        return;
    }
    for first in columns.clone().step_by(PANEL) {
        let width = PANEL.min(columns.end - first);
        for top in (0..depth.max(1)).step_by(DEPTH) {
            // SAFETY: as the caller promises; without depth nothing is read of the sides.
            unsafe {
                let (from, from_row) = match start {
                    Start::Zero if top == 0 => (ZEROS.as_ptr(), 0),
                    Start::Row(row) if top == 0 => (row[first..first + width].as_ptr(), 0),
                    _ => (c.add(first).cast_const(), c_row),
                };
                panel(
                    rows,
                    DEPTH.min(depth - top),
                    a.data.as_ptr().wrapping_add(top * a.column),
                    a.row,
                    a.column,
                    b.data
                        .as_ptr()
                        .wrapping_add((first / PANEL).wrapping_mul(b.panel).wrapping_add(top.wrapping_mul(b.row))),
                    b.row,
                    from,
                    from_row,
                    c.add(first),
                    c_row,
                    width / GROUP,
                );
            }
        }
    }
}

for_each_processor! {
    unsafe fn panel => panel_body(
        rows: usize, depth: usize, a: *const f32, a_row: usize, a_column: usize, b: *const f32, b_row: usize,
        from: *const f32, from_row: usize, c: *mut f32, c_row: usize, groups: usize,
    )
}

#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn panel_body<S: Simd>(
    rows: usize,
    depth: usize,
    a: *const f32,
    a_row: usize,
    a_column: usize,
    b: *const f32,
    b_row: usize,
    from: *const f32,
    from_row: usize,
    c: *mut f32,
    c_row: usize,
    groups: usize,
) {
    let mut row = 0;
    while row < rows {
        let height = S::ROWS.min(rows - row);
        // SAFETY: the caller sees to the instructions and to all that is read and written.
        unsafe {
            // Without depth `a` may be empty; then it is not read.
            let (a, from, c) = (a.wrapping_add(row * a_row), from.add(row * from_row), c.add(row * c_row));
            macro_rules! block {
                ($height:literal) => {
                    match groups {
                        4 => block::<S, $height, 4>(depth, a, a_row, a_column, b, b_row, from, from_row, c, c_row),
                        3 => block::<S, $height, 3>(depth, a, a_row, a_column, b, b_row, from, from_row, c, c_row),
                        2 => block::<S, $height, 2>(depth, a, a_row, a_column, b, b_row, from, from_row, c, c_row),
                        _ => block::<S, $height, 1>(depth, a, a_row, a_column, b, b_row, from, from_row, c, c_row),
                    }
                };
            }
            match height {
                6 => block!(6),
                5 => block!(5),
                4 => block!(4),
                3 => block!(3),
                2 => block!(2),
                _ => block!(1),
            }
        }
        row += height;
    }
}

#[inline(always)]
#[allow(clippy::too_many_arguments)]
unsafe fn block<S: Simd, const HEIGHT: usize, const GROUPS: usize>(
    depth: usize,
    a: *const f32,
    a_row: usize,
    a_column: usize,
    b: *const f32,
    b_row: usize,
    from: *const f32,
    from_row: usize,
    c: *mut f32,
    c_row: usize,
) {
    // SAFETY: the caller sees to the instructions and to all that is read and written.
    unsafe {
        for lane in (0..GROUP).step_by(S::LANES) {
            let mut sums = [[S::splat(0.0); GROUPS]; HEIGHT];
            for (i, sums) in sums.iter_mut().enumerate() {
                for (g, sum) in sums.iter_mut().enumerate() {
                    *sum = S::load(from.add(i * from_row + g * GROUP + lane));
                }
            }
            accumulate::<S, HEIGHT, GROUPS>(depth, a, a_row, a_column, b.wrapping_add(lane), b_row, &mut sums);
            for (i, sums) in sums.iter().enumerate() {
                for (g, sum) in sums.iter().enumerate() {
                    S::store(c.add(i * c_row + g * GROUP + lane), *sum);
                }
            }
        }
    }
}

/// Adds a (HEIGHT, depth) · b (depth, one vector of each group) to sums that stay in registers.
#[inline(always)]
pub(super) unsafe fn accumulate<S: Simd, const HEIGHT: usize, const GROUPS: usize>(
    depth: usize,
    a: *const f32,
    a_row: usize,
    a_column: usize,
    b: *const f32,
    b_row: usize,
    sums: &mut [[S::V; GROUPS]; HEIGHT],
) {
    // SAFETY: the caller sees to the instructions and to all that is read and written.
    unsafe {
        let mut kept = *sums;
        for k in 0..depth {
            let mut left = [S::splat(0.0); HEIGHT];
            for (i, left) in left.iter_mut().enumerate() {
                *left = S::splat(*a.add(i * a_row + k * a_column));
            }
            for g in 0..GROUPS {
                let right = S::load(b.add(k * b_row + g * GROUP));
                for (sums, left) in kept.iter_mut().zip(left) {
                    sums[g] = S::fma(left, right, sums[g]);
                }
            }
        }
        *sums = kept;
    }
}
