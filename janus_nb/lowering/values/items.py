"""Items and methods, for several kinds of values: picked by the host, in the graph, or from a container of the user's.

table[key]          known container: guarded item, or known at replay if the loop changes the container
X[i:i + 32]         array and host index: Python, before the graph
tensor[i]           operation of the graph
table[key] = value  postponed to replay (a container made in the iteration itself: done at once)
"""

from __future__ import annotations

import collections
from collections.abc import Mapping
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import BoundMethod, Host, Lazy, Num, Phase, Suspended, View
from janus_nb.lowering.heap.access import name_object, path_of, read_slot
from janus_nb.lowering.heap.content import settled
from janus_nb.lowering.library.table import FLAT_METHODS, OUT_POSITION
from janus_nb.lowering.library.tracing import refuse_callbacks
from janus_nb.lowering.values.effects import Read, postpone
from janus_nb.source.units import is_user_class
from janus_nb.speculate.guards import Guard, IsBound, IsObject
from janus_nb.speculate.plain import plain
from janus_nb.speculate.policy import ValueAssumption
from janus_nb.speculate.slots import UNBOUND, ItemSlot, LengthSlot


def now(owner: Any, index: Any) -> Any:
    """An item of a plain value, or of a container that the iteration made.

    Raises:
        Unsupported: JN203 if Python raises.
    """
    try:
        return owner[index]
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error


def picked(low: Lowering, owner: Any, index: Any) -> Host:
    """An item that the host picks: an object that was there before."""
    cut = isinstance(index, slice)
    return low.host_op("{}[{}]", lambda o, i: o[i], owner, index, flat=True, picks=not cut)


def has_index_method(index: Any) -> bool:
    """Whether an index is an object of a user's class."""
    return isinstance(index, Host) and is_user_class(type(index.witness))


MAX_WHOLE = 32 * 2**20
"""Bytes of an array that is handed to every call as a whole, so that its rows are picked inside the graph."""


def array_part(low: Lowering, owner: Host, index: Any) -> Host:
    """`array[index]`, by the host; if only the graph needs it and the array does not change, the graph picks the rows itself."""
    made = low.host_op("{}[{}]", lambda o, i: o[i], owner, index)
    if owner.phase is Phase.ENTRY and made.phase is Phase.PRE and isinstance(index, Host | slice):
        made.part = owner, index
        low.host.droppable.add(made.code)
    return made


def part_in_graph(low: Lowering, value: Host) -> Num | None:
    """Rows of an array, picked in the graph from the whole; `None` where the host has to pick them."""
    assert value.part is not None
    owner, index = value.part
    array = owner.witness
    if not array.ndim > 0 or array.nbytes > MAX_WHOLE or not low.tracer.at_top() or low.backend.find_spec(array) is None:
        return None
    if isinstance(index, Host):
        number = _row(low, array.shape, index)
        return None if number is None else Num(low.math("row", low.lift(owner).tensor, number), "array")
    window = _window(low, array.shape, index)
    return None if window is None else Num(low.math("window", low.lift(owner).tensor, *window), "array")


def tensor_item(low: Lowering, owner: Any, index: Any) -> Any:
    """`tensor[index]`: an operation of the graph."""

    def convert(part: Any) -> Any:
        if isinstance(part, tuple):
            return tuple(map(convert, part))
        if isinstance(part, slice):
            return slice(*(convert(v) for v in (part.start, part.stop, part.step)))
        part = low.lift(part)
        return (
            low.cast(part.tensor, "int32")
            if isinstance(part, Num) and part.kind == "int"
            else getattr(part, "tensor", part)
            if isinstance(part, Num)
            else part
        )

    if low.span is not None:
        low.lines.graph_spans[low.span] = None
    try:
        if isinstance(index, tuple) and index and isinstance(index[0], Host):
            number = _row(low, _data_shape(low, owner), index[0])
            return owner[convert(index)] if number is None else low.math("row", owner, number)[convert(index[1:])]
        if isinstance(index, Host):
            number = _row(low, _data_shape(low, owner), index)
            return owner[convert(index)] if number is None else low.math("row", owner, number)
        window = _window(low, _data_shape(low, owner), index)
        return owner[convert(index)] if window is None else low.math("window", owner, *window)
    except Unsupported:
        raise
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error


