"""Plain values: numbers, text, `None`, and all else that is immutable through and through. They are computed with now, by Python."""

from __future__ import annotations

import ast
import enum
from typing import Any, Literal

from janus_nb.lowering.core import classes
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.heap import fence, members
from janus_nb.lowering.library.table import pure_methods
from janus_nb.lowering.values import attributes, items
from janus_nb.lowering.values.kind import Args, Conversion, Kind, Kwargs
from janus_nb.lowering.values.operators import UNARY, function_of
from janus_nb.lowering.values.text import formatted
from janus_nb.speculate.plain import plain

_ITERATED = (str, range, bytes, tuple)


class PlainKind(Kind):
    """An immutable value that no code of the user's is behind."""

    words = "a plain value: a number, text, `None`, a tuple of such, a date, ..."
    order = 1

    def truth(self, low: Lowering, value: Any) -> Any:
        """Now."""
        return bool(value)

    def text(self, low: Lowering, value: Any, spec: Any, conversion: Conversion | None) -> Any:
        """Now, if the specification is plain too."""
        return formatted(low, value, spec, conversion)

    def number(self, low: Lowering, value: Any, kind: Literal["int", "float"]) -> Any:
        """Now."""
        return fence.now(low, {"int": int, "float": float}[kind], value)

    def length(self, low: Lowering, value: Any) -> Any:
        """Now."""
        return fence.now(low, len, value)

    def absolute(self, low: Lowering, value: Any) -> Any:
        """Now."""
        return fence.now(low, abs, value)

    def type_of(self, low: Lowering, value: Any) -> Any:
        """Now."""
        members.guard_type(low, value)
        return type(value)

    def is_instance(self, low: Lowering, value: Any, kinds: Any) -> Any:
        """Now."""
        members.guard_type(low, value)
        return isinstance(value, kinds)

    def is_callable(self, low: Lowering, value: Any) -> Any:
        """Now."""
        members.guard_type(low, value)
        return callable(value)

    def attribute(self, low: Lowering, value: Any, name: str) -> Any:
        """Facts now; methods of text and tuples are called by `method`."""
        if isinstance(value, enum.Enum):
            return _of_member(low, value, name)
        if isinstance(value, str | tuple):
            return items.of_builtin(value, name)
        if name == "__class__":
            return type(value)
        found = attributes.natively(value, name)
        if name.startswith("__") or not (plain(found) or callable(found)):
            self.refuse(value, f"attribute {name!r}")
        return found

    def has(self, low: Lowering, value: Any, name: str) -> bool:
        """Now; of an enumeration's member, as its class says."""
        return attributes.present(low, value, name) if isinstance(value, enum.Enum) else hasattr(value, name)

    def item(self, low: Lowering, value: Any, index: Any) -> Any:
        """Now, or by the host at an index that it knows."""
        if low.is_symbolic(index):
            if items.has_index_method(index):
                raise Unsupported("JN209", "__index__ of an object")
            return low.host_op("{}[{}]", lambda o, i: o[i], value, index)
        if not plain(index):
            self.refuse(value, "an item")
        return items.now(value, index)

    def items(self, low: Lowering, value: Any, count: int | None) -> list[Any]:
        """Now; the order of a set is Python's own affair."""
        if isinstance(value, frozenset):
            raise Unsupported("JN109", "iteration over a set")
        if type(value) not in _ITERATED and type(value).__name__ != "TensorShape":
            raise Unsupported("JN201", f"iteration over a {type(value).__name__}")
        return list(value)

    def holds(self, low: Lowering, value: Any, item: Any) -> Any:
        """Now, if what is looked for is plain too."""
        if fence.is_open(low, item):
            return fence.now(low, lambda box, x: x in box, value, item)
        return low.host_op("({} in {})", lambda x, box: x in box, item, value)

    def unary(self, low: Lowering, op: ast.unaryop, value: Any) -> Any:
        """Now."""
        return fence.now(low, UNARY[type(op)].function, value)

    def binary(self, low: Lowering, op: ast.operator, left: Any, right: Any) -> Any:
        """Now."""
        return fence.now(low, function_of(op), left, right)

    def compare(self, low: Lowering, op: ast.cmpop, left: Any, right: Any) -> Any:
        """Now."""
        return fence.now(low, function_of(op), left, right)

    def method(self, low: Lowering, value: Any, name: str, args: Args, kwargs: Kwargs) -> Any:
        """Now, if the arguments are plain too, else by the host."""
        if name not in pure_methods(type(value)):
            self.refuse(value, f"method {name!r}")
        args = items.drawn(low, args)
        if all(fence.is_open(low, v) for v in (*args, *kwargs.values())):
            return fence.now(low, getattr(value, name), *args, **kwargs)
        return items.called_on_host(low, value, name, args, kwargs, False)

    def set_attribute(self, low: Lowering, value: Any, name: str, new: Any) -> None:
        """Not of an immutable value.

        Raises:
            Unsupported: JN201.
        """
        raise Unsupported("JN201", f"attribute {name!r} of a {type(value).__name__} is set")


def _of_member(low: Lowering, value: enum.Enum, name: str) -> Any:
    """An attribute of a member of an enumeration: what the user's class says is interpreted."""
    base, member = attributes.class_member(low, value, name)
    if base is not None and (isinstance(member, property) or classes.is_user_descriptor(member, "__get__") or callable(member)):
        return attributes.of_object(low, value, name)
    found = attributes.natively(value, name)
    return found if plain(found) or callable(found) else attributes.of_object(low, value, name)


PLAIN = PlainKind()
