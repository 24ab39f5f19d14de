"""How control goes on: boundaries that a branch cannot take its rest across, what follows a statement, conditions that are assumed."""

from __future__ import annotations

import ast
import contextlib
from collections.abc import Iterator
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.outcome import Outcome
from janus_nb.lowering.core.values import Host, Num


@contextlib.contextmanager
def continuation(low: Lowering, rest: list[ast.stmt]) -> Iterator[None]:
    """While inside, `rest` is what follows the current statement in its block."""
    stack = low.place.following
    stack.append(rest)
    try:
        yield
    finally:
        stack.pop()


@contextlib.contextmanager
def boundary(low: Lowering, kind: str) -> Iterator[None]:
    """A place beyond which a branch cannot take what follows along: a function, a loop body, a `with` block."""
    stack = low.place.following
    stack.append(kind)
    try:
        yield
    finally:
        stack.pop()


def assume(low: Lowering, condition: Any, taken: bool, assumption: Any) -> None:
    """Assert that a condition comes out as `taken`."""
    if isinstance(condition, Host):
        low.check_host(condition, taken, assumption)
        return
    tensor = condition.tensor if isinstance(condition, Num) else condition
    low.check(tensor if taken else low.math("logical_not", tensor), assumption)


def jumps(node: ast.stmt) -> bool:
    """Whether a statement may leave the block it stands in."""
    return any(isinstance(n, ast.Return | ast.Break | ast.Continue) for n in _own(node))


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """The node and its parts, without those of functions defined in it."""
    yield node
    if not isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
        for child in ast.iter_child_nodes(node):
            yield from _own(child)


def one_round(low: Lowering, body: list[ast.stmt]) -> Outcome:
    """One round of an inner loop."""
    low.place.loop_depth += 1
    try:
        with boundary(low, "loop"):
            return low.run(body)
    finally:
        low.place.loop_depth -= 1
