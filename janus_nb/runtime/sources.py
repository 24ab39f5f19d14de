"""Sources: where a loop's elements come from, and how far ahead they may be taken.

list, tuple, range, array, dict views   any number ahead
enumerate, zip over these               likewise, taken apart
tf.data.Dataset                         pulled in blocks inside a graph
anything else                           one at a time: taking an element may be seen by others
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import chain
from operator import length_hint
from typing import Any

from janus_nb.backend import Backend
from janus_nb.lowering.generate import Column, Parts
from janus_nb.source.units import is_user_class

_AHEAD: tuple[type, ...] = (
    type(iter([])), type(iter(())), type(iter(range(0))), type(iter(range(10**30))), type(iter({})), type(iter({}.values())),
    type(iter({}.items())), type(iter("")), type(reversed([])), type(iter(set())),
)  # fmt: skip


class Block:
    """Elements that can be fed together.

    Attributes:
        elements: Their host parts, one per iteration.
        columns: Stacked tensors, for elements (or parts) from a tensor source.
        template: The element with `Column`s in place of stacked tensors; `None` when all of it is on the host.
    """

    __slots__ = ("columns", "elements", "template")

    def __init__(self, elements: list[Any], columns: list[Any], template: Any) -> None:
        self.elements = elements
        self.columns = columns
        self.template = template

    def unchanged(self) -> bool:
        """Whether these are still the elements that Python would take."""
        return True


class HostSource:
    """Elements of a Python iterator."""

    def __init__(self, iterator: Iterator[Any], ahead: bool, container: Any = None) -> None:
        self._iterator = iterator
        self.ahead = ahead
        self.container = container
        self._pending: deque[Any] = deque()
        self._error: BaseException | None = None

    @property
    def failed(self) -> bool:
        """Whether the iterator has raised; the next `pop` raises it at the user's `for`."""
        return self._error is not None

    def close(self) -> None:
        """The loop was left: nothing to do."""

    def remaining(self) -> Iterator[Any]:
        """All elements still to come, without JANUS in between."""
        return chain(self._pending, self._iterator) if self._pending else self._iterator

    def fill(self, count: int) -> int:
        """Take elements until `count` are pending (one, if the source may not be read ahead); how many there are."""
        wanted = count if self.ahead else 1
        while len(self._pending) < wanted and self._error is None:
            try:
                self._pending.append(next(self._iterator))
            except StopIteration:
                break
            except Exception as error:
                self._error = error
                break
        return min(len(self._pending), count)

    def announced(self) -> int | None:
        """How many elements are still to come, if that is known without taking any."""
        left = _left(self._iterator) if self.ahead else None
        return None if left is None else len(self._pending) + left

    def holds_fewer_than(self, count: int) -> bool:
        """Whether the loop is known to end within `count` more elements."""
        return self.ahead and self.fill(count) < count and not self.failed

    def block(self, count: int) -> Block:
        """Up to `count` pending elements; none is given away yet."""
        self.fill(count)
        return Block([self._pending[i] for i in range(min(count, len(self._pending)))], [], None)

    def advance(self, count: int) -> None:
        """Give away the first `count` pending elements."""
        for _ in range(count):
            self._pending.popleft()

    def pop(self) -> Any:
        """The next element, for Python.

        Raises:
            StopIteration: there is none.
        """
        __tracebackhide__ = True
        if self._pending:
            return self._pending.popleft()
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return next(self._iterator)


class TensorSource:
    """Elements of a dataset, pulled in blocks (`janus_nb.tf.datasets`)."""

    container = None

    def __init__(self, source: Any, ahead: bool, count: bool = False, start: int = 0) -> None:
        self._source = source
        self.ahead = ahead
        self._error: BaseException | None = None
        self._blocks: deque[Any] = deque()
        self._numbered = count
        self._next = start
        self._shapes: Any = None

    def fill(self, count: int) -> int:
        """Make sure that something is pending; returns how many elements can go into the next block."""
        if not self._blocks and self._error is None:
            try:
                self._pull(count)
            except Exception as error:
                self._error = error
        if not self._blocks:
            return 0
        return int(min(count, self._blocks[0].count - self._blocks[0].offset))

    def close(self) -> None:
        """The loop was left: nothing to do."""

    def announced(self) -> int | None:
        """How many elements are still to come, if the dataset says so."""
        size = self._source.size()
        return None if size is None else max(0, size - self._next)

    def holds_fewer_than(self, count: int) -> bool:
        """Whether the loop is known to end within `count` more elements; datasets are not asked."""
        return False

    @property
    def failed(self) -> bool:
        """Whether the dataset has raised; the next `pop` raises it at the user's `for`."""
        return self._error is not None

    def remaining(self) -> Iterator[Any]:
        """All elements still to come."""
        while True:
            try:
                element = self.pop()
            except StopIteration:
                return
            yield element

    def _pull(self, count: int) -> None:
        if self._shapes is None:
            self._shapes = self._source.static_shapes()
        if self._shapes is None or not self.ahead:
            self._pull_one()
        else:
            pulled = self._source.take(count, self._shapes)
            self._blocks.extend(p for p in pulled if p is not None)

    def _pull_one(self) -> None:
        """Take one element alone; the next pulls take elements of its shape together."""
        try:
            first = self._source.take_one()
        except StopIteration:
            return
        self._shapes = [c.shape[1:] for c in first.columns]
        self._blocks.append(first)

    def block(self, count: int) -> Block:
        """Up to `count` pending elements of one shape."""
        size = self.fill(count)
        if size == 0:
            return Block([], [], None)
        first = self._blocks[0]
        whole = first.offset == 0 and size == first.count
        columns = first.columns if whole else [c[first.offset : first.offset + size] for c in first.columns]
        specs = self._source.specs_of(first)
        template = _columns(first.structure, [Column(i, s) for i, s in enumerate(specs)])
        if self._numbered:
            return Block([(self._next + i, None) for i in range(size)], columns, Parts((self._next, template)))
        return Block([None] * size, columns, template)

    def advance(self, count: int) -> None:
        """Give away the first `count` pending elements."""
        self._blocks[0].offset += count
        self._next += count
        if self._blocks[0].offset == self._blocks[0].count:
            self._blocks.popleft()

    def pop(self) -> Any:
        """The next element, for Python.

        Raises:
            StopIteration: there is none.
        """
        __tracebackhide__ = True
        if not self._blocks:
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            if self._source.batched:
                self._pull(1)
            else:
                self._pull_one()
        if not self._blocks:
            raise StopIteration
        element = self._blocks[0].element(self._blocks[0].offset)
        number = self._next
        self.advance(1)
        return (number, element) if self._numbered else element


