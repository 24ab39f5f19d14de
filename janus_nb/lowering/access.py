"""Reading and writing names, attributes and items.

Every read of something that exists outside the region goes through a slot (`janus_nb.speculate.slots`): it is guarded,
fed, or carried. Every write is staged there.
"""

from __future__ import annotations

import builtins
import collections
import types
from collections.abc import Callable
from typing import Any

from janus_nb.lowering.interp import Frame, Lowering
from janus_nb.lowering.library import MUTATORS, PURE_METHODS
from janus_nb.lowering.unsupported import Unsupported
from janus_nb.lowering.values import UNKNOWN, BoundMethod, Closure, Host, Num, Phase, kind_of
from janus_nb.source.units import is_user_class, is_user_function
from janus_nb.speculate.slots import UNBOUND, AttrSlot, CellSlot, LibrarySlot, LocalSlot, NameSlot, Slot

CONTAINERS = (list, dict, set, collections.deque)
SIMPLE = (int, float, str, bool, bytes, complex, type(None))

# -- slots ---------------------------------------------------------------------------------------------------------


def read_slot(low: Lowering, slot: Slot) -> Any:
    """The slot's value in this iteration: staged, carried, fed, or constant under a guard."""
    heap = low.heap
    staged = heap.staged(slot)
    if staged is not UNBOUND:
        return None if staged is None else staged
    carry = heap.carried.get(slot.key)
    if carry is not None:
        from janus_nb.lowering.carries import carried_value

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
    if slot.key in heap.inputs and type(value) in CONTAINERS:
        return _as_container_input(low, slot, value)
    if _is_array(value) and slot.key in heap.inputs and id(value) not in heap.dirty:
        return _as_input(low, slot, value)
    if _is_array(value):
        heap.guard_constant(slot, value, low.span)
        if not heap.read_content(value):
            return Host(Phase.POST, low.host.object(value), UNKNOWN)
        return Host(Phase.ENTRY, low.host.object(value), value)
    if slot.key in heap.inputs and (kind_of(value) or isinstance(value, str) or low.backend.is_tensor(value)):
        return _as_input(low, slot, value)
    heap.guard_constant(slot, value, low.span)
    return value


def _is_array(value: Any) -> bool:
    return type(value).__module__ == "numpy" and hasattr(value, "dtype")


def _inputs(low: Lowering) -> dict[Any, Any]:
    return low.input_values


def _as_container_input(low: Lowering, slot: Slot, value: Any) -> Any:
    """A container that the loop changes, another one at every call: known at replay only."""
    made = _as_input(low, slot, value)
    low.host.export(made)
    container = Host(Phase.POST, made.code, UNKNOWN)
    _inputs(low)[slot.key] = container
    return container


def _as_input(low: Lowering, slot: Slot, value: Any) -> Any:
    """Not constant any more: read at every call, and fed if the graph needs it."""
    accepts: Callable[[Any], bool] | None = None
    if _is_array(value):
        dtype, rank = value.dtype, value.ndim
        accepts = lambda v: v.dtype == dtype and v.ndim == rank  # noqa: E731
    elif low.backend.is_tensor(value):
        spec = low.backend.spec_of(value)
        accepts = lambda v: low.backend.spec_of(v) == spec  # noqa: E731
    low.heap.guard_type(slot, value, low.span, accepts)
    parameter = f"v{len(low.entry_params)}"
    low.entry_params.append(slot)
    made = low.host.assign(Phase.ENTRY, parameter, value)
    _inputs(low)[slot.key] = made
    return made


def write_slot(low: Lowering, slot: Slot, value: Any) -> None:
    """Stage a write to something that outlives the iteration."""
    if low.nested:
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
                _name_object(low, value, name)
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
                _name_object(low, value, name)
                return value
            break
        frame = frame.parent
    return getattr(builtins, name, UNBOUND)


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
            frame.names[name] = value
            return
        frame = frame.parent
    raise Unsupported("JN110", f"nonlocal {name!r}")


# -- attributes ----------------------------------------------------------------------------------------------------


def path_of(low: Lowering, owner: Any) -> str:
    """A readable path to an object, as far as known."""
    return low.paths.get(id(owner)) or f"<{type(owner).__name__}>"


