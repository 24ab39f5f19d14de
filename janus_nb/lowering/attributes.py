"""Reading and writing attributes: of modules, classes, objects, tensors, numbers, and values that only the host knows."""

from __future__ import annotations

import functools
import types
from enum import EnumMeta
from typing import Any

from janus_nb.lowering import objects
from janus_nb.lowering.access import SIMPLE, name_object, path_of, read_slot
from janus_nb.lowering.interp import Lowering
from janus_nb.lowering.library import MUTATORS, PURE_METHODS
from janus_nb.lowering.unsupported import Unsupported
from janus_nb.lowering.values import BoundMethod, Closure, Host, Num, Phase
from janus_nb.source.units import is_keras, is_user_class, is_user_function
from janus_nb.speculate.policy import ValueAssumption
from janus_nb.speculate.slots import UNBOUND, AttrSlot, LibrarySlot, instance_dict


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
    if isinstance(owner, super):
        return _super_attribute(low, owner, name)
    if isinstance(owner, list | dict | set | str | tuple) or type(owner).__module__ == "collections":
        if not is_user_class(type(owner)) or (objects.is_record(type(owner)) and not _users_member(owner, name)):
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
    if low.backend.is_tape(owner.witness):
        if name != "gradient":
            raise Unsupported("JN208", "")
        return BoundMethod(owner, name)
    if owner.phase is not Phase.POST:
        value = getattr(owner.witness, name, UNBOUND)
        if value is UNBOUND:
            raise Unsupported("JN203", f"AttributeError: {name!r}")
        if is_user_class(type(owner.witness)):
            low.attributes_read.add(name)
            held = instance_dict(owner.witness)
            if (held is None or name not in held) and not isinstance(type(owner.witness), EnumMeta):
                return _member_from_data(low, owner, name)
        if callable(value):
            return BoundMethod(owner, name)
    elif name in PURE_METHODS or name in MUTATORS:
        return BoundMethod(owner, name)
    else:
        low.attributes_read.add(name)
    return low.host_op(f"{{}}.{name}", lambda o: getattr(o, name), owner)


def _member_from_data(low: Lowering, owner: Host, name: str) -> Any:
    """What the class of an object from the data says: a method or property is interpreted, for objects of this class."""
    kind = type(owner.witness)
    base, member = _class_member(low, owner.witness, name)
    if base is None or objects.hook(kind, "__getattribute__") is not None:
        raise Unsupported("JN201", f"attribute {name!r} of an object from the data")
    same = low.host_op("(type({}) is {})", lambda v, k: type(v) is k, owner, kind)
    low.check_host(same, True, ValueAssumption(low.span, "the object's class", kind.__name__, None, "the pending element"))
    low.heap.guard_constant(AttrSlot(base, name, base.__name__), member, low.span)
    if isinstance(member, types.FunctionType):
        return types.MethodType(member, owner)
    if isinstance(member, property) and is_user_function(member.fget):
        from janus_nb.lowering.calls import call

        return call(low, member.fget, (owner,), {})
    if isinstance(member, staticmethod):
        return member.__func__
    if isinstance(member, classmethod):
        return types.MethodType(member.__func__, kind)
    if isinstance(member, SIMPLE):
        return low.host_op(f"{{}}.{name}", lambda o: getattr(o, name), owner)
    raise Unsupported("JN201", f"attribute {name!r} of an object from the data")


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
    if name in _OF_GRAPHS:
        raise Unsupported("JN201", f"attribute {name!r} of a tensor differs while a graph is built")
    if name == "shape" and None in (low.backend.spec_of(tensor).shape or (None,)):
        return _shape(low, tensor)
    try:
        return getattr(tensor, name)
    except AttributeError as error:
        raise Unsupported("JN203", f"AttributeError: {error}") from error


_OF_GRAPHS = frozenset("device backing_device graph op name consumers value_index handle is_packed experimental_ref _id".split())
"""Attributes of tensors that eager ones lack, or that hold something else for them."""


def _shape(low: Lowering, tensor: Any) -> Any:
    """The shape of a tensor of which not every dimension is known: what eager finds is computed in the graph.

    Raises:
        Unsupported: JN102 if not even the number of dimensions is known.
    """
    dims = low.backend.spec_of(tensor).shape
    if dims is None:
        raise Unsupported("JN102", "the shape of a tensor with an unknown number of dimensions")
    return tuple(Num(low.tracer.math("dimension", tensor, i), "int") if d is None else d for i, d in enumerate(dims))


