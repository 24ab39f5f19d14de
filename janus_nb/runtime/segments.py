"""Segments: what is converted of a loop or function that has no graph as a whole.

    x = table[i]              segment 1: a graph
    with tf.GradientTape() as tape:
        h = model(x)          segment 2: a graph, recorded by the tape as one operation
        h = third_party(h)    JN201: Python
        loss = xent(y, h)     segment 3
    g = tape.gradient(...)    the tape is Python's: Python

Every statement of the instrumented code stands behind a seam. While a split region runs, the seam at the start of a
segment runs its graph and says so, and Python skips the segment's statements; at any other seam Python goes on. Each
segment is a region of its own: guarded, verified, committed and retired by itself.
"""

from __future__ import annotations

import ast
import time
from collections.abc import MutableMapping
from dataclasses import dataclass, field, replace
from functools import partial
from types import FrameType
from typing import Any

from janus_nb.cache.lookup import Miss, lookup
from janus_nb.events import EagerRan, Missed, Working
from janus_nb.lowering.generate import Target
from janus_nb.lowering.program import Refusal
from janus_nb.profile.instrument import BlockSite
from janus_nb.runtime.engine import TRANSIENT, Engine
from janus_nb.runtime.executor import Executor
from janus_nb.runtime.frames import at_top, names_of, shares_cell
from janus_nb.runtime.journal import EffectRaised
from janus_nb.runtime.region import Region, Status, Version
from janus_nb.runtime.sources import Block
from janus_nb.runtime.verify import Prediction, compare, rehearse
from janus_nb.span import Span
from janus_nb.speculate.policy import Policy

MIN_OPERATIONS = 6
"""Segments with fewer operations are left to Python: a graph call costs more."""

VISITS = {**dict.fromkeys(TRANSIENT, 2), "JN208": 8}
"""How often a statement that was refused is tried again, by reason: what it needs (segments on a tape, say) may exist later."""

MAX_VERSIONS_MADE = 4
"""Graphs of a segment before it must have earned them."""

MAX_RUNS = 1024
"""Segments under way that are remembered: one for each active frame, and those that an exception left."""

SETTLED = 8
"""Runs after which a segment is given a graph that commits by itself."""

MAX_AGAIN = 8
"""How often a block is divided anew."""


@dataclass(slots=True)
class Plan:
    """How a block of statements is divided.

    Attributes:
        segments: By the position at which they start.
        python: Positions at which Python runs, with how often they may still be tried.
        policy: What may be assumed: learned by all segments of the block together.
        again: How often a segment was given up to divide the block anew.
        beyond: Positions from which a segment that goes on behind the `with` around the block was tried, with how often it still may be.
    """

    policy: Policy

    segments: dict[int, SegmentRegion] = field(default_factory=dict)
    python: dict[int, int] = field(default_factory=dict)
    again: int = 0
    beyond: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class SegmentRegion:
    """A segment: the statements from one position up to another, as a region.

    Attributes:
        region: Its region.
        end: Where it ends in its block.
        tries: How many graphs were made of it.
        beyond: If it goes on behind the `with` around the block: where it ends there.
    """

    region: Region
    end: int
    tries: int = 0
    beyond: int | None = None


@dataclass(slots=True)
class _Run:
    """A segment under way in some frame: who runs its statements, and what was predicted of them."""

    end: int
    python: bool
    segment: SegmentRegion | None = None
    prediction: Prediction | None = None
    started: float = 0.0
    why: str = ""


