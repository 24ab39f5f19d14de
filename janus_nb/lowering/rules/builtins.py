"""Rules for particular callables: built-in functions, and methods of values that are not plain objects."""

from __future__ import annotations

import abc
import ast
import enum
import functools
import operator
import sys
import types
from collections.abc import Callable
from typing import Any, Literal

from janus_nb.lowering.core import classes, numbers
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.reader import is_box, is_users
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Host, Num, Phase, Range
from janus_nb.lowering.core.values import kind_of as number_kind
from janus_nb.lowering.heap import fence
from janus_nb.lowering.library.tracing import compute, replay
from janus_nb.lowering.rules import contexts
from janus_nb.lowering.values import iterators, objects, operators
from janus_nb.lowering.values.kinds import kind_of
from janus_nb.source.units import is_user_class
from janus_nb.speculate.plain import plain


def _number(kind: Literal["int", "float"]) -> Callable[..., Any]:
    python: Any = {"int": int, "float": float}[kind]

    def rule(low: Lowering, value: Any = 0, *rest: Any) -> Any:
        return fence.now(low, python, value, *rest) if rest else kind_of(low, value).number(low, value, kind)

    return rule


def _bool(low: Lowering, value: Any = False) -> Any:
    return operators.as_value(low.truth(value))


def _range(low: Lowering, *args: Any) -> Any:
    start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args, 1) if len(args) == 2 else args
    parts = [Num(low.cast(v, "int64"), "int") if low.is_graph(v) else v for v in (start, stop, step)]
    if any(isinstance(v, Host | Num) for v in parts):
        return Range(*parts)
    return fence.now(low, range, start, stop, step)


def _hashed(low: Lowering, items: Any) -> list[Any]:
    """Items that are to be told apart by their hash.

    Raises:
        Unsupported: JN209 if code of the user's computes it.
    """
    found = list(items)
    for item in found:
        if not plain(item) and not low.is_symbolic(item) and not isinstance(item, types.FunctionType | type):
            raise Unsupported("JN209", f"__hash__ of a {type(item).__name__}")
    return found


def _sequence(kind: type) -> Callable[..., Any]:
    def rule(low: Lowering, value: Any = ()) -> Any:
        value = iterators.as_replayed(low, value)
        if (isinstance(value, Host) and value.phase is Phase.POST) or isinstance(value, Num):
            return low.host_op(f"{kind.__name__}({{}})", kind, value)
        items = low.items_of(value)
        if kind is set and any(low.is_symbolic(item) for item in items):
            raise Unsupported("JN102", "a set of values that are not known yet")
        return tuple(items) if kind is tuple else low.make(list(items) if kind is list else set(_hashed(low, items)))

    return rule


def _dict(low: Lowering, *args: Any, **kwargs: Any) -> Any:
    pairs: dict[Any, Any] = {}
    for value in args:
        if not low.is_fresh(value) and id(value) in low.heap.dirty:
            if kwargs or len(args) > 1:
                raise Unsupported("JN202", "dict() of a container that the loop changes")
            return low.host_op("dict({})", dict, value, flat=True)
        if is_users(value):
            raise Unsupported("JN209", f"dict() of a {type(value).__name__}")
        if isinstance(value, dict):
            pairs.update(low.pairs_of(value))
        else:
            for key, item in [tuple(low.items_of(p)) for p in low.items_of(value)]:
                if not plain(key):
                    raise Unsupported("JN102", "a dictionary key that is not known yet")
                pairs[key] = item
    return low.make({**pairs, **kwargs})


def _sum(low: Lowering, items: Any, start: Any = 0) -> Any:
    items = iterators.as_replayed(low, items)
    if isinstance(items, Num) or (isinstance(items, Host) and not low.backend.is_tensor(items.witness)):
        return low.host_op("sum({}, {})", sum, items, start)
    parts = low.items_of(items)
    if sys.version_info >= (3, 12) and any(isinstance(v, Num | float) for v in parts):
        return low.host_op("sum({}, {})", sum, low.make(list(parts)), start)  # Python compensates rounding errors here
    total = start
    for item in parts:
        total = low.binary(ast.Add(), total, item)
    return total


