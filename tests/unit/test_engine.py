"""The engine end to end on the fake library: no TensorFlow is imported here."""

from __future__ import annotations

import builtins
import sys
import time
from typing import Any

import numpy as np
import pytest
from janus_nb.config import Options
from janus_nb.events import EventBus, Fallback, GraphRejected
from janus_nb.events.fold import fold
from janus_nb.profile.bind import bind
from janus_nb.profile.instrument import instrument_module
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.session import Session
from janus_nb.runtime.store import Store
from janus_nb.source.units import add_unit

from tests.unit.fake import FakeBackend, Tensor, Variable, apply


def slow() -> None:
    """Stands for tensor work: an iteration must be worth converting."""
    time.sleep(60e-6)


def run(cell: str, namespace: dict[str, Any], backend: FakeBackend | None = None, store: Store | None = None, **options: Any) -> Any:
    """Run a cell under the engine with the fake library; returns the folded view and the events."""
    unit = add_unit("<janus-cell unit>", "unit", cell)
    bus, store = EventBus(), store or Store()
    engine = Engine(backend or FakeBackend(), Options.make(profile=2, **{"generate": "always", **options}), bus, store.recorder)
    namespace.setdefault("__builtins__", vars(builtins))
    code = compile(instrument_module(unit, unit.tree, store.sites), unit.file, "exec")
    exec(bind(code, Session(engine, store)), namespace)
    return fold(bus.events), bus.events


def space(**extra: Any) -> dict[str, Any]:
    return {"v": Variable([0.0, 0.0]), "log": [], "data": Tensor(np.arange(200, dtype="float32")), "__name__": "__main__", **extra}


@pytest.fixture(autouse=True)
def every_iteration_is_worth_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("janus_nb.runtime.driver.MIN_SECONDS", 0.0)
    monkeypatch.setattr("janus_nb.runtime.region.MIN_SECONDS", 0.0)
    monkeypatch.setattr("janus_nb.runtime.judge.Judge.speed", lambda *a: None)
    from janus_nb.lowering.library.row import Effect, Row
    from janus_nb.lowering.library.table import KNOWLEDGE
    from janus_nb.source import units

    found = units.find_user_file
    fake = sys.modules[FakeBackend.__module__].__file__
    monkeypatch.setattr(units, "find_user_file", lambda file: file != fake and found(file))

    KNOWLEDGE.add([Row("tests.unit.fake.*", Effect.TRACED)])


STEP = "for i in range(60):\n    v.add(data[i])\n    log.append(float(data[i]) * 2)\n"


def test_a_loop_is_converted_and_counted() -> None:
    names = space()
    view, _ = run(STEP, names)
    assert view.counts["profiled"] == 2
    assert view.counts["eager"] == 1 + 4 + 1  # beside which the graph was verified: one, several of one call, and the first audit
    assert view.counts["graph"] == 60 - 2 - 6
    assert view.counts["graphs"] == 1
    assert names["log"] == [2.0 * i for i in range(60)]
    assert names["v"].data[0] == sum(range(60))


def test_running_again_needs_no_graph() -> None:
    names, store = space(), Store()
    run(STEP, names, store=store)
    view, _ = run(STEP, names, store=store)
    assert view.counts["graphs"] == 0
    assert view.counts["graph"] == 60
    names["other"], names["data"] = names["data"], Tensor(np.arange(200, dtype="float32"))
    view, _ = run(STEP, names, store=store)
    assert view.counts["graphs"] <= 1 and view.counts["eager"] >= 1  # something was bound anew: one iteration is compared


def test_violation_commits_what_came_before() -> None:
    names = space()
    view, events = run(
        "for i in range(100):\n    v.add(1.0)\n    if data[i] > 40.5:\n        log.append(-i)\n    else:\n        log.append(i)\n", names
    )
    assert names["log"] == [*range(41), *(-i for i in range(41, 100))]
    assert names["v"].data[0] == 100
    falls = [e for e in events if isinstance(e, Fallback)]
    assert len(falls) == 1 and falls[0].span is not None and falls[0].span.line == 3
    assert view.counts["graphs"] == 2


def test_a_lying_graph_is_rejected_before_it_commits() -> None:
    backend = FakeBackend()

    def lie(result: Any) -> None:
        result.variables = [value + 1.0 for value in result.variables]

    backend.lie = lie
    names = space()
    view, events = run(STEP, names, backend)
    assert any(isinstance(e, GraphRejected) for e in events)
    assert view.counts["graph"] == 0
    assert names["v"].data[0] == sum(range(60))


