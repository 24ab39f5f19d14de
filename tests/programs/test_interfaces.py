"""The interfaces around the engine: modules on disk, scripts, the command line, reports, switches."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import janus_nb
import pytest
from click.testing import CliRunner
from janus_nb.cli import main
from janus_nb.function import runtime

from tests.programs import control_flow, functions, heap, keras_programs, partial, violations
from tests.programs.harness import check

MODULE = """
import tensorflow as tf

w = tf.Variable(tf.zeros([2]))

def train(steps):
    seen = []
    for i in range(steps):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum((w - 3.0) ** 2)
        w.assign_sub(0.1 * tape.gradient(loss, w))
        seen.append(float(loss))
    return seen
"""


def test_hot_loop_in_the_users_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_training.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    module = importlib.import_module("my_training")
    try:
        names = {"my_training": module, "__name__": "__main__"}
        report = janus_nb.run_cell("losses = my_training.train(60)", names, profile=1, generate="always", view="none")
        assert len(names["losses"]) == 60
        assert abs(float(module.w[0]) - 3.0) < 1e-3
        region = next(r for r in report.regions if r.graphs)
        assert region.unit == "my_training.py" and region.graph > 50
        assert "my_training.py" in report.to_text() and "w.assign_sub" in report.to_html()
    finally:
        sys.modules.pop("my_training", None)


def test_run_a_script(tmp_path: Path) -> None:
    script, page = tmp_path / "train.py", tmp_path / "report.html"
    script.write_text(MODULE + "\nprint(f'{train(60)[-1]:.4f}')\n")
    result = CliRunner().invoke(main, ["run", str(script), "--profile", "1", "--html", str(page)])
    assert result.exit_code == 0, result.output
    assert "0.0000" in result.output and "60 iterations of for i in range(steps)" in result.output
    assert page.read_text().startswith("<!doctype html>") and 'charset="utf-8"' in page.read_text() and "viewport" in page.read_text()
    assert "<svg" in page.read_text()


def test_run_names_bad_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtime, "last", None)
    script = tmp_path / "train.py"
    script.write_text("print('ran')\n")
    for steps, told in (("-1", "steps=-1"), ("²", "steps='²'")):
        result = CliRunner().invoke(main, ["run", str(script), "--steps", steps])
        assert result.exit_code != 0 and told in result.output and "ran" not in result.output


def test_run_says_where_a_report_cannot_be_written(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text("print('ran')\n")
    for page, why in (
        (tmp_path / "none" / "r.html", "there is no directory"),
        (tmp_path, "it is a directory"),
        (script / "r.html", "there is no directory"),
    ):
        result = CliRunner().invoke(main, ["run", str(script), "--html", str(page)])
        assert result.exit_code != 0 and "ran" not in result.output, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
        if page != tmp_path:  # click itself says it of a directory
            assert why in result.output and str(page) in result.output
    script.write_text(f"import os\nos.rmdir({str(tmp_path / 'gone')!r})\nprint('ran')\n")
    (tmp_path / "gone").mkdir()
    result = CliRunner().invoke(main, ["run", str(script), "--html", str(tmp_path / "gone" / "r.html")])
    assert result.exit_code != 0 and "ran" in result.output and "cannot write the report" in result.output


def test_doctor() -> None:
    result = CliRunner().invoke(main, ["doctor"])
    assert result.exit_code == 0 and "tensorflow" in result.output and "%load_ext" in result.output


def test_cell_without_loops() -> None:
    report = janus_nb.run_cell("x = 1 + 1", {})
    assert not report.regions and "No loop of this cell was hot" in report.to_text()
    assert "no graph" in report.to_svg()


def test_syntax_error_is_pythons_own() -> None:
    with pytest.raises(SyntaxError):
        janus_nb.run_cell("for i in\n", {})


def test_bad_option_before_anything_runs() -> None:
    names: dict[str, object] = {}
    with pytest.raises(ValueError, match="steps=-1"):
        janus_nb.run_cell("x = 1", names, steps=-1)
    assert "x" not in names


def test_report_as_json() -> None:
    report = check(control_flow.PROGRAMS["plain_step"])
    data = json.loads(report.to_json())
    assert data["janus"] == 2 and data["graphs"][0]["operations"]
    events = data["events"]
    assert {e["event"] for e in events} >= {"CellStarted", "RegionFound", "Profiled", "Generated", "Verified", "GraphRan", "CellFinished"}
    assert repr(report).startswith("<janus_nb.Report")


def test_a_cell_run_again_shows_its_graph() -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    exec("import tensorflow as tf\nv = tf.Variable(tf.zeros(3))", names)
    cell = "for i in range(30):\n    v.assign_add(tf.ones(3))\n"
    janus_nb.run_cell(cell, names, profile=1, generate="always", view="none")
    report = janus_nb.run_cell(cell, names, profile=1, generate="always", view="none")
    assert report.counts["graphs"] == 0 and report.counts["graph"] == 29  # more than 16 have been committed: one is audited
    assert "digraph" in report.to_dot() and 'class="r m-G' in report.to_html() and " assumes: " in report.to_text()


def test_why_a_loop_stays_imperative_is_told_in_every_run() -> None:
    names: dict[str, object] = {"__name__": "__main__"}
    exec("import tensorflow as tf, os\nv = tf.Variable(tf.zeros(3))", names)
    cell = "for i in range(30):\n    v.assign_add(tf.ones(3) * len(os.getcwd()))\n"
    for _ in range(2):
        report = janus_nb.run_cell(cell, names, profile=1, generate="always", view="none")
        assert report.counts["declined"] == 1
        assert "JN201" in report.to_text() and "> 2 |" in report.to_text()
        assert report.counts["profiled"] + report.counts["eager"] == 30


def test_without_partial_conversion_the_loop_is_pythons() -> None:
    program = partial.PROGRAMS["unknown_call_in_the_middle"]
    assert check(program).counts["partial"] > 0
    counts = check(program, partial=False).counts
    assert counts["partial"] == counts["graph"] == 0 and counts["profiled"] + counts["eager"] == 30


SWITCHED = [
    control_flow.PROGRAMS["tensor_if_both"], control_flow.PROGRAMS["inner_range"], functions.PROGRAMS["trainer_object"],
    heap.PROGRAMS["attribute_set_between_epochs"], keras_programs.PROGRAMS["adam_dropout"], violations.PROGRAMS["branch_flips_once"],
]  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [
        {"unroll": False},
        {"specialize": False},
        {"parallel": False},
        {"multistep": False},
        {"verify": "always"},
        {"verify": "off"},
        {"steps": 7},
        {"partial": False},
    ],
    ids=str,
)
@pytest.mark.parametrize("program", SWITCHED, ids=lambda p: p.doc[:24])
def test_switches_change_speed_only(program, options) -> None:
    check(program, **options)


@pytest.mark.slow
@pytest.mark.parametrize("program", [SWITCHED[0], SWITCHED[2], SWITCHED[5]], ids=lambda p: p.doc[:24])
def test_under_xla(program) -> None:
    report = check(program, xla="on", steps=8)
    assert report.counts["graph"] > 0
