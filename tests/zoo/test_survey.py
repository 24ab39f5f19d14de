"""`janus survey` on a folder with programs of all kinds, in real kernels."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner
from janus_nb.cli import main

pytestmark = pytest.mark.slow

SCRIPT = """
import tensorflow as tf
w = tf.Variable(1.0)
losses = []
# %%
for i in range(60):
    with tf.GradientTape() as tape:
        loss = (w * 2.0 - 1.0) ** 2
    w.assign_sub(0.05 * tape.gradient(loss, w))
    losses.append(float(loss))
print(f"loss {losses[-1]:.4f}, {len(losses)} steps")
"""
FAILS = "import tensorflow as tf\nx = 0\nfor i in range(3):\n    x += i\nraise ValueError(f'at {x}')\n"
VARIES = "import time\nnow = time.time_ns()\nprint(now)\n"
HANGS = "while True:\n    pass\n"


@pytest.fixture(scope="module")
def surveyed(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, dict[str, object]], str]:
    folder = tmp_path_factory.mktemp("programs")
    (folder / "descent.py").write_text(SCRIPT)
    (folder / "varies.py").write_text(VARIES)
    (folder / "hangs.py").write_text(HANGS)
    (folder / "broken.ipynb").write_text("no notebook")
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(FAILS)]), folder / "fails.ipynb")
    out = folder / "found.json"
    result = CliRunner().invoke(main, ["survey", str(folder), "--json", str(out), "--timeout", "60", "--options", "--generate always", "--details"])
    assert result.exit_code == 0, result.output
    return {row["name"]: row for row in json.loads(out.read_text())}, result.output


def test_every_program_is_judged(surveyed: tuple[dict[str, dict[str, object]], str]) -> None:
    rows, output = surveyed
    outcomes = {name: row["outcome"] for name, row in rows.items()}
    assert outcomes == {"broken.ipynb": "skipped", "descent.py": "same", "fails.ipynb": "fails", "hangs.py": "too slow", "varies.py": "varies"}
    assert "results:" in output
    assert "ValueError: at 3" in str(rows["fails.ipynb"]["note"])


def test_the_loop_is_whole(surveyed: tuple[dict[str, dict[str, object]], str]) -> None:
    verdict = surveyed[0]["descent.py"]["verdict"]
    assert isinstance(verdict, dict)
    assert verdict["kind"] == "whole"
    assert verdict["wrong"] == []


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["survey", str(tmp_path)])
    assert result.exit_code == 1
    assert "holds no .py or .ipynb file" in result.output
