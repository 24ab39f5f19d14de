"""The heap while a region is lowered: guarded reads, staged writes, and what is carried between iterations.

    self.count = self.count + 1     read:  slot `self.count` holds 3  -> guard, or an input, or carried state
                                    write: overlay[`self.count`] = 4  -> later reads see 4; commit writes it

A slot that an iteration reads before it writes it is *carried*: the next iteration must see what this one wrote.
Which slots those are is known only after lowering, so lowering is repeated until the set is stable
(`janus_nb.lowering.generate`).
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from types import CellType
from typing import Any

from janus_nb.lowering.core.values import Host
from janus_nb.span import Span
from janus_nb.speculate.guards import Equals, Guard, IsObject, IsType, Shows
from janus_nb.speculate.plain import identical, plain
from janus_nb.speculate.policy import Mode
from janus_nb.speculate.slots import UNBOUND, AttrSlot, CellSlot, LocalSlot, NameSlot, Slot, ViewSlot, read


def memory(box: Any) -> Any:
    """The object that owns a container's memory: for a view of an array, the array behind it."""
    while getattr(box, "base", None) is not None and type(box.base) is type(box) and type(box).__module__ == "numpy":
        box = box.base
    return box


def said_of(slot: Slot) -> str:
    """The user's name for what a slot holds, or an empty text."""
    return slot.name if isinstance(slot, NameSlot | LocalSlot | AttrSlot | CellSlot) else ""


@dataclass(slots=True)
class Carry:
    """A carried slot.

    Attributes:
        slot: The slot.
        mode: Who computes it (pre program, graph, post program).
        value: What reads of it return in this lowering, once created.
        template: For graph carries, the structure of the value with its leaves' kinds.
        leaves: For graph carries, number of tensors.
        position: Index among the carries of its mode.
        guard: What the slot must hold when a call starts.
    """

    slot: Slot
    mode: Mode
    value: Any = None
    template: Any = None
    leaves: int = 0
    position: int = -1
    guard: Guard | None = None

    @property
    def made(self) -> bool:
        """Whether it has been read, so that there is a value (which may be `None`)."""
        return self.position >= 0


@dataclass(slots=True)
class Heap:
    """Reads, staged writes and guards of one lowering.

    Attributes:
        frame: The region's own names, live (for `LocalSlot`).
        carried: Slots known to be carried, by key.
        inputs: Keys of slots whose value may not be assumed constant.
        dirty: Containers that the region mutates, by id: their content is known only at replay.
        shares_cell: Whether a closure cell is the one behind a name of the region's own frame.
        varying: Names of the region's own frame that are bound anew around it.
        overlay: Staged writes by slot key.
        entry_reads: Slots read before they were written.
        guards: Entry conditions by slot key.
        content_reads: Containers whose content was read as if nothing in the region changed it.
        mutated: Containers that a postponed effect changes.
        tuples: Tuples of the user's that hold something changeable, each known to be this very object.
    """

    frame: MutableMapping[str, Any]
    carried: dict[Any, Carry]
    inputs: set[Any]
    dirty: dict[int, Any]
    shares_cell: Callable[[CellType, str], bool] = lambda cell, name: False
    varying: frozenset[str] = frozenset()
    overlay: dict[Any, tuple[Slot, Any]] = field(default_factory=dict)
    entry_reads: dict[Any, Slot] = field(default_factory=dict)
    guards: dict[Any, Guard] = field(default_factory=dict)
    content_reads: dict[int, Any] = field(default_factory=dict)
    mutated: dict[int, Any] = field(default_factory=dict)
    spans: dict[Any, Span | None] = field(default_factory=dict)
    tuples: dict[int, Any] = field(default_factory=dict)

    def is_input(self, slot: Slot) -> bool:
        """Whether the slot's value may not be taken as constant."""
        return slot.key in self.inputs or (isinstance(slot, LocalSlot | NameSlot) and slot.name in self.varying)

    def live(self, slot: Slot) -> Any:
        """What the slot holds in Python now."""
        return read(slot, self.frame)

    def staged(self, slot: Slot) -> Any:
        """The staged value of the slot in this iteration, or `UNBOUND` if it was not written."""
        entry = self.overlay.get(slot.key)
        return entry[1] if entry is not None else UNBOUND

    def write(self, slot: Slot, value: Any, span: Span | None) -> None:
        """Stage a write."""
        self.overlay[slot.key] = (slot, value)
        self.spans.setdefault(slot.key, span)

    def guard_constant(self, slot: Slot, value: Any, span: Span | None) -> None:
        """Assume that the slot keeps holding this value, even if its type was assumed before: a side of a branch that was looked at may have done so."""
        known = self.guards.get(slot.key)
        if known is None or isinstance(known.expect, IsType):
            self.guards[slot.key] = Guard(slot, Equals(value) if plain(value) else IsObject(value), span)
            if type(value) is tuple and not plain(value):
                self.tuples[id(value)] = value

    def guard_view(self, slot: ViewSlot, span: Span | None) -> None:
        """Assume that a look at an object shows what it shows now; this is never relaxed to an input."""
        if slot.key not in self.guards:
            self.guards[slot.key] = Guard(slot, Shows(slot.view(slot.owner)), span)

    def guard_structure(self, slot: Slot, span: Span | None) -> None:
        """Assume what the generated code itself depends on; this is never relaxed to an input."""
        self.guards[("structure", slot.key)] = Guard(slot, Equals(self.live(slot)), span)

    def guard_type(self, slot: Slot, value: Any, span: Span | None, accepts: Any = None) -> None:
        """Assume only that the slot keeps holding a value of this type."""
        self.guards[slot.key] = Guard(slot, IsType(type(value), accepts), span)

    def mark(self) -> Any:
        """What carried slots stand for, and what effects change; staged writes are marked apart."""
        return {key: (c.value, c.position, c.leaves) for key, c in self.carried.items()}, dict(self.mutated)

    def undo(self, mark: Any) -> None:
        """Go back to a mark."""
        carries, mutated = mark
        for key, carry in self.carried.items():
            carry.value, carry.position, carry.leaves = carries[key]
        self.mutated = dict(mutated)

    def read_content(self, container: Any) -> bool:
        """Note that a container's content is read; False if the region changes it (then only replay knows it)."""
        if id(container) in self.dirty:
            return False
        self.content_reads[id(container)] = container
        return True

    def newly_dirty(self) -> dict[int, Any]:
        """Containers that were read as unchanging but are changed by an effect of this lowering."""
        memories = {id(memory(box)) for box in self.mutated.values()}
        found = {key: box for key, box in self.mutated.items() if key in self.content_reads}
        found |= {key: box for key, box in self.content_reads.items() if id(memory(box)) in memories}
        return {key: box for key, box in found.items() if key not in self.dirty}

    def uncarried(self) -> list[tuple[Slot, Any]]:
        """Slots read at entry and written, with the value at the end, that are not carried yet."""
        found = []
        for key, (slot, value) in self.overlay.items():
            if key in self.entry_reads and key not in self.carried and not self._unchanged(slot, value):
                found.append((slot, value))
        return found

    def _unchanged(self, slot: Slot, value: Any) -> bool:
        """Whether the write stores what was there at entry anyway."""
        if isinstance(value, Host):
            return False
        live = self.live(slot)
        return identical(live, value)
