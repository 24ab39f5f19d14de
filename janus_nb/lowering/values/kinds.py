"""Which kind a value is of, and the doors that ask it.

The last rung knows nothing and refuses everything.
"""

from __future__ import annotations

import ast
import collections
import functools
import types
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.reader import BOXES, is_memory, is_record_type
from janus_nb.lowering.core.values import BoundMethod, Closure, Host, Lazy, Nothing, Num, Range, Suspended, View
from janus_nb.lowering.values import identity
from janus_nb.lowering.values.class_ import CLASS
from janus_nb.lowering.values.container import CONTAINER
from janus_nb.lowering.values.fresh import FRESH
from janus_nb.lowering.values.function import FUNCTION, MADE_HERE
from janus_nb.lowering.values.host import HOST
from janus_nb.lowering.values.instance import INSTANCE
from janus_nb.lowering.values.kind import Kind
from janus_nb.lowering.values.lazy import LAZY, NOTHING, RANGE, VIEW
from janus_nb.lowering.values.library import LIBRARY, SUPER, UNKNOWN_KIND
from janus_nb.lowering.values.module import MODULE
from janus_nb.lowering.values.number import NUMBER
from janus_nb.lowering.values.operators import as_value, invert
from janus_nb.lowering.values.plain import PLAIN
from janus_nb.lowering.values.tensor import TENSOR, VARIABLE
from janus_nb.source.units import is_user_class
from janus_nb.speculate.plain import SCALARS, plain

_BY_TYPE: dict[type, Kind] = {
    Host: HOST,
    Num: NUMBER,
    Closure: MADE_HERE,
    BoundMethod: MADE_HERE,
    Lazy: LAZY,
    Suspended: LAZY,
    View: VIEW,
    Range: RANGE,
    Nothing: NOTHING,
    super: SUPER,
    types.ModuleType: MODULE,
    types.FunctionType: FUNCTION,
    types.BuiltinFunctionType: FUNCTION,
    types.MethodType: FUNCTION,
    types.MethodWrapperType: FUNCTION,
    types.WrapperDescriptorType: FUNCTION,
    types.MethodDescriptorType: FUNCTION,
    functools.partial: FUNCTION,
    functools._lru_cache_wrapper: FUNCTION,
    **{kind: PLAIN for kind in SCALARS if kind is not slice},  # type: ignore[misc]
}

KINDS: dict[str, Kind] = {
    "plain": PLAIN,
    "fresh": FRESH,
    "container": CONTAINER,
    "host": HOST,
    "number": NUMBER,
    "tensor": TENSOR,
    "variable": VARIABLE,
    "instance": INSTANCE,
    "class": CLASS,
    "function": FUNCTION,
    "function made here": MADE_HERE,
    "module": MODULE,
    "iterator": LAZY,
    "view": VIEW,
    "range": RANGE,
    "super": SUPER,
    "library object": LIBRARY,
    "nothing": NOTHING,
    "unknown": UNKNOWN_KIND,
}
"""Every kind there is, by name."""

_SEQUENCES = (list, dict, set, frozenset, tuple, collections.deque)


def kind_of(low: Lowering, value: Any) -> Kind:
    """The kind of a value."""
    known = _BY_TYPE.get(type(value))
    if known is not None:
        return known
    if low.is_graph(value):
        return TENSOR
    if low.backend.is_variable(value):
        return VARIABLE
    if id(value) in low.made.born:
        return INSTANCE
    if plain(value):
        return PLAIN
    if isinstance(value, slice):
        return UNKNOWN_KIND  # an index with bounds that are not known; nothing else is done with it
    if id(value) in low.made.fresh or type(value) is tuple:
        return FRESH
    if isinstance(value, type):
        return CLASS
    if type(value) in BOXES or is_memory(value) or is_record_type(type(value)):
        return CONTAINER
    if isinstance(value, types.ModuleType):
        return MODULE
    if is_user_class(type(value)):
        return INSTANCE
    if isinstance(value, functools.partial):
        return FUNCTION
    return CONTAINER if isinstance(value, _SEQUENCES) else LIBRARY


