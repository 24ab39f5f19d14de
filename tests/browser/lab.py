"""A real JupyterLab (or Notebook 7) and a real browser for the tests of this folder."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip
CELLS = ".jp-NotebookPanel .jp-Notebook .jp-Cell, .jp-Notebook .jp-Cell"

SETUP = """%load_ext janus_nb
import numpy as np, tensorflow as tf
w = tf.Variable(tf.zeros([8, 4]))
b = tf.Variable(tf.zeros([4]))
xs = np.random.default_rng(0).normal(size=(100, 16, 8)).astype("float32")
log = []"""

TRAIN = """%%janus --generate always
for i in range(3000):
    with tf.GradientTape() as tape:
        y = tf.nn.relu(tf.matmul(xs[i % 100], w) + b)
        loss = tf.reduce_mean((y - 1.0) ** 2)
    gw, gb = tape.gradient(loss, [w, b])
    w.assign_sub(0.01 * gw)
    b.assign_sub(0.01 * gb)
    if i > 2000:
        b.assign(b * 0.999)
    if loss > 1e6:
        print("diverged", i)
    log.append(float(loss))
print("done", len(log))"""


def notebook(path: Path, cells: Sequence[str]) -> None:
    """Write a notebook of code cells."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in cells])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, path)


def get(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return json.load(answer)


@contextlib.contextmanager
def serving(folder: Path, application: str = "jupyterlab") -> Iterator[str]:
    """A server over a folder; yields its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable, "-m", application, "--allow-root", "--no-browser", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.disable_check_xsrf=True", f"--ServerApp.root_dir={folder}",
        "--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]  # fmt: skip
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(folder / ".config"),
        "JUPYTER_DATA_DIR": str(folder / ".data"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    with (folder / ".server.log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(240):
            with contextlib.suppress(OSError):
                get(base + "/api")
                break
            time.sleep(0.5)
        yield base
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(30)


class Book:
    """A notebook, open in a page of the browser."""

    def __init__(self, page: Any, base: str, name: str, view: str = "lab/tree") -> None:
        self.page, self.base, self.name, self.view = page, base, name, view
        page.set_default_timeout(120_000)
        self.open()

    def open(self) -> None:
        self.page.goto(f"{self.base}/{self.view}/{self.name}?reset")
        self.cells = self.page.locator(CELLS)
        self.cells.first.wait_for()

    def ready(self) -> None:
        """Wait for an idle kernel."""
        for _ in range(300):
            kernels = get(self.base + "/api/kernels")
            if kernels and kernels[0]["execution_state"] == "idle":
                return
            self.page.wait_for_timeout(200)
        raise TimeoutError("no kernel became idle")

    def run(self, *numbers: int) -> None:
        """Run cells, one after another, without waiting for them."""
        for number in numbers:
            self.cells.nth(number).locator(".cm-content").click()
            self.page.keyboard.press("Shift+Enter")
            self.page.wait_for_timeout(150)

    def output(self, number: int) -> Any:
        """The output area of a cell."""
        return self.cells.nth(number).locator(".jp-OutputArea-output")

    def save(self) -> None:
        self.page.keyboard.press("Control+s")
        self.page.wait_for_timeout(1500)

    def stop_kernels(self) -> None:
        for session in get(self.base + "/api/sessions"):
            urllib.request.urlopen(urllib.request.Request(f"{self.base}/api/sessions/{session['id']}", method="DELETE"))


def theme(folder: Path, name: str) -> None:
    """Set JupyterLab's theme for servers over a folder."""
    settings = folder / ".config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "themes.jupyterlab-settings").write_text(json.dumps({"theme": name}))


__all__ = ["ARGUMENTS", "CHROMIUM", "SETUP", "TRAIN", "Book", "get", "notebook", "serving", "theme"]
