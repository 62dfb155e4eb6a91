"""Does to a lesson what learners do to it; started by `cargo course test --only in-use`.

The job is one JSON line on stdin, the answer one JSON line per scenario. When stdin closes, because the caller is
gone, kernels are ended too. What `course/src/test/in_use.rs` prepares: checkouts elsewhere, and what they borrow.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent))

import cells  # noqa: E402
import changes  # noqa: E402
import elsewhere  # noqa: E402
import lives  # noqa: E402
import start  # noqa: E402
from caller import end_with_caller, read_job  # noqa: E402

PARTS = {"cells": cells, "lives": lives, "start": start, "changes": changes, "elsewhere": elsewhere, "read-only": elsewhere}


def main():
    job = read_job()
    end_with_caller()
    PARTS[job["part"]].run(job)


if __name__ == "__main__":
    main()
