"""Events of a loop that has moved: a cell was edited around it, and its graphs are those of the text before.

for x in data:      line 2 of the old cell, line 5 of the new one
    ...             what was assumed in line 3 is told of line 6
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from janus_nb.span import Span


def moved(value: Any, homes: Sequence[Span], now: Span) -> Any:
    """An event (or any part of one) with every span inside one of `homes` at the same place relative to `now`."""
    if isinstance(value, Span):
        home = next((h for h in homes if h.file == value.file and h.line <= value.line and value.end_line <= h.end_line), None)
        if home is None:
            return value
        down = now.line - home.line
        return Span(now.file, value.line + down, value.col, value.end_line + down, value.end_col)
    if isinstance(value, tuple):
        return tuple(moved(part, homes, now) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {f.name: moved(getattr(value, f.name), homes, now) for f in fields(value)}
        return replace(value, **changed)
    return value


__all__ = ["moved"]
