"""Objects of the user's classes: their methods are interpreted, their attributes are slots.

point.x               what the object holds, or what its class says
point + other         `__add__`, interpreted as if it were written in place
Point(1, loss)        made here: a shadow while generating, a real object at replay
"""

from __future__ import annotations

import ast
from typing import Any, Literal

from janus_nb.lowering.core import classes
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.reader import is_users
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Host, Num
from janus_nb.lowering.heap import members
from janus_nb.lowering.library.tracing import call_library
from janus_nb.lowering.values import attributes, identity, items
from janus_nb.lowering.values.kind import Args, Conversion, Kind, Kwargs
from janus_nb.lowering.values.operators import BINARY, COMPARE, UNARY, as_value, invert
from janus_nb.lowering.values.text import CONVERSIONS
from janus_nb.source.units import is_user_function
from janus_nb.speculate.plain import SCALARS

_BUILT_IN = (list, dict, tuple, set)
_CONTAINERS = (list, dict, set)


class InstanceKind(Kind):
    """An object of a class that the user has written."""

    words = "an object of a class of the user's"
    order = 5

    # -- what it says of itself ------------------------------------------------------------------------------

    def truth(self, low: Lowering, value: Any) -> Any:
        """By its class."""
        return attributes.truth_of_object(low, value)

    def text(self, low: Lowering, value: Any, spec: Any, conversion: Conversion | None) -> Any:
        """By `__format__`, `__str__` or `__repr__`, whichever Python would ask first."""
        if conversion is None:
            text = members.special(low, value, "__format__", spec)
            if text is not members.ABSENT:
                return text
            if spec != "":
                raise Unsupported("JN203", "TypeError: unsupported format string")
        for name in ("__repr__",) if conversion in ("repr", "ascii") else ("__str__", "__repr__"):
            text = members.special(low, value, name)
            if text is not members.ABSENT:
                if conversion == "ascii":
                    raise Unsupported("JN209", f"ascii() of a {type(value).__name__}")
                return text if conversion is None or spec == "" else low.text(text, spec, None)
        return low.host_op(f"{conversion or 'str'}({{}})", CONVERSIONS[conversion or "str"], value)

    def number(self, low: Lowering, value: Any, kind: Literal["int", "float"]) -> Any:
        """By its class."""
        for name in {"int": ("__int__", "__index__"), "float": ("__float__", "__index__")}[kind]:
            if classes.has_own(type(value), name):
                found = members.required(low, value, name)
                exact = found.kind if isinstance(found, Num) else type(found.witness if isinstance(found, Host) else found).__name__
                if exact != kind:
                    raise Unsupported("JN209", f"{name} of a {type(value).__name__} that is no {kind}")
                return found
        raise Unsupported("JN209", f"{kind}() of a {type(value).__name__}")

    def length(self, low: Lowering, value: Any) -> Any:
        """By its class."""
        found = members.required(low, value, "__len__")
        if type(found) is not int or found < 0:
            raise Unsupported("JN209", f"__len__ of a {type(value).__name__}")
        return found

    def absolute(self, low: Lowering, value: Any) -> Any:
        """By its class."""
        return members.required(low, value, "__abs__")

    def type_of(self, low: Lowering, value: Any) -> Any:
        """Its class, under a guard."""
        members.guard_type(low, value)
        return type(value)

    def is_instance(self, low: Lowering, value: Any, kinds: Any) -> Any:
        """By its class, under a guard."""
        members.guard_type(low, value)
        return isinstance(value, kinds)

    def identity(self, low: Lowering, value: Any) -> Any:
        """Of an object that was there before."""
        return super().identity(low, value) if id(value) in low.made.born else id(value)

    def is_callable(self, low: Lowering, value: Any) -> Any:
        """By its class, under a guard."""
        members.guard_type(low, value)
        return callable(value)

    # -- its parts -------------------------------------------------------------------------------------------

    def attribute(self, low: Lowering, value: Any, name: str) -> Any:
        """What it holds, or what its class says."""
        return attributes.of_object(low, value, name)

    def has(self, low: Lowering, value: Any, name: str) -> bool:
        """Under a guard."""
        return attributes.present(low, value, name)

    def item(self, low: Lowering, value: Any, index: Any) -> Any:
        """By its class."""
        if items.has_index_method(index):
            raise Unsupported("JN209", "__index__ of an object")
        return members.required(low, value, "__getitem__", index)

    def items(self, low: Lowering, value: Any, count: int | None) -> list[Any]:
        """Not yet.

        Raises:
            Unsupported: JN201.
        """
        raise Unsupported("JN201", f"iteration over a {type(value).__name__}")

    def keys(self, low: Lowering, value: Any) -> list[Any]:
        """Not of a user's dictionary.

        Raises:
            Unsupported: JN209.
        """
        self.refuse(value, "keys()", "JN209")

    def pairs(self, low: Lowering, value: Any) -> list[tuple[Any, Any]]:
        """Not of a user's dictionary.

        Raises:
            Unsupported: JN209.
        """
        self.refuse(value, "keys()", "JN209")

    def holds(self, low: Lowering, value: Any, item: Any) -> Any:
        """By its class."""
        return as_value(low.truth(members.required(low, value, "__contains__", item)))

    # -- operators -------------------------------------------------------------------------------------------

    def unary(self, low: Lowering, op: ast.unaryop, value: Any) -> Any:
        """By its class."""
        return members.required(low, value, UNARY[type(op)].method)

    def binary(self, low: Lowering, op: ast.operator, left: Any, right: Any) -> Any:
        """By the classes, asked in Python's order."""
        operator = BINARY[type(op)]
        return _asked(low, left, right, operator.method, operator.reflected, False)

    def compare(self, low: Lowering, op: ast.cmpop, left: Any, right: Any) -> Any:
        """By the classes, asked in Python's order; by identity if none of them defines `==`."""
        operator = COMPARE[type(op)]
        equality = isinstance(op, ast.Eq | ast.NotEq)
        if equality and all(_knows_identity_only(low, value) for value in (left, right)):
            return identity.same_object(low, isinstance(op, ast.Eq), left, right)
        return _asked(low, left, right, operator.method, operator.reflected, True)

    def augmented(self, low: Lowering, op: ast.operator, value: Any, operand: Any) -> Any:
        """By its class: in place if it can."""
        in_place = BINARY[type(op)].in_place
        if isinstance(value, _CONTAINERS) and hasattr(type(value), in_place):
            raise Unsupported("JN209", f"{in_place} of a {type(value).__name__}")
        result = members.special(low, value, in_place, operand)
        if result is not members.ABSENT and result is not NotImplemented:
            return result
        return low.binary(op, value, operand)

    # -- calls and changes -----------------------------------------------------------------------------------

    def call(self, low: Lowering, value: Any, args: Args, kwargs: Kwargs) -> Any:
        """`__call__`, interpreted; of a subclassed layer or model, the library's."""
        first = next((k.__dict__["__call__"] for k in type(value).__mro__ if "__call__" in k.__dict__), None)
        if first is not None and not is_user_function(first):
            return call_library(low, value, args, dict(kwargs))
        members.guard_type(low, value)
        found = members.find(low, type(value), "__call__")[1]
        if not is_user_function(found):
            raise Unsupported("JN209", f"__call__ of a {type(value).__name__}")
        return low.call(found, (value, *args), dict(kwargs))

    def set_attribute(self, low: Lowering, value: Any, name: str, new: Any) -> None:
        """Staged, or by its class."""
        attributes.store(low, value, name, new)

    def set_item(self, low: Lowering, value: Any, index: Any, new: Any) -> None:
        """By its class."""
        members.required(low, value, "__setitem__", index, new)

    def delete_item(self, low: Lowering, value: Any, index: Any) -> None:
        """By its class."""
        members.required(low, value, "__delitem__", index)


