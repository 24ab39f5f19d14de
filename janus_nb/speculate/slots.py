"""Slots: the places of the Python heap that a region reads or writes, each with a name a user can recognise.

A guard compares what a slot holds now with what was assumed; a commit writes slots. Reading a slot never runs
user code: it looks into dictionaries and sequences directly.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass
from types import CellType
from typing import Any, assert_never

UNBOUND: Any = type("Unbound", (), {"__repr__": lambda self: "<unbound>", "__slots__": ()})()
"""Stands for the absence of a value in a slot."""


@dataclass(frozen=True, slots=True)
class LocalSlot:
    """A name of the frame in which the region runs: the cell's namespace, or a function's locals."""

    name: str

    @property
    def key(self) -> tuple[Any, ...]:
        """Identity of the slot."""
        return ("local", self.name)


@dataclass(frozen=True, slots=True, eq=False)
class NameSlot:
    """A name in the globals of some module or cell."""

    namespace: dict[str, Any]
    name: str

    @property
    def key(self) -> tuple[Any, ...]:
        """Identity of the slot."""
        return ("name", id(self.namespace), self.name)


@dataclass(frozen=True, slots=True, eq=False)
class AttrSlot:
    """An entry of an object's (or class's) own dictionary."""

    owner: Any
    name: str
    path: str

    @property
    def key(self) -> tuple[Any, ...]:
        """Identity of the slot."""
        return ("attr", id(self.owner), self.name)


@dataclass(frozen=True, slots=True, eq=False)
class ItemSlot:
    """An item of a list, tuple or dictionary."""

    owner: Any
    index: Any
    path: str

    @property
    def key(self) -> tuple[Any, ...]:
        """Identity of the slot."""
        return ("item", id(self.owner), self.index)


@dataclass(frozen=True, slots=True, eq=False)
class LengthSlot:
    """The number of items of a container."""

    owner: Any
    path: str

    @property
    def key(self) -> tuple[Any, ...]:
        """Identity of the slot."""
        return ("length", id(self.owner))


@dataclass(frozen=True, slots=True, eq=False)
class CellSlot:
    """A variable of an enclosing function, held in a closure cell."""

    cell: CellType
    name: str

    @property
    def key(self) -> tuple[Any, ...]:
        """Identity of the slot."""
        return ("cell", id(self.cell))


@dataclass(frozen=True, slots=True, eq=False)
class LibrarySlot:
    """Everything that a library object (a model, an optimizer) holds in Python, as one fingerprint."""

    owner: Any
    path: str

    @property
    def key(self) -> tuple[Any, ...]:
        """Identity of the slot."""
        return ("library", id(self.owner))


@dataclass(frozen=True, slots=True, eq=False)
class HeldSlot:
    """An entry of the dictionary of whatever object another slot holds at the time; `clear` sets it to `None`, in that object's own way."""

    holder: LocalSlot | NameSlot
    name: str
    clear: Callable[[Any], None]

    @property
    def key(self) -> tuple[Any, ...]:
        """Identity of the slot."""
        return ("held", self.holder.key, self.name)


@dataclass(frozen=True, slots=True, eq=False)
class ViewSlot:
    """What one look at an object shows: its class, what a class says of attributes, a function's code, the containers in a container.

    Attributes:
        owner: The object.
        path: How the user would write it.
        view: The look; it never raises and runs no code of the user's.
        what: What is looked at, in words.
    """

    owner: Any
    path: str
    view: Callable[[Any], Any]
    what: str

    @property
    def key(self) -> tuple[Any, ...]:
        """Identity of the slot."""
        return ("view", self.what, id(self.owner))


Slot = ViewSlot | LocalSlot | NameSlot | AttrSlot | ItemSlot | LengthSlot | CellSlot | LibrarySlot | HeldSlot


def instance_dict(owner: Any) -> MutableMapping[str, Any] | None:
    """An object's own `__dict__`, found without running its class's code."""
    try:
        found = object.__getattribute__(owner, "__dict__") if not isinstance(owner, type) else type.__getattribute__(owner, "__dict__")
    except (AttributeError, TypeError):
        return None  # no dictionary, or a proxy that pretends to be of another class
    return found  # type: ignore[no-any-return]


