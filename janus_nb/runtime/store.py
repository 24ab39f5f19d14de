"""The store: what outlives the run of a cell. Regions with their graphs, how blocks are divided, and the copies of all texts.

Store      one for a process: what is known
Session    one for a run of a cell, or a decorated function: what is going on
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from janus_nb.config import Options
from janus_nb.profile.instrument import BlockSite, LoopSite, Sites
from janus_nb.profile.recorder import Recorder
from janus_nb.runtime.copies import Copies
from janus_nb.runtime.plan import Plan
from janus_nb.runtime.region import Region
from janus_nb.span import Span
from janus_nb.speculate.policy import Policy

_T = TypeVar("_T")

MAX_REGIONS = 128
"""Regions, with their graphs, and plans that are kept: beyond, the least recently used are forgotten."""

MAX_NAMESPACES = 16
"""Namespaces whose regions are kept: a notebook has one, and one for each module whose functions it calls."""

MAX_HOMES = 32
"""How many earlier positions of a loop to remember, so that messages point at its present position after an edit."""

MAX_TEXTS = 1024
"""Texts of loops that are remembered, to tell apart several loops of the same text in a cell."""


class Claims:
    """Regions that are being worked on: one thread at a time, however many of its frames are in the region's loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[int, tuple[int, int]] = {}

    def take(self, region: Region) -> bool:
        """Whether this thread may work on a region; nobody waits for another thread to be done with it."""
        me = threading.get_ident()
        with self._lock:
            owner, times = self._held.get(region.number, (me, 0))
            if owner == me:
                self._held[region.number] = me, times + 1
            return owner == me

    def give_back(self, region: Region) -> None:
        """An execution is over. It may have been closed by another thread than the one that began it."""
        with self._lock:
            owner, times = self._held.pop(region.number, (0, 0))
            if times > 1:
                self._held[region.number] = owner, times - 1


@dataclass(slots=True)
class Store:
    """What outlives the run of a cell; a session holds it only as long as its run lasts.

    Attributes:
        regions: By place (their own text), options and namespace; the least recently used first.
        plans: How blocks of statements are divided into segments.
        copies: Instrumented copies of cells and functions.
        claims: Regions that are being worked on, and by which thread.
        namespaces: Namespaces in which regions were seen, by id, each with its number. Older ones are forgotten with their regions.
    """

    regions: dict[Any, Region] = field(default_factory=dict)
    plans: dict[Any, Plan] = field(default_factory=dict)
    copies: Copies = field(default_factory=Copies)
    claims: Claims = field(default_factory=Claims)
    namespaces: dict[int, tuple[dict[str, Any], int]] = field(default_factory=dict)
    _count: int = 0
    _like: dict[tuple[str, str], list[tuple[int, int]]] = field(default_factory=dict)

    @property
    def sites(self) -> Sites:
        """Numbers used in the copies."""
        return self.copies.sites

    @property
    def recorder(self) -> Recorder:
        """What was observed in them."""
        return self.copies.recorder

    def emptied(self) -> Store:
        """The same copies without any region: for a session whose run is over, but whose code may go on."""
        return Store(copies=self.copies, claims=self.claims)

    def token(self, namespace: dict[str, Any]) -> int:
        """What identifies a namespace among all there have been: `id` alone is given again to others."""
        known = self.namespaces.get(id(namespace))
        if known is None:
            while len(self.namespaces) >= MAX_NAMESPACES:
                _, old = self.namespaces.pop(next(iter(self.namespaces)))
                for table in (self.regions, self.plans):
                    for key in [k for k in table if k[-1] == old]:
                        del table[key]
            known = self.namespaces[id(namespace)] = (namespace, self.next_number())
        return known[1]

    def next_number(self) -> int:
        """A new region's number."""
        self._count += 1
        return self._count

    def place(self, site: LoopSite | BlockSite) -> tuple[Any, ...]:
        """What identifies a loop or block in its namespace: its own text. A cell may be edited around it.

        The same text again in the same cell is another loop: they are numbered in the order in which they are met.
        """
        if not site.place:
            span = Span.of(site.node, site.unit.file) if isinstance(site, LoopSite) else Span.over(site.nodes[0], site.nodes[-1], site.unit.file)
            text = "\n".join(site.unit.text.splitlines()[span.line - 1 : span.end_line])
            while len(self._like) >= MAX_TEXTS:
                del self._like[next(iter(self._like))]
            like = self._like.setdefault((site.unit.file, text), [])
            if (span.line, span.col) not in like:
                like.append((span.line, span.col))
            site.place = (text, span.col, span.end_col, like.index((span.line, span.col)), site.local_names)
        return site.place

    def plan(self, site: BlockSite, namespace: dict[str, Any], owner: Region | None, options: Options) -> Plan:
        """The plan of a block; the same text has one plan, under the same options."""
        key = (self.place(site), options.of_graphs, self.token(namespace))
        return _kept(self.plans, key, lambda: Plan(owner.policy if owner is not None else Policy()))

    def region(self, site: LoopSite, namespace: dict[str, Any], kind: str, options: Options) -> Region:
        """The region of a loop; the same text is the same region, also in a cell that is run again, or edited elsewhere."""
        key = (self.place(site), options.of_graphs, self.token(namespace))
        region = _kept(self.regions, key, lambda: self._new(site, kind))
        if site.span not in region.homes:
            region.homes = (*region.homes[-MAX_HOMES:], site.span)
        region.span, region.unit = site.span, site.unit.name
        return region

    def _new(self, site: LoopSite, kind: str) -> Region:
        lines = site.unit.text.splitlines()[site.span.line - 1 : site.span.end_line]
        return Region(self.next_number(), site.span, Policy(), kind, lines[0].strip(), site.unit.name, "\n".join(lines))


def _kept(table: dict[Any, _T], key: Any, make: Callable[[], _T]) -> _T:
    """What a table holds under a key, or something new; the least recently used goes if there are too many."""
    found = table.pop(key, None)
    while found is None and len(table) >= MAX_REGIONS:
        table.pop(next(iter(table)))
    table[key] = found = found if found is not None else make()
    return found


__all__ = ["Claims", "Store"]
