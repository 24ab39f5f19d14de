"""Objects of user classes: made in the region, and what their classes do with attributes.

    r = Record(i, float(loss))    lowering: a shadow instance, whose attributes are staged like any other
    records.append(r)             post:     q3 = New(Record); J.change(records, 'append', q3); ...; Set(q3, 'index', e)

A shadow never reaches the user: where the object is kept, replay makes a real one in every iteration, and gives it its
attributes when the iteration's effects are done.
"""

from __future__ import annotations

import abc
import dataclasses
import enum
import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from janus_nb.lowering import members
from janus_nb.lowering.interp import Lowering
from janus_nb.lowering.unsupported import Unsupported
from janus_nb.lowering.values import Phase
from janus_nb.source.units import is_user_class, is_user_function
from janus_nb.speculate.plain import plain
from janus_nb.speculate.slots import UNBOUND, AttrSlot


@dataclass(eq=False, slots=True)
class Born:
    """An object that the region made, or (`code` empty) one that a carried structure stands for.

    Attributes:
        shadow: The instance that stands for it while lowering.
        code: Its variable in the post program.
        initial: Attributes it came with.
        kept: Whether replay needs it.
    """

    shadow: Any
    code: str
    initial: dict[str, Any] = field(default_factory=dict)
    kept: bool = False


def is_record(cls: type) -> bool:
    """Whether a class is a named tuple's."""
    return issubclass(cls, tuple) and hasattr(cls, "_fields") and not is_user_function(cls.__new__)


