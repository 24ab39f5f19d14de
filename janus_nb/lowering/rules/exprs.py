"""Rules for expressions, in a table keyed by AST class.

float(loss) * 2 > best      Num * 2 -> Num; Num > Num -> bool of the graph
losses[-1]                  known list, mutated by the loop -> computed at replay
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from types import FunctionType
from typing import Any

from janus_nb.lowering.core import marks
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Closure, Host, Lazy, Suspended
from janus_nb.lowering.heap import access, fence
from janus_nb.lowering.rules import calls, control
from janus_nb.lowering.values import generators, operators
from janus_nb.speculate.plain import plain
from janus_nb.speculate.slots import UNBOUND

Rule = Callable[[Lowering, Any], Any]


def constant(low: Lowering, node: ast.Constant) -> Any:
    """A literal."""
    return node.value


def name(low: Lowering, node: ast.Name) -> Any:
    """A name, looked up as Python does."""
    value = access.load_name(low, node.id)
    if value is UNBOUND:
        raise Unsupported("JN110", f"name {node.id!r}")
    if isinstance(value, Host) and value.code in low.trust.maybe_unbound:
        return low.host_op("J.bound({})", None, value)
    return value


def attribute(low: Lowering, node: ast.Attribute) -> Any:
    """`owner.name`."""
    return low.attribute(low.eval(node.value), node.attr)


def subscript(low: Lowering, node: ast.Subscript) -> Any:
    """`owner[index]`."""
    return low.item(low.eval(node.value), low.eval(node.slice))


def slice_(low: Lowering, node: ast.Slice) -> Any:
    """`a:b:c` inside a subscript."""
    return slice(*(low.eval(part) if part is not None else None for part in (node.lower, node.upper, node.step)))


def binop(low: Lowering, node: ast.BinOp) -> Any:
    """A binary operator."""
    return low.binary(node.op, low.eval(node.left), low.eval(node.right))


def unaryop(low: Lowering, node: ast.UnaryOp) -> Any:
    """A unary operator."""
    return low.unary(node.op, low.eval(node.operand))


def compare(low: Lowering, node: ast.Compare) -> Any:
    """A comparison; a chain is the conjunction of its links."""
    left = low.eval(node.left)
    result: Any = None
    for position, (op, right_node) in enumerate(zip(node.ops, node.comparators, strict=True)):
        before = marks.mark(low) if position else None
        right = low.eval(right_node)
        link = low.compare(op, left, right)
        if before is not None and result is not True and marks.acted(low, before):
            raise Unsupported("JN102", "a chained comparison whose later parts have effects")
        result = link if position == 0 else operators.both(low, result, link)
        if not low.is_symbolic(result) and not low.is_graph(result) and not result:
            return result
        left = right
    return result


def boolop(low: Lowering, node: ast.BoolOp) -> Any:
    """`and` / `or` with Python's short circuit."""
    return control.short_circuit(low, isinstance(node.op, ast.And), list(node.values))


def ifexp(low: Lowering, node: ast.IfExp) -> Any:
    """`a if test else b`."""
    return control.conditional_expression(low, node)


def call(low: Lowering, node: ast.Call) -> Any:
    """A call."""
    return calls.call_node(low, node)


def sequence(low: Lowering, node: ast.List | ast.Tuple | ast.Set) -> Any:
    """A list, tuple or set display."""
    items: list[Any] = []
    for element in node.elts:
        if isinstance(element, ast.Starred):
            items.extend(low.items_of(low.eval(element.value)))
        else:
            items.append(low.eval(element))
    if isinstance(node, ast.Tuple):
        return tuple(items)
    if isinstance(node, ast.Set):
        return low.make(set(_hashable(low, items)))
    return low.make(items)


def _hashable(low: Lowering, values: list[Any]) -> list[Any]:
    """Values that a set or dictionary made in the loop may tell apart now.

    Raises:
        Unsupported: JN102 for values that are not known yet, or whose hash the user's code computes.
    """
    for value in values:
        if not plain(value) and (low.is_symbolic(value) or not isinstance(value, FunctionType | type)):
            raise Unsupported("JN102", "a set or dictionary of values that are not known yet, or not plain")
    return values


def dictionary(low: Lowering, node: ast.Dict) -> Any:
    """A dictionary display."""
    made: dict[Any, Any] = {}
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = low.eval(value_node)
        if key_node is None:
            if not isinstance(value, dict):
                raise Unsupported("JN102", "`**` of something that is not a dictionary")
            made.update(low.pairs_of(value))
            continue
        key = low.eval(key_node)
        made[_hashable(low, [key])[0]] = value
    return low.make(made)


