"""What is kept of cells that are edited and run again: bounded, whatever their number."""

from __future__ import annotations

import functools
import gc
import tracemalloc
from typing import Any

import pytest
from janus_nb.config import Options
from janus_nb.events import EventBus
from janus_nb.profile.bind import bind
from janus_nb.profile.instrument import Sites
from janus_nb.runtime import copies, store
from janus_nb.runtime.copies import Copies
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.session import Session
from janus_nb.runtime.store import Store
from janus_nb.source import units
from janus_nb.source.units import add_unit

from tests.unit.fake import FakeBackend
from tests.unit.test_engine import every_iteration_is_worth_it, space  # noqa: F401 - a fixture for all tests here

CELL = """
def part(k):
    total = 0
    for j in range(3):
        if j < k:
            total += j
    return total
for i in range(40):
    v.add(data[i])
    log.append(part(i) + {number})
"""


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small bounds, so that they are reached."""
    monkeypatch.setattr(copies, "MAX_UNITS", 6)
    monkeypatch.setattr(copies, "MAX_CODES", 12)
    monkeypatch.setattr(store, "MAX_REGIONS", 8)
    monkeypatch.setattr(units, "MAX_UNITS", 8)
    monkeypatch.setattr(units, "_codes", functools.lru_cache(maxsize=8)(units._codes.__wrapped__))
    monkeypatch.setattr(units, "_locate", functools.lru_cache(maxsize=8)(units._locate.__wrapped__))


def run(text: str, names: dict[str, Any], store: Store) -> Session:
    """Run a cell as `run_cell` does, on the fake library."""
    unit = add_unit(f"<janus-cell memory {hash(text)}>", "memory", text)
    session = Session(Engine(FakeBackend(), Options.make(profile=1, generate="always"), EventBus(), store.recorder), store)
    exec(bind(compile(store.copies.cell(unit, unit.tree), unit.file, "exec", dont_inherit=True), session), names)
    return session


def edited(store: Store, numbers: range) -> None:
    """Run a cell with another text each time."""
    names: dict[str, Any] = space()
    for number in numbers:
        names["log"].clear()
        run(CELL.format(number=number), names, store).finish()
        assert names["log"] == [sum(j for j in range(3) if j < i) + number for i in range(40)]


def sizes(store: Store) -> dict[str, int]:
    """How much a store holds, by what."""
    made, sites = store.copies, store.sites
    return {
        "units": len(made._units), "cells": len(made._cells), "codes": len(made._codes), "loops": len(sites.loops), "blocks": len(sites.blocks),
        "tests": len(sites.tests), "numbers": len(sites._numbers), "regions": len(store.regions), "plans": len(store.plans),
        "branches": len(store.recorder.branches), "trips": len(store.recorder.trips), "trees": len(units._units),
    }  # fmt: skip


def test_edited_cells_do_not_pile_up() -> None:
    store = Store()
    edited(store, range(20))
    before = sizes(store)
    edited(store, range(20, 60))
    after = sizes(store)
    assert before["loops"] > 0 and before["regions"] == 8
    assert not {k for k in after if after[k] > before[k] + 2}, (before, after)


def test_memory_does_not_grow_with_edits() -> None:
    store = Store()
    edited(store, range(30))
    gc.collect()
    tracemalloc.start()
    try:
        edited(store, range(30, 50))
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        edited(store, range(50, 90))
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 40 * 8192, f"{grown} bytes more after 40 cells"  # of each, its text is kept (by Python, for tracebacks)


def test_a_forgotten_copy_goes_on_as_python() -> None:
    """A cell that runs while its own numbers are forgotten (many other texts are instrumented meanwhile) is Python's from then on."""
    kept = Store()
    names = space(forget=lambda: [kept.copies._forget(unit) for unit in list(kept.copies._units)], total=0)
    text = """
for e in range(6):
    for i in range(30):
        v.add(data[i])
        total += i
        if e == 2 and i == 7:
            forget()
    while total % 7:
        total += 1
log.append(total)
"""
    expected: dict[str, Any] = space(forget=lambda: None, total=0)
    exec(compile(text, "<plain>", "exec"), expected)
    run(text, names, kept)
    assert names["log"] == expected["log"] and names["total"] == expected["total"]
    assert (names["v"].data == expected["v"].data).all()
    assert not kept.sites.loops


def test_numbers_of_a_unit_are_forgotten_together() -> None:
    kept = Copies()
    first, second = (add_unit(f"<janus-cell {n}>", n, "for i in range(3):\n    if i:\n        print(i)\n") for n in ("one", "two"))
    kept.cell(first, first.tree)
    before = len(kept.sites.loops), len(kept.sites.blocks), len(kept.sites.tests)
    kept.cell(second, second.tree)
    kept._forget(first)
    assert (len(kept.sites.loops), len(kept.sites.blocks), len(kept.sites.tests)) == before
    assert isinstance(kept.sites, Sites) and all(site.unit is second for site in kept.sites.loops.values())
