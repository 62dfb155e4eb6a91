"""A notebook that is broken on purpose, in each way that a lesson in the browser can be.
Its cells need no `support`, so that they compile quickly. Used by selftest.py."""

import base64
import json
import struct
import zlib

VEGA = "application/vnd.vegalite.v5+json"

HELPER = """fn show(kind: &str, content: &str) {
    println!("EVCXR_BEGIN_CONTENT {kind}\\n{content}\\nEVCXR_END_CONTENT");
}"""


def png(width, height, colour, ink):
    """A picture of one colour with a square in another; colours are (r, g, b, alpha)."""
    row = b"\0" + bytes(colour) * width
    marked = b"\0" + bytes(colour) * (width // 4) + bytes(ink) * (width - width // 4)
    rows = [marked if height // 4 <= y < height // 2 else row for y in range(height)]

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")).decode()


WHITE, BLACK, CLEAR = (255, 255, 255, 255), (20, 20, 20, 255), (0, 0, 0, 0)
PICTURE = png(120, 60, WHITE, BLACK)


def spec(encoding=None, params=None, **more):
    """A view of five bars, with a tooltip unless told otherwise."""
    values = [{"word": word, "score": k + 1} for k, word in enumerate(["alpha", "beta", "gamma", "delta", "omega"])]
    base = {"x": {"field": "score", "type": "quantitative"}, "y": {"field": "word", "type": "nominal"}}
    tooltip = {"tooltip": {"field": "word", "type": "nominal"}}
    whole = {"data": {"values": values}, "mark": "bar", "width": 300, "background": "#ffffff", "params": params or []}
    return json.dumps(whole | {"encoding": base | (tooltip if encoding is None else encoding)} | more)


def cell(*bundle):
    """Rust that shows one output with these (type, content) pairs."""
    return "\n".join(f"show({json.dumps(kind)}, r####\"{content}\"####);" for kind, content in bundle)


def view(content):
    return cell((VEGA, content), ("image/png", PICTURE), ("text/plain", "a view"))


SEARCH = {"name": "search", "value": "", "bind": {"input": "search"}}
FOUND = {"condition": {"test": "search && indexof(datum.word, search) >= 0", "value": "#b2182b"}, "value": "#2166ac"}
CLICK = {"name": "picked", "select": {"type": "point"}}
PICKED = {"condition": {"param": "picked", "value": "#b2182b"}, "value": "#dddddd"}

# The kernel reads stderr in a thread of its own; a line that comes late is shown with the next cell.
LATE = 'eprintln!("a warning"); std::thread::sleep(std::time::Duration::from_millis(500));'

# Where a defect must be told: with the outputs, with what reacts, in the dark, untrusted.
SHOWN, REACTS, DARK, UNTRUSTED, WHOLE = "shown", "reacts", "dark", "untrusted", "whole"

# Name, cell, types of the saved output, {where: a part of the report}.
CASES = [
    ("a good picture", cell(("image/png", PICTURE), ("text/plain", "p")), ["image/png", "text/plain"], {}),
    ("a good table", cell(("text/html", "<table><tr><td>1</td></tr></table>"), ("text/plain", "1")), ["text/html", "text/plain"], {}),
    ("a good view", view(spec()), [VEGA, "image/png", "text/plain"], {}),
    ("a good search field", view(spec({"color": FOUND}, [SEARCH])), [], {}),
    ("a good selection", view(spec({"color": PICKED}, [CLICK])), [], {}),
    ("text that is printed", 'println!("one line");', [], {}),
    ("a panic", 'panic!("deliberate");', [], {SHOWN: "deliberate", UNTRUSTED: "deliberate"}),
    ("a line on stderr", LATE, [], {SHOWN: "a warning", UNTRUSTED: "a warning"}),
    ("a picture of one pixel", cell(("image/png", png(1, 1, WHITE, WHITE))), [], {SHOWN: "1 × 1", UNTRUSTED: "1 × 1"}),
    ("a picture of one colour", cell(("image/png", png(90, 60, WHITE, WHITE))), [], {SHOWN: "blank", UNTRUSTED: "blank"}),
    ("a picture that is none", cell(("image/png", "AAAA")), [], {SHOWN: "cannot be shown", UNTRUSTED: "cannot be shown"}),
    ("a figure that is gone", "let quiet = 1;", ["image/png", "text/plain"], {SHOWN: "is not among", UNTRUSTED: "is not among"}),
    ("a type that nobody knows", cell(("application/x-nobody", "x")), [], {SHOWN: "nothing is shown", UNTRUSTED: "nothing is shown"}),
    ("a blank panel", cell(("text/html", "<div style='height:40px'></div>")), [], {SHOWN: "blank", UNTRUSTED: "blank"}),
    ("a view that is wrong", view('{"mark": "nothing"}'), [], {SHOWN: "nothing is shown", UNTRUSTED: "nothing is shown"}),
    ("a view that is too wide", view(spec(width=3000)), [], {SHOWN: "wide", UNTRUSTED: "wide"}),
    ("a view with a bad picture", cell((VEGA, spec()), ("image/png", png(90, 60, WHITE, WHITE))), [], {SHOWN: "PNG beside it", UNTRUSTED: "PNG beside it"}),
    ("a tooltip that never shows", view(spec(usermeta={"embedOptions": {"tooltip": False}})), [], {REACTS: "no tooltip"}),
    ("a search field without effect", view(spec({}, [SEARCH])), [], {REACTS: "search field"}),
    ("a selection without effect", view(spec({}, [CLICK])), [], {REACTS: "point selection"}),
    ("dark text on a dark page", cell(("text/html", "<b style='color:#333333'>dark</b>")), [], {DARK: "contrast"}),
    ("a see-through picture", cell(("image/png", png(120, 60, CLEAR, BLACK))), [], {DARK: "see-through"}),
    ("a drawing that trust holds up", cell(("text/html", "<svg width='90' height='40'><rect width='50' height='30'/></svg>")), [], {UNTRUSTED: "blank"}),
    ("an error of a script", cell(("text/html", "<p>x</p><script>console.error('from a script')</script>")), [], {WHOLE: "from a script"}),
    ("a picture from elsewhere", cell(("text/html", "<p>x</p><img src='https://example.org/a.png'>")), [], {WHOLE: "example.org"}),
    ("a compile error", 'let wrong: i32 = "text";', [], {SHOWN: "mismatched types", UNTRUSTED: "mismatched types"}),
    ("a cell after it", 'println!("later");', [], {}),
]


def notebook():
    def code(source, kinds):
        data = {kind: "" for kind in kinds}
        outputs = [{"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": 1}] if kinds else []
        return {"cell_type": "code", "id": "", "metadata": {}, "source": source, "outputs": outputs, "execution_count": None}

    cells = [code(HELPER, [])] + [code(source, kinds) for _, source, kinds, _ in CASES]
    for number, one in enumerate(cells):
        one["id"] = f"cell-{number}"
    spec = {"display_name": "Rust", "language": "rust", "name": "rust"}
    return {"cells": cells, "metadata": {"kernelspec": spec}, "nbformat": 4, "nbformat_minor": 5}
