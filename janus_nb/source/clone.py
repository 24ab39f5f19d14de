"""Copies of syntax trees, several times faster than `copy.deepcopy`: every run of a new cell waits for them."""

from __future__ import annotations

import ast
from typing import Any, TypeVar

_N = TypeVar("_N")


def clone(value: _N) -> _N:
    """A tree (or list of trees) that shares no node with the given one but those without content (`Load`, `Add`): Python shares them.

    Only what the grammar says is copied: other libraries hang attributes of their own on nodes, also on the shared ones.
    """
    made: Any = value
    if isinstance(value, ast.AST):
        if not value._fields and not value._attributes:
            return value
        made = value.__class__()
        for name in (*value._fields, *value._attributes):
            part = getattr(value, name, None)
            if part is not None or hasattr(value, name):
                setattr(made, name, clone(part) if isinstance(part, ast.AST | list) else part)
    elif isinstance(value, list):
        made = [clone(part) if isinstance(part, ast.AST | list) else part for part in value]
    return made  # type: ignore[no-any-return]


__all__ = ["clone"]