def _asked(low: Lowering, left: Any, right: Any, method: str, reflected: str, comparison: bool) -> Any:
    """What the classes of the operands say, asked in Python's order.

    Raises:
        Unsupported: JN209 if nothing that can be interpreted answers.
    """
    candidates = [(left, method, right)]
    if type(right) is not type(left) or comparison:
        candidates.append((right, reflected, left))
        if type(right) is not type(left) and issubclass(type(right), type(left)):
            candidates.reverse()
    for owner, name, argument in candidates:
        result = _ask(low, owner, name, argument)
        if result is not NotImplemented:
            return result
    raise Unsupported("JN209", f"{method} of a {type(left).__name__} and a {type(right).__name__}")


def _ask(low: Lowering, owner: Any, name: str, argument: Any) -> Any:
    """The result of one operator method, or `NotImplemented`; built-in numbers and texts know nothing of a user's objects."""
    if is_users(owner):
        result = members.special(low, owner, name, argument)
        if result is members.ABSENT and name == "__ne__":
            result = members.special(low, owner, "__eq__", argument)
            if result is not members.ABSENT and result is not NotImplemented:
                return as_value(invert(low, low.truth(result)))
        return NotImplemented if result is members.ABSENT else result
    if type(owner) in SCALARS or (type(owner) in _BUILT_IN and not isinstance(argument, type(owner))):
        return NotImplemented
    raise Unsupported("JN209", f"{name} of a {type(owner).__name__} and a {type(argument).__name__}")


def _knows_identity_only(low: Lowering, value: Any) -> bool:
    if not is_users(value):
        return type(value) in SCALARS or type(value) in _BUILT_IN
    members.guard_type(low, value)
    return not classes.has_own(type(value), "__eq__", "__ne__")


INSTANCE = InstanceKind()
