//! Loops over short arrays, compiled for AVX-512, for AVX2 and for any processor.
//!
//! They multiply and add in two steps and never change the order of a sum, so every processor gives the same bits.

/// Defines `$name`, which calls `$body` (an `#[inline(always)]` function) compiled for what this processor has.
macro_rules! on_each_processor {
    ($(#[$doc:meta])* $visible:vis fn $name:ident $(<const $n:ident: usize>)? => $body:ident($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)?) => {
        $(#[$doc])*
        #[allow(clippy::too_many_arguments)]
        $visible fn $name$(<const $n: usize>)?($($arg: $type),*) $(-> $result)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[allow(clippy::too_many_arguments)]
                #[target_feature(enable = "avx512f")]
                fn avx512$(<const $n: usize>)?($($arg: $type),*) $(-> $result)? {
                    $body$(::<$n>)?($($arg),*)
                }
                #[allow(clippy::too_many_arguments)]
                #[target_feature(enable = "avx2")]
                fn avx2$(<const $n: usize>)?($($arg: $type),*) $(-> $result)? {
                    $body$(::<$n>)?($($arg),*)
                }
                // SAFETY: the processor has the instructions that the function was compiled for.
                if is_x86_feature_detected!("avx512f") {
                    return unsafe { avx512$(::<$n>)?($($arg),*) };
                }
                if is_x86_feature_detected!("avx2") {
                    return unsafe { avx2$(::<$n>)?($($arg),*) };
                }
            }
            $body$(::<$n>)?($($arg),*)
        }
    };
}
pub(super) use on_each_processor;

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
        squared_distances(&self.data, point, distances);
        distances.truncate(self.len);
    }
}

on_each_processor! {
    fn squared_distances => squared_distances_body(data: &[[f64; LANES]], point: &[f64], distances: &mut [f64])
}

#[inline(always)]
fn squared_distances_body(data: &[[f64; LANES]], point: &[f64], distances: &mut [f64]) {
    for (group, to) in data.chunks_exact(point.len()).zip(distances.chunks_exact_mut(LANES)) {
        let mut sums = [0.0; LANES];
        for (column, &x) in group.iter().zip(point) {
            for lane in 0..LANES {
                let difference = column[lane] - x;
                sums[lane] += difference * difference;
            }
        }
        to.copy_from_slice(&sums);
    }
}
