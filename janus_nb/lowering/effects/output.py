"""Effects on the outside: output, logs, progress bars. They are held back until their iteration is final, and then let out in order.

print(i, loss)             print_(J, e, g0)               the text is made at once, and written later
logging.info("%s", x)      outside(J, info, '%s', q1)     the arguments as they are now, whatever happens to them before
time.time()                time()                         done at once; what it says differs from run to run
"""

from __future__ import annotations

import collections
import io
import sys
from collections.abc import Callable
from typing import Any

from janus_nb.lowering.effects.effect import Ledger, held, immediate
from janus_nb.lowering.effects.keepings import TRUSTED

_WHOLE = ("_io", "io", "ipykernel.iostream")
"""Where streams come from that cannot tell one piece of text from several."""


def settled(value: Any) -> Any:
    """A value as it is now, whatever happens to its containers before an effect is let out.

    Raises:
        TypeError: it is an object whose state cannot be kept.
    """
    if value is None or isinstance(value, int | float | complex | str | bytes | type) or value is sys.stdout or value is sys.stderr:
        return value
    kind = type(value)
    if kind in (list, tuple, set, frozenset, collections.deque):
        return kind(settled(v) for v in value)
    if isinstance(value, dict):
        return {k: settled(v) for k, v in value.items()}
    root = kind.__module__.partition(".")[0]
    if root == "numpy":
        return value.copy()
    if root not in TRUSTED and not isinstance(value, io.IOBase):
        raise TypeError(f"a {kind.__name__} is handed to an effect")
    return value


def _later(journal: Ledger, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    given = [settled(a) for a in args]
    named = {k: settled(v) for k, v in kwargs.items()}
    journal.hold(lambda: function(*given, **named), None)


class _Pieces:
    """A stream that keeps the pieces in which `print` writes."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def write(self, text: str) -> None:
        """Keep a piece."""
        self.texts.append(text)


def _print(journal: Ledger, *args: Any, sep: str | None = " ", end: str | None = "\n", file: Any = None, flush: bool = False) -> None:
    pieces = _Pieces()
    print(*args, sep=sep, end=end, file=pieces)
    text = "".join(pieces.texts)

    def write() -> None:
        stream = sys.stdout if file is None else file
        for piece in [text] if type(stream).__module__ in _WHOLE else pieces.texts:
            stream.write(piece)
        if flush:
            stream.flush()

    standard = file is None or file is sys.stdout or file is sys.stderr
    journal.hold(write, text if standard else None)


def _do(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return function(*args, **kwargs)


PRINT = held("print_", "print()", print, _print, prints=True)

OUTSIDE = held("outside", "a call with an effect on the outside", _do, _later)

NOW = immediate("now", "a look at the clock", _do, "{0}({rest})")

ALL = (PRINT, OUTSIDE, NOW)

__all__ = ["ALL", "NOW", "OUTSIDE", "PRINT", "settled"]
