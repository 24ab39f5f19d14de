"""The choice of a backend on live iterations: results as eager's, decisions told, no wrong graph ever commits."""

from __future__ import annotations

from typing import Any

import pytest
from janus_nb.events import BackendChosen, Fallback, GraphRejected, Retired
from janus_nb.runtime import choice
from janus_nb.tf.loop import TensorFlowLoop

from tests.programs.harness import ROUNDED, Program, check, differences, run
from tests.programs.library import STEP

LOOP = "for i in range(1500):\n    k = i % 40\n    loss = step(XT[k], YT[k], rate=0.001)\n    log.append(float(loss))\n    if i % 500 == 0:\n        print(i, f'{loss:.3f}')\n"
NOISY = """
for i in range(1500):
    noise = tf.random.normal([8, 4], stddev=0.1)
    keep = tf.cast(tf.random.uniform([8, 1], maxval=3, dtype=tf.int32) > 0, tf.float32)
    loss = step(XT[i % 40] * keep + noise + tf.random.truncated_normal([4]) * 0.1, YT[i % 40], rate=0.001)
    log.append((float(loss), float(tf.random.uniform([]))))
"""
DATA = "for epoch in range(25):\n    for x, y in ds:\n        loss = step(x, y, rate=0.001)\n        log.append(float(loss))\n"
DATASET = STEP + "ds = tf.data.Dataset.from_tensor_slices((X, Y))\n"
ABORTS = "for i in range(1500):\n    k = i % 40\n    loss = step(XT[k], YT[k], rate=0.001)\n    if i == 1200:\n        b.assign_add([0.1, 0.0, 0.0])\n    log.append(float(loss))\n"


@pytest.fixture
def eager_to_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every region that can be compiled is."""
    monkeypatch.setattr(choice, "COMPILE_SECONDS", (0.0, 0.0, 0.0))
    monkeypatch.setattr(choice, "SETTLED_CALLS", 1)


def decisions(report: Any) -> list[tuple[str, str]]:
    return [(e.backend, e.why) for e in report.events if isinstance(e, BackendChosen)]


@pytest.mark.parametrize(
    ("cell", "setup"), [(LOOP, STEP), (DATA, DATASET), (ABORTS, STEP), (NOISY, STEP)], ids=["range", "dataset", "aborts", "noise"]
)
def test_xla_is_tried_and_judged(eager_to_try: None, cell: str, setup: str) -> None:
    told = decisions(check(Program("", cell, setup, floats=ROUNDED)))
    assert any(backend == "XLA" and "being compiled" in why for backend, why in told), told
    assert "us an iteration, the executor" in told[-1][1]


def test_random_numbers_are_drawn_outside_of_xla(eager_to_try: None) -> None:
    report = check(Program("", NOISY, STEP), xla="on")
    assert report.counts["graph"] > 1000 and decisions(report)[0][0] == "XLA"


def test_keras_random_numbers_keep_a_loop_from_xla(eager_to_try: None) -> None:
    setup = STEP + "drop = keras.layers.Dropout(0.3)\n"
    told = decisions(
        check(Program("", "for i in range(1500):\n    log.append(float(step(drop(XT[i % 40], training=True), YT[i % 40], rate=0.001)))\n", setup))
    )
    assert all(backend == "executor" for backend, _ in told) and "XLA draws other random numbers" in told[-1][1]


def test_keras_random_numbers_keep_a_loop_from_xla_also_if_it_is_asked_for() -> None:
    setup = STEP + "drop = keras.layers.Dropout(0.3)\n"
    report = check(Program("", "for i in range(60):\n    log.append(float(step(drop(XT[i % 40], training=True), YT[i % 40])))\n", setup), xla="on")
    assert decisions(report)[0] == ("executor", "XLA draws other random numbers: not compiled with XLA") and report.counts["graph"] > 50


def test_a_lying_xla_graph_never_commits(eager_to_try: None, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = TensorFlowLoop.run

    def lie(self: TensorFlowLoop, *args: Any) -> Any:
        result = honest(self, *args)
        if self.xla and result.variables:
            result.variables[0] = result.variables[0] * 1.5
        return result

    monkeypatch.setattr(TensorFlowLoop, "run", lie)
    program = Program("", LOOP, STEP, floats=ROUNDED)
    eager, janus = run(program, False, {}), run(program, True, {})
    assert not differences(eager, janus, ROUNDED)
    events = janus.report.events
    assert any(isinstance(e, GraphRejected) for e in events) and not any(isinstance(e, Retired) for e in events)
    assert decisions(janus.report)[-1][0] == "executor" and janus.report.counts["graph"] > 1000


def test_what_xla_cannot_compile_stays_with_the_executor(eager_to_try: None, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = TensorFlowLoop.run

    def fail(self: TensorFlowLoop, *args: Any) -> Any:
        if self.xla:
            raise RuntimeError("no kernel for this operation")
        return honest(self, *args)

    monkeypatch.setattr(TensorFlowLoop, "run", fail)
    report = check(Program("", LOOP, STEP, floats=ROUNDED))
    assert decisions(report)[-1] == ("executor", "XLA cannot run this graph: no kernel for this operation")
    assert not any("graph runs" in e.expected for e in report.events if isinstance(e, Fallback)) and report.counts["graph"] > 1000


def test_long_compilations_are_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "SETTLED_CALLS", 1)
    monkeypatch.setattr(choice, "COMPILE_SECONDS", (100.0, 0.0, 0.0))
    assert "not tried without `--xla on`" in decisions(check(Program("", LOOP, STEP, floats=ROUNDED)))[-1][1]


@pytest.mark.parametrize("steps", ["auto", 5])
def test_asked_for(steps: Any) -> None:
    report = check(Program("", LOOP.replace("1500", "600"), STEP), xla="on", steps=steps)
    assert decisions(report)[0] == ("XLA", "asked for") and report.counts["graph"] > 500
