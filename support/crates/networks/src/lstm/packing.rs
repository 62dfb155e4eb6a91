//! How the tokens of a batch are laid out for a recurrent network: time-major and without padding.
//!
//! Texts are sorted by length, longest first. Then come the first tokens of all texts, the second tokens of the texts
//! that have two, and so on: the `PackedSequence` of PyTorch. No row stands for padding, so none is computed.

use ground::{Result, bail};

/// The layout of one batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packing {
    /// The texts in the order of the rows, as positions in the batch: longest first, equal lengths in their order.
    pub order: Vec<usize>,
    /// How many texts have a first token, a second, …; never rises.
    pub sizes: Vec<usize>,
    /// The row at which the tokens of each step begin.
    pub offsets: Vec<usize>,
    /// How many rows (tokens) there are.
    pub rows: usize,
    lengths: Vec<usize>,
}

impl Packing {
    /// The layout for texts of these lengths.
    ///
    /// # Errors
    /// No text, or one without a token.
    pub fn new(lengths: &[usize]) -> Result<Packing> {
        if lengths.is_empty() {
            bail!("a batch needs at least one text");
        }
        if let Some(at) = lengths.iter().position(|&length| length == 0) {
            bail!("text {at} of the batch has no token");
        }
        let mut order: Vec<usize> = (0..lengths.len()).collect();
        order.sort_by_key(|&at| std::cmp::Reverse(lengths[at]));
        let mut still = order.len();
        let (mut sizes, mut offsets, mut rows) = (Vec::new(), Vec::new(), 0);
        for step in 0..lengths[order[0]] {
            while lengths[order[still - 1]] <= step {
                still -= 1;
            }
            sizes.push(still);
            offsets.push(rows);
            rows += still;
        }
        Ok(Packing { order, sizes, offsets, rows, lengths: lengths.to_vec() })
    }

    /// For each row the text, as a position in the batch, and the step, both from 0.
    pub fn tokens(&self) -> impl Iterator<Item = (usize, usize)> {
        self.sizes.iter().enumerate().flat_map(|(step, &size)| self.order[..size].iter().map(move |&text| (text, step)))
    }

    /// Where each text, in the order of the batch, ends: the row of its last token and the row of its first one.
    pub fn ends(&self) -> Vec<(usize, usize)> {
        let mut ends = vec![(0, 0); self.order.len()];
        for (place, &text) in self.order.iter().enumerate() {
            ends[text] = (self.offsets[self.lengths[text] - 1] + place, place);
        }
        ends
    }
}