def _extreme(op: type[ast.cmpop], name: str) -> Callable[..., Any]:
    python: Any = {"min": min, "max": max}[name]

    def rule(low: Lowering, *args: Any, key: Any = None, **kwargs: Any) -> Any:
        if kwargs.keys() - {"default"}:
            raise Unsupported("JN203", f"TypeError: {name}()")
        if len(args) == 1 and key is None and (isinstance(args[0], Host | Num) or (not low.is_fresh(args[0]) and is_box(args[0]))):
            return compute(low, python, args, kwargs)
        values = list(args) if len(args) > 1 else low.items_of(args[0])
        if not values:
            if "default" not in kwargs:
                raise Unsupported("JN203", f"ValueError: {name}() of nothing")
            return kwargs["default"]
        return _best(low, op, name, values) if key is None else _best_by(low, op, values, key)

    return rule


def _best_by(low: Lowering, op: type[ast.cmpop], values: list[Any], key: Any) -> Any:
    """The first item whose key is the extreme one; the key function is asked once for each."""

    keys = values if key is None else [low.call(key, (value,), {}) for value in values]
    best = 0
    for i in range(1, len(values)):
        better = low.truth(low.compare(op(), keys[i], keys[best]))
        if not isinstance(better, bool):
            raise Unsupported("JN202", "min() or max() by a key that is not known yet")
        best = i if better else best
    return values[best]


def _best(low: Lowering, op: type[ast.cmpop], name: str, values: list[Any]) -> Any:
    python: Any = {"min": min, "max": max}[name]
    call = f"{name}(" + "{}, " * len(values) + ")"
    if any(isinstance(v, Host) for v in values) and not any(isinstance(v, Num) or low.is_graph(v) for v in values):
        return low.host_op(call, python, *values)
    if any(isinstance(v, Host) and v.phase is Phase.POST for v in values):
        return low.host_op(call, python, *values)
    if any(low.is_graph(v) for v in values):
        raise Unsupported("JN102", f"{name}() of tensors")
    if not any(isinstance(v, Num) for v in values):
        return fence.now(low, python, *values) if all(map(plain, values)) and len(values) > 1 else _best_by(low, op, values, None)
    best = values[0]
    for value in values[1:]:
        lifted, other = low.lift(value), low.lift(best)
        kinds = {v.kind if isinstance(v, Num) else number_kind(v) for v in (lifted, other)}
        if len(kinds) > 1 or "array" in kinds:
            return low.host_op(call, python, *values)
        better = numbers.compare(low, op(), lifted, other)
        x, y = numbers.as_num(low, lifted), numbers.as_num(low, other)
        best = Num(low.select(better.tensor, x.tensor, y.tensor), x.kind)
    return best


def _abs(low: Lowering, value: Any) -> Any:
    return kind_of(low, value).absolute(low, value)


def _isinstance(low: Lowering, value: Any, kinds: Any) -> Any:
    for kind in _classes(kinds):
        if type(kind) not in (type, abc.ABCMeta, enum.EnumMeta) and classes.of_user(type(kind)):
            raise Unsupported("JN209", f"__instancecheck__ of {kind.__name__}")
        if is_user_class(kind) and "__subclasshook__" in kind.__dict__:
            raise Unsupported("JN209", f"__subclasshook__ of {kind.__name__}")
    return kind_of(low, value).is_instance(low, value, kinds)


