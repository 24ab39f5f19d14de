"""Evidence that nobody but the loop can reach an iterator.

`for i, x in enumerate(xs)` makes an object that only the loop holds: elements may be looked at ahead of time, and nobody
can ask where it stands. `pairs = zip(xs, ys)` gives it a name, so it has to stand where Python leaves it. References are
counted, and compared with the count of an object that certainly has one holder only; a count that is too high for any
reason means "shared".
"""

from __future__ import annotations

import ast
import sys
from typing import Any

HELD_BY_ARGUMENT = 2
"""References to an object that only the parameter of the running function holds: the parameter, and the argument of `sys.getrefcount`."""


def made_in_header(node: ast.AST, references: int) -> bool:
    """Whether a `for` iterates over what a call in its header has made, and which nothing else holds.

    Args:
        node: The loop.
        references: `sys.getrefcount` of the iterable, as the first thing that the called function does.
    """
    return isinstance(getattr(node, "iter", None), ast.Call) and references <= HELD_BY_ARGUMENT


def held_once(holder: list[Any]) -> bool:
    """Whether a list of one item is the only holder of that item."""
    return sys.getrefcount(holder[0]) <= _IN_LIST


def part_of_zip(parts: tuple[Any, ...], index: int) -> bool:
    """Whether only the `zip` (whose `__reduce__` gave these parts) holds one of the iterators that it combines."""
    return sys.getrefcount(parts[index]) <= _IN_ZIP


def part_of_enumerate(parts: tuple[Any, ...]) -> bool:
    """Whether only the `enumerate` (whose `__reduce__` gave these parts) holds the iterator that it counts."""
    return sys.getrefcount(parts[0]) <= _IN_ENUMERATE


def value_of_attribute(attributes: dict[str, Any], name: str) -> bool:
    """Whether only an object's dictionary holds the value of an attribute."""
    return sys.getrefcount(attributes[name]) <= _IN_DICT


def _calibrate() -> tuple[int, int, int, int]:
    """The counts of objects that are known to have one holder, taken in the same way as those of others are."""
    pairs, numbers = zip([0], [0], strict=False), enumerate([0])
    zipped, counted = _parts(pairs), _parts(numbers)
    listed, named = [iter([0])], {"value": iter([0])}
    return sys.getrefcount(listed[0]), sys.getrefcount(zipped[0]), sys.getrefcount(counted[0]), sys.getrefcount(named["value"])


def _parts(combined: Any) -> tuple[Any, ...]:
    parts: tuple[Any, ...] = combined.__reduce__()[1]
    return parts


_IN_LIST, _IN_ZIP, _IN_ENUMERATE, _IN_DICT = _calibrate()


__all__ = ["held_once", "made_in_header", "part_of_enumerate", "part_of_zip", "value_of_attribute"]
