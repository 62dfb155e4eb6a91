"""The pages that a lesson saves beside the notebook: they open from the file, without a
network, and an explorer answers to search, click and touch, on a phone too.

An explorer is a page with `#plot` (a canvas or svg of terms), `#search` (a text field),
`#documents` (the texts that hold a term, each hit in a `mark`) and lists of `button[data-term]`.
Its `#data`, if it has that, is JSON with a list `texts`."""

import json
import re
from pathlib import Path

from browser import contrast
from browser.lesson import Error, TimeoutError, short

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}

# What the page itself may put around a document's text; anything else came out of the text.
OWN_ELEMENTS = {"div", "p", "ol", "ul", "li", "span", "mark", "bdi", "h2", "h3", "h4", "strong", "small", "em", "br"}
OWN_ELEMENTS |= {"button", "section", "article", "header", "details", "summary", "dl", "dt", "dd", "label", "hr"}

HOSTILE = ' <img src=x onerror="document.title=1"><b>bold</b><script>document.title=1</script> &lt; end'

EXPLORER = "() => ['plot', 'search', 'documents'].every((id) => document.getElementById(id))"


def examine(chromium, path, save_picture, sizes=("desktop", "phone")):
    """Returns what was done, in words, and the problems. `save_picture(page, name)` says where it is."""
    done, found = [], []
    for name in sizes:
        page, ear = chromium.page(**(PHONE if name == "phone" else {}))
        try:
            problems, kind = visit(page, Path(path), touch=name == "phone")
        except Error as error:
            problems, kind = [short(error)], "page"
        problems += ear.take()
        if problems:
            problems.append(save_picture(page, f"{Path(path).stem}_{name}"))
        done.append(f"{kind} at {name} size")
        found += [f"{name}: {text}" for text in problems if text]
        page.context.close()
    return ", ".join(done), found


def visit(page, path, touch):
    page.goto(path.resolve().as_uri())
    page.wait_for_timeout(300)
    kind = "explorer" if page.evaluate(EXPLORER) else "page"
    found = explorer(page, touch) if kind == "explorer" else blank(page)
    if touch and kind == "explorer":
        found += too_wide(page)
    if not touch:
        found += unreadable(page)
    if not touch and kind == "explorer":
        found += hostile(page, path)
    return found, kind


def unreadable(page):
    """Text without contrast, in the light and in the dark colours of the page."""
    found = []
    for scheme in ("dark", "light"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(100)
        told = contrast.problems(page.evaluate("colours.contrasts(document.body)"))
        found += [f"{scheme} colours: {text}" for text in told[:5]]
    return found


def blank(page):
    shown = page.evaluate("document.body ? document.body.innerText.trim().length : 0")
    return [] if shown else ["the page is blank"]


def too_wide(page):
    wide, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    view = PHONE["viewport"]["width"]
    return [f"{wide} pixels wide on a phone of {view}"] if max(wide, room) > view + 1 else []


def terms(page):
    """The entries of the lists: a locator, and their terms."""
    entries = page.locator("button[data-term]:not(#documents *):visible")
    return entries, [term for term in entries.evaluate_all("all => all.map((one) => one.dataset.term)")]


def search(page, term):
    page.fill("#search", term)
    page.press("#search", "Enter")


def explorer(page, touch):
    """Searches, picks a point, picks an entry of a list; each must bring documents with marks."""
    found = []
    entries, known = terms(page)
    if not known:
        return ["no list entries (button[data-term])"]
    before = documents(page)
    search(page, known[0])
    found += answer(page, f"searching for “{known[0]}”", before, known[0])

    other = next((k for k, term in enumerate(known) if term != known[0]), 0)
    before = documents(page)
    entry = entries.nth(other)
    entry.scroll_into_view_if_needed()
    (entry.tap if touch else entry.click)()
    found += answer(page, f"the list entry “{known[other]}”", before, known[other])

    if not point(page, page.touchscreen.tap if touch else page.mouse.click, documents(page)):
        found.append("no point of the plot answers to a " + ("tap" if touch else "click"))
    elif not page.locator("#documents mark").count():
        found.append("a point brings documents without a <mark>")
    return found + strangers(page)


def hostile(page, path):
    """The same page, but each text ends in HTML: it must be shown as it is written."""
    inside = re.compile(r'(<script[^>]*id="data"[^>]*>)(.*?)(</script>)', re.DOTALL)
    text = path.read_text(encoding="utf-8")
    match = inside.search(text)
    data = json.loads(match[2]) if match else {}
    if not isinstance(data.get("texts"), list):
        return []
    data["texts"] = [one + HOSTILE for one in data["texts"]]
    changed = match[1] + json.dumps(data).replace("<", "\\u003c") + match[3]
    copy = path.with_suffix(".hostile.htm")
    copy.write_text(text[: match.start()] + changed + text[match.end() :], encoding="utf-8")
    page.goto(copy.resolve().as_uri())
    search(page, terms(page)[1][0])
    page.wait_for_timeout(300)
    shown = page.inner_text("#documents")
    found = strangers(page)
    if "<b>bold</b>" not in shown or "&lt; end" not in shown:
        found.append("HTML in a document is not shown as it is written")
    return [f"with HTML in the documents: {text}" for text in found]


def documents(page):
    return page.evaluate("document.getElementById('documents').innerHTML")


def changed(page, before, milliseconds=2000):
    try:
        code = "(before) => document.getElementById('documents').innerHTML !== before"
        page.wait_for_function(code, arg=before, timeout=milliseconds)
        return True
    except TimeoutError:
        return False


def answer(page, what, before, term):
    if not changed(page, before):
        return [f"{what} changes nothing in #documents"]
    marks = page.locator("#documents mark").all_inner_texts()
    if not marks:
        return [f"{what} brings documents without a <mark>"]
    first = term.split()[0].lower()
    if not any(first in text.lower() for text in marks):
        return [f"{what}: <mark> holds {marks[0]!r}"]
    return []


def point(page, pick, before):
    """Tries places of the plot until the documents change: where the terms are is the page's own affair."""
    plot = page.locator("#plot")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    height = page.viewport_size["height"]
    from_the_middle = sorted(range(1, 13), key=lambda k: abs(k - 6.5))
    for row in from_the_middle:
        for column in from_the_middle:
            place = box["x"] + box["width"] * column / 13, box["y"] + box["height"] * row / 13
            if 0 < place[1] < height:
                pick(*place)
                if changed(page, before, 25):
                    return True
    return False


def strangers(page):
    names = page.evaluate("[...document.querySelectorAll('#documents *')].map((one) => one.localName)")
    return [f"the documents hold an element <{name}>" for name in sorted(set(names) - OWN_ELEMENTS)]