def _class_attribute(low: Lowering, owner: type, name: str) -> Any:
    for base in owner.__mro__:
        if name in base.__dict__:
            raw = base.__dict__[name]
            if is_user_class(base) and not isinstance(owner, EnumMeta):
                value = read_slot(low, AttrSlot(base, name, base.__name__))
                if value is not raw:
                    return value
            if isinstance(raw, staticmethod):
                return raw.__func__
            if isinstance(raw, classmethod):
                return types.MethodType(raw.__func__, owner)
            return raw if is_user_class(base) and isinstance(raw, SIMPLE) and not isinstance(owner, EnumMeta) else getattr(owner, name)
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
        if objects.is_user_descriptor(member, "__get__"):
            return _user_descriptor(low, owner, member, kind)
        if not is_user_class(type(member)):
            return _library_attribute(low, owner, name)
    value = read_slot(low, slot)
    if value is not UNBOUND:
        name_object(low, value, f"{slot.path}.{name}")
        return value
    if member is UNBOUND:
        fallback = objects.hook(kind, "__getattr__")
        if fallback is not None:
            from janus_nb.lowering.calls import call

            low.heap.guard_constant(slot, UNBOUND, low.span)
            return call(low, fallback, (owner, name), {})
        if id(owner) in low.born:
            raise Unsupported("JN203", f"AttributeError: a {kind.__name__} has no attribute {name!r} yet")
        return _library_attribute(low, owner, name)
    if base is not None and is_user_class(base):
        member = read_slot(low, AttrSlot(base, name, base.__name__))
        if isinstance(member, types.FunctionType):
            return types.MethodType(member, owner)
        if isinstance(member, staticmethod):
            return member.__func__
        if isinstance(member, classmethod):
            return types.MethodType(member.__func__, kind)
        if isinstance(member, SIMPLE) or low.is_symbolic(member):
            return member
        if objects.is_user_descriptor(member, "__get__"):
            return _user_descriptor(low, owner, member, kind)
        if isinstance(member, functools.cached_property):
            from janus_nb.lowering.calls import call

            value = call(low, member.func, (owner,), {})
            objects.store_plain(low, owner, name, value)
            return value
    return _library_attribute(low, owner, name)


def _users_member(owner: Any, name: str) -> bool:
    """Whether a named tuple's subclass defines this attribute itself."""
    return any(is_user_function(getattr(k.__dict__.get(name), "fget", k.__dict__.get(name))) for k in type(owner).__mro__)


def _user_descriptor(low: Lowering, owner: Any, member: Any, kind: type) -> Any:
    from janus_nb.lowering.calls import call

    return call(low, objects.hook(type(member), "__get__"), (member, owner, kind), {})


def _super_attribute(low: Lowering, owner: Any, name: str) -> Any:
    """`super().name`: what the classes after this one define."""
    instance, this = owner.__self__, owner.__thisclass__
    kinds = (instance if isinstance(instance, type) else type(instance)).__mro__
    for base in kinds[kinds.index(this) + 1 :]:
        if name in base.__dict__:
            member = base.__dict__[name]
            if not is_user_class(base):
                break
            low.heap.guard_constant(AttrSlot(base, name, base.__name__), member, low.span)
            if isinstance(member, types.FunctionType):
                return types.MethodType(member, instance)
            if isinstance(member, classmethod):
                return types.MethodType(member.__func__, type(instance))
            if isinstance(member, property) and is_user_function(member.fget):
                return _property(low, instance, name, base, member)
            break
    return getattr(owner, name)


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
    """Guard a library object's settings: its layers' rates, its schedule, whether it is trainable. What code of it changes is taken back."""
    low.before.reach(low.span, owner)
    if low.backend.is_variable(owner):
        return
    if is_keras(type(owner)):
        slot = LibrarySlot(owner, path_of(low, owner))
        if slot.key not in low.heap.guards:
            low.heap.guard_constant(slot, low.heap.live(slot), low.span)


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
    setter = objects.hook(type(owner), "__setattr__")
    if setter is not None:
        from janus_nb.lowering.calls import call

        call(low, setter, (owner, name, value), {})
        return
    if objects.is_user_descriptor(member, "__set__"):
        from janus_nb.lowering.calls import call

        call(low, objects.hook(type(member), "__set__"), (member, owner, value), {})
        return
    if member is not UNBOUND and hasattr(type(member), "__set__") and not isinstance(member, types.MemberDescriptorType):
        raise Unsupported("JN201", f"attribute {name!r} of a {type(owner).__name__} is set by code of its own")
    if _is_frozen(type(owner)):
        raise Unsupported("JN203", f"FrozenInstanceError: cannot assign to field {name!r}")
    if low.backend.is_variable(value) or isinstance(value, Closure):
        raise Unsupported("JN102", "a variable or function is stored in an attribute")
    if type(owner).__module__.partition(".")[0] in ("keras", "tensorflow"):
        raise Unsupported("JN201", f"attribute {name!r} of a library object is set")
    objects.store_plain(low, owner, name, value)


def _is_frozen(kind: type) -> bool:
    return any(getattr(k.__dict__.get("__dataclass_params__"), "frozen", False) for k in kind.__mro__)
