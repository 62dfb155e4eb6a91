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
    body = chunk(b"IDAT", zlib.compress(b"".join(rows))) + chunk(b"IEND", b"")
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + head + body).decode()


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


def view(content, picture=PICTURE):
    return cell((VEGA, content), ("image/png", picture), ("text/plain", "a view"))


SEARCH = {"name": "search", "value": "", "bind": {"input": "search"}}
FOUND = {"condition": {"test": "search && indexof(datum.word, search) >= 0", "value": "#b2182b"}, "value": "#2166ac"}
CLICK = {"name": "picked", "select": {"type": "point"}}
PICKED = {"condition": {"param": "picked", "value": "#b2182b"}, "value": "#dddddd"}

# The kernel reads stderr in a thread of its own; a line that comes late is shown with the next cell.
LATE = 'eprintln!("a warning"); std::thread::sleep(std::time::Duration::from_millis(500));'

# Where a defect must be told: with the outputs, with what reacts, in the dark, untrusted.
SHOWN, REACTS, DARK, UNTRUSTED, WHOLE = "shown", "reacts", "dark", "untrusted", "whole"

def html(content):
    return cell(("text/html", content))


def both(text):
    """Told when the lesson runs, and again when the notebook is opened untrusted."""
    return {SHOWN: text, UNTRUSTED: text}


SILENT = {"embedOptions": {"tooltip": False}}
TABLE = "<table><tr><td>1</td></tr></table>"
OWN_STYLE = "<style>.own { background: #ffe0b2; color: #000000 }</style><p class='own'>own</p>"
OWN_DRAWING = "<svg width='90' height='40'><rect width='50' height='30'/></svg>"

# Name, cell, types of the saved output, {where: a part of the report}.
CASES = [
    ("a good picture", cell(("image/png", PICTURE), ("text/plain", "p")), ["image/png", "text/plain"], {}),
    ("a good table", cell(("text/html", TABLE), ("text/plain", "1")), ["text/html", "text/plain"], {}),
    ("a good view", view(spec()), [VEGA, "image/png", "text/plain"], {}),
    ("a good search field", view(spec({"color": FOUND}, [SEARCH])), [], {}),
    ("a good selection", view(spec({"color": PICKED}, [CLICK])), [], {}),
    ("text that is printed", 'println!("one line");', [], {}),
    ("a panic", 'panic!("deliberate");', [], both("deliberate")),
    ("a line on stderr", LATE, [], both("a warning")),
    ("a picture of one pixel", cell(("image/png", png(1, 1, WHITE, WHITE))), [], both("1 × 1")),
    ("a picture of one colour", cell(("image/png", png(90, 60, WHITE, WHITE))), [], both("blank")),
    ("a picture that is none", cell(("image/png", "AAAA")), [], both("cannot be shown")),
    ("a figure that is gone", "let quiet = 1;", ["image/png", "text/plain"], both("is not among")),
    ("a type that nobody knows", cell(("application/x-nobody", "x")), [], both("nothing is shown")),
    ("a blank panel", html("<div style='height:40px'></div>"), [], both("blank")),
    ("a view that is wrong", view('{"mark": "nothing"}'), [], both("nothing is shown")),
    ("a view that is too wide", view(spec(width=3000)), [], both("wide")),
    ("a view with a bad picture", view(spec(), png(90, 60, WHITE, WHITE)), [], both("PNG beside it")),
    ("a tooltip that never shows", view(spec(usermeta=SILENT)), [], {REACTS: "no tooltip"}),
    ("a search field without effect", view(spec({}, [SEARCH])), [], {REACTS: "search field"}),
    ("a selection without effect", view(spec({}, [CLICK])), [], {REACTS: "point selection"}),
    ("pale text on a white page", html("<b style='color:#cccccc'>pale</b>"), [], both("contrast")),
    ("dark text on a dark page", html("<b style='color:#333333'>dark</b>"), [], {DARK: "contrast"}),
    ("a see-through picture", cell(("image/png", png(120, 60, CLEAR, BLACK))), [], {DARK: "see-through"}),
    ("a drawing that trust holds up", html(OWN_DRAWING), [], {UNTRUSTED: "blank"}),
    ("colours that trust holds up", html(OWN_STYLE), [], {UNTRUSTED: "looks different"}),
    ("an error of a script", html("<p>x</p><script>console.error('of a script')</script>"), [], {WHOLE: "of a script"}),
    ("a picture from elsewhere", html("<p>x</p><img src='https://example.org/a.png'>"), [], {WHOLE: "example.org"}),
    ("a compile error", 'let wrong: i32 = "text";', [], both("mismatched types")),
    ("a cell after it", 'println!("later");', [], {}),
]


def notebook():
    def code(number, source, kinds):
        shown = {"output_type": "execute_result", "metadata": {}, "execution_count": 1}
        shown["data"] = dict.fromkeys(kinds, "")
        whole = {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [shown] if kinds else []}
        return whole | {"id": f"cell-{number}", "source": source}

    cells = [code(1, HELPER, [])] + [code(n, source, kinds) for n, (_, source, kinds, _) in enumerate(CASES, start=2)]
    kernel = {"display_name": "Rust", "language": "rust", "name": "rust"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
