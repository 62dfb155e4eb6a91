//! `--profile`: what a learner waits for, against the course's budgets for two cores.
//! The latency of a cell is the time from the request to its last message, less the
//! time in which the process that runs the code was computing (the model's own time,
//! sampled): compiling, linking, loading and the messages remain.

use crate::execute::{CellRun, Execution};
use crate::notebook::Cell;
use std::fmt::Write as _;

const FIRST_RESULT: f64 = 10.0;
const MEDIAN: f64 = 0.6;
const PERCENTILE_95: f64 = 1.3;
const KERNEL: f64 = 0.7;
const TOGETHER: f64 = 1.6;

/// The lines that `--profile` adds to a lesson's report.
pub fn profile(code: &[Cell], done: &Execution) -> String {
    let mut text = String::new();
    let mut line = |what: &str, value: Option<f64>, budget: f64, unit: &str| {
        let _ = match value {
            None => writeln!(text, "  {what:42}      –"),
            Some(v) if v <= budget => writeln!(text, "  {what:42} {v:6.2} {unit}  (at most {budget}: met)"),
            Some(v) => writeln!(text, "  {what:42} {v:6.2} {unit}  (at most {budget}: {:.2} over)", v - budget),
        };
    };
    line("start to first result that uses support", first_result(code, &done.cells), FIRST_RESULT, "s");
    let latencies = latencies(code, &done.cells);
    line("cell without its own computing, median", quantile(&latencies, 0.5), MEDIAN, "s");
    line("cell without its own computing, 95 %", quantile(&latencies, 0.95), PERCENTILE_95, "s");
    line("memory of the kernel process, peak", Some(done.memory.kernel / 1e9), KERNEL, "GB");
    line("memory of kernel, child, compiler, peak", Some(done.memory.total / 1e9), TOGETHER, "GB");
    let whole: f64 = done.cells.iter().map(|cell| cell.seconds).sum();
    let busy: f64 = done.cells.iter().map(|cell| cell.busy).sum();
    let _ = writeln!(text, "  {whole:.1} s in cells, {busy:.1} s of them computing");
    text
}

/// Seconds from the kernel's start to the end of the first cell that shows something after `:dep support`.
fn first_result(code: &[Cell], runs: &[CellRun]) -> Option<f64> {
    let loads = code.iter().position(|cell| cell.source.contains(":dep support"))?;
    runs.iter().skip(loads + 1).find(|run| !run.outputs.is_empty()).map(|run| run.at)
}

/// Latencies in ascending order, without cells that load a crate: those count for the first result.
fn latencies(code: &[Cell], runs: &[CellRun]) -> Vec<f64> {
    let cells = code.iter().zip(runs).filter(|(cell, _)| !cell.source.contains(":dep "));
    let mut found: Vec<f64> = cells.map(|(_, run)| (run.seconds - run.busy).max(0.0)).collect();
    found.sort_by(f64::total_cmp);
    found
}

/// The smallest value that at least the part `q` of the values does not exceed.
fn quantile(ascending: &[f64], q: f64) -> Option<f64> {
    let rank = (q * ascending.len() as f64).ceil() as usize;
    ascending.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cell(source: &str) -> Cell {
        Cell { index: 0, number: 1, source: source.into(), must_fail: false, trained: false, outputs: vec![] }
    }

    fn run(seconds: f64, busy: f64, at: f64, shows: bool) -> CellRun {
        let outputs = if shows { vec![json!({})] } else { vec![] };
        CellRun { outputs, status: "ok".into(), seconds, busy, at }
    }

    #[test]
    fn the_first_result_comes_after_the_dependency() {
        let code = [cell("1"), cell(":dep support = {}"), cell("let x = 1;"), cell("x")];
        let runs = [run(1., 0., 2., true), run(4., 0., 6., false), run(1., 0., 7., false), run(1., 0., 8., true)];
        assert_eq!(first_result(&code, &runs), Some(8.0));
        assert_eq!(first_result(&code[..1], &runs), None);
        assert_eq!(latencies(&code, &runs).len(), 3);
    }

    #[test]
    fn computing_is_not_latency_and_quantiles_are_values() {
        let code = [cell("a"), cell("b"), cell("c"), cell("d")];
        let runs = [run(5., 4.5, 0., true), run(1., 0., 0., true), run(2., 0., 0., true), run(0.2, 0.3, 0., true)];
        let found = latencies(&code, &runs);
        assert_eq!(found, [0.0, 0.5, 1.0, 2.0]);
        assert_eq!(quantile(&found, 0.5), Some(0.5));
        assert_eq!(quantile(&found, 0.95), Some(2.0));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