def _data_shape(low: Lowering, owner: Any) -> tuple[int | None, ...] | None:
    """The shape of a tensor that exists outside the region: data, which no gradient is taken of. `None` for all else."""
    return low.backend.spec_of(owner).shape if low.is_graph(owner) and not low.is_symbolic(owner) else None


def _row(low: Lowering, shape: tuple[int | None, ...] | None, index: Host) -> Any:
    """The row that `data[i]` picks, for an index that the host knows before the graph, in range and not negative, as it was seen to be.

    Returns None where that may not be assumed.
    """
    if not shape or shape[0] is None or index.phase is Phase.POST or type(index.witness) is not int:
        return None
    assumption = ValueAssumption(low.span, "an index in range", f"below {shape[0]}", ("row", shape[0]), "seen while generating")
    if assumption.key in low.policy.inputs or not 0 <= index.witness < shape[0]:
        return None
    low.check_host(low.host_op(f"0 <= {{}} < {shape[0]}", lambda i: 0 <= i < shape[0], index), True, assumption)
    return _number(low, index)


def _window(low: Lowering, shape: tuple[int | None, ...] | None, index: Any) -> tuple[Any, int] | None:
    """The first row and the number of rows that `data[a:b]` picks, for bounds that the host knows before the graph.

    There are as many as was seen, so that shapes stay known. Returns None where that may not be assumed.
    """
    if not isinstance(index, slice) or index.step is not None:
        return None
    if type(index.start) is int and type(index.stop) is int and shape and shape[0] is not None and 0 <= index.start < index.stop <= shape[0]:
        return _number(low, low.constant(index.start, "int64")), index.stop - index.start
    start, stop = index.start, index.stop
    bounds = (low.witness(start), low.witness(stop))
    known = all(type(b) is int for b in bounds) and (isinstance(start, Host) or isinstance(stop, Host))
    if not known or not shape or shape[0] is None or max(low.phase_of(start), low.phase_of(stop)) is Phase.POST:
        return None
    size = bounds[1] - bounds[0]
    assumption = ValueAssumption(low.span, "the length of the slice", str(size), ("window", size), "seen while generating")
    if not low.policy.specialize or assumption.key in low.policy.inputs or not 0 <= bounds[0] < bounds[1] <= shape[0]:
        return None
    inside = low.host_op(f"0 <= {{}} == {{}} - {size} <= {shape[0] - size}", lambda a, b: 0 <= a == b - size, start, stop)
    low.check_host(inside, True, assumption)
    return _number(low, start), size


def _number(low: Lowering, value: Any) -> Any:
    """A whole number that the host knows, as the graph sees it."""
    lifted = low.lift(value)
    return lifted.tensor if isinstance(lifted, Num) else lifted


def _makes_items(owner: Any) -> bool:
    """Whether a dictionary may make the items that it is asked for."""
    return isinstance(owner, dict) and type(owner) is not dict


def _at_replay(low: Lowering, owner: Any, index: Any) -> Host:
    """An item that only replay knows. Looking into a `defaultdict` may change it."""
    template = "J.item({}, {})" if _makes_items(owner) else "{}[{}]"
    return low.host_op(template, None, Host(Phase.POST, low.host.object(owner)), index, flat=True, picks=not isinstance(index, slice))


def heap_item(low: Lowering, owner: Any, index: Any) -> Any:
    """An item of a list, tuple or dictionary that exists outside the region."""
    if not low.is_symbolic(index) and not plain(index):
        raise Unsupported("JN209", f"__index__ or __hash__ of a {type(index).__name__}")
    if isinstance(index, slice) and isinstance(owner, list | tuple) and not low.is_symbolic(index) and id(owner) not in low.heap.dirty:
        items = low.items_of(owner)[index]
        return tuple(items) if isinstance(owner, tuple) else low.make(items)
    if low.is_symbolic(index) or isinstance(index, slice):
        if _makes_items(owner) or not low.heap.read_content(owner):
            return _at_replay(low, owner, index)
        made = picked(low, Host(Phase.ENTRY, low.host.object(owner), owner), index)
        if not isinstance(index, slice):
            made.among = _containers_in(low, owner)
        return made
    if not isinstance(owner, tuple) and not low.heap.read_content(owner):
        return _at_replay(low, owner, index)
    slot = ItemSlot(owner, index, path_of(low, owner))
    value = read_slot(low, slot)
    if value is UNBOUND:
        if _makes_items(owner):
            return _at_replay(low, owner, index)
        raise Unsupported("JN203", f"no item {index!r}")
    name_object(low, value, f"{slot.path}[{index!r}]")
    return value


