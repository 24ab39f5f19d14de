"""Verification catches lies: wrong lowerings are planted, and every one must be rejected before its graph commits.

Each lie is planted under each backend: TensorFlow's executor, XLA, and the step graphs that run segments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from janus_nb.lowering.core import lowering as interp
from janus_nb.lowering.graph import branches
from janus_nb.source import units
from janus_nb.tf import staging, tracer

from tests.programs.harness import ROUNDED, Program, differences, run


@pytest.fixture(autouse=True)
def lies_are_not_user_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted code stands for code of JANUS's own."""
    found = units.find_user_file
    monkeypatch.setattr(units, "find_user_file", lambda file: file != __file__ and found(file))


WHOLE = """
for i in range(30):
    with tf.GradientTape() as tape:
        loss = xent(YT[i], tf.matmul(XT[i] * (1.0 + 0.1 * i), w) + b)
    g = tape.gradient(loss, [w, b])
    if tf.reduce_sum(XT[i]) > 0.0:
        w.assign_sub(0.1 * g[0])
    else:
        w.assign_add(0.3 * g[0])
    b.assign_sub(0.1 * g[1])
    log.append(float(loss))
del tape
"""
SPLIT = WHOLE.replace("log.append(float(loss))", "log.append(float(loss))\n    note(loss)")
SETUP = """
import types
_m = types.ModuleType("stranger"); exec("seen = []\\ndef note(v): seen.append(float(v))", _m.__dict__)
note = _m.note; note.__module__ = "stranger"
"""
BACKENDS: dict[str, tuple[str, dict[str, Any]]] = {
    "executor": (WHOLE, {"xla": "off"}),
    "xla": (WHOLE, {"xla": "on"}),
    "segments": (SPLIT, {"xla": "off"}),
}


def dropped_write(patch: pytest.MonkeyPatch) -> None:
    """A variable's new value is forgotten."""
    write = staging.StagingGraph.write

    def lying(self: Any, handle: Any, dtype: Any, update: Any) -> None:
        variable = self.objects[id(handle)]()
        if variable is not None and variable.name.startswith("b"):
            self.state(handle, dtype)
            return
        write(self, handle, dtype, update)

    patch.setattr(staging.StagingGraph, "write", lying)


def swapped_branch(patch: pytest.MonkeyPatch) -> None:
    """The two sides of a conditional change places."""
    cond = tracer.TensorFlowTracer.cond
    patch.setattr(tracer.TensorFlowTracer, "cond", lambda self, pred, then, other, written: cond(self, ~pred, then, other, written))
    patch.setattr(branches, "_leave_refused_side", lambda *a: None)


def stale_constant(patch: pytest.MonkeyPatch) -> None:
    """What is fed in every iteration is taken for the value it had while the graph was generated."""
    lift = interp.Lowering.lift

    def lying(self: Any, value: Any) -> Any:
        witness = getattr(value, "witness", None)
        if isinstance(value, interp.Host) and type(witness) in (int, float):
            return witness
        return lift(self, value)

    patch.setattr(interp.Lowering, "lift", lying)


def wrong_gradient(patch: pytest.MonkeyPatch) -> None:
    """Every update is a little too large, as from a wrong gradient kernel."""
    write = staging.StagingGraph.write
    patch.setattr(staging.StagingGraph, "write", lambda self, h, d, update: write(self, h, d, lambda now: now + 1.5 * (update(now) - now)))


def wrong_result(patch: pytest.MonkeyPatch) -> None:
    """A number read back from the graph is another one."""
    fetch = interp.Lowering.fetch

    def lying(self: Any, tensor: Any, kind: Any) -> Any:
        true = fetch(self, tensor, kind)
        return self.host.operation("({} + 1)", true) if kind == "float" else true

    patch.setattr(interp.Lowering, "fetch", lying)


LIES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    f.__name__: f for f in (dropped_write, swapped_branch, stale_constant, wrong_gradient, wrong_result)
}


def _tolerance(options: dict[str, Any]) -> float:
    return ROUNDED if options["xla"] == "on" else 0.0


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_rejected(lie: str, backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cell, options = BACKENDS[backend]
    program = Program(lie, cell, SETUP)
    eager = run(program, False, {})
    with monkeypatch.context() as patch:
        LIES[lie](patch)
        janus = run(program, True, {"profile": 4, **options})
    assert not differences(eager, janus, _tolerance(options)), "a lie was committed"
    events = [type(e).__name__ for e in janus.report.events]
    assert "GraphRejected" in events, janus.report.to_text()
    rejected = {e.region for e in janus.report.events if type(e).__name__ == "GraphRejected"}
    first = events.index("GraphRejected")
    assert not any(type(e).__name__ == "GraphRan" and e.region in rejected for e in janus.report.events[:first]), "it had committed before"


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_truth_is_not_rejected(backend: str) -> None:
    cell, options = BACKENDS[backend]
    program = Program("truth", cell, SETUP)
    janus = run(program, True, {"profile": 4, **options})
    assert not differences(run(program, False, {}), janus, _tolerance(options))
    assert janus.report.counts["rejected"] == 0
    assert janus.report.counts["graph"] or janus.report.counts["partial"]
