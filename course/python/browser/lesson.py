"""One notebook in JupyterLab: opening it, running it from the top, and what its cells are
called. Does not look at the outputs (figures.py, interactive.py, contrast.py)."""

import json
import shutil
import time
from pathlib import Path

from playwright.sync_api import Error, TimeoutError  # noqa: F401 (for the other files)

OPENING = 90  # seconds

# The course saves pictures with the views that a learner can point at.
FIGURES = ("image/png", "text/html")


class Cell:
    def __init__(self, index, number, cell):
        self.index, self.number = index, number
        source = text(cell["source"])
        first = next((line.strip() for line in source.splitlines() if line.strip()), "")
        self.name = f"cell [{number}] {first}"
        self.must_fail = "raises-exception" in cell["metadata"].get("tags", [])
        self.outputs = cell.get("outputs", [])

    def figures(self):
        """The saved outputs that show a picture, a view or a table."""
        kinds = [list(output.get("data", {})) for output in self.outputs]
        return [found for found in kinds if any(k in FIGURES or "vega" in k for k in found)]


class Lesson:
    def __init__(self, path, place, outputs=None):
        """`path` is the notebook as committed, `place` that of its copy below the served folder, `outputs` the
        notebook as it was run just now, if it was."""
        self.path, self.place, self.ran = Path(path), place, outputs
        self.name = self.path.stem
        self.json = json.loads(self.path.read_text(encoding="utf-8"))
        self.code = []
        for index, cell in enumerate(self.json["cells"]):
            if cell["cell_type"] == "code" and text(cell["source"]).strip():
                self.code.append(Cell(index, len(self.code) + 1, cell))

    def copy(self, folder):
        """Writes the copy: as it was run, else as a learner first sees it who has cleared all outputs."""
        target = Path(folder) / self.place
        target.parent.mkdir(parents=True, exist_ok=True)
        if self.ran:
            shutil.copyfile(self.ran, target)
            return
        fresh = json.loads(json.dumps(self.json))
        for cell in fresh["cells"]:
            if cell["cell_type"] == "code":
                cell["outputs"], cell["execution_count"] = [], None
        target.write_text(json.dumps(fresh), encoding="utf-8")


def open_notebook(page, lab, lesson):
    """Goes to the notebook and waits for its cells; the kernel may still be starting."""
    page.goto(lab.address(lesson.place))
    page.wait_for_function("course.state() && course.state().cells.length > 0", timeout=OPENING * 1000)
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=OPENING * 1000)


def run_all(page, lesson, timeout, progress):
    """Run → Run All Cells, as a learner does it. Returns what went wrong with that."""
    page.wait_for_function("['idle', 'busy'].includes(course.state().kernel)", timeout=OPENING * 1000)
    page.get_by_role("menuitem", name="Run", exact=True).first.click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    began = time.monotonic()
    while True:
        time.sleep(0.2)
        now, state = time.monotonic(), page.evaluate("course.state()")
        code = [state["cells"][cell.index] for cell in lesson.code]
        done = sum(1 for cell in code if cell["count"] and not cell["waiting"])
        progress(f"{lesson.name} in the browser: cell {done} of {len(code)}")
        if state["dialogs"] or (done == len(code) and state["kernel"] == "idle"):
            return []  # a dialog is reported with the rest
        if now - began > timeout:
            waiting = [cell.name for cell, seen in zip(lesson.code, code) if seen["waiting"]]
            return [f"{(waiting or ['?'])[0]}: not done after {timeout:.0f} s"]


def save(page):
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")


def set_theme(page, name):
    """What Settings → Theme does."""
    page.evaluate("(theme) => jupyterapp.commands.execute('apputils:change-theme', { theme })", name)
    page.wait_for_function("(name) => document.body.dataset.jpThemeName === name", arg=name)
    page.wait_for_timeout(300)


def theme(page):
    page.wait_for_function("document.body.dataset.jpThemeName")
    return page.evaluate("document.body.dataset.jpThemeName")


def text(value):
    return "".join(value) if isinstance(value, list) else value


def short(error):
    """The first lines of a Playwright error, which goes on with a log."""
    return "\n".join(str(error).splitlines()[:3])
