"""Look-ups on objects, for several kinds of values: what the object holds, what its class says, what a library computes."""

from __future__ import annotations

import functools
import types
from typing import Any

from janus_nb.lowering.core import classes
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.reader import is_box, is_record_type
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Closure, Host
from janus_nb.lowering.heap import access, members
from janus_nb.lowering.heap.access import SIMPLE, name_object, path_of, read_slot, touch_library
from janus_nb.lowering.library.table import Effect, knowledge_of
from janus_nb.source.units import is_keras, is_user_class, is_user_function
from janus_nb.speculate.plain import plain
from janus_nb.speculate.policy import ValueAssumption
from janus_nb.speculate.slots import UNBOUND, AttrSlot, ViewSlot, instance_dict


def natively(owner: Any, name: str) -> Any:
    """`owner.name` of something with no code of the user's behind it.

    Raises:
        Unsupported: JN203 if there is no such attribute.
    """
    try:
        return getattr(owner, name)
    except Unsupported:
        raise
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error


def is_data_descriptor(kind: type, name: str) -> bool:
    """Whether the class has something under a name that goes before the object's own dictionary."""
    return any(hasattr(type(k.__dict__[name]), "__set__") for k in kind.__mro__ if name in k.__dict__)


def held(owner: Any, name: str) -> Any:
    """An attribute that no code of the user's computes. Called by host programs as `Held`.

    Raises:
        TypeError: it is not one.
    """
    kind = type(owner)
    own = instance_dict(owner)
    if own is not None and name in own and not is_data_descriptor(kind, name):
        return own[name]
    if is_record_type(kind) and name in kind._fields:
        return getattr(owner, name)
    if not is_user_class(kind) and (is_box(owner) or plain(owner)):
        return getattr(owner, name)
    raise TypeError(f"attribute {name!r} of a {kind.__name__} cannot be replayed")


def absent(owner: Any, name: str) -> bool:
    """Whether an object's own dictionary lacks a name. Called by host programs as `Absent`."""
    return name not in (instance_dict(owner) or ())


def member_from_data(low: Lowering, owner: Host, name: str) -> Any:
    """What the class of an object from the data says: a method or property is interpreted, for objects of this class."""
    kind = type(owner.witness)
    base, member = class_member(low, owner.witness, name)
    if base is None or classes.hook(kind, "__getattribute__") is not None:
        raise Unsupported("JN201", f"attribute {name!r} of an object from the data")
    same = low.host_op("(type({}) is {})", lambda v, k: type(v) is k, owner, kind, raw=True)
    low.check_host(same, True, ValueAssumption(low.span, "the object's class", kind.__name__, None, "the pending element"))
    members.guard_class(low, kind)
    low.heap.guard_constant(AttrSlot(base, name, base.__name__), member, low.span)
    if AttrSlot(base, name, "").key in low.heap.overlay:
        raise Unsupported("JN201", f"attribute {name!r} of a class that the loop changes")
    if isinstance(member, types.FunctionType):
        return types.MethodType(member, owner)
    if isinstance(member, property) and is_user_function(member.fget):
        return low.call(member.fget, (owner,), {})
    if isinstance(member, staticmethod):
        return member.__func__
    if isinstance(member, classmethod):
        return types.MethodType(member.__func__, kind)
    if plain(member):
        low.host.objects["Absent"] = absent
        missing = low.host_op(f"Absent({{}}, {name!r})", lambda o: absent(o, name), owner, raw=True)
        low.check_host(missing, True, ValueAssumption(low.span, f"attribute {name!r}", "the class's", None, "the pending element"))
        return member
    raise Unsupported("JN201", f"attribute {name!r} of an object from the data")


def class_member(low: Lowering, owner: Any, name: str) -> tuple[type | None, Any]:
    """What the class of an object has under a name, and which class on the MRO; guarded."""
    members.guard_type(low, owner)
    return members.find(low, type(owner), name)