def read(slot: Slot, frame: MutableMapping[str, Any]) -> Any:
    """What the slot holds now, or `UNBOUND`. `frame` holds the region's own names."""
    match slot:
        case LocalSlot(name):
            return frame.get(name, UNBOUND)
        case NameSlot(namespace, name):
            return namespace.get(name, UNBOUND)
        case AttrSlot(owner, name, _):
            held = instance_dict(owner)
            if held is not None and name in held:
                return held[name]
            return _slotted(owner, name)
        case ItemSlot(owner, index, _):
            if issubclass(type(owner), dict):
                return dict.get(owner, index, UNBOUND)
            try:
                return owner[index]
            except (KeyError, IndexError):
                return UNBOUND
        case LengthSlot(owner, _):
            return len(owner)
        case CellSlot(cell, _):
            try:
                return cell.cell_contents
            except ValueError:
                return UNBOUND
        case LibrarySlot(owner, _):
            return fingerprint(owner)
        case ViewSlot(owner, _, view, _):
            return view(owner)
        case HeldSlot(holder, name, _):
            return (instance_dict(read(holder, frame)) or {}).get(name, UNBOUND)
        case _:
            assert_never(slot)


def _slotted(owner: Any, name: str) -> Any:
    for base in type(owner).__mro__:
        member: Any = base.__dict__.get(name)
        if type(member).__name__ == "member_descriptor":
            try:
                return member.__get__(owner)
            except AttributeError:
                return UNBOUND
    return UNBOUND


def describe(slot: Slot) -> str:
    """The slot as the user would write it."""
    match slot:
        case LocalSlot(name) | NameSlot(_, name) | CellSlot(_, name):
            return name
        case AttrSlot(_, name, path):
            return f"{path}.{name}"
        case ItemSlot(_, index, path):
            return f"{path}[{index!r}]"
        case LengthSlot(_, path):
            return f"len({path})"
        case LibrarySlot(_, path):
            return f"settings of {path}"
        case ViewSlot(_, path, _, what):
            return f"{what} of {path}"
        case HeldSlot(holder, name, _):
            return f"{describe(holder)}.{name}"
        case _:
            assert_never(slot)


_PLAIN = (int, float, str, bool, bytes, complex, type(None), type)
_LIMIT = 100_000


def fingerprint(owner: Any) -> tuple[Any, ...]:
    """A library object's settings, recursively: plain values by value, containers by content, the rest by identity.

    Objects of libraries (layers of a model, an optimizer's schedule) are followed; tensors, variables, functions and
    arrays count by identity. Beyond 100,000 entries the fingerprint equals no other, so that no guard on it ever holds.
    """
    return settings_of(owner)[0]


def settings_of(owner: Any) -> tuple[tuple[Any, ...], list[tuple[Any, Any]]]:
    """A library object's fingerprint, and the containers that it was taken from: an object's own dictionary with the object, others with `None`."""
    found: list[Any] = []
    boxes: list[tuple[Any, Any]] = []
    seen: set[int] = set()
    pending: list[Any] = [owner]
    while pending:
        if len(found) > _LIMIT:
            return (object(),), []
        value = pending.pop()
        if isinstance(value, _PLAIN):
            found.append(value)
            continue
        found.append(id(value))
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, list | tuple | set | frozenset):
            pending.extend(value)
            boxes.append((value, None))
        elif isinstance(value, dict):
            boxes.append((value, None))
            pending.extend(value.keys())
            pending.extend(value.values())
        elif _is_settings(value):
            held = instance_dict(value)
            if held is not None:
                boxes.append((held, value))
                users = not type(value).__module__.startswith("keras")
                for name, item in held.items():
                    if name not in TRANSIENT and (not users or name.startswith("_") or name == "built"):
                        found.append(name)
                        pending.append(item)
    return tuple(found), boxes


TRANSIENT = frozenset(
    # What libraries rewrite while they run, and what no computation depends on.
    {
        "_inbound_nodes",
        "_outbound_nodes",
        "_losses",
        "_loss_ids",
        "_metrics",
        "_call_context_args",
        "_tracker",
        "_thread_local",
        "_lock",
        "_self_tracked_trackables",
        "_obj_reference_counts_dict",
        "_self_unconditional_checkpoint_dependencies",
        "_self_unconditional_dependency_names",
        "_jit_compile",
        "_path",
        "_auto_config",
        "_call_signature",
        "_functional",
        "_distribute_strategy",
    }
)


def _is_settings(value: Any) -> bool:
    if not any(kind.__module__.partition(".")[0] == "keras" for kind in type(value).__mro__):
        return False
    return type(value).__name__ not in {"Variable", "Tracker", "KerasTensor", "Node", "SeedGenerator", "BackendVariable"} and not callable(
        getattr(type(value), "numpy", None)
    )
