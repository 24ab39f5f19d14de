"""Looking into Python's own iterators without moving them.

Each kind of iterator that can be looked into has a `Peek`: the elements that `next` would give, how many are left, which
containers they come from, and a `stamp`. Two equal stamps say that the elements are still the same, so that they may be
taken as fed. The user's iterator itself is moved by nothing but `next`.

    iter([a, b, c])    `__reduce__` gives the list and the position        stamp: the objects themselves
    iter(range(9))     the same                                            stamp: none, it cannot change
    iter(array)        the same                                            stamp: its bytes
    iter({...})        `__reduce__` lists what is left, or raises          stamp: the objects themselves
    zip, enumerate     the iterators that they combine                     stamp: theirs

An iterator of any other kind is consumed one element at a time.
"""

from __future__ import annotations

import array
import gc
import operator
import sys
from typing import Any, NamedTuple, Protocol

from janus_nb.runtime.sources.private import part_of_enumerate, part_of_zip

LARGE = 1 << 16
"""Arrays' rows beyond this many bytes are not copied to be compared: the journal alone sees to it that they do not change."""


_WORTH = 256
"""What is left of a dictionary is listed if it is at most so many times what is wanted of it."""


class Stamp(NamedTuple):
    """What the next elements are.

    Attributes:
        objects: For each container, the objects that it holds there.
        contents: For each array, the bytes that it holds there.
    """

    objects: list[list[Any]]
    contents: list[tuple[int, bytes]]

    def same(self, other: Stamp) -> bool:
        """Whether these are the same elements: the very same objects, and equal bytes."""
        alike = len(self.objects) == len(other.objects) and self.contents == other.contents
        return alike and all(len(a) == len(b) and all(map(operator.is_, a, b)) for a, b in zip(self.objects, other.objects, strict=True))


class Peek(Protocol):
    """How to look into one kind of iterator."""

    def left(self, iterator: Any) -> int:
        """How many elements it still has."""
        ...

    def next_few(self, iterator: Any, count: int) -> list[Any]:
        """Up to `count` elements that `next` would give.

        Raises:
            Exception: `next` would raise, too, or the iterator cannot be looked into in its present state.
        """
        ...

    def stamp(self, iterator: Any, count: int) -> Stamp:
        """Something that differs as soon as one of the next `count` elements does."""
        ...

    def containers(self, iterator: Any) -> list[Any]:
        """The changeable containers that the elements come from."""
        ...


def hint(iterator: Any) -> int:
    """How many elements an iterator of Python's own says that it still has."""
    try:
        return operator.length_hint(iterator)
    except OverflowError:
        return sys.maxsize


def _position(iterator: Any) -> tuple[Any, int]:
    """The sequence behind an iterator, and the index of its next element."""
    state = iterator.__reduce__()
    return state[1][0], state[2] if len(state) > 2 and state[2] is not None else 0


class _Constant:
    """A tuple, range, text or bytes."""

    def left(self, iterator: Any) -> int:
        return hint(iterator)

    def next_few(self, iterator: Any, count: int) -> list[Any]:
        sequence, start = _position(iterator)
        kind: Any = next(k for k in (range, tuple, str, bytes) if isinstance(sequence, k))
        return [*kind.__getitem__(sequence, slice(start, start + count))]  # a subclass's own `__getitem__` has no part in iteration

    def stamp(self, iterator: Any, count: int) -> Stamp:
        return Stamp([], [])

    def containers(self, iterator: Any) -> list[Any]:
        return []


class _Listed:
    """A list: iterated by index, so that it may grow and shrink."""

    def left(self, iterator: Any) -> int:
        return hint(iterator)

    def next_few(self, iterator: Any, count: int) -> list[Any]:
        items, start = _position(iterator)
        return list.__getitem__(items, slice(start, start + count))

    def stamp(self, iterator: Any, count: int) -> Stamp:
        return Stamp([self.next_few(iterator, count)], [])

    def containers(self, iterator: Any) -> list[Any]:
        return [_position(iterator)[0]]


class _Backwards(_Listed):
    """A list in reverse: what is appended is not seen."""

    def next_few(self, iterator: Any, count: int) -> list[Any]:
        items, start = _position(iterator)
        if not 0 <= start < list.__len__(items):
            return []
        return list.__getitem__(items, slice(start, start - count if start >= count else None, -1))


class _Remaining:
    """A dictionary, one of its views, or a set: `next` raises once its size has changed, and so does `__reduce__`."""

    def left(self, iterator: Any) -> int:
        return hint(iterator)

    def next_few(self, iterator: Any, count: int) -> list[Any]:
        if hint(iterator) > _WORTH * count:
            return []  # taken one by one: all that is left would be listed for a few
        left: list[Any] = iterator.__reduce__()[1][0]
        return left[:count]

    def stamp(self, iterator: Any, count: int) -> Stamp:
        found = self.next_few(iterator, count)
        pairs = type(iterator) is _ITEMS  # made anew each time
        return Stamp([[part for pair in found for part in pair] if pairs else found], [])

    def containers(self, iterator: Any) -> list[Any]:
        return [held for held in gc.get_referents(iterator) if isinstance(held, dict | set)]


