"""What every source answers, and the block of elements that a graph call is fed.

    source = open_iterable(backend, iterable, fresh)     iter() was called, as the user's `for` does

    Python runs an iteration:   source.pop()             next(), as the user's `for` does
    a graph runs up to K:       block = source.block(K)  nothing is given away yet
                                block.unchanged()        asked right before the commit
                                source.advance(done)     the iterator now stands behind these elements

A source may look ahead only where nobody can notice: see `peeks`, `private` and `janus_nb.tf.pipelines`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol


def _always() -> bool:
    return True


class Block:
    """Elements that can be fed together.

    Attributes:
        elements: Their host parts, one per iteration.
        columns: Stacked tensors, for elements (or parts) from a tensor source.
        template: The element with `Column`s in place of stacked tensors; `None` when all of it is on the host.
        unchanged: Whether Python would still take exactly these elements: asked after replay, right before the commit.
        watched: Ids of what no iteration of the call may change, because later elements have been looked at already.
    """

    __slots__ = ("columns", "elements", "template", "unchanged", "watched")

    def __init__(
        self,
        elements: Sequence[Any],
        columns: Sequence[Any] = (),
        template: Any = None,
        unchanged: Callable[[], bool] = _always,
        watched: frozenset[int] = frozenset(),
    ) -> None:
        self.elements = elements
        self.columns = columns
        self.template = template
        self.unchanged = unchanged
        self.watched = watched

    def first(self) -> Block:
        """The first iteration's element alone."""
        return Block(self.elements[:1], [c[:1] for c in self.columns], self.template, self.unchanged, self.watched)


class Source(Protocol):
    """Where a loop's elements come from."""

    error: BaseException | None
    """What the user's iterator has raised, or the end of it, when `pop` passed it on."""

    @property
    def ahead(self) -> bool:
        """Whether a block may hold more than one element."""
        ...

    @property
    def watched(self) -> tuple[Any, ...]:
        """Containers that the elements are read from: a graph that takes some ahead must not change these."""
        ...

    def announced(self) -> int | None:
        """How many elements are still to come, if that is known without taking any and without running code of the user's."""
        ...

    def holds_fewer_than(self, count: int) -> bool:
        """Whether fewer than `count` elements are known to be left. Asking has no effect."""
        ...

    def block(self, count: int) -> Block:
        """Up to `count` next elements, for the next iterations; none at the end, or where the iterator raises: `pop` tells which.

        Only an element that belongs to the very next iteration is taken from an iterator that others may see.
        """
        ...

    def advance(self, count: int) -> None:
        """Give away the first `count` elements of the last block: their iterations have been committed."""
        ...

    def pop(self) -> Any:
        """The next element, for Python; what the user's iterator raises is raised here.

        Raises:
            StopIteration: there is none.
        """
        ...

    def remaining(self) -> Iterator[Any]:
        """All elements still to come, without JANUS in between."""
        ...

    def close(self) -> None:
        """The loop was left, or has ended: let the user's objects go, as Python does at this point."""
        ...


__all__ = ["Block", "Source"]