def lambda_(low: Lowering, node: ast.Lambda) -> Any:
    """A lambda: a function of the region."""
    return closure(low, node, "<lambda>")


def closure(low: Lowering, node: Any, name: str) -> Closure:
    """A function defined in the iteration; its defaults are evaluated now."""
    defaults = tuple(low.eval(d) for d in node.args.defaults)
    pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return Closure(node, low.frame, name, defaults, {a.arg: low.eval(d) for a, d in pairs if d is not None})


def comprehension(low: Lowering, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Any:
    """A comprehension over known items, unrolled; a generator expression makes them when it is asked."""
    results: list[Any] = []
    if isinstance(node, ast.GeneratorExp):
        return _generator_expression(low, node)

    def emit() -> None:
        if isinstance(node, ast.DictComp):
            results.append((low.eval(node.key), low.eval(node.value)))
        else:
            results.append(low.eval(node.elt))

    control.comprehension(low, node.generators, emit)
    if isinstance(node, ast.DictComp):
        _hashable(low, [key for key, _ in results])
        return low.make(dict(results))
    if isinstance(node, ast.SetComp):
        return low.make(set(_hashable(low, results)))
    return low.make(results)


def _generator_expression(low: Lowering, node: ast.GeneratorExp) -> Lazy:
    """A generator expression: what it iterates over is looked up now, all else when it is asked."""
    first = node.generators[0]
    source, span = low.eval(first.iter), low.span_of(first.iter)

    def produce(give: Callable[[Any], bool]) -> None:
        with low.at(node):
            control.comprehension(low, node.generators, lambda: give(low.eval(node.elt)), (source, span))

    return Lazy(produce, "a generator expression", list(low.frames))


def joined_string(low: Lowering, node: ast.JoinedStr) -> Any:
    """An f-string: known now, or formatted by the host when its parts are."""
    parts = [low.eval(part) for part in node.values]
    if not any(low.is_symbolic(part) for part in parts):
        return fence.now(low, "".join, low.make(parts))
    return low.host_op("''.join((" + "{}, " * len(parts) + "))", lambda *items: "".join(items), *parts)


def formatted_value(low: Lowering, node: ast.FormattedValue) -> Any:
    """One `{value!r:spec}` of an f-string."""
    value = low.eval(node.value)
    spec = low.eval(node.format_spec) if node.format_spec is not None else ""
    return low.text(value, spec, {115: "str", 114: "repr", 97: "ascii"}.get(node.conversion))


def named(low: Lowering, node: ast.NamedExpr) -> Any:
    """`(name := value)`."""
    value = low.eval(node.value)
    access.store_name(low, node.target.id, value)
    return value


def yield_(low: Lowering, node: ast.Yield) -> Any:
    """`yield value` of a generator whose consumer is lowered around it; nothing is ever sent to it."""
    if low.frame.on_yield is None:
        raise Unsupported("JN104", "`yield`")
    low.frame.on_yield(low.eval(node.value) if node.value is not None else None)
    return None


def yield_from(low: Lowering, node: ast.YieldFrom) -> Any:
    """`yield from items`."""
    give = low.frame.on_yield
    if give is None:
        raise Unsupported("JN104", "`yield from`")
    value = low.eval(node.value)
    if isinstance(value, Suspended | Lazy):
        generators.consume(low, value, lambda item: give(item) or True)
        return None
    for item in low.items_of(value):
        give(item)
    return None


def starred(low: Lowering, node: ast.Starred) -> Any:
    """`*items` outside a display or call has no meaning of its own."""
    raise Unsupported("JN102", "starred expression")


EXPRESSIONS: dict[type[ast.expr], Rule] = {
    ast.Constant: constant,
    ast.Name: name,
    ast.Attribute: attribute,
    ast.Subscript: subscript,
    ast.Slice: slice_,
    ast.BinOp: binop,
    ast.UnaryOp: unaryop,
    ast.Compare: compare,
    ast.BoolOp: boolop,
    ast.IfExp: ifexp,
    ast.Call: call,
    ast.List: sequence,
    ast.Tuple: sequence,
    ast.Set: sequence,
    ast.Dict: dictionary,
    ast.Lambda: lambda_,
    ast.ListComp: comprehension,
    ast.SetComp: comprehension,
    ast.DictComp: comprehension,
    ast.GeneratorExp: comprehension,
    ast.JoinedStr: joined_string,
    ast.FormattedValue: formatted_value,
    ast.NamedExpr: named,
    ast.Starred: starred,
    ast.Yield: yield_,
    ast.YieldFrom: yield_from,
}
