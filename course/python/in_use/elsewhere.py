"""The whole course in a folder whose path has spaces and letters that are not ASCII; then with write permission
taken away, as on the machines of a class."""

import json
import os
import re
import socket
import subprocess
import urllib.request

import websocket

from kernel import check, command, eventually, kernel

LOAD = ':dep support = { path = "../support" }\nuse support::prelude::*;'


def run(job):
    (read_only if job["part"] == "read-only" else spaces)(job)


def environment(job):
    """Of the lent checkout: nothing is downloaded, and kernels' folders lie where they can be looked for."""
    mine = {name: value for name, value in os.environ.items() if name not in ("COURSE_PYTHON", "COURSE_ROOT")}
    return mine | {"CARGO_NET_OFFLINE": "true", "XDG_CACHE_HOME": job["cache"]}


def spaces(job):
    root = job["root"]
    where = {"cwd": root, "env": environment(job)}
    with check(f"elsewhere: `cargo course setup` in …/{os.path.relpath(root, job['scratch'])}") as found:
        status, text = command([job["cargo"], "course", "setup"], **where)
        found.that(status == 0 and "Ready after" in text, text)
        strangers = [line for line in text.splitlines() if "Compiling" in line]
        # What is compiled from a folder, "(…)" at the end of the line, is the checkout's own.
        strangers = [line for line in strangers if not line.rstrip().endswith(")")]
        found.that(not strangers, f"compiled again: {strangers}")
    with check("elsewhere: `cargo course run 00` there") as found:
        status, text = command([job["cargo"], "course", "run", "00"], **where)
        found.that(status == 0 and "00_getting_started: ok" in text, text)
        nothing_left(found, job)
    with check("elsewhere: JupyterLab there offers the lessons, and starts a kernel") as found:
        lab(found, job, where)
        nothing_left(found, job)


def nothing_left(found, job):
    folders = [os.path.join(job["cache"], "rust-course/kernels"), os.path.join(job["root"], ".course/kernels")]
    left = lambda: [name for home in folders if os.path.isdir(home) for name in os.listdir(home) if name != "lock"]
    found.that(eventually(lambda: not left()), f"folders of kernels are left: {left()}")


def lab(found, job, where):
    """JupyterLab as `cargo course lab` starts it, asked over its own web interface."""
    token = "in-use"
    words = [job["installed"], "lab", "--no-browser", "--ServerApp.port=0", f"--IdentityProvider.token={token}"]
    log = os.path.join(job["scratch"], "lab.log")
    with open(log, "w") as out:
        server = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, **where)
    try:
        address = lambda: re.search(r"http://(localhost|127\.0\.0\.1):(\d+)/", open(log, encoding="utf-8").read())
        if not eventually(address, 120):
            found.that(False, "no address: " + open(log, encoding="utf-8").read())
            return

        def ask(path, method="GET", body=None):
            url = f"http://127.0.0.1:{address()[2]}/{path}"
            data = json.dumps(body).encode() if body is not None else None
            request = urllib.request.Request(url, data, {"Authorization": f"token {token}"}, method=method)
            with urllib.request.urlopen(request, timeout=120) as answer:
                return answer.read().decode()

        found.that("00_getting_started.ipynb" in ask("api/contents"), "lesson 00 is not listed")
        spec = json.loads(ask("api/kernelspecs"))["kernelspecs"]["rust"]["spec"]
        found.that(spec["argv"][0] == job["installed"], f"the kernel is {spec['argv']}")
        path = {"path": "00_getting_started.ipynb", "name": "", "type": "notebook", "kernel": {"name": "rust"}}
        session = json.loads(ask("api/sessions", "POST", path))
        shown = run_in_lab(f"ws://127.0.0.1:{address()[2]}/api/kernels/{session['kernel']['id']}/channels", token)
        found.that(shown == "42", f"the cell showed {shown!r}")
        ask("api/sessions/" + session["id"], "DELETE")
    finally:
        server.terminate()
        server.wait(30)
    found.that(eventually(lambda: not listens(int(address()[2]))), "JupyterLab outlives the command that started it")


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def run_in_lab(address, token):
    """Runs a cell through JupyterLab's connection to its kernel; returns what it shows."""
    connection = websocket.create_connection(address, timeout=120, header={"Authorization": f"token {token}"})
    header = {"msg_id": "1", "session": "in-use", "username": "", "date": "", "msg_type": "execute_request",
              "version": "5.3"}
    content = {"code": "40 + 2", "silent": False, "store_history": True, "user_expressions": {},
               "allow_stdin": False, "stop_on_error": True}
    message = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell",
               "buffers": []}
    try:
        connection.send(json.dumps(message))
        while True:
            answer = json.loads(connection.recv())
            if answer["msg_type"] in ("execute_result", "error"):
                return answer["content"].get("data", answer["content"]).get("text/plain")
    finally:
        connection.close()


