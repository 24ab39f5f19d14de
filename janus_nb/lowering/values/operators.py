"""Operators by the binding time of their operands: computed now, by the host, or by the graph.

known  op known   ->  now (user-defined operators are interpreted)
PRE    op known   ->  Python, before the graph: exact, whatever the type
number op number  ->  Python's arithmetic in the graph (janus_nb.lowering.core.numbers)
tensor op any     ->  the backend's own operator
POST   op any     ->  Python, at replay
"""

from __future__ import annotations

import abc
import ast
import enum
import operator
from collections.abc import Callable
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

from janus_nb.lowering.core import classes, numbers
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.reader import is_box, is_users
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import BoundMethod, Closure, Host, Num, Phase, View, kind_of
from janus_nb.lowering.heap import fence, members
from janus_nb.lowering.heap.content import settled
from janus_nb.lowering.values import identity, items
from janus_nb.lowering.values.items import postpone
from janus_nb.speculate.plain import SCALARS, plain

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
    if type(left) in (list, tuple) and type(left) is type(right) and isinstance(op, ast.Add):
        return _joined(low, left, right)
    if isinstance(op, ast.Mult) and {type(left), type(right)} & {list, tuple} and int in (type(left), type(right)):
        return _repeated(low, left, right)
    if _is_post(left) or _is_post(right):
        return low.host_op(f"{{}} {symbol} {{}}", function, left, right)
    if _in_graph(low, left) or _in_graph(low, right):
        return _tensor_op(low, function, left, right)
    if isinstance(left, Num) or isinstance(right, Num):
        return _number_op(low, op, symbol, function, left, right)
    if isinstance(left, Host) or isinstance(right, Host):
        return low.host_op(f"{{}} {symbol} {{}}", function, left, right)
    if is_users(left) or is_users(right):
        return _user_operator(low, left, right, method, "__r" + method[2:])
    if fence.is_open(low, left) and fence.is_open(low, right):
        return fence.now(low, function, left, right)
    return low.host_op(f"{{}} {symbol} {{}}", function, left, right)


def _joined(low: Lowering, left: Any, right: Any) -> Any:
    """`left + right` of two lists, or two tuples: a new one, but for a tuple to which nothing is added."""
    if isinstance(left, tuple) and not (left and right):
        return left or right
    if any(id(value) in low.heap.dirty for value in (left, right)):
        return low.host_op("{} + {}", operator.add, left, right)
    items = [*low.items_of(left), *low.items_of(right)]
    return tuple(items) if isinstance(left, tuple) else low.make(items)


def _repeated(low: Lowering, left: Any, right: Any) -> Any:
    """A sequence times a number: a new one, but for a tuple taken once."""
    box, count = (right, left) if type(left) is int else (left, right)
    if isinstance(box, tuple) and count == 1:
        return box
    if id(box) in low.heap.dirty:
        return low.host_op("{} * {}", operator.mul, left, right)
    items = low.items_of(box) * count
    return tuple(items) if isinstance(box, tuple) else low.make(items)


def _natively(function: Callable[..., Any], *args: Any) -> Any:
    """An operator of the tensor library, on tensors of the graph.

    Raises:
        Unsupported: JN203 if it raises.
    """
    try:
        return function(*args)
    except Unsupported:
        raise
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error


def _tensor_op(low: Lowering, function: Callable[..., Any], left: Any, right: Any) -> Any:
    for value in (left, right):
        if is_users(value) and not _in_graph(low, value):
            raise Unsupported("JN209", f"an operator of a {type(value).__name__} and a tensor")
    like = left if _in_graph(low, left) else right
    a = left if _in_graph(low, left) else low.to_tensor(left, like)
    b = right if _in_graph(low, right) else low.to_tensor(right, like)
    if low.span is not None:
        low.graph_spans[low.span] = None
    return _natively(function, a, b)


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


def _user_operator(low: Lowering, left: Any, right: Any, method: str, reflected: str) -> Any:
    """What the classes of the operands say, asked in Python's order.

    Raises:
        Unsupported: JN209 if nothing that can be interpreted answers.
    """
    candidates = [(left, method, right)]
    if type(right) is not type(left) or method in _REFLECTED_COMPARE:
        candidates.append((right, reflected, left))
        if type(right) is not type(left) and issubclass(type(right), type(left)):
            candidates.reverse()
    for owner, name, argument in candidates:
        result = _ask(low, owner, name, argument)
        if result is not NotImplemented:
            return result
    raise Unsupported("JN209", f"{method} of a {type(left).__name__} and a {type(right).__name__}")


_REFLECTED_COMPARE = {"__eq__": "__eq__", "__ne__": "__ne__", "__lt__": "__gt__", "__gt__": "__lt__", "__le__": "__ge__", "__ge__": "__le__"}


