"""The notebooks run from top to bottom in real kernels, and leave pictures that need no kernel."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parent.parent.parent / "notebooks").glob("*.ipynb"))

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def execute(path: Path, kernel: str) -> nbformat.NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, kernel_name=kernel).execute()
    return notebook


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook_runs(path: Path) -> None:
    kernel = nbformat.read(path, as_version=4).metadata.kernelspec.name
    notebook = execute(path, kernel)
    pages = [o["data"]["text/html"] for c in notebook.cells for o in c.get("outputs", []) if "text/html" in o.get("data", {})]
    assert any('class="gr"' in page and "<svg" in page for page in pages)
    assert not any("<script" in page for page in pages)
    assert not any("application/vnd.jupyter.widget-view+json" in o.get("data", {}) for c in notebook.cells for o in c.get("outputs", []))


def test_first_notebook_in_the_janus_kernel() -> None:
    execute(NOTEBOOKS[0], "janus")


def test_run_all_stops_at_an_exception() -> None:
    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_code_cell("%load_ext janus_nb\nseen = []"),
        nbformat.v4.new_code_cell("%%janus\nfor i in range(5):\n    seen.append(i)\n    if i == 3:\n        raise ValueError('third')"),
        nbformat.v4.new_code_cell("seen.append('not reached')"),
    ]
    client = NotebookClient(notebook, timeout=300, kernel_name="python3")
    with pytest.raises(CellExecutionError, match="third"):
        client.execute()
    assert notebook.cells[2].execution_count is None


def test_interrupt_from_outside_stops_the_loop() -> None:
    """The stop button, at iteration granularity: variable and list agree afterwards."""
    import threading
    import time

    from nbclient.exceptions import CellExecutionError

    notebook = nbformat.v4.new_notebook()
    notebook.cells = [
        nbformat.v4.new_code_cell("%load_ext janus_nb\nimport tensorflow as tf\nv = tf.Variable(tf.zeros([], tf.float64))\nseen = []"),
        nbformat.v4.new_code_cell("%%janus\nfor i in range(10**9):\n    v.assign_add(tf.constant(1.0, tf.float64))\n    seen.append(i)"),
        nbformat.v4.new_code_cell("print(abs(len(seen) - int(v)), len(seen) > 10000)"),
    ]
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", interrupt_on_timeout=False)
    with client.setup_kernel():
        client.execute_cell(notebook.cells[0], 0)
        timer = threading.Timer(6.0, lambda: _interrupt(client))
        timer.start()
        started = time.monotonic()
        with pytest.raises(CellExecutionError, match="KeyboardInterrupt"):
            client.execute_cell(notebook.cells[1], 1)
        assert time.monotonic() - started < 60
        client.execute_cell(notebook.cells[2], 2)
    difference, many = notebook.cells[2].outputs[0]["text"].split()
    assert int(difference) <= 1 and many == "True"


def _interrupt(client: NotebookClient) -> None:
    import os
    import signal

    provisioner = client.km.provisioner
    os.kill(provisioner.pid, signal.SIGINT)
