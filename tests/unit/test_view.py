"""The views: marks against committed graphs, graphs without circles, contrast, size, and what is left when a site strips the style."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from janus_nb.events import CellFinished, CellStarted, EagerRan, Event, Fallback, Generated, GraphRan, Profiled, RegionFound, Relaxed
from janus_nb.events.fold import fold
from janus_nb.events.types import AssumptionInfo, OpInfo
from janus_nb.report import Report
from janus_nb.span import Span
from janus_nb.view.boxes import MAX_BOXES, graph_of
from janus_nb.view.layout import HEIGHT, lay_out
from janus_nb.view.live import frame
from janus_nb.view.marks import MEANING, listings
from janus_nb.view.model import as_data, model_of
from janus_nb.view.page import COLOURS, LEGEND, render, style

from tests.unit.marks_check import check_marks
from tests.unit.test_engine import every_iteration_is_worth_it, run, space

__all__ = ["every_iteration_is_worth_it"]

PROGRAMS = {
    "straight": "for i in range(60):\n    v.add(data[i])\n    log.append(float(data[i]) * 2)\n",
    "branch assumed": "for i in range(60):\n    if data[i] > 1e6:\n        log.append('never')\n    v.add(data[i])\n",
    "branch flips": "for i in range(80):\n    if data[i] > 40.0:\n        v.add(data[i])\n    else:\n        log.append(i)\n",
    "branch of Python's": "for i in range(80):\n    if i % 20 == 19:\n        log.append(i)\n    v.add(data[i])\n",
    "inner loop": "for i in range(60):\n    for k in range(3):\n        v.add(data[i] * k)\n    log.append(i)\n",
    "called function": "def f(x):\n    y = x * 2.0\n    return y + 1.0\n\nfor i in range(60):\n    v.add(f(data[i]))\n",
    "refused in a branch": "import os\nfor i in range(80):\n    v.add(data[i])\n    if i == 50:\n        log.append(os.getcwd())\n",
    "refused": "import os\nfor i in range(60):\n    v.add(data[i] + 0.0 * len(os.getcwd()))\n    log.append(i)\n",
    "several lines": "for i in range(60):\n    v.add(\n        data[i]\n        * 2.0\n    )\n    log.append(\n        i\n    )\n",
    "left by break": "for i in range(60):\n    v.add(data[i])\n    if i == 55:\n        break\n",
    "while": "i = 0\nwhile i < 60:\n    v.add(data[i])\n    i += 1\n",
    "settled": "scale = 2.0\nfor i in range(60):\n    if scale > 1.0:\n        y = data[i] * scale\n    else:\n        y = data[i]\n    v.add(y)\n",
    "two loops": "for i in range(60):\n    v.add(data[i])\nfor k in range(60):\n    log.append(k)\n    v.add(data[k] * 2.0)\n",
    "carried": "total = 0.0\nfor i in range(60):\n    total = total + float(data[i])\n    log.append(total)\n    v.add(data[i])\n",
    "raises": "names = list(range(70))\nfor i in range(60):\n    v.add(data[i])\n    log.append(names[i])\n",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_mark_is_borne_out_by_a_committed_graph(name: str) -> None:
    _, events = run(PROGRAMS[name], space())
    assert check_marks([CellStarted("<janus-cell unit>", "unit", PROGRAMS[name]), *events]) >= PROGRAMS[name].count("\n")


def marks_of(cell: str, names: dict[str, Any] | None = None) -> dict[int, str]:
    view, _ = run(cell, names or space())
    view.cell = CellStarted("<janus-cell unit>", "unit", cell)
    return {line.number: "".join(line.marks) for line in listings(view)[0].lines}


def test_what_is_assumed_away_is_not_said_to_run() -> None:
    marks = marks_of(PROGRAMS["branch assumed"])
    assert marks[2][0] == "A" and marks[3] == "-" and "G" in marks[4]


def test_a_branch_that_both_versions_know_is_in_the_graph() -> None:
    marks = marks_of(PROGRAMS["branch flips"])
    assert "F" in marks[2] and "-" not in marks[3] + marks[5]


def test_a_loop_that_was_only_tried_is_pythons() -> None:
    marks = marks_of(PROGRAMS["refused"])
    assert set("".join(marks[n] for n in (2, 3, 4))) <= {"P"}


# -- graphs -------------------------------------------------------------------------------------------------------------


def op(name: str, inputs: tuple[str, ...] = (), line: int = 0, kind: str = "Mul", role: str = "") -> OpInfo:
    return OpInfo(name, kind, inputs, Span("<c>", line, 4, line, 9) if line else None, "float32[8]", role)


def generated(ops: list[OpInfo], lines: int) -> Generated:
    spans = tuple(Span("<c>", n, 4, n, 9) for n in range(2, lines + 1))
    return Generated(1, 1, 0.1, 1, tuple(ops), (), (), (), spans, (), (), spans)


def story(made: Generated, lines: int) -> list[Event]:
    """A run of a cell of some lines, all of it in one graph."""
    text = "for i in range(99):\n" + "".join(f"    line_{n} = work({n})\n" for n in range(2, lines + 1))
    return [
        CellStarted("<c>", "Cell [1]", text),
        RegionFound(1, "for", Span("<c>", 1, 0, lines, 9), "for i in range(99):", "Cell [1]", text),
        Profiled(1, 0.01), Profiled(1, 0.01), Profiled(1, 0.01), made, GraphRan(1, 1, 96, 0.02, host=0.01), CellFinished("<c>", 0.2, None),
    ]  # fmt: skip


@given(
    st.lists(st.tuples(st.integers(2, 9), st.lists(st.integers(0, 60), max_size=3), st.sampled_from(["", "write", "check"])), min_size=1, max_size=60)
)
@settings(max_examples=150, deadline=None)
def test_no_picture_has_a_circle(shape: list[tuple[int, list[int], str]]) -> None:
    ops: list[OpInfo] = []
    for i, (line, sources, role) in enumerate(shape):
        inputs = tuple({f"o{s % i}" for s in sources}) if i else ()
        ops.append(op(f"o{i}", inputs, line if not role else 0, role=role))
    made = generated(ops, 9)
    graph = graph_of(made, listings(fold(story(made, 9))))
    assert all(a < b for a, b, _, _ in graph.edges) and len(graph.boxes) <= MAX_BOXES + 10
    layout = lay_out(graph)
    assert all(layout.places[a][1] + HEIGHT <= layout.places[b][1] for a, b, _, _ in graph.edges), "an edge goes up"
    assert len({*layout.places}) == len(layout.places)


TWO = """for i in range(150):
    with tape:
        loss = f(x[i], w)
    grad = tape.gradient(loss, w)
    w.assign_sub(grad)
    if i > 100:
        w.assign(w * 0.9)
    if loss > 1e6:
        log.append("never")
    log.append(float(loss))
