//! softmax(q·kᵀ·scale + mask)·v for each text and head, forward and backward; the pattern is computed again on the way
//! back, so that nothing of the size tokens × tokens is kept.

use super::buffers::Buffer;
use super::matmul::{GROUP, Left, Right, Start, multiply};
use super::rows::{softmax_backward_in_place, softmax_in_place};
use super::threads::{Place, share_out};

/// The shapes of q (batch, queries, heads, width), k and v (batch, keys, key heads, width).
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    pub batch: usize,
    pub queries: usize,
    pub keys: usize,
    pub heads: usize,
    pub key_heads: usize,
    pub width: usize,
}

impl Sizes {
    /// Panics where q (and z), k and v are not of these shapes.
    fn check(&self, q: &[f32], k: &[f32], v: &[f32]) {
        let numbers = |tokens: usize, heads: usize| {
            [tokens, heads, self.width].into_iter().try_fold(self.batch, usize::checked_mul)
        };
        let expected = [numbers(self.queries, self.heads), numbers(self.keys, self.key_heads)];
        let given = [Some(q.len()), Some(k.len())];
        assert!(expected == given && k.len() == v.len(), "attention: {self:?} for {given:?} numbers");
        assert!(
            self.key_heads > 0 && self.heads.is_multiple_of(self.key_heads),
            "attention: {self:?}: heads do not fit"
        );
    }

    /// Keys and width, filled up to whole groups of columns.
    fn wide(&self) -> (usize, usize) {
        (self.keys.next_multiple_of(GROUP), self.width.next_multiple_of(GROUP))
    }
}

/// What is added to the scores: row `text * per_text + query * per_query` of `keys` numbers.
#[derive(Clone, Copy)]
pub struct Mask<'a> {
    pub numbers: &'a [f32],
    pub per_text: usize,
    pub per_query: usize,
}

/// The numbers of one head: of `x` (tokens, heads, width) as (tokens, wide), filled up with zeros.
fn gather(x: &[f32], heads: usize, head: usize, width: usize, wide: usize) -> Buffer {
    let tokens = x.len() / (heads * width);
    let mut rows = if width == wide { Buffer::any(tokens * wide) } else { Buffer::zeros(tokens * wide) };
    for (to, from) in rows.chunks_exact_mut(wide).zip(x.chunks_exact(heads * width)) {
        to[..width].copy_from_slice(&from[head * width..][..width]);
    }
    rows
}

/// The numbers of one head turned: (width, wide), times `scale`.
fn gather_turned(x: &[f32], heads: usize, head: usize, width: usize, wide: usize, scale: f32) -> Buffer {
    let mut turned = Buffer::zeros(width * wide);
    for (token, from) in x.chunks_exact(heads * width).enumerate() {
        for (at, number) in from[head * width..][..width].iter().enumerate() {
            turned[at * wide + token] = number * scale;
        }
    }
    turned
}

/// The pattern of one head, (queries, wide keys) with zeros behind the keys.
fn pattern(s: &Sizes, q: &[f32], head: usize, keys_turned: &[f32], mask: Option<Mask>, text: usize) -> Buffer {
    let (keys, _) = s.wide();
    let mut scores = Buffer::any(s.queries * keys);
    let q = Left { data: &q[head * s.width..], row: s.heads * s.width, column: 1 };
    multiply(s.queries, s.width, q, Right::rows(keys_turned, keys), Start::Zero, &mut scores);
    let mask = mask.map(|mask| (&mask.numbers[text * mask.per_text..], mask.per_query));
    softmax_in_place(s.keys, keys, &mut scores, mask);
    scores
}

/// z (batch, queries, heads, width).
///
/// # Panics
/// Numbers, heads or a mask that do not fit the sizes.
pub fn forward(s: Sizes, q: &[f32], k: &[f32], v: &[f32], mask: Option<Mask>, scale: f32) -> Vec<f32> {
    s.check(q, k, v);
    let mut z = vec![0.0; q.len()];
    if q.is_empty() {
        return z;
    }
    let place = Place(z.as_mut_ptr());
    let (keys, wide) = s.wide();
    let (q_text, k_text) = (s.queries * s.heads * s.width, s.keys * s.key_heads * s.width);
    let group = s.heads / s.key_heads;
    share_out(s.batch * s.key_heads, &|task| {
        let (text, key_head) = (task / s.key_heads, task % s.key_heads);
        let (k, v) = (&k[text * k_text..][..k_text], &v[text * k_text..][..k_text]);
        let k = gather_turned(k, s.key_heads, key_head, s.width, keys, scale);
        let v = gather(v, s.key_heads, key_head, s.width, wide); // (keys, wide)
        let mut out = Buffer::any(s.queries * wide);
        for head in key_head * group..(key_head + 1) * group {
            let pattern = pattern(&s, &q[text * q_text..][..q_text], head, &k, mask, text);
            let rows = Left { data: &pattern, row: keys, column: 1 };
            multiply(s.queries, s.keys, rows, Right::rows(&v, wide), Start::Zero, &mut out);
            for (query, row) in out.chunks_exact(wide).enumerate() {
                // SAFETY: `z` has these sizes, and each task writes its own heads.
                let to = unsafe { place.slice(text * q_text + (query * s.heads + head) * s.width, s.width) };
                to.copy_from_slice(&row[..s.width]);
            }
        }
    });
    z
}

