"""What classes and functions of the user's say, looked up along the whole MRO, and guarded.

o.rate       the class of `o` is the one seen, and no class on its way to `rate` has gained, lost or replaced a member
o < p        `__lt__` found on the type as Python finds it: interpreted if it is the user's, refused if nobody knows it
f(x)         the code and the defaults of `f` are those seen

One guard a class and one a function; what a class holds as plain data is guarded where it is read.
"""

from __future__ import annotations

import abc
import types
from typing import TYPE_CHECKING, Any

from janus_nb.lowering.unsupported import Unsupported
from janus_nb.source.units import is_user_class, is_user_function
from janus_nb.speculate.slots import UNBOUND, AttrSlot, ViewSlot

if TYPE_CHECKING:
    from janus_nb.lowering.interp import Lowering

ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "<no such method>", "__slots__": ()})()
"""No class of the user's or of a library defines a special method."""


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


def guard_class(low: Lowering, kind: type) -> None:
    """Assume that look-ups on a class go on as they do now."""
    if of_user(kind):
        low.heap.guard_view(ViewSlot(kind, kind.__name__, look_at_class, "the class"), low.span)


def guard_type(low: Lowering, owner: Any) -> None:
    """Assume that an object stays of its class, and that look-ups on the class go on as they do now."""
    kind = type(owner)
    if of_user(kind):
        guard_class(low, kind)
        if id(owner) not in low.born and not low.is_fresh(owner):
            low.heap.guard_view(ViewSlot(owner, low.paths.get(id(owner), f"<{kind.__name__}>"), type, "the type"), low.span)


def guard_function(low: Lowering, function: types.FunctionType) -> None:
    """Assume that a function keeps its code and its defaults."""
    low.heap.guard_view(ViewSlot(function, function.__name__, look_at_function, "the code"), low.span)


def find(low: Lowering, kind: type, name: str) -> tuple[type | None, Any]:
    """The class on the MRO that defines a name, and what it is there; `(None, UNBOUND)` if none does."""
    guard_class(low, kind)
    for base in kind.__mro__:
        staged = low.heap.overlay.get(AttrSlot(base, name, "").key)
        if staged is not None:
            if staged[1] is not UNBOUND:
                return base, staged[1]
        elif name in base.__dict__:
            return base, base.__dict__[name]
    return None, UNBOUND


def special(low: Lowering, owner: Any, name: str, *args: Any) -> Any:
    """The result of a special method of an object of a user's class, interpreted; `ABSENT` if no class but `object` defines it.

    Raises:
        Unsupported: JN209 if it is defined in a way that nobody can interpret.
    """
    guard_type(low, owner)
    base, member = find(low, type(owner), name)
    if base is None or base is object:
        return ABSENT
    if not is_user_function(member):
        raise Unsupported("JN209", f"{name} of a {type(owner).__name__}")
    from janus_nb.lowering.calls import call

    return call(low, member, (owner, *args), {})


def required(low: Lowering, owner: Any, name: str, *args: Any) -> Any:
    """As `special`, for a method that must be there.

    Raises:
        Unsupported: JN209 if it is not, or not the user's.
    """
    result = special(low, owner, name, *args)
    if result is ABSENT:
        raise Unsupported("JN209", f"a {type(owner).__name__} has no {name}")
    return result


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
