"""Built-in functions that iterate: items are made when Python makes them, and as many as Python makes.

any(check(k) for k in range(9))    stops where `any` stops
for y in map(f, xs): ...           `f` is called between two rounds of the body
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

from janus_nb.lowering.core import marks
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.reader import is_users
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Host, Lazy, Num, Phase, Suspended, View
from janus_nb.lowering.heap import fence
from janus_nb.lowering.library.tracing import compute
from janus_nb.lowering.values import generators, operators
from janus_nb.speculate.plain import plain


def as_replayed(low: Lowering, value: Any) -> Any:
    """A container that the loop changes, as the host value that replay will find."""
    if id(value) in low.heap.dirty and not low.is_fresh(value):
        return Host(Phase.POST, low.host.object(value))
    return value


def _lazy(low: Lowering, what: str, produce: Callable[[Callable[[Any], bool]], None]) -> Lazy:
    return Lazy(produce, what, list(low.frames))


def _apart(low: Lowering, iterables: tuple[Any, ...]) -> list[list[Any]]:
    """The items of several iterables that are consumed in step.

    Raises:
        Unsupported: JN104 if making an item has effects: Python makes them in turn, and not all.
    """
    before = marks.mark(low)
    columns = [low.items_of(value) for value in iterables]
    if len(iterables) > 1 and marks.acted(low, before):
        raise Unsupported("JN104", "iterators with effects are consumed in step")
    return columns


def _give_all(items: list[Any], give: Callable[[Any], bool]) -> None:
    for item in items:
        if not give(item):
            return


def _through(low: Lowering, items: Any, give: Callable[[Any], bool]) -> None:
    """Hand on the items of an iterable, one by one if they are made one by one."""
    if isinstance(items, Lazy | Suspended):
        generators.consume(low, items, give)
    else:
        _give_all(low.items_of(items), give)


def enumerate_rule(low: Lowering, items: Any, start: int = 0) -> Any:
    """`enumerate(items, start)`."""

    def produce(give: Callable[[Any], bool]) -> None:
        count = itertools.count(start)
        _through(low, items, lambda item: give((next(count), item)))

    if type(start) is not int:
        raise Unsupported("JN102", "enumerate() from a value that is not known yet")
    return _lazy(low, "enumerate()", produce)


def zip_rule(low: Lowering, *iterables: Any, strict: bool = False) -> Any:
    """`zip(*iterables)`."""

    def produce(give: Callable[[Any], bool]) -> None:
        columns = _apart(low, iterables)
        if strict and len({len(c) for c in columns}) > 1:
            raise Unsupported("JN203", "ValueError: zip() arguments of unlike length")
        _give_all(list(zip(*columns, strict=False)), give)

    return _lazy(low, "zip()", produce)


def map_rule(low: Lowering, function: Any, *iterables: Any) -> Any:
    """`map(function, *iterables)`."""

    def produce(give: Callable[[Any], bool]) -> None:
        if len(iterables) == 1:
            _through(low, iterables[0], lambda item: give(low.call(function, (item,), {})))
            return
        for parts in zip(*_apart(low, iterables), strict=False):
            if not give(low.call(function, parts, {})):
                return

    return _lazy(low, "map()", produce)


def reduce_rule(low: Lowering, function: Any, items: Any, *initial: Any) -> Any:
    """`functools.reduce(function, items, initial)`."""

    values = [*initial, *low.items_of(items)]
    if not values:
        raise Unsupported("JN203", "TypeError: reduce() of empty iterable with no initial value")
    result = values[0]
    for value in values[1:]:
        result = low.call(function, (result, value), {})
    return result


def filter_rule(low: Lowering, function: Any, items: Any) -> Any:
    """`filter(function, items)`."""

    def produce(give: Callable[[Any], bool]) -> None:
        def test(item: Any) -> bool:
            keep = low.truth(low.call(function, (item,), {}) if function is not None else item)
            if not isinstance(keep, bool):
                raise Unsupported("JN111", "filter() by a condition that is not known")
            return give(item) if keep else True

        _through(low, items, test)

    return _lazy(low, "filter()", produce)


def all_any_rule(conjunction: bool) -> Callable[..., Any]:
    """`all(items)` or `any(items)`: stops where Python stops, as far as that is known."""
    name = "all" if conjunction else "any"
    python: Any = all if conjunction else any

    def rule(low: Lowering, items: Any) -> Any:
        items = as_replayed(low, items)
        if isinstance(items, Host | Num):
            return low.host_op(f"{name}({{}})", python, items)
        result: Any = conjunction
        before = marks.mark(low)

        def look(item: Any) -> bool:
            nonlocal result, before
            condition = low.truth(item)
            if not isinstance(result, bool) and marks.acted(low, before):
                raise Unsupported("JN104", f"{name}() of items with effects, when it is not known where it stops")
            result = operators.join(low, conjunction, low.truth(result), condition)
            before = marks.mark(low)
            return not isinstance(result, bool) or result is conjunction

        _through(low, items, look)
        return result

    return rule


def reversed_rule(low: Lowering, items: Any) -> Any:
    """`reversed(items)`."""
    if is_users(items) or isinstance(items, Lazy | Suspended | set):
        raise Unsupported("JN201", f"reversed() of a {type(items).__name__}")
    return _lazy(low, "reversed()", lambda give: _give_all(list(reversed(low.items_of(items))), give))


def sorted_rule(low: Lowering, items: Any, *, key: Any = None, reverse: Any = False) -> Any:
    """`sorted(items, key=..., reverse=...)`: a new list; the key is asked once for each item, in order."""

    if isinstance(items, Lazy | View | Suspended):
        items = low.make(low.items_of(items))
    if key is None:
        return fence.now(low, sorted, items, reverse=reverse) if fence.is_open(low, items) else compute(low, sorted, (items,), {"reverse": reverse})
    values = low.items_of(as_replayed(low, items))
    keys = [low.call(key, (value,), {}) for value in values]
    if not all(map(plain, keys)) or not plain(reverse):
        raise Unsupported("JN201", "sorted() by a key that is not known yet")
    return low.make([values[i] for i in _order(keys, bool(reverse))])


def _order(keys: list[Any], reverse: bool) -> list[int]:
    """The positions in the order of their keys."""
    try:
        return sorted(range(len(keys)), key=keys.__getitem__, reverse=reverse)
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error