/// The gradients with respect to q, k and v, from that with respect to z.
///
/// # Panics
/// As [`forward`].
pub fn backward(
    s: Sizes,
    q: &[f32],
    k: &[f32],
    v: &[f32],
    mask: Option<Mask>,
    scale: f32,
    d_z: &[f32],
) -> [Vec<f32>; 3] {
    s.check(q, k, v);
    assert_eq!(q.len(), d_z.len(), "attention: a gradient of another shape");
    let mut found = [vec![0.0; q.len()], vec![0.0; k.len()], vec![0.0; v.len()]];
    if q.is_empty() {
        return found;
    }
    let places = [0, 1, 2].map(|at| Place(found[at].as_mut_ptr()));
    let (keys, wide) = s.wide();
    let (q_text, k_text) = (s.queries * s.heads * s.width, s.keys * s.key_heads * s.width);
    let group = s.heads / s.key_heads;
    share_out(s.batch * s.key_heads, &|task| {
        let (text, key_head) = (task / s.key_heads, task % s.key_heads);
        let (q, d_z) = (&q[text * q_text..][..q_text], &d_z[text * q_text..][..q_text]);
        let (k, v) = (&k[text * k_text..][..k_text], &v[text * k_text..][..k_text]);
        let k_turned = gather_turned(k, s.key_heads, key_head, s.width, keys, scale);
        let v_turned = gather_turned(v, s.key_heads, key_head, s.width, keys, 1.0);
        let k = gather(k, s.key_heads, key_head, s.width, wide); // (keys, wide)
        let (mut d_k, mut d_v) = (Buffer::zeros(s.keys * wide), Buffer::zeros(s.keys * wide));
        let (mut d_scores, mut d_q) = (Buffer::any(s.queries * keys), Buffer::any(s.queries * wide));
        for head in key_head * group..(key_head + 1) * group {
            let pattern = pattern(&s, q, head, &k_turned, mask, text);
            let rows = Left { data: &d_z[head * s.width..], row: s.heads * s.width, column: 1 };
            multiply(s.queries, s.width, rows, Right::rows(&v_turned, keys), Start::Zero, &mut d_scores);
            softmax_backward_in_place(s.keys, keys, &pattern, &mut d_scores);
            let d_z = gather(d_z, s.heads, head, s.width, wide); // (queries, wide)
            let turned = Left { data: &pattern, row: 1, column: keys };
            multiply(s.keys, s.queries, turned, Right::rows(&d_z, wide), Start::Result, &mut d_v);
            let q = gather(q, s.heads, head, s.width, wide); // (queries, wide)
            let turned = Left { data: &d_scores, row: 1, column: keys };
            multiply(s.keys, s.queries, turned, Right::rows(&q, wide), Start::Result, &mut d_k);
            let rows = Left { data: &d_scores, row: keys, column: 1 };
            multiply(s.queries, s.keys, rows, Right::rows(&k, wide), Start::Zero, &mut d_q);
            let at = text * q_text + head * s.width;
            scatter(&d_q, wide, places[0], at, s.heads * s.width, s.width, scale);
        }
        let at = text * k_text + key_head * s.width;
        scatter(&d_k, wide, places[1], at, s.key_heads * s.width, s.width, scale);
        scatter(&d_v, wide, places[2], at, s.key_heads * s.width, s.width, 1.0);
    });
    found
}

/// Writes rows of `wide` numbers, the first `width` of each times `scale`, to `place` from `at` on, `row` apart.
fn scatter(rows: &[f32], wide: usize, place: Place<f32>, at: usize, row: usize, width: usize, scale: f32) {
    for (token, from) in rows.chunks_exact(wide).enumerate() {
        // SAFETY: the results have the sizes of what is read, and each task writes its own heads.
        let to = unsafe { place.slice(at + token * row, width) };
        to.iter_mut().zip(from).for_each(|(to, from)| *to = from * scale);
    }
}
