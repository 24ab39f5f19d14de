"""How the state of a container is kept, and put back exactly: the same items in the same order."""

from __future__ import annotations

import collections
import random
from collections.abc import Iterator
from typing import Any

from janus_nb.lowering.effects.effect import Keeping
from janus_nb.speculate.plain import plain
from janus_nb.speculate.slots import UNBOUND

TRUSTED = ("builtins", "collections", "numpy", "tensorflow", "keras", "datetime", "decimal", "fractions")
"""Packages whose containers and values do what their names say; a class of the user's may do anything."""


def is_trusted(value: Any) -> bool:
    """Whether a value's class comes from a package whose containers do what their names say."""
    return type(value).__module__.partition(".")[0] in TRUSTED


def is_array(value: Any) -> bool:
    """Whether a value is a NumPy array (not a scalar, not a subclass)."""
    return type(value).__module__ == "numpy" and type(value).__name__ == "ndarray"


# -- everything in a container -----------------------------------------------------------------------------------------------


def _content(owner: Any) -> Any:
    """What is in a container.

    Raises:
        TypeError: it is of a kind that nobody knows how to put back.
    """
    if is_array(owner):
        return owner.copy()
    if is_trusted(owner):
        if isinstance(owner, list | bytearray | collections.deque):
            return list(owner)
        if isinstance(owner, dict):
            return dict(owner)
        if isinstance(owner, set):
            return _as_it_lies(owner)
    raise TypeError(f"a {type(owner).__name__} cannot be changed at replay")


def _refill(owner: Any, content: Any) -> None:
    if isinstance(owner, list | bytearray):
        owner[:] = content
    elif is_array(owner):
        owner[...] = content
    else:
        owner.clear()
        owner.extend(content) if isinstance(owner, collections.deque) else owner.update(content)


def _as_it_lies(owner: set[Any]) -> Any:
    """What to fill a set with so that its items come in the same order, now and when more are added.

    The order depends on how a set has grown, which it does not tell; so several ways are tried out.

    Raises:
        TypeError: none leads to the same place.
    """
    order, size = list(owner), owner.__sizeof__()
    if not all(map(plain, order)):
        raise TypeError("a set of values that are not plain cannot be put back")
    for items in _ways(owner, order):
        trial: set[Any] = set()
        trial.update(items)
        if trial.__sizeof__() == size and all(a is b for a, b in zip(trial, order, strict=True)):
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


WHOLE = Keeping("whole", _content, _refill, once=True)
"""All that is in a container."""


# -- the end of a list -------------------------------------------------------------------------------------------------------


def _cut(owner: list[Any], size: int) -> None:
    del owner[size:]


SIZE = Keeping("size", len, _cut, once=True)
"""How long a list is: enough for effects that only add at its end."""


# -- one item ----------------------------------------------------------------------------------------------------------------


def _item(owner: Any, index: Any, *_: Any) -> tuple[Any, Any]:
    """What a dictionary holds under a key, or a list at a place."""
    return index, owner.get(index, UNBOUND) if isinstance(owner, dict) else owner[index]


def _put_item(owner: Any, kept: tuple[Any, Any]) -> None:
    index, before = kept
    if before is UNBOUND:
        owner.pop(index, None)
    elif isinstance(owner, dict) or -len(owner) <= index < len(owner):
        owner[index] = before


ITEM = Keeping("item", _item, _put_item, once=False)
"""One item of a dictionary or list."""

__all__ = ["ITEM", "SIZE", "TRUSTED", "WHOLE", "is_array", "is_trusted"]
