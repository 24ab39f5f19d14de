"""What can be reached from elements that are fed together.

The host's part of K iterations is computed before the effects of the first. So no effect may change what is read from a
later element, however deep inside: the ids of all containers and arrays in there are handed to the journal, which refuses
to change these. An element that reaches very much is fed alone.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from types import MemberDescriptorType
from typing import Any

from janus_nb.lowering.core.staging import memory
from janus_nb.source.units import is_user_class
from janus_nb.speculate.slots import instance_dict

MAX_OBJECTS = 20_000
"""So many objects are looked at for one call."""

_SIMPLE: frozenset[type] = frozenset({int, float, bool, complex, str, bytes, type(None), range})
_BOXES = (list, dict, set, deque, tuple, frozenset)


class Reach:
    """The containers that some elements reach."""

    def __init__(self, containers: Iterable[Any]) -> None:
        self._ids = {number for box in containers for number in (id(box), id(memory(box)))}
        self._seen: set[int] = set()
        self._kinds: dict[type, _Look] = dict.fromkeys(_SIMPLE, _nothing)
        self._left = MAX_OBJECTS

    @property
    def ids(self) -> frozenset[int]:
        """Ids of all containers found."""
        return frozenset(self._ids)

    def add(self, element: Any) -> bool:
        """Look into one more element; False if there is no room to do so."""
        if type(element) is tuple and _SIMPLE.issuperset(map(type, element)):
            return True
        pending, kinds, ids = [element], self._kinds, self._ids
        while pending and self._left > 0:
            value = pending.pop()
            kind = type(value)
            look = kinds.get(kind) or kinds.setdefault(kind, _look_for(kind))
            if look is _nothing:
                continue
            if look is _array:
                ids.add(id(value))
                if value.base is not None:
                    ids.add(id(memory(value)))
            elif id(value) not in self._seen:
                self._seen.add(id(value))
                if look is not _frozen:
                    ids.add(id(value))
                inner = look(value)
                self._left -= 1 + len(inner)
                pending.extend(inner)
        return self._left > 0


_Look = Callable[[Any], Sequence[Any]]
"""What a value consists of."""


def _look_for(kind: type) -> _Look:
    """How to look into values of one class."""
    if issubclass(kind, tuple | frozenset):
        return _frozen
    if issubclass(kind, dict):
        return _dictionary
    if issubclass(kind, list | set | deque):
        return _box
    if kind.__module__ == "numpy":  # its scalars cannot change, but for records
        return _array if any(k.__name__ in ("ndarray", "void") for k in kind.__mro__) else _nothing
    if issubclass(kind, bytearray):
        return _itself
    return _instance if not issubclass(kind, type) and is_user_class(kind) else _nothing


def _nothing(value: Any) -> Sequence[Any]:
    return ()


def _itself(value: Any) -> Sequence[Any]:
    return ()


def _array(value: Any) -> Sequence[Any]:
    return ()


def _box(value: Any) -> Sequence[Any]:
    items = _items(value)
    return items if not _SIMPLE.issuperset(map(type, items)) else ()


def _frozen(value: Any) -> Sequence[Any]:
    return _box(value)


def _dictionary(value: Any) -> Sequence[Any]:
    return [*dict.keys(value), *dict.values(value)]


def _instance(value: Any) -> Sequence[Any]:
    return [*(instance_dict(value) or {}).values(), *_slots(value)]


def _items(value: Any) -> list[Any]:
    """The items of a container, as its built-in kind holds them."""
    kind: Any = next(k for k in _BOXES if isinstance(value, k))
    return [*kind.__iter__(value)]


def _slots(value: Any) -> list[Any]:
    """What an object holds in slots."""
    found: list[Any] = []
    for kind in type(value).__mro__:
        for member in kind.__dict__.values():
            if type(member) is MemberDescriptorType:
                with contextlib.suppress(AttributeError):  # an empty slot
                    found.append(member.__get__(value))
    return found


__all__ = ["Reach"]
