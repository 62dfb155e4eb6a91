"""Whether text can be read: the contrast ratio of WCAG 2.2 (success criterion 1.4.3) between
each piece of text and what is painted behind it. Pictures are judged in figures.py."""

AT_LEAST, LARGE = 4.5, 3.0

# Text that may be paler: WCAG leaves out text that is there for looks only, and controls that
# are switched off. A single dot, dash or arrow between words counts as such.
PUNCTUATION = set("·…—–-|→←↑↓•")


def problems(facts):
    """Of one cell or page, in words; `facts` as in_page.js's `contrasts` returns them."""
    found = []
    for fact in facts:
        least = LARGE if fact["large"] else AT_LEAST
        if fact["value"] is None or fact["value"] >= least or set(fact["text"]) <= PUNCTUATION:
            continue
        told = f"contrast {fact['value']:.1f} of {description(fact)}; at least {least}"
        if told not in found:
            found.append(told)
    return found


def description(fact):
    return f"“{fact['text']}”, {fact['ink']} on rgb({fact['below']})"


def lowest(facts):
    values = [fact["value"] for fact in facts if fact["value"] is not None]
    return min(values) if values else None


def changes(before, now):
    """Where a cell's text or its colours are not what they were, in words."""
    still = [description(fact) for fact in now]
    gone = [told for told in map(description, before) if told not in still]
    return [f"looks different when it is not trusted: no longer {text}" for text in gone[:3]]