# -- the doors -----------------------------------------------------------------------------------------------------


def truth(low: Lowering, value: Any) -> Any:
    """`bool(value)`."""
    return kind_of(low, value).truth(low, value)


def text(low: Lowering, value: Any, spec: Any, conversion: Any) -> Any:
    """`format(value, spec)`, after the conversion."""
    return kind_of(low, value).text(low, value, spec, conversion)


def length(low: Lowering, value: Any) -> Any:
    """`len(value)`."""
    return kind_of(low, value).length(low, value)


def attribute(low: Lowering, value: Any, name: str) -> Any:
    """`value.name`."""
    return kind_of(low, value).attribute(low, value, name)


def item(low: Lowering, value: Any, index: Any) -> Any:
    """`value[index]`."""
    return kind_of(low, value).item(low, value, index)


def items(low: Lowering, value: Any, count: int | None = None) -> list[Any]:
    """All that iteration gives."""
    return kind_of(low, value).items(low, value, count)


def keys(low: Lowering, value: Any) -> list[Any]:
    """The keys of a dictionary."""
    return kind_of(low, value).keys(low, value)


def pairs(low: Lowering, value: Any) -> list[tuple[Any, Any]]:
    """The keys and items of a dictionary."""
    return kind_of(low, value).pairs(low, value)


def call(low: Lowering, value: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`value(*args, **kwargs)`."""
    return kind_of(low, value).call(low, value, args, kwargs)


def method(low: Lowering, value: Any, name: str, args: tuple[Any, ...], kwargs: Any) -> Any:
    """`value.name(*args, **kwargs)`."""
    return kind_of(low, value).method(low, value, name, args, kwargs)


def unary(low: Lowering, op: ast.unaryop, value: Any) -> Any:
    """`-value`, `+value`, `~value`, `not value`."""
    if isinstance(op, ast.Not):
        return invert(low, truth(low, value))
    return kind_of(low, value).unary(low, op, value)


def binary(low: Lowering, op: ast.operator, left: Any, right: Any) -> Any:
    """`left op right`."""
    left, right = low.in_graph(left), low.in_graph(right)
    return _later(low, left, right).binary(low, op, left, right)


def augmented(low: Lowering, op: ast.operator, value: Any, operand: Any) -> Any:
    """`value op= operand`; what the target holds then."""
    return kind_of(low, value).augmented(low, op, value, operand)


def compare(low: Lowering, op: ast.cmpop, left: Any, right: Any) -> Any:
    """`left op right`."""
    if isinstance(op, ast.Is | ast.IsNot):
        return identity.same_object(low, isinstance(op, ast.Is), left, right)
    if isinstance(op, ast.In | ast.NotIn):
        held = as_value(_holds(low, right, left))
        return held if isinstance(op, ast.In) else invert(low, truth(low, held))
    left, right = low.in_graph(left), low.in_graph(right)
    return _later(low, left, right).compare(low, op, left, right)


def _holds(low: Lowering, box: Any, value: Any) -> Any:
    """`value in box`: by the host, if what is looked for is not known now and the box is not of the user's class."""
    box_kind = kind_of(low, box)
    if box_kind is not INSTANCE and (isinstance(value, Host | Num) or low.backend.is_symbolic(value)):
        return low.host_op("({} in {})", lambda x, parts: x in parts, value, low.make(list(box.items)) if isinstance(box, View) else box)
    return box_kind.holds(low, box, value)


def _later(low: Lowering, left: Any, right: Any) -> Kind:
    """The kind of the operand that is known later."""
    first, second = kind_of(low, left), kind_of(low, right)
    return first if first.rank(left) >= second.rank(right) else second


__all__ = [
    "KINDS",
    "attribute",
    "augmented",
    "binary",
    "call",
    "compare",
    "item",
    "items",
    "keys",
    "kind_of",
    "length",
    "method",
    "pairs",
    "text",
    "truth",
    "unary",
]
