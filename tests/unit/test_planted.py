"""Faults planted in every method and function of the run time: eager's result all the same, and the fault is told, once.

The places are found by walking the modules. Where an error cannot become an event (the announcer itself fails, or there is no
region yet) it is logged.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import pkgutil
import sys
import types
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

import janus_nb.runtime
import numpy as np
import pytest
from janus_nb.events import InternalError
from janus_nb.function import function as decorated
from janus_nb.function import run_cell, runtime
from janus_nb.report import Report
from janus_nb.runtime.store import Store
from janus_nb.source.units import add_unit

from tests.unit.fake import FakeBackend, Tensor
from tests.unit.test_engine import every_iteration_is_worth_it  # noqa: F401 - a fixture for all tests here

CELL = """
from tests.unit.fake import Variable, Tensor
v, w = Variable([0.0, 1.0]), Variable([0.0, 0.0])
log = []
class Box:
    n = 0
box = Box()
def part(k):
    n = 0
    while n < k:
        n += 1 if k % 2 and n or k > 3 else 2
    for j in range(k):
        n += j
    return n
def foreign(x):
    return "".join(sorted(set(str(x))))
for i in range(60):
    v.add(data[i])
    box.n += i
    log.append(float(data[i]) * 2)
    if i % 9 == 8:
        print("at", i)
n = 0
while n < 40:
    v.add(data[n])
    n += 1
    log.append(part(n % 4))
for e in range(3):
    for x in xs:
        w.add(x)
        w.add(x)
        log.append((e, float(x)))
for i in range(40):
    v.add(data[i])
    v.add(data[i])
    a = float(data[i]) + 1
    log.append(eval("foreign(i)"))
    v.add(data[i + 1])
    v.add(data[i + 2])
    b = a * 2
for k in range(30):
    log.append(step(v, data[k]))
log.append([part(j) for j in range(4) if part(j)])
try:
    for i in range(80):
        v.add(data[i])
        log.append(i)
        if i == 50:
            raise KeyError(i)
except KeyError as error:
    log.append(str(error))
