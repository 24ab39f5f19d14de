"""Reading and writing attributes: of modules, classes, objects, tensors, numbers, and values that only the host knows."""

from __future__ import annotations

import abc
import functools
import operator
import types
from enum import EnumMeta
from typing import Any

from janus_nb.lowering.core import classes
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.reader import is_box, is_record_type
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import BoundMethod, Closure, Host, Lazy, Num, Phase, Range, Suspended, View
from janus_nb.lowering.heap import access, members
from janus_nb.lowering.heap.access import SIMPLE, name_object, path_of, read_slot, touch_library
from janus_nb.lowering.library.table import MUTATORS, PURE_METHODS, Effect, knowledge_of
from janus_nb.lowering.values import objects
from janus_nb.source.units import is_keras, is_user_class, is_user_file, is_user_function
from janus_nb.speculate.plain import plain
from janus_nb.speculate.policy import ValueAssumption
from janus_nb.speculate.slots import UNBOUND, AttrSlot, ViewSlot, instance_dict


def load_attribute(low: Lowering, owner: Any, name: str) -> Any:
    """`owner.name`."""
    if isinstance(owner, Host):
        return _host_attribute(low, owner, name)
    if isinstance(owner, Num) or low.backend.is_symbolic(owner):
        return _graph_attribute(low, owner, name)
    if low.backend.is_variable(owner) and name == "numpy":
        return BoundMethod(low.backend.read_in_graph(owner), name)
    if name in ("numpy", "__array__") and low.is_graph(owner):
        return BoundMethod(owner, name)
    if low.backend.is_variable(owner):
        return _library_attribute(low, owner, name)
    if isinstance(owner, Closure | BoundMethod):
        raise Unsupported("JN102", f"attribute {name!r} of a function")
    if isinstance(owner, Lazy | View | Suspended | Range):
        raise Unsupported("JN104", f"attribute {name!r} of an iterator")
    if isinstance(owner, types.ModuleType):
        value = read_slot(low, AttrSlot(owner, name, owner.__name__))
        return _of_module(low, owner, name) if value is UNBOUND else value
    if isinstance(owner, super):
        return _super_attribute(low, owner, name)
    if isinstance(owner, list | dict | set | str | tuple) or type(owner).__module__ == "collections":
        if not is_user_class(type(owner)) or (objects.is_record(type(owner)) and not _users_member(owner, name)):
            return _container_attribute(low, owner, name)
    if isinstance(owner, type):
        return _class_attribute(low, owner, name)
    return _object_attribute(low, owner, name)


def _of_module(low: Lowering, owner: types.ModuleType, name: str) -> Any:
    """An attribute that a module makes when it is asked (`__getattr__`), if the module is a library's."""
    if is_user_file(str(getattr(owner, "__file__", None) or "<cell")):
        raise Unsupported("JN209", f"__getattr__ of module {owner.__name__}")
    return _natively(owner, name)


def _natively(owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name)
    except Unsupported:
        raise
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error


def _container_attribute(low: Lowering, owner: Any, name: str) -> Any:
    if isinstance(owner, tuple) and name in getattr(type(owner), "_fields", ()):
        return owner[type(owner)._fields.index(name)]  # type: ignore[attr-defined]
    if not hasattr(type(owner), name):
        raise Unsupported("JN203", f"AttributeError: {type(owner).__name__} has no attribute {name!r}")
    if not callable(getattr(type(owner), name)):
        if name == "maxlen":
            return owner.maxlen
        raise Unsupported("JN201", f"attribute {name!r} of a {type(owner).__name__}")
    return BoundMethod(owner, name)


_ARRAY_FACTS = ("shape", "dtype", "ndim", "size")


def _host_attribute(low: Lowering, owner: Host, name: str) -> Any:
    if low.backend.is_tape(owner.witness):
        if name != "gradient":
            raise Unsupported("JN208", "")
        return BoundMethod(owner, name)
    if owner.phase is not Phase.POST:
        kind = type(owner.witness)
        if is_user_class(kind) and not is_record_type(kind) and not plain(owner.witness):
            low.attributes_read.add(name)
            own = instance_dict(owner.witness)
            if own is None or name not in own or _is_data_descriptor(kind, name):
                return _member_from_data(low, owner, name)
            low.host.objects["Held"] = held
            return low.host_op(f"Held({{}}, {name!r})", lambda o: own[name], owner, raw=True, picks=True)
        if not (is_box(owner.witness) or plain(owner.witness) or is_record_type(kind) or low.backend.is_tensor(owner.witness)):
            raise Unsupported("JN201", f"attribute {name!r} of a {kind.__name__} from the data")
        value = getattr(owner.witness, name, UNBOUND)
        if value is UNBOUND:
            raise Unsupported("JN203", f"AttributeError: {name!r}")
        if callable(value):
            return BoundMethod(owner, name)
        return low.host_op(f"{{}}.{name}", lambda o: getattr(o, name), owner, flat=True, picks=is_record_type(kind))
    if name in PURE_METHODS or name in MUTATORS:
        return BoundMethod(owner, name)
    low.attributes_read.add(name)
    low.host.objects["Held"] = held
    return low.host_op(f"Held({{}}, {name!r})", None, owner, raw=True, picks=True)


