"""The life of kernels: two at once, restart, killed."""

import os
import re
import signal
import threading

from jupyter_client.restarter import KernelRestarter

from kernel import Kernel, check, eventually, lesson, source

TOGETHER = 6


def run(job):
    kernels = {}
    try:
        together(job, kernels)
        if len(kernels) == 2:
            restart(job, kernels["00_getting_started"])
            killed(kernels["02_lime"])
    finally:
        for k in kernels.values():
            k.stop()


def together(job, kernels):
    """Two kernels start in the same moment, and run their lessons side by side."""
    with check("kernels: lessons 00 and 02 at once, from the start") as found:
        names = ("00_getting_started", "02_lime")

        def start(name):
            kernels[name] = Kernel(job["lessons"])

        starting = [threading.Thread(target=start, args=(name,)) for name in names]
        [thread.start() for thread in starting]
        [thread.join() for thread in starting]
        found.that(len(kernels) == 2, f"only {list(kernels)} started")
        homes = {k.home() for k in kernels.values()}
        found.that(len(homes) == 2, f"they share a folder: {homes}")
        lessons = {name: lesson(job["root"], name)[:TOGETHER] for name in names}
        for number in range(TOGETHER):
            for name in names:
                kernels[name].send(source(lessons[name][number]))
            for name in names:
                seen, saved = kernels[name].wait(), lessons[name][number]["outputs"]
                same = words(seen.stdout + seen.shown) == words(saved_text(saved))
                quiet = seen.status == "ok" and not seen.stderr
                found.that(same and quiet, f"{name}, cell {number + 1}: {seen}; saved was {saved_text(saved)!r}")
        [k.run(f'let mine = "{name}";') for name, k in kernels.items()]
        for name, k in kernels.items():
            found.cell(k.run("mine"), shown=f'"{name}"')


def saved_text(outputs):
    text = lambda value: "".join(value or "")
    return "".join(text(o.get("text")) + text(o.get("data", {}).get("text/plain")) for o in outputs)


def words(text):
    """Text without what differs between machines."""
    lines = (line for line in text.splitlines() if "measured on this machine" not in line)
    return [re.sub(r"-?\d+\.\d+(e-?\d+)?", "#", line).strip() for line in lines]


def outputs(k, cells):
    """What each cell shows, pictures included."""
    for cell in cells:
        seen = k.run(source(cell))
        text = [line for line in seen.stdout.splitlines() if "measured on this machine" not in line]
        yield seen.status, text, seen.stderr, seen.error, seen.bundles


def restart(job, k):
    with check("kernels: restart and run all of lesson 00: the same output") as found:
        cells = lesson(job["root"], "00_getting_started")
        first = list(outputs(k, cells))
        found.that(all(status == "ok" and not stderr for status, _, stderr, _, _ in first), "the first run failed")
        home, group = k.home(), k.group()
        seconds = k.restart()
        found.note = f" (restart {seconds:.1f} s)"
        found.cell(k.run("word"), error="cannot find value `word`")
        for number, (before, after) in enumerate(zip(first, outputs(k, cells))):
            found.that(before == after, f"cell {number + 1} showed {str(before)[:300]}, then {str(after)[:300]}")
        found.that(eventually(lambda: not os.path.exists(home)), f"{home} is still there")
        alive = [p for p in group if p.is_running()]
        found.that(not alive, f"still running: {alive}")
    with check("kernels: restart while a cell runs without end") as found:
        endless(k)
        home, cells = k.home(), k.process_of_cells()
        seconds = k.restart()
        found.note = f" (restart {seconds:.1f} s)"
        found.that(eventually(lambda: not cells.is_running()), "the endless cell still runs")
        found.that(eventually(lambda: not os.path.exists(home)), f"{home} is still there")
        found.cell(k.run("40 + 2"), shown="42")


def endless(k):
    k.send('println!("begun");\nloop {}')
    k.wait(until=lambda seen: "begun" in seen.stdout)


def killed(k):
    """Jupyter looks every few seconds whether its kernel is alive; `poll` is one such look."""
    restarts = []
    restarter = KernelRestarter(kernel_manager=k.manager)
    restarter.add_callback(lambda: restarts.append("restart"), "restart")

    def kill(found):
        home, group = k.home(), k.group()
        os.kill(k.pid, signal.SIGKILL)
        found.that(eventually(lambda: not k.manager.is_alive()), "Jupyter takes it for alive")
        found.that(eventually(lambda: not any(p.is_running() for p in group)), f"left running: {k.group()}")
        found.that(eventually(lambda: not os.path.exists(home)), f"{home} is still there")
        restarter.poll()
        k.client.wait_for_ready(timeout=k.patience)
        found.cell(k.run("40 + 2"), shown="42")

    with check("kernels: killed while a cell runs without end: nothing left, Jupyter restarts it") as found:
        endless(k)
        kill(found)
        found.that(restarts == ["restart"], f"Jupyter was to report one restart, and reported {restarts}")
    with check("kernels: killed while a cell compiles: no compiler left, Jupyter restarts it") as found:
        slow = "#![allow(long_running_const_eval)]\nconst N: u64 = { let mut i = 0; while i < 1 << 40 { i += 1; } i };\nN"
        k.send(slow)
        compiles = lambda: any(p.name().startswith("rustc") and sum(p.cpu_times()[:2]) > 1 for p in k.group())
        found.that(eventually(compiles, 60), "no compiler was seen")
        kill(found)
