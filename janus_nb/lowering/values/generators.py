"""Generators of the user's that are consumed where they are made: their body is inlined around the consumer's.

    def parts(x):                     for p in parts(x):      lowering: body of `parts`; at `yield`, p is bound and
        for k in range(4):                total += f(p)       the body of the `for` is lowered in its own frame
            yield x[k]

The same serves context managers written as generators: the `yield` stands for the body of the `with`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Lazy, Suspended
from janus_nb.source.units import is_user_function


class Stop(Exception):
    """The consumer left (`break`, `return`): the generator goes no further."""


def is_generator(function: FunctionType) -> bool:
    """Whether calling a function makes a plain generator."""
    return bool(function.__code__.co_flags & inspect.CO_GENERATOR)


def manager_function(function: Any) -> FunctionType | None:
    """The generator function behind one that `contextlib.contextmanager` made, if it is the user's."""
    inner = getattr(function, "__wrapped__", None)
    if not isinstance(inner, FunctionType):
        return None
    made_by_contextlib = isinstance(function, FunctionType) and function.__globals__.get("__name__") == "contextlib"
    return inner if made_by_contextlib and is_user_function(inner) and is_generator(inner) else None


def consume(low: Lowering, generator: Suspended | Lazy, each: Callable[[Any], bool]) -> None:
    """Run a generator, or a lazy iterator; `each` lowers what the consumer does with an item, and says whether it wants more.

    Raises:
        Unsupported: JN104 where the generator yields under a condition that the graph decides, or is consumed twice.
    """

    if generator.begun:
        raise Unsupported("JN104", "a generator that is consumed in two places")
    generator.begun = True
    if isinstance(generator, Lazy) and any(not frame.region and frame not in low.frames for frame in generator.frames):
        raise Unsupported("JN104", f"{generator.what} that outlives the function it was made in")
    depth, consumers = len(low.frames), low.frames  # the list itself: calls in the consumer add their frames to it, and take them away
    before = (len(low.place.branches), low.place.looping, low.place.nested)

    def on_yield(value: Any) -> None:
        if (len(low.place.branches), low.place.looping, low.place.nested) != before:
            raise Unsupported("JN104", "`yield` under a condition that the graph decides")
        mine, konts, loops = low.frames, low.place.following, (low.place.loop_depth, low.place.frame_loop_depth)
        low.frames, low.place.following = consumers, outer_konts
        low.place.loop_depth, low.place.frame_loop_depth = outer_loops
        try:
            more = each(value)
        finally:
            low.frames, low.place.following = mine, konts
            low.place.loop_depth, low.place.frame_loop_depth = loops
        if not more:
            raise Stop

    outer_konts, outer_loops = low.place.following, (low.place.loop_depth, low.place.frame_loop_depth)
    low.frames = list(consumers) if isinstance(generator, Suspended) else list(generator.frames)
    low.place.following = [*outer_konts, "function"]
    try:
        if isinstance(generator, Lazy):
            generator.produce(_stopping(on_yield))
            return
        low.run_generator(generator.function, generator.args, generator.kwargs, on_yield)
    except Stop:
        pass
    finally:
        low.frames, low.place.following = consumers, outer_konts
        low.place.loop_depth, low.place.frame_loop_depth = outer_loops
    assert len(low.frames) == depth


def _stopping(on_yield: Callable[[Any], None]) -> Callable[[Any], bool]:
    def give(value: Any) -> bool:
        on_yield(value)
        return True

    return give


def collect(low: Lowering, generator: Suspended | Lazy) -> list[Any]:
    """All items of a generator that has no effects of its own.

    Raises:
        Unsupported: JN104 if it has: they belong between what the consumer does with the items.
    """
    items: list[Any] = []
    before = low.lines.effects, len(low.heap.overlay)

    def each(value: Any) -> bool:
        items.append(value)
        return True

    consume(low, generator, each)
    if isinstance(generator, Lazy):
        return items  # nothing happens between its items where all are taken at once
    if (low.lines.effects, len(low.heap.overlay)) != before:
        raise Unsupported("JN104", f"{generator.function.__name__}() has effects")
    return items
