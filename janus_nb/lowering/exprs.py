"""Rules for expressions, in a table keyed by AST class.

float(loss) * 2 > best      Num * 2 -> Num; Num > Num -> bool of the graph
losses[-1]                  known list, mutated by the loop -> computed at replay
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

from janus_nb.lowering import access, attributes, calls, control, items, operators, tracing
from janus_nb.lowering.interp import Lowering
from janus_nb.lowering.unsupported import Unsupported
from janus_nb.lowering.values import Closure, Host
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
    if isinstance(value, Host) and value.code in low.maybe_unbound:
        return low.host_op("J.bound({})", None, value)
    return value


def attribute(low: Lowering, node: ast.Attribute) -> Any:
    """`owner.name`."""
    return attributes.load_attribute(low, low.eval(node.value), node.attr)


def subscript(low: Lowering, node: ast.Subscript) -> Any:
    """`owner[index]`."""
    return items.load_item(low, low.eval(node.value), low.eval(node.slice))


def slice_(low: Lowering, node: ast.Slice) -> Any:
    """`a:b:c` inside a subscript."""
    return slice(*(low.eval(part) if part is not None else None for part in (node.lower, node.upper, node.step)))


def binop(low: Lowering, node: ast.BinOp) -> Any:
    """A binary operator."""
    return operators.binary(low, node.op, low.eval(node.left), low.eval(node.right))


def unaryop(low: Lowering, node: ast.UnaryOp) -> Any:
    """A unary operator."""
    return operators.unary(low, node.op, low.eval(node.operand))


def compare(low: Lowering, node: ast.Compare) -> Any:
    """A comparison; a chain is the conjunction of its links."""
    left = low.eval(node.left)
    result: Any = None
    for position, (op, right_node) in enumerate(zip(node.ops, node.comparators, strict=True)):
        right = low.eval(right_node)
        link = operators.compare(low, op, left, right)
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
            items.extend(control.known_items(low, low.eval(element.value)))
        else:
            items.append(low.eval(element))
    if isinstance(node, ast.Tuple):
        return tuple(items)
    if isinstance(node, ast.Set):
        if any(low.is_symbolic(item) for item in items):
            raise Unsupported("JN102", "a set of values that are not known yet")
        return low.make(set(items))
    return low.make(items)


def dictionary(low: Lowering, node: ast.Dict) -> Any:
    """A dictionary display."""
    made: dict[Any, Any] = {}
    for key_node, value_node in zip(node.keys, node.values, strict=True):
        value = low.eval(value_node)
        if key_node is None:
            if not isinstance(value, dict):
                raise Unsupported("JN102", "`**` of something that is not a dictionary")
            made.update({k: items.load_item(low, value, k) for k in value})
            continue
        key = low.eval(key_node)
        if low.is_symbolic(key):
            raise Unsupported("JN102", "a dictionary key that is not known yet")
        made[key] = value
    return low.make(made)


def lambda_(low: Lowering, node: ast.Lambda) -> Any:
    """A lambda: a function of the region."""
    return _closure(low, node, "<lambda>")


def _closure(low: Lowering, node: Any, name: str) -> Closure:
    defaults = tuple(low.eval(d) for d in node.args.defaults)
    pairs = zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
    return Closure(node, low.frame, name, defaults, {a.arg: low.eval(d) for a, d in pairs if d is not None})


def comprehension(low: Lowering, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> Any:
    """A comprehension over known items, unrolled; a generator expression counts as the list of its items."""
    results: list[Any] = []

    def emit() -> None:
        if isinstance(node, ast.DictComp):
            results.append((low.eval(node.key), low.eval(node.value)))
        else:
            results.append(low.eval(node.elt))

    control.comprehension(low, node.generators, emit)
    if isinstance(node, ast.DictComp):
        if any(low.is_symbolic(k) for k, _ in results):
            raise Unsupported("JN102", "a dictionary key that is not known yet")
        return low.make(dict(results))
    if isinstance(node, ast.SetComp):
        if any(low.is_symbolic(v) for v in results):
            raise Unsupported("JN102", "a set of values that are not known yet")
        return low.make(set(results))
    return low.make(results)


def joined_string(low: Lowering, node: ast.JoinedStr) -> Any:
    """An f-string: known now, or formatted by the host when its parts are."""
    parts = [low.eval(part) for part in node.values]
    if not any(low.is_symbolic(part) for part in parts):
        return "".join(parts)
    return low.host_op("''.join((" + "{}, " * len(parts) + "))", lambda *items: "".join(items), *parts)


def formatted_value(low: Lowering, node: ast.FormattedValue) -> Any:
    """One `{value!r:spec}` of an f-string."""
    value = low.eval(node.value)
    spec = low.eval(node.format_spec) if node.format_spec is not None else ""
    return format_value(low, value, spec, {115: "str", 114: "repr", 97: "ascii"}.get(node.conversion))


_CONVERSIONS: dict[str | None, Callable[[Any], Any]] = {"str": str, "repr": repr, "ascii": ascii, None: lambda v: v}


def format_value(low: Lowering, value: Any, spec: Any, conversion: str | None) -> Any:
    """`format(value, spec)`; user objects with a text of their own are refused."""
    tracing.refuse_user_text(value)
    convert = _CONVERSIONS[conversion]
    if not low.is_symbolic(value) and not low.is_symbolic(spec) and isinstance(value, int | float | str | bool | type(None)):
        return format(convert(value), spec)
    inner = f"{conversion}({{}})" if conversion else "{}"
    return low.host_op(f"format({inner}, {{}})", lambda v, s: format(convert(v), s), value, spec)


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
    for item in control.known_items(low, low.eval(node.value)):
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
