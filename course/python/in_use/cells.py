"""What happens to the variables when a cell is stopped, fails, crashes, or runs twice or out of order."""

import os
import signal
import time

from kernel import check, kernel

LOAD = ':dep support = { path = "../support" }\nuse support::prelude::*;'
LOST = "Subprocess terminated with status: "


def run(job):
    with kernel(job["lessons"]) as k:
        with check("cells: the first cell of every lesson") as found:
            found.cell(k.run(LOAD))
        with check("cells: the first `?` of a notebook may stand in what shows a figure") as found:
            seen = k.run('plot::bars("Two", &["a", "b"], &[1.0, 2.0], "unit")?')
            found.that(any("image/png" in bundle for bundle in seen.bundles), f"no figure: {seen}")
        interrupts(k)
        order(k)
        failures(k)
        crashes(k)


def interrupts(k):
    remember = 'let words = vec!["one".to_string(), "two".to_string()];'
    with check("cells: ■ stops an endless cell; its message; functions and `use` lines stay, variables go") as found:
        found.cell(k.run(remember + "\nfn twice(n: usize) -> usize { 2 * n }"))
        k.send('println!("begun");\nloop {}')
        k.wait(until=lambda seen: "begun" in seen.stdout)
        pressed = time.monotonic()
        k.interrupt()
        seen = k.wait()
        found.that(time.monotonic() - pressed < 10, f"it took {time.monotonic() - pressed:.1f} s to stop the cell")
        found.cell(seen, stdout="begun", error=LOST + "signal: 9")
        found.cell(k.run("words.len()"), error="cannot find value `words`")
        found.cell(k.run("twice(4)"), shown="8")
        found.cell(k.run("DType::F32.size_in_bytes()"), shown="4")
        found.cell(k.run(remember))
        found.cell(k.run("words.len()"), shown="2")
    with check("cells: ■ pressed while nothing runs: the next cell says so, the one after it works") as found:
        k.interrupt()
        time.sleep(0.5)
        found.cell(k.run("words.len()"), error=LOST + "signal: 9")
        found.cell(k.run(remember + "\nwords.len()"), shown="2")


def order(k):
    with check("cells: run twice") as found:
        found.cell(k.run("let mut count = 10usize;"))
        found.cell(k.run("count += 1;\ncount"), shown="11")
        found.cell(k.run("count += 1;\ncount"), shown="12")
        found.cell(k.run("fn half(n: usize) -> usize { n / 2 }\nhalf(count)"), shown="6")
        found.cell(k.run("fn half(n: usize) -> usize { n / 2 + 100 }\nhalf(count)"), shown="106")
        found.cell(k.run(LOAD))
        found.cell(k.run("count"), shown="12")
    with check("cells: out of order: the error names what is missing, and nothing is lost") as found:
        found.cell(k.run("count + later"), error="cannot find value `later`")
        found.cell(k.run("let later = 30usize;"))
        found.cell(k.run("count + later"), shown="42")
    with check("cells: variables that a cell does not name: not compiled with it, still there, named in advice") as found:
        found.cell(k.run('let unused = vec!["kept".to_string()];'))
        found.cell(k.run("count + 1"), shown="13")
        with open(os.path.join(k.home(), "src/lib.rs"), encoding="utf-8") as file:
            code = file.read()
        found.that("stringify!(count)" in code, "count is not compiled with the cell that names it")
        found.that("stringify!(unused)" not in code, "unused is compiled with a cell that does not name it")
        found.cell(k.run("unusde.len()"), error="`unused`")
        found.cell(k.run('println!("{unused:?}");'), stdout='["kept"]')
        found.cell(k.run("drop(unused);\ncount"), shown="12")
        found.cell(k.run("unused.len()"), error="cannot find value `unused`")
    with check("cells: a typo in between, a variable of another type") as found:
        found.cell(k.run('let size: usize = "seven";'), error="expected `usize`, found `&str`")
        found.cell(k.run("size"), error="cannot find value `size`")
        found.cell(k.run("count + later"), shown="42")
        found.cell(k.run('let later = String::from("now text");'))
        found.cell(k.run("later.len() + count"), shown="20")
    with check("cells: a struct that changes: the message names the variables that it takes along") as found:
        found.cell(k.run("struct Row { label: usize }\nlet row = Row { label: 2 };"))
        found.cell(k.run("struct Row { label: usize, text: String }"))
        gone = "The type of the variable row was redefined, so was lost."
        found.cell(k.run("row.label"), stderr=gone, error="cannot find value `row`")
        found.cell(k.run("later.len() + count"), shown="20")


