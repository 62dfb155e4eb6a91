"""Runs a list of cells in one fresh kernel and reports each of them as a JSON line.

The job is the first line on stdin; the answer goes to stdout: one line `ready`,
one `cell` per cell, one `end` with the peak memory. When stdin closes, because
the caller is gone, the kernel is shut down too. What counts as a failure is not
decided here: see `course/src/execute.rs`.
"""

import os
import queue
import sys
import threading
import time

import psutil
from jupyter_client.manager import KernelManager

from caller import end_with_caller, ignore_signals, read_job, reporter
from offline import isolate, offline_environment

# The kernel reads stderr of the running code in a thread of its own: a panic's
# text can come after the reply. After each cell we wait until it has been quiet
# for this long.
GRACE = 0.12
SAMPLE = 0.05
COMPILERS = ("cargo", "rustc", "rust-lld", "ld", "cc", "clang", "collect2", "build-script")


class Sampler(threading.Thread):
    """Follows the kernel's process tree: memory of its parts, and the time its
    child (the process that runs the cells) was computing."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.root = psutil.Process(pid)
        self.peak = {"kernel": 0, "child": 0, "compiler": 0, "total": 0}
        self.busy = 0.0
        self.child = None
        self.last = None
        self.known = {}
        self.lock = threading.Lock()
        self.stopped = threading.Event()

    def run(self):
        while not self.stopped.is_set():
            began = time.monotonic()
            self.memory()
            self.computing()
            spent = time.monotonic() - began
            # Never more than a tenth of one core, so that measuring changes little.
            self.stopped.wait(max(SAMPLE - spent, 9 * spent))

    def parts(self):
        """(process, part) for the tree; a part is inherited from the parent."""
        part, found = {self.root.pid: "kernel"}, [(self.root, "kernel")]
        names = {self.root.pid: self.root.name()}
        waiting = [(p, p.ppid(), p.name()) for p in self.root.children(recursive=True)]
        while waiting:
            ready = [entry for entry in waiting if entry[1] in part]
            if not ready:
                break
            for process, parent, name in ready:
                above = part[parent]
                if above == "kernel" and name.startswith(COMPILERS):
                    above = "compiler"
                elif above == "kernel" and name.startswith("evcxr") and names[parent].startswith("evcxr"):
                    above = "child"
                    self.child = process
                part[process.pid], names[process.pid] = above, name
                found.append((process, above))
            waiting = [entry for entry in waiting if entry[0].pid not in part]
        return found

    def memory(self):
        now = {"kernel": 0, "child": 0, "compiler": 0}
        try:
            for process, part in self.parts():
                self.known[process.pid] = process
                try:
                    if part == "kernel" and time.time() - process.create_time() < 0.2:
                        continue  # a fork that has not become another program yet: the kernel's own pages again
                    info = process.memory_full_info()
                    # Shared pages counted once (PSS) where the system says it.
                    now[part] += getattr(info, "pss", 0) or info.uss
                except psutil.AccessDenied:
                    now[part] += process.memory_info().rss
                except psutil.Error:
                    pass
        except psutil.Error:
            return
        now["total"] = sum(now.values())
        for part, size in now.items():
            self.peak[part] = max(self.peak[part], size)

    def computing(self):
        """Adds the child's processor time since the last call to `busy`, at most
        the time that passed: with several threads it is the time of the longest."""
        with self.lock:
            child, now = self.child, time.monotonic()
            try:
                times = child.cpu_times() if child else None
            except psutil.Error:
                times = None
            used = times.user + times.system if times else None
            if self.last and used is not None and self.last[0] == child.pid:
                self.busy += max(0.0, min(now - self.last[1], used - self.last[2]))
            self.last = (child.pid, now, used) if used is not None else None
            return self.busy


class Runner:
    def __init__(self, job):
        self.job = job
        self.started = time.monotonic()
        self.manager = KernelManager(kernel_name=job["kernel"])
        self.manager.shutdown_wait_time = 4.0
        self.client = None
        self.sampler = None

    def start(self):
        environment = dict(os.environ)
        if self.job["offline"]:
            environment |= offline_environment()
        self.manager.start_kernel(env=environment, cwd=self.job["cwd"])
        self.sampler = Sampler(self.manager.provisioner.pid)
        self.sampler.start()
        self.client = self.manager.blocking_client()
        self.client.start_channels(hb=False)  # the kernel complains when a heartbeat breaks off; nobody listens here
        self.client.wait_for_ready(timeout=self.job["start_timeout"])
        return time.monotonic() - self.started

    def cell(self, source):
        """Runs one cell; returns its outputs, how it ended, and its times."""
        busy, began = self.sampler.computing(), time.monotonic()
        message = self.client.execute(source, allow_stdin=False, stop_on_error=False)
        outputs, status, idle, ended = [], None, False, None
        while True:
            now = time.monotonic()
            if ended is None and status and idle:
                ended, computed, quiet = now, self.sampler.computing() - busy, now
            if ended is not None and now - quiet >= GRACE:
                break
            if ended is None and now - began > self.job["timeout"]:
                return outputs, "timeout", now - began, 0.0
            try:
                answer = self.client.get_iopub_msg(timeout=0.02 if status else 0.1)
                quiet = time.monotonic()
            except queue.Empty:
                answer = None
            if answer and answer["parent_header"].get("msg_id") == message:
                if answer["msg_type"] == "status":
                    idle = answer["content"]["execution_state"] == "idle"
                else:
                    collect(answer, outputs)
            if status is None:
                status = self.reply(message)
                replied = time.monotonic()
            elif not idle and time.monotonic() - replied > 5:
                idle = True  # the message was lost; the reply says that the cell is done
            if status is None and answer is None and not self.manager.is_alive():
                return outputs, "died", time.monotonic() - began, 0.0
        return outputs, status, ended - began, computed

    def reply(self, message):
        try:
            while True:
                reply = self.client.get_shell_msg(timeout=0)
                if reply["parent_header"].get("msg_id") == message:
                    return reply["content"]["status"]
        except queue.Empty:
            return None

    def stop(self):
        """Leaves no process behind, whatever state the kernel is in."""
        if self.sampler:
            self.sampler.stopped.set()
            self.sampler.join(2)
        tree = dict(self.sampler.known) if self.sampler else {}
        try:
            for process in psutil.Process(self.manager.provisioner.pid).children(recursive=True):
                tree[process.pid] = process
        except (psutil.Error, AttributeError, TypeError):
            pass
        # The kernel first: it complains of a broken connection when the channels close before it ends.
        if self.manager.has_kernel:
            self.manager.shutdown_kernel(now=False)
        if self.client:
            self.client.stop_channels()
        _, alive = psutil.wait_procs([p for p in tree.values() if p.is_running()], timeout=1)
        for process in alive:
            try:
                process.kill()
            except psutil.Error:
                pass


def collect(message, outputs):
    kind, content = message["msg_type"], message["content"]
    if kind == "stream":
        for output in outputs:
            if output.get("name") == content["name"]:
                output["text"] += content["text"]
                return
        outputs.append({"output_type": "stream", "name": content["name"], "text": content["text"]})
    elif kind in ("execute_result", "display_data"):
        output = {"output_type": kind, "data": content["data"], "metadata": content.get("metadata", {})}
        outputs.append(output)
    elif kind == "error":
        names = {name: content.get(name, "") for name in ("ename", "evalue")}
        outputs.append({"output_type": "error", "traceback": content.get("traceback", [])} | names)


def main():
    say = reporter()  # whatever the kernel prints on its own goes to stderr
    job = read_job()
    isolated = isolate() if job["isolate"] else False
    end_with_caller()
    runner = Runner(job)
    try:
        say(event="ready", seconds=runner.start(), isolated=isolated)
        for source in job["cells"]:
            outputs, status, seconds, busy = runner.cell(source)
            at = time.monotonic() - runner.started
            say(event="cell", outputs=outputs, status=status, seconds=seconds, busy=busy, at=at)
            if status in ("timeout", "died"):
                break
        say(event="end", memory=runner.sampler.peak)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # the caller needs the reason, whatever it is
        say(event="fatal", message=f"{type(error).__name__}: {error}")
    finally:
        ignore_signals()
        runner.stop()


if __name__ == "__main__":
    main()
