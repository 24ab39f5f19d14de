"""Rules for particular callables: built-in functions, and methods of values that are not plain objects."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from typing import Any

from janus_nb.lowering import access, attributes, contexts, items, numbers, objects, operators, tapes
from janus_nb.lowering.control import known_items
from janus_nb.lowering.exprs import format_value
from janus_nb.lowering.interp import Lowering
from janus_nb.lowering.library import MUTATORS
from janus_nb.lowering.loops import Range, range_items
from janus_nb.lowering.unsupported import Unsupported
from janus_nb.lowering.values import Host, Nothing, Num, Phase, kind_of
from janus_nb.speculate.slots import UNBOUND


def _number(kind: str) -> Callable[..., Any]:
    python: Any = {"int": int, "float": float, "bool": bool}[kind]

    def rule(low: Lowering, value: Any = 0, *rest: Any) -> Any:
        if kind == "bool":
            result = operators.truth(low, value)
            return Num(result, "bool") if low.backend.is_symbolic(result) else result
        if isinstance(value, Host):
            return low.host_op(f"{kind}({{}})", python, value)
        if low.backend.is_variable(value):
            value = low.backend.read_in_graph(value)
        if low.is_graph(value):
            spec = low.backend.spec_of(value)
            if spec.shape is None or any(d != 1 for d in spec.shape):
                raise Unsupported("JN203", f"{kind}() of a tensor with more than one element")
            value = Num(low.math("reshape_scalar", value), "array")
        if isinstance(value, Num):
            if value.kind == "array" and low.backend.spec_of(value.tensor).shape != ():
                return low.host_op(f"{kind}({{}})", python, value)
            return numbers.convert(low, value, kind)  # type: ignore[arg-type]
        try:
            return python(value, *rest)
        except Exception as error:
            raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error

    return rule


def _range(low: Lowering, *args: Any) -> Any:
    start, stop, step = (0, args[0], 1) if len(args) == 1 else (*args, 1) if len(args) == 2 else args
    parts = [Num(low.cast(v, "int64"), "int") if low.is_graph(v) else v for v in (start, stop, step)]
    if any(isinstance(v, Host | Num) for v in parts):
        return Range(*parts)
    return range(start, stop, step)


def _settled(low: Lowering, value: Any) -> Any:
    """A container that the loop changes, as the host value that replay will find."""
    if id(value) in low.heap.dirty and not low.is_fresh(value):
        return Host(Phase.POST, low.host.object(value))
    return value


def _items(low: Lowering, value: Any) -> list[Any]:
    if isinstance(value, Range):
        return range_items(low, value, low.span)  # type: ignore[arg-type]
    return known_items(low, value)


def _enumerate(low: Lowering, items: Any, start: int = 0) -> Any:
    return low.make([(start + i, v) for i, v in enumerate(_items(low, items))])


def _zip(low: Lowering, *iterables: Any, strict: bool = False) -> Any:
    columns = [_items(low, v) for v in iterables]
    if strict and len({len(c) for c in columns}) > 1:
        raise Unsupported("JN203", "ValueError: zip() arguments of unlike length")
    return low.make(list(zip(*columns, strict=False)))


def _map(low: Lowering, function: Any, *iterables: Any) -> Any:
    from janus_nb.lowering.calls import call

    return low.make([call(low, function, parts, {}) for parts in zip(*(_items(low, v) for v in iterables), strict=False)])


def _reduce(low: Lowering, function: Any, items: Any, *initial: Any) -> Any:
    from janus_nb.lowering.calls import call

    values = [*initial, *_items(low, items)]
    if not values:
        raise Unsupported("JN203", "TypeError: reduce() of empty iterable with no initial value")
    result = values[0]
    for value in values[1:]:
        result = call(low, function, (result, value), {})
    return result


def _filter(low: Lowering, function: Any, items: Any) -> Any:
    from janus_nb.lowering.calls import call

    kept = []
    for item in _items(low, items):
        keep = operators.truth(low, call(low, function, (item,), {}) if function is not None else item)
        if not isinstance(keep, bool):
            raise Unsupported("JN111", "filter() by a condition that is not known")
        if keep:
            kept.append(item)
    return low.make(kept)


def _sequence(kind: type) -> Callable[..., Any]:
    def rule(low: Lowering, value: Any = ()) -> Any:
        value = _settled(low, value)
        if (isinstance(value, Host) and value.phase is Phase.POST) or isinstance(value, Num):
            return low.host_op(f"{kind.__name__}({{}})", kind, value)
        items = _items(low, value)
        return tuple(items) if kind is tuple else low.make(kind(items))

    return rule


def _dict(low: Lowering, *args: Any, **kwargs: Any) -> Any:
    pairs: dict[Any, Any] = {}
    for value in args:
        if isinstance(value, dict):
            pairs.update({k: items.load_item(low, value, k) for k in value})
        else:
            pairs.update(dict(tuple(known_items(low, p)) for p in _items(low, value)))
    return low.make({**pairs, **kwargs})


def _sum(low: Lowering, items: Any, start: Any = 0) -> Any:
    items = _settled(low, items)
    if isinstance(items, Num) or (isinstance(items, Host) and not low.backend.is_tensor(items.witness)):
        return low.host_op("sum({}, {})", sum, items, start)
    total = start
    for item in _items(low, items):
        total = operators.binary(low, ast.Add(), total, item)
    return total


def _extreme(op: type[ast.cmpop], name: str) -> Callable[..., Any]:
    python: Any = {"min": min, "max": max}[name]

    def rule(low: Lowering, *args: Any, **kwargs: Any) -> Any:
        if kwargs or (len(args) == 1 and not low.is_fresh(args[0])):
            from janus_nb.lowering.tracing import compute

            return compute(low, python, args, kwargs)
        values = list(args) if len(args) > 1 else known_items(low, args[0])
        if any(isinstance(v, Host) for v in values) and not any(isinstance(v, Num) or low.is_graph(v) for v in values):
            return low.host_op(f"{name}(" + "{}, " * len(values) + ")", python, *values)
        if any(isinstance(v, Host) and v.phase is Phase.POST for v in values):
            return low.host_op(f"{name}(" + "{}, " * len(values) + ")", python, *values)
        if any(low.is_graph(v) for v in values):
            raise Unsupported("JN102", f"{name}() of tensors")
        if not any(isinstance(v, Num) for v in values):
            return python(values)
        best = values[0]
        for value in values[1:]:
            lifted, other = low.lift(value), low.lift(best)
            kinds = {v.kind if isinstance(v, Num) else kind_of(v) for v in (lifted, other)}
            if len(kinds) > 1 or "array" in kinds:
                return low.host_op(f"{name}(" + "{}, " * len(values) + ")", python, *values)
            better = numbers.compare(low, op(), lifted, other)
            x, y = numbers.as_num(low, lifted), numbers.as_num(low, other)
            best = Num(low.select(better.tensor, x.tensor, y.tensor), x.kind)
        return best

    return rule


def _abs(low: Lowering, value: Any) -> Any:
    if isinstance(value, Num) and value.kind != "bool":
        return Num(low.math("abs", value.tensor), value.kind)
    if low.is_graph(value):
        return low.math("abs", value)
    return low.host_op("abs({})", abs, value) if isinstance(value, Host) else abs(value)


def _isinstance(low: Lowering, value: Any, kinds: Any) -> Any:
    if isinstance(value, Host):
        if value.phase is Phase.POST:
            return low.host_op("isinstance({}, {})", None, value, kinds)
        return low.host_op("isinstance({}, {})", isinstance, value, kinds)
    if isinstance(value, Num):
        if value.kind == "array":
            raise Unsupported("JN102", "isinstance() of an array that the graph computes")
        return issubclass({"int": int, "float": float, "bool": bool}[value.kind], kinds)
    if low.backend.is_symbolic(value):
        return isinstance(low.backend.eager_example, kinds)
    return isinstance(value, kinds)


def _getattr(low: Lowering, owner: Any, name: str, *default: Any) -> Any:
    if default:
        if low.is_symbolic(owner):
            raise Unsupported("JN102", "getattr() with a default on a value that is not known yet")
        if not hasattr(owner, name) and low.heap.staged(_attr(low, owner, name)) is UNBOUND:
            low.heap.guard_constant(_attr(low, owner, name), UNBOUND, low.span)
            return default[0]
    return attributes.load_attribute(low, owner, name)


def _hasattr(low: Lowering, owner: Any, name: str) -> Any:
    if isinstance(owner, Host | Num):
        raise Unsupported("JN102", "hasattr() on a value that is not known yet")
    present = hasattr(owner, name) or low.heap.staged(_attr(low, owner, name)) is not UNBOUND
    low.heap.guards.setdefault(_attr(low, owner, name).key, _guard(low, owner, name))
    return present


def _attr(low: Lowering, owner: Any, name: str) -> Any:
    from janus_nb.speculate.slots import AttrSlot

    return AttrSlot(owner, name, access.path_of(low, owner))


def _guard(low: Lowering, owner: Any, name: str) -> Any:
    from janus_nb.speculate.guards import Guard, IsObject

    slot = _attr(low, owner, name)
    return Guard(slot, IsObject(low.heap.live(slot)), low.span)


def _setattr(low: Lowering, owner: Any, name: str, value: Any) -> None:
    attributes.store_attribute(low, owner, name, value)


def _print(low: Lowering, *args: Any, **kwargs: Any) -> Any:
    from janus_nb.lowering.tracing import replay

    return replay(low, print, args, kwargs)


def _str(low: Lowering, value: Any = "") -> Any:
    return format_value(low, value, "", "str")


def _repr(low: Lowering, value: Any) -> Any:
    return format_value(low, value, "", "repr")


def _format(low: Lowering, value: Any, spec: Any = "") -> Any:
    return format_value(low, value, spec, None)


def _all_any(conjunction: bool) -> Callable[..., Any]:
    name = "all" if conjunction else "any"
    python: Any = all if conjunction else any

    def rule(low: Lowering, items: Any) -> Any:
        items = _settled(low, items)
        if isinstance(items, Host | Num):
            return low.host_op(f"{name}({{}})", python, items)
        result: Any = conjunction
        for item in _items(low, items):
            result = operators.join(low, conjunction, operators.truth(low, result), operators.truth(low, item))
        return result

    return rule


def _reversed(low: Lowering, items: Any) -> Any:
    return low.make(list(reversed(_items(low, items))))


def _sorted(low: Lowering, items: Any, **kwargs: Any) -> Any:
    from janus_nb.lowering.tracing import compute

    if isinstance(items, dict | set) or low.is_symbolic(items) or kwargs.get("key") is not None:
        if low.is_symbolic(items) or not kwargs.get("key"):
            return compute(low, sorted, (items,), kwargs)
        raise Unsupported("JN201", "sorted() with a key")
    return compute(low, sorted, (items,), kwargs) if not low.is_fresh(items) else low.make(sorted(items, **kwargs))


def _type(low: Lowering, value: Any) -> Any:
    if isinstance(value, Num) and value.kind != "array":
        return {"int": int, "float": float, "bool": bool}[value.kind]
    if low.is_symbolic(value):
        return low.host_op("type({})", type, value)
    return type(value)


def _id(low: Lowering, value: Any) -> Any:
    if isinstance(value, Host):
        return low.host_op("id({})", id, value)
    if low.is_symbolic(value) or low.is_fresh(value):
        raise Unsupported("JN202", "identity of a value that the loop makes")
    return id(value)


def _callable(low: Lowering, value: Any) -> Any:
    if isinstance(value, Host | Num):
        raise Unsupported("JN102", "callable() on a value that is not known yet")
    return callable(value)


RULES: dict[Any, Callable[..., Any]] = {
    int: _number("int"),
    float: _number("float"),
    bool: _number("bool"),
    len: items.length,
    range: _range,
    enumerate: _enumerate,
    zip: _zip,
    map: _map,
    filter: _filter,
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
    all: _all_any(True),
    any: _all_any(False),
    reversed: _reversed,
    sorted: _sorted,
    type: _type,
    callable: _callable,
    id: _id,
    functools.reduce: _reduce,
    **contexts.RULES,
    **objects.RULES,
}

# -- methods -------------------------------------------------------------------------------------------------------------


def method_rule(low: Lowering, owner: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A method of a tensor, number, container or host value."""
    if low.backend.is_symbolic(owner):
        return _tensor_method(low, owner, name, args)
    if isinstance(owner, Num):
        return _number_method(low, owner, name, args, kwargs)
    if isinstance(owner, Host):
        return _host_method(low, owner, name, args, kwargs)
    if isinstance(owner, str):
        return _text_method(low, owner, name, args, kwargs)
    if low.is_fresh(owner):
        return _fresh_method(low, owner, name, args, kwargs)
    return _heap_method(low, owner, name, args, kwargs)


