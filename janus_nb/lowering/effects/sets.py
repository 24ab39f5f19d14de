"""Putting the content of a set back exactly: not only the same items, but in the same places of its table.

    seen.add(3)     the order in which a set's items come depends on the places of their hashes, and on what has pushed them away from there

A set does not tell how it has grown, and cannot be given a table. So ways to fill an empty one are tried out beforehand, until one leads to
the same table; a set for which none does (one from which something has been removed, for example) is not changed at replay at all.
"""

from __future__ import annotations

import ctypes
import random
import struct
import sys
from collections.abc import Iterator
from typing import Any

from janus_nb.speculate.plain import plain

_HEAD = struct.Struct("nnnP")
"""What CPython keeps of a set behind the object's head: places that are or were taken, items, places less one, where the table is."""
_PLACE = struct.calcsize("Pn")


def table_of(owner: set[Any]) -> bytes:
    """The table of a set, as it lies in memory.

    Raises:
        TypeError: this Python keeps sets in another way.
    """
    if sys.implementation.name != "cpython":
        raise TypeError("the order of a set cannot be put back on this Python")
    _, used, mask, place = _HEAD.unpack(ctypes.string_at(id(owner) + object.__basicsize__, _HEAD.size))
    outside = (mask + 1) * _PLACE if mask > 7 else 0
    if used != len(owner) or owner.__sizeof__() != set.__basicsize__ + outside:
        raise TypeError("the order of a set cannot be put back on this Python")
    return ctypes.string_at(place, (mask + 1) * _PLACE)


def filling(owner: set[Any]) -> Any:
    """What to update an empty set with so that it becomes this one.

    Raises:
        TypeError: nothing that was tried leads there.
    """
    order = list(owner)
    if not all(map(plain, order)):
        raise TypeError("a set of values that are not plain cannot be put back")
    table = table_of(owner)
    for items in _ways(owner, order):
        trial: set[Any] = set()
        trial.update(items)
        if table_of(trial) == table:
            return items
    raise TypeError("the order of a set cannot be put back")


def _ways(owner: set[Any], order: list[Any]) -> Iterator[Any]:
    """Items one after the other, in the orders in which they may have been added, and all of them at once."""
    yield order
    yield set(owner)
    yield order[::-1]
    shuffled, chance = list(order), random.Random(0)
    for _ in range(60 if len(order) < 100 else 2):
        chance.shuffle(shuffled)
        yield list(shuffled)


REMOVING = frozenset("discard remove pop difference_update intersection_update symmetric_difference_update __isub__ __iand__ __ixor__".split())
"""Methods of a set that leave traces in it which cannot be put back."""

__all__ = ["REMOVING", "filling", "table_of"]