def _ask(low: Lowering, owner: Any, name: str, argument: Any) -> Any:
    """The result of one operator method, or `NotImplemented`; built-in numbers and texts know nothing of a user's objects."""
    if is_users(owner):
        result = members.special(low, owner, name, argument)
        if result is members.ABSENT and name == "__ne__":
            result = members.special(low, owner, "__eq__", argument)
            if result is not members.ABSENT and result is not NotImplemented:
                return _as_value(invert(low, truth(low, result)))
        return NotImplemented if result is members.ABSENT else result
    if type(owner) in SCALARS or (type(owner) in (list, dict, tuple, set) and not isinstance(argument, type(owner))):
        return NotImplemented
    raise Unsupported("JN209", f"{name} of a {type(owner).__name__} and a {type(argument).__name__}")


def _as_value(condition: Any) -> Any:
    return condition if isinstance(condition, bool | Host | Num) else Num(condition, "bool")


def augmented(low: Lowering, op: ast.operator, left: Any, right: Any) -> Any:
    """`left op= right` for values that are replaced; in-place changes of containers are calls of their methods."""

    if type(left) is list and isinstance(op, ast.Add):
        low.call(low.attribute(left, "extend"), (right,), {})
        return left
    in_place = "__i" + BINARY[type(op)][2][2:]
    if not isinstance(left, Host) and (is_box(left) or isinstance(left, list | dict | set)) and hasattr(type(left), in_place):
        return _changed_in_place(low, left, in_place, right)
    if is_users(left):
        result = members.special(low, left, in_place, right)
        if result is not members.ABSENT and result is not NotImplemented:
            return result
    if isinstance(left, Host) and not isinstance(left.witness, int | float | str | bool | complex | tuple | bytes):
        if left.phase is Phase.POST:
            return binary(low, op, low.host_op("J.plain({})", None, left), right)
        if type(left.witness).__module__ == "numpy" and getattr(left.witness, "shape", ()) != () and left.code[0] == "c":
            postpone(low, left, f"J.inplace({{}}, {low.host.object(IN_PLACE[type(op)])}, {{}})", right)
            return left
        if type(left.witness).__module__ != "numpy" or getattr(left.witness, "shape", ()) != ():
            raise Unsupported("JN102", "in-place operator on an object of the host")
    if isinstance(left, Num) and left.kind == "array" and low.backend.spec_of(left.tensor).shape != ():
        raise Unsupported("JN102", "in-place operator on an array")
    if low.backend.is_variable(left):
        raise Unsupported("JN102", "in-place operator on a variable")
    return binary(low, op, left, right)


def _changed_in_place(low: Lowering, left: Any, method: str, right: Any) -> Any:
    """`left op= right` for a container: it stays the same object.

    Raises:
        Unsupported: JN102 for a container made in the iteration.
    """

    if low.is_fresh(left):
        raise Unsupported("JN102", "in-place operator on a container made in the loop")
    if not is_box(left):
        raise Unsupported("JN209", f"{method} of a {type(left).__name__}")
    postpone(low, left, f"J.change({{}}, {method!r}, {{}})", settled(low, right, late=True))
    return left


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
    if _in_graph(low, value):
        return _natively(function, value)
    if is_users(value):
        return members.required(low, value, {"-": "__neg__", "+": "__pos__", "~": "__invert__"}[symbol])
    return fence.now(low, function, value)


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
    if is_users(left) or is_users(right):
        return _user_comparison(low, op, left, right)
    if fence.is_open(low, left) and fence.is_open(low, right):
        return fence.now(low, function, left, right)
    if isinstance(left, type) and isinstance(right, type) and type(left) is type(right) is type and isinstance(op, ast.Eq | ast.NotEq):
        return (left is right) is isinstance(op, ast.Eq)
    return low.host_op(f"({{}} {symbol} {{}})", function, left, right)


_METHODS = {ast.Eq: "__eq__", ast.NotEq: "__ne__", ast.Lt: "__lt__", ast.LtE: "__le__", ast.Gt: "__gt__", ast.GtE: "__ge__"}


def _user_comparison(low: Lowering, op: ast.cmpop, left: Any, right: Any) -> Any:
    """A comparison that involves an object of a user's class: by its methods; `==` and `!=` that no class defines go by identity."""
    method = _METHODS[type(op)]
    if isinstance(op, ast.Eq | ast.NotEq) and all(_knows_identity_only(low, value) for value in (left, right)):
        return (left is right) is isinstance(op, ast.Eq)
    return _user_operator(low, left, right, method, _REFLECTED_COMPARE[method])


def _knows_identity_only(low: Lowering, value: Any) -> bool:
    if not is_users(value):
        return type(value) in SCALARS or type(value) in (list, dict, tuple, set)
    members.guard_type(low, value)
    return not classes.has_own(type(value), "__eq__", "__ne__")


