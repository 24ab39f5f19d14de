"""Forking the state of a lowering, so that both sides of a branch start from the same place.

A mark is taken, one side is lowered, what it changed is collected, and the state goes back to the mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.speculate.slots import UNBOUND

Place = tuple[str, int, Any]
"""A staged slot (`("slot", 0, key)`) or a name of an active frame (`("name", frame index, name)`)."""


@dataclass(slots=True)
class Mark:
    """The state of a lowering at one moment.

    Attributes:
        overlay: Staged writes.
        names: Local names of every frame.
        effects: Effects so far.
        rows: Results of an iteration so far.
        born: Objects made so far, by identity.
    """

    overlay: dict[Any, Any]
    names: list[dict[str, Any]]
    effects: int
    rows: int
    born: frozenset[int]
    escaped: dict[int, str]
    _inputs: dict[Any, Any]
    _parts: tuple[Any, ...]


def _parts(low: Lowering) -> tuple[Any, ...]:
    return low.heap, low.host, low.ports, low.checks, low.made, low.place, low.lines


def mark(low: Lowering) -> Mark:
    """Remember everything that lowering changes."""
    return Mark(
        overlay=dict(low.heap.overlay),
        names=[dict(f.names) for f in low.frames],
        effects=low.lines.effects,
        rows=len(low.ports.rows),
        born=frozenset(low.made.born),
        escaped=dict(low.made.escaped),
        _inputs=dict(low.ports.inputs),
        _parts=(*(part.mark() for part in _parts(low)), low.tracer.inputs_mark()),
    )


def reset_names(low: Lowering, to: Mark) -> None:
    """Undo staged writes and local bindings, but keep what was emitted."""
    low.heap.overlay = dict(to.overlay)
    for frame, names in zip(low.frames, to.names, strict=False):
        frame.names = dict(names)


def rollback(low: Lowering, to: Mark) -> None:
    """Undo everything since the mark."""
    reset_names(low, to)
    *marks, traced = to._parts
    for part, mark in zip(_parts(low), marks, strict=True):
        part.undo(mark)
    for key in [k for k in low.heap.guards if k not in to._inputs and k in low.heap.inputs]:
        low.heap.guards.pop(key)
    low.tracer.inputs_rollback(traced)


def acted(low: Lowering, since: Mark) -> bool:
    """Whether anything was done since the mark that Python would not do if it did not get there."""
    return low.lines.effects != since.effects or any(since.overlay.get(key) is not entry for key, entry in low.heap.overlay.items())


def changes(low: Lowering, since: Mark) -> dict[Place, Any]:
    """Places that hold something else than at the mark, with what they hold now."""
    found: dict[Place, Any] = {}
    for key, (slot, value) in low.heap.overlay.items():
        before = since.overlay.get(key)
        if before is None or before[1] is not value:
            found["slot", 0, key] = (slot, value)
    for index, (frame, before_names) in enumerate(zip(low.frames, since.names, strict=False)):
        for name, value in frame.names.items():
            if before_names.get(name, UNBOUND) is not value:
                found["name", index, name] = (None, value)
        for name in before_names.keys() - frame.names.keys():
            found["name", index, name] = (None, UNBOUND)
    return found


def current(low: Lowering, place: Place, slot: Any) -> Any:
    """What a place holds now; a slot that was not staged is read, and so counts as read at entry."""
    kind, index, name = place
    if kind == "name":
        return low.frames[index].names.get(name, UNBOUND)

    return low.read_slot(slot)


def store(low: Lowering, place: Place, slot: Any, value: Any) -> None:
    """Put a merged value in its place."""
    kind, index, name = place
    if kind == "slot":
        low.heap.write(slot, value, low.span)
    elif value is UNBOUND:
        low.frames[index].names.pop(name, None)
    else:
        low.frames[index].names[name] = value


def is_shared(low: Lowering, value: Any) -> bool:
    """Whether a container is known in another place too, so that a new one in its place would not be the same."""
    if not isinstance(value, list | dict):
        return False
    count = 0
    pending = [entry[1] for entry in low.heap.overlay.values()]
    for frame in low.frames:
        pending.extend(frame.names.values())
    depth = 0
    while pending and depth < 10_000:
        depth += 1
        item = pending.pop()
        if item is value:
            count += 1
        elif isinstance(item, list | tuple | dict) and low.is_fresh(item):
            pending.extend(item.values() if isinstance(item, dict) else item)
    return count > 1 or bool(pending)


def containers_in(value: Any) -> list[Any]:
    """The lists and dictionaries of a structure."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    here = [value] if isinstance(value, list | dict) else []
    return [*here, *(box for part in parts for box in containers_in(part))]