def failures(k):
    kept = "later.len() + count"
    with check("cells: a panic: the reason, and older variables stay") as found:
        seen = k.run('let inner = 5;\npanic!("deliberate {inner}");')
        found.cell(seen, stderr="deliberate 5")
        found.that("panicked at" in seen.stderr, f"it does not say that it panicked: {seen}")
        found.cell(k.run("vec![1, 2, 3][count]"), stderr="index out of bounds: the len is 3 but the index is 12")
        found.cell(k.run("inner"), error="cannot find value `inner`")
        found.cell(k.run(kept), shown="20")
    with check("cells: a panic after a variable was moved: that one is lost") as found:
        found.cell(k.run('let gone = String::from("gone");'))
        found.cell(k.run('let moved = gone;\npanic!("after the move");'), stderr="after the move")
        found.cell(k.run("gone.len()"), error="cannot find value `gone`")
        found.cell(k.run(kept), shown="20")
    with check("cells: a failing ?: its error, variables of the cell go, older ones stay") as found:
        seen = k.run('let before = 5;\nlet n: i32 = "seven".parse()?;')
        found.cell(seen, stderr="invalid digit found in string")
        found.that(seen.stderr.strip() == "invalid digit found in string", f"more than the error: {seen.stderr!r}")
        found.cell(k.run("before"), error="cannot find value `before`")
        found.cell(k.run('data::tweets(Source::File("my.csv".into()))?;'), stderr="my.csv: there is no such file")
        found.cell(k.run(kept), shown="20")


def crashes(k):
    """Each ends the process that holds the variables, and leaves a kernel that goes on."""
    remember = "let after = 7;"

    def crash(name, code, **expected):
        with check(f"cells: {name}: the message, variables go, the kernel goes on") as found:
            found.cell(k.run(remember))
            found.cell(k.run(code), **expected)
            found.cell(k.run("after"), error="cannot find value `after`")
            found.cell(k.run(remember + "\nafter"), shown="7")
            found.cell(k.run("DType::F32.size_in_bytes()"), shown="4")

    deep = "fn deep(n: u64) -> u64 { if n == 0 { 0 } else { 1 + deep(n + 1) } }\ndeep(1)"
    crash("a function that calls itself without end", deep, error=LOST + "signal: ")
    crash("std::process::exit", "std::process::exit(3);", error=LOST + "exit status: 3")
    huge = "let all: Vec<u8> = Vec::with_capacity(1 << 46);\nall.len()"
    crash(
        "more memory than there is", huge,
        stderr="memory allocation of 70368744177664 bytes failed", error=LOST + "signal: 6",
    )
    with check("cells: the system ends the process, as when memory runs out: the message, and the kernel goes on") as found:
        found.cell(k.run(remember))
        k.send('println!("begun");\nloop {}')
        k.wait(until=lambda seen: "begun" in seen.stdout)
        k.process_of_cells().send_signal(signal.SIGKILL)
        found.cell(k.wait(), stdout="begun", error=LOST + "signal: 9")
        found.cell(k.run("after"), error="cannot find value `after`")
        found.cell(k.run(remember + "\nafter"), shown="7")
        found.that(len(k.group()) == 2, f"processes of the kernel: {k.group()}")
