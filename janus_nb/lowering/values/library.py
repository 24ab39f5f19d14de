"""Objects of libraries: layers, optimizers, datasets, random generators, data frames, and whatever else nobody here knows."""

from __future__ import annotations

import types
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.heap import members
from janus_nb.lowering.heap.access import read_slot, touch_library
from janus_nb.lowering.values import attributes, items
from janus_nb.lowering.values.function import call_library_function
from janus_nb.lowering.values.kind import Args, Conversion, Kind, Kwargs
from janus_nb.lowering.values.text import formatted
from janus_nb.source.units import is_user_class, is_user_function
from janus_nb.speculate.plain import plain
from janus_nb.speculate.slots import AttrSlot


class LibraryKind(Kind):
    """An object of a library's class."""

    words = "an object of a library"
    order = 2

    def truth(self, low: Lowering, value: Any) -> Any:
        """As its class says; most objects are true."""
        return attributes.truth_of_object(low, value)

    def text(self, low: Lowering, value: Any, spec: Any, conversion: Conversion | None) -> Any:
        """By the host, if it may be looked into."""
        return formatted(low, value, spec, conversion)

    def length(self, low: Lowering, value: Any) -> Any:
        """Of an object of the tensor library."""
        if type(value).__module__.partition(".")[0] not in low.backend.modules:
            self.refuse(value, "len()")
        touch_library(low, value)
        try:
            with low.backend.eagerly():  # a dataset tells its length in eager mode only
                return len(value)
        except TypeError as error:
            raise Unsupported("JN203", f"len(): {error}") from None

    def type_of(self, low: Lowering, value: Any) -> Any:
        """Now."""
        members.guard_type(low, value)
        return type(value)

    def is_instance(self, low: Lowering, value: Any, kinds: Any) -> Any:
        """Now."""
        members.guard_type(low, value)
        return isinstance(value, kinds)

    def identity(self, low: Lowering, value: Any) -> Any:
        """Now: the object stays."""
        return id(value)

    def is_callable(self, low: Lowering, value: Any) -> Any:
        """Now."""
        members.guard_type(low, value)
        return callable(value)

    def attribute(self, low: Lowering, value: Any, name: str) -> Any:
        """What it holds, or what its library computes, under a guard on its settings."""
        if type(value).__module__ == "collections":
            return items.of_builtin(value, name)
        return attributes.of_object(low, value, name)

    def has(self, low: Lowering, value: Any, name: str) -> bool:
        """Under a guard."""
        return attributes.present(low, value, name)

    def set_attribute(self, low: Lowering, value: Any, name: str, new: Any) -> None:
        """Refused for objects of the tensor library, staged for plain ones."""
        attributes.store(low, value, name, new)

    def items(self, low: Lowering, value: Any, count: int | None) -> list[Any]:
        """Not of what nobody knows.

        Raises:
            Unsupported: JN201.
        """
        raise Unsupported("JN201", f"iteration over a {type(value).__name__}")

    def call(self, low: Lowering, value: Any, args: Args, kwargs: Kwargs) -> Any:
        """By what is known of it."""
        return call_library_function(low, value, args, kwargs)


class SuperKind(Kind):
    """`super()`."""

    words = "`super()`"
    order = 2

    def attribute(self, low: Lowering, value: Any, name: str) -> Any:
        """What the classes after this one define."""
        instance, this = value.__self__, value.__thisclass__
        kinds = (instance if isinstance(instance, type) else type(instance)).__mro__
        later = kinds[kinds.index(this) + 1 :]
        base = next((k for k in later if name in k.__dict__), object)
        if name in base.__dict__:
            members.guard_class(low, kinds[0])
        if is_user_class(base):
            return _of_users(low, instance, base, name)
        found = attributes.natively(value, name)
        if isinstance(found, types.MethodWrapperType) or base is object or base.__module__.partition(".")[0] in low.backend.modules:
            return found
        raise Unsupported("JN209", f"super().{name}")


def _of_users(low: Lowering, instance: Any, base: type, name: str) -> Any:
    member = read_slot(low, AttrSlot(base, name, base.__name__))
    if isinstance(member, types.FunctionType):
        return types.MethodType(member, instance)
    if isinstance(member, classmethod):
        return types.MethodType(member.__func__, instance if isinstance(instance, type) else type(instance))
    if isinstance(member, property) and is_user_function(member.fget):
        return low.call(member.fget, (instance,), {})
    if plain(member):
        return member
    raise Unsupported("JN209", f"super().{name}")


LIBRARY = LibraryKind()
SUPER = SuperKind()
UNKNOWN_KIND = Kind()
