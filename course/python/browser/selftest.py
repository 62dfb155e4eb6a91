"""The browser tests tested on themselves: each defect of broken.py, and of a small explorer
page, must be reported with its cell and nothing else may be."""

import json

from browser import pages
from browser.broken import CASES, DARK, REACTS, SHOWN, UNTRUSTED, WHOLE, notebook
from browser.lesson import Lesson

NAME = "broken"


def write(folder):
    """Puts the broken notebook among the lessons."""
    path = folder / f"{NAME}.ipynb"
    path.write_text(json.dumps(notebook()), encoding="utf-8")
    lesson = Lesson(path, path.name)
    lesson.copy(folder)
    return lesson


def place(name):
    """Which of a lesson's checks a line of the tally belongs to."""
    for part, where in ((UNTRUSTED, UNTRUSTED), ("dark theme", DARK), ("react", REACTS), ("figures", SHOWN)):
        if part in name:
            return where
    return WHOLE


def judge(checks):
    """One (name, problems) per case; `checks` are the (name, problems) of the broken notebook."""
    reports = {}
    for name, problems in checks:
        reports.setdefault(place(name), []).extend(problems)
    verdicts = []
    for number, (name, _, _, expected) in enumerate(CASES, start=2):
        missed = []
        for where in (SHOWN, REACTS, DARK, UNTRUSTED):
            own = [text for text in reports.get(where, []) if text.startswith(f"cell [{number}] ")]
            if where in expected and not any(expected[where] in text for text in own):
                missed.append(f"{where}: expected a report with {expected[where]!r}, found {own}")
            elif where not in expected:
                missed += [f"{where}: not expected: {text}" for text in own]
        if WHOLE in expected and not any(expected[WHOLE] in text for text in reports.get(WHOLE, [])):
            missed.append(f"expected a report with {expected[WHOLE]!r}, found {reports.get(WHOLE, [])}")
        verdicts.append((name, missed))
    known = [expected[WHOLE] for _, _, _, expected in CASES if WHOLE in expected]
    noise = [text for text in reports.get(WHOLE, []) if not any(part in text for part in known)]
    verdicts.append(("nothing else is reported", noise))
    return verdicts


# A page with the hooks of an explorer. The capitals are places for defects.
PAGE = """<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>explorer</title><body style="margin:8px;font:16px sans-serif">
<input id="search" type="search" style="width:100%;box-sizing:border-box">
<svg id="plot" width="340" height="200" style="border:1px solid gray;WIDE"></svg>PALE
<div id="list"></div><div id="documents"></div>
<script id="data" type="application/json">{"texts": ["a kind word & more", "a rude word", "kind &lt; text"]}</script>
<script>
const texts = JSON.parse(document.getElementById("data").textContent).texts;
const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
function show(term) {
  document.getElementById("documents").innerHTML = texts.filter((text) => text.includes(term))
    .map((text) => "<p>" + ESCAPE(text).split(term).join("<MARK>" + term + "</MARK>") + "</p>").join("") + term;
}
["kind", "rude", "word"].forEach((term, k) => {
  const entry = document.createElement("button");
  entry.dataset.term = term;
  entry.textContent = term;
  LIST entry.onclick = () => show(term);
  document.getElementById("list").append(entry);
  const place = "http://www.w3.org/2000/svg";
  const point = document.createElementNS(place, "circle");
  for (const [name, value] of [["cx", 60 + 100 * k], ["cy", 100], ["r", 22]]) point.setAttribute(name, value);
  POINT point.onclick = () => show(term);
  document.getElementById("plot").append(point);
});
document.getElementById("search").onkeydown = (event) => {
  SEARCH if (event.key === "Enter") show(event.target.value);
};
EXTRA
</script>"""

GOOD = {"WIDE": "", "PALE": "", "ESCAPE": "escape", "MARK": "mark", "LIST": "", "POINT": "", "SEARCH": "", "EXTRA": ""}

# Name, what is replaced, a part of the report ("" for none).
PAGES = [
    ("a good explorer", {}, ""),
    ("a search without an answer", {"SEARCH": "return;"}, "searching for"),
    ("documents without marks", {"MARK": "em"}, "without a <mark>"),
    ("list entries that are dead", {"LIST": "if (false)"}, "list entry"),
    ("points that are dead", {"POINT": "if (false)"}, "no point"),
    ("HTML out of a document", {"ESCAPE": "String"}, "not shown as it is written"),
    ("a page wider than a phone", {"WIDE": "min-width:900px"}, "pixels wide on a phone"),
    ("an error of the page's script", {"EXTRA": "throw new Error('in the page');"}, "in the page"),
    ("pale text on a page", {"PALE": "<p style='color:#cccccc'>pale</p>"}, "contrast"),
    ("a page that asks the network", {"EXTRA": "new Image().src = 'https://example.org/x.png';"}, "example.org"),
]


def explorers(chromium, folder):
    """One (name, problems) per page."""
    for number, (name, changes, expected) in enumerate(PAGES):
        page = PAGE
        for key, value in (GOOD | changes).items():
            page = page.replace(key, value)
        path = folder / f"page_{number}.html"
        path.write_text(page, encoding="utf-8")
        sizes = ["phone"] if "phone" in name else ["desktop", "phone"] if not expected else ["desktop"]
        _, found = pages.examine(chromium, path, lambda *_: "", sizes)
        told = [text for text in found if expected and expected in text]
        if expected and not told:
            yield name, [f"expected a report with {expected!r}, found {found}"]
        else:
            yield name, [] if expected else found
