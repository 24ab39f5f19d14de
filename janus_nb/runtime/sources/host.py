"""Elements of a Python iterator: one at a time, or looked at ahead where nobody can notice."""

from __future__ import annotations

import gc
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import chain, islice, repeat, starmap, takewhile
from typing import Any

from janus_nb.runtime.sources.peeks import Peek, Stamp, hint
from janus_nb.runtime.sources.protocol import Block
from janus_nb.runtime.sources.reach import Reach

_SOME: list[Any] = [[], (), range(0), range(10**30), "a", "\u4e00", b"", bytearray(), {}, {}.values(), {}.items(), set(), reversed([]), deque()]
_SIZED = frozenset(type(iter(made)) for made in _SOME)
"""Iterators that know how many elements are left, and run no code of the user's to tell."""

_HEAP_TYPE = 1 << 9
"""The flag of classes that are made at run time, such as the user's: their `__iter__` may have effects."""


class HostSource:
    """Elements taken one at a time, each when the iteration before it is over: any iterator at all.

    `block` takes the next element and keeps it until its iteration has run, in a graph or in Python; so does what the
    iterator raises instead. `next` is called exactly as often, and when, Python calls it.
    """

    ahead = False

    def __init__(self, iterator: Iterator[Any]) -> None:
        self._iterator = iterator
        self._taken: deque[Any] = deque()
        self._raised: BaseException | None = None
        self.error: BaseException | None = None

    @property
    def watched(self) -> tuple[Any, ...]:
        """Containers that cannot be changed and changed back without the iterator noticing, which rehearsals would do."""
        return tuple(box for box in _behind(self._iterator) if not isinstance(box, list))

    def announced(self) -> int | None:
        """How many elements are still to come, if the iterator is of a kind that tells."""
        if type(self._iterator) not in _SIZED:
            return None
        return hint(self._iterator) + len(self._taken)

    def holds_fewer_than(self, count: int) -> bool:
        """Whether fewer than `count` elements are known to be left."""
        left = self.announced()
        return left is not None and left < count

    def block(self, count: int) -> Block:
        """The next element, if there is one."""
        if not self._taken and self._raised is None:
            try:
                self._taken.append(next(self._iterator))
            except Exception as error:
                self._raised = error
        return Block(list(islice(self._taken, 1)))

    def advance(self, count: int) -> None:
        """Give away the element of the last block."""
        for _ in range(count):
            self._taken.popleft()

    def pop(self) -> Any:
        """The next element, for Python.

        Raises:
            StopIteration: there is none.
        """
        __tracebackhide__ = True
        if self._taken:
            return self._taken.popleft()
        try:
            if self._raised is not None:
                raise self._raised
            return next(self._iterator)
        except BaseException as error:
            self.error = error
            with suppress(Exception):  # what the user's iterator has raised goes first
                self.close()
            raise

    def remaining(self) -> Iterator[Any]:
        """All elements still to come, without JANUS in between."""
        if self._raised is not None:
            rest = iter(()) if isinstance(self._raised, StopIteration) else _raising(self._raised)
        elif self._taken:
            rest = _then(self._taken[0], self._iterator)
        else:
            rest = _quiet(self._iterator)
        self.close()
        return rest

    def close(self) -> None:
        """Let the iterator go: a generator that nobody else holds is closed."""
        self._iterator, self._taken, self._raised = iter(()), deque(), None


class PeekedSource(HostSource):
    """Elements of a private iterator that can be looked into: graphs are fed what lies ahead, and Python still takes one at a time."""

    def __init__(self, iterator: Iterator[Any], peek: Peek) -> None:
        super().__init__(iterator)
        self._peek: Peek | None = peek

    @property
    def ahead(self) -> bool:  # type: ignore[override]
        """Whether a block may hold more than one element."""
        return self._peek is not None

    @property
    def watched(self) -> tuple[Any, ...]:
        """The containers behind the iterator."""
        return tuple(self._peek.containers(self._iterator)) if self._peek is not None else ()

    def announced(self) -> int | None:
        """How many elements are still to come."""
        return None if self._peek is None else self._peek.left(self._iterator) + len(self._taken)

    def block(self, count: int) -> Block:
        """The elements that Python would take in the next `count` iterations, should these change nothing."""
        wanted = count - len(self._taken)
        if wanted <= 0 or count == 1 or self._raised is not None or self._peek is None:
            return super().block(count)
        try:
            found = self._peek.next_few(self._iterator, wanted)
            stamp = self._peek.stamp(self._iterator, wanted)
        except Exception:
            found = []  # the next `next` raises, or ends the loop
        if not found:
            return super().block(count)
        elements = [*self._taken, *found]
        reach = Reach(self.watched)
        elements = list(takewhile(reach.add, elements))
        if len(elements) < 2:
            return super().block(count)
        return Block(elements, unchanged=partial(self._unchanged, wanted, stamp), watched=reach.ids)

    def _unchanged(self, wanted: int, stamp: Stamp) -> bool:
        """Whether the iterator would still give the elements that were looked at."""
        assert self._peek is not None
        try:
            return stamp.same(self._peek.stamp(self._iterator, wanted))
        except Exception:
            return False

    def advance(self, count: int) -> None:
        """Take the first `count` elements from the iterator: they have been fed, and their iterations committed."""
        while count and self._taken:
            self._taken.popleft()
            count -= 1
        deque(islice(self._iterator, count), maxlen=0)

    def close(self) -> None:
        """Let the iterator and its container go."""
        super().close()
        self._peek = None


def _behind(iterator: Any) -> list[Any]:
    """The containers that an iterator reads from, directly or through iterators of Python's own."""
    found: list[Any] = []
    pending, seen = [iterator], {id(iterator)}
    while pending:
        for held in gc.get_referents(pending.pop()):
            if id(held) in seen:
                continue
            seen.add(id(held))
            if isinstance(held, list | dict | set | deque):
                found.append(held)
            elif type(held) is tuple or (not type(held).__flags__ & _HEAP_TYPE and hasattr(held, "__next__")):
                pending.append(held)
    return found


def _quiet(iterator: Iterator[Any]) -> Iterator[Any]:
    """An iterator that a second `for` may be given: `iter` of the user's own is not called again."""
    if type(iterator).__flags__ & _HEAP_TYPE:
        return starmap(next, repeat((iterator,)))
    return iterator


def _then(first: Any, iterator: Iterator[Any]) -> Iterator[Any]:
    """An element, and those of an iterator."""
    return chain((first,), _quiet(iterator))


def _raising(error: BaseException) -> Iterator[Any]:
    """An iterator that raises what the user's has raised."""
    yield from ()
    raise error


__all__ = ["HostSource", "PeekedSource"]
