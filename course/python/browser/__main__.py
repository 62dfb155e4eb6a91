"""The browser tests: lessons in JupyterLab as a learner sees them. The job is the first line
on stdin, one JSON line per check goes to stdout; when stdin closes, because the caller is
gone, everything is ended. Called by `course/src/browser.rs`."""

import json
import os
import shutil
import signal
import sys
import threading
from pathlib import Path

from offline import isolate


def read_line():
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(0, 1)
        if not piece:
            break
        line += piece
    return line


def main():
    report = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what others print is no report

    def say(**event):
        print(json.dumps(event), file=report, flush=True)

    def stop(*_):
        raise KeyboardInterrupt

    def watch():
        while os.read(0, 4096):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    job = json.loads(read_line())
    isolated = isolate()  # before there are threads
    from browser.session import Session  # Playwright and psutil; not needed to read a job

    signal.signal(signal.SIGTERM, stop)
    threading.Thread(target=watch, daemon=True).start()
    session = Session(job, say)
    try:
        say(event="ready", isolated=isolated)
        session.run()
        say(event="end")
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # the caller needs the reason, whatever it is
        say(event="fatal", message=f"{type(error).__name__}: {error}")
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        session.stop()
        shutil.rmtree(Path(job["scratch"]), ignore_errors=True)


if __name__ == "__main__":
    main()
