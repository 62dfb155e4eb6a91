"""Does to a lesson what learners do to it; started by `cargo course test --only in-use`.

The job is one JSON line on stdin, the answer one JSON line per scenario. When stdin closes, because the caller is
gone, kernels are ended too. What `course/src/in_use.rs` prepares: checkouts elsewhere, and what they borrow.
"""

import json
import os
import signal
import sys
import threading

import cells
import changes
import elsewhere
import lives

PARTS = {"cells": cells, "lives": lives, "changes": changes, "elsewhere": elsewhere, "read-only": elsewhere}


def watch():
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def stop(*_):
    raise KeyboardInterrupt


def main():
    line = bytearray()
    while not line.endswith(b"\n"):
        line += os.read(0, 1)
    job = json.loads(line)
    signal.signal(signal.SIGTERM, stop)
    threading.Thread(target=watch, daemon=True).start()
    PARTS[job["part"]].run(job)


if __name__ == "__main__":
    main()