def _membership(low: Lowering, symbol: str, function: Any, left: Any, right: Any) -> Any:
    if isinstance(left, Num) or low.backend.is_symbolic(left):
        return low.host_op(f"({{}} {symbol} {{}})", function, left, right)
    if isinstance(right, View):
        right = right.items
    if isinstance(left, Host) or isinstance(right, Host):
        return low.host_op(f"({{}} {symbol} {{}})", function, left, right)
    if is_users(right):
        result = truth(low, members.required(low, right, "__contains__", left))
        return _as_value(result if symbol == "in" else invert(low, result))
    if type(right) is dict and not low.is_fresh(right) and id(right) not in low.heap.dirty and plain(left):
        return items.holds_key(low, right, left) is (symbol == "in")
    if low.is_fresh(right) and low.is_symbolic(right) and not isinstance(right, dict):
        raise Unsupported("JN102", "membership in a container of values that are not known yet")
    if low.is_fresh(right) and isinstance(right, dict) and plain(left) and all(map(plain, right)):
        return (left in right) is (symbol == "in")
    if fence.is_open(low, left) and fence.is_open(low, right):
        return fence.now(low, function, left, right)
    return low.host_op(f"({{}} {symbol} {{}})", function, left, right)


def _array_compare(low: Lowering, op: ast.cmpop, symbol: str, function: Any, left: Any, right: Any) -> Any:
    shapes = [low.backend.spec_of(v.tensor).shape if isinstance(v, Num) else () for v in (left, right)]
    plain = all(isinstance(v, Num) or kind_of(v) for v in (left, right))
    if plain and all(shape == () for shape in shapes):
        array = left if isinstance(left, Num) and left.kind == "array" else right
        a, b = (v.tensor if isinstance(v, Num) and v.kind == "array" else low.to_tensor(v, array.tensor) for v in (left, right))
        return Num(low.math(numbers.COMPARE[type(op)], a, b), "array")  # a bool of NumPy's
    return low.host_op(f"({{}} {symbol} {{}})", function, left, right)


# -- truth -------------------------------------------------------------------------------------------------------


def truth(low: Lowering, value: Any) -> Any:
    """A value as a condition: a known bool, a boolean scalar of the graph, or a host bool."""
    value = low.in_graph(value)
    if isinstance(value, Host):
        return low.host_op("bool({})", bool, value, flat=True)
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
    if plain(value) or low.is_fresh(value):
        return bool(value)
    if isinstance(value, View):
        return bool(value.items)
    if is_box(value) or isinstance(value, list | dict | set):
        return truth(low, items.length(low, value))
    if isinstance(value, _ALWAYS_TRUE):
        return True
    members.guard_type(low, value)
    for name in ("__bool__", "__len__"):
        if classes.has_own(type(value), name):
            return truth(low, members.required(low, value, name))
    if isinstance(value, type) and type(value) not in (type, abc.ABCMeta, enum.EnumMeta):
        raise Unsupported("JN209", f"truth of {value.__name__}")
    return True


_ALWAYS_TRUE = (FunctionType, BuiltinFunctionType, ModuleType, MethodType, Closure, BoundMethod)


def invert(low: Lowering, condition: Any) -> Any:
    """`not condition` for something `truth` returned."""
    if isinstance(condition, bool):
        return not condition
    if isinstance(condition, Host):
        return low.host_op("(not {})", operator.not_, condition)
    return Num(low.math("logical_not", condition), "bool")


def chained(low: Lowering, left: Any, right: Any) -> Any:
    """`left and right` for the results of two comparisons: one of them, as it is (a bool, NumPy's bool, a tensor)."""
    if isinstance(left, bool):
        return right if left else left
    if isinstance(left, Num) and left.kind == "bool" and (isinstance(right, bool) or (isinstance(right, Num) and right.kind == "bool")):
        return join(low, True, left.tensor, right if isinstance(right, bool) else right.tensor)
    if _same_scalar_bools(low, left, right):
        if isinstance(left, Num):
            return Num(low.math("logical_and", left.tensor, right.tensor), "array")
        return low.math("logical_and", left, right)
    return low.host_op("({} and {})", lambda x, y: x and y, left, right)


def _same_scalar_bools(low: Lowering, left: Any, right: Any) -> bool:
    """Whether both are scalars of NumPy's bool, or both are tensors of one bool."""
    scalar = ("bool", ())
    if isinstance(left, Num) and isinstance(right, Num):
        return all(v.kind == "array" and (s := low.backend.spec_of(v.tensor)) and (s.dtype, s.shape) == scalar for v in (left, right))
    return all(low.is_graph(v) and (s := low.backend.spec_of(v)) and (s.dtype, s.shape) == scalar for v in (left, right))


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