def of_object(low: Lowering, owner: Any, name: str) -> Any:
    """`owner.name`, looked up as `object.__getattribute__` does; methods and properties of the user's are interpreted."""
    kind = type(owner)
    base, member = class_member(low, owner, name)
    user_hook = next((k for k in kind.__mro__ if is_user_function(k.__dict__.get("__getattribute__"))), None)
    if user_hook is not None:
        raise Unsupported("JN206", f"__getattribute__ of {kind.__name__}")
    if name == "__dict__":
        raise Unsupported("JN206", f"the attributes of a {kind.__name__} as a dictionary")
    if name == "__class__" and base is object:
        return kind
    slot = AttrSlot(owner, name, path_of(low, owner))
    if isinstance(member, property):
        return of_property(low, owner, name, member)
    if member is not UNBOUND and hasattr(type(member), "__set__") and not isinstance(member, types.MemberDescriptorType):
        if classes.is_user_descriptor(member, "__get__"):
            return _user_descriptor(low, owner, member, kind)
        if not is_user_class(type(member)):
            return of_library(low, owner, name)
    value = read_slot(low, slot)
    if value is not UNBOUND:
        name_object(low, value, f"{slot.path}.{name}")
        return value
    if member is UNBOUND:
        fallback = classes.hook(kind, "__getattr__")
        if fallback is not None:
            low.heap.guard_constant(slot, UNBOUND, low.span)
            return low.call(fallback, (owner, name), {})
        if id(owner) in low.made.born:
            raise Unsupported("JN203", f"AttributeError: a {kind.__name__} has no attribute {name!r} yet")
        return of_library(low, owner, name)
    if base is not None and is_user_class(base):
        member = read_slot(low, AttrSlot(base, name, base.__name__))
        if isinstance(member, types.FunctionType):
            return types.MethodType(member, owner)
        if isinstance(member, staticmethod):
            return member.__func__
        if isinstance(member, classmethod):
            return types.MethodType(member.__func__, kind)
        if isinstance(member, SIMPLE) or low.is_symbolic(member) or not hasattr(type(member), "__get__"):
            return member
        if classes.is_user_descriptor(member, "__get__"):
            return _user_descriptor(low, owner, member, kind)
        if isinstance(member, functools.cached_property):
            if id(owner) not in low.made.born:  # Python computes it in its next iteration, and from then on it is there
                raise Unsupported("JN108", f"the cached property {name!r} has no value yet")
            value = low.call(member.func, (owner,), {})
            access.store_plain(low, owner, name, value)
            return value
    return of_library(low, owner, name)


def users_member(owner: Any, name: str) -> bool:
    """Whether a named tuple's subclass defines this attribute itself."""
    return any(is_user_function(getattr(k.__dict__.get(name), "fget", k.__dict__.get(name))) for k in type(owner).__mro__)


def _user_descriptor(low: Lowering, owner: Any, member: Any, kind: type) -> Any:
    return low.call(classes.hook(type(member), "__get__"), (member, owner, kind), {})


def of_property(low: Lowering, owner: Any, name: str, member: property) -> Any:
    """The value of a property."""
    if is_user_function(member.fget):
        return low.call(member.fget, (owner,), {})
    return of_library(low, owner, name)


def of_library(low: Lowering, owner: Any, name: str) -> Any:
    """An attribute that a library computes: read now, under a guard on the library object's settings, or on what it shows."""
    touch_library(low, owner)
    root = _library_root(low, owner)
    if root is None and _is_method(low, type(owner), name):
        return natively(owner, name)  # what a call of it does, the table of library knowledge says
    if root is None:
        raise Unsupported("JN201", f"attribute {name!r} of a {type(owner).__name__}")
    value = natively(owner, name)
    if low.backend.is_variable(owner) and name not in _VARIABLE_FACTS and not callable(value) and not low.backend.is_symbolic(value):
        raise Unsupported("JN201", f"attribute {name!r} of a variable")
    if root != "tensor" and not is_keras(type(owner)):
        low.heap.guard_view(ViewSlot(owner, path_of(low, owner), functools.partial(_shown, name), f"attribute {name!r}"), low.span)
    return low.make(list(value)) if type(value) is list else value


_VARIABLE_FACTS = frozenset("name path shape dtype ndim trainable device constraint synchronization aggregation initializer regularizer".split())


def _shown(name: str, owner: Any) -> Any:
    """What a library object's attribute shows, for a guard: never raises."""
    try:
        value = getattr(owner, name)
    except Exception:
        return UNBOUND
    return tuple(value) if isinstance(value, list | tuple) else value if not isinstance(value, types.MethodType) else (value.__func__,)


