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
from collections.abc import Callable
from typing import Any

from janus_nb.lowering.core import classes
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Born, Phase
from janus_nb.lowering.heap import members
from janus_nb.lowering.heap.access import store_plain
from janus_nb.source.units import is_user_class, is_user_function
from janus_nb.speculate.plain import plain
from janus_nb.speculate.slots import AttrSlot


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
    if type(cls) not in (type, abc.ABCMeta) or classes.has_own(cls, "__new__", "__del__") or issubclass(cls, BaseException):
        raise Unsupported("JN201", f"an object of class {cls.__name__} is created")
    if low.place.looping or low.place.nested:
        raise Unsupported("JN207", f"an object of class {cls.__name__} is created")
    shadow = cls.__new__(cls)
    made = low.host.assign(Phase.POST, f"New({low.host.object(cls)})", None)
    low.made.born[id(shadow)] = Born(shadow, made.code)
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

    base, init = next((k, k.__dict__["__init__"]) for k in cls.__mro__ if "__init__" in k.__dict__)
    if base is object:
        if args or kwargs:
            raise Unsupported("JN203", f"TypeError: {cls.__name__}() takes no arguments")
    elif is_user_function(init):
        low.heap.guard_constant(AttrSlot(base, "__init__", base.__name__), init, low.span)
        if low.call(init, (shadow, *args), kwargs) is not None:
            raise Unsupported("JN203", "TypeError: __init__() should return None")
    elif "__dataclass_params__" in base.__dict__:
        _initialise_dataclass(low, cls, shadow, args, kwargs)
    else:
        raise Unsupported("JN201", f"an object of class {cls.__name__} is created")


def _initialise_dataclass(low: Lowering, cls: type, shadow: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """What the generated `__init__` does."""

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
            value = low.call(f.default_factory, (), {})
        elif not f.init:
            continue
        else:
            raise Unsupported("JN203", f"TypeError: {cls.__name__}() misses argument {f.name!r}")
        store_plain(low, shadow, f.name, value)
    if given:
        raise Unsupported("JN203", f"TypeError: arguments of {cls.__name__} do not match")
    after = next((k.__dict__["__post_init__"] for k in cls.__mro__ if "__post_init__" in k.__dict__), None)
    if after is not None:
        low.call(after, (shadow,), {})


def replaced(low: Lowering, value: Any, **changes: Any) -> Any:
    """`dataclasses.replace(value, **changes)`: a new object from the old one's fields."""

    if not is_user_class(type(value)) or low.is_symbolic(value) != (id(value) in low.made.born):
        raise Unsupported("JN102", "dataclasses.replace() of a value that is not known yet")
    members.guard_type(low, value)
    names = [f.name for f in dataclasses.fields(value) if f.init]
    kept = {n: low.attribute(value, n) for n in names if n not in changes}
    return construct(low, type(value), (), {**kept, **changes})


RULES: dict[Any, Callable[..., Any]] = {object.__setattr__: store_plain, dataclasses.replace: replaced}


# -- what classes do with attributes -------------------------------------------------------------------------------------
