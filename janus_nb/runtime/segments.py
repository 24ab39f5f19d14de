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

import time
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from functools import partial
from types import FrameType
from typing import Any

from janus_nb.cache.lookup import Miss, lookup
from janus_nb.events import EagerRan, Missed
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

MAX_VISITS = 2
"""How often a statement that was refused is tried again: what it needs may exist later."""

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
    """

    policy: Policy

    segments: dict[int, SegmentRegion] = field(default_factory=dict)
    python: dict[int, int] = field(default_factory=dict)
    again: int = 0


@dataclass(slots=True)
class SegmentRegion:
    """A segment: the statements from one position up to another, as a region."""

    region: Region
    end: int
    tries: int = 0


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
        segment = plan.segments.get(position)
        if segment is None:
            if not self._may_try(plan, position):
                return True
            segment = self._safely_divide(site, plan, position, frame)
            if segment is None:
                return True
        if segment.region.status is Status.IMPERATIVE:
            return True
        run = self._run(site, plan, segment, position, frame)
        if run.end > position + 1 or run.prediction is not None:
            while len(self._runs) >= MAX_RUNS:  # left by exceptions
                del self._runs[next(iter(self._runs))]
            self._runs[key] = run
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
            nodes = site.nodes[start:end]
            span = Span.over(nodes[0], nodes[-1], site.unit.file)
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
        if first is not None and self.owner is not None and first.reason.code != "JN408":
            self.engine.seam(self.owner, first)
        transient = first is not None and first.reason.code in TRANSIENT
        plan.python.setdefault(start, MAX_VISITS if transient else 0)
        return None

    def _target(self, site: BlockSite, start: int, end: int, frame: FrameType) -> Target:
        nodes = site.nodes[start:end]
        local = frozenset() if at_top(frame) else site.local_names
        return Target(nodes[0], site.unit, frame.f_globals, local, None, segment=nodes, varying=site.varying, shares_cell=partial(shares_cell, frame))

    # -- execution --------------------------------------------------------------------------------------------------------

    def _run(self, site: BlockSite, plan: Plan, segment: SegmentRegion, position: int, frame: FrameType) -> _Run:
        """Run the segment's graph, or say why Python must."""
        region = segment.region
        self.engine.found(region)
        try:
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
        finals = executor.directly(version, None) if version.committing is not None and not engine.backend.under_tape() else None
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
            if version.iterations > SETTLED and not engine.backend.under_tape():
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
        made = self.engine.attempt(region, self._target(site, position, segment.end, frame), names)
        self.generated += 1
        if isinstance(made, Refusal):
            plan.again += 1
            if plan.again > MAX_AGAIN:
                region.status = Status.IMPERATIVE
            else:
                del plan.segments[position]  # what was learned divides the block elsewhere, from the next time on
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
