"""How the state of a container is kept, and put back exactly: the same items in the same order."""

from __future__ import annotations

import collections
from typing import Any

from janus_nb.lowering.effects.effect import Keeping
from janus_nb.lowering.effects.sets import filling
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
            return filling(owner)
    raise TypeError(f"a {type(owner).__name__} cannot be changed at replay")


def _refill(owner: Any, content: Any) -> None:
    if isinstance(owner, list | bytearray):
        owner[:] = content
    elif is_array(owner):
        owner[...] = content
    else:
        owner.clear()
        owner.extend(content) if isinstance(owner, collections.deque) else owner.update(content)


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
