"""What a kernel does ahead of its first cell (warm.rs): those who use `support` find it done, the others find nothing."""

import json
import os
import tempfile

import psutil

from kernel import check, kernel

LOAD = ':dep support = { path = "../support" }\nuse support::prelude::*;'
# What rust-analyzer reads of the standard library and of `support` is many times as much.
LITTLE = 10_000_000


def run(job):
    with tempfile.TemporaryDirectory() as scratch:
        other = os.path.join(scratch, "other.ipynb")
        cell = {"cell_type": "code", "metadata": {}, "source": "40 + 2", "outputs": [], "execution_count": None}
        with open(other, "w") as file:
            json.dump({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, file)
        # JupyterLab names the notebook, other programs do not.
        for where, environment in (("that may use `support`", {}), ("that does not", {"JPY_SESSION_NAME": other})):
            with kernel(job["lessons"], environment=environment) as k:
                nothing(k, where)
                other_crate(k, where, scratch)
    done(job)


def nothing(k, where):
    with check(f"start: in a notebook {where}, nothing is there before its first cell") as found:
        seen = k.run(":vars")
        found.cell(seen)
        found.that(seen.number == 2, f"the first cell has the number {seen.number}; evcxr begins with 2")
        found.cell(k.run(":show_deps"))
        found.cell(k.run("DType::F32"), error="DType")
        found.cell(k.run("support::data::tweets(support::data::Source::Bundled);"), error="support")
        found.cell(k.run("evcxr_first"), error="cannot find value `evcxr_first`")
        own = "#[derive(Debug)]\nstruct Error(u8);\nfn data() -> Error { Error(7) }\nlet plot = data();\nplot"
        found.cell(k.run(own), shown="Error(7)")
        found.cell(k.run(":vars"), shown="plot: Error")


def other_crate(k, where, scratch):
    with check(f"start: in a notebook {where}, another crate works") as found:
        crate = os.path.join(scratch, "mine")
        os.makedirs(os.path.join(crate, "src"), exist_ok=True)
        with open(os.path.join(crate, "Cargo.toml"), "w") as file:
            file.write('[package]\nname = "mine"\nversion = "0.1.0"\nedition = "2024"\n')
        with open(os.path.join(crate, "src/lib.rs"), "w") as file:
            file.write("#[derive(Debug)]\npub struct Mine(pub u8);\npub fn mine() -> Mine { Mine(42) }\n")
        found.cell(k.run(f":dep mine = {{ path = {json.dumps(crate)} }}\nuse mine::*;"))
        found.cell(k.run("let first = mine();\nfirst"), shown="Mine(42)")
        with open(os.path.join(k.home(), "Cargo.lock"), encoding="utf-8") as file:
            found.that('name = "support"' not in file.read(), "`support` is among the crates of the notebook")


def done(job):
    with kernel(job["lessons"]) as k:
        with check("start: the first cell and the first variable find all done: nothing is read, cargo builds nothing") as found:
            record = os.path.join(k.home(), ".rustc-command")
            made = os.stat(record).st_mtime_ns
            process = psutil.Process(k.pid)
            read = lambda: process.io_counters().read_chars if hasattr(process, "io_counters") else 0
            before = read()
            found.cell(k.run(LOAD))
            found.cell(k.run("let two = Tensor::eye(2, DType::F32, &Device::Cpu)?;\ntwo.to_vec2::<f32>()?"),
                       shown="[[1.0, 0.0], [0.0, 1.0]]")
            found.that(read() - before < LITTLE, f"the kernel read {(read() - before) / 1e6:.0f} MB")
            found.that(os.stat(record).st_mtime_ns == made, "cargo compiled a cell")
        with check("start: `:load_config` takes nothing away") as found:
            found.cell(k.run(":load_config"))
            found.cell(k.run("two.dims().len()"), shown="2")
