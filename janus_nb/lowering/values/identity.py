"""`a is b` while a region is lowered: decided where eager's answer is certain, refused elsewhere.

x is None        a number or tensor of the graph is not `None`; what only the host knows is asked there
flag is True     a bool that the graph computes: its value
n is 3           Python has one object for each small integer: its value
y is x           one and the same tensor is itself; two that a branch or loop may have made one are refused
"""

from __future__ import annotations

import ast
import operator
import types
from typing import Any

from janus_nb.lowering.core import numbers
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Host, Num, Phase, kind_of

_VALUES = (int, float, complex, str, bytes, tuple, frozenset, range, slice)
"""Types whose objects Python may make anew, or share, as it likes."""

_SMALL = range(-5, 257)
"""Integers of which there is one object each."""


def same_object(low: Lowering, positive: bool, left: Any, right: Any) -> Any:
    """`left is right`, or (not `positive`) `left is not right`.

    Raises:
        Unsupported: if a graph cannot tell.
    """
    if isinstance(left, Host) or isinstance(right, Host):
        return _on_host(low, positive, left, right)
    same = _decided(low, left, right)
    if isinstance(same, bool):
        return same if positive else not same
    return same if positive else Num(low.math("logical_not", same.tensor), "bool")


def _on_host(low: Lowering, positive: bool, left: Any, right: Any) -> Any:
    """Python itself compares: both are its objects then, or one of them is the only one of its kind."""
    if not _is_single(left) and not _is_single(right):
        for value in (left, right):
            held = value.witness if isinstance(value, Host) and value.phase is not Phase.POST else value
            if low.is_graph(held) or isinstance(held, (Num, *_VALUES)) or low.is_fresh(held):
                raise Unsupported("JN102", "identity of values that are computed")
    symbol = "is" if positive else "is not"
    return low.host_op(f"({{}} {symbol} {{}})", operator.is_ if positive else operator.is_not, left, right, raw=True)


def _is_single(value: Any) -> bool:
    """Whether a value is an object of which there can be no other that is equal: `None`, a bool, a class, a function."""
    return value is None or isinstance(value, bool | type | types.FunctionType | types.ModuleType) or value is NotImplemented or value is Ellipsis


def _decided(low: Lowering, left: Any, right: Any) -> Any:
    """A known bool, or a `Num` of kind bool."""
    if isinstance(left, Num) or isinstance(right, Num):
        return _of_numbers(low, left, right)
    if _is_single(left) or _is_single(right) or (left is right and not isinstance(left, _VALUES)):
        return left is right
    if isinstance(left, _VALUES) or isinstance(right, _VALUES):
        return _of_values(left, right)
    if low.is_graph(left) or low.is_graph(right):
        if low.is_graph(left) and low.is_graph(right) and (low.is_symbolic(left) or low.is_symbolic(right)):
            raise Unsupported("JN102", "identity of tensors that the graph computes")
        return False
    if any(b is not None and not b.code for b in (low.made.born.get(id(left)), low.made.born.get(id(right)))):
        raise Unsupported("JN108", "identity of an object that is carried between iterations")
    if id(left) in low.made.borrowed or id(right) in low.made.borrowed:
        raise Unsupported("JN102", "identity of a container that is bound anew in every iteration")
    if id(left) in low.made.rebuilt or id(right) in low.made.rebuilt:
        raise Unsupported("JN102", "identity of a container that a branch, a loop or an iteration before has left")
    return False


def _of_values(left: Any, right: Any) -> bool:
    if type(left) is not type(right):
        return False
    if type(left) is int and (left in _SMALL or right in _SMALL):
        return bool(left == right)
    if type(left) in (int, str, bytes) and left != right:
        return False
    raise Unsupported("JN102", f"identity of {type(left).__name__} objects")


def _of_numbers(low: Lowering, left: Any, right: Any) -> Any:
    """At least one is a number of the graph."""
    if left is None or right is None:
        return False
    kinds = [v.kind if isinstance(v, Num) else kind_of(v) for v in (left, right)]
    if kinds[0] != kinds[1]:
        if None in kinds and "array" in kinds:
            raise Unsupported("JN102", "identity of an array that the graph computes")
        return False
    if kinds[0] == "bool":
        x, y = (numbers.as_num(low, v).tensor for v in (left, right))
        return Num(low.math("equal", x, y), "bool")
    known = next((v for v in (left, right) if type(v) is int), None)
    if known is not None and known in _SMALL:
        return numbers.compare(low, ast.Eq(), left, right)
    raise Unsupported("JN102", f"identity of a {kinds[0]} that the graph computes")


__all__ = ["same_object"]