def test_a_lie_about_a_result_is_rejected() -> None:
    backend = FakeBackend()

    def lie(result: Any) -> None:
        result.rows = [Tensor(t.example + 1) for t in result.rows]

    backend.lie = lie
    names = space()
    view, _ = run(STEP, names, backend)
    assert view.counts["rejected"] == 1 and view.counts["graph"] == 0
    assert names["log"] == [2.0 * i for i in range(60)]


def test_a_graph_that_raises_loses_nothing() -> None:
    backend = FakeBackend()

    def lie(result: Any) -> None:
        raise RuntimeError("out of memory")

    backend.lie = lie
    names = space()
    view, _ = run(STEP, names, backend)
    assert view.counts["graph"] == 0
    assert names["log"] == [2.0 * i for i in range(60)]
    assert next(iter(view.regions.values())).retired.code == "JN404"


def test_refusal_names_the_line() -> None:
    names = space(opaque=open)
    view, _ = run(
        "for i in range(30):\n    v.add(1.0)\n    q = opaque\n    opaque('/nonexistent') if i > 99 else None\n    exec('log.append(1)')\n", names
    )
    declined = next(iter(view.regions.values())).declined
    assert declined and declined[0].code == "JN201" and declined[0].span is not None and declined[0].span.line == 5
    assert names["log"] == [1] * 30


def test_carried_number_keeps_pythons_type() -> None:
    names = space(total=0.0, count=0)
    run("for i in range(40):\n    v.add(1.0)\n    total += float(data[i])\n    count += 1\n", names)
    assert names["total"] == float(sum(range(40))) and type(names["total"]) is float
    assert names["count"] == 40 and type(names["count"]) is int


def test_changed_global_is_seen() -> None:
    names = space(rate=1.0)
    run("for epoch in range(3):\n    for i in range(20):\n        v.add(data[i] * rate)\n    rate = rate * 2\n", names)
    assert names["v"].data[0] == pytest.approx(190 * 7)


def test_steps_bound_the_call() -> None:
    view, _ = run(STEP, space(), steps=5)
    region = next(iter(view.regions.values()))
    assert region.hits >= 11


def test_no_multistep() -> None:
    view, _ = run(STEP, space(), multistep=False)
    assert next(iter(view.regions.values())).hits == 60 - 2 - 2 - 1  # profiled, verified, audited


def test_loops_left_early_leave_nothing_behind() -> None:
    names = space()
    cell = "def f(k):\n    n = 0\n    while True:\n        n += 1\n        if n > k % 3:\n            return n\nfor i in range(400):\n    log.append(f(i))\n"
    unit = add_unit("<janus-cell early>", "early", cell)
    bus, store = EventBus(), Store()
    session = Session(Engine(FakeBackend(), Options.make(profile=2), bus, store.recorder), store)
    names["__builtins__"] = vars(builtins)
    exec(bind(compile(instrument_module(unit, unit.tree, store.sites), unit.file, "exec"), session), names)
    assert names["log"] == [i % 3 + 1 for i in range(400)]
    assert not session.drivers and not session.loops


def test_a_loop_without_tensors_is_left_alone() -> None:
    names = space(total=0)
    view, _ = run("for i in range(200):\n    total += i * i % 7\n", names)
    assert view.counts["graphs"] == 0 and names["total"] == sum(i * i % 7 for i in range(200))
    assert next(iter(view.regions.values())).declined[0].code == "JN408"


def test_break_is_pythons() -> None:
    names = space()
    run("for i in range(60):\n    v.add(1.0)\n    if data[i] > 33.5:\n        break\nelse:\n    log.append('else')\n", names)
    assert names["i"] == 34 and names["log"] == [] and names["v"].data[0] == 35


def test_user_function_is_followed() -> None:
    names = space(apply=apply)
    view, _ = run("def f(x):\n    return x + x\nfor i in range(40):\n    v.add(f(data[i]))\n", names)
    assert view.counts["graph"] > 0
    assert names["v"].data[0] == 2 * sum(range(40))


@pytest.mark.parametrize("fail_at", [0, 1, 7, 8, 30])
def test_every_assertion_may_fail_at_any_iteration(fail_at: int) -> None:
    """Fault injection: whichever assertion fails, and wherever, the outcome is Python's."""
    backend = FakeBackend()
    seen = {"calls": 0}

    def lie(result: Any) -> None:
        seen["calls"] += 1
        if seen["calls"] == 3 and result.failed is None:  # one call after verification stops early
            result.done, result.failed = min(fail_at, result.done), 0

    backend.lie = lie
    names = space()
    run("for i in range(60):\n    v.add(data[i])\n    if data[i] > 1e6:\n        log.append('never')\n    log.append(i)\n", names, backend)
    assert names["log"] == list(range(60))
    assert names["v"].data[0] == sum(range(60))
