//! Which job runs when: so many at once, those first that the end waits for longest, each after those that it needs.

use super::tally::{Printer, Tally};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

/// A part of the tests that runs from beginning to end in one thread.
pub struct Job<'a> {
    pub name: String,
    /// The names of the jobs that must have ended before; those that are not run now do not matter.
    pub after: Vec<String>,
    /// About how long it takes.
    pub seconds: f64,
    pub work: Box<dyn FnOnce(&mut Tally) + Send + 'a>,
}

/// What came of all jobs.
#[derive(Default)]
pub struct Outcome {
    pub passed: usize,
    pub failed: usize,
    /// How long each job took.
    pub seconds: BTreeMap<String, f64>,
}

struct State<'a> {
    waiting: Vec<Option<Job<'a>>>,
    ended: Vec<bool>,
    outcome: Outcome,
}

/// Runs all jobs, `slots` at once.
pub fn run(jobs: Vec<Job>, slots: usize, printer: &Printer) -> Outcome {
    let needs: Vec<Vec<usize>> = jobs
        .iter()
        .map(|job| (0..jobs.len()).filter(|other| job.after.contains(&jobs[*other].name)).collect())
        .collect();
    let order = order(&jobs.iter().map(|job| job.seconds).collect::<Vec<_>>(), &needs);
    let ended = vec![false; jobs.len()];
    let slots = slots.clamp(1, jobs.len().max(1));
    let state = State { waiting: jobs.into_iter().map(Some).collect(), ended, outcome: Outcome::default() };
    let (state, changed) = (Mutex::new(state), Condvar::new());
    let work = || {
        let mut now = state.lock().unwrap_or_else(PoisonError::into_inner);
        while now.waiting.iter().any(Option::is_some) {
            let ready = |i: &&usize| now.waiting[**i].is_some() && needs[**i].iter().all(|need| now.ended[*need]);
            let Some(i) = order.iter().find(ready).copied() else {
                now = changed.wait(now).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            let Some(job) = now.waiting[i].take() else { continue };
            drop(now);
            let (mut tally, began) = (Tally::new(printer, i), Instant::now());
            if catch_unwind(AssertUnwindSafe(|| (job.work)(&mut tally))).is_err() {
                tally.check(&job.name, &["the test program panicked; its message is above".into()]);
            }
            printer.end(i);
            now = state.lock().unwrap_or_else(PoisonError::into_inner);
            now.ended[i] = true;
            now.outcome.passed += tally.passed;
            now.outcome.failed += tally.failed;
            now.outcome.seconds.insert(job.name, began.elapsed().as_secs_f64());
            changed.notify_all();
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..slots {
            scope.spawn(work);
        }
    });
    state.into_inner().unwrap_or_else(PoisonError::into_inner).outcome
}

/// The jobs, first the one with the longest chain of work from its start to the end of what waits for it.
fn order(seconds: &[f64], needs: &[Vec<usize>]) -> Vec<usize> {
    fn chain(job: usize, seconds: &[f64], needs: &[Vec<usize>]) -> f64 {
        let waiting = (0..needs.len()).filter(|other| needs[*other].contains(&job));
        seconds[job] + waiting.map(|other| chain(other, seconds, needs)).fold(0.0, f64::max)
    }
    let chains: Vec<f64> = (0..seconds.len()).map(|job| chain(job, seconds, needs)).collect();
    let mut order: Vec<usize> = (0..seconds.len()).collect();
    order.sort_by(|a, b| chains[*b].total_cmp(&chains[*a]));
    order
}

/// How many jobs at once when nobody says: three where there are two cores and 8 GB, because one of them mostly waits for
/// a kernel to start or a page to load; two with 4 GB; else one.
pub fn slots() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let bytes = available_memory().unwrap_or(f64::INFINITY);
    match cores {
        1 => 1,
        _ if bytes >= 8e9 => 3,
        _ if bytes >= 4e9 => 2,
        _ => 1,
    }
}

/// What processes can still have, on Linux: of the machine, or of the container if that is less.
fn available_memory() -> Option<f64> {
    let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<f64>().ok();
    let machine = kilobytes(&std::fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")? * 1024.0;
    let most = number("/sys/fs/cgroup/memory.max"); // "max" where there is no limit
    let container = most.map(|most| most - number("/sys/fs/cgroup/memory.current").unwrap_or(0.0));
    Some(container.map_or(machine, |container| container.min(machine)))
}

fn kilobytes(meminfo: &str, name: &str) -> Option<f64> {
    meminfo.lines().find_map(|line| line.strip_prefix(name)?.trim().strip_suffix("kB")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::super::tally::tests::Page;
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_job_with_much_behind_it_goes_first() {
        // 0 short, but 2 (long) waits for it; 1 in between.
        assert_eq!(order(&[1.0, 5.0, 10.0], &[vec![], vec![], vec![0]]), [0, 2, 1]);
    }

    #[test]
    fn jobs_wait_for_what_they_need_and_no_more_run_at_once_than_slots() {
        let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let done = Mutex::new(Vec::new());
        let job = |name: &str, after: &[&str], seconds: f64| {
            let (own, running, most, done) = (name.to_string(), &running, &most, &done);
            Job {
                name: name.into(),
                after: after.iter().map(|name| name.to_string()).collect(),
                seconds,
                work: Box::new(move |tally: &mut Tally| {
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    std::thread::sleep(std::time::Duration::from_millis(20));
                    tally.check(&own, &[]);
                    done.lock().unwrap().push(own);
                    running.fetch_sub(1, Ordering::SeqCst);
                }),
            }
        };
        let jobs = vec![job("a", &["d"], 9.0), job("b", &["not run now"], 1.0), job("c", &[], 1.0), job("d", &[], 1.0)];
        let page = Page::default();
        let outcome = run(jobs, 2, &Printer::new(4, Box::new(page.clone())));
        assert_eq!((outcome.passed, outcome.failed), (4, 0));
        assert_eq!(most.load(Ordering::SeqCst), 2);
        assert_eq!(page.text(), "ok     a\nok     b\nok     c\nok     d\n");
        let done = done.into_inner().unwrap();
        let at = |name: &str| done.iter().position(|done| done == name);
        assert!(at("d") < at("a"), "{done:?}");
        assert_eq!(outcome.seconds.len(), 4);
    }

    #[test]
    fn a_job_that_panics_has_failed_and_the_others_go_on() {
        let job = |name: &str, after: &str, panics: bool| Job {
            name: name.into(),
            after: vec![after.into()],
            seconds: 1.0,
            work: Box::new(move |_: &mut Tally| assert!(!panics, "on purpose")),
        };
        let page = Page::default();
        let outcome = run(vec![job("a", "", true), job("b", "a", false)], 1, &Printer::new(2, Box::new(page.clone())));
        assert_eq!((outcome.passed, outcome.failed), (0, 1));
        assert!(page.text().starts_with("FAILED a\n"), "{}", page.text());
    }

    #[test]
    fn memory_is_read_as_linux_says_it() {
        let text = "MemTotal:       24689476 kB\nMemFree:         1 kB\nMemAvailable:   21060000 kB\n";
        assert_eq!(kilobytes(text, "MemAvailable:"), Some(21_060_000.0));
        assert_eq!(kilobytes(text, "Swap:"), None);
    }
}
