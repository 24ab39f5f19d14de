"""Entry guards as one flat Python function, generated from the guards' data.

    w is the same Variable                 if frame.get('w', U) is not c0: return False
    rate is 0.1                            v = frame.get('rate', U)
                                           if v is not c1 and not same(c1, v): return False
    settings of optimizer are ...          if not c2(): return False

The guards stay the truth: what the function cannot say in a line it asks them, and a miss is explained by them.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

from janus_nb.speculate.guards import Equals, Guard, IsBound, IsObject, IsType, matches
from janus_nb.speculate.plain import identical
from janus_nb.speculate.slots import (
    TRANSIENT,
    UNBOUND,
    AttrSlot,
    ItemSlot,
    LengthSlot,
    LibrarySlot,
    LocalSlot,
    NameSlot,
    Slot,
    instance_dict,
    read,
    settings_of,
)

_DICTIONARY = operator.attrgetter("__dict__")

Check = Callable[[MutableMapping[str, Any]], bool]


class _Writer:
    """The function under construction."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.scope: dict[str, Any] = {"U": UNBOUND, "matches": matches, "read": read, "own": object.__getattribute__}

    def name(self, value: Any) -> str:
        """The name under which the function knows an object."""
        name = f"c{len(self.scope)}"
        self.scope[name] = value
        return name

    def value_of(self, slot: Slot) -> str:
        """An expression for what the slot holds."""
        match slot:
            case LocalSlot(name):
                return f"frame.get({name!r}, U)"
            case NameSlot(namespace, name):
                return f"{self.name(namespace.get)}({name!r}, U)"
            case AttrSlot(owner, name, _) if type(instance_dict(owner)) is dict and name in (instance_dict(owner) or ()):
                return f"own({self.name(owner)}, '__dict__').get({name!r}, U)"
            case LengthSlot(owner, _) if type(owner) in (list, dict, set, tuple):
                return f"len({self.name(owner)})"
            case ItemSlot(owner, index, _) if type(owner) is dict and type(index) is str:
                return f"{self.name(owner)}.get({index!r}, U)"
            case _:
                return f"read({self.name(slot)}, frame)"

    def guard(self, guard: Guard) -> None:
        """The lines that check one guard."""
        if isinstance(guard.slot, LibrarySlot) and isinstance(guard.expect, Equals):
            self.lines.append(f"if not {self.name(Settings(guard.slot.owner, guard.expect.value).unchanged)}(): return False")
            return
        value = self.value_of(guard.slot)
        match guard.expect:
            case IsObject(wanted):
                self.lines.append(f"if {value} is not {self.name(wanted)}: return False")
            case IsBound():
                self.lines.append(f"if {value} is U: return False")
            case IsType(kind, None):
                self.lines.append(f"if type({value}) is not {self.name(kind)}: return False")
            case Equals(wanted):
                expected = self.name(wanted)
                self.lines += [f"v = {value}", f"if v is not {expected} and not matches({self.name(guard.expect)}, v): return False"]
            case _:
                self.lines.append(f"if not matches({self.name(guard.expect)}, {value}): return False")


class Settings:
    """Whether a library object's settings are as they were: first by identity of every entry, which is quick, then by value."""

    def __init__(self, owner: Any, expected: tuple[Any, ...]) -> None:
        self._owner = owner
        self._expected = expected
        self._boxes: list[Any] = []
        self._sizes: list[int] = []
        self._owners: list[Any] = []
        self._dictionaries: list[Any] = []
        self._live: list[Any] = []
        self._entries: list[Any] = []

    def unchanged(self) -> bool:
        """Whether the settings are those expected."""
        if self._boxes and self._as_before():
            return True
        settings, boxes = settings_of(self._owner)
        if not identical(settings, self._expected):
            return False
        self._watch(boxes)
        return True

    def _as_before(self) -> bool:
        if list(map(len, self._boxes)) != self._sizes or not all(map(operator.is_, map(_DICTIONARY, self._owners), self._dictionaries)):
            return False
        try:
            return all(map(operator.is_, chain.from_iterable(part() if callable(part) else part for part in self._live), self._entries))
        except KeyError:
            return False

    def _watch(self, boxes: list[tuple[Any, Any]]) -> None:
        """Remember every entry, without what libraries rewrite while they run. Views of dictionaries stay up to date by themselves."""
        self._boxes = [box for box, _ in boxes]
        self._owners = [owner for _, owner in boxes if owner is not None]
        self._dictionaries = [box for box, owner in boxes if owner is not None]
        self._live = []
        for box, owner in boxes:
            if owner is not None and not TRANSIENT.isdisjoint(box):
                names = [name for name in box if name not in TRANSIENT]
                self._live.append(partial(_chosen, box, names))
            elif isinstance(box, dict):
                self._live += [box.keys(), box.values()]
            else:
                self._live.append(box)
        self._sizes = list(map(len, self._boxes))
        self._entries = list(chain.from_iterable(part() if callable(part) else part for part in self._live))


def _chosen(box: dict[str, Any], names: list[str]) -> Iterator[Any]:
    return map(box.__getitem__, names)


def compile_guards(guards: Sequence[Guard]) -> Check:
    """A function of the region's names that tells whether all guards hold."""
    writer = _Writer()
    for guard in guards:
        writer.guard(guard)
    body = "".join(f"    {line}\n" for line in [*writer.lines, "return True"])
    exec(compile(f"def holds(frame):\n{body}", "<janus guards>", "exec"), writer.scope)
    return writer.scope["holds"]  # type: ignore[no-any-return]


__all__ = ["Check", "Settings", "compile_guards"]
