"""Python's arithmetic, operator by operator, on every pair of special values: what the graph computes, against Python to the bit.

The rules of `janus_nb.lowering.core.numbers` work on whole columns of pairs at once: where every requirement holds, the result must be
Python's, of Python's type; where Python raises, a requirement must fail.
"""

from __future__ import annotations

import ast
import itertools
import math
import operator
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
from janus_nb.lowering.core import numbers
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import NUM_DTYPE, Num

INTS = [0, 1, -1, 2, -2, 3, 7, -7, 10, 255, -256, 2**31 - 1, -(2**31), 2**53, 2**53 + 1, -(2**53) - 1, 2**62, -(2**62), 2**63 - 1, -(2**63)]
FLOATS = [0.0, -0.0, 1.0, -1.0, 0.1, -0.1, 0.5, 1.5, 2.5, -2.5, 3.0, 7.0, 1e-300, -1e-300, 5e-324, 1e308, -1e308, 1e16, 2.0**53, 0.3, 1 / 3]
FLOATS += [math.inf, -math.inf, math.nan, 1e22, -7.3, 6.9999999999999999, 1e-8]
BOOLS = [False, True]
VALUES: dict[str, list[Any]] = {"int": INTS, "float": FLOATS, "bool": BOOLS}

BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
KINDS = list(itertools.product(VALUES, VALUES))


class Target:
    """What rules of numbers need of a lowering, on columns of numbers."""

    def __init__(self, constant: Callable[[Any, str], Any], cast: Callable[[Any, str], Any], table: dict[str, Any]) -> None:
        self.constant = constant
        self.cast = cast
        self.table = table
        self.required: list[Any] = []

    def require(self, ok: Any, what: str) -> None:
        """Remember what must hold."""
        self.required.append(ok)

    def select(self, ok: Any, then: Any, other: Any) -> Any:
        """Elementwise choice."""
        return self.table["select"](ok, then, other)

    def math(self, name: str, *args: Any) -> Any:
        """A named operation."""
        return self.table[name](*args)


def bits(value: Any) -> Any:
    """A number that is equal only to itself: type and bits; every NaN is one."""
    if isinstance(value, float):
        return "float", "nan" if value != value else struct.pack("d", value)
    return type(value).__name__, value


def wrong(
    column: Callable[[list[Any], str], Any],
    target: Target,
    rule: Callable[..., Num],
    python: Callable[..., Any],
    rows: list[tuple[Any, ...]],
    kinds: tuple[str, ...],
) -> tuple[list[str], int]:
    """Rows on which the graph's result is not Python's, and the number of rows that the graph computes itself."""
    columns = [Num(column([row[i] for row in rows], NUM_DTYPE[kind]), kind) for i, kind in enumerate(kinds)]  # type: ignore[arg-type]
    try:
        with np.errstate(all="ignore"):
            result = rule(target, *columns)
    except Unsupported:
        return [], 0
    required = [np.broadcast_to(np.asarray(ok), len(rows)) for ok in target.required]
    allowed = np.logical_and.reduce(required) if required else np.ones(len(rows), bool)
    found = np.asarray(result.tensor)
    assert found.dtype == NUM_DTYPE[result.kind], (found.dtype, result.kind)
    bad = []
    for row, ok, value in zip(rows, allowed, found.tolist(), strict=True):
        if not ok:
            continue
        try:
            expected = python(*row)
        except Exception as error:
            expected = error
        if isinstance(expected, Exception) or bits(expected) != bits(value):
            bad.append(f"{python.__name__}{row}: {value!r}, in Python {expected!r}")
    return bad, int(allowed.sum())


def pairs(left: str, right: str) -> list[tuple[Any, ...]]:
    """Every value of one kind with every value of the other, and pairs close to each other."""
    return list(itertools.product(VALUES[left], VALUES[right]))


def rule_of(op: type[Any]) -> Callable[..., Num]:
    """The rule of an operator or comparison."""
    made = op()
    return (lambda t, a, b: numbers.compare(t, made, a, b)) if isinstance(made, ast.cmpop) else (lambda t, a, b: numbers.binary(t, made, a, b))


CONVERSIONS: dict[str, Callable[[Any], Any]] = {"int": int, "float": float, "bool": bool}
