"""Reading and writing names, through slots.

Every read of something that exists outside the region goes through a slot (`janus_nb.speculate.slots`): it is guarded,
fed, or carried. Every write is staged there.
"""

from __future__ import annotations

import builtins
import collections
import types
from collections.abc import Callable
from typing import Any, cast

from janus_nb.lowering.core.frames import Frame
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import UNKNOWN, Host, Phase, kind_of
from janus_nb.lowering.heap.carries import NoTemplate, carried_value, flatten, live_attributes, stand_in
from janus_nb.source.units import is_keras, is_user_class
from janus_nb.speculate.slots import UNBOUND, AttrSlot, CellSlot, LibrarySlot, LocalSlot, NameSlot, Slot

MAX_LEAVES = 256
"""Containers with more parts than this are not taken apart into inputs."""

CONTAINERS = (list, dict, set, collections.deque)
SIMPLE = (int, float, str, bool, bytes, complex, type(None))

# -- slots ---------------------------------------------------------------------------------------------------------


def read_slot(low: Lowering, slot: Slot) -> Any:
    """The slot's value in this iteration: staged, carried, fed, or constant under a guard."""
    heap = low.heap
    entry = heap.overlay.get(slot.key)
    if entry is not None:
        return entry[1]
    if isinstance(slot, AttrSlot) and id(slot.owner) in low.made.born:
        return low.made.born[id(slot.owner)].initial.get(slot.name, UNBOUND)
    carry = heap.carried.get(slot.key)
    if carry is not None:
        heap.entry_reads.setdefault(slot.key, slot)
        return carried_value(low, carry)
    value = heap.live(slot)
    if value is UNBOUND:
        if not isinstance(slot, AttrSlot) or is_user_class(type(slot.owner)):
            heap.entry_reads.setdefault(slot.key, slot)
            heap.guard_constant(slot, UNBOUND, low.span)
        return UNBOUND
    heap.entry_reads.setdefault(slot.key, slot)
    known = heap.guards.get(slot.key)
    if known is not None and slot.key in _inputs(low):
        return _inputs(low)[slot.key]
    if heap.is_input(slot) or (type(value) is float and not low.policy.specialize):
        made = _as_any_input(low, slot, value)
        if made is not None:
            return made
    if is_array(value):
        heap.guard_constant(slot, value, low.span)
        if not heap.read_content(value):
            return Host(Phase.POST, low.host.object(value), UNKNOWN)
        return Host(Phase.ENTRY, low.host.object(value), value)
    heap.guard_constant(slot, value, low.span)
    return value


def _as_any_input(low: Lowering, slot: Slot, value: Any) -> Any:
    """The slot's value as an input of every call, or `None` if it is of a kind that cannot be one."""

    if type(value) in CONTAINERS and (id(value) in low.heap.dirty or not low.heap.varying):
        return _as_container_input(low, slot, value)
    if is_array(value):
        if id(value) not in low.heap.dirty:
            low.heap.content_reads[id(value)] = value
            return _as_input(low, slot, value)
        if low.heap.varying:
            raise Unsupported("JN102", "an array that is bound anew in every iteration is changed, maybe by another name")
        return None
    if low.backend.is_tape(value):
        return _as_input(low, slot, value)
    if kind_of(value) or isinstance(value, str) or low.backend.is_tensor(value):
        return _as_input(low, slot, value)
    learned = slot.key in low.heap.inputs
    if low.heap.varying and (isinstance(value, tuple) or (learned and (isinstance(value, list | dict) or live_attributes(value)))):
        return _as_structure_input(low, slot, value)
    return None


def is_array(value: Any) -> bool:
    """Whether a value is a NumPy array or scalar."""
    return type(value).__module__ == "numpy" and hasattr(value, "dtype")


def _inputs(low: Lowering) -> dict[Any, Any]:
    return low.ports.inputs


def _as_container_input(low: Lowering, slot: Slot, value: Any) -> Any:
    """A container that the loop changes, another one at every call: known at replay only."""
    made = _as_input(low, slot, value)
    low.host.export(made)
    container = Host(Phase.POST, made.code, UNKNOWN)
    low.trust.unverified.add(made.code)
    _inputs(low)[slot.key] = container
    return container


