"""Elements of a dataset, pulled in blocks (`janus_nb.tf.datasets`)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from janus_nb.lowering.generate import Column, Parts
from janus_nb.runtime.sources.protocol import Block


class TensorSource:
    """Elements of a dataset (or of an iterator over one), with their numbers if they are enumerated.

    The dataset's iterator is made when the first element is asked for: once, as the user's `for` does.
    """

    watched: tuple[Any, ...] = ()

    def __init__(self, source: Any, ahead: bool, count: bool = False, start: int = 0) -> None:
        self._source = source
        self.ahead = ahead
        self._raised: BaseException | None = None
        self.error: BaseException | None = None
        self._blocks: deque[Any] = deque()
        self._numbered = count
        self._start = start
        self._next = start

    def announced(self) -> int | None:
        """How many elements are still to come, if the dataset says so."""
        size = self._source.size() if self._source is not None else 0
        return None if size is None else max(0, size - (self._next - self._start))

    def holds_fewer_than(self, count: int) -> bool:
        """Whether the loop is known to end within `count` more elements: few batches may still be much work."""
        return False

    def remaining(self) -> Iterator[Any]:
        """All elements still to come."""
        while True:
            try:
                element = self.pop()
            except StopIteration:
                return
            yield element

    def _fill(self, count: int) -> int:
        """Make sure that something is pending; returns how many elements can go into the next block."""
        if not self._blocks and self._raised is None and self._source is not None:
            try:
                pulled, self._raised = self._source.take(count if self.ahead else 1)
            except Exception as error:
                pulled, self._raised = [], error
            self._blocks.extend(pulled)
        if not self._blocks:
            return 0
        return int(min(count, self._blocks[0].count - self._blocks[0].offset))

    def block(self, count: int) -> Block:
        """Up to `count` pending elements of one shape."""
        size = self._fill(count)
        if size == 0:
            return Block([])
        first = self._blocks[0]
        template = _columns(first.structure, [Column(i, s) for i, s in enumerate(first.specs())])
        columns = first.columns(size)
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
        try:
            element = self._pop()
        except BaseException as error:
            self.error = error
            self.close()
            raise
        number = self._next
        self._next += 1
        return (number, element) if self._numbered else element

    def _pop(self) -> Any:
        if not self._blocks and self._raised is None:
            if self._source is None:
                raise StopIteration
            if not self._source.batched:
                return self._source.next()
            self._fill(1)
        if not self._blocks:
            raise self._raised or StopIteration
        first = self._blocks[0]
        element = first.pop()
        if first.offset == first.count:
            self._blocks.popleft()
        return element

    def close(self) -> None:
        """Let the dataset's iterator go."""
        self._blocks.clear()
        self._source, self._raised = None, None


def _columns(structure: Any, columns: list[Column]) -> Any:
    if type(structure) is tuple:
        return tuple(_columns(part, columns) for part in structure)
    if isinstance(structure, dict):  # components come in the order of the sorted keys
        parts = {key: _columns(structure[key], columns) for key in sorted(structure)}
        return {key: parts[key] for key in structure}
    return columns.pop(0)


__all__ = ["TensorSource"]