def load_attribute(low: Lowering, owner: Any, name: str) -> Any:
    """`owner.name`."""
    if isinstance(owner, Host):
        return _host_attribute(low, owner, name)
    if isinstance(owner, Num) or low.backend.is_symbolic(owner):
        return _graph_attribute(low, owner, name)
    if low.backend.is_variable(owner) and name == "numpy":
        return BoundMethod(low.backend.read_in_graph(owner), name)
    if isinstance(owner, Closure | BoundMethod):
        raise Unsupported("JN102", f"attribute {name!r} of a function")
    if isinstance(owner, types.ModuleType):
        value = read_slot(low, AttrSlot(owner, name, owner.__name__))
        return getattr(owner, name) if value is UNBOUND else value
    if isinstance(owner, list | dict | set | str | tuple) or type(owner).__module__ == "collections":
        return _container_attribute(low, owner, name)
    if isinstance(owner, type):
        return _class_attribute(low, owner, name)
    return _object_attribute(low, owner, name)


def _container_attribute(low: Lowering, owner: Any, name: str) -> Any:
    if isinstance(owner, tuple) and name in getattr(type(owner), "_fields", ()):
        return owner[type(owner)._fields.index(name)]  # type: ignore[attr-defined]
    if not hasattr(owner, name):
        raise Unsupported("JN203", f"AttributeError: {type(owner).__name__} has no attribute {name!r}")
    return BoundMethod(owner, name)


_ARRAY_FACTS = ("shape", "dtype", "ndim", "size")


def _host_attribute(low: Lowering, owner: Host, name: str) -> Any:
    if owner.phase is not Phase.POST:
        value = getattr(owner.witness, name, UNBOUND)
        if value is UNBOUND:
            raise Unsupported("JN203", f"AttributeError: {name!r}")
        if is_user_class(type(owner.witness)) and any(name in k.__dict__ for k in type(owner.witness).__mro__):
            raise Unsupported("JN201", f"property or method {name!r} of an object from the data")
        if callable(value):
            return BoundMethod(owner, name)
    elif name in PURE_METHODS or name in MUTATORS:
        return BoundMethod(owner, name)
    return low.host_op(f"{{}}.{name}", lambda o: getattr(o, name), owner)


def _graph_attribute(low: Lowering, owner: Any, name: str) -> Any:
    tensor = owner.tensor if isinstance(owner, Num) else owner
    if isinstance(owner, Num):
        if name in _ARRAY_FACTS and owner.kind == "array":
            spec = low.backend.spec_of(tensor)
            if name == "shape" and spec.shape is not None and None not in spec.shape:
                return spec.shape
            if name == "ndim" and spec.shape is not None:
                return len(spec.shape)
            return low.host_op(f"{{}}.{name}", None, owner)
        return BoundMethod(owner, name)
    if name in ("numpy", "item", "tolist", "__array__"):
        return BoundMethod(owner, name)
    try:
        return getattr(tensor, name)
    except AttributeError as error:
        raise Unsupported("JN203", f"AttributeError: {error}") from error


def _class_attribute(low: Lowering, owner: type, name: str) -> Any:
    for base in owner.__mro__:
        if name in base.__dict__:
            raw = base.__dict__[name]
            if is_user_class(base):
                low.heap.guard_constant(AttrSlot(base, name, base.__name__), raw, low.span)
                staged = low.heap.staged(AttrSlot(base, name, base.__name__))
                if staged is not UNBOUND:
                    return staged
            if isinstance(raw, staticmethod):
                return raw.__func__
            if isinstance(raw, classmethod):
                return types.MethodType(raw.__func__, owner)
            if is_user_class(base) and isinstance(raw, SIMPLE):
                return read_slot(low, AttrSlot(base, name, base.__name__))
            return getattr(owner, name)
    try:
        return getattr(owner, name)
    except AttributeError as error:
        raise Unsupported("JN203", f"AttributeError: {error}") from error


def _class_member(low: Lowering, owner: Any, name: str) -> tuple[type | None, Any]:
    for base in type(owner).__mro__:
        if name in base.__dict__:
            return base, base.__dict__[name]
    return None, UNBOUND