class Segments:
    """Decides at the seams of one session.

    Attributes:
        owner: The split region that runs now; what is left to Python is told of it.
        ran: Number of segments run as graphs so far.
        generated: Number of attempts at generating one so far.
    """

    def __init__(self, engine: Engine, store: Any) -> None:
        self.engine = engine
        self.store = store
        self.owner: Region | None = None
        self.ran = 0
        self.generated = 0
        self._runs: dict[tuple[int, int], _Run] = {}

    def seam(self, number: int, position: int, frame: FrameType) -> bool:
        """Whether Python runs the statement at this position of a block."""
        key = (id(frame), number)
        if position == 0:
            self._runs.pop(key, None)
        run = self._runs.get(key)
        if run is not None:
            if position < run.end:
                return run.python
            self._close(key, run, frame)
        site = self.store.sites.blocks[number]
        plan = self.store.plan(site, frame.f_globals, self.owner, self.engine.options)
        segment = self._beyond(site, plan, position, frame) or plan.segments.get(position)
        if segment is None:
            if not self._may_try(plan, position):
                return True
            segment = self._safely_divide(site, plan, position, frame)
            if segment is None:
                return True
        if segment.region.status is Status.IMPERATIVE:
            return True
        run = self._run(site, plan, segment, position, frame)
        if run.end > position + 1 or run.prediction is not None or segment.beyond is not None:
            while len(self._runs) >= MAX_RUNS:  # left by exceptions
                del self._runs[next(iter(self._runs))]
            self._runs[key] = run
            if segment.beyond is not None and site.outer is not None:
                self._runs[id(frame), site.outer[0]] = replace(run, end=segment.beyond)
                run.segment = None  # it is closed at its end, in the outer block
        return run.python

    def sealed(self, number: int, frame: FrameType) -> None:
        """A block is at its end."""
        key = (id(frame), number)
        run = self._runs.get(key)
        if run is not None:
            self._close(key, run, frame)

    # -- division ---------------------------------------------------------------------------------------------------------

    def _may_try(self, plan: Plan, position: int) -> bool:
        visits = plan.python.get(position)
        if visits is None:
            return True
        if visits <= 0:
            return False
        plan.python[position] = visits - 1
        return True

    def _safely_divide(self, site: BlockSite, plan: Plan, start: int, frame: FrameType) -> SegmentRegion | None:
        if self.owner is not None:
            self.engine.bus.emit(Working(self.owner.number, "dividing an iteration into segments"))
        try:
            return self._divide(site, plan, start, frame)
        except Exception as error:
            plan.python[start] = 0
            if self.owner is not None:
                self.engine.internal_error(self.owner, "division into segments", error)
            return None

    def _divide(self, site: BlockSite, plan: Plan, start: int, frame: FrameType) -> SegmentRegion | None:
        """The longest segment from `start` on that has a graph, or None: Python runs the statement there."""
        end = len(site.nodes)
        names = names_of(frame)
        first: Refusal | None = None
        while end > start:
            span = self._span(site, start, end)
            region = Region(self.store.next_number(), span, plan.policy, "segment", *_text(site, span))
            made = self.engine.attempt(region, self._target(site, start, end, frame), names)
            self.generated += 1
            if isinstance(made, Version):
                if len(made.program.body.ops) < MIN_OPERATIONS:
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
                self.engine.seam(self.owner, first)
        plan.python.setdefault(start, 0)
        return None

    def _beyond(self, site: BlockSite, plan: Plan, start: int, frame: FrameType) -> SegmentRegion | None:
        """A new segment that begins inside a `with` and goes on behind it, where the tape that the `with` has opened is asked.

        It takes the place of one that ends with the `with`. It is tried as soon as all before it in the `with` is known to be segments.
        """
        tries = plan.beyond.get(start, VISITS["JN208"] if site.outer is not None and site.opened else 0)
        if tries <= 0 or (id(frame), site.outer[0] if site.outer else -1) in self._runs:
            return None
        names = names_of(frame)
        with self.engine.backend.paused(names.get(site.opened[-1])) as alone:
            pass
        if not alone:
            return None
        plan.beyond[start] = tries - 1
        outer, position = self._outer(site)
        inside, end = len(site.nodes) - start, len(outer.nodes)
        while end > position + 1:
            span = self._span(site, start, len(site.nodes), end)
            region = Region(self.store.next_number(), span, plan.policy, "segment", *_text(site, span))
            made = self.engine.attempt(region, self._target(site, start, len(site.nodes), frame, end), names)
            self.generated += 1
            if isinstance(made, Version):
                plan.beyond[start] = 0
                segment = plan.segments[start] = SegmentRegion(region, len(site.nodes), beyond=end)
                return segment
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

    def _nodes(self, site: BlockSite, start: int, end: int, beyond: int | None) -> tuple[ast.stmt, ...]:
        if beyond is None:
            return site.nodes[start:end]
        outer, position = self._outer(site)
        return (*site.nodes[start:end], *outer.nodes[position + 1 : beyond])

    def _span(self, site: BlockSite, start: int, end: int, beyond: int | None = None) -> Span:
        nodes = self._nodes(site, start, end, beyond)
        return Span.over(nodes[0], nodes[-1], site.unit.file)

    def _target(self, site: BlockSite, start: int, end: int, frame: FrameType, beyond: int | None = None) -> Target:
        nodes = self._nodes(site, start, end, beyond)
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

    # -- execution --------------------------------------------------------------------------------------------------------

    def _run(self, site: BlockSite, plan: Plan, segment: SegmentRegion, position: int, frame: FrameType) -> _Run:
        """Run the segment's graph, or say why Python must."""
        region = segment.region
        self.engine.found(region)
        try:
            if segment.beyond is None:
                return self._try(site, plan, segment, position, frame)
            with self.engine.backend.paused(names_of(frame).get(site.opened[-1])) as alone:
                if not alone:
                    return _Run(segment.end, True, segment, started=time.perf_counter(), why="another tape records")
                return self._try(site, plan, segment, position, frame)
        except EffectRaised as raised:
            raise raised.error from None
        except Exception as error:
            self.engine.internal_error(region, "segment", error)
            return _Run(segment.end, True)

    def _try(self, site: BlockSite, plan: Plan, segment: SegmentRegion, position: int, frame: FrameType) -> _Run:
        region, engine = segment.region, self.engine
        names = names_of(frame)
        started = time.perf_counter()
        version = self._version(site, plan, segment, position, frame, names)
        if version is None:
            return _Run(segment.end, True, segment, started=started, why="no graph fits")
        executor = Executor(engine.backend, partial(names_of, frame), None if at_top(frame) else frame)
        block = Block([None], [], None)
        if (not version.verified and engine.options.verify != "off") or engine.options.verify == "always":
            with engine.backend.off_tape():
                predicted = rehearse(executor, version, block)
            if isinstance(predicted, Prediction):
                return _Run(segment.end, True, segment, predicted, time.perf_counter(), "verification")
            engine.failed(region, version, predicted)
            return _Run(segment.end, True, segment, started=time.perf_counter(), why="fallback")
        alone = not version.program.body.variables or not engine.backend.under_tape()
        with engine.backend.held_by([names.get(name) for name in site.opened]):
            finals = executor.directly(version, None) if version.committing is not None and alone else None
            if finals is not None:
                executor.write(version.program, finals, [])
                self.ran += 1
                engine.ran(region, version, 1, time.perf_counter() - started)
                return _Run(segment.end, False)
            outcome, _ = executor.run(version, block)
        if outcome.done:
            self.ran += 1
            engine.ran(region, version, 1, time.perf_counter() - started)
            engine.judge(region, version)
            if version.iterations > SETTLED and alone:
                engine.let_commit(version)
            return _Run(segment.end, False)
        if outcome.stopped is not None:
            engine.failed(region, version, outcome.stopped)
        return _Run(segment.end, True, segment, started=time.perf_counter(), why="fallback")

    def _version(
        self, site: BlockSite, plan: Plan, segment: SegmentRegion, position: int, frame: FrameType, names: MutableMapping[str, Any]
    ) -> Version | None:
        region = segment.region
        found = lookup(region, names)
        if not isinstance(found, Miss):
            self.engine.uses(region, found.version)
            return found.version
        if region.versions:
            self.engine.bus.emit(Missed(region.number, found.explain(names)))
            self.engine.learn_from_miss(region, found)
        if segment.tries >= MAX_VERSIONS_MADE and region.graph_iterations < 8 * segment.tries:
            self.engine.retire(region, "JN402", f"{segment.tries} graphs for {region.graph_iterations} runs")
            return None
        segment.tries += 1
        made = self.engine.attempt(region, self._target(site, position, segment.end, frame, segment.beyond), names)
        self.generated += 1
        if isinstance(made, Refusal):
            plan.again += 1
            if plan.again > MAX_AGAIN:
                region.status = Status.IMPERATIVE
            else:
                del plan.segments[position]  # what was learned divides the block elsewhere, from the next time on
                plan.beyond.pop(position, None)
            return None
        return made

    def _close(self, key: tuple[int, int], run: _Run, frame: FrameType) -> None:
        """The segment's statements have run: time them, and settle a verification."""
        del self._runs[key]
        if not run.python or run.segment is None:
            return
        region, engine = run.segment.region, self.engine
        seconds = time.perf_counter() - run.started
        region.note_eager(seconds)
        engine.bus.emit(EagerRan(region.number, seconds, run.why))
        if run.prediction is None:
            return
        count, differs = compare(engine.backend, run.prediction, names_of(frame))
        engine.settle(region, run.prediction.version, count, differs)


def _text(site: BlockSite, span: Span) -> tuple[str, str, str]:
    """Title, unit and source text of a segment."""
    lines = site.unit.text.splitlines()[span.line - 1 : span.end_line]
    title = lines[0].strip() + (" ..." if len(lines) > 1 else "") if lines else ""
    return title, site.unit.name, "\n".join(lines)
