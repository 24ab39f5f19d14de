"""What classes and functions of the user's say, looked up along the whole MRO, and guarded.

o.rate       the class of `o` is the one seen, and no class on its way to `rate` has gained, lost or replaced a member
o < p        `__lt__` found on the type as Python finds it: interpreted if it is the user's, refused if nobody knows it
f(x)         the code and the defaults of `f` are those seen

One guard a class and one a function; what a class holds as plain data is guarded where it is read.
"""

from __future__ import annotations

import types
from typing import Any

from janus_nb.lowering.core.classes import look_at_class, look_at_function, of_user
from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.source.units import is_user_function
from janus_nb.speculate.slots import UNBOUND, AttrSlot, ViewSlot

ABSENT: Any = type("Absent", (), {"__repr__": lambda self: "<no such method>", "__slots__": ()})()
"""No class of the user's or of a library defines a special method."""


def guard_class(low: Lowering, kind: type) -> None:
    """Assume that look-ups on a class go on as they do now."""
    if of_user(kind):
        low.heap.guard_view(ViewSlot(kind, kind.__name__, look_at_class, "the class"), low.span)


def guard_type(low: Lowering, owner: Any) -> None:
    """Assume that an object stays of its class, and that look-ups on the class go on as they do now."""
    kind = type(owner)
    if of_user(kind):
        guard_class(low, kind)
        if id(owner) not in low.made.born and not low.is_fresh(owner):
            low.heap.guard_view(ViewSlot(owner, low.trust.paths.get(id(owner), f"<{kind.__name__}>"), type, "the type"), low.span)


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
            member = base.__dict__[name]
            guard_class(low, type(member))  # whether it is a descriptor, and what it does
            return base, member
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

    return low.call(member, (owner, *args), {})


def required(low: Lowering, owner: Any, name: str, *args: Any) -> Any:
    """As `special`, for a method that must be there.

    Raises:
        Unsupported: JN209 if it is not, or not the user's.
    """
    result = special(low, owner, name, *args)
    if result is ABSENT:
        raise Unsupported("JN209", f"a {type(owner).__name__} has no {name}")
    return result
