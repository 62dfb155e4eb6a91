"""What is wrong with the outputs on the page: errors, and figures that are missing, blank
or too wide. The facts come from in_page.js."""

SMALLEST = 20  # pixels; a picture below that is no figure


def look(page, cell):
    """Scrolls to the cell and returns the facts about its outputs, and about the text in them."""
    page.evaluate("(i) => course.show(i)", cell.index)
    return page.evaluate("async (i) => [await course.outputs(i), course.cell_contrasts(i)]", cell.index)


def problems(cell, outputs):
    """Of one cell, in words. `outputs` are the facts that `look` returned."""
    found = []
    for output in outputs:
        error = output["type"] == "error" or output["name"] == "stderr"
        if error and not cell.must_fail:
            kind = "an error" if output["type"] == "error" else "a message on stderr"
            found.append(f"{kind} is shown: {output['message'].strip()[:400]}")
        elif not error:
            found += shown(output)
    if cell.must_fail and not any(o["type"] == "error" or o["name"] == "stderr" for o in outputs):
        found.append("tagged raises-exception, but no error is shown")
    fresh = [set(output["kinds"]) for output in outputs]
    for kinds in cell.figures():
        if set(kinds) not in fresh:
            found.append(f"the saved figure ({', '.join(sorted(kinds))}) is not among the outputs")
    return found


def shown(output):
    """Of one output."""
    if "picked" not in output or not output["picked"]:
        return [f"nothing is shown for {', '.join(output['kinds']) or output['type']}"]
    width, height = output["box"]
    if width < 1 or height < 1:
        return [f"the output has no size ({output['picked']})"]
    kinds, picked = output["kinds"], output["picked"]
    vega = next((kind for kind in kinds if "vega" in kind), None)
    best = vega or next((kind for kind in ("text/html", "image/png") if kind in kinds), picked)
    if picked != best:
        return [f"shown as {picked}, although {best} is there"]
    if vega:
        found = view(output)
    elif picked == "image/png":
        found = [text for image in output["images"] or [{}] for text in picture(image, output["room"])]
    elif not output["text"] and not output["canvases"] and not any(map(good, output["images"])):
        found = [f"blank ({picked})"]
    else:
        found = []
    fallback = output.get("fallback")
    if fallback is not None:
        found += [f"the PNG beside it: {text}" for text in picture(fallback, None)]
    return found


def view(output):
    if not output["canvases"]:
        said = f": {output['text'][:200]}" if output["text"] else ""
        return [f"the view is not drawn{said}"]
    found = []
    for canvas in output["canvases"]:
        width, height = canvas["width"], canvas["height"]
        if width < SMALLEST or height < SMALLEST:
            found.append(f"the view is {width:.0f} × {height:.0f} pixels")
        elif canvas["blank"]:
            found.append("the view is blank")
        if width > output["room"] + 1:
            found.append(f"the view is {width:.0f} pixels wide, its column {output['room']:.0f}")
    return found


def picture(image, room):
    if not image or not image["width"]:
        return ["the picture cannot be shown"]
    size = f"{image['width']} × {image['height']} pixels"
    if image["width"] < SMALLEST or image["height"] < SMALLEST:
        return [f"the picture has {size}"]
    if image["blank"]:
        return [f"the picture is blank ({size})"]
    if room is not None and image["shown"] > room + 1:
        return [f"the picture is {image['shown']:.0f} pixels wide, its column {room:.0f}"]
    return []


def good(image):
    return not picture(image, None)


def on_dark(outputs):
    """Pictures that show the page behind them, with ink that cannot be read there."""
    found = []
    for output in outputs:
        drawn = output.get("images", []) + output.get("canvases", [])
        for image in drawn + ([output["fallback"]] if output.get("fallback") else []):
            if not image["opaque"] and not image["blank"] and image["readable"] < 0.5:
                share = 100 * image["readable"]
                found.append(f"a see-through picture; {share:.0f} % of its ink can be read on the dark page")
    return found


def count(outputs):
    """How many figures a cell shows: pictures, views, tables and panels."""
    kinds = ("image/png", "text/html")
    return sum(1 for o in outputs if o.get("picked") in kinds or "vega" in o.get("picked", ""))
