"""`itertools`: items are made when they are asked for, whatever they are; tensors and user functions among them.

for i, name in zip(itertools.count(), names):     an endless iterator beside one that ends
for a, b in itertools.pairwise(losses):
total = list(itertools.accumulate(parts))
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Host, Lazy, Num, Suspended
from janus_nb.lowering.values import generators
from janus_nb.lowering.values.iterators import apart, give_all, made_lazily, through

Give = Callable[[Any], bool]

MAX_ENDLESS = 1_000
"""Items of an endless iterator that are made before it is left to Python."""


def _known(value: Any, what: str) -> int:
    if type(value) is not int:
        raise Unsupported("JN102", f"{what} by a number that is not known yet")
    return value


def _endless(low: Lowering, what: str, items: Callable[[], Iterator[Any]]) -> Lazy:
    """An iterator that its consumer leaves.

    Raises:
        Unsupported: JN109, when it is consumed, if nobody leaves it.
    """

    def produce(give: Give) -> None:
        made = -1
        for made, item in enumerate(items()):
            if made == MAX_ENDLESS:
                raise Unsupported("JN109", f"{what} that nobody leaves")
            if not give(item):
                return
        assert made == -1, "only a cycle of nothing ends"

    made = made_lazily(low, what, produce)
    made.endless = items
    return made


class _Consumer:
    """A consumer of several iterators, one after the other: whether it has left."""

    def __init__(self, give: Give) -> None:
        self.give = give
        self.left = False

    def __call__(self, item: Any) -> bool:
        """Hand on an item."""
        try:
            self.left = not self.give(item)
        except generators.Stop:
            self.left = True
            raise
        return not self.left


def count(low: Lowering, start: Any = 0, step: Any = 1) -> Any:
    """`itertools.count(start, step)`: adds the step again and again, as Python does."""
    if not all(isinstance(v, Host | Num) or type(v) in (int, float) for v in (start, step)):
        raise Unsupported("JN102", "count() of something that is no plain number")

    def numbers() -> Iterator[Any]:
        value = start
        while True:
            yield value
            value = low.binary(ast.Add(), value, step)

    return _endless(low, "count()", numbers)


def cycle(low: Lowering, iterable: Any) -> Any:
    """`itertools.cycle(iterable)`, of items that nothing makes on the way."""
    if isinstance(iterable, Lazy | Suspended):
        raise Unsupported("JN104", "cycle() over an iterator")
    return _endless(low, "cycle()", lambda: itertools.cycle(low.items_of(iterable)))


def repeat(low: Lowering, value: Any, times: Any = None) -> Any:
    """`itertools.repeat(value, times)`."""
    if times is None:
        return _endless(low, "repeat()", lambda: itertools.repeat(value))
    return made_lazily(low, "repeat()", lambda give: give_all([value] * _known(times, "repeat()"), give))


def chain(low: Lowering, *iterables: Any) -> Any:
    """`itertools.chain(*iterables)`."""

    def produce(give: Give) -> None:
        consumer = _Consumer(give)
        for iterable in iterables:
            if not consumer.left:
                through(low, iterable, consumer)

    return made_lazily(low, "chain()", produce)


def chain_from(low: Lowering, iterables: Any) -> Any:
    """`itertools.chain.from_iterable(iterables)`."""

    def produce(give: Give) -> None:
        consumer = _Consumer(give)

        def inner(iterable: Any) -> bool:
            through(low, iterable, consumer)
            return not consumer.left

        through(low, iterables, inner)

    return made_lazily(low, "chain.from_iterable()", produce)


def islice(low: Lowering, iterable: Any, *bounds: Any) -> Any:
    """`itertools.islice(iterable, start, stop, step)`: asks for no item beyond the last one that it hands on, or passes over."""
    cut = slice(*(None if b is None else _known(b, "islice()") for b in bounds))
    start, stop, step = cut.start or 0, cut.stop, cut.step or 1
    if min(start, step - 1, 0 if stop is None else stop) < 0:
        raise Unsupported("JN203", "ValueError: islice() takes no negative numbers")

    def produce(give: Give) -> None:
        place = itertools.count()

        def pick(item: Any) -> bool:
            i = next(place)
            if i >= start and (i - start) % step == 0 and not give(item):
                return False
            return stop is None or i + 1 < stop

        if stop is None or stop > 0:
            through(low, iterable, pick)

    return made_lazily(low, "islice()", produce)


def accumulate(low: Lowering, iterable: Any, func: Any = None, *, initial: Any = None) -> Any:
    """`itertools.accumulate(iterable, func, initial=initial)`."""

    def produce(give: Give) -> None:
        state: list[Any] = []

        def step(item: Any) -> bool:
            if state:
                item = low.binary(ast.Add(), state.pop(), item) if func is None else low.call(func, (state.pop(), item), {})
            state.append(item)
            return give(item)

        if initial is None or step(initial):
            through(low, iterable, step)

    return made_lazily(low, "accumulate()", produce)


def pairwise(low: Lowering, iterable: Any) -> Any:
    """`itertools.pairwise(iterable)`."""

    def produce(give: Give) -> None:
        before: list[Any] = []

        def step(item: Any) -> bool:
            before.append(item)
            return len(before) < 2 or give((before.pop(0), item))

        through(low, iterable, step)

    return made_lazily(low, "pairwise()", produce)


def starmap(low: Lowering, function: Any, iterable: Any) -> Any:
    """`itertools.starmap(function, iterable)`."""
    return made_lazily(low, "starmap()", lambda give: through(low, iterable, lambda item: give(low.call(function, tuple(low.items_of(item)), {}))))


def _tested(low: Lowering, predicate: Any, item: Any, what: str) -> bool:
    holds = low.truth(item if predicate is None else low.call(predicate, (item,), {}))
    if not isinstance(holds, bool):
        raise Unsupported("JN111", f"{what} by a condition that is not known")
    return holds


def takewhile(low: Lowering, predicate: Any, iterable: Any) -> Any:
    """`itertools.takewhile(predicate, iterable)`."""
    return made_lazily(
        low, "takewhile()", lambda give: through(low, iterable, lambda item: _tested(low, predicate, item, "takewhile()") and give(item))
    )


def dropwhile(low: Lowering, predicate: Any, iterable: Any) -> Any:
    """`itertools.dropwhile(predicate, iterable)`: the predicate is not asked again once it has failed."""

    def produce(give: Give) -> None:
        dropping = [True]

        def step(item: Any) -> bool:
            dropping[0] = dropping[0] and _tested(low, predicate, item, "dropwhile()")
            return dropping[0] or give(item)

        through(low, iterable, step)

    return made_lazily(low, "dropwhile()", produce)


def filterfalse(low: Lowering, predicate: Any, iterable: Any) -> Any:
    """`itertools.filterfalse(predicate, iterable)`."""
    return made_lazily(
        low, "filterfalse()", lambda give: through(low, iterable, lambda item: _tested(low, predicate, item, "filterfalse()") or give(item))
    )


def compress(low: Lowering, data: Any, selectors: Any) -> Any:
    """`itertools.compress(data, selectors)`."""

    def produce(give: Give) -> None:
        for item, chosen in zip(*apart(low, (data, selectors)), strict=False):
            if _tested(low, None, chosen, "compress()") and not give(item):
                return

    return made_lazily(low, "compress()", produce)


def zip_longest(low: Lowering, *iterables: Any, fillvalue: Any = None) -> Any:
    """`itertools.zip_longest(*iterables, fillvalue=fillvalue)`."""
    if any(isinstance(v, Lazy) and v.endless is not None for v in iterables):
        raise Unsupported("JN109", "zip_longest() with an iterator that never ends")
    return made_lazily(low, "zip_longest()", lambda give: give_all(list(itertools.zip_longest(*apart(low, iterables), fillvalue=fillvalue)), give))


def product(low: Lowering, *iterables: Any, repeat: Any = 1) -> Any:
    """`itertools.product(*iterables, repeat=repeat)`: takes all items when it is called."""
    pools = [low.items_of(iterable) for iterable in iterables]
    times = _known(repeat, "product()")
    return made_lazily(low, "product()", lambda give: give_all(list(itertools.product(*pools, repeat=times)), give))


def _selections(python: Any) -> Callable[..., Any]:
    """`permutations`, `combinations`, `combinations_with_replacement`: take all items when they are called."""

    def rule(low: Lowering, iterable: Any, r: Any = None) -> Any:
        pool = low.items_of(iterable)
        size = len(pool) if r is None and python is itertools.permutations else _known(r, f"{python.__name__}()")
        return made_lazily(low, f"{python.__name__}()", lambda give: give_all(list(python(pool, size)), give))

    return rule


RULES: dict[Any, Callable[..., Any]] = {
    itertools.count: count,
    itertools.cycle: cycle,
    itertools.repeat: repeat,
    itertools.chain: chain,
    itertools.islice: islice,
    itertools.accumulate: accumulate,
    itertools.pairwise: pairwise,
    itertools.starmap: starmap,
    itertools.takewhile: takewhile,
    itertools.dropwhile: dropwhile,
    itertools.filterfalse: filterfalse,
    itertools.compress: compress,
    itertools.zip_longest: zip_longest,
    itertools.product: product,
    itertools.chain.from_iterable: chain_from,
    **{python: _selections(python) for python in (itertools.permutations, itertools.combinations, itertools.combinations_with_replacement)},
}
"""What may be called, and its rule."""
