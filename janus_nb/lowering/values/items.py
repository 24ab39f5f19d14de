"""Reading and writing items of containers, arrays and tensors.

table[key]          known container: guarded item, or known at replay if the loop changes the container
X[i:i + 32]         array and host index: Python, before the graph
tensor[i]           operation of the graph
table[key] = value  postponed to replay (a container made in the iteration itself: done at once)
"""

from __future__ import annotations

import collections
import enum
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.reader import is_box, is_memory, is_record_type
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Host, Num, Phase, View
from janus_nb.lowering.effects.containers import MAKE_ITEM, SET_ITEM, SET_OWN_ITEM
from janus_nb.lowering.heap import members
from janus_nb.lowering.heap.access import is_array, name_object, path_of, read_slot, touch_library
from janus_nb.lowering.heap.content import named, settled
from janus_nb.lowering.host.emit import Read, postpone
from janus_nb.source.units import is_user_class
from janus_nb.speculate.guards import Guard, IsBound, IsObject
from janus_nb.speculate.plain import plain
from janus_nb.speculate.policy import ValueAssumption
from janus_nb.speculate.slots import UNBOUND, ItemSlot, LengthSlot


def load_item(low: Lowering, owner: Any, index: Any) -> Any:
    """`owner[index]`."""
    owner = low.in_graph(owner)
    if (isinstance(owner, Num) and owner.kind == "array") or (isinstance(owner, Host) and owner.phase is Phase.POST):
        return low.host_op("{}[{}]", None, owner, index, flat=True, picks=True)
    if low.is_graph(owner) or low.backend.is_variable(owner):
        return _tensor_item(low, owner, index)
    if isinstance(owner, Host):
        if owner.among and not all(low.heap.read_content(box) for box in owner.among):
            return low.host_op("{}[{}]", None, Host(Phase.POST, owner.held), index, flat=True, picks=True)
        if isinstance(index, Num) or low.is_graph(index):
            if is_array(owner.witness):
                return _tensor_item(low, low.lift(owner).tensor, index)
            return low.host_op("{}[{}]", None, owner, index, flat=True, picks=True)
        return _array_part(low, owner, index) if is_array(owner.witness) else _picked(low, owner, index)
    if isinstance(index, Host | Num) and _has_index_method(low, index):
        raise Unsupported("JN209", "__index__ of an object")
    if is_user_class(type(owner)) and not is_record_type(type(owner)) and not isinstance(owner, type):
        return members.required(low, owner, "__getitem__", index)
    if isinstance(owner, list | dict | tuple) and not low.is_fresh(owner):
        return heap_item(low, owner, index)
    if is_box(owner) and not low.is_fresh(owner):
        return _picked(low, owner, index)
    if low.is_symbolic(index):
        if isinstance(owner, list | tuple) and isinstance(index, Host) and index.phase is not Phase.POST and not low.is_symbolic(owner):
            return _picked(low, owner, index)
        if plain(owner):
            return low.host_op("{}[{}]", lambda o, i: o[i], owner, index)
        raise Unsupported("JN102", "index into a container by a value that is not known yet")
    if type(owner) is enum.EnumMeta and plain(index):
        return _now(low, owner, index)
    if not (plain(owner) or (low.is_fresh(owner) and isinstance(owner, list | dict | tuple))) or not plain(index):
        raise Unsupported("JN201", f"an item of a {type(owner).__name__}")
    result = _now(low, owner, index)
    return low.make(result) if isinstance(index, slice) and isinstance(result, list) else result


def _now(low: Lowering, owner: Any, index: Any) -> Any:
    try:
        return owner[index]
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error


def _picked(low: Lowering, owner: Any, index: Any) -> Host:
    """An item that the host picks: an object that was there before."""
    cut = isinstance(index, slice)
    return low.host_op("{}[{}]", lambda o, i: o[i], owner, index, flat=True, picks=not cut)


def _has_index_method(low: Lowering, index: Any) -> bool:
    return isinstance(index, Host) and is_user_class(type(index.witness))


MAX_WHOLE = 32 * 2**20
"""Bytes of an array that is handed to every call as a whole, so that its rows are picked inside the graph."""


