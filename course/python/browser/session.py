"""The order of things: one browser and two servers for all lessons. Each lesson is run from the menu, or
shown as it was run elsewhere just now, looked at in both themes, and opened on a server that does not trust it."""

import os
import shutil
import time
from pathlib import Path

import psutil
from playwright.sync_api import sync_playwright

from browser import contrast, figures, interactive, pages, selftest
from browser.lab import Lab, end
from browser.lesson import Error, Lesson, open_notebook, run_all, save, set_theme, short, theme
from browser.window import Chromium

DARK, LIGHT = "JupyterLab Dark", "JupyterLab Light"
NOT_COPIED = shutil.ignore_patterns("*.html", ".*", "__pycache__")


class Session:
    def __init__(self, job, say):
        """`say` is called with each event."""
        self.job, self.say = job, say
        self.root, self.scratch = Path(job["root"]), Path(job["scratch"])
        self.lessons = self.scratch / "notebooks"
        self.pictures = Path(job["pictures"]) if job.get("pictures") else None
        self.failures = Path(job["failures"])
        self.servers, self.playwright, self.chromium = [], None, None
        self.known, self.private, self.quiet = {}, None, False
        self.texts = {}  # the facts about a cell's text, as seen in the light theme

    # ---- what is started and ended ----

    def server(self, name, idle=False, trusted=()):
        lab = Lab(self.job, self.lessons, self.scratch / name, idle)
        self.servers.append(lab)
        if trusted:
            lab.trust(trusted)
        return lab.start()

    def stop(self):
        self.remember()
        for close in [self.chromium and self.chromium.close, self.playwright and self.playwright.stop]:
            try:
                if close:
                    close()
            except Exception:  # noqa: BLE001 the rest must be ended whatever happens here
                pass
        for lab in self.servers:
            try:
                lab.stop()
            except Exception:  # noqa: BLE001
                pass
        self.remember()
        end(self.known.values())

    def remember(self):
        for child in psutil.Process(os.getpid()).children(recursive=True):
            self.known[child.pid] = child

    # ---- the checks ----

    def run(self):
        lessons = self.prepare()
        self.playwright = sync_playwright().start()
        self.chromium = Chromium(self.playwright, self.job.get("chromium"))
        broken = selftest.write(self.lessons) if self.job["selftest"] else None
        ran = [lesson.place for lesson in lessons if lesson.ran]
        # A lesson that is only shown needs no real kernel.
        trusting = self.server("lab", idle=len(ran) == len(lessons) and not broken, trusted=ran)
        for lesson in lessons:
            self.guarded(f"{lesson.name} in the browser", self.trusted, trusting, lesson)
        if broken:
            self.privately(self.trusted, trusting, broken)
        trusting.stop()
        doubting = self.server("stranger", idle=True)
        for lesson in lessons:
            self.guarded(f"{lesson.name} untrusted", self.untrusted, doubting, lesson)
        if broken:
            self.privately(self.untrusted, doubting, broken)
        doubting.stop()
        for path in sorted(self.lessons.rglob("*.html")):
            self.guarded(f"{path.name} in the browser", self.page, path)
        if broken:
            told = selftest.judge(self.private) + list(selftest.explorers(self.chromium, self.scratch))
            for name, problems in told:
                self.check(f"browser harness: {name}", problems)

    def prepare(self):
        """The notebooks without outputs, or as they were run, in a folder of their own, with `../support` beside it."""
        shutil.copytree(self.root / "notebooks", self.lessons, ignore=NOT_COPIED)
        for name in ("support", "data"):
            (self.scratch / name).symlink_to(self.root / name, target_is_directory=True)
        lessons = []
        for page in self.job["pages"]:
            shutil.copy(page, self.lessons)
        for notebook in self.job["lessons"]:
            path = Path(notebook["path"])
            inside = path.resolve().is_relative_to(self.root / "notebooks")
            place = path.resolve().relative_to(self.root / "notebooks") if inside else Path(path.name)
            lessons.append(Lesson(path, place.as_posix(), notebook["outputs"]))
            lessons[-1].copy(self.lessons)
        return lessons

    def guarded(self, name, check, *arguments):
        """A check that breaks off is a failed check; the next one goes on."""
        self.remember()
        try:
            check(*arguments)
        except (Error, OSError, ValueError) as error:  # of Playwright, of the server, of what it answers
            self.check(name, [f"{type(error).__name__}: {short(error)}"])

    def privately(self, check, *arguments):
        """The same, and what it finds is kept for selftest.py."""
        self.private = self.private or []
        report, self.check = self.check, lambda name, problems: self.private.append((name, problems))
        pictures, self.pictures, self.quiet = self.pictures, None, True
        self.guarded("broken", check, *arguments)
        self.check, self.pictures, self.quiet = report, pictures, False

    def check(self, name, problems):
        self.say(event="check", name=name, problems=problems)

    def progress(self, text):
        self.say(event="progress", text=text)

    def trusted(self, lab, lesson):
        """A lesson as its author sees it who ran it from the top, in the light and in the dark theme."""
        page, ear = self.opened(lab, lesson)
        opened = time.monotonic()
        problems = [] if theme(page) == LIGHT else [f"the theme is not {LIGHT}"]
        if lesson.ran:
            self.progress(f"{lesson.name} in the browser")
            problems += self.doubted(page, lesson)
            told, ran = f"{len(lesson.code)} cells, run before", opened
        else:
            problems += run_all(page, lesson, self.job["timeout"], self.progress)
            ran = time.monotonic()
            told = f"{len(lesson.code)} cells in {ran - opened:.0f} s"
            save(page)
        self.light(page, lesson, problems, told, ear)
        self.dark(page, lesson, ear)
        set_theme(page, LIGHT)  # the server keeps the choice for the next lesson
        page.context.close()
        lab.end_kernels()
        self.say(event="seconds", lesson=lesson.name, running=ran - opened)

    def doubted(self, page, lesson):
        """Cells of a signed notebook that JupyterLab does not trust."""
        cells = page.evaluate("course.state().cells")
        return [f"{cell.name}\n  is not trusted" for cell in lesson.code if not cells[cell.index]["trusted"]]

    def light(self, page, lesson, problems, told, ear):
        shown, works, dead, views, many = [], [], [], 0, 0
        for cell in lesson.code:
            outputs, facts = figures.look(page, cell)
            many += figures.count(outputs)
            self.texts[lesson.name, cell.number] = facts
            found = figures.problems(cell, outputs) + contrast.problems(facts)
            shown += self.report(page, lesson, "light", cell, found)
            for j in interactive.views(outputs):
                views += 1
                done, broken = interactive.examine(page, cell, j)
                works += done
                dead += self.report(page, lesson, "view", cell, broken)
        name = f"{lesson.name} in the browser"
        self.check(f"{name}: {told}", problems + self.dialogs(page) + ear.take())
        self.check(f"{name}: {many} figures on the page", shown)
        if views:
            tally = ", ".join(f"{works.count(kind)} × {kind}" for kind in sorted(set(works)))
            if not works and not dead:
                dead = [f"none of the {views} views reacts to anything"]
            self.check(f"{name}: {views} views react ({tally or 'none'})", dead)
        self.photograph(page, lesson, "light")

    def dark(self, page, lesson, ear):
        set_theme(page, DARK)
        problems, texts, values, tip = [], 0, [], False
        for cell in lesson.code:
            outputs, facts = figures.look(page, cell)
            texts += len(facts)
            values += [value for value in [contrast.lowest(facts)] if value]
            found = contrast.problems(facts) + figures.on_dark(outputs)
            for j in interactive.views(outputs)[: 0 if tip else None]:
                tip = interactive.tip(page, cell, j)
                found += contrast.problems(tip)
            problems += self.report(page, lesson, "dark", cell, found)
        least = f", contrast at least {min(values):.1f}" if values else ""
        self.check(f"{lesson.name} in the dark theme: {texts} texts{least}", problems + ear.take())
        self.photograph(page, lesson, "dark")

    def untrusted(self, lab, lesson):
        """The executed notebook as somebody sees it who got it from elsewhere."""
        page, ear = self.opened(lab, lesson)
        said, cells = page.evaluate("[course.trust(), course.state().cells]")
        rich = [cell for cell in lesson.code if cell.figures()]
        problems = [f"{cell.name}\n  is trusted, so nothing is tested" for cell in rich if cells[cell.index]["trusted"]]
        if rich and "not trusted" not in said:
            problems.append(f"JupyterLab says: {said or 'nothing about trust'}")
        many = 0
        for cell in lesson.code:
            outputs, facts = figures.look(page, cell)
            many += figures.count(outputs)
            found = figures.problems(cell, outputs) + contrast.problems(facts)
            found += contrast.changes(self.texts.get((lesson.name, cell.number), []), facts)
            problems += self.report(page, lesson, "untrusted", cell, found)
        self.check(f"{lesson.name} untrusted: {many} figures on the page", problems + self.dialogs(page) + ear.take())
        self.photograph(page, lesson, "untrusted")
        page.context.close()
        lab.end_kernels()

    def page(self, path):
        done, problems = pages.examine(self.chromium, path, self.picture)
        self.check(f"{path.relative_to(self.lessons)} from the file: {done}", problems)

    # ---- what the checks share ----

    def opened(self, lab, lesson):
        page, ear = self.chromium.page()
        open_notebook(page, lab, lesson)
        return page, ear

    def dialogs(self, page):
        return [f"JupyterLab shows a dialog: {said}" for said in page.evaluate("course.state().dialogs")]

    def picture(self, page, name):
        """Saves what the window shows; the text says where."""
        if self.quiet:
            return ""
        self.failures.mkdir(parents=True, exist_ok=True)
        path = self.failures / f"{name}.png"
        page.screenshot(path=path)
        return f"picture: {path}"

    def report(self, page, lesson, kind, cell, problems):
        """The problems of one cell, with its name and a picture of it."""
        if not problems:
            return []
        page.evaluate("(i) => course.show(i)", cell.index)
        picture = self.picture(page, f"{lesson.name}_{kind}_{cell.number}")
        return [f"{cell.name}\n  " + "\n  ".join(filter(None, [*problems, picture]))]

    def photograph(self, page, lesson, kind):
        """--pictures: the whole lesson, one window after the other."""
        if not self.pictures:
            return
        self.pictures.mkdir(parents=True, exist_ok=True)
        page.mouse.move(2, 2)
        page.evaluate("course.top()")
        for number in range(1, 80):
            page.wait_for_timeout(250)
            page.screenshot(path=self.pictures / f"{lesson.name}_{kind}_{number:02}.png")
            if not page.evaluate("course.down()"):
                break
