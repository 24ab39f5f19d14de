"""Iterables whose items are made when they are asked for: generators, `map`, `zip`, ranges of unknown length, views of dictionaries."""

from __future__ import annotations

from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Lazy, Nothing, Range, Suspended, View
from janus_nb.lowering.heap import fence
from janus_nb.lowering.values import generators
from janus_nb.lowering.values.kind import Give, Kind
from janus_nb.lowering.values.ranges import range_items


class LazyKind(Kind):
    """An iterator, or a generator that has not begun."""

    words = "an iterator: a generator, `map`, `filter`, `zip`, `enumerate`, `reversed`"
    order = 2

    def called(self, value: Lazy | Suspended) -> str:
        """What makes it."""
        return value.what if isinstance(value, Lazy) else f"{value.function.__name__}()"

    def truth(self, low: Lowering, value: Any) -> Any:
        """Always true, whatever it yields."""
        return True

    def attribute(self, low: Lowering, value: Any, name: str) -> Any:
        """Nobody asks an iterator by hand.

        Raises:
            Unsupported: JN104.
        """
        raise Unsupported("JN104", f"attribute {name!r} of an iterator")

    def items(self, low: Lowering, value: Any, count: int | None) -> list[Any]:
        """All at once, if nothing happens in between."""
        return generators.collect(low, value)

    def each(self, low: Lowering, value: Any, give: Give) -> None:
        """One by one, its own code around the consumer's."""
        generators.consume(low, value, give)


class ViewKind(Kind):
    """`keys()`, `values()` or `items()` of a dictionary."""

    words = "a view of a dictionary: `keys()`, `values()`, `items()`"
    order = 2

    def called(self, value: View) -> str:
        """What makes it."""
        return f"{value.name}()"

    def truth(self, low: Lowering, value: View) -> Any:
        """It is not empty."""
        return bool(value.items)

    def length(self, low: Lowering, value: View) -> Any:
        """Now."""
        return len(value.items)

    def items(self, low: Lowering, value: View, count: int | None) -> list[Any]:
        """Now."""
        return list(value.items)

    def holds(self, low: Lowering, value: View, item: Any) -> Any:
        """Now, among plain values; else by the host."""
        if fence.is_open(low, item) and all(fence.is_open(low, part) for part in value.items):
            return item in value.items
        return low.host_op("({} in {})", lambda x, parts: x in parts, item, low.make(list(value.items)))


class RangeKind(Kind):
    """`range` with bounds that are not all known."""

    words = "a `range` whose bounds are not all known"
    order = 2

    def called(self, value: Range) -> str:
        """As it is written."""
        return "a range of unknown length"

    def items(self, low: Lowering, value: Range, count: int | None) -> list[Any]:
        """As many as were seen."""
        if low.span is None:
            raise Unsupported("JN109", "a range of unknown length")
        return range_items(low, value, low.span)


class NothingKind(Kind):
    """The result of an effect that happens at replay."""

    words = "the result of an effect, which is known after the graph has run, and only there"

    def called(self, value: Nothing) -> str:
        """The effect."""
        return f"the result of {value.what}"


LAZY = LazyKind()
VIEW = ViewKind()
RANGE = RangeKind()
NOTHING = NothingKind()
