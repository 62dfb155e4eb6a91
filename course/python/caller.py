"""What the programs of this folder share with `cargo course`, which starts them: the job is the first
line on stdin, one JSON line per event goes to stdout; when stdin closes, because the caller is
gone, the program is ended and ends what it started."""

import json
import os
import signal
import threading


def read_job():
    """The first line of stdin, past Python's buffer, which the thread that watches must not hold at exit."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(0, 1)
        if not piece:
            break
        line += piece
    return json.loads(line)


def reporter():
    """A function that reports an event. What others print goes to stderr from now on: it is no report."""
    report = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(**event):
        print(json.dumps(event), file=report, flush=True)

    return say


def end_with_caller():
    """SIGTERM becomes KeyboardInterrupt, and comes when the caller is gone. Call it after `read_job`."""

    def stop(*_):
        raise KeyboardInterrupt

    def watch():
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    threading.Thread(target=watch, daemon=True).start()


def ignore_signals():
    """While what was started is ended."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