def _as_structure_input(low: Lowering, slot: Slot, value: Any) -> Any:
    """A container of tensors and numbers, another one at every call: each leaf is an input, its structure is assumed."""

    backend = low.backend
    try:
        template, leaves = flatten(backend, value)
    except NoTemplate:
        return None
    if not leaves or len(leaves) > MAX_LEAVES:
        return None

    def accepts(found: Any) -> bool:
        try:
            return bool(flatten(backend, found)[0] == template)
        except NoTemplate:
            return False

    if any(id(box) in low.heap.content_reads for box in _containers(value)):
        return None  # the same container is known under another name
    low.heap.guard_type(slot, value, low.span, accepts)
    low.made.borrowed_inputs.append(len(low.ports.entry))
    low.heap.content_reads.update({id(box): box for box in _containers(value)})
    whole = _entry_parameter(low, slot, value)

    def part(held: Any, code: str) -> Any:
        if isinstance(held, dict):
            return _borrowed(low, {k: part(v, f"{code}[{k!r}]") for k, v in held.items()}, code)
        if isinstance(held, list | tuple):
            parts: Any = [part(v, f"{code}[{i}]") for i, v in enumerate(held)]
            if hasattr(held, "_fields"):
                return _borrowed(low, tuple.__new__(cast(Any, type(held)), parts), code)
            return tuple(parts) if isinstance(held, tuple) else _borrowed(low, parts, code)
        inner = live_attributes(held)
        if inner is not None:
            shadow = stand_in(low, type(held), {n: part(v, f"{code}.__dict__[{n!r}]") for n, v in inner.items()})
            low.made.borrowed[id(shadow)] = low.host.assign(Phase.ENTRY, code, UNKNOWN)
            return shadow
        return held if held is None else low.host.assign(Phase.ENTRY, code, held)

    made = _inputs(low)[slot.key] = part(value, whole.code)
    return made


def _containers(value: Any) -> list[Any]:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    here = [value] if isinstance(value, list | dict) or is_array(value) else []
    return [*here, *(box for part in inner for box in _containers(part))]


def _borrowed(low: Lowering, made: Any, code: str) -> Any:
    """A container that stands for one of the user's: wherever it is kept, replay puts the user's own."""
    low.made.borrowed[id(low.make(made))] = low.host.assign(Phase.ENTRY, code, UNKNOWN)
    return made


def _entry_parameter(low: Lowering, slot: Slot, value: Any) -> Host:
    parameter = f"v{len(low.ports.entry)}"
    low.ports.entry.append(slot)
    return low.host.assign(Phase.ENTRY, parameter, value)


def _as_input(low: Lowering, slot: Slot, value: Any) -> Any:
    """Not constant any more: read at every call, and fed if the graph needs it."""
    accepts: Callable[[Any], bool] | None = None
    if is_array(value):
        dtype, rank = value.dtype, value.ndim
        accepts = lambda v: v.dtype == dtype and v.ndim == rank  # noqa: E731
    elif low.backend.is_tensor(value):
        spec = low.backend.spec_of(value)
        accepts = lambda v: low.backend.spec_of(v) == spec  # noqa: E731
    low.heap.guard_type(slot, value, low.span, accepts)
    made = _inputs(low)[slot.key] = _entry_parameter(low, slot, value)
    return made


def write_slot(low: Lowering, slot: Slot, value: Any) -> None:
    """Stage a write to something that outlives the iteration."""
    if low.place.nested:
        raise Unsupported("JN207", "a write to something outside")
    low.heap.write(slot, value, low.span)


# -- names ---------------------------------------------------------------------------------------------------------


def name_slot(frame: Frame, name: str) -> Slot:
    """The slot of a region's own name."""
    if frame.module_level or name not in frame.local_names:
        return NameSlot(frame.namespace, name)
    return LocalSlot(name)


