"""Compiled guards say what the guards themselves say, whatever changes."""

from __future__ import annotations

import types
from typing import Any

import pytest
from janus_nb.cache.compiled import compile_guards
from janus_nb.speculate.guards import Equals, Guard, IsBound, IsObject, IsType
from janus_nb.speculate.slots import (
    UNBOUND,
    AttrSlot,
    CellSlot,
    ItemSlot,
    LengthSlot,
    LibrarySlot,
    LocalSlot,
    NameSlot,
    fingerprint,
)

Layer = type("Layer", (), {"__module__": "keras.layers"})


class Holder:
    def __init__(self) -> None:
        self.rate = 0.1


class World:
    """Something of every kind that a guard can look at."""

    def __init__(self) -> None:
        self.frame: dict[str, Any] = {"model": object(), "rate": 0.1, "nan": float("nan"), "kind": 3}
        self.module = {"f": len}
        self.holder = Holder()
        self.items = [1, 2, 3]
        self.table = {"k": 1}
        self.cell = types.CellType(5)
        self.layer: Any = Layer()
        self.layer.rate, self.layer.inner, self.layer._losses = 0.5, {"a": [1, 2]}, []

    def guards(self) -> list[Guard]:
        pairs = [
            (LocalSlot("model"), IsObject(self.frame["model"])),
            (LocalSlot("rate"), Equals(0.1)),
            (LocalSlot("nan"), Equals(self.frame["nan"])),
            (LocalSlot("kind"), IsType(int)),
            (LocalSlot("absent"), IsObject(UNBOUND)),
            (LocalSlot("kind"), IsBound()),
            (LocalSlot("kind"), IsType(int, lambda v: v < 10)),
            (NameSlot(self.module, "f"), IsObject(len)),
            (AttrSlot(self.holder, "rate", "holder"), Equals(0.1)),
            (ItemSlot(self.items, 1, "items"), Equals(2)),
            (ItemSlot(self.table, "k", "table"), Equals(1)),
            (LengthSlot(self.items, "items"), Equals(3)),
            (CellSlot(self.cell, "n"), Equals(5)),
            (LibrarySlot(self.layer, "layer"), Equals(fingerprint(self.layer))),
        ]
        return [Guard(slot, expect, None) for slot, expect in pairs]


CHANGES: dict[str, Any] = {
    "an equal value": lambda w: w.frame.update(rate=float("0.1")),
    "another object": lambda w: w.frame.update(model=object()),
    "another value": lambda w: w.frame.update(rate=0.2),
    "another type": lambda w: w.frame.update(kind=3.0),
    "out of range": lambda w: w.frame.update(kind=30),
    "a name bound": lambda w: w.frame.update(absent=None),
    "a name gone": lambda w: w.frame.pop("kind"),
    "a function rebound": lambda w: w.module.update(f=max),
    "a function gone": lambda w: w.module.clear(),
    "an attribute": lambda w: setattr(w.holder, "rate", 1),
    "an attribute gone": lambda w: delattr(w.holder, "rate"),
    "a dictionary replaced": lambda w: setattr(w.holder, "__dict__", {"rate": 1}),
    "a dictionary of settings replaced": lambda w: setattr(w.layer, "__dict__", {**w.layer.__dict__, "rate": 9}),
    "an item": lambda w: w.items.__setitem__(1, 2.0),
    "an item gone": lambda w: w.items.clear(),
    "an entry": lambda w: w.table.update(k=True),
    "a cell": lambda w: setattr(w.cell, "cell_contents", 6),
    "an empty cell": lambda w: delattr(w.cell, "cell_contents"),
    "a setting": lambda w: setattr(w.layer, "rate", 0.25),
    "a new setting": lambda w: setattr(w.layer, "new", 1),
    "a setting deep inside": lambda w: w.layer.inner["a"].append(3),
    "a setting deep inside replaced": lambda w: w.layer.inner["a"].__setitem__(0, 9),
    "an equal setting": lambda w: setattr(w.layer, "rate", float("0.5")),
    "a setting renamed": lambda w: w.layer.__dict__.update(tempo=w.layer.__dict__.pop("rate")),
    "what libraries rewrite": lambda w: setattr(w.layer, "_losses", [object()]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_compiled_guards_agree(change: str) -> None:
    world = World()
    guards = world.guards()
    holds = compile_guards(guards)
    for _ in range(3):  # the second look takes the quick way
        assert holds(world.frame) and all(g.holds(world.frame) for g in guards)
    CHANGES[change](world)
    wanted = all(g.holds(world.frame) for g in guards)
    for _ in range(2):
        assert holds(world.frame) is wanted
    assert wanted is change.startswith(("an equal", "what libraries"))
