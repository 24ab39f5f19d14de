"""The sample cell through every stage: source -> plan -> graph, as text. Refresh with `pytest --refresh-golden`."""

from __future__ import annotations

import re
from pathlib import Path

import janus_nb
import pytest
from janus_nb import demo

GOLDEN = Path(__file__).parent / "sample_cell.txt"


def rendered() -> str:
    """What the sample cell becomes, without what differs from run to run (times, names with counters)."""
    import keras

    keras.backend.clear_session()
    names: dict[str, object] = {"__name__": "__main__"}
    exec(demo.SETUP, names)
    names["epochs"] = 3
    report = janus_nb.run_cell(demo.SAMPLE, names, name="sample", view="none")
    view = next(r for r in report.regions if r.graphs)
    graph = view.graphs[-1]
    lines = [line for line in report.to_text().splitlines() if re.match(r"  [-A-Z]* +\d+ \|", line)]
    lines += ["", "assumptions:"]
    lines += sorted({f"{a.span.line if a.span else '-'}: {a.text} [{a.checked}]" for a in graph.assumptions})
    lines += ["", "programs:", *(p.rstrip() for p in graph.programs)]
    kinds: dict[str, int] = {}
    for op in graph.ops:
        kinds[op.kind] = kinds.get(op.kind, 0) + 1
    lines += ["", "operations:", *(f"{kind} {count}" for kind, count in sorted(kinds.items()) if kind not in ("Identity", "Const", "Placeholder"))]
    text = "\n".join(lines)
    return re.sub(r"\b(sequential|dense|sparse_categorical_crossentropy)_\d+", r"\1", re.sub(r"\d+ settings", "settings", text)) + "\n"


def test_sample_cell(request: pytest.FixtureRequest) -> None:
    text = rendered()
    if request.config.getoption("--refresh-golden"):
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_one_sample_cell_everywhere() -> None:
    """README, docs and the first notebook show the same cell, so that they cannot drift."""
    root = Path(__file__).parent.parent.parent
    for page in ("README.md", "docs/life-of-a-cell.md"):
        assert demo.SAMPLE in (root / page).read_text(), page
    notebook = (root / "notebooks" / "01-first-cell.ipynb").read_text()
    for line in demo.SAMPLE.splitlines():
        assert line.replace("\\", "\\\\").replace('"', '\\"') in notebook, line