"""


def two_versions() -> list[Event]:
    """A run with two graphs: an assumption of line 6 fails in iteration 101."""

    def made(version: int, more: tuple[int, ...]) -> Generated:
        ops = [
            op("x", role="data", kind="Placeholder"), op("w", role="read", kind="Placeholder"), op("net/dense/MatMul", ("x", "w"), 3, "MatMul"),
            op("gradient_tape/net/dense/MatMul", ("net/dense/MatMul",), 4, "MatMul"), op("mul", ("gradient_tape/net/dense/MatMul",), 5),
            *(op(f"cond_{n}", ("mul",), n, "If") for n in more), op("write", (f"cond_{more[-1]}" if more else "mul",), role="write"),
            op("less", ("net/dense/MatMul",), 8, "Less"), op("stack", ("less",), role="check"), op("cast", ("net/dense/MatMul",), 10, "Cast"), op("out", ("cast",)),
        ]  # fmt: skip
        spans = tuple(Span("<c>", n, 4, n, 20) for n in (2, 3, 4, 5, 6, *more, 8, 10))
        test = AssumptionInfo("the condition is False", "always False while profiled", Span("<c>", 6, 7, 6, 14), "inside the graph", "branch", False)
        kept = AssumptionInfo("the condition is False", "always False while profiled", Span("<c>", 8, 7, 8, 17), "inside the graph", "branch", False)
        assumptions = (kept,) if more else (test, kept)
        return Generated(1, version, 0.1, 1, tuple(ops), assumptions, ("w",), (), (), (Span("<c>", 10, 4, 10, 20),), (), spans)

    fell = Fallback(1, 1, 101, "the condition is False", Span("<c>", 6, 7, 6, 14), "the condition is False", "the condition was True")
    return [
        CellStarted("<c>", "Cell [1]", TWO),
        RegionFound(1, "for", Span("<c>", 1, 0, 10, 27), "for i in range(150):", "Cell [1]", TWO),
        Profiled(1, 0.01), Profiled(1, 0.01), Profiled(1, 0.01), made(1, ()), GraphRan(1, 1, 98, 0.02, host=0.01), fell,
        Relaxed(1, "the condition is False", fell.span), EagerRan(1, 0.01, "fallback"), made(2, (7,)), GraphRan(1, 2, 48, 0.01), CellFinished("<c>", 0.2, None),
    ]  # fmt: skip


def test_two_versions_and_what_changed() -> None:
    model = model_of(fold(two_versions()))
    assert [t.name for t in model.tabs] == ["graph 1 · iterations 3 to 100", "graph 2 · iterations 102 to 149"] and model.shown == 1
    assert set(model.tabs[1].changes) == {"+ in the graph now: line 7", "− dropped: line 6: `i > 100` is False"}
    assert check_marks(two_versions()) == 10
    table = next(t for t in model.tables if t.title.startswith("Where Python took over"))
    assert table.rows[0].cells == ("iteration 101", "6", "`i > 100` is False", "`i > 100` was True", "the next graph does without it")


def deep(layers: int, lines: int = 40) -> list[Event]:
    """A model of many layers, forward and backward, spread over many lines."""
    ops = [op("data", role="data", kind="Placeholder")]
    last = "data"
    for i in range(layers):
        ops.append(op(f"net/dense_{i}/variable", role="read", kind="Placeholder"))
        for k in range(8):
            ops.append(op(f"net/dense_{i}/op_{k}", (last, f"net/dense_{i}/variable"), 2 + i * (lines - 4) // layers, kind=f"Kind{k}"))
            last = ops[-1].name
    for i in reversed(range(layers)):
        for k in range(8):
            ops.append(op(f"gradient_tape/net/dense_{i}/op_{k}", (last, f"net/dense_{i}/op_{k}"), lines - 1, kind=f"Kind{k}Grad"))
            last = ops[-1].name
    return story(generated(ops, lines), lines)


def test_a_large_model_is_a_small_page() -> None:
    events = deep(300)
    model = model_of(fold(events))
    assert len(model.tabs[0].graph.boxes) <= 25 and model.tabs[0].ops > 5000
    assert len(render(model).encode()) <= 40_000
    assert len(json.dumps(as_data(model), separators=(",", ":")).encode()) <= 400_000
    assert len(frame(fold(events), 1.0).encode()) <= 4_000


def test_the_time_of_drawing_grows_with_the_graph_and_not_faster() -> None:
    import time

    def seconds(layers: int) -> float:
        view, found = fold(deep(layers)), []
        for _ in range(3):
            started = time.perf_counter()
            render(model_of(view))
            found.append(time.perf_counter() - started)
        return min(found)

    assert seconds(240) < 10 * seconds(60)


# -- readable everywhere ----------------------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


PALETTE = {name: (light, dark) for name, light, dark in re.findall(r"--(\w+):light-dark\((#\w{6}),(#\w{6})\)", style())}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_contrast_of_the_palette(theme: int) -> None:
    grounds = [PALETTE[name][theme] for name in ("bg", "soft", "lit")]
    for name in ("ink", "G", "S", "U", "A", "E", "H", "C", "N", "P", "F", "dim", "focus"):
        for ground in grounds[: 2 if name in ("focus",) else 3]:
            wanted = 4.5 if ground != grounds[2] or name == "ink" else 3.0
            assert contrast(PALETTE[name][theme], ground) >= wanted, f"{name} on {ground}: {contrast(PALETTE[name][theme], ground):.2f}"
    for name in ("profile", "generate", "verify", "compile", "graph", "effects", "python", "compared", "partial", "eager", "fallback", "profiled"):
        assert contrast(PALETTE[name][theme], PALETTE["bg"][theme]) >= 4.5, f"white on {name}"


def test_marks_show_without_the_style_sheet() -> None:
    assert {*COLOURS} == {*MEANING} == {*LEGEND}
    for mark, colour in COLOURS.items():
        assert contrast(colour, "#ffffff") >= 3 and contrast(colour, "#111111") >= 3, mark


def test_a_copy_without_styles_and_drawings_is_still_a_text() -> None:
    bleach = pytest.importorskip("bleach")
    _, events = run(PROGRAMS["branch assumed"], space())
    events = [CellStarted("<janus-cell unit>", "Cell [1]", PROGRAMS["branch assumed"]), *events]
    page = re.sub(r"<style>.*?</style>", "", Report(events).to_html(), flags=re.DOTALL)
    tags = {"div", "p", "b", "i", "code", "pre", "table", "tbody", "tr", "td", "th", "ul", "ol", "li", "details", "summary", "s", "h4"}
    left = bleach.clean(page, tags=tags, attributes={}, strip=True)
    assert "class=" not in left and "M0 0" not in left and "g0" not in left
    for row in ("<td>AG</td><td>2</td>", "<td>-</td><td>3</td>", "<s>log.append"):
        assert row in left, row
    assert "60 iterations" in left and "not in the graph while line 2 is False" in left


def test_equal_fallbacks_are_one_row() -> None:
    _, events = run("for i in range(60):\n    v.add(data[i])\n", space())
    region = next(e for e in events if isinstance(e, RegionFound))
    more = [
        Fallback(region.region, 1, n, "the condition is False", region.span, "the condition is False", "the condition was True")
        for n in range(10, 79)
    ]
    table = next(t for t in model_of(fold([*events, *more])).tables if t.title.startswith("Where Python took over"))
    assert len(table.rows) == 1 and table.rows[0].cells[0] == "iterations 10 to 78, 69 times"


def test_the_page_says_that_the_cell_raised() -> None:
    _, events = run("for i in range(60):\n    v.add(data[i])\n", space())
    for error, told in (("KeyError", "raised KeyError"), ("KeyboardInterrupt", "You interrupted the cell")):
        assert told in Report([*events, CellFinished("<janus-cell unit>", 1.0, error)]).to_text()


def test_a_report_is_saved_in_every_form(tmp_path: Any) -> None:
    _, events = run(PROGRAMS["straight"], space())
    report = Report([CellStarted("<janus-cell unit>", "Cell [1]", PROGRAMS["straight"]), *events])
    begins = {"html": "<!doctype html>", "svg": "<svg", "dot": "digraph", "json": '{"janus": 2', "txt": "JANUS: "}
    for ending, start in begins.items():
        report.save(tmp_path / f"x.{ending}")
        assert (tmp_path / f"x.{ending}").read_text().startswith(start)
    with pytest.raises(ValueError, match=r"x\.pdf: a report can be saved as"):
        report.save(tmp_path / "x.pdf")
    assert "<script" not in report.to_html() and 'src="http' not in report.to_document() and "url(http" not in report.to_document()
