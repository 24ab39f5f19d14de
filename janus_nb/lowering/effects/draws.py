"""Random numbers that Python and NumPy draw, ahead of the graph.

    k = rng.integers(0, n)     pre program: k_1 = integers(0, n); the generator's state is kept before the first draw of a call

If iterations are left over, the state is put back, and drawn again for those that were committed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from janus_nb.lowering.effects.effect import Keeping, ahead
from janus_nb.lowering.undo.states import restore, state_of


def _draw(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


STATE = Keeping("state", state_of, restore, once=True)
"""The state of a random generator."""

DRAW = ahead("draw", "a random number is drawn", _draw, STATE)

ALL = (DRAW,)

__all__ = ["ALL", "DRAW", "STATE"]
