"""Python's numbers in a graph: int as int64, float as float64, with Python's results or an abort.

    a // b      ->  check(b != 0); floor division
    a * b       ->  check(|a * b| < 2**62); int64 product
    total + x   ->  float64 sum, exactly Python's

What int64 cannot hold, and what Python would raise, fails an assertion: Python then computes that iteration.
"""

from __future__ import annotations

import ast
import operator
import sys
from collections.abc import Callable
from typing import Any, Protocol

from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import NUM_DTYPE, Kind, Num, kind_of

_BIG = float(2**62)
_EXACT = 2**53
_SMALLEST = sys.float_info.min


class NumberTarget(Protocol):
    """What number rules need of the lowering."""

    def cast(self, tensor: Any, dtype: str) -> Any: ...
    def constant(self, value: Any, dtype: str) -> Any: ...
    def require(self, ok: Any, what: str) -> None: ...
    def select(self, ok: Any, then: Any, other: Any) -> Any: ...
    def math(self, name: str, *args: Any) -> Any: ...


def as_num(target: NumberTarget, value: Any) -> Num:
    """A number as a graph number; plain Python numbers become constants."""
    if isinstance(value, Num):
        return value
    kind = kind_of(value)
    if kind is None:
        raise Unsupported("JN102", f"arithmetic between a number and a {type(value).__name__}")
    if kind == "int" and abs(value) >= 2**62:
        raise Unsupported("JN102", "integer beyond 64 bits")
    return Num(target.constant(value, NUM_DTYPE[kind]), kind)


def _numeric(target: NumberTarget, value: Num) -> Num:
    """Bools count as ints in arithmetic."""
    return Num(target.cast(value.tensor, "int64"), "int") if value.kind == "bool" else value


def _joined(target: NumberTarget, a: Num, b: Num) -> tuple[Any, Any, Kind]:
    """Both operands in the wider kind."""
    if a.kind == b.kind:
        return a.tensor, b.tensor, a.kind
    widened = []
    for value in (a, b):
        _require_exact(target, value)
        widened.append(target.cast(value.tensor, "float64"))
    return widened[0], widened[1], "float"


def binary(target: NumberTarget, op: ast.operator, left: Any, right: Any) -> Num:
    """`left op right` for two Python numbers, at least one of them in the graph."""
    a, b = _numeric(target, as_num(target, left)), _numeric(target, as_num(target, right))
    rule = _BINARY.get(type(op))
    if rule is None:
        raise Unsupported("JN102", f"operator {type(op).__name__} on numbers that the graph computes")
    return rule(target, a, b)


def _require_normal(target: NumberTarget, result: Any, *operands: Any) -> Any:
    """Assert that a product or quotient has not become zero, or nearly so: below the smallest normal number TensorFlow's threads drop digits that Python keeps."""
    small = target.math("abs", result) < _SMALLEST
    for operand in operands:  # zero times anything is zero
        small = target.math("logical_and", small, target.math("not_equal", operand, 0))
    target.require(target.math("logical_not", small), "the number is not too small for the graph")
    return result


def _multiply(target: NumberTarget, a: Num, b: Num) -> Num:
    result = _SIMPLE_MULTIPLY(target, a, b)
    if result.kind == "float":
        _require_normal(target, result.tensor, a.tensor, b.tensor)
    return result


def _simple(function: Callable[[Any, Any], Any]) -> Callable[[NumberTarget, Num, Num], Num]:
    def rule(target: NumberTarget, a: Num, b: Num) -> Num:
        x, y, kind = _joined(target, a, b)
        result = function(x, y)
        if kind == "int":
            size = function(target.cast(x, "float64"), target.cast(y, "float64"))
            target.require(target.math("abs", size) < _BIG, "the integer fits 64 bits")
        return Num(result, kind)

    return rule


def _divide(target: NumberTarget, a: Num, b: Num) -> Num:
    x, y = target.cast(a.tensor, "float64"), target.cast(b.tensor, "float64")
    for value in (a, b):
        _require_exact(target, value)
    y = _nonzero(target, y)
    return Num(
        _require_normal(target, x / y, x, target.select(target.math("equal", target.math("abs", y), float("inf")), target.math("zeros_like", y), y)),
        "float",
    )


def _require_exact(target: NumberTarget, value: Num) -> None:
    """Assert that an integer is a float, so that converting it loses nothing."""
    if value.kind == "int":
        above = target.math("greater_equal", value.tensor, target.constant(-_EXACT, "int64"))
        below = target.math("less_equal", value.tensor, target.constant(_EXACT, "int64"))
        target.require(target.math("logical_and", above, below), "the integer fits a float exactly")


