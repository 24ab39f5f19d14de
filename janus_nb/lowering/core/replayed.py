"""What host programs call for a value that only replay knows: nothing here has an effect, and what cannot be done raises."""

from __future__ import annotations

from typing import Any

from janus_nb.speculate.slots import UNBOUND


def plain(value: Any) -> Any:
    """A value that `+=` replaces rather than changes.

    Raises:
        TypeError: it is another.
    """
    replaced = isinstance(value, int | float | str | complex | tuple)
    if not replaced and (type(value).__module__ != "numpy" or getattr(value, "shape", None) != ()):
        raise TypeError(f"+= of a {type(value).__name__} cannot be replayed")
    return value


def bound(value: Any) -> Any:
    """The value of a name that some iterations leave unbound.

    Raises:
        NameError: it is unbound in this one.
    """
    if value is UNBOUND:
        raise NameError("a name has no value yet")
    return value


def unpack(value: Any, count: int) -> tuple[Any, ...]:
    """The items of an iterable that must have `count` of them.

    Raises:
        ValueError: it has another number.
    """
    items = tuple(value)
    if len(items) != count:
        raise ValueError(f"expected {count} values, got {len(items)}")
    return items


__all__ = ["bound", "plain", "unpack"]
