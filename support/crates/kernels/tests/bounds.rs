//! What does not fit is refused with a message, and never read or written beyond its end: sizes that are no multiples of a
//! vector, row numbers that a matrix does not have, sides that end too early. Small, so that it also runs under valgrind.

#[path = "../../../tests/again/mod.rs"]
mod again;

use std::panic::catch_unwind;

use kernels::loops::attention::{self, Mask, Sizes};
use kernels::loops::buffers::Buffer;
use kernels::loops::matmul::{Left, Right, Start, multiply, multiply_on_cores, product, product_on_cores};
use kernels::loops::recurrence::{BackwardStep, ForwardStep};
use kernels::loops::skip_gram::{MOST_NEGATIVES, Rows, step};
use kernels::loops::threads::share_out_pieces;
use kernels::loops::use_instructions;

/// Numbers between −1 and 1, the same each time.
fn numbers(count: usize) -> Vec<f32> {
    let mut random = ground::random::SplitMix64::new(count as u64);
    (0..count).map(|_| (2.0 * random.uniform() - 1.0) as f32).collect()
}

/// Asserts that `run` panics with a message that contains `part`.
#[track_caller]
fn refused(part: &str, run: impl FnOnce() + std::panic::UnwindSafe) {
    let panic = catch_unwind(run).expect_err(part);
    let message = panic.downcast_ref::<String>().map_or("", String::as_str);
    assert!(message.contains(part), "expected `{part}`, found `{message}`");
}

/// A step on matrices of 3 target rows and 5 context rows of `stride` numbers.
fn skip_gram(stride: usize, pairs: &[u32], words: usize) -> (f64, Vec<f32>) {
    let (mut targets, mut contexts) = (numbers(3 * stride), numbers(5 * stride));
    let loss = step(Rows { targets: &mut targets, contexts: &mut contexts, stride }, pairs, words, 0.1);
    (loss, [targets, contexts].concat())
}

#[test]
fn skip_gram_takes_only_rows_that_there_are() {
    assert!(skip_gram(16, &[2, 4, 0, 1, 3, 1], 3).0 > 0.0);
    assert_eq!(skip_gram(16, &[], 3), (0.0, [numbers(48), numbers(80)].concat()));
    refused("target row 3 of 3", || drop(skip_gram(16, &[0, 1, 2, 3, 1, 2], 3)));
    refused("context row 5 of 5", || drop(skip_gram(16, &[0, 5, 2], 3)));
    refused("context row 4294967295 of 5", || drop(skip_gram(16, &[0, 1, u32::MAX], 3)));
    refused("a stride of 20", || drop(skip_gram(20, &[0, 1, 2], 3)));
    refused("a stride of 0", || drop(skip_gram(0, &[0, 1, 2], 3)));
    refused("4 row numbers in pairs of 3", || drop(skip_gram(16, &[0, 1, 2, 0], 3)));
    refused("1 words in a pair", || drop(skip_gram(16, &[0, 1], 1)));
    let most = vec![1; MOST_NEGATIVES + 2];
    assert!(skip_gram(32, &most, most.len()).0 > 0.0);
    let more = vec![1; MOST_NEGATIVES + 3];
    refused("34 words in a pair", move || drop(skip_gram(32, &more, more.len())));
}

#[test]
fn a_matrix_product_is_that_of_the_formula_for_all_sizes() {
    for (rows, depth, columns) in
        [(1, 1, 1), (7, 5, 16), (13, 130, 17), (3, 200, 80), (6, 3, 65), (2, 0, 16), (0, 4, 16)]
    {
        let (a, b) = (numbers(rows * depth), numbers(depth * columns));
        let found = product(rows, depth, Left { data: &a, row: depth, column: 1 }, &b, columns);
        assert_eq!(found.len(), rows * columns);
        for (at, found) in found.iter().enumerate() {
            let (i, j) = (at / columns, at % columns);
            let expected: f32 = (0..depth).map(|k| a[i * depth + k] * b[k * columns + j]).sum();
            assert!((found - expected).abs() < 1e-4, "{rows} × {depth} × {columns} at {i}, {j}");
        }
    }
}

#[test]
fn a_matrix_product_refuses_sides_that_end_too_early() {
    let run = |a: usize, b: usize, c: usize| {
        let (a, b, mut c) = (numbers(a), numbers(b), vec![0.0; c]);
        let left = Left { data: &a, row: 5, column: 1 };
        multiply(4, 5, left, Right::rows(&b, 32), Start::Zero, &mut c);
        multiply_on_cores(4, 5, left, Right::rows(&b, 32), Start::Zero, &mut c);
        assert_eq!(product_on_cores(4, 5, left, Right::rows(&b, 32), None), c);
    };
    run(20, 160, 128);
    refused("4 × 5 numbers", || run(19, 160, 128));
    refused("5 × 32 numbers", || run(20, 159, 128));
    refused("4 × 32 in 127 numbers", || run(20, 160, 127));
    let (a, b) = (numbers(20), numbers(1000));
    let odd = |right: Right| {
        let mut c = vec![0.0; 4 * right.columns];
        multiply(4, 5, Left { data: &a, row: 5, column: 1 }, right, Start::Zero, &mut c);
    };
    refused("20 columns are no multiple of 16", || odd(Right::rows(&b, 20)));
    // All panels at the same place: each but the last is read 64 wide, which only its width could hide.
    refused("panels 0 apart", || odd(Right { data: &b[..80], row: 16, panel: 0, columns: 80 }));
    refused("apart, of 1000", || odd(Right { data: &b, row: usize::MAX / 2, panel: 64, columns: 16 }));
    refused("apart, of 20", || {
        let (mut c, left) = (vec![0.0; 64], Left { data: &a, row: usize::MAX / 2, column: 1 });
        multiply(4, 5, left, Right::rows(&b, 16), Start::Zero, &mut c);
    });
}

