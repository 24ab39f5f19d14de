"""The division of a block of statements into segments: from where to where statements are lowered together.

x = table[i]                          the longest run of statements from a position on that has a graph
with tf.GradientTape() as tape:
    h = third_party(model(x))         refused: Python runs it
    loss = xent(y, h)                 a segment may begin inside a `with` and go on behind it,
g = tape.gradient(loss, params)       if it is there that the tape is asked (decision 12)
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import partial
from types import FrameType

from janus_nb.cache.version import Version
from janus_nb.events import Working
from janus_nb.lowering.generate import Target
from janus_nb.lowering.program import Refusal
from janus_nb.profile.instrument import BlockSite
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.frames import at_top, names_of, shares_cell
from janus_nb.runtime.judge import TRANSIENT
from janus_nb.runtime.plan import Plan, SegmentRegion
from janus_nb.runtime.region import Region
from janus_nb.runtime.store import Store
from janus_nb.span import Span

MIN_OPERATIONS = 6
"""Segments with fewer operations are left to Python: a graph call costs more."""

VISITS = {**dict.fromkeys(TRANSIENT, 2), "JN208": 8}
"""How often a statement that was refused is tried again, by reason: what it needs (segments on a tape, say) may exist later."""


class Division:
    """Divides the blocks of one session.

    Attributes:
        owner: The split region that runs now; what is left to Python is told of it.
        generated: Number of attempts at generating a graph so far.
    """

    def __init__(self, engine: Engine, store: Store) -> None:
        self.engine = engine
        self.store = store
        self.owner: Region | None = None
        self.generated = 0

    def may_try(self, plan: Plan, position: int) -> bool:
        """Whether a segment may begin at a position that has none yet; tries of a statement that was refused are counted."""
        visits = plan.python.get(position)
        if visits is None:
            return True
        if visits <= 0:
            return False
        plan.python[position] = visits - 1
        return True

    def divide(self, site: BlockSite, plan: Plan, start: int, frame: FrameType) -> SegmentRegion | None:
        """The segment that begins at a position, or None: Python runs the statement there."""
        if self.owner is not None:
            self.engine.bus.emit(Working(self.owner.number, "dividing an iteration into segments"))
        return self._safely(self._longest, site, plan, start, frame)

    def beyond(self, site: BlockSite, plan: Plan, start: int, frame: FrameType) -> SegmentRegion | None:
        """A new segment that begins inside a `with` and goes on behind it, where the tape that the `with` has opened is asked.

        It takes the place of one that ends with the `with`. It is tried as soon as all before it in the `with` is known to be segments.
        """
        tries = plan.beyond.get(start, VISITS["JN208"] if site.outer is not None else 0)
        if tries <= 0:
            return None
        plan.beyond[start] = tries - 1
        found = self._safely(self._leaving, site, plan, start, frame)
        if found is not None:
            plan.beyond[start] = 0
            plan.segments[start] = found
        return found

    def _safely(self, search: Callable[..., SegmentRegion | None], site: BlockSite, plan: Plan, start: int, frame: FrameType) -> SegmentRegion | None:
        try:
            return search(site, plan, start, frame)
        except Exception as error:
            plan.python[start] = plan.beyond[start] = 0
            if self.owner is not None:
                self.engine.containment.contain(self.owner, "division into segments", error)
            return None

    def _longest(self, site: BlockSite, plan: Plan, start: int, frame: FrameType) -> SegmentRegion | None:
        """The longest segment from `start` on that has a graph, or None: Python runs the statement there."""
        end = len(site.nodes)
        first: Refusal | None = None
        while end > start:
            region, made = self._attempt(site, plan, start, end, frame)
            if isinstance(made, Version):
                if len(made.program.graph.body.ops) < MIN_OPERATIONS:
                    plan.python[start] = 0
                    return None
                segment = plan.segments[start] = SegmentRegion(region, end)
                return segment
            if made is None:
                break
            first = first or made
            if made.reached >= end - start:
                end -= 1
            else:
                end = start + made.reached
        if first is not None:
            visits = plan.python.setdefault(start, VISITS.get(first.reason.code, 0))
            if self.owner is not None and first.reason.code != "JN408" and (visits == 0 or first.reason.code in TRANSIENT):
                self.engine.announce.seam(self.owner, first)
        plan.python.setdefault(start, 0)
        return None

    def _leaving(self, site: BlockSite, plan: Plan, start: int, frame: FrameType) -> SegmentRegion | None:
        outer, position = self._outer(site)
        inside, end = len(site.nodes) - start, len(outer.nodes)
        while end > position + 1:
            region, made = self._attempt(site, plan, start, len(site.nodes), frame, end)
            if isinstance(made, Version):
                return SegmentRegion(region, len(site.nodes), beyond=end)
            if made is None or made.reached <= inside:
                if made is None or made.reason.code != "JN208":
                    plan.beyond[start] = 0
                return None
            end = min(end - 1, position + 1 + made.reached - inside)
        return None

    def _outer(self, site: BlockSite) -> tuple[BlockSite, int]:
        """The block that the `with` around a block stands in, and its position there."""
        assert site.outer is not None
        number, position = site.outer
        return self.store.sites.blocks[number], position

    def nodes(self, site: BlockSite, start: int, end: int, beyond: int | None) -> tuple[ast.stmt, ...]:
        """The statements of a segment."""
        if beyond is None:
            return site.nodes[start:end]
        outer, position = self._outer(site)
        return (*site.nodes[start:end], *outer.nodes[position + 1 : beyond])

    def _attempt(
        self, site: BlockSite, plan: Plan, start: int, end: int, frame: FrameType, beyond: int | None = None
    ) -> tuple[Region, Version | Refusal | None]:
        """A new region for some statements, and its first graph or why there is none."""
        nodes = self.nodes(site, start, end, beyond)
        span = Span.over(nodes[0], nodes[-1], site.unit.file)
        region = Region(self.store.next_number(), span, plan.policy, "segment", *_text(site, span))
        return region, self.generate(region, site, start, end, frame, beyond)

    def generate(
        self, region: Region, site: BlockSite, start: int, end: int, frame: FrameType, beyond: int | None = None
    ) -> Version | Refusal | None:
        """A graph of the statements of a segment, or why there is none."""
        self.generated += 1
        return self.engine.attempt(region, self._target(site, start, end, frame, beyond), names_of(frame))

    def _target(self, site: BlockSite, start: int, end: int, frame: FrameType, beyond: int | None) -> Target:
        nodes = self.nodes(site, start, end, beyond)
        return Target(
            nodes[0],
            site.unit,
            frame.f_globals,
            frozenset() if at_top(frame) else site.local_names,
            None,
            segment=nodes,
            leaving=(end - start, site.opened[-1]) if beyond is not None else None,
            varying=site.varying,
            shares_cell=partial(shares_cell, frame),
        )


def _text(site: BlockSite, span: Span) -> tuple[str, str, str]:
    """Title, unit and source text of a segment."""
    lines = site.unit.text.splitlines()[span.line - 1 : span.end_line]
    title = lines[0].strip() + (" ..." if len(lines) > 1 else "") if lines else ""
    return title, site.unit.name, "\n".join(lines)


__all__ = ["Division"]
