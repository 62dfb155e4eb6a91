//! The harness tested on itself: a notebook that is broken on purpose, in each way that
//! a lesson can be, must be reported with the name of the cell, and its good cells must not.
//! Needs no `support`, so that its kernels are quick.

use super::examine::{Examined, examine};
use super::tally::Tally;
use crate::env::Env;
use crate::notebook::Notebook;
use serde_json::{Value, json};

/// Stands for `support::exercise`: a verdict that shows itself as text/plain.
const CHECKS: &str = "mod exercise {
    pub struct Verdict(bool);
    impl Verdict {
        pub fn evcxr_display(&self) {
            let text = if self.0 { \"✓ 0.1 right\" } else { \"✗ 0.1 not 42\" };
            println!(\"EVCXR_BEGIN_CONTENT text/plain\\n{text}\\nEVCXR_END_CONTENT\");
        }
    }
    pub fn check_00_1(answer: i32) -> Verdict { Verdict(answer == 42) }
}";

/// What should be found in a cell of the broken notebook.
#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Nothing,
    Failure(&'static str),
    Drift(&'static str),
    Exercise(&'static str),
}
use Expect::{Drift, Exercise, Failure, Nothing};

/// One case: its name, the cell, what it printed when it was "saved", the folded solution.
struct Case {
    name: &'static str,
    source: &'static str,
    saved: &'static str,
    solution: &'static str,
    expect: Expect,
}

const fn case(name: &'static str, source: &'static str, saved: &'static str, expect: Expect) -> Case {
    Case { name, source, saved, solution: "", expect }
}

const fn exercise(
    name: &'static str,
    source: &'static str,
    saved: &'static str,
    solution: &'static str,
    expect: Expect,
) -> Case {
    Case { name, source, saved, solution, expect }
}

const RIGHT: &str = "✓ 0.1 right";
const WRONG: &str = "✗ 0.1 not 42";

/// The kernel must know these types from the pruned `cargo metadata` (kernel/shim.rs).
const INFERRED: &str = "use std::collections::HashMap;
let mut ages = HashMap::new(); ages.insert(\"Ada\".to_string(), 36.0); ages.insert(\"Alan\".to_string(), 41.0);
let names = ages.keys().cloned().collect::<Vec<_>>(); let eldest = ages.values().cloned().fold(0.0, f64::max);
let passed = std::time::Instant::now().elapsed(); let pairs = names.iter().zip(1..).map(|(n, i)| format!(\"{n}{i}\"))
    .collect::<Vec<_>>(); let joined = pairs.join(\" \").split(' ').count(); println!(\"{joined}\");";

const CASES: [Case; 16] = [
    case("a good cell", "println!(\"loss 0.7310\");", "loss 0.7311\n", Nothing),
    case("types of the standard library", INFERRED, "2\n", Nothing),
    case("a panic", "panic!(\"deliberate\");", "", Failure("deliberate")),
    case("a failed assert", "assert!(1 + 1 == 3);", "", Failure("1 + 1 == 3")),
    case("a failing ?", "let n: i32 = \"seven\".parse::<i32>()?;", "", Failure("invalid digit")),
    case("a compile error", "let wrong: i32 = \"text\";", "", Failure("mismatched types")),
    case("a line on stderr", "eprintln!(\"a warning\");", "", Failure("a warning")),
    case("an abort", "std::process::abort();", "", Failure("terminated")),
    case("a number that drifted", "println!(\"loss {}\", 0.731);", "loss 0.741\n", Drift("loss 0.741")),
    case("a word that changed", "println!(\"negative\");", "positive\n", Drift("positive")),
    case("an output that was not saved", "40 + 1", "", Drift("no output")),
    case("an output that vanished", "let quiet = 1;", "1\n", Drift("no such line")),
    exercise("a good exercise", "let a = 0;\nexercise::check_00_1(a)", WRONG, "let a = 42;", Nothing),
    exercise(
        "a starter that passes",
        "let b = 42;\nexercise::check_00_1(b)",
        RIGHT,
        "let b = 41 + 1;",
        Exercise("the unchanged starter passes"),
    ),
    exercise(
        "a solution that is wrong",
        "let c = 0;\nexercise::check_00_1(c)",
        WRONG,
        "let c = 41;",
        Exercise("does not pass"),
    ),
    exercise(
        "a solution that panics",
        "let d = 0;\nexercise::check_00_1(d)",
        WRONG,
        "let d: i32 = panic!(\"oh\");",
        Exercise("oh"),
    ),
];

/// Checks the harness with a few short kernels; one line for each case.
pub fn harness(env: &Env, tally: &mut Tally) {
    let mut cells = vec![code(CHECKS, "")];
    for case in &CASES {
        cells.push(code(case.source, case.saved));
        if !case.solution.is_empty() {
            let fold = format!("<details><summary>Solution</summary>\n\n```rust\n{}\n```\n</details>", case.solution);
            cells.push(json!({"cell_type": "markdown", "metadata": {}, "source": fold}));
        }
    }
    match examine(env, &notebook(env, "broken", cells), 60.0) {
        Err(message) => tally.check("harness", &[message]),
        Ok(seen) => CASES.iter().enumerate().for_each(|(i, case)| {
            tally.check(&format!("harness: {}", case.name), &judge(&seen, i + 2, case.expect));
        }),
    }
    // These two end their kernel, so each has its own.
    let endless = code("loop {}", "");
    let mut fatal = vec![("a cell that never ends", endless, "never ends")];
    if cfg!(unix) {
        let kill = "let kernel = std::os::unix::process::parent_id().to_string();
            std::process::Command::new(\"kill\").args([\"-9\", &kernel]).status()?;
            std::thread::sleep(std::time::Duration::from_secs(60));";
        fatal.push(("a kernel that dies", code(kill, ""), "died"));
    }
    for (name, cell, expected) in fatal {
        let cells = vec![code("1", ""), cell, code("println!(\"later\");", "later\n")];
        let problems = match examine(env, &notebook(env, "lost", cells), 10.0) {
            Err(message) => vec![message],
            Ok(seen) => {
                let mut problems = judge(&seen, 2, Failure(expected));
                problems.extend(judge(&seen, 3, Failure("not run")));
                problems
            }
        };
        tally.check(&format!("harness: {name}"), &problems);
    }
}

/// What is wrong with the report about the cell: expected findings missing, others present.
fn judge(seen: &Examined, number: usize, expect: Expect) -> Vec<String> {
    let of_cell = |list: &[String]| -> Vec<String> {
        list.iter().filter(|text| text.starts_with(&format!("cell [{number}]"))).cloned().collect()
    };
    let (failures, drift, exercises) = (of_cell(&seen.failures), of_cell(&seen.drift), of_cell(&seen.exercises));
    let (expected, list, others) = match expect {
        Nothing => (None, &failures, [&drift, &exercises]),
        Failure(text) => (Some(text), &failures, [&drift, &exercises]),
        Drift(text) => (Some(text), &drift, [&failures, &exercises]),
        Exercise(text) => (Some(text), &exercises, [&failures, &drift]),
    };
    let mut problems: Vec<String> = others.into_iter().flatten().map(|text| format!("not expected: {text}")).collect();
    match expected {
        None => problems.extend(list.iter().map(|text| format!("not expected: {text}"))),
        Some(text) if list.len() != 1 || !list[0].contains(text) => {
            problems.push(format!("expected one report with {text:?}, found {list:?}"));
        }
        Some(_) => {}
    }
    problems
}

fn code(source: &str, saved: &str) -> Value {
    let outputs = match saved {
        "" => json!([]),
        RIGHT | WRONG => json!([{"output_type": "execute_result", "data": {"text/plain": saved}}]),
        text => json!([{"output_type": "stream", "name": "stdout", "text": text}]),
    };
    json!({"cell_type": "code", "metadata": {}, "source": source, "outputs": outputs})
}

fn notebook(env: &Env, name: &str, cells: Vec<Value>) -> Notebook {
    let path = env.root.join("target").join(format!("{name}.ipynb"));
    Notebook { path, json: json!({"cells": cells, "nbformat": 4, "nbformat_minor": 5}) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(failures: &[&str], drift: &[&str]) -> Examined {
        let owned = |list: &[&str]| list.iter().map(|text| text.to_string()).collect();
        Examined {
            failures: owned(failures),
            drift: owned(drift),
            retrained: vec![],
            exercises: vec![],
            execution: Default::default(),
        }
    }

    #[test]
    fn the_judge_notices_silence_and_noise() {
        assert!(judge(&seen(&["cell [3] x\n  oh no"], &[]), 3, Failure("oh")).is_empty());
        assert_eq!(judge(&seen(&[], &[]), 3, Failure("oh")).len(), 1);
        assert_eq!(judge(&seen(&["cell [4] x\n  oh"], &[]), 3, Failure("oh")).len(), 1);
        assert_eq!(judge(&seen(&["cell [3] x"], &[]), 3, Nothing).len(), 1);
        assert_eq!(judge(&seen(&["cell [3] oh"], &["cell [3] z"]), 3, Failure("oh")).len(), 1);
        assert_eq!(judge(&seen(&[], &["cell [3] a", "cell [3] b"]), 3, Drift("a")).len(), 1);
    }
}
