//! The frame of the exercises' checks: what a verdict says, and that nothing gets out of it.
//!
//! `weights_check` shows how a lesson writes a check.

use ground::Error;
use ground::Result;
use lessons::exercise::{Verdict, check, count, number, numbers, require, unfinished, words};

/// The weights of a quadrature rule, given as a function: what an exercise's check looks like.
fn weights_check(weights: &dyn Fn(usize) -> Vec<f64>) -> Verdict {
    check("3.2", &|| {
        let found = weights(4);
        unfinished(found.is_empty(), "return one weight per point")?;
        let sum: f64 = found.iter().sum();
        require((sum - 1.0).abs() < 1e-9, &format!("your weights sum to {sum:.2}: the two ends count half"))?;
        numbers("the weights for 4 points", &found, &[1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0], 1e-9)?;
        Ok("the ends count half, and all weights sum to 1".to_owned())
    })
}

fn trapezoid(n: usize) -> Vec<f64> {
    let step = 1.0 / (n - 1) as f64;
    (0..n).map(|k| if k == 0 || k == n - 1 { step / 2.0 } else { step }).collect()
}

#[test]
fn a_verdict_begins_with_its_mark() {
    let right = weights_check(&trapezoid);
    assert!(right.passed());
    assert_eq!(format!("{right:?}"), "✓ 3.2 the ends count half, and all weights sum to 1");
    let wrong = weights_check(&|n| vec![1.0 / (n - 1) as f64; n]);
    assert!(!wrong.passed());
    assert_eq!(format!("{wrong:?}"), "✗ 3.2 your weights sum to 1.33: the two ends count half");
    assert_eq!(wrong.message(), "your weights sum to 1.33: the two ends count half");
    let starter = weights_check(&|_| vec![]);
    assert_eq!(starter.to_string(), "✗ 3.2 not finished yet: return one weight per point");
}

#[test]
fn html_in_an_answer_is_text() {
    let verdict = check("1.1", &|| Err(Error::new("found <script>\nsecond line")));
    assert_eq!(verdict.to_string(), "✗ 1.1 found <script>⏎second line");
    assert!(verdict.html().contains("&lt;script&gt;") && !verdict.html().contains("<script>"));
}

#[test]
fn panics_become_verdicts() {
    let index = weights_check(&|n| vec![vec![0.0; n][n]]);
    assert!(!index.passed());
    assert!(index.message().starts_with("your code panicked: index out of bounds"), "{index:?}");
    let unwritten = weights_check(&|_| todo!());
    assert!(unwritten.message().starts_with("not finished yet"), "{unwritten:?}");
    let silent = weights_check(&|_| std::panic::panic_any(7));
    assert_eq!(silent.message(), "your code panicked without a message");
    let thread = weights_check(&|_| std::thread::spawn(|| panic!("in a thread")).join().map_or(vec![], |()| vec![]));
    assert!(thread.message().starts_with("not finished yet"), "{thread:?}");
    let nested = weights_check(&|_| if weights_check(&|_| panic!()).passed() { vec![] } else { trapezoid(4) });
    assert!(nested.passed(), "{nested:?}");
}

/// Runs this test file's `noisy` test as a process of its own and reads its stderr.
#[test]
fn nothing_reaches_stderr_and_the_hook_comes_back() {
    let program = std::env::current_exe().expect("this test has a path");
    let run = std::process::Command::new(program)
        .args(["--exact", "exercise::noisy", "--ignored", "--nocapture", "--test-threads=1"])
        .output()
        .expect("this test can be run again");
    let stderr = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{stderr}");
    assert!(!stderr.contains("within a check"), "{stderr}");
    assert!(stderr.contains("after the checks"), "the hook is back: {stderr}");
}