def _is_method(low: Lowering, kind: type, name: str) -> bool:
    """Whether a library's class has a plain method under a name."""
    base, member = members.find(low, kind, name)
    methods = (types.FunctionType, types.MethodDescriptorType, types.BuiltinFunctionType)
    return base is not None and not is_user_class(base) and (isinstance(member, methods) or type(member).__name__ == "cython_function_or_method")


def _library_root(low: Lowering, owner: Any) -> str | None:
    """The tensor library that an object comes from, or `None`."""
    if low.backend.is_variable(owner) or low.is_graph(owner) or low.backend.is_tape(owner):
        return "tensor"
    roots = {k.__module__.partition(".")[0] for k in type(owner).__mro__}
    named: str | None = next((r for r in ("keras", "tensorflow") if r in roots), None)
    if named is None:
        known = knowledge_of(type(owner))
        named = known.module if known is not None and known.effect is Effect.TRACED else None
    return named


def present(low: Lowering, owner: Any, name: str) -> bool:
    """Whether an object has an attribute, found without running code of the user's; guarded.

    Raises:
        Unsupported: JN102, JN206, JN209 where nobody can tell.
    """
    slot = AttrSlot(owner, name, path_of(low, owner))
    if read_slot(low, slot) is not UNBOUND:
        return True
    if slot.key in low.heap.overlay:
        raise Unsupported("JN102", "an attribute that the loop deletes")
    if isinstance(owner, types.ModuleType):
        low.heap.guard_constant(slot, UNBOUND, low.span)
        return hasattr(owner, name)
    if isinstance(owner, type):
        return members.find(low, owner, name)[0] is not None or hasattr(type(owner), name)
    if classes.has_own(type(owner), "__getattribute__") and not is_keras(type(owner)):
        raise Unsupported("JN206", f"__getattribute__ of a {type(owner).__name__}")
    members.guard_type(low, owner)
    base, member = members.find(low, type(owner), name)
    low.heap.guard_constant(slot, UNBOUND, low.span)
    if base is None:
        if classes.has_own(type(owner), "__getattr__"):
            raise Unsupported("JN209", f"__getattr__ of a {type(owner).__name__}")
        return False
    if is_user_class(base) and not isinstance(member, types.FunctionType | staticmethod | classmethod) and hasattr(type(member), "__get__"):
        raise Unsupported("JN209", f"attribute {name!r} of a {type(owner).__name__}")
    return True


def truth_of_object(low: Lowering, value: Any) -> Any:
    """What `__bool__` or else `__len__` says; an object with neither is true."""
    members.guard_type(low, value)
    for name in ("__bool__", "__len__"):
        if classes.has_own(type(value), name):
            return low.truth(members.required(low, value, name))
    return True


def store(low: Lowering, owner: Any, name: str, value: Any) -> None:
    """`owner.name = value`: staged, or through a property."""
    if name.startswith("__") and name.endswith("__"):
        raise Unsupported("JN209", f"{name} of a {type(owner).__name__} is set")
    _base, member = class_member(low, owner, name)
    if isinstance(member, property):
        if member.fset is None:
            raise Unsupported("JN203", f"AttributeError: {name!r} cannot be set")
        low.call(member.fset, (owner, value), {})
        return
    setter = classes.hook(type(owner), "__setattr__")
    if setter is not None:
        low.call(setter, (owner, name, value), {})
        return
    if classes.is_user_descriptor(member, "__set__"):
        low.call(classes.hook(type(member), "__set__"), (member, owner, value), {})
        return
    if member is not UNBOUND and hasattr(type(member), "__set__") and not isinstance(member, types.MemberDescriptorType):
        raise Unsupported("JN209", f"attribute {name!r} of a {type(owner).__name__} is set through a descriptor")
    if _is_frozen(type(owner)):
        raise Unsupported("JN203", f"FrozenInstanceError: cannot assign to field {name!r}")
    if low.backend.is_variable(value) or isinstance(value, Closure):
        raise Unsupported("JN102", "a variable or function is stored in an attribute")
    if type(owner).__module__.partition(".")[0] in ("keras", "tensorflow"):
        raise Unsupported("JN201", f"attribute {name!r} of a library object is set")
    access.store_plain(low, owner, name, value)


def _is_frozen(kind: type) -> bool:
    return any(getattr(k.__dict__.get("__dataclass_params__"), "frozen", False) for k in kind.__mro__)
