"""AST classes that are declined, each with its reason. With the rule tables they cover every class there is."""

from __future__ import annotations

import ast
from typing import NoReturn

from janus_nb.lowering.core.unsupported import Unsupported

REFUSED: dict[str, str] = {
    "AsyncFor": "JN103",
    "AsyncWith": "JN103",
    "AsyncFunctionDef": "JN103",
    "Await": "JN103",
    "ClassDef": "JN105",
    "TryStar": "JN101",
    "TypeAlias": "JN101",
    "TemplateStr": "JN102",
    "Interpolation": "JN102",
}


def refuse(node: ast.AST) -> NoReturn:
    """Decline a node that no rule lowers.

    Raises:
        Unsupported: always.
    """
    name = type(node).__name__
    fallback = "JN101" if isinstance(node, ast.stmt) else "JN102"
    raise Unsupported(REFUSED.get(name, fallback), f"`{name}`")
