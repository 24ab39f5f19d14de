"""What the text of a unit tells: which lines a statement has, which branch holds them, which names it sets and reads.

The views know the user's program from events alone; a text that does not parse simply tells nothing.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field

LOOPS = (ast.For, ast.While, ast.AsyncFor)


@dataclass(frozen=True, slots=True)
class Branch:
    """One side of an `if` (or of a conditional expression on several lines): the lines in it, and which outcome leads there."""

    test: int
    taken: bool
    lines: range


@dataclass(slots=True)
class Structure:
    """A unit's statements.

    Attributes:
        headers: By line: the last line of the statement's own text (of a compound one, before its body).
        branches: Sides of branches, outermost first.
        stores: Names that the statement beginning at a line binds.
        loads: Names that it reads.
        functions: Lines of functions, by name.
        loops: Lines at which loops begin, with their last line.
    """

    headers: dict[int, int] = field(default_factory=dict)
    branches: list[Branch] = field(default_factory=list)
    stores: dict[int, frozenset[str]] = field(default_factory=dict)
    loads: dict[int, frozenset[str]] = field(default_factory=dict)
    functions: list[tuple[str, range]] = field(default_factory=list)
    loops: dict[int, int] = field(default_factory=dict)

    def function_at(self, line: int) -> str | None:
        """The innermost function around a line."""
        around = [(len(lines), name) for name, lines in self.functions if line in lines and line != lines.start]
        return min(around)[1] if around else None


def structure_of(first: int, text: str) -> Structure:
    """The structure of a text whose first line has the number `first`."""
    found = Structure()
    try:
        tree = ast.parse(textwrap.dedent(text))
    except SyntaxError:
        return found
    down = first - 1
    for node in _statements(tree):
        _add(found, node, down)
    return found


def _statements(tree: ast.AST) -> Iterator[ast.stmt]:
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop(0)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                yield child
            pending.append(child)


def _add(found: Structure, node: ast.stmt, down: int) -> None:
    body = getattr(node, "body", None)
    last = node.end_lineno or node.lineno
    if isinstance(body, list) and body:
        last = max(node.lineno, body[0].lineno - 1)
    line = node.lineno + down
    found.headers[line] = last + down
    parts = [node] if not body else [getattr(node, "test", None), getattr(node, "iter", None), getattr(node, "target", None)]
    parts += [item.context_expr for item in getattr(node, "items", [])] + [item.optional_vars for item in getattr(node, "items", [])]
    names = [n for part in parts if part is not None for n in ast.walk(part) if isinstance(n, ast.Name)]
    found.stores[line] = frozenset(n.id for n in names if isinstance(n.ctx, ast.Store))
    found.loads[line] = frozenset(n.id for n in names if isinstance(n.ctx, ast.Load))
    if isinstance(node, ast.If):
        test = node.test.lineno + down
        found.branches.append(Branch(test, True, _lines(node.body, down)))
        if node.orelse:
            found.branches.append(Branch(test, False, _lines(node.orelse, down)))
    elif isinstance(node, ast.FunctionDef):
        found.functions.append((node.name, range(line, (node.end_lineno or node.lineno) + down + 1)))
    elif isinstance(node, LOOPS):
        found.loops[line] = (node.end_lineno or node.lineno) + down


def _lines(block: list[ast.stmt], down: int) -> range:
    return range(block[0].lineno + down, (block[-1].end_lineno or block[-1].lineno) + down + 1)


__all__ = ["Branch", "Structure", "structure_of"]
