"""What can be reached from elements that are fed together.

The host's part of K iterations is computed before the effects of the first. So no effect may change what is read from a
later element, however deep inside: the ids of all containers and arrays in there are handed to the journal, which refuses
to change these. An element that reaches very much is fed alone.
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterable
from types import MemberDescriptorType
from typing import Any

from janus_nb.lowering.heap import memory
from janus_nb.source.units import is_user_class
from janus_nb.speculate.slots import instance_dict

MAX_OBJECTS = 20_000
"""So many objects are looked at for one call."""

_SIMPLE = frozenset({int, float, bool, complex, str, bytes, type(None), range})


class Reach:
    """The containers that some elements reach.

    Attributes:
        ids: Their ids.
    """

    def __init__(self, containers: Iterable[Any]) -> None:
        self._ids = {number for box in containers for number in (id(box), id(memory(box)))}
        self._seen: set[int] = set()
        self._left = MAX_OBJECTS

    @property
    def ids(self) -> frozenset[int]:
        """Ids of all containers found."""
        return frozenset(self._ids)

    def add(self, element: Any) -> bool:
        """Look into one more element; False if there is no room to do so."""
        if type(element) in _SIMPLE or (type(element) is tuple and _SIMPLE.issuperset(map(type, element))):
            return True
        pending = [element]
        while pending and self._left > 0:
            value = pending.pop()
            if type(value) in _SIMPLE or id(value) in self._seen:
                continue
            self._seen.add(id(value))
            inner = self._inside(value)
            self._left -= 1 + len(inner)
            if not _SIMPLE.issuperset(map(type, inner)):
                pending.extend(inner)
        return self._left > 0

    def _inside(self, value: Any) -> list[Any]:
        """The parts of a value; its id is noted if it can change."""
        if isinstance(value, list | set | deque | dict | bytearray):
            self._ids.add(id(value))
            return [] if isinstance(value, bytearray) else [*dict.keys(value), *dict.values(value)] if isinstance(value, dict) else _items(value)
        if isinstance(value, tuple | frozenset):
            return _items(value)
        if type(value).__module__ == "numpy":
            self._ids.update((id(value), id(memory(value))))
            return []
        if isinstance(value, type) or not is_user_class(type(value)):
            return []
        return [*(instance_dict(value) or {}).values(), *_slots(value)]


def _items(value: Any) -> list[Any]:
    """The items of a container, as its built-in kind holds them."""
    kind: Any = next(k for k in (list, tuple, set, frozenset, deque) if isinstance(value, k))
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