#[test]
#[ignore = "run by the test above, which reads its stderr"]
fn noisy() {
    let threads: Vec<_> = (0..8)
        .map(|_| {
            std::thread::spawn(|| {
                for _ in 0..20 {
                    let verdict = weights_check(&|_| panic!("within a check"));
                    assert_eq!(verdict.message(), "your code panicked: within a check");
                    weights_check(&|_| {
                        std::thread::spawn(|| panic!("within a check")).join().map_or(vec![], |()| vec![])
                    });
                }
            })
        })
        .collect();
    assert!(threads.into_iter().all(|thread| thread.join().is_ok()));
    assert!(std::panic::catch_unwind(|| panic!("after the checks")).is_err());
}

#[test]
fn comparisons_say_what_differs() {
    let message = |result: Result<()>| result.err().map_or("right".to_owned(), |error| error.to_string());
    let expected = [0.1, 0.2, 0.4];
    let strings = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<String>>();
    let cases = [
        (message(numbers("w", &expected, &expected, 0.0)), "right"),
        (message(numbers("w", &[0.1001, 0.2, 0.4], &expected, 1e-3)), "right"),
        (message(numbers("w", &[], &expected, 1e-9)), "w: your answer is empty, expected 3 numbers"),
        (message(numbers("w", &[0.1], &expected, 1e-9)), "w: 1 numbers, expected 3"),
        (message(numbers("w", &[0.1, f64::NAN, 0.4], &expected, 1e-9)), "w: number 2 of 3 is NaN"),
        (
            message(numbers("w", &[0.1, 0.3, 0.4], &expected, 1e-9)),
            "w: 1 of 3 are wrong; number 2 is 0.3, expected 0.2",
        ),
        (message(numbers("w", &[0.0; 3], &expected, 1e-9)), "w: all zero"),
        (message(numbers("w", &[-0.1, -0.2, -0.4], &expected, 1e-9)), "w: right but for the sign"),
        (message(numbers("w", &[0.4, 0.2, 0.1], &expected, 1e-9)), "w: the right numbers in reverse order"),
        (message(numbers("w", &[0.2, 0.1, 0.4], &expected, 1e-9)), "w: the right numbers in another order"),
        (message(numbers("w", &[0.2, 0.4, 0.8], &expected, 1e-9)), "w: each is 2 times what it should be"),
        (message(numbers("w", &[1.1, 1.2, 1.4], &expected, 1e-9)), "w: each is off by 1"),
        (message(number("R²", 0.5, 0.5, 0.0)), "right"),
        (message(number("R²", f64::INFINITY, 0.5, 1.0)), "R² is inf"),
        (message(number("R²", -0.5, 0.5, 1e-9)), "R² is -0.5, expected 0.5: right but for the sign"),
        (message(number("R²", 0.75, 0.5, 1e-9)), "R² is 0.75, expected 0.5"),
        (message(count("tokens", 4, 4)), "right"),
        (message(count("tokens", 5, 4)), "tokens: 5, expected 4; is it one too many at an end?"),
        (message(count("tokens", 3, 4)), "tokens: 3, expected 4; is one missing at an end?"),
        (message(count("tokens", 9, 4)), "tokens: 9, expected 4"),
        (message(words("top", &strings(&["a", "b"]), &strings(&["a", "b"]))), "right"),
        (message(words("top", &[], &strings(&["a"]))), "top: your answer is empty"),
        (
            message(words("top", &strings(&["b", "a"]), &strings(&["a", "b"]))),
            "top: the right words in another order; “a”",
        ),
        (message(words("top", &strings(&["A"]), &strings(&["a"]))), "top: right but for capital letters"),
        (message(words("top", &strings(&["a", "c"]), &strings(&["a", "b"]))), "top: “b” is missing"),
        (message(words("top", &strings(&["a", "c"]), &strings(&["a"]))), "top: “c” does not belong there"),
        (message(words("top", &strings(&["a", "a"]), &strings(&["a"]))), "top: 2 words, expected 1; some word occurs"),
    ];
    for (found, expected) in cases {
        assert!(found.starts_with(expected), "expected “{expected}”, found “{found}”");
    }
}