def _array_part(low: Lowering, owner: Host, index: Any) -> Host:
    """`array[index]`, by the host; if only the graph needs it and the array does not change, the graph picks the rows itself."""
    made = low.host_op("{}[{}]", lambda o, i: o[i], owner, index)
    if owner.phase is Phase.ENTRY and made.phase is Phase.PRE and isinstance(index, Host | slice):
        made.part = owner, index
        low.host.make_optional(made)
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


def _tensor_item(low: Lowering, owner: Any, index: Any) -> Any:
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
    held = Host(Phase.POST, low.host.constant(owner, named(low, owner)))
    template, uses = ("{make_item}(J, {}, {})", {"make_item": MAKE_ITEM.perform}) if _makes_items(owner) else ("{}[{}]", None)
    return low.host_op(template, None, held, index, flat=True, picks=not isinstance(index, slice), uses=uses)


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
        made = _picked(low, Host(Phase.ENTRY, low.host.constant(owner, named(low, owner)), owner), index)
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


def store_item(low: Lowering, owner: Any, index: Any, value: Any) -> None:
    """`owner[index] = value`."""
    if low.is_fresh(owner) and not isinstance(owner, tuple):
        if low.is_symbolic(index) or not plain(index):
            raise Unsupported("JN102", "item assignment at an index that is not known yet")
        mutate_fresh(low, owner)
        owner[index] = value
        if id(owner) in low.made.escaped:
            low.host.do(low.host.effect(SET_OWN_ITEM, low.made.escaped[id(owner)], low.code(index, Phase.POST), low.code(value, Phase.POST)))
        return
    if low.is_graph(owner) or isinstance(owner, Num) or low.backend.is_variable(owner):
        raise Unsupported("JN203", "item assignment to a tensor")
    if is_user_class(type(owner)):
        members.required(low, owner, "__setitem__", index, value)
        return
    if not isinstance(owner, Host) and not is_box(owner):
        raise Unsupported("JN201", f"item assignment to a {type(owner).__name__}")
    if not low.is_symbolic(index):
        index = settled(low, index, late=True)
    postpone(low, owner, SET_ITEM, Read(index), Read(value) if is_memory_of(low, owner) else value)


def is_memory_of(low: Lowering, owner: Any) -> bool:
    """Whether a value is, or holds, an array: what is stored in it is converted."""
    return is_memory(owner.witness if isinstance(owner, Host) else owner)


def mutate_fresh(low: Lowering, owner: Any) -> None:
    """Note that a container made in this iteration changes; not across a branch that is lowered both ways."""
    if id(owner) in low.made.borrowed:
        raise Unsupported("JN102", "a container that is bound anew in every iteration is changed")
    if low.place.branches and id(owner) not in low.branch_born():
        raise Unsupported("JN107", "a container made before a branch is changed inside it")


def length(low: Lowering, owner: Any) -> Any:
    """`len(owner)`."""
    if isinstance(owner, (Num, Host)):
        if isinstance(owner, Num) and owner.kind == "array":
            shape = low.backend.spec_of(owner.tensor).shape
            if shape and shape[0] is not None:
                return shape[0]
        return low.host_op("len({})", len, owner, flat=True)
    if isinstance(owner, View):
        return len(owner.items)
    if low.is_graph(owner) or low.backend.is_variable(owner):
        shape = low.backend.spec_of(owner).shape
        if shape and shape[0] is not None:
            return shape[0]
        raise Unsupported("JN203", "len() of a tensor of unknown size")
    if (low.is_fresh(owner) and hasattr(owner, "__len__")) or (plain(owner) and hasattr(type(owner), "__len__")):
        return len(owner)
    if is_user_class(type(owner)) and not isinstance(owner, type):
        found = members.required(low, owner, "__len__")
        if type(found) is not int or found < 0:
            raise Unsupported("JN209", f"__len__ of a {type(owner).__name__}")
        return found
    if isinstance(owner, list | dict | set) or is_box(owner):
        if not low.heap.read_content(owner):
            return low.host_op("len({})", None, Host(Phase.POST, low.host.constant(owner, named(low, owner))), flat=True)
        slot = LengthSlot(owner, path_of(low, owner))
        return read_slot(low, slot)
    if type(owner).__module__.partition(".")[0] in low.backend.modules:
        touch_library(low, owner)
        try:
            with low.backend.eagerly():  # a dataset tells its length in eager mode only
                return len(owner)
        except TypeError as error:
            raise Unsupported("JN203", f"len(): {error}") from None
    raise Unsupported("JN201", f"len() of a {type(owner).__name__}")
