"""A small eager program: text of a setup and of cells, and what is expected of JANUS."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Program:
    """A small eager program.

    Attributes:
        doc: What it shows.
        cell: The cell that runs under JANUS.
        setup: Run before it, eagerly both times. `accelerate` in it is `janus_nb.function`, and does nothing in the eager run.
        again: Cells that run after it, under JANUS too; the same text is the same cell run again.
        graph: Whether at least one iteration must have run in a graph.
        aborts: How many aborts are expected, if it matters.
        options: Options of JANUS.
        counts: Other counters that must come out exactly.
        floats: How far floats may differ, relative to their size, in values and in text. Zero unless a program has a reason to round otherwise.
    """

    doc: str
    cell: str
    setup: str = ""
    again: tuple[str, ...] = ()
    graph: bool = True
    aborts: int | None = None
    options: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    floats: float = 0.0
    rejected: str = ""
