"""Rules for statements, in a table keyed by AST class. A rule returns how control goes on."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from typing import Any

from janus_nb.lowering.core import flow, replayed
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.outcome import BREAK, CONTINUE, NORMAL, Exit, Outcome, Returned
from janus_nb.lowering.core.refusals import refuse
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Host, Phase
from janus_nb.lowering.heap import access
from janus_nb.lowering.rules import contexts, control, patterns
from janus_nb.lowering.rules.exprs import closure as make_closure
from janus_nb.lowering.values import generators
from janus_nb.lowering.values.kinds import kind_of
from janus_nb.speculate.slots import UNBOUND

Rule = Callable[[Lowering, Any], Outcome]


def expression(low: Lowering, node: ast.Expr) -> Outcome:
    """An expression for its effects."""
    low.eval(node.value)
    return NORMAL


def assign(low: Lowering, node: ast.Assign) -> Outcome:
    """`targets = value`."""
    value = low.eval(node.value)
    for target in node.targets:
        bind(low, target, value)
    return NORMAL


def ann_assign(low: Lowering, node: ast.AnnAssign) -> Outcome:
    """`target: annotation = value`; annotations of names at the top of a cell are stored, so they are refused."""
    if node.value is None:
        return NORMAL
    if low.frame.region and low.frame.module_level:
        raise Unsupported("JN101", "annotated assignment in a cell's own loop")
    bind(low, node.target, low.eval(node.value))
    return NORMAL


def aug_assign(low: Lowering, node: ast.AugAssign) -> Outcome:
    """`target op= value`."""
    target = node.target
    if isinstance(target, ast.Name):
        now = access.load_name(low, target.id)
        if now is UNBOUND:
            raise Unsupported("JN110", f"name {target.id!r}")
        access.store_name(low, target.id, low.augmented(node.op, now, low.eval(node.value)))
    elif isinstance(target, ast.Attribute):
        owner = low.eval(target.value)
        now = low.attribute(owner, target.attr)
        new = low.augmented(node.op, now, low.eval(node.value))
        kind_of(low, owner).set_attribute(low, owner, target.attr, new)
    else:
        owner, index = low.eval(target.value), low.eval(target.slice)
        kind_of(low, owner).augment_item(low, owner, index, node.op, lambda: low.eval(node.value))
    return NORMAL


def bind(low: Lowering, target: ast.expr, value: Any) -> None:
    """Bind one target: a name, attribute, item, or a pattern of these."""
    with low.at(target):
        if isinstance(target, ast.Name):
            access.store_name(low, target.id, value)
        elif isinstance(target, ast.Attribute):
            owner = low.eval(target.value)
            kind_of(low, owner).set_attribute(low, owner, target.attr, value)
        elif isinstance(target, ast.Subscript):
            owner, index = low.eval(target.value), low.eval(target.slice)
            kind_of(low, owner).set_item(low, owner, index, value)
        elif isinstance(target, ast.Tuple | ast.List):
            _unpack(low, list(target.elts), value)
        else:
            raise Unsupported("JN101", f"assignment to {type(target).__name__}")


def _unpack(low: Lowering, targets: list[ast.expr], value: Any) -> None:
    star = next((i for i, t in enumerate(targets) if isinstance(t, ast.Starred)), None)
    if isinstance(value, Host) and value.phase is Phase.POST:
        if star is not None:
            raise Unsupported("JN102", "starred unpacking of a value known at replay")
        made = low.host_op(f"{{unpack}}({{}}, {len(targets)})", None, value, flat=True, uses={"unpack": replayed.unpack})
        items: list[Any] = [low.host_op(f"{{}}[{i}]", None, made, flat=True, picks=True) for i in range(len(targets))]
    else:
        items = low.items_of(value, len(targets) if star is None else None)
    if star is None:
        if len(items) != len(targets):
            raise Unsupported("JN203", f"ValueError: {len(items)} values for {len(targets)} names")
        pairs = list(zip(targets, items, strict=True))
    else:
        tail = len(targets) - star - 1
        middle = items[star : len(items) - tail]
        names = [*targets[:star], targets[star].value, *targets[star + 1 :]]  # type: ignore[attr-defined]
        pairs = list(zip(names, [*items[:star], low.make(middle), *items[len(items) - tail :]], strict=True))
    for target, item in pairs:
        bind(low, target, item)


def delete(low: Lowering, node: ast.Delete) -> Outcome:
    """`del`: of a local name, or of an item at replay."""
    for target in node.targets:
        if isinstance(target, ast.Name) and not low.frame.region:
            if low.frame.names.pop(target.id, UNBOUND) is UNBOUND:
                raise Unsupported("JN110", f"name {target.id!r}")
        elif isinstance(target, ast.Name):
            access.store_name(low, target.id, UNBOUND)
        elif isinstance(target, ast.Subscript):
            owner, index = low.eval(target.value), low.eval(target.slice)
            kind_of(low, owner).delete_item(low, owner, index)
        else:
            raise Unsupported("JN101", "del of an attribute")
    return NORMAL


def pass_(low: Lowering, node: ast.AST) -> Outcome:
    """Statements that do nothing here (`pass`, and declarations that were read beforehand)."""
    return NORMAL


def return_(low: Lowering, node: ast.Return) -> Outcome:
    """`return`: the value of an inlined call; in the region's own frame, the end of the loop."""
    if low.frame.region:
        return Exit(low.span_of(node), "return")
    return Returned(low.eval(node.value) if node.value is not None else None)


