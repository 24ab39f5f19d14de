"""What the user's classes say: who looks up what, which of them tell objects apart by identity alone."""

from __future__ import annotations

import abc
import types
from typing import Any

from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.source.units import is_user_class, is_user_function


def look_at_class(kind: type) -> tuple[Any, ...]:
    """Everything that decides an attribute look-up on a class of the user's: its MRO, the members' names, and all members but plain data."""
    found: list[Any] = [kind.__mro__]
    for base in kind.__mro__:
        if is_user_class(base):
            for name, member in base.__dict__.items():
                if name in _KEPT_BY_PYTHON:
                    continue
                found.append(name)
                if hasattr(type(member), "__get__") or (name.startswith("__") and name.endswith("__")):
                    found.append(member)
    return tuple(found)


_KEPT_BY_PYTHON = frozenset(
    {
        "__slotnames__",
        "__parameters__",
        "__abstractmethods__",
        "__dict__",
        "__weakref__",
        "__doc__",
        "__annotations__",
        "_abc_impl",
        "__module__",
        "__static_attributes__",
        "__firstlineno__",
    }
)


def look_at_function(function: types.FunctionType) -> tuple[Any, ...]:
    """What a call of a function does: its code and its defaults."""
    named = function.__kwdefaults__ or {}
    return (function.__code__, function.__defaults__, *named.items())


def of_user(kind: Any) -> bool:
    """Whether a class, or one that it inherits from, is the user's."""
    return any(is_user_class(base) for base in kind.__mro__)


def has_own(kind: type, *names: str) -> bool:
    """Whether any class on the MRO but `object` defines one of these names."""
    return any(name in base.__dict__ for base in kind.__mro__ if base is not object for name in names)


VALUE_METHODS = (
    "__eq__ __ne__ __lt__ __le__ __gt__ __ge__ __hash__ __repr__ __str__ __format__ __bool__ __len__ __iter__ __contains__ __getitem__"
    " __getattr__ __getattribute__ __class__ __float__ __int__ __index__ __complex__ __bytes__ __array__ __call__"
).split()


def inert(kind: type) -> bool:
    """Whether objects of a user's class are told apart by identity alone: nothing in the class says how they compare, hash or print."""
    plain_class = type(kind) in (type, abc.ABCMeta) and not issubclass(
        kind, (int, float, complex, str, bytes, tuple, list, dict, set, frozenset, BaseException)
    )
    return plain_class and not has_own(kind, *VALUE_METHODS)


def refuse_special(kind: type, *names: str) -> None:
    """Refuse a class that defines one of these methods.

    Raises:
        Unsupported: JN209.
    """
    for name in names:
        if has_own(kind, name):
            raise Unsupported("JN209", f"{name} of a {kind.__name__}")


def hook(kind: type, name: str) -> Any:
    """A user's own `__getattr__`, `__setattr__`, ... of a class, or `None`."""
    found = next((k.__dict__[name] for k in kind.__mro__ if name in k.__dict__), None)
    return found if isinstance(found, types.FunctionType) and is_user_function(found) else None


def is_user_descriptor(member: Any, method: str) -> bool:
    """Whether a class attribute is a descriptor of a user class with this method."""
    return is_user_class(type(member)) and hook(type(member), method) is not None