def _tensor_method(low: Lowering, owner: Any, name: str, args: tuple[Any, ...]) -> Any:
    if name in ("numpy", "__array__"):
        return Num(owner, "array")
    raise Unsupported("JN203", f"AttributeError: a tensor has no attribute {name!r}")


def _number_method(low: Lowering, owner: Num, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    spec = low.backend.spec_of(owner.tensor)
    if owner.kind == "array" and name in ("item", "tolist") and spec.shape == () and not args:
        kind = "bool" if spec.dtype == "bool" else "float" if spec.dtype.startswith(("float", "bfloat")) else "int"
        return numbers.convert(low, owner, kind)  # type: ignore[arg-type]
    if name in MUTATORS:
        raise Unsupported("JN102", f"in-place method {name!r} of an array")
    return _host_call(low, owner, name, args, kwargs)


def _host_call(low: Lowering, owner: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    slots = ", ".join(["{}"] * len(args) + [f"{k}={{}}" for k in kwargs])
    count = len(args)

    def run(value: Any, *given: Any) -> Any:
        return getattr(value, name)(*given[:count], **dict(zip(kwargs, given[count:], strict=True)))

    return low.host_op(f"{{}}.{name}({slots})", run, owner, *args, *kwargs.values())


def _host_method(low: Lowering, owner: Host, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if owner.phase is Phase.POST:
        if name in MUTATORS:
            low.note_effect()
            parts = [low.code(v, Phase.POST) for v in args] + [f"{k}={low.code(v, Phase.POST)}" for k, v in kwargs.items()]
            return low.host.assign(Phase.POST, f"J.change({', '.join([low.code(owner, Phase.POST), repr(name), *parts])})", None)
        slots = "".join([", {}"] * len(args) + [f", {k}={{}}" for k in kwargs])
        return low.host_op(f"J.method({{}}, {name!r}{slots})", None, owner, *args, *kwargs.values())
    if low.backend.is_tape(owner.witness):
        return tapes.gradient(low, owner, *args, **kwargs)
    if low.backend.is_tensor(owner.witness):
        from janus_nb.lowering.calls import call

        return call(low, attributes.load_attribute(low, low.lift(owner), name), args, kwargs)
    if owner.among and name in MUTATORS:
        items.postpone(
            low, owner, f"J.change({{}}, {name!r}" + ", {}" * len(args) + "".join(f", {k}={{}}" for k in kwargs) + ")", *args, *kwargs.values()
        )
        return Nothing(f"{name}()")
    if owner.among and not all(low.heap.read_content(box) for box in owner.among):
        return _host_method(low, Host(Phase.POST, low.host.code(owner, Phase.POST)), name, args, kwargs)
    if name in MUTATORS or name in ("resize", "put", "partition", "setflags", "byteswap", "itemset"):
        if type(owner.witness).__module__ == "numpy" and owner.code[0] == "c":
            items.postpone(low, owner, f"J.change({{}}, {name!r}" + ", {}" * len(args) + ")", *args)
            return None
        raise Unsupported("JN102", f"in-place method {name!r} of a value from the data")
    module = type(owner.witness).__module__.partition(".")[0]
    if module not in ("builtins", "numpy", "datetime", "collections"):
        raise Unsupported("JN201", f"method {name!r} of a {type(owner.witness).__name__} from the data")
    return _host_call(low, owner, name, args, kwargs)


def _text_method(low: Lowering, owner: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    from janus_nb.lowering.tracing import refuse_user_text

    for value in (*args, *kwargs.values()):
        refuse_user_text(value)
    if any(low.is_symbolic(v) or low.is_graph(v) for v in (*args, *kwargs.values())):
        return _host_call(low, owner, name, args, kwargs)
    try:
        result = getattr(owner, name)(*args, **kwargs)
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error
    return low.make(result) if isinstance(result, list) else result


def _fresh_method(low: Lowering, owner: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if name in MUTATORS:
        items.mutate_fresh(low, owner)
        if (name in ("sort", "remove") and low.is_symbolic(owner)) or any(isinstance(a, Host) for a in args[:1] if name in ("pop", "insert")):
            raise Unsupported("JN102", f"{name}() of values that are not known yet")
        escaped = low.escaped.get(id(owner))
        if escaped is not None:
            low.host.statement(Phase.POST, f"{escaped}.{name}({', '.join(low.code(a, Phase.POST) for a in args)})")
        if name in ("extend", "update") and args and not isinstance(args[0], dict):
            args = (known_items(low, args[0]), *args[1:])
    elif name in ("index", "count") and low.is_symbolic(owner):
        raise Unsupported("JN102", f"{name}() of values that are not known yet")
    try:
        result = getattr(owner, name)(*args, **kwargs)
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error
    if name in ("keys", "values", "items"):
        return low.make(list(result))
    made = isinstance(result, list | dict | set) and name in ("copy", "_asdict")
    return low.make(result) if made or (isinstance(result, tuple) and hasattr(result, "_fields")) else result


def _heap_method(low: Lowering, owner: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if name in MUTATORS:
        parts = "".join([", {}"] * len(args) + [f", {k}={{}}" for k in kwargs])
        if name in ("pop", "setdefault", "popitem", "popleft"):
            low.heap.mutated[id(owner)] = owner
            low.note_effect()
            codes = [low.code(v, Phase.POST) for v in (owner, *args)]
            return low.host.assign(Phase.POST, f"J.change({codes[0]}, {', '.join([repr(name), *codes[1:]])})", None)
        items.postpone(low, owner, f"J.change({{}}, {name!r}{parts})", *args, *kwargs.values())
        return None
    if not low.heap.read_content(owner):
        return _host_call(low, Host(Phase.POST, low.host.object(owner)), name, args, kwargs)
    if isinstance(owner, dict) and name in ("items", "keys", "values"):
        keys = known_items(low, owner)
        pairs = [(k, items.load_item(low, owner, k)) for k in keys]
        return low.make({"items": pairs, "keys": keys, "values": [v for _, v in pairs]}[name])
    if isinstance(owner, dict) and name == "get" and not low.is_symbolic(args[0]):
        if args[0] in owner:
            return items.load_item(low, owner, args[0])
    return _host_call(low, Host(Phase.ENTRY, low.host.object(owner), owner), name, args, kwargs)
