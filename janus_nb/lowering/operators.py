"""Operators by the binding time of their operands: computed now, by the host, or by the graph.

known  op known   ->  now (user-defined operators are interpreted)
PRE    op known   ->  Python, before the graph: exact, whatever the type
number op number  ->  Python's arithmetic in the graph (janus_nb.lowering.numbers)
tensor op any     ->  the backend's own operator
POST   op any     ->  Python, at replay
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable
from types import FunctionType
from typing import Any

from janus_nb.lowering import identity, numbers
from janus_nb.lowering.interp import Lowering
from janus_nb.lowering.unsupported import Unsupported
from janus_nb.lowering.values import Host, Num, Phase, kind_of
from janus_nb.source.units import is_user_class

BINARY: dict[type[ast.operator], tuple[str, Callable[..., Any], str]] = {
    ast.Add: ("+", operator.add, "__add__"),
    ast.Sub: ("-", operator.sub, "__sub__"),
    ast.Mult: ("*", operator.mul, "__mul__"),
    ast.Div: ("/", operator.truediv, "__truediv__"),
    ast.FloorDiv: ("//", operator.floordiv, "__floordiv__"),
    ast.Mod: ("%", operator.mod, "__mod__"),
    ast.Pow: ("**", operator.pow, "__pow__"),
    ast.MatMult: ("@", operator.matmul, "__matmul__"),
    ast.BitAnd: ("&", operator.and_, "__and__"),
    ast.BitOr: ("|", operator.or_, "__or__"),
    ast.BitXor: ("^", operator.xor, "__xor__"),
    ast.LShift: ("<<", operator.lshift, "__lshift__"),
    ast.RShift: (">>", operator.rshift, "__rshift__"),
}

IN_PLACE: dict[type[ast.operator], Callable[..., Any]] = {kind: getattr(operator, "i" + method.strip("_")) for kind, (_, _, method) in BINARY.items()}

COMPARE: dict[type[ast.cmpop], tuple[str, Callable[..., Any]]] = {
    ast.Eq: ("==", operator.eq),
    ast.NotEq: ("!=", operator.ne),
    ast.Lt: ("<", operator.lt),
    ast.LtE: ("<=", operator.le),
    ast.Gt: (">", operator.gt),
    ast.GtE: (">=", operator.ge),
    ast.Is: ("is", operator.is_),
    ast.IsNot: ("is not", operator.is_not),
    ast.In: ("in", lambda a, b: a in b),
    ast.NotIn: ("not in", lambda a, b: a not in b),
}


def _is_post(value: Any) -> bool:
    return isinstance(value, Host) and value.phase is Phase.POST


def _in_graph(low: Lowering, value: Any) -> bool:
    return low.is_graph(value) or low.backend.is_variable(value)


def binary(low: Lowering, op: ast.operator, left: Any, right: Any) -> Any:
    """`left op right`."""
    symbol, function, method = BINARY[type(op)]
    left, right = low.in_graph(left), low.in_graph(right)
    if isinstance(op, ast.Add) and isinstance(left, list | tuple) and isinstance(right, type(left)):
        return _joined(low, left, right)
    if isinstance(op, ast.Mod) and isinstance(left, str):
        return low.host_op("{} % {}", operator.mod, left, right) if low.is_symbolic(right) else left % right
    if _is_post(left) or _is_post(right):
        return low.host_op(f"{{}} {symbol} {{}}", function, left, right)
    if _in_graph(low, left) or _in_graph(low, right):
        return _tensor_op(low, function, left, right)
    if isinstance(left, Num) or isinstance(right, Num):
        return _number_op(low, op, symbol, function, left, right)
    if isinstance(left, Host) or isinstance(right, Host):
        return low.host_op(f"{{}} {symbol} {{}}", function, left, right)
    if is_user_class(type(left)) or is_user_class(type(right)):
        return _user_operator(low, left, right, method)
    return _now(low, function, left, right)


def _joined(low: Lowering, left: Any, right: Any) -> Any:
    from janus_nb.lowering.control import known_items

    if type(left) is not type(right) or type(left) not in (list, tuple):
        raise Unsupported("JN102", "`+` of unlike sequences")
    items = [*known_items(low, left), *known_items(low, right)]
    return tuple(items) if isinstance(left, tuple) else low.make(items)


def _now(low: Lowering, function: Callable[..., Any], *args: Any) -> Any:
    try:
        result = function(*args)
    except Unsupported:
        raise
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error
    return low.make(result) if isinstance(result, list | dict | set) else result


def _tensor_op(low: Lowering, function: Callable[..., Any], left: Any, right: Any) -> Any:
    like = left if _in_graph(low, left) else right
    a = left if _in_graph(low, left) else low.to_tensor(left, like)
    b = right if _in_graph(low, right) else low.to_tensor(right, like)
    if low.span is not None:
        low.graph_spans[low.span] = None
    return _now(low, function, a, b)


def _number_op(low: Lowering, op: ast.operator, symbol: str, function: Any, left: Any, right: Any) -> Any:
    a, b = (low.lift(v) for v in (left, right))
    for value, other in ((a, b), (b, a)):
        if isinstance(value, Num) and value.kind == "array":
            return _array_op(low, op, symbol, function, a, b, value, other)
    return numbers.binary(low, op, a, b)


_ARRAY_OPS = (ast.Add, ast.Sub, ast.Mult, ast.Div)


def _array_op(low: Lowering, op: Any, symbol: str, function: Any, left: Any, right: Any, array: Num, other: Any) -> Any:
    """A NumPy array that the graph computes: with a Python number the result keeps its dtype (NEP 50)."""
    spec = low.backend.spec_of(array.tensor)
    number = other.kind if isinstance(other, Num) else kind_of(other)
    floats = spec.dtype in ("float32", "float64")
    if isinstance(op, _ARRAY_OPS) and floats and number in ("int", "float"):
        a, b = (low.to_tensor(v, array.tensor) if v is not array and isinstance(v, Num) else getattr(v, "tensor", v) for v in (left, right))
        return Num(function(a, b), "array")
    if isinstance(op, _ARRAY_OPS) and floats and isinstance(other, Num) and other.kind == "array":
        if low.backend.spec_of(other.tensor).dtype == spec.dtype:
            return Num(function(left.tensor, right.tensor), "array")
    return low.host_op(f"{{}} {symbol} {{}}", function, left, right)


def _user_operator(low: Lowering, left: Any, right: Any, method: str) -> Any:
    from janus_nb.lowering.calls import call

    reflected = "__r" + method[2:]
    for owner, name, argument in ((left, method, right), (right, reflected, left)):
        found = next((k.__dict__[name] for k in type(owner).__mro__ if name in k.__dict__), None)
        if isinstance(found, FunctionType):
            result = call(low, found, (owner, argument), {})
            if result is not NotImplemented:
                return result
    raise Unsupported("JN102", f"operator {method} of {type(left).__name__} and {type(right).__name__}")


def augmented(low: Lowering, op: ast.operator, left: Any, right: Any) -> Any:
    """`left op= right` for values that are replaced; in-place changes of containers are calls of their methods."""
    from janus_nb.lowering.attributes import load_attribute
    from janus_nb.lowering.calls import call

    if isinstance(left, list) and isinstance(op, ast.Add):
        call(low, load_attribute(low, left, "extend"), (right,), {})
        return left
    if isinstance(left, Host) and not isinstance(left.witness, int | float | str | bool | complex | tuple | bytes):
        if left.phase is Phase.POST:
            return binary(low, op, low.host_op("J.plain({})", None, left), right)
        if type(left.witness).__module__ == "numpy" and getattr(left.witness, "shape", ()) != () and left.code[0] == "c":
            from janus_nb.lowering.items import postpone

            postpone(low, left, f"J.inplace({{}}, {low.host.object(IN_PLACE[type(op)])}, {{}})", right)
            return left
        if type(left.witness).__module__ != "numpy" or getattr(left.witness, "shape", ()) != ():
            raise Unsupported("JN102", "in-place operator on an object of the host")
    if isinstance(left, Num) and left.kind == "array" and low.backend.spec_of(left.tensor).shape != ():
        raise Unsupported("JN102", "in-place operator on an array")
    if low.backend.is_variable(left):
        raise Unsupported("JN102", "in-place operator on a variable")
    return binary(low, op, left, right)


def unary(low: Lowering, op: ast.unaryop, value: Any) -> Any:
    """`-value`, `+value`, `~value`, `not value`."""
    if isinstance(op, ast.Not):
        return invert(low, truth(low, value))
    table: dict[type[ast.unaryop], tuple[str, Callable[..., Any]]] = {
        ast.USub: ("-", operator.neg),
        ast.UAdd: ("+", operator.pos),
        ast.Invert: ("~", operator.invert),
    }
    symbol, function = table[type(op)]
    value = low.in_graph(value)
    if isinstance(value, Host):
        return low.host_op(f"({symbol}{{}})", function, value)
    if isinstance(value, Num):
        if isinstance(op, ast.USub):
            return Num(-value.tensor, "array") if value.kind == "array" else numbers.negate(low, value)
        raise Unsupported("JN102", f"operator {symbol} on a number that the graph computes")
    return _now(low, function, value)


def compare(low: Lowering, op: ast.cmpop, left: Any, right: Any) -> Any:
    """`left op right`."""
    symbol, function = COMPARE[type(op)]
    if isinstance(op, ast.Is | ast.IsNot):
        return identity.same_object(low, isinstance(op, ast.Is), left, right)
    left, right = low.in_graph(left), low.in_graph(right)
    if _is_post(left) or _is_post(right):
        return low.host_op(f"({{}} {symbol} {{}})", function, left, right)
    if isinstance(op, ast.In | ast.NotIn):
        return _membership(low, symbol, function, left, right)
    if _in_graph(low, left) or _in_graph(low, right):
        return _tensor_op(low, function, left, right)
    if isinstance(left, Num) or isinstance(right, Num):
        a, b = low.lift(left), low.lift(right)
        if any(isinstance(v, Num) and v.kind == "array" for v in (a, b)):
            return _array_compare(low, op, symbol, function, a, b)
        return numbers.compare(low, op, a, b)
    if isinstance(left, Host) or isinstance(right, Host):
        return low.host_op(f"({{}} {symbol} {{}})", function, left, right)
    if low.is_symbolic(left) or low.is_symbolic(right):
        raise Unsupported("JN102", "comparison of containers with values that are not known yet")
    if is_user_class(type(left)) or is_user_class(type(right)):
        dunder = {ast.Eq: "__eq__", ast.NotEq: "__ne__", ast.Lt: "__lt__", ast.LtE: "__le__", ast.Gt: "__gt__", ast.GtE: "__ge__"}
        found = next((k.__dict__[dunder[type(op)]] for k in type(left).__mro__ if dunder[type(op)] in k.__dict__), None)
        if isinstance(found, FunctionType) or not isinstance(op, ast.Eq | ast.NotEq):
            return _user_operator(low, left, right, dunder[type(op)])
        return function(left, right)
    return _now(low, function, left, right)


def _membership(low: Lowering, symbol: str, function: Any, left: Any, right: Any) -> Any:
    from janus_nb.lowering import items

    if isinstance(left, Num) or low.backend.is_symbolic(left):
        return low.host_op(f"({{}} {symbol} {{}})", function, left, right)
    if isinstance(right, list | dict | set) and not low.is_fresh(right) and not low.heap.read_content(right):
        right = Host(Phase.POST, low.host.object(right))
        return low.host_op(f"({{}} {symbol} {{}})", function, left, right)
    if type(right) is dict and not low.is_fresh(right) and not isinstance(left, Host) and not low.is_symbolic(left):
        return items.holds_key(low, right, left) is (symbol == "in")
    if isinstance(left, Host) or isinstance(right, Host):
        return low.host_op(f"({{}} {symbol} {{}})", function, left, right)
    if low.is_fresh(right) and low.is_symbolic(right) and not isinstance(right, dict):
        raise Unsupported("JN102", "membership in a container of values that are not known yet")
    if isinstance(right, list | dict | set) and not low.is_fresh(right):
        return low.host_op(f"({{}} {symbol} {{}})", function, left, Host(Phase.ENTRY, low.host.object(right), right))
    if is_user_class(type(right)):
        raise Unsupported("JN102", "membership in a user's container")
    return _now(low, function, left, right)


def _array_compare(low: Lowering, op: ast.cmpop, symbol: str, function: Any, left: Any, right: Any) -> Any:
    shapes = [low.backend.spec_of(v.tensor).shape if isinstance(v, Num) else () for v in (left, right)]
    plain = all(isinstance(v, Num) or kind_of(v) for v in (left, right))
    if plain and all(shape == () for shape in shapes):
        array = left if isinstance(left, Num) and left.kind == "array" else right
        a, b = (v.tensor if isinstance(v, Num) and v.kind == "array" else low.to_tensor(v, array.tensor) for v in (left, right))
        return Num(_now(low, function, a, b), "bool")
    return low.host_op(f"({{}} {symbol} {{}})", function, left, right)


# -- truth -------------------------------------------------------------------------------------------------------


def truth(low: Lowering, value: Any) -> Any:
    """A value as a condition: a known bool, a boolean scalar of the graph, or a host bool."""
    value = low.in_graph(value)
    if isinstance(value, Host):
        return low.host_op("bool({})", bool, value)
    if isinstance(value, Num):
        if value.kind == "array" and low.backend.spec_of(value.tensor).shape != ():
            return low.host_op("bool({})", bool, value)
        return value.tensor if low.backend.spec_of(value.tensor).dtype == "bool" else low.math("not_equal", value.tensor, 0)
    if low.is_graph(value):
        spec = low.backend.spec_of(value)
        if spec.shape is None or any(d != 1 for d in spec.shape):
            raise Unsupported("JN203", "a condition on a tensor with more than one element")
        flat = low.math("reshape_scalar", value)
        return flat if spec.dtype == "bool" else low.math("not_equal", flat, 0)
    if low.backend.is_variable(value):
        return truth(low, low.backend.read_in_graph(value))
    if isinstance(value, list | dict | set) and not low.is_fresh(value):
        from janus_nb.lowering.calls import call

        return truth(low, call(low, len, (value,), {}))
    if is_user_class(type(value)):
        return _user_truth(low, value)
    return bool(value)


def _user_truth(low: Lowering, value: Any) -> Any:
    from janus_nb.lowering.calls import call

    for name in ("__bool__", "__len__"):
        found = next((k.__dict__[name] for k in type(value).__mro__ if name in k.__dict__), None)
        if isinstance(found, FunctionType):
            return truth(low, call(low, found, (value,), {}))
    return True


def invert(low: Lowering, condition: Any) -> Any:
    """`not condition` for something `truth` returned."""
    if isinstance(condition, bool):
        return not condition
    if isinstance(condition, Host):
        return low.host_op("(not {})", operator.not_, condition)
    return Num(low.math("logical_not", condition), "bool")


def both(low: Lowering, left: Any, right: Any) -> Any:
    """The conjunction of two comparison results."""
    return join(low, True, truth(low, left), truth(low, right))


def join(low: Lowering, conjunction: bool, a: Any, b: Any) -> Any:
    """`a and b` / `a or b` of two conditions that are both computed."""
    for known, other in ((a, b), (b, a)):
        if isinstance(known, bool):
            return other if known is conjunction else known
    if (isinstance(a, Host) and isinstance(b, Host)) or _is_post(a) or _is_post(b):
        word = "and" if conjunction else "or"
        wrap = [Num(v, "bool") if low.backend.is_symbolic(v) else v for v in (a, b)]
        return low.host_op(f"({{}} {word} {{}})", (lambda x, y: x and y) if conjunction else (lambda x, y: x or y), *wrap)
    x, y = (low.lift(v).tensor if isinstance(v, Host) else v for v in (a, b))
    return Num(low.math("logical_and" if conjunction else "logical_or", x, y), "bool")
