"""NumPy's warnings about numbers (a division by zero, an overflow), where Python code runs for the user out of its place.

A host program runs ahead of what is printed, or again, and is no line of the user's: what would warn in it fails there, and Python runs
the iteration, and warns. A value that only serves to see what kind it is may be anything.
"""

from __future__ import annotations

import contextlib
import sys
from contextlib import AbstractContextManager
from typing import Any


def failing(computing: bool = True) -> AbstractContextManager[Any]:
    """What would warn raises `FloatingPointError`; `computing` says whether there is anything that could."""
    numpy: Any = sys.modules.get("numpy") if computing else None
    if numpy is None:
        return contextlib.nullcontext()
    return numpy.errstate(**{kind: "raise" for kind, how in numpy.geterr().items() if how != "ignore"})  # type: ignore[no-any-return]


def silent() -> AbstractContextManager[Any]:
    """Nothing warns."""
    numpy: Any = sys.modules.get("numpy")
    return contextlib.nullcontext() if numpy is None else numpy.errstate(all="ignore")


__all__ = ["failing", "silent"]
