"""Copies of syntax trees, whole or with some parts replaced. Every run of a new cell waits for them: what need not be copied is shared."""

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


def altered(node: _N, **parts: Any) -> _N:
    """A node like the given one but for some of its parts; the others are shared."""
    kind: Any = node.__class__
    kept = {name: getattr(node, name) for name in (*kind._fields, *kind._attributes) if name not in parts and hasattr(node, name)}
    return kind(**kept, **parts)  # type: ignore[no-any-return]


__all__ = ["altered", "clone"]
