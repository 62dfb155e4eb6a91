"""The browser tests: lessons in JupyterLab as a learner sees them. The job is the first line
on stdin, one JSON line per check goes to stdout; when stdin closes, because the caller is
gone, everything is ended. Called by `course/src/test/browser.rs`."""

import shutil
import sys
from pathlib import Path

from caller import end_with_caller, ignore_signals, read_job, reporter
from offline import isolate


def main():
    say = reporter()
    job = read_job()
    isolated = isolate()  # before there are threads
    from browser.session import Session  # Playwright and psutil; not needed to read a job

    end_with_caller()
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
        ignore_signals()
        session.stop()
        shutil.rmtree(Path(job["scratch"]), ignore_errors=True)


if __name__ == "__main__":
    main()
