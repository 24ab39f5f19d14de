"""Random numbers that Python and NumPy draw: by the host before the graph, in eager's order, from eager's state.

    k = rng.integers(0, n)       pre program: p1 = rng.integers(0, n)
    x = X[k]                                  p2 = X[p1]          -> fed

The pre program runs ahead of the graph, so a call that commits fewer iterations than it prepared puts the generator's
state back and draws again for those it committed (`janus_nb.runtime.executor`).
"""

from __future__ import annotations

import random
import sys
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Phase
from janus_nb.lowering.undo.states import restore, state_of

_NOT_DRAWS = frozenset("seed setstate getstate shuffle set_state get_state bit_generator spawn __init__ default_rng".split())


def generator_behind(function: Any) -> Any:
    """The generator whose state a call of `function` advances, or `None`."""
    owner = getattr(function, "__self__", None)
    if isinstance(owner, random.Random):
        return owner
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None and isinstance(owner, numpy_random.Generator | numpy_random.RandomState):
        return owner
    return None


def draw(low: Lowering, generator: Any, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A call that advances a generator, in the pre program.

    Raises:
        Unsupported: JN205 where the draw depends on what the graph computes, or the call does more than draw.
    """
    name = getattr(function, "__name__", "")
    if name in _NOT_DRAWS or name.startswith("_") or type(generator) not in _plain_types():
        raise Unsupported("JN205", f"{name}() changes the generator or its argument")
    if low.place.branches or low.place.looping or low.place.nested:
        raise Unsupported("JN205", f"{name}() under a condition that the graph computes")
    values = (*args, *kwargs.values())
    if any(low.phase_of(v) is Phase.POST for v in values) or kwargs.get("out") is not None:
        raise Unsupported("JN205", f"{name}() of a value that the graph computes")
    if id(generator) not in low.library.draws:
        low.library.draws[id(generator)] = (generator, state_of(generator))
    for value in values:
        if isinstance(value, list | dict | set) and not low.is_fresh(value) and not low.heap.read_content(value):
            raise Unsupported("JN205", f"{name}() of a container that the loop changes")
    codes = [low.code(v, Phase.PRE) for v in args] + [f"{k}={low.code(v, Phase.PRE)}" for k, v in kwargs.items()]
    try:
        witness = function(*map(low.witness, args), **{k: low.witness(v) for k, v in kwargs.items()})
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error
    return low.host.assign(Phase.PRE, f"{low.host.object(function)}({', '.join(codes)})", witness)


def _plain_types() -> tuple[type, ...]:
    numpy_random = sys.modules.get("numpy.random")
    return (random.Random, numpy_random.Generator, numpy_random.RandomState) if numpy_random is not None else (random.Random,)


__all__ = ["draw", "generator_behind", "restore", "state_of"]