log.append((n, box.n, v.data.tolist(), w.data.tolist()))
del error_free
"""
STEP = "def step(v, x):\n    v.add(x)\n    v.add(x)\n    return float(x) + 1\n"

HEART = {
    *(f"janus_nb.runtime.containment.Containment.{name}" for name in ("contain", "contained", "opened")),
    "janus_nb.runtime.engine.Engine.contained",
    *(f"janus_nb.runtime.probes.Probes.{name}" for name in ("test", "operand", "called", "plain", "observes", "handed")),
    *(f"janus_nb.runtime.executions.Executions.{name}" for name in ("seam", "sealed", "left", "_end", "_fault", "_failed")),
    *(f"janus_nb.runtime.whiles.Whiles.{name}" for name in ("profile_while", "holds", "rest_while", "again_while", "untouched_while", "_left_alone")),
    *(f"janus_nb.runtime.session.Session.{name}" for name in ("profile", "rest", "untouched", "again", "_guarded", "_python_takes")),
    "janus_nb.runtime.session._left_of",
    "janus_nb.runtime.attempt.Attempt._advance",
    "janus_nb.runtime.driver.Driver._split",
    "janus_nb.runtime.segments.Segments.has_run",  # what a graph has run is not run again
    "janus_nb.runtime.journal.Journal.rollback",  # nothing can take the place of undoing
    "janus_nb.runtime.calls.FunctionRegion.call",
}
"""Where errors end: `try`, the work, and what Python does instead. All else may fail."""


def modules() -> list[ModuleType]:
    """All modules of the run time."""
    names = [m.name for m in pkgutil.walk_packages(janus_nb.runtime.__path__, "janus_nb.runtime.")]
    return [importlib.import_module(name) for name in names]


def places() -> list[str]:
    """Every method and function that is defined there."""
    found = []
    for module in modules():
        for name, value in vars(module).items():
            if inspect.isclass(value) and value.__module__ == module.__name__:
                found += [f"{module.__name__}.{name}.{member}" for member, held in vars(value).items() if plantable(member, held)]
            elif isinstance(value, FunctionType) and value.__module__ == module.__name__:
                found.append(f"{module.__name__}.{name}")
    return sorted(set(found) - HEART)


def plantable(member: str, held: Any) -> bool:
    """Whether a member is code of ours that runs (not what `dataclass` has written, and not a protocol's)."""
    code = getattr(held.fget if isinstance(held, property) else getattr(held, "__func__", held), "__code__", None)
    return code is not None and code.co_filename.endswith(".py") and (not member.startswith("__") or member in ("__init__", "__call__", "__enter__"))


class Planted(RuntimeError):
    """The fault."""


@contextlib.contextmanager
def planted(place: str, when: int) -> Iterator[list[int]]:
    """A place raises from its call number `when` on; yields how often it was called."""
    parts = place.split(".")
    depth = next(d for d in range(len(parts), 0, -1) if ".".join(parts[:d]) in sys.modules)
    module, path = sys.modules[".".join(parts[:depth])], parts[depth:]
    owner: Any = module if len(path) == 1 else getattr(module, path[0])
    held = inspect.getattr_static(owner, path[-1])
    calls = [0]

    def fault(original: Any) -> Any:
        def raising(*args: Any, **kwargs: Any) -> Any:
            calls[0] += 1
            if calls[0] > when:
                raise Planted(place)
            return original(*args, **kwargs)

        return raising

    if isinstance(held, property):
        made: Any = property(fault(held.fget), held.fset)
    elif isinstance(held, classmethod | staticmethod):
        made = type(held)(fault(held.__func__))
    else:
        made = fault(held)
    holders = (
        [owner] if len(path) > 1 else [m for n, m in list(sys.modules.items()) if n.startswith("janus_nb") and getattr(m, path[0], None) is held]
    )
    for holder in holders:
        setattr(holder, path[-1], made)
    try:
        yield calls
    finally:
        for holder in holders:
            setattr(holder, path[-1], held)


def space() -> dict[str, Any]:
    return {
        "data": Tensor(np.arange(200, dtype="float32")),
        "xs": [Tensor(np.float32(k)) for k in range(40)],
        "__name__": "__main__",
        "error_free": 1,
    }


def outcome(run: Any) -> tuple[Any, ...]:
    """What a run leaves behind."""
    names, text, error = space(), io.StringIO(), None
    exec(compile(add_unit("<janus-cell step>", "step", STEP).text, "<janus-cell step>", "exec"), names)
    try:
        with contextlib.redirect_stdout(text):
            run(names)
    except BaseException as raised:
        error = repr(raised)
    return names.get("log"), text.getvalue(), error, sorted(n for n in names if not n.startswith("__"))


def eager(names: dict[str, Any]) -> None:
    """As Python runs it."""
    exec(compile(CELL, "<plain>", "exec"), names)


def under_janus(events: list[Any]) -> Any:
    """As JANUS runs it."""

    def run(names: dict[str, Any]) -> None:
        names["step"] = decorated(names["step"], profile=1)
        seen: list[Any] = []
        report = types.SimpleNamespace(report=Report([]))
        events.append((seen, getattr(names["step"], "__janus__", report).report.events))
        run_cell(CELL, names, watch=seen.append, profile=2, generate="always")

    return run


@pytest.fixture(autouse=True)
def fake_library(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = FakeBackend()
    monkeypatch.setattr("janus_nb.tf.waiting.present_backend", lambda: backend)


EXPECTED: list[Any] = []


def check(place: str, when: int) -> tuple[int, list[str]]:
    """Plant a fault: how often the place was reached, and what went wrong."""
    if not EXPECTED:
        EXPECTED.append(outcome(eager))
    events: list[Any] = []
    runtime.store = Store()
    with planted(place, when) as calls:
        found = outcome(under_janus(events))
    wrong = [f"{a!r:.300} instead of {b!r:.300}" for a, b in zip(found, EXPECTED[0], strict=True) if a != b]
    if calls[0] > when:
        said = [e for part in events for held in part for e in held if isinstance(e, InternalError)]
        regions = [e.region for e in said]
        wrong += [f"told {len(said)} times: {said!r:.300}"] if len(regions) != len(set(regions)) else []
    return calls[0], wrong


UNREACHED: list[str] = []


@pytest.mark.parametrize("place", places())
def test_a_planted_fault_is_contained(place: str) -> None:
    reached, wrong = check(place, 0)
    if not reached:
        UNREACHED.append(place)
    assert not wrong, (place, wrong)


@pytest.mark.exhaustive
@pytest.mark.parametrize("when", [1, 2, 5, 17])
@pytest.mark.parametrize("place", places())
def test_a_later_fault_is_contained(place: str, when: int) -> None:
    _, wrong = check(place, when)
    assert not wrong, (place, when, wrong)


def test_enough_places_are_reached(capsys: pytest.CaptureFixture[str]) -> None:
    """Runs last: places that this cell does not reach (other kinds of sources, moves of code, ...) count for nothing."""
    planted_in = [place for place in places() if place not in UNREACHED]
    with capsys.disabled():
        print(f" {len(planted_in)} faults planted, {len(UNREACHED)} places not reached", end=" ")
    assert len(planted_in) >= 250