def _is_data_descriptor(kind: type, name: str) -> bool:
    """Whether the class has something under a name that goes before the object's own dictionary."""
    return any(hasattr(type(k.__dict__[name]), "__set__") for k in kind.__mro__ if name in k.__dict__)


def held(owner: Any, name: str) -> Any:
    """An attribute that no code of the user's computes. Called by host programs as `Held`.

    Raises:
        TypeError: it is not one.
    """
    kind = type(owner)
    own = instance_dict(owner)
    if own is not None and name in own and not _is_data_descriptor(kind, name):
        return own[name]
    if is_record_type(kind) and name in kind._fields:
        return getattr(owner, name)
    if not is_user_class(kind) and (is_box(owner) or plain(owner)):
        return getattr(owner, name)
    raise TypeError(f"attribute {name!r} of a {kind.__name__} cannot be replayed")


def absent(owner: Any, name: str) -> bool:
    """Whether an object's own dictionary lacks a name. Called by host programs as `Absent`."""
    return name not in (instance_dict(owner) or ())


def _member_from_data(low: Lowering, owner: Host, name: str) -> Any:
    """What the class of an object from the data says: a method or property is interpreted, for objects of this class."""
    kind = type(owner.witness)
    base, member = _class_member(low, owner.witness, name)
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


def _graph_attribute(low: Lowering, owner: Any, name: str) -> Any:
    tensor = owner.tensor if isinstance(owner, Num) else owner
    if isinstance(owner, Num):
        if name in _ARRAY_FACTS and owner.kind == "array":
            spec = low.backend.spec_of(tensor)
            if name == "shape" and spec.shape is not None and None not in spec.shape:
                return spec.shape
            if name == "ndim" and spec.shape is not None:
                return len(spec.shape)
            return low.host_op(f"{{}}.{name}", None, owner, flat=True)
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
    if type(owner) not in (type, abc.ABCMeta) and not isinstance(owner, EnumMeta) and classes.of_user(type(owner)):
        raise Unsupported("JN209", f"attribute {name!r} of class {owner.__name__}, which has a metaclass")
    base, raw = members.find(low, owner, name)
    if isinstance(owner, EnumMeta):
        if base is not None and is_user_function(getattr(raw, "__func__", raw)):
            return types.MethodType(raw.__func__, owner) if isinstance(raw, classmethod) else getattr(raw, "__func__", raw)
        return _natively(owner, name)
    if base is not None and is_user_class(base) and name not in ("__dict__", "__doc__", "__module__"):
        value = read_slot(low, AttrSlot(base, name, base.__name__))
        if value is not raw:
            return value
        if isinstance(raw, staticmethod):
            return raw.__func__
        if isinstance(raw, classmethod):
            return types.MethodType(raw.__func__, owner)
        if not hasattr(type(raw), "__get__") or isinstance(raw, types.FunctionType):
            return raw
        raise Unsupported("JN209", f"attribute {name!r} of class {owner.__name__}")
    if name in ("__name__", "__qualname__"):
        look = operator.attrgetter(name)
        low.heap.guard_view(ViewSlot(owner, owner.__name__, look, name), low.span)
        return look(owner)
    if any(map(is_user_class, owner.__mro__[:1])) and name in ("__dict__", "__doc__", "__bases__", "__mro__", "__subclasses__"):
        raise Unsupported("JN209", f"attribute {name!r} of class {owner.__name__}")
    return _natively(owner, name)


def _class_member(low: Lowering, owner: Any, name: str) -> tuple[type | None, Any]:
    members.guard_type(low, owner)
    return members.find(low, type(owner), name)


def _object_attribute(low: Lowering, owner: Any, name: str) -> Any:
    kind = type(owner)
    base, member = _class_member(low, owner, name)
    user_hook = next((k for k in kind.__mro__ if is_user_function(k.__dict__.get("__getattribute__"))), None)
    if user_hook is not None:
        raise Unsupported("JN206", f"__getattribute__ of {kind.__name__}")
    if name == "__dict__":
        raise Unsupported("JN206", f"the attributes of a {kind.__name__} as a dictionary")
    if name == "__class__" and base is object:
        return kind
    if isinstance(owner, types.FunctionType | types.BuiltinFunctionType | types.MethodType | functools.partial):
        return _function_attribute(low, owner, name)
    if plain(owner):
        value = _natively(owner, name)
        if plain(value) or callable(value):
            return value
        raise Unsupported("JN201", f"attribute {name!r} of a {kind.__name__}")
    slot = AttrSlot(owner, name, path_of(low, owner))
    if isinstance(member, property):
        return _property(low, owner, name, base, member)
    if member is not UNBOUND and hasattr(type(member), "__set__") and not isinstance(member, types.MemberDescriptorType):
        if classes.is_user_descriptor(member, "__get__"):
            return _user_descriptor(low, owner, member, kind)
        if not is_user_class(type(member)):
            return _library_attribute(low, owner, name)
    value = read_slot(low, slot)
    if value is not UNBOUND:
        name_object(low, value, f"{slot.path}.{name}")
        return value
    if member is UNBOUND:
        fallback = classes.hook(kind, "__getattr__")
        if fallback is not None:
            low.heap.guard_constant(slot, UNBOUND, low.span)
            return low.call(fallback, (owner, name), {})
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
        if isinstance(member, SIMPLE) or low.is_symbolic(member) or not hasattr(type(member), "__get__"):
            return member
        if classes.is_user_descriptor(member, "__get__"):
            return _user_descriptor(low, owner, member, kind)
        if isinstance(member, functools.cached_property):
            if id(owner) not in low.born:  # Python computes it in its next iteration, and from then on it is there
                raise Unsupported("JN108", f"the cached property {name!r} has no value yet")
            value = low.call(member.func, (owner,), {})
            access.store_plain(low, owner, name, value)
            return value
    return _library_attribute(low, owner, name)


