//! Dense ranks: the axes of Scattertext's plot (J. Kessler, "Scattertext", ACL 2017, arXiv:1703.00565).
//!
//! Counts of words are so skewed that a plot of them is one heap in a corner. Their ranks spread over the axis.

/// The dense rank of each count, scaled to 0..1: the lowest count gets 0, the highest 1, equal counts the same number,
/// and neighbouring counts are one step apart, whatever lies between them.
///
/// `[7, 1, 1, 500]` gives `[0.5, 0, 0, 1]`. Where all counts are equal, all get 0.5.
pub fn dense_ranks(counts: &[u32]) -> Vec<f64> {
    let mut distinct = counts.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    match distinct.len() {
        0 | 1 => vec![0.5; counts.len()],
        n => counts.iter().map(|count| distinct.partition_point(|x| x < count) as f64 / (n - 1) as f64).collect(),
    }
}