class BarSource:
    """A progress bar's elements, taken from what the bar iterates over; the bar advances with the loop."""

    def __init__(self, inner: HostSource | TensorSource, bar: Any) -> None:
        self._inner = inner
        self._bar = bar
        self._given = 0

    @property
    def ahead(self) -> bool:
        """Whether elements may be taken ahead."""
        return self._inner.ahead

    @property
    def container(self) -> Any:
        """The list that the bar iterates over."""
        return self._inner.container

    @property
    def failed(self) -> bool:
        """Whether the iterator has raised."""
        return self._inner.failed

    def announced(self) -> int | None:
        """How many elements are still to come, if that is known."""
        return self._inner.announced()

    def holds_fewer_than(self, count: int) -> bool:
        """Whether the loop is known to end within `count` more elements."""
        return self._inner.holds_fewer_than(count)

    def block(self, count: int) -> Block:
        """Up to `count` pending elements."""
        self._settle()
        return self._inner.block(count)

    def advance(self, count: int) -> None:
        """Give away the first `count` pending elements."""
        self._inner.advance(count)
        self._bar.update(count)

    def pop(self) -> Any:
        """The next element, for Python.

        Raises:
            StopIteration: there is none.
        """
        __tracebackhide__ = True
        self._settle()
        try:
            element = self._inner.pop()
        except StopIteration:
            self.close()
            raise
        self._given = 1
        return element

    def remaining(self) -> Iterator[Any]:
        """All elements still to come."""
        try:
            for element in self._inner.remaining():
                self._settle()
                self._given = 1
                yield element
            self._settle()
        finally:
            self.close()

    def close(self) -> None:
        """The loop is over, or was left."""
        self._bar.close()

    def _settle(self) -> None:
        """The element given last has been worked on."""
        given, self._given = self._given, 0
        if given:
            self._bar.update(given)


def _columns(structure: Any, columns: list[Column]) -> Any:
    if type(structure) is tuple:
        return tuple(_columns(part, columns) for part in structure)
    if isinstance(structure, dict):  # components come in the order of the sorted keys
        parts = {key: _columns(structure[key], columns) for key in sorted(structure)}
        return {key: parts[key] for key in structure}
    return columns.pop(0)


Source = HostSource | TensorSource | BarSource


def open_iterable(backend: Backend, iterable: Any) -> Source:
    """A source over what the user's `for` iterates over.

    Raises:
        TypeError: as `iter()` would.
    """
    if _is_bar(iterable):
        return BarSource(_open(backend, iterable.iterable), iterable)
    return _open(backend, iterable)


def _is_bar(iterable: Any) -> bool:
    """Whether this is a tqdm bar that shows something and has not begun."""
    return (
        any(k.__module__.partition(".")[0] == "tqdm" for k in type(iterable).__mro__)
        and getattr(iterable, "iterable", None) is not None
        and not getattr(iterable, "disable", True)
        and not is_user_class(type(iterable))
    )


def _open(backend: Backend, iterable: Any) -> HostSource | TensorSource:
    if type(iterable) is enumerate:
        state: Any = iterable.__reduce__()
        inner, start = state[1]
        source = backend.open_source(inner)
        if source is not None:
            return TensorSource(source, ahead=True, count=True, start=start)
    else:
        source = backend.open_source(iterable)
        if source is not None:
            return TensorSource(source, ahead=iter(iterable) is not iterable)
    iterator = iter(iterable)
    return HostSource(iterator, _reads_ahead(iterable, iterator), iterable if isinstance(iterable, list | dict | deque) else None)


def _left(iterator: Any) -> int | None:
    """How many elements an iterator still has; `None` if it does not say."""
    if type(iterator) in (zip, enumerate):
        state: Any = iterator.__reduce__()
        parts = [_left(part) for part in state[1] if not isinstance(part, int)]
        return None if not parts or None in parts else min(parts)  # type: ignore[type-var]
    left = length_hint(iterator, -1)
    return left if left >= 0 else None


def _reads_ahead(iterable: Any, iterator: Any) -> bool:
    """Whether taking elements early can be seen by nobody."""
    if iterator is not iterable:
        return type(iterator) in _AHEAD or type(iterable).__module__ == "numpy"
    if type(iterable) in (enumerate, zip, map) and type(iterable) is not map:
        state: Any = iterable.__reduce__()
        parts = state[1]
        inner = parts[:1] if type(iterable) is enumerate else parts
        return all(type(p) in _AHEAD or _reads_ahead(p, iter(p)) for p in inner if not isinstance(p, int))
    if type(iterable).__name__ == "iterator":  # of a sequence without an iterator of its own, such as an array
        state = iterable.__reduce__()
        return type(state[1][0]).__module__ == "numpy"
    return False