def _function_attribute(low: Lowering, owner: Any, name: str) -> Any:
    """An attribute of a function: one that the user has set, or its name."""
    value = read_slot(low, AttrSlot(owner, name, path_of(low, owner))) if isinstance(owner, types.FunctionType) else UNBOUND
    if value is not UNBOUND:
        return value
    if name not in ("__name__", "__qualname__", "__func__", "__self__", "func"):
        if not is_user_function(owner) and callable(found := getattr(owner, name, None)):
            return found  # a method that a library gives to its functions: `tf.function`'s, a ufunc's
        raise Unsupported("JN209", f"attribute {name!r} of a function")
    look = operator.attrgetter(name)
    found = _natively(owner, name)
    low.heap.guard_view(ViewSlot(owner, path_of(low, owner), look, name), low.span)
    return found


def _users_member(owner: Any, name: str) -> bool:
    """Whether a named tuple's subclass defines this attribute itself."""
    return any(is_user_function(getattr(k.__dict__.get(name), "fget", k.__dict__.get(name))) for k in type(owner).__mro__)


def _user_descriptor(low: Lowering, owner: Any, member: Any, kind: type) -> Any:

    return low.call(classes.hook(type(member), "__get__"), (member, owner, kind), {})


def _super_attribute(low: Lowering, owner: Any, name: str) -> Any:
    """`super().name`: what the classes after this one define."""
    instance, this = owner.__self__, owner.__thisclass__
    kinds = (instance if isinstance(instance, type) else type(instance)).__mro__
    for base in kinds[kinds.index(this) + 1 :]:
        if name in base.__dict__:
            members.guard_class(low, kinds[0])
            if not is_user_class(base):
                break
            member = read_slot(low, AttrSlot(base, name, base.__name__))
            if isinstance(member, types.FunctionType):
                return types.MethodType(member, instance)
            if isinstance(member, classmethod):
                return types.MethodType(member.__func__, type(instance))
            if isinstance(member, property) and is_user_function(member.fget):
                return _property(low, instance, name, base, member)
            if plain(member):
                return member
            raise Unsupported("JN209", f"super().{name}")
    found = _natively(owner, name)
    if isinstance(found, types.MethodWrapperType) or is_library_base(this, name, kinds):
        return found
    raise Unsupported("JN209", f"super().{name}")


def is_library_base(this: type, name: str, kinds: tuple[type, ...]) -> bool:
    """Whether `super().name` is a method of a library's class whose calls are traced."""
    base = next((k for k in kinds[kinds.index(this) + 1 :] if name in k.__dict__), object)
    return base.__module__.partition(".")[0] in ("keras", "tensorflow") or base is object


def _property(low: Lowering, owner: Any, name: str, base: type | None, member: property) -> Any:
    if is_user_function(member.fget):
        return low.call(member.fget, (owner,), {})
    return _library_attribute(low, owner, name)


def _library_attribute(low: Lowering, owner: Any, name: str) -> Any:
    """An attribute that a library computes: read now, under a guard on the library object's settings, or on what it shows."""
    touch_library(low, owner)
    root = _library_root(low, owner)
    if root is None and _is_method(low, type(owner), name):
        return _natively(owner, name)  # what a call of it does, the table of library knowledge says
    if root is None:
        raise Unsupported("JN201", f"attribute {name!r} of a {type(owner).__name__}")
    value = _natively(owner, name)
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


def store_attribute(low: Lowering, owner: Any, name: str, value: Any) -> None:
    """`owner.name = value`: staged, or through a property."""
    if isinstance(owner, Host | Num) or low.backend.is_symbolic(owner):
        raise Unsupported("JN102", "attribute assignment on a value that is not known yet")
    if name.startswith("__") and name.endswith("__"):
        raise Unsupported("JN209", f"{name} of a {type(owner).__name__} is set")
    if isinstance(owner, types.ModuleType) or plain(owner) or is_box(owner):
        raise Unsupported("JN201", f"attribute {name!r} of a {type(owner).__name__} is set")
    if isinstance(owner, type) and type(owner) not in (type, abc.ABCMeta):
        raise Unsupported("JN209", f"attribute {name!r} of class {owner.__name__} is set")
    _base, member = _class_member(low, owner, name)
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
