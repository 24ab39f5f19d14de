"""Copies of syntax trees, several times faster than `copy.deepcopy`: every run of a new cell waits for them."""

from __future__ import annotations

import ast
from typing import Any, TypeVar

_N = TypeVar("_N")


def clone(value: _N) -> _N:
    """A tree (or list of trees) that shares no node with the given one. Constants and names are shared."""
    made: Any = value
    if isinstance(value, ast.AST):
        made = value.__class__()
        for name, part in value.__dict__.items():
            setattr(made, name, clone(part) if isinstance(part, ast.AST | list) else part)
    elif isinstance(value, list):
        made = [clone(part) if isinstance(part, ast.AST | list) else part for part in value]
    return made  # type: ignore[no-any-return]


__all__ = ["clone"]
