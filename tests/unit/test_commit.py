"""Commits are all or nothing: what cannot be written, and effects that raise, leave exactly what Python would have left."""

from __future__ import annotations

import io
import sys
from dataclasses import FrozenInstanceError, dataclass
from typing import Any

import pytest
from janus_nb.events import GraphRejected, InternalError
from janus_nb.runtime.store import Store

from tests.unit.test_engine import every_iteration_is_worth_it, run, space

__all__ = ["every_iteration_is_worth_it"]

ROUNDS = 60


class Flaky(io.StringIO):
    """A stream that raises at one of its writes, once or from then on."""

    def __init__(self, at: int, always: bool) -> None:
        super().__init__()
        self.at, self.always, self.count = at, always, 0

    def write(self, text: str) -> int:
        if text.strip():
            self.count += 1
            if self.count == self.at or (self.always and self.count > self.at):
                raise OSError(f"write {self.at} fails")
        return super().write(text)


PRINTING = """
for i in range(60):
    v.add(1.0)
    print("a", i)
    log.append(i)
    print("b", i)
    box[0] = i
"""


def printed(janus: bool, at: int, always: bool) -> tuple[Any, ...]:
    names, stream, before = space(box=[None]), Flaky(at, always), sys.stdout
    sys.stdout = stream
    error = None
    try:
        if janus:
            _, _events = run(PRINTING, names, store=Store())
        else:
            exec(compile(PRINTING, "<cell eager>", "exec"), names)
    except OSError as raised:
        error = str(raised)
    finally:
        sys.stdout = before
    return stream.getvalue(), names["log"], names["box"], float(names["v"].data[0]), error


@pytest.mark.parametrize("at", [1, 2, 5, 6, 14, 15, 31, 32, 77, 78, 119, 120, 121])
def test_an_effect_that_raises_leaves_what_python_leaves(at: int) -> None:
    assert printed(True, at, True) == printed(False, at, True)


@dataclass(frozen=True)
class Frozen:
    n: int = 0


class Guarded:
    """Refuses some values; counts what it is asked."""

    def __init__(self) -> None:
        self.held: list[int] = []

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "n" and value > 40:
            raise ValueError("too much")
        object.__setattr__(self, name, value)


CELLS = {
    "frozen": (
        "for i in range(60):\n    v.add(1.0)\n    object.__setattr__(cfg, 'n', cfg.n + 1)\n    log.append(cfg.n)\n",
        lambda: {"cfg": Frozen()},
    ),
    "frozen, by assignment": (
        "for i in range(60):\n    v.add(1.0)\n    log.append(i)\n    if i == 50:\n        cfg.n = 3\n",
        lambda: {"cfg": Frozen()},
    ),
    "refused value": ("for i in range(60):\n    v.add(1.0)\n    g.n = i\n    log.append(i)\n", lambda: {"g": Guarded()}),
    "deleted attribute": ("for i in range(60):\n    v.add(1.0)\n    g.m = i\n    log.append(g.m)\n    del g.m\n", lambda: {"g": Guarded()}),
    "index out of range at the end": (
        "for i in range(60):\n    v.add(1.0)\n    log.append(i)\n    x = few[int(float(data[i]))]\n",
        lambda: {"few": list(range(33))},
    ),
    "unbound on one side": ("for i in range(60):\n    v.add(1.0)\n    if i > 30:\n        y = i\n    log.append(i)\n", dict),
}


def outcome(cell: str, names: dict[str, Any], janus: bool) -> tuple[Any, ...]:
    error, events = None, []
    try:
        if janus:
            _, events = run(cell, names, store=Store())
        else:
            exec(compile(cell, "<cell eager>", "exec"), names)
    except (FrozenInstanceError, ValueError, IndexError) as raised:
        error = f"{type(raised).__name__}: {raised}"
    state = {k: vars(x) for k, x in names.items() if k in ("cfg", "g")}
    bad = [e for e in events if isinstance(e, InternalError | GraphRejected)]
    return names["log"], float(names["v"].data[0]), state, names.get("i"), names.get("x"), names.get("y"), error, bad


@pytest.mark.parametrize("name", CELLS)
def test_a_write_that_is_impossible_takes_all_back(name: str) -> None:
    cell, extra = CELLS[name]
    assert outcome(cell, space(**extra()), True) == outcome(cell, space(**extra()), False)
