//! Checks, counted and told. Jobs run side by side, but their lines come in the order of the jobs: those of the first
//! that has not ended at once, those of later ones when it is their turn.

use crate::progress::clear_progress;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// Where all jobs of a test write.
pub struct Printer {
    state: Mutex<State>,
}

struct State {
    out: Box<dyn Write + Send>,
    /// The job whose lines are printed at once.
    turn: usize,
    jobs: Vec<Waiting>,
}

#[derive(Clone, Default)]
struct Waiting {
    lines: String,
    ended: bool,
}

impl Printer {
    /// For so many jobs.
    pub fn new(jobs: usize, out: Box<dyn Write + Send>) -> Printer {
        Printer { state: Mutex::new(State { out, turn: 0, jobs: vec![Waiting::default(); jobs] }) }
    }

    fn print(&self, job: usize, text: &str) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if job == state.turn {
            clear_progress();
            let _ = state.out.write_all(text.as_bytes());
        } else {
            state.jobs[job].lines += text;
        }
    }

    /// The job tells no more.
    pub fn end(&self, job: usize) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.jobs[job].ended = true;
        while state.jobs.get(state.turn).is_some_and(|waiting| waiting.ended) {
            state.turn += 1;
            let turn = state.turn;
            let lines = state.jobs.get_mut(turn).map(|next| std::mem::take(&mut next.lines)).unwrap_or_default();
            clear_progress();
            let _ = state.out.write_all(lines.as_bytes());
        }
    }
}

/// The checks of one job.
pub struct Tally<'a> {
    pub passed: usize,
    pub failed: usize,
    printer: &'a Printer,
    job: usize,
}

impl<'a> Tally<'a> {
    pub fn new(printer: &'a Printer, job: usize) -> Tally<'a> {
        Tally { passed: 0, failed: 0, printer, job }
    }

    /// Counts one check, which failed when there are problems.
    pub fn check(&mut self, name: &str, problems: &[String]) {
        if problems.is_empty() {
            self.passed += 1;
            self.printer.print(self.job, &format!("ok     {name}\n"));
        } else {
            self.failed += 1;
            let problems: String =
                problems.iter().map(|problem| format!("       {}\n", problem.replace('\n', "\n       "))).collect();
            self.printer.print(self.job, &format!("FAILED {name}\n{problems}"));
        }
    }

    /// Counts checks that were made elsewhere.
    pub fn count(&mut self, name: &str, passed: usize, failed: usize) {
        (self.passed, self.failed) = (self.passed + passed, self.failed + failed);
        self.printer.print(
            self.job,
            &match failed {
                0 => format!("ok     {name}: {passed} passed\n"),
                _ => format!("FAILED {name}: {passed} passed, {failed} failed\n"),
            },
        );
    }

    /// Says something that is no check.
    pub fn note(&mut self, text: &str) {
        self.printer.print(self.job, &format!("{}\n", text.trim_end()));
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use std::sync::Arc;

    /// What a printer printed.
    #[derive(Clone, Default)]
    pub struct Page(Arc<Mutex<Vec<u8>>>);

    impl Page {
        pub fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Page {
        fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(text)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lines_come_in_the_order_of_the_jobs() {
        let page = Page::default();
        let printer = Printer::new(3, Box::new(page.clone()));
        let [mut first, mut second, mut third] = [0, 1, 2].map(|job| Tally::new(&printer, job));
        third.note("third");
        printer.end(2);
        first.check("first", &[]);
        assert_eq!(page.text(), "ok     first\n", "the first job is shown while it runs");
        second.check("second", &["one\ntwo".into()]);
        printer.end(0);
        let (head, tail) = ("ok     first\nFAILED second\n       one\n       two\n", "third\n");
        assert_eq!(page.text(), head);
        printer.end(1);
        assert_eq!(page.text(), format!("{head}{tail}"));
        assert_eq!([first.passed, first.failed, second.passed, second.failed, third.passed], [1, 0, 0, 1, 0]);
    }
}
