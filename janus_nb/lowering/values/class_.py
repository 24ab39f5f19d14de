"""Classes: the user's, a library's, enumerations."""

from __future__ import annotations

import abc
import ast
import enum
import operator
import types
from typing import Any

from janus_nb.lowering.core import classes
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.heap import members
from janus_nb.lowering.heap.access import read_slot
from janus_nb.lowering.library.tracing import call_library
from janus_nb.lowering.values import attributes, calling, items, objects
from janus_nb.lowering.values.kind import Args, Conversion, Kind, Kwargs
from janus_nb.lowering.values.text import formatted
from janus_nb.source.units import is_user_class, is_user_function
from janus_nb.speculate.plain import plain
from janus_nb.speculate.slots import AttrSlot, ViewSlot

_METACLASSES = (type, abc.ABCMeta, enum.EnumMeta)
"""Metaclasses that leave the truth, the comparison and the look-ups of classes alone, or whose look-ups are known."""


class ClassKind(Kind):
    """A class."""

    words = "a class"
    order = 2

    def called(self, value: Any) -> str:
        """By its name."""
        return f"class {value.__name__}"

    def truth(self, low: Lowering, value: Any) -> Any:
        """Always true, but for metaclasses of the user's."""
        if type(value) not in _METACLASSES:
            raise Unsupported("JN209", f"truth of {value.__name__}")
        return True

    def text(self, low: Lowering, value: Any, spec: Any, conversion: Conversion | None) -> Any:
        """By the host."""
        return formatted(low, value, spec, conversion)

    def type_of(self, low: Lowering, value: Any) -> Any:
        """Its metaclass."""
        return type(value)

    def is_instance(self, low: Lowering, value: Any, kinds: Any) -> Any:
        """By its metaclass."""
        return isinstance(value, kinds)

    def identity(self, low: Lowering, value: Any) -> Any:
        """Now."""
        return id(value)

    def is_callable(self, low: Lowering, value: Any) -> Any:
        """Every class is."""
        return True

    def attribute(self, low: Lowering, value: Any, name: str) -> Any:
        """Along the MRO, under a guard."""
        if type(value) not in _METACLASSES and classes.of_user(type(value)):
            raise Unsupported("JN209", f"attribute {name!r} of class {value.__name__}, which has a metaclass")
        base, raw = members.find(low, value, name)
        if isinstance(value, enum.EnumMeta):
            if base is not None and is_user_function(getattr(raw, "__func__", raw)):
                return types.MethodType(raw.__func__, value) if isinstance(raw, classmethod) else getattr(raw, "__func__", raw)
            return attributes.natively(value, name)
        if base is not None and is_user_class(base) and name not in ("__dict__", "__doc__", "__module__"):
            return _of_users(low, value, base, raw, name)
        if name in ("__name__", "__qualname__"):
            look = operator.attrgetter(name)
            low.heap.guard_view(ViewSlot(value, value.__name__, look, name), low.span)
            return look(value)
        if is_user_class(value) and name in ("__dict__", "__doc__", "__bases__", "__mro__", "__subclasses__"):
            raise Unsupported("JN209", f"attribute {name!r} of class {value.__name__}")
        return attributes.natively(value, name)

    def has(self, low: Lowering, value: Any, name: str) -> bool:
        """Along the MRO, under a guard."""
        return attributes.present(low, value, name)

    def item(self, low: Lowering, value: Any, index: Any) -> Any:
        """A member of an enumeration, by its name."""
        if type(value) is not enum.EnumMeta or not plain(index):
            self.refuse(value, "an item")
        return items.now(value, index)

    def compare(self, low: Lowering, op: ast.cmpop, left: Any, right: Any) -> Any:
        """Classes are equal if they are the same, unless a metaclass says otherwise."""
        if isinstance(op, ast.Eq | ast.NotEq) and all(type(v) in _METACLASSES or plain(v) for v in (left, right)):
            return (left is right) is isinstance(op, ast.Eq)
        raise Unsupported("JN209", f"a comparison of class {getattr(left, '__name__', left)}")

    def call(self, low: Lowering, value: Any, args: Args, kwargs: Kwargs) -> Any:
        """An object is made; a library's class by what is known of it."""
        rule = low.doors.callees.get(value)
        if rule is not None:
            return calling.by_rule(low, rule, value, args, kwargs)
        if is_user_class(value) or objects.is_record(value) or isinstance(value, enum.EnumMeta):
            return objects.construct(low, value, args, dict(kwargs))
        return call_library(low, value, args, dict(kwargs))

    def set_attribute(self, low: Lowering, value: Any, name: str, new: Any) -> None:
        """Staged, for classes without a metaclass of their own."""
        if type(value) not in (type, abc.ABCMeta):
            raise Unsupported("JN209", f"attribute {name!r} of class {value.__name__} is set")
        attributes.store(low, value, name, new)


def _of_users(low: Lowering, value: Any, base: type, raw: Any, name: str) -> Any:
    held = read_slot(low, AttrSlot(base, name, base.__name__))
    if held is not raw:
        return held
    if isinstance(raw, staticmethod):
        return raw.__func__
    if isinstance(raw, classmethod):
        return types.MethodType(raw.__func__, value)
    if not hasattr(type(raw), "__get__") or isinstance(raw, types.FunctionType):
        return raw
    raise Unsupported("JN209", f"attribute {name!r} of class {value.__name__}")


CLASS = ClassKind()
