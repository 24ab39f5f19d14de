"""Methods of tensors, numbers, containers and values that the host computes: without effects, or postponed to replay."""

from __future__ import annotations

import collections
import sys
from typing import Any

from janus_nb.lowering.core import marks, numbers
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.reader import is_box, is_memory, is_users
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import UNKNOWN, Host, Lazy, Nothing, Num, Phase, Suspended, View
from janus_nb.lowering.heap import fence
from janus_nb.lowering.heap.content import settled
from janus_nb.lowering.host import tapes
from janus_nb.lowering.library.table import FLAT_METHODS, MUTATORS, OUT_POSITION, pure_methods
from janus_nb.lowering.library.tracing import refuse_callbacks
from janus_nb.lowering.values import items
from janus_nb.lowering.values.iterators import items_of
from janus_nb.speculate.plain import plain


def method_rule(low: Lowering, owner: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A method of a tensor, number, container or host value."""
    if low.is_graph(owner):
        return _tensor_method(low, owner, name, args)
    if isinstance(owner, Num):
        return _number_method(low, owner, name, args, kwargs)
    if isinstance(owner, Host):
        return _host_method(low, owner, name, args, kwargs)
    if low.is_fresh(owner) and isinstance(owner, list | dict | set | tuple):
        return _fresh_method(low, owner, name, args, kwargs)
    if plain(owner):
        return _plain_method(low, owner, name, args, kwargs)
    return _heap_method(low, owner, name, args, kwargs)


def _tensor_method(low: Lowering, owner: Any, name: str, args: tuple[Any, ...]) -> Any:
    if name in ("numpy", "__array__") and not args:
        return Num(owner, "array") if low.backend.is_symbolic(owner) else _array_of(low, owner)
    raise Unsupported("JN203", f"AttributeError: a tensor has no attribute {name!r}")


def _array_of(low: Lowering, tensor: Any) -> Any:
    """`tensor.numpy()` of an eager tensor: a scalar is known; of an array, Python makes a new one in every iteration."""
    value = low.backend.to_host(tensor)
    if getattr(value, "shape", ()) == ():
        return value
    return low.host.assign(Phase.PRE, f"{low.host.object(low.backend.to_host)}({low.host.object(tensor)})", value)


def _number_method(low: Lowering, owner: Num, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    spec = low.backend.spec_of(owner.tensor)
    if owner.kind == "array" and name in ("item", "tolist") and spec.shape == () and not args:
        kind = "bool" if spec.dtype == "bool" else "float" if spec.dtype.startswith(("float", "bfloat")) else "int"
        return numbers.convert(low, owner, kind)  # type: ignore[arg-type]
    if name not in pure_methods(np_array() if owner.kind == "array" else {"int": int, "float": float, "bool": bool}[owner.kind]):
        raise Unsupported("JN102", f"method {name!r} of a number that the graph computes")
    return _host_call(low, owner, name, args, kwargs)


def np_array() -> type:
    """NumPy's array type."""
    return sys.modules["numpy"].ndarray  # type: ignore[no-any-return]


def _host_call(low: Lowering, owner: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A method without effects, by the host.

    Raises:
        Unsupported: JN201 for a method that is not known to be one, or that writes to an argument.
    """
    refuse_callbacks((*args, *kwargs.values()))
    witness = owner.witness if isinstance(owner, Host) else owner
    if not isinstance(owner, Num) and witness is not UNKNOWN and name not in pure_methods(type(witness)):
        raise Unsupported("JN201", f"method {name!r} of a {type(witness).__name__}")
    if kwargs.get("out") is not None or (is_memory(witness) and len(args) > OUT_POSITION.get(name, 9)):
        raise Unsupported("JN201", f"{name}() that writes to its `out` argument")
    slots = ", ".join(["{}"] * len(args) + [f"{k}={{}}" for k in kwargs])
    count = len(args)

    def run(value: Any, *given: Any) -> Any:
        return getattr(value, name)(*given[:count], **dict(zip(kwargs, given[count:], strict=True)))

    picks = name == "get"
    return low.host_op(f"{{}}.{name}({slots})", run, owner, *args, *kwargs.values(), flat=name in FLAT_METHODS, picks=picks)


def _host_method(low: Lowering, owner: Host, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if owner.phase is Phase.POST:
        if name in MUTATORS:
            low.note_effect()
            looks = "Deep" if name in LOOKING else "Flat"
            parts = [items.effect_code(low, v) for v in effect_arguments(name, args)] + [f"{k}={low.code(v, Phase.POST)}" for k, v in kwargs.items()]
            made = low.host.assign(Phase.POST, f"J.change({', '.join([f'{looks}({low.code(owner, Phase.POST)})', repr(name), *parts])})", UNKNOWN)
            low.unverified.add(made.code)
            return made
        refuse_callbacks((*args, *kwargs.values()))
        slots = "".join([", {}"] * len(args) + [f", {k}={{}}" for k in kwargs])
        flat = name in FLAT_METHODS
        return low.host_op(f"J.method({{}}, {name!r}{slots})", None, owner, *args, *kwargs.values(), flat=flat, picks=name == "get")
    if low.backend.is_tape(owner.witness):
        return tapes.gradient(low, owner, *args, **kwargs)
    if low.backend.is_tensor(owner.witness):
        return low.call(low.attribute(low.lift(owner), name), args, kwargs)
    if owner.among and name in MUTATORS:
        given = effect_arguments(name, args)
        items.postpone(
            low, owner, f"J.change({{}}, {name!r}" + ", {}" * len(args) + "".join(f", {k}={{}}" for k in kwargs) + ")", *given, *kwargs.values()
        )
        return Nothing(f"{name}()")
    if owner.among and not all(low.heap.read_content(box) for box in owner.among):
        return _host_method(low, Host(Phase.POST, low.host.code(owner, Phase.POST)), name, args, kwargs)
    if name in MUTATORS or name in ("resize", "put", "partition", "setflags", "byteswap", "itemset"):
        if type(owner.witness).__module__ == "numpy" and owner.code[0] == "c":
            items.postpone(low, owner, f"J.change({{}}, {name!r}" + ", {}" * len(args) + ")", *args)
            return None
        raise Unsupported("JN102", f"in-place method {name!r} of a value from the data")
    return _host_call(low, owner, name, args, kwargs)


def _plain_method(low: Lowering, owner: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A method of text, or of another plain value."""
    if name not in pure_methods(type(owner)):
        raise Unsupported("JN201", f"method {name!r} of a {type(owner).__name__}")
    args = tuple(low.make(low.items_of(v)) if isinstance(v, Lazy | View | Suspended) else v for v in args)
    if all(fence.is_open(low, v) for v in (*args, *kwargs.values())):
        return fence.now(low, getattr(owner, name), *args, **kwargs)
    return _host_call(low, owner, name, args, kwargs)


def effect_arguments(name: str, args: tuple[Any, ...]) -> list[Any]:
    """The arguments of a method that changes a container: which of them are looked into, and which are just kept."""
    kept = {"append": 1, "appendleft": 1, "setdefault": 1, "insert": 1}.get(name, 0)
    return [*map(items.Read, args[: len(args) - kept]), *args[len(args) - kept :]] if kept else list(map(items.Read, args))


def _fresh_method(low: Lowering, owner: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if name in MUTATORS:
        return _change_fresh(low, owner, name, args, kwargs)
    if isinstance(owner, dict) and name in ("keys", "values", "items"):
        return View(list(getattr(owner, name)()), name)
    if name == "copy" and isinstance(owner, list | dict | set):
        return low.make(owner.copy())
    if name == "_asdict":
        return low.make(dict(zip(owner._fields, owner, strict=True)))
    if name == "_replace" and kwargs.keys() <= set(owner._fields):
        return low.make(owner._replace(**kwargs))
    if name == "get" and isinstance(owner, dict) and plain(args[0]) and all(map(plain, owner)):
        return owner.get(*args)
    if name not in pure_methods(type(owner)):
        raise Unsupported("JN201", f"method {name!r} of a {type(owner).__name__}")
    args = tuple(low.make(low.items_of(v)) if isinstance(v, Lazy | View | Suspended) else v for v in args)
    if fence.is_open(low, owner) and all(fence.is_open(low, v) for v in args):
        return fence.now(low, getattr(type(owner), name), owner, *args, **kwargs)
    if low.is_symbolic(owner):
        raise Unsupported("JN102", f"{name}() of values that are not known yet")
    return _host_call(low, owner, name, args, kwargs)


def _change_fresh(low: Lowering, owner: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A method that changes a container made in this iteration: done at once, and at replay where the container has been kept."""
    items.mutate_fresh(low, owner)
    if (name in ("sort", "remove") and not fence.is_open(low, owner)) or any(isinstance(a, Host) for a in args[:1] if name in ("pop", "insert")):
        raise Unsupported("JN102", f"{name}() of values that are not known yet")
    looked_at = args[:1] if name in ("setdefault", "pop", "insert") else () if name in ("append", "extend", "update") else args
    if not all(plain(v) for v in (*looked_at, *kwargs.values())) and name not in ("add", "update"):
        raise Unsupported("JN102", f"{name}() of values that are not known yet")
    if isinstance(owner, set) and name in ("add", "discard", "remove") and not all(map(plain, args)):
        raise Unsupported("JN102", "a set of values that are not known yet")
    if name == "update" and args:
        args = (dict(low.pairs_of(args[0])) if isinstance(args[0], dict) else items_of(low, args[0]), *args[1:])
        if isinstance(owner, set) and not all(map(plain, args[0])):
            raise Unsupported("JN102", "a set of values that are not known yet")
    if name == "extend":
        args = (items_of(low, args[0]),)
    escaped = low.escaped.get(id(owner))
    if escaped is not None:
        given = [low.make(v) if type(v) in (list, dict) else v for v in args]
        parts = [low.code(a, Phase.POST) for a in given] + [f"{k}={low.code(v, Phase.POST)}" for k, v in kwargs.items()]
        low.host.statement(Phase.POST, f"{escaped}.{name}({', '.join(parts)})")
    try:
        return getattr(owner, name)(*args, **kwargs)
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error


def _heap_method(low: Lowering, owner: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if is_users(owner) or not (is_box(owner) or isinstance(owner, list | dict | tuple)):
        raise Unsupported("JN201", f"method {name!r} of a {type(owner).__name__}")
    if name in MUTATORS:
        return _change_heap(low, owner, name, args, kwargs)
    if (
        isinstance(owner, dict)
        and name in ("items", "keys", "values")
        and type(owner) in (dict, collections.OrderedDict, collections.Counter, collections.defaultdict)
    ):
        pairs = low.pairs_of(owner) if name != "keys" else [(key, None) for key in low.keys_of(owner)]
        return View({"items": pairs, "keys": [k for k, _ in pairs], "values": [v for _, v in pairs]}[name], name)
    if isinstance(owner, dict) and name == "get" and plain(args[0]) and not kwargs and low.heap.read_content(owner):
        if items.holds_key(low, owner, args[0]):
            return low.item(owner, args[0])
        return args[1] if len(args) > 1 else None
    return _host_call(low, owner, name, args, kwargs)


def _change_heap(low: Lowering, owner: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if kwargs.get("key") is not None or (kwargs and name not in ("sort", "update", "subtract")):
        raise Unsupported("JN201", f"{name}() with a function")
    if name not in vars(type(owner)) and not any(name in vars(k) for k in type(owner).__mro__):
        raise Unsupported("JN203", f"AttributeError: {name!r}")
    if name in ("extend", "update", "extendleft") and args and isinstance(args[0], Lazy | View | Suspended):
        before = marks.mark(low)
        args = (low.make(low.items_of(args[0])), *args[1:])
        if marks.acted(low, before):
            raise Unsupported("JN104", f"{name}() by an iterator with effects")
    refuse_callbacks((*args, *kwargs.values()))
    if name in LOOKING:
        settled(low, owner, late=True)
    given = effect_arguments(name, args)
    parts = "".join([", {}"] * len(args) + [f", {k}={{}}" for k in kwargs])
    target = "Deep({})" if name in LOOKING and is_box(owner) and not is_memory(owner) else "{}"
    if name in ("pop", "setdefault", "popitem", "popleft"):
        low.heap.mutated[id(owner)] = owner
        low.note_effect()
        codes = [low.code(owner, Phase.POST), repr(name), *(items.effect_code(low, v) for v in given)]
        made = low.host.assign(Phase.POST, f"J.change({', '.join(codes)})", UNKNOWN)
        low.unverified.add(made.code)
        return made
    items.postpone(low, owner, f"J.change({target}, {name!r}{parts})", *given, *kwargs.values())
    return None


LOOKING = frozenset({"remove", "sort", "index", "count"})
"""Methods that compare what is in the container."""
