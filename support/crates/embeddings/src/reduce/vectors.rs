//! Distances from one point to many, 16 at a time, compiled for what the processor has.

use kernels::loops::{Simd, Work, on_this_processor};

/// How many rows [`Columns`] keeps side by side.
const LANES: usize = 16;

/// Rows in groups of 16, each group column by column, so that 16 distances are computed at once.
pub(super) struct Columns {
    len: usize,
    width: usize,
    data: Vec<[f64; LANES]>,
}

impl Columns {
    /// The rows of `data`, which has `width` columns. Missing rows of the last group are infinitely far away.
    pub fn new(data: &[f64], width: usize) -> Columns {
        let len = data.len() / width;
        let mut columns = vec![[f64::INFINITY; LANES]; len.div_ceil(LANES) * width];
        for (at, row) in data.chunks(width).enumerate() {
            for (column, &x) in row.iter().enumerate() {
                columns[at / LANES * width + column][at % LANES] = x;
            }
        }
        Columns { len, width, data: columns }
    }

    /// Squared Euclidean distances of all rows to `point`, in `distances`.
    pub fn squared_distances(&self, point: &[f64], distances: &mut Vec<f64>) {
        distances.resize(self.data.len() / self.width * LANES, 0.0);
        on_this_processor(SquaredDistances { data: &self.data, point, distances });
        distances.truncate(self.len);
    }
}

struct SquaredDistances<'a> {
    data: &'a [[f64; LANES]],
    point: &'a [f64],
    distances: &'a mut [f64],
}

impl Work for SquaredDistances<'_> {
    type Result = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let groups = self.data.chunks_exact(self.point.len());
        for (group, to) in groups.zip(self.distances.chunks_exact_mut(LANES)) {
            let mut sums = [0.0; LANES];
            for (column, &x) in group.iter().zip(self.point) {
                for lane in 0..LANES {
                    let difference = column[lane] - x;
                    sums[lane] += difference * difference;
                }
            }
            to.copy_from_slice(&sums);
        }
    }
}
