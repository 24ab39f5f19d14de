"""Warnings of Python's compiler: shown as often as Python shows them for the cell, although copies of its statements are compiled too."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """For text that Python has compiled before, and warned of then."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        yield


@contextlib.contextmanager
def once() -> Iterator[None]:
    """For a copy of a text: what the compiler says of a line is said once."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always", SyntaxWarning)
        yield
    for text, category, file, line in dict.fromkeys((str(w.message), w.category, w.filename, w.lineno) for w in found):
        warnings.warn_explicit(text, category, file, line)


__all__ = ["once", "quietly"]