def read_only(job):
    """This process has given up root's right to write everywhere, if it had it: see in_use.rs."""
    root = job["root"]
    with check("read-only: a kernel starts with its folder elsewhere") as found:
        probe = os.path.join(root, "notebooks/probe")
        try:
            open(probe, "w").close()
            found.that(False, "not tried: this user can write everywhere, and `setpriv` is not there to change that")
            return
        except PermissionError:
            pass
        with kernel(job["lessons"], environment=environment(job)) as k:
            home = k.home()
            found.that(home.startswith(job["cache"]), f"the kernel's folder is {home}")
            found.cell(k.run(LOAD))
            found.cell(k.run("let two = Tensor::eye(2, DType::F32, &Device::Cpu)?;\ntwo.to_vec2::<f32>()?"),
                       shown="[[1.0, 0.0], [0.0, 1.0]]")
            figure = 'plot::histogram("Lengths", &[1.0, 2.0, 2.0], 2, "words", "texts")?'
            found.cell(k.run(figure + '.save("lengths.png")?;'), stderr="writing lengths.png: Permission denied")
            elsewhere = os.path.join(job["cache"], "lengths.png")
            found.cell(k.run(f'{figure}.save({json.dumps(elsewhere)})?;'))
            found.that(os.path.exists(elsewhere), f"no {elsewhere}")
        nothing_left(found, job)
    with check("read-only: `.course/bin/course run` of a notebook") as found:
        notebook = os.path.join(job["cache"], "small.ipynb")
        cells = [{"cell_type": "code", "metadata": {}, "source": text, "outputs": [], "execution_count": None}
                 for text in (LOAD, "DType::F32.size_in_bytes()")]
        with open(notebook, "w") as file:
            json.dump({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, file)
        status, text = command([job["installed"], "run", notebook], env=environment(job))
        found.that(status == 0 and "small: ok" in text, text)
    with check("read-only: `.course/bin/course lab` says how to work on a copy, and the copy works") as found:
        home = os.path.join(job["cache"], "home")
        os.mkdir(home)
        status, text = command([job["installed"], "lab", "--version"], env=environment(job))
        found.that(status == 0 and "you can run them, but not save them" in text, text)
        advice = next((line for line in text.splitlines() if "mkdir" in line), "false")
        status, text = command(["sh", "-c", advice], env=environment(job) | {"HOME": home})
        found.that(status == 0, text)
        with kernel(os.path.join(home, "course/notebooks"), environment=environment(job)) as k:
            found.cell(k.run(LOAD))
            found.cell(k.run('std::fs::write("mine.txt", "saved")?;\ndata::tweets(Source::Bundled)?.frame.height() > 0'),
                       shown="true")
    with check("read-only: what was built is old: the cell says who can build it") as found:
        os.utime(os.path.join(root, "support/src/lib.rs"))
        with kernel(job["lessons"], environment=environment(job)) as k:
            found.cell(k.run(LOAD), error="Whoever owns it types `cargo course setup`; then restart the kernel.")
        status, text = command([job["installed"], "run", "00"], env=environment(job))
        found.that(status == 1 and "Whoever owns it types `cargo course setup`" in text, text)
