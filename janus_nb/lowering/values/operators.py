"""Operators: what each is called, and conditions that are put together.

known  op known   ->  now (user-defined operators are interpreted)
PRE    op known   ->  Python, before the graph: exact, whatever the type
number op number  ->  Python's arithmetic in the graph (janus_nb.lowering.core.numbers)
tensor op any     ->  the backend's own operator
POST   op any     ->  Python, at replay

Which of these it is, the operand says that is known later (`janus_nb.lowering.values.kind.Kind.rank`).
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from typing import Any, NamedTuple

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Host, Num, Phase


class Operator(NamedTuple):
    """Everything about a binary operator.

    Attributes:
        symbol: As it is written.
        function: What it computes.
        method: The special method of its left operand.
    """

    symbol: str
    function: Callable[..., Any]
    method: str

    @property
    def reflected(self) -> str:
        """The special method of its right operand."""
        return "__r" + self.method[2:]

    @property
    def in_place(self) -> str:
        """The special method of `left op= right`."""
        return "__i" + self.method[2:]

    @property
    def changes(self) -> Callable[..., Any]:
        """What `left op= right` computes."""
        changes: Callable[..., Any] = getattr(operator, "i" + self.method.strip("_"))
        return changes


BINARY: dict[type[ast.operator], Operator] = {
    ast.Add: Operator("+", operator.add, "__add__"),
    ast.Sub: Operator("-", operator.sub, "__sub__"),
    ast.Mult: Operator("*", operator.mul, "__mul__"),
    ast.Div: Operator("/", operator.truediv, "__truediv__"),
    ast.FloorDiv: Operator("//", operator.floordiv, "__floordiv__"),
    ast.Mod: Operator("%", operator.mod, "__mod__"),
    ast.Pow: Operator("**", operator.pow, "__pow__"),
    ast.MatMult: Operator("@", operator.matmul, "__matmul__"),
    ast.BitAnd: Operator("&", operator.and_, "__and__"),
    ast.BitOr: Operator("|", operator.or_, "__or__"),
    ast.BitXor: Operator("^", operator.xor, "__xor__"),
    ast.LShift: Operator("<<", operator.lshift, "__lshift__"),
    ast.RShift: Operator(">>", operator.rshift, "__rshift__"),
}


class Unary(NamedTuple):
    """Everything about a unary operator."""

    symbol: str
    function: Callable[..., Any]
    method: str


UNARY: dict[type[ast.unaryop], Unary] = {
    ast.USub: Unary("-", operator.neg, "__neg__"),
    ast.UAdd: Unary("+", operator.pos, "__pos__"),
    ast.Invert: Unary("~", operator.invert, "__invert__"),
}


class Comparison(NamedTuple):
    """Everything about an order or equality.

    Attributes:
        symbol: As it is written.
        function: What it computes.
        method: The special method of its left operand.
        reflected: The special method of its right operand.
    """

    symbol: str
    function: Callable[..., Any]
    method: str
    reflected: str


COMPARE: dict[type[ast.cmpop], Comparison] = {
    ast.Eq: Comparison("==", operator.eq, "__eq__", "__eq__"),
    ast.NotEq: Comparison("!=", operator.ne, "__ne__", "__ne__"),
    ast.Lt: Comparison("<", operator.lt, "__lt__", "__gt__"),
    ast.LtE: Comparison("<=", operator.le, "__le__", "__ge__"),
    ast.Gt: Comparison(">", operator.gt, "__gt__", "__lt__"),
    ast.GtE: Comparison(">=", operator.ge, "__ge__", "__le__"),
}


def on_host(low: Lowering, op: ast.operator | ast.cmpop, left: Any, right: Any) -> Host:
    """`left op right` by Python itself, as soon as both are known to it."""
    if isinstance(op, ast.cmpop):
        return low.host_op(f"({{}} {COMPARE[type(op)].symbol} {{}})", COMPARE[type(op)].function, left, right)
    return low.host_op(f"{{}} {BINARY[type(op)].symbol} {{}}", BINARY[type(op)].function, left, right)


def function_of(op: ast.operator | ast.cmpop) -> Callable[..., Any]:
    """What an operator computes."""
    return COMPARE[type(op)].function if isinstance(op, ast.cmpop) else BINARY[type(op)].function


def of_library(function: Callable[..., Any], *args: Any) -> Any:
    """An operator of the tensor library, on tensors of the graph.

    Raises:
        Unsupported: JN203 if it raises.
    """
    try:
        return function(*args)
    except Unsupported:
        raise
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error


# -- conditions --------------------------------------------------------------------------------------------------


def as_value(condition: Any) -> Any:
    """A condition as a value of the program."""
    return condition if isinstance(condition, bool | Host | Num) else Num(condition, "bool")


def invert(low: Lowering, condition: Any) -> Any:
    """`not condition`."""
    if isinstance(condition, bool):
        return not condition
    if isinstance(condition, Host):
        return low.host_op("(not {})", operator.not_, condition)
    return Num(low.math("logical_not", condition), "bool")


def both(low: Lowering, left: Any, right: Any) -> Any:
    """The conjunction of two comparison results."""
    return join(low, True, low.truth(left), low.truth(right))


def join(low: Lowering, conjunction: bool, a: Any, b: Any) -> Any:
    """`a and b` / `a or b` of two conditions that are both computed."""
    for known, other in ((a, b), (b, a)):
        if isinstance(known, bool):
            return other if known is conjunction else known
    if (isinstance(a, Host) and isinstance(b, Host)) or _is_post(a) or _is_post(b):
        word = "and" if conjunction else "or"
        wrap = [Num(v, "bool") if low.backend.is_symbolic(v) else v for v in (a, b)]
        return low.host_op(f"({{}} {word} {{}})", (lambda x, y: x and y) if conjunction else (lambda x, y: x or y), *wrap)
    x, y = (low.lift(v).tensor if isinstance(v, Host) else v for v in (a, b))
    return Num(low.math("logical_and" if conjunction else "logical_or", x, y), "bool")


def _is_post(value: Any) -> bool:
    return isinstance(value, Host) and value.phase is Phase.POST