class _Numbers:
    """An array of numbers, NumPy's or Python's own: its elements are made when they are taken."""

    def left(self, iterator: Any) -> int:
        numbers, start = _position(iterator)
        return max(0, len(numbers) - start)

    def next_few(self, iterator: Any, count: int) -> list[Any]:
        numbers, start = _position(iterator)
        return [numbers[i] for i in range(start, min(start + count, len(numbers)))]

    def stamp(self, iterator: Any, count: int) -> Stamp:
        numbers, start = _position(iterator)
        part = numbers[start : start + count]
        return Stamp([], [(len(part), bytes(part) if not hasattr(part, "nbytes") else part.tobytes() if part.nbytes <= LARGE else b"")])

    def containers(self, iterator: Any) -> list[Any]:
        return [_position(iterator)[0]]


class _Zip:
    """Several iterators side by side."""

    def __init__(self, parts: list[Peek]) -> None:
        self._parts = parts

    def _each(self, iterator: Any) -> Any:
        return zip(self._parts, iterator.__reduce__()[1], strict=True)

    def left(self, iterator: Any) -> int:
        return min((peek.left(part) for peek, part in self._each(iterator)), default=0)

    def next_few(self, iterator: Any, count: int) -> list[Any]:
        return list(zip(*(peek.next_few(part, count) for peek, part in self._each(iterator)), strict=False))

    def stamp(self, iterator: Any, count: int) -> Stamp:
        stamps = [peek.stamp(part, count) for peek, part in self._each(iterator)]
        return Stamp([o for s in stamps for o in s.objects], [c for s in stamps for c in s.contents])

    def containers(self, iterator: Any) -> list[Any]:
        return [box for peek, part in self._each(iterator) for box in peek.containers(part)]


class _Enumerate:
    """An iterator whose elements are numbered."""

    def __init__(self, inner: Peek) -> None:
        self._inner = inner

    def left(self, iterator: Any) -> int:
        return self._inner.left(iterator.__reduce__()[1][0])

    def next_few(self, iterator: Any, count: int) -> list[Any]:
        part, number = iterator.__reduce__()[1]
        return list(enumerate(self._inner.next_few(part, count), number))

    def stamp(self, iterator: Any, count: int) -> Stamp:
        return self._inner.stamp(iterator.__reduce__()[1][0], count)

    def containers(self, iterator: Any) -> list[Any]:
        return self._inner.containers(iterator.__reduce__()[1][0])


_ITEMS: type = type(iter(dict[Any, Any]().items()))
_SEQUENCE = type(iter(type("Sequence", (), {"__getitem__": lambda self, index: index})()))
"""The iterator that `iter` makes for what has `__getitem__` only, such as an array of NumPy's."""

_OVER_NUMBERS = (_SEQUENCE, type(iter(array.array("i"))), type(iter(bytearray())))

_KINDS: dict[type, Peek] = {
    **dict.fromkeys((type(iter(())), type(iter(range(0))), type(iter(range(10**30))), type(iter("a")), type(iter("\u00e9\u4e00")), type(iter(b""))), _Constant()),
    type(iter([])): _Listed(),
    type(reversed([])): _Backwards(),
    **dict.fromkeys((type(iter({})), type(iter({}.values())), type(iter({}.items())), type(iter(set()))), _Remaining()),
}  # fmt: skip


def peek_of(iterator: Any) -> Peek | None:
    """How to look into an iterator, and into all that it is made of; `None` if nobody may, or if parts of it are held by others."""
    kind = type(iterator)
    if kind is zip:
        parts = iterator.__reduce__()[1]
        if not all(part_of_zip(parts, index) for index in range(len(parts))):
            return None
        peeks = [peek_of(part) for part in parts]
        return None if None in peeks else _Zip(peeks)  # type: ignore[arg-type]
    if kind is enumerate:
        parts = iterator.__reduce__()[1]
        inner = peek_of(parts[0]) if part_of_enumerate(parts) else None
        return None if inner is None else _Enumerate(inner)
    if kind in _OVER_NUMBERS:
        return _Numbers() if _is_array(_position(iterator)[0]) else None
    return _KINDS.get(kind)


def _is_array(sequence: Any) -> bool:
    """Whether this is a plain array of numbers, and no class of the user's."""
    kind = type(sequence)
    if kind in (array.array, bytearray):
        return True
    return kind.__module__ == "numpy" and kind.__name__ == "ndarray" and not sequence.dtype.hasobject and sequence.ndim > 0


__all__ = ["Peek", "Stamp", "hint", "peek_of"]
