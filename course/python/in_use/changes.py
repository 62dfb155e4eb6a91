"""`support` is edited, its build or the kernel is missing. In a small checkout of its own, whose `support` has
one function and no dependencies, and takes four seconds to build, so that two kernels can meet during a build."""

import os
import shutil
import time

from kernel import Kernel, check, command, kernel

LOAD = ':dep support = { path = "../support" }\nuse support::prelude::*;'
CHANGED = "The course's crate `support` has changed since it was last built."
ELSEWHERE = "The course's crate `support` is being built elsewhere right now; this cell waits for it."
MISSING = "The course's crates are not built yet."
# Where the kernel shows what it waits for while a cell compiles (template.rs); elsewhere the terminal does.
SHOWN = os.path.isdir("/proc/self/fd")


def run(job):
    root, program = job["root"], job["program"]
    environment = {name: value for name, value in os.environ.items() if name != "COURSE_PYTHON"}
    environment |= {"COURSE_ROOT": root, "CARGO_NET_OFFLINE": "true"}
    with check("changes: `setup` of a small checkout") as found:
        status, text = command([program, "setup"], env=environment)
        found.that(status == 0 and "Ready after" in text, text)
    edited(job)
    missing(job)
    not_installed(job, environment)


def write(root, answer):
    with open(os.path.join(root, "support/src/lib.rs"), "w") as file:
        file.write(f"pub mod prelude {{\n    pub fn answer() -> u32 {{\n        {answer}\n    }}\n}}\n")


def edited(job):
    root = job["root"]
    with kernel(job["lessons"]) as first:
        with check("changes: `support` edited after the kernel's start, before the first cell: it is built, and says so") as found:
            write(root, 40)
            found.cell(first.run(LOAD), **({"stderr": CHANGED} if SHOWN else {}))
            found.cell(first.run("answer()"), shown="40")
            write(root, 41)
            first.restart()
            found.cell(first.run(LOAD), **({"stderr": CHANGED} if SHOWN else {}))
            found.cell(first.run("answer()"), shown="41")
            first.restart()
        with check("changes: `support` edited: a running kernel keeps the old one") as found:
            found.cell(first.run(LOAD))
            found.cell(first.run("answer()"), shown="41")
            write(root, 42)
            found.cell(first.run("answer() + 0"), shown="41")
        second = None
        try:
            with check("changes: two kernels at once on the edited `support`: one builds, one waits, both say so") as found:
                first.restart()
                second = Kernel(job["lessons"])
                said = at_once(first, second, LOAD)
                found.that(all(seen.status == "ok" for seen in said), f"{said[0]}; {said[1]}")
                reasons = sorted(seen.stderr.strip()[: len(CHANGED)] for seen in said)
                expected = sorted([CHANGED, ELSEWHERE[: len(CHANGED)]]) if SHOWN else ["", ""]
                found.that(reasons == expected, f"they said {reasons}")
                for k in (first, second):
                    found.cell(k.run("answer()"), shown="42")
                    found.that(library(k.home()) == library(os.path.join(root, ".course/template")),
                               "a kernel compiled `support` for itself")
        finally:
            if second:
                second.stop()
        with check("changes: `support` edited with a mistake: the cell shows the compiler's message; mended, it works") as found:
            write(root, '"forty-two"')
            first.restart()
            seen = first.run(LOAD)
            wrong = "mismatched types" in seen.error and "Building `support` failed" in seen.error
            found.that(wrong and "lib.rs:3:9" in seen.error, f"expected the compiler's message, found {seen}")
            write(root, 43)
            found.cell(first.run(LOAD), **({"stderr": MISSING} if SHOWN else {}))
            found.cell(first.run("answer()"), shown="43")


def at_once(first, second, code):
    first.send(code)
    time.sleep(1.5)  # the second comes while the first builds
    second.send(code)
    return first.wait(), second.wait()


def library(folder):
    """When the crate that the cells link was built."""
    for here, _, files in os.walk(os.path.join(folder, "target")):
        for name in files:
            if name.startswith("libsupport.") and here.endswith("deps") and not name.endswith((".rlib", ".rmeta")):
                return os.stat(os.path.join(here, name)).st_mtime_ns
    return None


def missing(job):
    with check("changes: .course/template deleted: the kernel starts, its first cell builds it and says so") as found:
        shutil.rmtree(os.path.join(job["root"], ".course/template"))
        with kernel(job["lessons"]) as k:
            found.cell(k.run("40 + 2"), shown="42")
            found.cell(k.run(LOAD), **({"stderr": MISSING} if SHOWN else {}))
            found.cell(k.run("answer()"), shown="43")


def not_installed(job, environment):
    root, evcxr = job["root"], job["evcxr"]
    with check("changes: .course/bin/evcxr_jupyter deleted: the kernel says what to type") as found:
        os.remove(evcxr)
        status, text = command([job["program"], "kernel", "none.json"], env=environment)
        found.that(status == 1 and "The kernel is not installed yet. Type `cargo course setup`" in text, text)
    with check("changes: `run` before `setup` and without network: it says what it lacks") as found:
        environment |= {"CARGO_HOME": os.path.join(root, "empty"), "PATH": job["plain_path"]}
        lesson = os.path.join(job["lessons"], "none.ipynb")
        status, text = command([job["program"], "run", lesson], env=environment, cwd=root)
        said = "Downloading the Rust packages failed" in text and "Is there a network connection" in text
        found.that(status == 1 and said and "[2/5] Rust packages" in text, f"exit status {status}: {text}")
