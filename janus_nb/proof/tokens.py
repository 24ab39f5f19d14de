"""Tokens: what a fingerprint is made of."""

from __future__ import annotations

import collections
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Number:
    """A Python or NumPy floating-point number; compared by its text, so that `-0.0` and NaN count."""

    type: type
    value: Any


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A tensor, array, or variable's value."""

    what: str
    value: Any


@dataclass(slots=True)
class Fingerprint:
    """The state of everything reachable.

    Attributes:
        tokens: In the order of the walk.
        parents: For each token, the position of the one it was reached from (-1 for a root).
        keys: For each token, how it was reached: an attribute as `.name`, an item as `[key]`.
        left_out: Kinds of objects that were not looked into, with how many there were.
    """

    tokens: list[Any] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    left_out: collections.Counter[str] = field(default_factory=collections.Counter)

    def path(self, position: int) -> str:
        """How a token is reached, as the user would write it."""
        parts: list[str] = []
        while position >= 0:
            parts.append(self.keys[position])
            position = self.parents[position]
        return "".join(reversed(parts))

    def root(self, position: int) -> str:
        """The name from which a token is reached."""
        while self.parents[position] >= 0:
            position = self.parents[position]
        return self.keys[position]


Overlay = Mapping[Any, Any]
"""Values of slots (by `Slot.key`) and of variables (by `("variable", Library.variable_key)`) that are predicted, not written."""

VOLATILE: Any = type("Volatile", (), {"__repr__": lambda self: "<volatile>", "__slots__": ()})()
"""Stands in an overlay for a value that differs from run to run, such as the time of day."""


__all__ = ["VOLATILE", "Fingerprint", "Number", "Numbers", "Overlay"]
