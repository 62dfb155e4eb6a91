//! What a check answers, and the frame in which it runs: no panic gets out, nothing reaches stderr.
//!
//! The first character of a verdict's text, `✓` or `✗`, is what the test runner reads.

use figures::display::{emit, escape_html, one_line};
use ground::Result;
use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, PoisonError};

/// The outcome of a check: passed or not, and what to say about it.
///
/// As the last expression of a cell it shows itself as `✓ 2.1 …` or `✗ 2.1 …`.
#[derive(Clone, PartialEq, Eq)]
pub struct Verdict {
    exercise: String,
    passed: bool,
    message: String,
}

impl Verdict {
    /// Whether the answer is right.
    pub fn passed(&self) -> bool {
        self.passed
    }

    /// What is right or wrong, in words, without the mark and the number.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Shows the verdict in the notebook. The kernel calls this for the last expression of a cell.
    pub fn evcxr_display(&self) {
        emit(&[("text/html", self.html()), ("text/plain", self.to_string())]);
    }

    /// The verdict in a calm green or amber box.
    pub fn html(&self) -> String {
        let (edge, ground) = if self.passed { ("#009e73", "#e6f4ef") } else { ("#c77700", "#fdf3e1") };
        format!(
            "<div style=\"border-left:5px solid {edge};background-color:{ground};color:#1a1a1a;padding:8px 12px;\
             font-family:sans-serif;font-size:14px\">{}</div>",
            escape_html(&self.to_string())
        )
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.passed { '✓' } else { '✗' };
        write!(f, "{mark} {} {}", self.exercise, self.message)
    }
}

impl fmt::Debug for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Runs a check. `body` returns a word of confirmation, or an error that says what is wrong.
///
/// A panic, in the check or in the learner's code that it calls, becomes a failed verdict with the panic's text.
pub fn check(exercise: &str, body: &dyn Fn() -> Result<String>) -> Verdict {
    let (passed, message) = match silently(body) {
        Ok(Ok(message)) => (true, message),
        Ok(Err(error)) => (false, error.to_string()),
        Err(panic) => (false, panic_message(panic.as_ref())),
    };
    Verdict { exercise: exercise.to_owned(), passed, message: one_line(&message) }
}

/// Runs `body` with the panic hook silenced, and puts the hook back.
///
/// The hook belongs to the whole process, because the learner's code may panic on another thread, a rayon worker for
/// example. So one check runs at a time; a check inside a check is already silent.
fn silently(body: &dyn Fn() -> Result<String>) -> std::result::Result<Result<String>, Box<dyn Any + Send>> {
    thread_local!(static CHECKING: Cell<bool> = const { Cell::new(false) });
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    if CHECKING.get() {
        return panic::catch_unwind(AssertUnwindSafe(body));
    }
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    CHECKING.set(true);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let outcome = panic::catch_unwind(AssertUnwindSafe(body));
    panic::set_hook(hook);
    CHECKING.set(false);
    outcome
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    match text {
        Some(text) if text.starts_with("not yet implemented") || text.starts_with("not implemented") => {
            "not finished yet: your code still contains todo!() or unimplemented!()".to_owned()
        }
        Some(text) => format!("your code panicked: {text}"),
        None => "your code panicked without a message".to_owned(),
    }
}
