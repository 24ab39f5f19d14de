"""Generated programs: kind of object x way of reading it x way of changing it x when. JANUS must leave what Python leaves, unverified.

Each program does tensor work in every iteration, so that it is worth converting; verification is off, so that a wrong graph shows.
"""

from __future__ import annotations

import builtins
import collections
import linecache
import os
import types
from typing import Any

import numpy as np
import pytest
from janus_nb.config import Options
from janus_nb.events import EventBus, InternalError
from janus_nb.events.fold import fold
from janus_nb.profile.bind import bind
from janus_nb.profile.instrument import instrument_module
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.session import Session
from janus_nb.runtime.store import Store
from janus_nb.source.units import add_unit

from tests.unit.fake import FakeBackend, Tensor, Variable, apply
from tests.unit.programs_of_fence import PROGRAMS
from tests.unit.test_engine import every_iteration_is_worth_it

__all__ = ["every_iteration_is_worth_it"]

IMPORTS = (
    "import math, collections, copy, json, operator, functools, itertools, dataclasses, enum, statistics, re, datetime, random\nimport numpy as np\n"
)


def fresh() -> dict[str, Any]:
    """A namespace to run a program in."""
    return {
        "__name__": "__main__", "__builtins__": vars(builtins), "v": Variable([0.0, 0.0]), "log": [], "kept": [],
        "data": Tensor(np.arange(200, dtype="float32")), "apply": apply,
    }  # fmt: skip


def prepared(setup: str, namespace: dict[str, Any]) -> None:
    """Run what comes before the cell."""
    text = IMPORTS + setup
    linecache.cache["<cell-setup>"] = (len(text), None, text.splitlines(keepends=True), "<cell-setup>")
    add_unit("<cell-setup>", "setup", text)
    exec(compile(text, "<cell-setup>", "exec"), namespace)


def eager(setup: str, cell: str) -> dict[str, Any]:
    """What Python leaves."""
    namespace = fresh()
    prepared(setup, namespace)
    attempt(lambda: exec(compile(cell, "<eager>", "exec"), namespace), namespace)
    return namespace


def attempt(run: Any, namespace: dict[str, Any]) -> None:
    """Run; an exception is part of the result."""
    try:
        run()
    except Exception as error:
        namespace["error"] = (type(error).__name__, str(error))


def janus(setup: str, cell: str) -> tuple[dict[str, Any], Any]:
    """What JANUS leaves, and the folded view."""
    namespace = fresh()
    prepared(setup, namespace)
    unit = add_unit("<janus-cell fence>", "fence", cell)
    bus, store = EventBus(), Store()
    engine = Engine(FakeBackend(), Options.make(profile=1, generate="always", verify="off"), bus, store.recorder)
    code = compile(instrument_module(unit, unit.tree, store.sites), unit.file, "exec")
    attempt(lambda: exec(bind(code, Session(engine, store)), namespace), namespace)
    internal = [e.where + ": " + e.error for e in bus.events if isinstance(e, InternalError)]
    assert not internal, "\n".join(internal)
    return namespace, fold(bus.events)


def form(value: Any, seen: dict[int, int]) -> Any:
    """A value as plain data that is equal only for values that nobody can tell apart: exact types, exact numbers, the same sharing."""
    kind = type(value)
    if value is None or kind in (int, bool, str, bytes, complex, type(...)):
        return kind.__name__, repr(value)
    if kind is float:
        return "float", value.hex() if value == value else "nan"
    if isinstance(value, types.ModuleType | types.FunctionType | types.BuiltinFunctionType | type):
        return kind.__name__, getattr(value, "__name__", "")
    if isinstance(value, np.generic):
        return kind.__name__, str(value.dtype), value.tobytes()
    if id(value) in seen:
        return "again", seen[id(value)]
    if kind not in (tuple, frozenset):
        seen[id(value)] = len(seen)
    if isinstance(value, np.ndarray):
        return kind.__name__, str(value.dtype), value.shape, value.tobytes()
    if isinstance(value, Tensor | Variable):
        held = value.example if isinstance(value, Tensor) else value.data
        return kind.__name__, str(held.dtype), held.shape, held.tobytes()
    parts: list[Any] = []
    if isinstance(value, dict):
        parts = [(form(k, seen), form(v, seen)) for k, v in value.items()]
    elif isinstance(value, list | tuple | collections.deque):
        parts = [form(v, seen) for v in value]
    elif isinstance(value, set | frozenset):
        parts = sorted(str(form(v, {})) for v in value)
    if hasattr(value, "__dict__") and not isinstance(value, types.MethodType):
        parts = [parts, [(k, form(v, seen)) for k, v in vars(value).items()]]
    return kind.__name__, parts


def left(namespace: dict[str, Any]) -> dict[str, Any]:
    """Everything of the user's in a namespace."""
    seen: dict[int, int] = {}
    classes = {n: v for n, v in namespace.items() if isinstance(v, type) and v.__module__ == "__main__"}
    found = {n: form(v, seen) for n, v in namespace.items() if not n.startswith("__") and n not in ("data", "apply", "rng")}
    for name, kind in classes.items():
        found[f"class {name}"] = {k: form(v, seen) for k, v in vars(kind).items() if not k.startswith("__")}
    return found


def compare(setup: str, cell: str) -> tuple[list[str], Any]:
    """What differs, in words; and how JANUS ran it."""
    wanted, (found, view) = left(eager(setup, cell)), janus(setup, cell)
    mine = left(found)
    return [
        f"{n}: Python {str(wanted.get(n))[:300]}  JANUS {str(mine.get(n))[:300]}" for n in {**wanted, **mine} if wanted.get(n) != mine.get(n)
    ], view


SAMPLE = list(PROGRAMS) if os.environ.get("JANUS_ALL_PROGRAMS") else list(PROGRAMS)[::40]
"""Every fortieth program; all of them (a quarter of an hour and more) with `JANUS_ALL_PROGRAMS=1` in the environment."""


@pytest.mark.parametrize("name", SAMPLE)
def test_program_is_right_without_verification(name: str) -> None:
    problems, _ = compare(*PROGRAMS[name])
    assert not problems, "\n".join([name, *PROGRAMS[name], *problems])


def test_the_table_runs_in_graphs() -> None:
    """What is refused is right as well: enough of the table must really be converted."""
    graphs = [compare(*PROGRAMS[name])[1].counts["graph"] > 0 for name in SAMPLE[::5]]
    assert sum(graphs) >= 0.6 * len(graphs)
