"""How control goes on after a statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from janus_nb.span import Span


@dataclass(frozen=True, slots=True)
class Flow:
    """Normal completion, `break` or `continue`."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """`return value` of an inlined call."""

    value: Any


@dataclass(frozen=True, slots=True)
class Exit:
    """Control leaves the region (`return` of the loop's function, `raise`, a side that has no graph form): left to Python.

    Attributes:
        span: The statement.
        statement: In words.
        condition: Of a side without a graph form: the branch's condition.
    """

    span: Span
    statement: str
    condition: Span | None = None


NORMAL = Flow("normal")
BREAK = Flow("break")
CONTINUE = Flow("continue")

Outcome = Flow | Returned | Exit
