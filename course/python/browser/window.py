"""Headless Chromium without a way out: pages with an ear on their console and on what they
ask for. Does not judge what is on a page."""

import re
from pathlib import Path

WIDTH, HEIGHT = 1300, 950

ARGUMENTS = [
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    # No name but this machine's leads anywhere, also where the system cannot cut the network.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]

# What JupyterLab or Chromium report on the console without anything being wrong for a learner.
HARMLESS = []

LOCAL = re.compile(r"^(https?|wss?)://(127\.0\.0\.1|localhost)(:\d+)?/|^(data|blob|file|about|chrome-extension):")


class Chromium:
    def __init__(self, playwright, executable):
        self.browser = playwright.chromium.launch(executable_path=executable, args=ARGUMENTS)

    def page(self, **options):
        """A page in a profile of its own."""
        options = {"viewport": {"width": WIDTH, "height": HEIGHT}} | options
        page = self.browser.new_context(**options).new_page()
        page.set_default_timeout(30_000)
        for script in ("colours.js", "in_page.js"):
            page.add_init_script(path=Path(__file__).with_name(script))
        return page, Ear(page)

    def close(self):
        self.browser.close()


class Ear:
    """What a page complained about, and which other machines it asked for something."""

    def __init__(self, page):
        self.heard = []
        page.on("console", self.console)
        page.on("pageerror", lambda error: self.add(f"an uncaught error in the page: {error}"))
        page.on("crash", lambda _: self.add("the page crashed"))
        page.on("dialog", self.dialog)
        page.on("request", lambda request: self.asked(request.url))
        page.on("websocket", lambda socket: self.asked(socket.url))

    def console(self, message):
        if message.type == "error" and not any(re.search(known, message.text) for known in HARMLESS):
            place = (message.location or {}).get("url", "")
            self.add(f"an error on the console: {message.text[:300]}" + (f" ({place})" if place else ""))

    def dialog(self, dialog):
        if dialog.type != "beforeunload":
            self.add(f"the page opened a dialog: {dialog.message[:200]}")
        dialog.accept()

    def asked(self, url):
        if not LOCAL.match(url):
            self.add(f"the page asked another machine for {url[:200]}")

    def add(self, text):
        text = re.sub(r"([?&]token=)[0-9a-f]+", r"\1…", text)
        if text not in self.heard:
            self.heard.append(text)

    def take(self):
        heard, self.heard = self.heard, []
        return heard
