"""A kernel as a learner's notebook sees it: cells go in over the Jupyter protocol, and what is shown comes back.

Unlike `run_notebook.py`, which runs a lesson from top to bottom, this interrupts, restarts and kills.
"""

import json
import os
import queue
import re
import subprocess
import time
from contextlib import contextmanager

import psutil
from jupyter_client.manager import KernelManager

# What the kernel's process writes to stderr can come after the reply.
GRACE = 0.15


def plain(text):
    """Without the terminal's colours."""
    return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)


class Seen:
    """What a cell showed."""

    def __init__(self):
        self.stdout = self.stderr = self.shown = self.error = ""
        self.status, self.seconds, self.bundles, self.number = None, 0.0, [], None

    def __str__(self):
        parts = ("status", "stdout", "stderr", "shown", "error")
        return ", ".join(f"{name} {getattr(self, name)!r}" for name in parts if getattr(self, name))


class Kernel:
    def __init__(self, folder, environment=None, patience=120):
        self.folder, self.patience = folder, patience
        self.environment = dict(os.environ) | (environment or {})
        self.manager = KernelManager(kernel_name="rust")
        self.manager.shutdown_wait_time = 6.0
        began = time.monotonic()
        self.manager.start_kernel(cwd=folder, env=self.environment, stderr=subprocess.DEVNULL)
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=patience)
        self.started = time.monotonic() - began

    @property
    def pid(self):
        return self.manager.provisioner.pid

    def run(self, code, timeout=None):
        self.send(code)
        return self.wait(timeout)

    def send(self, code):
        self.began, self.seen, self.idle = time.monotonic(), Seen(), False
        self.message = self.client.execute(code, allow_stdin=False, stop_on_error=False)

    def wait(self, timeout=None, until=None):
        """Until the cell is done, or until `until(seen)`."""
        end = time.monotonic() + (timeout or self.patience)
        while time.monotonic() < end and not (self.seen.status and self.idle):
            self.listen(0.05)
            if until and until(self.seen):
                return self.seen
        while self.listen(GRACE):
            pass
        self.seen.status = self.seen.status or "no answer"
        return self.seen

    def listen(self, seconds):
        try:
            answer = self.client.get_iopub_msg(timeout=seconds)
        except queue.Empty:
            answer = None
        if answer and answer["parent_header"].get("msg_id") == self.message:
            kind, content = answer["msg_type"], answer["content"]
            if kind == "stream":
                stream = content["name"]
                setattr(self.seen, stream, getattr(self.seen, stream) + plain(content["text"]))
            elif kind in ("execute_result", "display_data"):
                self.seen.shown += content["data"].get("text/plain", "")
                self.seen.bundles.append(content["data"])
            elif kind == "execute_input":
                self.seen.number = content["execution_count"]
            elif kind == "error":
                self.seen.error += plain("\n".join(content["traceback"])) + "\n"
            elif kind == "status":
                self.idle = content["execution_state"] == "idle"
        while self.seen.status is None:
            try:
                reply = self.client.get_shell_msg(timeout=0)
            except queue.Empty:
                break
            if reply["parent_header"].get("msg_id") == self.message:
                self.seen.status, self.seen.seconds = reply["content"]["status"], time.monotonic() - self.began
        return answer

    def interrupt(self):
        """What the button ■ does."""
        self.manager.interrupt_kernel()

    def restart(self, **how):
        """What *Kernel → Restart* does; returns the seconds."""
        began = time.monotonic()
        self.manager.restart_kernel(**how)
        self.client.wait_for_ready(timeout=self.patience)
        return time.monotonic() - began

    def process_of_cells(self):
        """evcxr's child, which holds the variables."""
        kernel = psutil.Process(self.pid)
        return next(p for p in kernel.children() if p.name() == kernel.name())

    def group(self):
        """All processes that belong to the kernel."""
        found = []
        for process in psutil.process_iter():
            try:
                if os.getpgid(process.pid) == self.pid and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(process)
            except (OSError, psutil.Error):
                pass
        return found

    def home(self):
        """The kernel's folder."""
        return psutil.Process(self.pid).environ()["EVCXR_TMPDIR"]

    def stop(self):
        self.client.stop_channels()
        if self.manager.has_kernel:
            self.manager.shutdown_kernel()


@contextmanager
def kernel(folder, **options):
    running = Kernel(folder, **options)
    try:
        yield running
    finally:
        running.stop()


def eventually(condition, seconds=60.0):
    """Whether the condition holds within so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


class Found:
    """What was found wrong in one scenario."""

    def __init__(self):
        self.problems, self.note = [], ""

    def that(self, holds, otherwise):
        if not holds:
            self.problems.append(otherwise)

    def cell(self, seen, **expected):
        """Each of stdout, stderr and error holds the text, the shown value equals it; what is not named is empty."""
        wrong = seen.status == "no answer" or (seen.status == "ok") == ("error" in expected)
        for part in ("stdout", "stderr", "error", "shown"):
            text, wanted = getattr(seen, part).strip(), expected.get(part, "")
            wrong |= text != wanted if part == "shown" or not wanted else wanted not in text
        self.that(not wrong, f"expected {expected or 'nothing'}\n  found {seen}")


@contextmanager
def check(name):
    """Reports one scenario as a JSON line; `found.note` is appended to its name."""
    found, began = Found(), time.monotonic()
    try:
        yield found
    except Exception as error:  # a scenario that breaks has failed; the others go on
        found.problems.append(f"{type(error).__name__}: {error}")
    seconds = time.monotonic() - began
    print(json.dumps({"name": name + found.note, "problems": found.problems, "seconds": seconds}), flush=True)


def command(words, timeout=600, **options):
    """Runs a command; returns its exit status and all that it printed."""
    out = subprocess.run(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout, **options
    )
    return out.returncode, plain(out.stdout.decode(errors="replace"))


def lesson(root, name):
    """The code cells of a lesson."""
    with open(os.path.join(root, "notebooks", name + ".ipynb"), encoding="utf-8") as file:
        cells = json.load(file)["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def source(cell):
    return "".join(cell["source"])