#[test]
fn attention_refuses_what_does_not_fit() {
    let run = |sizes: Sizes, q: usize, k: usize, mask: Option<Mask>| {
        let (q, k) = (numbers(q), numbers(k));
        let z = attention::forward(sizes, &q, &k, &k, mask, 0.5);
        let gradients = attention::backward(sizes, &q, &k, &k, mask, 0.5, &z);
        assert!(z.iter().chain(gradients.iter().flatten()).all(|x| x.is_finite()));
    };
    let sizes = Sizes { batch: 2, queries: 3, keys: 5, heads: 4, key_heads: 2, width: 7 };
    let mask = numbers(2 * 3 * 5);
    let mask_of = |numbers| Mask { numbers, per_text: 15, per_query: 5 };
    run(sizes, 168, 140, None);
    run(sizes, 168, 140, Some(mask_of(&mask)));
    refused("a mask of 14", || run(sizes, 168, 140, Some(mask_of(&mask[..29]))));
    refused("attention: Sizes", || run(sizes, 167, 140, None));
    refused("attention: Sizes", || run(sizes, 168, 139, None));
    refused("heads do not fit", || run(Sizes { key_heads: 3, ..sizes }, 168, 210, None));
    refused("attention: Sizes", || {
        run(Sizes { batch: 1 << 63, queries: 2, heads: 1, key_heads: 1, ..sizes }, 0, 0, None)
    });
    run(Sizes { queries: 0, ..sizes }, 0, 140, Some(mask_of(&mask)));
}

#[test]
fn a_step_of_an_lstm_refuses_what_does_not_fit() {
    let run = |units: usize, rows: usize, gates: usize, next: usize| {
        let (weights, mut gates) = (numbers(units * 4 * units.next_multiple_of(16)), numbers(gates));
        let (h_before, c_before) = (numbers(rows * units), numbers(rows * units));
        let (mut tanh_c, mut h) = (numbers(rows * units), numbers(rows * units));
        let (mut h_next, mut c_next) = (numbers(next), numbers(next));
        let step = ForwardStep {
            units,
            weights: &weights,
            gates: &mut gates,
            h_before: &h_before,
            c_before: &c_before,
            tanh_c: &mut tanh_c,
            h: &mut h,
            h_next: &mut h_next,
            c_next: &mut c_next,
        };
        step.run();
        let (mut d_c, mut d_gates) = (numbers(rows * units), numbers(gates.len()));
        let (gates, tanh_c) = (&gates, &tanh_c);
        BackwardStep { units, gates, tanh_c, c_before: &c_before, d_h: &h, d_c: &mut d_c, d_gates: &mut d_gates }.run();
    };
    run(32, 7, 7 * 128, 5 * 32);
    run(16, 1, 64, 0);
    refused("20 units are no multiple", || run(20, 2, 160, 0));
    refused("0 units are no multiple", || run(0, 0, 0, 0));
    refused("7 rows expected", || run(32, 7, 7 * 128 - 1, 0));
    refused("parts of rows", || run(32, 7, 7 * 128, 33));
}

#[test]
fn a_buffer_gives_back_memory_that_it_does_not_need() {
    drop(Buffer::zeros(4000));
    let numbers = Buffer::zeros(1000).into_vec();
    assert_eq!((numbers.len(), numbers.capacity()), (1000, 1000));
}

#[test]
fn pieces_are_all_of_the_items() {
    for (count, len) in [(0, 3), (1, 3), (10, 3), (9, 3), (5, 0)] {
        let mut items = vec![usize::MAX; count];
        share_out_pieces(&mut items, len, &|piece, items| items.fill(piece));
        let expected: Vec<usize> = (0..count).map(|at| at / len.max(1)).collect();
        assert_eq!(items, expected);
    }
}

/// The tests above with plain code instead of the processor's vectors. The choice is global: they run again as processes
/// of their own.
#[test]
fn plain_code_keeps_to_the_bounds_too() {
    if std::env::var_os("BOUNDS_PORTABLE").is_some() {
        use_instructions("portable").unwrap();
        skip_gram_takes_only_rows_that_there_are();
        a_matrix_product_is_that_of_the_formula_for_all_sizes();
        a_matrix_product_refuses_sides_that_end_too_early();
        attention_refuses_what_does_not_fit();
        a_step_of_an_lstm_refuses_what_does_not_fit();
        return;
    }
    again::printed("plain_code_keeps_to_the_bounds_too", &[("BOUNDS_PORTABLE", "1")]);
}