def load_name(low: Lowering, name: str) -> Any:
    """Look a name up: local, enclosing, global, builtin. `UNBOUND` if there is none."""
    frame: Frame | None = low.frame
    while frame is not None:
        if frame.region:
            value = read_slot(low, name_slot(frame, name))
            if value is not UNBOUND:
                name_object(low, value, name)
                return value
            if name in frame.local_names and not frame.module_level:
                return read_slot(low, NameSlot(frame.namespace, name))
            break
        if name in frame.names:
            return frame.names[name]
        if name in frame.cells:
            return read_slot(low, cell_slot(low, frame.cells[name]))
        if name in frame.local_names:
            return UNBOUND
        if frame.parent is None:
            value = read_slot(low, NameSlot(frame.namespace, name))
            if value is not UNBOUND:
                name_object(low, value, name)
                return value
            break
        frame = frame.parent
    return read_slot(low, NameSlot(vars(builtins), name))


def store_name(low: Lowering, name: str, value: Any) -> None:
    """Bind a name in the current scope."""
    frame = low.frame
    if frame.region:
        write_slot(low, name_slot(frame, name), value)
    elif name in frame.declared_global:
        write_slot(low, NameSlot(frame.namespace, name), value)
    elif name in frame.cells:
        write_slot(low, cell_slot(low, frame.cells[name]), value)
    elif name not in frame.local_names and frame.parent is not None:
        _store_outer(low, frame.parent, name, value)
    else:
        frame.names[name] = value


def _store_outer(low: Lowering, frame: Frame | None, name: str, value: Any) -> None:
    """`nonlocal` of a function defined inside the region."""
    while frame is not None:
        if frame.region:
            write_slot(low, name_slot(frame, name), value)
            return
        if name in frame.names or name in frame.local_names:
            if low.place.branches and not any(frame is active for active in low.frames):
                raise Unsupported("JN107", f"{name!r} of a function that has returned is changed inside a branch or loop")
            frame.names[name] = value
            return
        frame = frame.parent
    raise Unsupported("JN110", f"nonlocal {name!r}")


# -- readable names ------------------------------------------------------------------------------------------------


def path_of(low: Lowering, owner: Any) -> str:
    """A readable path to an object, as far as known."""
    return low.trust.paths.get(id(owner)) or f"<{type(owner).__name__}>"


def name_object(low: Lowering, value: Any, path: str) -> None:
    """Remember by which path an object was reached."""
    if not isinstance(value, SIMPLE):
        low.trust.paths.setdefault(id(value), path)


# -- closures ------------------------------------------------------------------------------------------------------


def cell_slots(function: types.FunctionType) -> dict[str, CellSlot]:
    """The free variables of a function, as slots."""
    names = function.__code__.co_freevars
    return {n: CellSlot(c, n) for n, c in zip(names, function.__closure__ or (), strict=True)}


def cell_slot(low: Lowering, slot: CellSlot) -> Slot:
    """A closure variable; if it is a name of the region's own frame, that name's slot: one place, one slot."""
    region = next((f for f in low.frames if f.region), None)
    if region is None or region.module_level or slot.name not in region.local_names:
        return slot
    return LocalSlot(slot.name) if low.heap.shares_cell(slot.cell, slot.name) else slot


def store_plain(low: Lowering, owner: Any, name: str, value: Any) -> None:
    """`object.__setattr__(owner, name, value)`: staged in the object's own dictionary or slots."""
    born = low.made.born.get(id(owner))
    if born is not None and not born.code:
        raise Unsupported("JN108", f"an attribute of a {type(owner).__name__} that is carried between iterations is set")
    write_slot(low, AttrSlot(owner, name, path_of(low, owner)), value)


def touch_library(low: Lowering, owner: Any) -> None:
    """Guard a library object's settings: its layers' rates, its schedule, whether it is trainable. What code of it changes is taken back."""
    low.library.before.reach(low.span, owner)
    if low.backend.is_variable(owner):
        return
    if is_keras(type(owner)):
        slot = LibrarySlot(owner, path_of(low, owner))
        if slot.key not in low.heap.guards:
            low.heap.guard_constant(slot, low.heap.live(slot), low.span)
