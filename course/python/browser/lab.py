"""A JupyterLab server for the tests: the course's own Python and kernel, but nothing of
the user's Jupyter: settings, trust and running servers live in a temporary folder."""

import json
import os
import secrets
import socket
import subprocess
import time
import urllib.error
import urllib.request

import psutil

from offline import offline_environment

START = 120  # seconds; a cold disk and a busy machine


class Lab:
    def __init__(self, job, lessons, home, idle=False):
        """`lessons` is the folder that is served, `home` one for this server alone. With
        `idle` a kernel that does nothing stands in for the real one, which takes longer to start."""
        self.job, self.lessons, self.home, self.idle = job, lessons, home, idle
        self.token = secrets.token_hex(24)
        self.process = self.base = None
        self.children = {}

    def folders(self):
        folders = {name: self.home / name for name in ("config", "data", "runtime", "settings", "workspaces")}
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        return folders

    def trust(self, places):
        """What *Trust Notebook* does, and running all cells: this server takes the outputs for the user's own."""
        code = "from nbformat.sign import TrustNotebookApp; TrustNotebookApp.launch_instance()"
        environment = os.environ | {f"JUPYTER_{name.upper()}_DIR": str(self.folders()[name]) for name in ("config", "data")}
        command = [self.job["python"], "-c", code, *(str(self.lessons / place) for place in places)]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment
        )
        if done.returncode:
            raise RuntimeError(f"the notebooks could not be signed:\n{done.stdout.decode(errors='replace')[-1500:]}")

    def start(self):
        folders = self.folders()
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JUPYTER", "JPY_", "NBGRADER", "IPYTHON"))
        }
        environment |= offline_environment()
        environment |= {f"JUPYTER_{name.upper()}_DIR": str(folders[name]) for name in ("config", "data", "runtime")}
        environment |= {f"JUPYTERLAB_{name.upper()}_DIR": str(folders[name]) for name in ("settings", "workspaces")}
        environment["JUPYTER_TOKEN"] = self.token
        if self.idle:
            environment["JUPYTER_PATH"] = str(self.idle_kernel())
        command = [self.job["python"], "-m", "jupyterlab", "--no-browser", f"--notebook-dir={self.lessons}"]
        command += ["--ServerApp.ip=127.0.0.1", f"--ServerApp.port={free_port()}", "--ServerApp.port_retries=50"]
        command += ["--LabApp.expose_app_in_browser=True"]
        if self.idle:
            command.append("--KernelManager.shutdown_wait_time=0.1")
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--allow-root")
        with open(self.home / "server.log", "w") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd=self.lessons
            )
        record = folders["runtime"] / f"jpserver-{self.process.pid}.json"
        until = time.monotonic() + START
        while time.monotonic() < until and self.process.poll() is None:
            try:
                self.base = json.loads(record.read_text())["url"].rstrip("/")
                self.ask("GET", "/api/status")
                return self
            except (OSError, ValueError, KeyError):
                time.sleep(0.1)
        raise RuntimeError(f"JupyterLab did not start:\n{self.log()}")

    def idle_kernel(self):
        """A kernel of the course's name that Jupyter finds first; returns where."""
        folder = self.home / "path"
        (folder / "kernels" / self.job["kernel"]).mkdir(parents=True)
        command = [self.job["python"], "-c", "import time; time.sleep(3600)"]
        spec = {"argv": command, "display_name": "Rust", "language": "rust"}
        (folder / "kernels" / self.job["kernel"] / "kernel.json").write_text(json.dumps(spec))
        return folder

    def log(self):
        """The end of what the server said."""
        return (self.home / "server.log").read_text(errors="replace")[-1500:]

    def ask(self, method, path):
        request = urllib.request.Request(f"{self.base}{path}", method=method)
        request.add_header("Authorization", f"token {self.token}")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, data=b"" if method == "POST" else None, timeout=20) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def address(self, path):
        """Of a notebook in JupyterLab, with an empty workspace."""
        return f"{self.base}/lab/tree/{urllib.request.quote(path)}?reset&token={self.token}"

    def end_kernels(self):
        self.remember()
        for session in self.ask("GET", "/api/sessions"):
            self.ask("DELETE", f"/api/sessions/{session['id']}")

    def remember(self):
        """Notes the processes below the server: a kernel outlives a server that is killed."""
        try:
            for child in psutil.Process(self.process.pid).children(recursive=True):
                self.children[child.pid] = child
        except (psutil.Error, AttributeError):
            pass

    def stop(self):
        if self.process is None:
            return
        self.remember()
        try:
            self.ask("POST", "/api/shutdown")
        except (OSError, ValueError, TypeError):
            self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        end(self.children.values())


def end(processes):
    """Ends those that still run; psutil knows a process by its id and its start."""
    living = [process for process in processes if process.is_running()]
    _, living = psutil.wait_procs(living, timeout=4)
    for process in living:
        try:
            process.kill()
        except psutil.Error:
            pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
