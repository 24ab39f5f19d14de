"""Progress bars: the bar's own code does the counting, and draws what it always draws.

`for x in tqdm(xs)` runs a generator of tqdm's. It is left to do so, over a stand-in for `xs` that gives it the elements
that Python runs, and lets it count those that graphs have run. It cannot tell the difference, and neither can who holds
the bar: what the bar says and how it ends (also by `break`, or by an exception) is tqdm's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from janus_nb.runtime.sources.protocol import Block, Source
from janus_nb.source.units import is_user_class


class _Feed:
    """What the bar's generator iterates over."""

    def __init__(self, bar: Any, open_inner: Callable[[], Source]) -> None:
        self._bar = bar
        self._iterable: Any = None
        self._open_inner = open_inner
        self.source: Source | None = None
        self.counted = 0

    def open(self) -> Source:
        """The source of the elements; opened when the bar would begin to iterate."""
        if self.source is None:
            self.source = self._open_inner()
        return self.source

    def put(self) -> None:
        """Stand in for what the bar iterates over."""
        self._iterable, self._bar.iterable = self._bar.iterable, self

    def restore(self) -> None:
        """The bar has begun: it is as the user made it."""
        if self._bar.iterable is self:
            self._bar.iterable, self._iterable = self._iterable, None

    def __iter__(self) -> _Feed:
        self.restore()
        self.open()
        return self

    def __next__(self) -> Any:
        __tracebackhide__ = True
        if self.counted:
            self.counted -= 1
            return None
        assert self.source is not None
        return self.source.pop()


class BarSource:
    """A progress bar's elements, from what the bar iterates over."""

    def __init__(self, bar: Any, open_inner: Callable[[], Source]) -> None:
        self._bar = bar
        self._feed: _Feed | None = _Feed(bar, open_inner)
        self._generator: Iterator[Any] = iter(bar)
        self._begun = False
        self.error: BaseException | None = None

    def _inner(self) -> Source | None:
        return self._feed.source if self._feed is not None else None

    @property
    def ahead(self) -> bool:
        """Whether a block may hold more than one element."""
        inner = self._inner()
        return inner is not None and inner.ahead

    @property
    def watched(self) -> tuple[Any, ...]:
        """Containers that the elements are read from."""
        inner = self._inner()
        return inner.watched if inner is not None else ()

    def announced(self) -> int | None:
        """How many elements are still to come, if that is known."""
        inner = self._inner()
        if inner is not None:
            return inner.announced()
        iterable = self._bar.iterable
        return len(iterable) if type(iterable) in (list, tuple, range, dict, str) and not self._begun else None

    def holds_fewer_than(self, count: int) -> bool:
        """Whether fewer than `count` elements are known to be left."""
        left = self.announced()
        return left is not None and left < count

    def block(self, count: int) -> Block:
        """The next elements of what the bar iterates over."""
        if self._feed is None:
            return Block([])
        try:
            return self._feed.open().block(count)
        except Exception:
            return Block([])  # the bar raises it again when it begins

    def advance(self, count: int) -> None:
        """The first `count` elements of the last block have been worked on: the bar counts them."""
        assert self._feed is not None and self._feed.source is not None
        self._feed.source.advance(count)
        self._feed.counted = count
        for _ in range(count):
            self._next()

    def pop(self) -> Any:
        """The next element, for Python.

        Raises:
            StopIteration: there is none, and the bar is finished.
        """
        __tracebackhide__ = True
        try:
            return self._next()
        except BaseException as error:
            self.error = error
            self.close()
            raise

    def _next(self) -> Any:
        __tracebackhide__ = True
        if self._begun or self._feed is None:
            return next(self._generator)
        self._begun = True
        self._feed.put()
        try:
            return next(self._generator)
        finally:
            self._feed.restore()

    def remaining(self) -> Iterator[Any]:
        """All elements still to come."""
        if self._begun or self._inner() is None:
            generator = self._generator
            self.close()
            return generator
        return self._rest()

    def _rest(self) -> Iterator[Any]:
        while True:
            try:
                element = self.pop()
            except StopIteration:
                return
            yield element

    def close(self) -> None:
        """The loop is over, or was left: the bar's generator ends as it does when Python lets it go."""
        self._generator, self._feed = iter(()), None


def is_bar(iterable: Any) -> bool:
    """Whether this is a tqdm bar over something, which iterates in tqdm's own way."""
    kind = type(iterable)
    return (
        any(k.__module__.partition(".")[0] == "tqdm" for k in kind.__mro__)
        and not is_user_class(kind)
        and getattr(kind.__iter__, "__module__", "").partition(".")[0] == "tqdm"
        and vars(iterable).get("iterable") is not None
    )


__all__ = ["BarSource", "is_bar"]
