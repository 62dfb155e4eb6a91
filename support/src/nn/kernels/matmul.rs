//! The matrix product that the recurrent layers need: c = start + a·b, sums in a fixed order whatever the processor.
//!
//! Blocks of rows of `a` meet panels of 64 columns of `b`, with the sums in registers (the scheme of Goto and van de
//! Geijn 2008, "Anatomy of high-performance matrix multiplication"). One thread; the layers share the work out.

use super::buffers::Buffer;
use super::simd::{Simd, for_each_processor};

/// Columns of a panel.
pub(crate) const PANEL: usize = 64;
/// Columns of a group: the widths of all right-hand sides and results are multiples of it.
pub(crate) const GROUP: usize = 16;
/// Rows of a panel that are used at a time: 32 kB, which stay in the first cache.
const DEPTH: usize = 128;

static ZEROS: [f32; PANEL] = [0.0; PANEL];

/// A left-hand side: element (i, j) is at `i * row + j * column`.
#[derive(Clone, Copy)]
pub(crate) struct Left<'a> {
    pub data: &'a [f32],
    pub row: usize,
    pub column: usize,
}

/// A right-hand side: element (i, j) is at `i * row + (j / 64) * panel + j % 64`. `columns` is a multiple of 16.
#[derive(Clone, Copy)]
pub(crate) struct Right<'a> {
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
pub(crate) enum Start<'a> {
    /// Nothing.
    Zero,
    /// The same row for all rows of the result.
    Row(&'a [f32]),
    /// What the result holds already.
    Result,
}

/// How many numbers a matrix stored panel by panel takes.
pub(crate) fn panels_len(depth: usize, columns: usize) -> usize {
    columns.div_ceil(PANEL) * PANEL * depth
}

/// a (rows, depth) · b (depth, columns) for any number of columns; the rows of `b` lie one after the other.
pub(crate) fn product(rows: usize, depth: usize, a: Left, b: &[f32], columns: usize) -> Vec<f32> {
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
pub(crate) fn multiply(rows: usize, depth: usize, a: Left, b: Right, start: Start, c: &mut [f32]) {
    let columns = b.columns;
    if rows == 0 || columns == 0 {
        return;
    }
    assert!(columns.is_multiple_of(GROUP) && c.len() >= rows * columns);
    if depth == 0 {
        return match start {
            Start::Zero => c[..rows * columns].fill(0.0),
            Start::Row(row) => c[..rows * columns].chunks_exact_mut(columns).for_each(|c| c.copy_from_slice(row)),
            Start::Result => {}
        };
    }
    let last_panel = (columns - 1) / PANEL;
    assert!(a.data.len() > (rows - 1) * a.row + (depth - 1) * a.column);
    assert!(b.data.len() >= last_panel * b.panel + (depth - 1) * b.row + (columns - last_panel * PANEL));
    for first in (0..columns).step_by(PANEL) {
        let width = PANEL.min(columns - first);
        for top in (0..depth).step_by(DEPTH) {
            let (from, from_row) = match start {
                Start::Zero if top == 0 => (ZEROS.as_ptr(), 0),
                Start::Row(row) if top == 0 => (row[first..first + width].as_ptr(), 0),
                _ => (c[first..].as_ptr(), columns),
            };
            // SAFETY: all that is read and written lies inside the slices, as asserted above.
            unsafe {
                panel(
                    rows,
                    DEPTH.min(depth - top),
                    a.data.as_ptr().add(top * a.column),
                    a.row,
                    a.column,
                    b.data.as_ptr().add(first / PANEL * b.panel + top * b.row),
                    b.row,
                    from,
                    from_row,
                    c.as_mut_ptr().add(first),
                    columns,
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
        unsafe {
            let (a, from, c) = (a.add(row * a_row), from.add(row * from_row), c.add(row * c_row));
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
    unsafe {
        for lane in (0..GROUP).step_by(S::LANES) {
            let mut sums = [[S::splat(0.0); GROUPS]; HEIGHT];
            for (i, sums) in sums.iter_mut().enumerate() {
                for (g, sum) in sums.iter_mut().enumerate() {
                    *sum = S::load(from.add(i * from_row + g * GROUP + lane));
                }
            }
            accumulate::<S, HEIGHT, GROUPS>(depth, a, a_row, a_column, b.add(lane), b_row, &mut sums);
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
