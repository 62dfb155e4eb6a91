"""Whether the views react to a learner: the mouse over a mark shows a tooltip, text in a
search field, a click or the wheel change what is drawn."""

import time

from browser.window import HEIGHT

TRIES = 8
BAD = ("undefined", "NaN", "[object Object]")


class View:
    """The output number `j` of a cell, in JupyterLab."""

    def __init__(self, page, cell, j):
        self.page, self.at = page, [cell.index, j]

    def ask(self, what, *more):
        return self.page.evaluate(f"(args) => course.{what}(...args)", [*self.at, *more])

    def drawn(self):
        return self.ask("drawn")

    def away(self):
        self.page.mouse.move(2, HEIGHT - 2)
        self.wait(lambda: not self.page.evaluate("course.tooltip()"), 1)

    def changes(self, before, seconds=2.0):
        """Whether something else is drawn before long."""
        return self.wait(lambda: self.drawn() != before, seconds)

    def wait(self, condition, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if condition():
                return True
            time.sleep(0.05)
        return bool(condition())

    def places(self):
        """Where the mouse may find a mark, in the window; scrolls there."""
        marks = self.ask("marks", TRIES)
        if not marks:  # a grid
            size = self.page.evaluate("([i, j]) => course.outputs(i).then((all) => all[j].canvases[0])", self.at)
            steps = [(column / 8, row / 6) for row in range(1, 6) for column in range(1, 8)]
            marks = [{"x": size["width"] * x, "y": size["height"] * y} for x, y in steps]
        for mark in marks:
            place = self.ask("reach", mark["x"], mark["y"])
            if place:
                yield place

    def hover(self):
        """The first tooltip that shows, with its place."""
        for x, y in self.places():
            self.page.mouse.move(x - 3, y - 2)
            self.page.mouse.move(x, y)
            if self.wait(lambda: self.page.evaluate("course.tooltip()"), 0.6):
                return self.page.evaluate("course.tooltip()"), (x, y)
        return "", None


def views(outputs):
    """Which of a cell's outputs are views."""
    return [j for j, output in enumerate(outputs) if "vega" in output.get("picked", "")]


def tip(page, cell, j):
    """The facts about the text of a view's tooltip; none if it has no tooltip."""
    view, facts = View(page, cell, j), []
    if (view.ask("offers") or {}).get("tooltip") and view.hover()[0]:
        facts = page.evaluate("course.tip_contrasts()")
        view.away()
    return facts


def examine(page, cell, j):
    """What the view offers, what of it works (a list of words), and what does not."""
    view = View(page, cell, j)
    offers = view.ask("offers")
    if not offers:
        return [], []
    works, found = [], []
    place = None
    if offers["tooltip"]:
        said, place = view.hover()
        if not said:
            found.append("no tooltip shows with the mouse over its marks")
        elif any(bad in said for bad in BAD):
            found.append(f"the tooltip says: {said}")
        else:
            works.append("tooltip")
        view.away()
    tried = [(f"{kind} field", type_in(view, kind)) for kind in offers["inputs"]]
    for selection in offers["selections"]:
        if selection["bind"] != "input":
            tried.append((f"{selection['bind'] or selection['type']} selection", select(view, selection, place)))
    view.away()
    works += [name for name, changed in tried if changed]
    found += [f"the {name} changes nothing" for name, changed in tried if not changed]
    return works, found


def type_in(view, kind):
    """Changes the input of a view and says whether the drawing follows."""
    field = view.page.locator(".jp-Notebook").locator(f"#{mark_field(view, kind)}")
    before = view.drawn()
    if kind in ("text", "search"):
        field.fill(view.ask("word") or "a")
    elif kind in ("checkbox", "radio"):
        field.click()
    elif kind.startswith("select"):
        field.select_option(index=field.evaluate("one => (one.selectedIndex + 1) % one.options.length"))
    else:  # a slider, clicked far from its knob; JupyterLab keeps the arrow keys to itself
        size = field.bounding_box()
        right = field.evaluate("one => Number(one.value) < (Number(one.min) + Number(one.max)) / 2")
        field.click(position={"x": (0.9 if right else 0.1) * size["width"], "y": size["height"] / 2})
    changed = view.changes(before)
    if kind in ("text", "search"):
        field.fill("")
        view.changes(view.drawn(), 0.3)
    return changed


def mark_field(view, kind):
    """Gives the first field of that kind which has not been tried an id, and returns it."""
    find = """([i, j, kind]) => {
        const fields = course.cell(i).querySelectorAll('.vega-bindings input, .vega-bindings select');
        const field = [...fields].find((one) => (one.type || one.tagName.toLowerCase()) === kind && !one.id);
        field.id = `tried-${i}-${j}-${[...fields].indexOf(field)}`;
        return field.id;
    }"""
    return view.page.evaluate(find, [*view.at, kind])


def select(view, selection, place):
    """Makes the selection and says whether the drawing follows."""
    if selection["bind"] == "legend":
        entry = view.ask("legend")
        places = [view.ask("reach", entry["x"], entry["y"])] if entry else []
    else:
        places = [place] if place else list(view.places())[:4]
    return any(pick(view, selection, place) for place in places if place)


def pick(view, selection, place):
    view.away()
    before, mouse = view.drawn(), view.page.mouse
    if selection["bind"] == "scales":
        mouse.move(*place)
        mouse.wheel(0, -240)
    elif selection["type"] == "interval":
        mouse.move(place[0] - 20, place[1] - 20)
        mouse.down()
        mouse.move(place[0] + 20, place[1] + 20, steps=4)
        mouse.up()
    else:
        mouse.move(*place)
        if view.changes(before, 0.3):
            return True
        mouse.click(*place)
    return view.changes(before)