def _nonzero(target: NumberTarget, divisor: Any) -> Any:
    ok = target.math("not_equal", divisor, 0)
    target.require(ok, "the divisor is not zero")
    return target.select(ok, divisor, target.math("ones_like", divisor))


def _floor_divide(target: NumberTarget, a: Num, b: Num) -> Num:
    x, y, kind = _joined(target, a, b)
    y = _nonzero(target, y)
    if kind == "int":
        _require_opposite(target, x)
        return Num(x // y, "int")
    rest = target.math("fmod", x, y)
    unlike = target.math("not_equal", rest < 0, y < 0) & target.math("not_equal", rest, 0)
    quotient = (x - rest) / y
    quotient = target.select(unlike, quotient - 1.0, quotient)
    floor = target.math("floor", quotient)
    rounded = target.select(quotient - floor > 0.5, floor + 1.0, floor)
    return Num(target.select(target.math("equal", quotient, 0), _tiny(target, x / y), rounded), "float")


def _require_opposite(target: NumberTarget, integer: Any) -> None:
    """Assert that an integer has an opposite in 64 bits."""
    target.require(target.math("not_equal", integer, target.constant(-(2**63), "int64")), "the integer fits 64 bits")


def _modulo(target: NumberTarget, a: Num, b: Num) -> Num:
    x, y, kind = _joined(target, a, b)
    y = _nonzero(target, y)
    return Num(x % y, "int") if kind == "int" else Num(_float_mod(target, x, y), "float")


def _float_mod(target: NumberTarget, x: Any, y: Any) -> Any:
    """Python's float modulo: C's fmod, moved to the divisor's sign."""
    rest = target.math("fmod", x, y)
    unlike = target.math("not_equal", rest < 0, y < 0) & target.math("not_equal", rest, 0)
    return target.select(unlike, rest + y, target.select(target.math("equal", rest, 0), _zero_like(target, y), rest))


def _zero_like(target: NumberTarget, sign: Any) -> Any:
    """A zero with the sign of another number."""
    return target.select(sign < 0, target.constant(-0.0, "float64"), target.constant(0.0, "float64"))


def _tiny(target: NumberTarget, ratio: Any) -> Any:
    """A zero with the sign of a ratio, which may be a zero itself."""
    return target.select(target.math("equal", ratio, 0), ratio, _zero_like(target, ratio))


_SIMPLE_MULTIPLY = _simple(operator.mul)

_BINARY: dict[type[ast.operator], Callable[[NumberTarget, Num, Num], Num]] = {
    ast.Add: _simple(operator.add),
    ast.Sub: _simple(operator.sub),
    ast.Mult: _multiply,
    ast.Div: _divide,
    ast.FloorDiv: _floor_divide,
    ast.Mod: _modulo,
}

_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Eq: "equal",
    ast.NotEq: "not_equal",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
}


def compare(target: NumberTarget, op: ast.cmpop, left: Any, right: Any) -> Num:
    """`left op right` for two Python numbers, as a bool of the graph."""
    name = _COMPARE.get(type(op))
    if name is None:
        raise Unsupported("JN102", f"comparison {type(op).__name__} on numbers that the graph computes")
    a, b = _numeric(target, as_num(target, left)), _numeric(target, as_num(target, right))
    x, y, _ = _joined(target, a, b)
    return Num(target.math(name, x, y), "bool")


def convert(target: NumberTarget, value: Num, kind: Kind) -> Num:
    """`int(value)`, `float(value)` or `bool(value)`."""
    if value.kind == kind:
        return value
    tensor = value.tensor
    if kind == "bool":
        return Num(target.math("not_equal", target.cast(tensor, "float64"), 0), "bool")
    if kind == "int" and value.kind in ("float", "array"):
        wide = target.cast(tensor, "float64")
        fits = target.math("abs", wide) < _BIG
        target.require(fits, "the number fits 64 bits")
        tensor = target.select(fits, wide, target.math("zeros_like", wide))
    return Num(target.cast(tensor, NUM_DTYPE[kind]), kind)


def negate(target: NumberTarget, value: Num) -> Num:
    """`-value`."""
    number = _numeric(target, value)
    if number.kind == "int":
        _require_opposite(target, number.tensor)
    return Num(-number.tensor, number.kind)
