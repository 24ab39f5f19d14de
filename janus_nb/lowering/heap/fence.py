"""The fence: what may be computed with Python's own code while a graph is generated.

2 * 3, "a".upper()      plain values: now, natively
[1, 2] + [3]            containers of plain values that the iteration itself has made: now
anything else           by the host, through the door to content (`janus_nb.lowering.heap.content`), or refused

Code of the user's never runs natively while a graph is generated.
"""

from __future__ import annotations

import decimal
from collections.abc import Callable
from typing import Any

from janus_nb.lowering.core import warned
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.speculate.plain import plain
from janus_nb.speculate.slots import ViewSlot


def is_open(low: Lowering, value: Any) -> bool:
    """Whether a value may be computed with now: it is plain, or a container that the iteration made of such values."""
    if plain(value):
        return True
    if id(value) in low.made.borrowed or id(value) in low.made.born:
        return False
    if type(value) in (tuple, frozenset):
        return all(is_open(low, part) for part in value)
    if id(value) not in low.made.fresh:
        return False
    if isinstance(value, dict):
        return all(map(plain, value)) and all(is_open(low, part) for part in value.values())
    return isinstance(value, list | set | tuple) and all(is_open(low, part) for part in value)


def now(low: Lowering, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """`function(*args, **kwargs)`, natively; what it makes is the iteration's own.

    Raises:
        Unsupported: JN210 if an argument is not open; JN203 if Python raises.
    """
    for value in (*args, *kwargs.values()):
        if not is_open(low, value):
            raise Unsupported("JN210", f"a {type(value).__name__}")
    if any(map(_holds_decimals, (*args, *kwargs.values()))):
        low.heap.guard_view(ViewSlot(decimal, "decimal", _decimal_context, "the context of decimal numbers"), low.span)
    try:
        with warned.failing():
            result = function(*args, **kwargs)
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error
    return low.make(result) if isinstance(result, list | dict | set) else result


def _holds_decimals(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_decimals, value.values()))
    return type(value) is decimal.Decimal or (isinstance(value, list | tuple | set | frozenset) and any(map(_holds_decimals, value)))


def _decimal_context(module: Any) -> tuple[Any, ...]:
    """What decimal arithmetic depends on, in this thread."""
    now = module.getcontext()
    return now.prec, now.rounding, now.Emin, now.Emax, now.capitals, now.clamp, tuple(sorted(s.__name__ for s, on in now.traps.items() if on))


__all__ = ["is_open", "now"]