def construct(low: Lowering, cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """`cls(*args, **kwargs)`.

    Raises:
        Unsupported: JN201 for classes whose construction does more than make an object and initialise it.
    """
    if isinstance(cls, enum.EnumMeta):
        if (
            kwargs
            or not all(map(plain, args))
            or type(cls) is not enum.EnumMeta
            or is_user_function(getattr(getattr(cls, "_missing_", None), "__func__", None))
        ):
            raise Unsupported("JN201", f"a member of {cls.__name__} by a value that is not known yet")
        return _known(cls, args)
    if is_record(cls):
        return _record(low, cls, args, kwargs)
    members.guard_class(low, cls)
    if type(cls) not in (type, abc.ABCMeta) or members.has_own(cls, "__new__", "__del__") or issubclass(cls, BaseException):
        raise Unsupported("JN201", f"an object of class {cls.__name__} is created")
    if low.looping or low.nested:
        raise Unsupported("JN207", f"an object of class {cls.__name__} is created")
    shadow = cls.__new__(cls)
    made = low.host.assign(Phase.POST, f"New({low.host.object(cls)})", None)
    low.born[id(shadow)] = Born(shadow, made.code)
    _initialise(low, cls, shadow, args, kwargs)
    return shadow


def _known(cls: Any, args: tuple[Any, ...]) -> Any:
    try:
        return cls(*args)
    except Exception as error:
        raise Unsupported("JN203", f"{type(error).__name__}: {error}") from error


def _record(low: Lowering, cls: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    values = {**cls._field_defaults, **dict(zip(cls._fields, args, strict=False)), **kwargs}
    if set(values) != set(cls._fields) or len(args) > len(cls._fields):
        raise Unsupported("JN203", f"TypeError: arguments of {cls.__name__} do not match")
    return low.make(tuple.__new__(cls, (values[name] for name in cls._fields)))


def _initialise(low: Lowering, cls: type, shadow: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    from janus_nb.lowering.calls import call

    base, init = next((k, k.__dict__["__init__"]) for k in cls.__mro__ if "__init__" in k.__dict__)
    if base is object:
        if args or kwargs:
            raise Unsupported("JN203", f"TypeError: {cls.__name__}() takes no arguments")
    elif is_user_function(init):
        low.heap.guard_constant(AttrSlot(base, "__init__", base.__name__), init, low.span)
        if call(low, init, (shadow, *args), kwargs) is not None:
            raise Unsupported("JN203", "TypeError: __init__() should return None")
    elif "__dataclass_params__" in base.__dict__:
        _initialise_dataclass(low, cls, shadow, args, kwargs)
    else:
        raise Unsupported("JN201", f"an object of class {cls.__name__} is created")


def _initialise_dataclass(low: Lowering, cls: type, shadow: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """What the generated `__init__` does."""
    from janus_nb.lowering.calls import call

    everything = cls.__dataclass_fields__  # type: ignore[attr-defined]
    fields = dataclasses.fields(cls)
    if any(f not in fields and not str(f.type).startswith(("ClassVar", "typing.ClassVar")) for f in everything.values()):
        raise Unsupported("JN201", f"an object of class {cls.__name__}, which has init-only fields, is created")
    given = dict(kwargs)
    positional = [f.name for f in fields if f.init and not f.kw_only]
    if len(args) > len(positional) or given.keys() & set(positional[: len(args)]):
        raise Unsupported("JN203", f"TypeError: arguments of {cls.__name__} do not match")
    given.update(zip(positional, args, strict=False))
    for f in fields:
        if f.init and f.name in given:
            value = given.pop(f.name)
        elif f.default is not dataclasses.MISSING:
            value = f.default
        elif f.default_factory is not dataclasses.MISSING:
            value = call(low, f.default_factory, (), {})
        elif not f.init:
            continue
        else:
            raise Unsupported("JN203", f"TypeError: {cls.__name__}() misses argument {f.name!r}")
        store_plain(low, shadow, f.name, value)
    if given:
        raise Unsupported("JN203", f"TypeError: arguments of {cls.__name__} do not match")
    after = next((k.__dict__["__post_init__"] for k in cls.__mro__ if "__post_init__" in k.__dict__), None)
    if after is not None:
        call(low, after, (shadow,), {})


def store_plain(low: Lowering, owner: Any, name: str, value: Any) -> None:
    """`object.__setattr__(owner, name, value)`: staged in the object's own dictionary or slots."""
    from janus_nb.lowering.access import path_of, write_slot

    born = low.born.get(id(owner))
    if born is not None and not born.code:
        raise Unsupported("JN108", f"an attribute of a {type(owner).__name__} that is carried between iterations is set")
    write_slot(low, AttrSlot(owner, name, path_of(low, owner)), value)


def replaced(low: Lowering, value: Any, **changes: Any) -> Any:
    """`dataclasses.replace(value, **changes)`: a new object from the old one's fields."""
    from janus_nb.lowering.attributes import load_attribute

    if not is_user_class(type(value)) or low.is_symbolic(value) != (id(value) in low.born):
        raise Unsupported("JN102", "dataclasses.replace() of a value that is not known yet")
    members.guard_type(low, value)
    names = [f.name for f in dataclasses.fields(value) if f.init]
    kept = {n: load_attribute(low, value, n) for n in names if n not in changes}
    return construct(low, type(value), (), {**kept, **changes})


RULES: dict[Any, Callable[..., Any]] = {object.__setattr__: store_plain, dataclasses.replace: replaced}


def code_of(low: Lowering, born: Born, phase: Phase) -> str:
    """The post program's variable for an object that the region made."""
    kind = type(born.shadow).__name__
    if phase is not Phase.POST:
        raise Unsupported("JN202", f"a {kind} made in the loop is used before the graph runs")
    if not born.code:
        raise Unsupported("JN108", f"a {kind} that is carried between iterations is kept somewhere else")
    if not born.kept:
        born.kept = True
        if low.final:
            set_attributes(low, born)
    return born.code


def attributes(low: Lowering, born: Born) -> dict[str, Any]:
    """What the object holds now."""
    held = dict(born.initial)
    for slot, value in low.heap.overlay.values():
        if isinstance(slot, AttrSlot) and slot.owner is born.shadow:
            held[slot.name] = value
    return held


def set_attributes(low: Lowering, born: Born) -> None:
    """Give the real object its attributes, in the post program."""
    codes = [(name, low.code(value, Phase.POST)) for name, value in attributes(low, born).items() if value is not UNBOUND]
    for name, code in codes:
        low.host.statement(Phase.POST, f"Set({born.code}, {name!r}, {code})")


def finish(low: Lowering) -> None:
    """At the end of an iteration: attributes of all objects that replay keeps."""
    done: set[int] = set()
    while True:
        waiting = [b for key, b in low.born.items() if b.kept and key not in done]
        if not waiting:
            return
        for born in waiting:
            done.add(id(born.shadow))
            low.host.lines[Phase.POST].insert(0, f"{born.code} = None")
            low.host.statement(Phase.POST, f"if {born.code} is not None:")
            low.host.indent += 1
            low.host.statement(Phase.POST, "pass")
            set_attributes(low, born)
            low.host.indent -= 1


def finish_side(low: Lowering, before: dict[int, bool]) -> None:
    """At the end of one side of a branch: objects made in it get their attributes there, and are no more afterwards."""
    done: set[int] = set()
    while True:
        waiting = [b for key, b in low.born.items() if key not in before and b.kept and key not in done]
        if not waiting:
            break
        for born in waiting:
            done.add(id(born.shadow))
            set_attributes(low, born)
    for key in [k for k in low.born if k not in before]:
        born = low.born[key]
        born.initial, born.kept, born.code = attributes(low, born), False, ""


def new(cls: Any) -> Any:
    """Called by post programs as `New`."""
    return cls.__new__(cls)


def set_attribute(owner: Any, name: str, value: Any) -> None:
    """Called by post programs as `Set`."""
    if value is not UNBOUND:
        object.__setattr__(owner, name, value)


# -- what classes do with attributes -------------------------------------------------------------------------------------


def hook(kind: type, name: str) -> Any:
    """A user's own `__getattr__`, `__setattr__`, ... of a class, or `None`."""
    found = next((k.__dict__[name] for k in kind.__mro__ if name in k.__dict__), None)
    return found if isinstance(found, types.FunctionType) and is_user_function(found) else None


def is_user_descriptor(member: Any, method: str) -> bool:
    """Whether a class attribute is a descriptor of a user class with this method."""
    return is_user_class(type(member)) and hook(type(member), method) is not None