def _object_attribute(low: Lowering, owner: Any, name: str) -> Any:
    kind = type(owner)
    base, member = _class_member(low, owner, name)
    user_hook = next((k for k in kind.__mro__ if is_user_function(k.__dict__.get("__getattribute__"))), None)
    if user_hook is not None:
        raise Unsupported("JN206", f"__getattribute__ of {kind.__name__}")
    if name == "__dict__":
        raise Unsupported("JN206", f"the attributes of a {kind.__name__} as a dictionary")
    slot = AttrSlot(owner, name, path_of(low, owner))
    if isinstance(member, property):
        return _property(low, owner, name, base, member)
    if member is not UNBOUND and hasattr(type(member), "__set__") and not isinstance(member, types.MemberDescriptorType):
        if is_user_class(type(member)):
            raise Unsupported("JN206", f"descriptor {name!r} of {kind.__name__}")
        return _library_attribute(low, owner, name)
    value = read_slot(low, slot)
    if value is not UNBOUND:
        _name_object(low, value, f"{slot.path}.{name}")
        return value
    if member is UNBOUND:
        if any(is_user_function(k.__dict__.get("__getattr__")) for k in kind.__mro__):
            raise Unsupported("JN206", f"__getattr__ of {kind.__name__}")
        return _library_attribute(low, owner, name)
    if base is not None and is_user_class(base):
        low.heap.guard_constant(AttrSlot(base, name, base.__name__), member, low.span)
        if isinstance(member, types.FunctionType):
            return types.MethodType(member, owner)
        if isinstance(member, staticmethod):
            return member.__func__
        if isinstance(member, classmethod):
            return types.MethodType(member.__func__, kind)
        if isinstance(member, SIMPLE):
            return read_slot(low, AttrSlot(base, name, base.__name__))
        if hasattr(type(member), "__get__") and is_user_class(type(member)):
            raise Unsupported("JN206", f"descriptor {name!r} of {kind.__name__}")
    return _library_attribute(low, owner, name)


def _property(low: Lowering, owner: Any, name: str, base: type | None, member: property) -> Any:
    if is_user_function(member.fget):
        from janus_nb.lowering.calls import call

        return call(low, member.fget, (owner,), {})
    return _library_attribute(low, owner, name)


def _library_attribute(low: Lowering, owner: Any, name: str) -> Any:
    """An attribute that a library computes: read now, under a guard on the library object's settings."""
    touch_library(low, owner)
    try:
        value = getattr(owner, name)
    except Unsupported:
        raise
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error
    return low.make(list(value)) if type(value) is list else value


def touch_library(low: Lowering, owner: Any) -> None:
    """Guard a library object's settings: its layers' rates, its schedule, whether it is trainable."""
    if low.backend.is_variable(owner):
        return
    if type(owner).__module__.partition(".")[0] == "keras" or any(k.__module__.partition(".")[0] == "keras" for k in type(owner).__mro__):
        slot = LibrarySlot(owner, path_of(low, owner))
        if slot.key not in low.heap.guards:
            low.heap.guard_constant(slot, low.heap.live(slot), low.span)


def _name_object(low: Lowering, value: Any, path: str) -> None:
    if not isinstance(value, SIMPLE):
        low.paths.setdefault(id(value), path)


def store_attribute(low: Lowering, owner: Any, name: str, value: Any) -> None:
    """`owner.name = value`: staged, or through a property."""
    if isinstance(owner, Host | Num) or low.backend.is_symbolic(owner):
        raise Unsupported("JN102", "attribute assignment on a value that is not known yet")
    _base, member = _class_member(low, owner, name)
    if isinstance(member, property):
        from janus_nb.lowering.calls import call

        if member.fset is None:
            raise Unsupported("JN203", f"AttributeError: {name!r} cannot be set")
        call(low, member.fset, (owner, value), {})
        return
    if any(is_user_function(k.__dict__.get("__setattr__")) for k in type(owner).__mro__):
        raise Unsupported("JN206", f"__setattr__ of {type(owner).__name__}")
    if low.backend.is_variable(value) or isinstance(value, Closure):
        raise Unsupported("JN102", "a variable or function is stored in an attribute")
    if type(owner).__module__.partition(".")[0] in ("keras", "tensorflow"):
        raise Unsupported("JN201", f"attribute {name!r} of a library object is set")
    write_slot(low, AttrSlot(owner, name, path_of(low, owner)), value)


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