def break_(low: Lowering, node: ast.Break) -> Outcome:
    """`break`: out of the region's own loop, it is left to Python."""
    return Exit(low.span_of(node), "break") if low.frame.region and low.place.loop_depth == 0 else BREAK


def continue_(low: Lowering, node: ast.Continue) -> Outcome:
    """`continue`; out of a segment, it is left to Python."""
    return Exit(low.span_of(node), "continue") if low.place.segment and low.frame.region and low.place.loop_depth == 0 else CONTINUE


def raise_(low: Lowering, node: ast.Raise) -> Outcome:
    """`raise`: Python runs the iteration that raises."""
    return Exit(low.span_of(node), "raise")


def assert_(low: Lowering, node: ast.Assert) -> Outcome:
    """`assert test`: an assertion of the graph; Python runs the iteration that fails it."""
    control.assert_holds(low, node)
    return NORMAL


def function_def(low: Lowering, node: ast.FunctionDef) -> Outcome:
    """A function defined inside the region."""
    if node.decorator_list:
        raise Unsupported("JN101", "decorated function defined in the loop")
    if any(isinstance(n, ast.Yield | ast.YieldFrom | ast.Await) for n in ast.walk(node)):
        raise Unsupported("JN104", f"generator function {node.name!r}")
    access.store_name(low, node.name, make_closure(low, node, node.name))
    return NORMAL


def import_(low: Lowering, node: ast.Import) -> Outcome:
    """An import of modules that are loaded already: names for known objects."""
    for alias in node.names:
        if alias.name not in sys.modules:
            raise Unsupported("JN101", f"first import of {alias.name}")
        top = alias.name if alias.asname else alias.name.partition(".")[0]
        access.store_name(low, alias.asname or top, sys.modules[top])
    return NORMAL


def import_from(low: Lowering, node: ast.ImportFrom) -> Outcome:
    """`from module import name` of a loaded module."""
    module = sys.modules.get(node.module or "")
    if module is None or node.level:
        raise Unsupported("JN101", f"first import of {node.module}")
    for alias in node.names:
        if not hasattr(module, alias.name):
            raise Unsupported("JN101", f"first import of {node.module}.{alias.name}")
        access.store_name(low, alias.asname or alias.name, low.attribute(module, alias.name))
    return NORMAL


def try_(low: Lowering, node: ast.Try) -> Outcome:
    """`try`: lowered as if nothing raised. What would raise in Python aborts the iteration, and Python runs it."""
    try:
        outcome = run(low, node.body)
    except generators.Stop:
        raise Unsupported("JN104", "a generator that is left inside a `try`") from None
    if outcome is NORMAL:
        outcome = run(low, node.orelse)
    if isinstance(outcome, Exit) and (node.handlers or node.finalbody):
        return outcome
    final = run(low, node.finalbody)
    return outcome if final is NORMAL else final


def with_(low: Lowering, node: ast.With) -> Outcome:
    """`with`: tapes and scopes of the library are entered for real; user managers are interpreted."""
    try:
        return _with_items(low, list(node.items), node.body)
    except generators.Stop:
        raise Unsupported("JN104", "a generator that is left inside a `with`") from None


def _with_items(low: Lowering, items: list[ast.withitem], body: list[ast.stmt]) -> Outcome:
    if not items:
        return run(low, body)
    item, *rest = items
    manager = low.eval(item.context_expr)

    def inside(value: Any) -> Outcome:
        if item.optional_vars is not None:
            bind(low, item.optional_vars, value)
        return _with_items(low, rest, body)

    return contexts.run_with(low, manager, inside)


STATEMENTS: dict[type[ast.stmt], Rule] = {
    ast.Expr: expression,
    ast.Assign: assign,
    ast.AnnAssign: ann_assign,
    ast.AugAssign: aug_assign,
    ast.Delete: delete,
    ast.Pass: pass_,
    ast.Global: pass_,
    ast.Nonlocal: pass_,
    ast.Return: return_,
    ast.Break: break_,
    ast.Continue: continue_,
    ast.Raise: raise_,
    ast.Assert: assert_,
    ast.FunctionDef: function_def,
    ast.Import: import_,
    ast.ImportFrom: import_from,
    ast.Try: try_,
    ast.With: with_,
    ast.If: control.if_,
    ast.For: control.for_,
    ast.While: control.while_,
    ast.Match: patterns.match_,
}


def run(low: Lowering, body: list[ast.stmt]) -> Outcome:
    """Execute a block until control leaves it."""

    for position, node in enumerate(body):
        rule = STATEMENTS.get(type(node))
        with low.at(node) as span:
            if rule is None:
                refuse(node)
            before = low.host.size
            with flow.continuation(low, body[position + 1 :]):
                outcome = rule(low, node)
            low.lines.note(span, node, low.host.size > before)
        if outcome is not NORMAL:
            return outcome
    return NORMAL


__all__ = ["STATEMENTS", "bind", "run"]