def _containers_in(low: Lowering, owner: Any) -> tuple[Any, ...]:
    """The containers among the items of a container: one of them is what an index known later picks."""
    parts = list(owner.items() if isinstance(owner, dict) else enumerate(owner))
    found = [(key, box) for key, box in parts if type(box) in (list, dict, set, collections.deque)]
    if not found or len(parts) > low.policy.unroll_limit:
        return ()
    low.heap.guard_structure(LengthSlot(owner, path_of(low, owner)), low.span)
    for key, box in found:
        low.heap.guard_constant(ItemSlot(owner, key, path_of(low, owner)), box, low.span)
    return tuple(box for _, box in found)


def holds_key(low: Lowering, owner: dict[Any, Any], key: Any) -> bool:
    """Whether a dictionary that exists outside the region has a key: assumed to stay so."""
    low.heap.read_content(owner)
    slot = ItemSlot(owner, key, path_of(low, owner))
    if not plain(tuple(owner)):
        raise Unsupported("JN209", "__eq__ of a key")
    present = key in owner
    if slot.key not in low.heap.guards:
        low.heap.guards["holds", slot.key] = Guard(slot, IsBound() if present else IsObject(UNBOUND), low.span)
    return present


def set_at_replay(low: Lowering, owner: Any, index: Any, value: Any, converts: bool) -> None:
    """`owner[index] = value` of a container of the user's; `converts`: what is stored is converted, not just kept."""
    if not low.is_symbolic(index):
        index = settled(low, index, late=True)
    postpone(low, owner, "J.setitem({}, {}, {})", Read(index), Read(value) if converts else value)


def of_builtin(owner: Any, name: str) -> Any:
    """An attribute of a built-in container or text: a field of a named tuple, or a method.

    Raises:
        Unsupported: JN203 if there is none; JN201 for what is neither.
    """
    if isinstance(owner, tuple) and name in getattr(type(owner), "_fields", ()):
        return owner[type(owner)._fields.index(name)]  # type: ignore[attr-defined]
    if not hasattr(type(owner), name):
        raise Unsupported("JN203", f"AttributeError: {type(owner).__name__} has no attribute {name!r}")
    if not callable(getattr(type(owner), name)):
        if name == "maxlen":
            return owner.maxlen
        raise Unsupported("JN201", f"attribute {name!r} of a {type(owner).__name__}")
    return method_of(owner, name)


def method_of(owner: Any, name: str) -> BoundMethod:
    """A method of a value that is not a plain object, taken and not called yet."""
    return BoundMethod(owner, name)


def called_on_host(low: Lowering, owner: Any, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], memory: bool) -> Any:
    """A method without effects, by the host; `memory`: of an array.

    Raises:
        Unsupported: JN201 for a method that writes to an argument; JN204 for one that is handed a function of the user's.
    """
    refuse_callbacks((*args, *kwargs.values()))
    if kwargs.get("out") is not None or (memory and len(args) > OUT_POSITION.get(name, 9)):
        raise Unsupported("JN201", f"{name}() that writes to its `out` argument")
    slots = ", ".join(["{}"] * len(args) + [f"{k}={{}}" for k in kwargs])
    count = len(args)

    def run(value: Any, *given: Any) -> Any:
        return getattr(value, name)(*given[:count], **dict(zip(kwargs, given[count:], strict=True)))

    return low.host_op(f"{{}}.{name}({slots})", run, owner, *args, *kwargs.values(), flat=name in FLAT_METHODS, picks=name == "get")


def drawn(low: Lowering, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Arguments of a method that takes all items of an iterator at once."""
    return tuple(low.make(low.items_of(v)) if isinstance(v, Lazy | View | Suspended) else v for v in args)
