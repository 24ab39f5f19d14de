"""Objects that the iteration makes, or that a carried structure stands for: what they hold, and how replay makes them."""

from __future__ import annotations

from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.lowering.core.values import Born, Phase
from janus_nb.speculate.slots import UNBOUND, AttrSlot


def code_of(low: Lowering, born: Born, phase: Phase) -> str:
    """The post program's variable for an object that the region made."""
    kind = type(born.shadow).__name__
    if phase is not Phase.POST:
        raise Unsupported("JN202", f"a {kind} made in the loop is used before the graph runs")
    if not born.code:
        raise Unsupported("JN108", f"a {kind} that is carried between iterations is kept somewhere else")
    if not born.kept:
        born.kept = True
        if low.ports.final:
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
        waiting = [b for key, b in low.made.born.items() if b.kept and key not in done]
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


def finish_side(low: Lowering, before: frozenset[int]) -> None:
    """At the end of one side of a branch: objects made in it get their attributes there, and are no more afterwards."""
    done: set[int] = set()
    while True:
        waiting = [b for key, b in low.made.born.items() if key not in before and b.kept and key not in done]
        if not waiting:
            break
        for born in waiting:
            done.add(id(born.shadow))
            set_attributes(low, born)
    for key in [k for k in low.made.born if k not in before]:
        born = low.made.born[key]
        born.initial, born.kept, born.code = attributes(low, born), False, ""


def new(cls: Any) -> Any:
    """Called by post programs as `New`."""
    return cls.__new__(cls)


def set_attribute(owner: Any, name: str, value: Any) -> None:
    """Called by post programs as `Set`."""
    if value is not UNBOUND:
        object.__setattr__(owner, name, value)
