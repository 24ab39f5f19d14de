"""What may be read natively: plain values, and containers whose readers are known."""

from __future__ import annotations

import abc
import collections
import enum
import re
import types
from collections.abc import Callable
from typing import Any

from janus_nb.lowering.core.classes import inert
from janus_nb.lowering.core.staging import memory
from janus_nb.source.units import is_user_class
from janus_nb.speculate.plain import SCALARS, is_plain_type, plain

BOXES = frozenset({list, dict, set, collections.deque, collections.OrderedDict, collections.defaultdict, collections.Counter, bytearray})
"""Mutable containers whose readers are known. Subclasses are not among them: a user's may do anything."""

_FROZEN = frozenset({tuple, frozenset})
_BY_IDENTITY = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType, types.MethodType, types.MethodDescriptorType, re.Match)
_LIMIT = 1_000_000


class Opaque(TypeError):
    """A reader would enter code or state that nobody knows: what it is."""


def is_box(value: Any) -> bool:
    """Whether a value is a mutable container that readers are known of: a built-in one, or an array."""
    return type(value) in BOXES or is_memory(value)


def is_memory(value: Any) -> bool:
    """Whether a value is a NumPy array of plain numbers."""
    return type(value).__module__ == "numpy" and type(value).__name__ == "ndarray"


def is_record_type(kind: type) -> bool:
    """Whether a class is a named tuple's, with nothing of the user's in it."""
    return issubclass(kind, tuple) and hasattr(kind, "_fields") and kind.__mro__[1:] == (tuple, object) and "__repr__" in kind.__dict__


class Reader:
    """Walks through values, for one tensor library."""

    def __init__(self, is_tensor: Callable[[Any], bool]) -> None:
        self.is_tensor = is_tensor
        self.seen: set[int] = set()

    def containers(self, value: Any, inside: bool = False) -> tuple[Any, ...]:
        """All mutable containers in a value, in a fixed order, and the objects that count by identity.

        Raises:
            Opaque: there is something in it that may not be read natively.
        """
        found: list[Any] = []
        seen: set[int] = set()
        pending: list[Any] = [value]
        while pending:
            part = pending.pop()
            kind = type(part)
            if kind in SCALARS or is_plain_type(kind):
                continue
            if kind in BOXES or kind in _FROZEN or is_record_type(kind):
                if id(part) in seen:
                    continue
                seen.add(id(part))
                if kind in BOXES:
                    found.append(part)
                items = [*part.keys(), *part.values()] if isinstance(part, dict) else part
                if not SCALARS.issuperset(map(type, items)):
                    pending.extend(items)
            elif is_memory(part):
                if part.dtype.hasobject:
                    raise Opaque("an array of objects")
                found.append(part)
            elif self.is_tensor(part):
                continue
            elif self._by_identity(part, kind) and not (inside and is_user_class(kind)):
                found.append(part)
            else:
                raise Opaque(f"a {kind.__name__}")
            if len(found) > _LIMIT:
                raise Opaque("too many containers")
        return tuple(found)

    def _by_identity(self, part: Any, kind: type) -> bool:
        if isinstance(part, enum.Enum):
            return plain(part)
        if isinstance(part, type):
            return kind in (type, abc.ABCMeta, enum.EnumMeta)
        return kind in _BY_IDENTITY or kind is object or (is_user_class(kind) and inert(kind))

    def look(self, value: Any) -> Any:
        """As `containers`, for a guard: never raises."""
        try:
            return self.containers(value)
        except Opaque:
            return object()

    def deep(self, value: Any) -> Any:
        """The value, if everything in it may be read natively. Called by host programs.

        Raises:
            Opaque: otherwise.
        """
        if type(value) not in SCALARS:
            self.containers(value)
        return value

    def deep_ahead(self, value: Any) -> Any:
        """As `deep`, before the graph: no effect of the same call may change what was read. Called by host programs."""
        if type(value) not in SCALARS:
            self.seen.update(id(memory(box)) for box in self.containers(value))
            self.seen.update(id(box) for box in self.containers(value))
        return value

    def flat_ahead(self, value: Any) -> Any:
        """As `flat`, before the graph. Called by host programs."""
        if type(value) not in SCALARS:
            self.flat(value)
            self.seen.update((id(value), id(memory(value))))
        return value

    def flat(self, value: Any) -> Any:
        """The value, if it is itself a container or plain value that may be read natively. Called by host programs.

        Raises:
            Opaque: otherwise.
        """
        kind = type(value)
        if not (
            kind in SCALARS
            or kind in BOXES
            or kind in _FROZEN
            or is_memory(value)
            or is_record_type(kind)
            or is_plain_type(kind)
            or kind is re.Match
            or self.is_tensor(value)
        ):
            raise Opaque(f"a {kind.__name__}")
        return value


def is_users(value: Any) -> bool:
    """Whether a value is an object of a user's class."""
    return is_user_class(type(value)) and not is_record_type(type(value)) and not plain(value)
