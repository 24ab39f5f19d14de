"""A library that JANUS knows nothing of."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

_SHARED: list[list[int]] = [[0], [1], [2]]
_ticks = itertools.count()
sent: list[Any] = []


def score(x: float) -> float:
    return x * 2.0


def smooth(values: list[float], out: list[float] | None = None) -> list[float]:
    """Halves the values; writes them to `out` as well, if there is one."""
    made = [v / 2 for v in values]
    if out is not None:
        out[:] = made
    return made


def best(values: list[float], key: Callable[[float], float] | None = None) -> float:
    return max(values, key=key)


def shared(which: int) -> list[int]:
    """One of three lists, the same for everybody."""
    return _SHARED[which]


def now() -> int:
    return next(_ticks)


def send(value: Any) -> None:
    sent.append(value)


class Box:
    """An object with a state of its own."""

    def __init__(self, items: list[float]) -> None:
        self.items = items

    def read(self) -> int:
        return len(self.items)


def begin() -> None:
    """As after its import."""
    global _ticks
    _SHARED[:] = [[0], [1], [2]]
    _ticks = itertools.count()
    sent.clear()