def _classes(kinds: Any) -> list[type]:
    """The classes that `isinstance` asks for.

    Raises:
        Unsupported: JN203 if there is something else among them.
    """
    if isinstance(kinds, tuple):
        return [kind for part in kinds for kind in _classes(part)]
    if isinstance(kinds, types.UnionType):
        return [kind for part in kinds.__args__ for kind in _classes(part)]
    if not isinstance(kinds, type):
        raise Unsupported("JN203", "TypeError: isinstance() arg 2 is not a class")
    return [kinds]


def _getattr(low: Lowering, owner: Any, name: str, *default: Any) -> Any:
    if default and not _present(low, owner, name):
        return default[0]
    return low.attribute(owner, name)


def _hasattr(low: Lowering, owner: Any, name: str) -> Any:
    return _present(low, owner, name)


def _present(low: Lowering, owner: Any, name: Any) -> bool:
    if type(name) is not str:
        raise Unsupported("JN102", "an attribute of a value that is not known yet")
    return kind_of(low, owner).has(low, owner, name)


def _setattr(low: Lowering, owner: Any, name: str, value: Any) -> None:
    if type(name) is not str:
        raise Unsupported("JN102", "setattr() with a name that is not known yet")
    kind_of(low, owner).set_attribute(low, owner, name, value)


def _print(low: Lowering, *args: Any, **kwargs: Any) -> Any:
    return replay(low, print, args, kwargs)


def _str(low: Lowering, value: Any = "") -> Any:
    return low.text(value, "", "str")


def _repr(low: Lowering, value: Any) -> Any:
    return low.text(value, "", "repr")


def _format(low: Lowering, value: Any, spec: Any = "") -> Any:
    return low.text(value, spec, None)


def _type(low: Lowering, value: Any) -> Any:
    return kind_of(low, value).type_of(low, value)


def _id(low: Lowering, value: Any) -> Any:
    return kind_of(low, value).identity(low, value)


def _callable(low: Lowering, value: Any) -> Any:
    return kind_of(low, value).is_callable(low, value)


def _len(low: Lowering, value: Any) -> Any:
    return low.length(value)


_OPERATORS: dict[type[ast.operator] | type[ast.cmpop], str] = {
    ast.Add: "add",
    ast.Sub: "sub",
    ast.Mult: "mul",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.Mod: "mod",
    ast.Pow: "pow",
    ast.Eq: "eq",
    ast.NotEq: "ne",
    ast.Lt: "lt",
    ast.LtE: "le",
    ast.Gt: "gt",
    ast.GtE: "ge",
}


def _operator_rule(kind: Any) -> Callable[..., Any]:
    """`operator.add(a, b)` is `a + b`, whatever `a` and `b` are."""

    def rule(low: Lowering, left: Any, right: Any) -> Any:
        return (low.compare if issubclass(kind, ast.cmpop) else low.binary)(kind(), left, right)

    return rule


RULES: dict[Any, Callable[..., Any]] = {
    int: _number("int"),
    float: _number("float"),
    bool: _bool,
    len: _len,
    range: _range,
    enumerate: iterators.enumerate_rule,
    zip: iterators.zip_rule,
    map: iterators.map_rule,
    filter: iterators.filter_rule,
    list: _sequence(list),
    tuple: _sequence(tuple),
    set: _sequence(set),
    dict: _dict,
    sum: _sum,
    min: _extreme(ast.Lt, "min"),
    max: _extreme(ast.Gt, "max"),
    abs: _abs,
    isinstance: _isinstance,
    getattr: _getattr,
    hasattr: _hasattr,
    setattr: _setattr,
    print: _print,
    str: _str,
    repr: _repr,
    format: _format,
    all: iterators.all_any_rule(True),
    any: iterators.all_any_rule(False),
    reversed: iterators.reversed_rule,
    sorted: iterators.sorted_rule,
    type: _type,
    callable: _callable,
    id: _id,
    functools.reduce: iterators.reduce_rule,
    **{getattr(operator, name): _operator_rule(kind) for kind, name in _OPERATORS.items()},
    **contexts.RULES,
    **objects.RULES,
}
