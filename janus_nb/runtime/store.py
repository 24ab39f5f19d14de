"""The store: what outlives a cell. Regions with their graphs, profiles, the numbers in instrumented code, and the copies."""

from __future__ import annotations

import ast
import logging
import threading
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any

from janus_nb.config import Options
from janus_nb.profile.instrument import BlockSite, LoopSite, Sites, instrument_code
from janus_nb.profile.recorder import Recorder
from janus_nb.runtime.division import Plan
from janus_nb.runtime.region import Region
from janus_nb.span import Span
from janus_nb.speculate.policy import Policy

_log = logging.getLogger("janus_nb")

MAX_REGIONS = 256
"""The oldest regions are forgotten, with their graphs, beyond this many."""

MAX_NAMESPACES = 16
"""Namespaces whose regions are kept: a notebook has one, and one for each module whose functions it calls."""

MAX_HOMES = 32
"""How many earlier positions of a loop to remember, so that messages point at its present position after an edit."""

MAX_CODES = 1024
"""Instrumented copies of functions that are kept."""


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
    """What outlives a cell: regions by where they stand, profiles, instrumented functions.

    Attributes:
        regions: By place (their own text), options and namespace.
        recorder: All observations.
        sites: Numbers used in instrumented functions.
        codes: Code of instrumented copies of functions, by their own code, file and whether it has probes; `None` where there is none.
        plans: How blocks of statements are divided into segments.
        claims: Regions that are being worked on, and by which thread.
        namespaces: Namespaces in which regions were seen, by id, each with its number. Older ones are forgotten with their regions.
        cells: Instrumented copies of cells, by file name and text.
        files: The file name under which a cell's text was first run.
    """

    regions: dict[Any, Region] = field(default_factory=dict)
    recorder: Recorder = field(default_factory=Recorder)
    sites: Sites = field(default_factory=Sites)
    codes: dict[tuple[CodeType, str, bool], CodeType | None] = field(default_factory=dict)
    cells: dict[tuple[str, str], ast.Module] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    plans: dict[Any, Plan] = field(default_factory=dict)
    namespaces: dict[int, tuple[dict[str, Any], int]] = field(default_factory=dict)
    claims: Claims = field(default_factory=Claims)
    count: int = 0
    _like: dict[tuple[str, str], list[tuple[int, int]]] = field(default_factory=dict)

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
        self.count += 1
        return self.count

    def code(self, function: FunctionType, profiled: bool) -> CodeType | None:
        """The code of a function's instrumented copy, not bound to a session; `None` if the user's own function runs."""
        key = (function.__code__, function.__code__.co_filename, profiled)
        if key not in self.codes:
            while len(self.codes) >= MAX_CODES:
                self.codes.pop(next(iter(self.codes)), None)
            try:
                self.codes[key] = instrument_code(function, self.sites, profiled)
            except Exception:
                _log.debug("JANUS could not copy %s; it runs as it is", function.__qualname__, exc_info=True)
                self.codes[key] = None
        return self.codes[key]

    def place(self, site: LoopSite | BlockSite) -> tuple[Any, ...]:
        """What identifies a loop or block in its namespace: its own text. A cell may be edited around it.

        The same text again in the same cell is another loop: they are numbered in the order in which they are met.
        """
        if not site.place:
            span = Span.of(site.node, site.unit.file) if isinstance(site, LoopSite) else Span.over(site.nodes[0], site.nodes[-1], site.unit.file)
            text = "\n".join(site.unit.text.splitlines()[span.line - 1 : span.end_line])
            like = self._like.setdefault((site.unit.file, text), [])
            if (span.line, span.col) not in like:
                like.append((span.line, span.col))
            site.place = (text, span.col, span.end_col, like.index((span.line, span.col)), site.local_names)
        return site.place

    def plan(self, site: BlockSite, namespace: dict[str, Any], owner: Region | None, options: Options) -> Plan:
        """The plan of a block; the same text has one plan, under the same options."""
        key = (self.place(site), options.of_graphs, self.token(namespace))
        plan = self.plans.get(key)
        if plan is None:
            while len(self.plans) >= MAX_REGIONS:
                self.plans.pop(next(iter(self.plans)))
            plan = self.plans[key] = Plan(owner.policy if owner is not None else Policy())
        return plan

    def region(self, site: LoopSite, namespace: dict[str, Any], kind: str, options: Options) -> Region:
        """The region of a loop; the same text is the same region, also in a cell that is run again, or edited elsewhere."""
        key = (self.place(site), options.of_graphs, self.token(namespace))
        region = self.regions.get(key)
        if region is None:
            while len(self.regions) >= MAX_REGIONS:
                self.regions.pop(next(iter(self.regions)))
            lines = site.unit.text.splitlines()[site.span.line - 1 : site.span.end_line]
            title, source = lines[0].strip(), "\n".join(lines)
            region = self.regions[key] = Region(self.next_number(), site.span, Policy(), kind, title, site.unit.name, source)
        if site.span not in region.homes:
            region.homes = (*region.homes[-MAX_HOMES:], site.span)
        region.span, region.unit = site.span, site.unit.name
        return region


__all__ = ["Claims", "Store"]
