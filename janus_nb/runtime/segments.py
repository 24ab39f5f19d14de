"""Segments: what is converted of a loop or function that has no graph as a whole.

    x = table[i]              segment 1: a graph
    with tf.GradientTape() as tape:
        h = model(x)          segment 2: a graph; the tape gets an entry for it
        n = third_party(h)    JN201: Python
        loss = xent(y, h)     segment 3: from here ...
    g = tape.gradient(...)    ... to behind the `with`: the tape goes on in its graph

Every statement of the instrumented code stands behind a seam. While a split region runs, the seam at the start of a
segment runs its graph and says so, and Python skips the segment's statements; at any other seam Python goes on. Each
segment is a region of its own: guarded, verified, committed and retired by itself.
"""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from types import FrameType
from typing import Any

from janus_nb.events import EagerRan
from janus_nb.lowering.program import Refusal
from janus_nb.profile.instrument import BlockSite
from janus_nb.runtime.attempt import Attempt, Committed
from janus_nb.runtime.commit import Writes
from janus_nb.runtime.division import Division, Plan, SegmentRegion
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.executor import Executor
from janus_nb.runtime.frames import at_top, names_of
from janus_nb.runtime.region import Status, Version
from janus_nb.runtime.sources import Block
from janus_nb.runtime.verify import Scene, Trial

MAX_VERSIONS_MADE = 4
"""Graphs of a segment before it must have earned them."""

MAX_RUNS = 1024
"""Segments under way that are remembered: one for each active frame, and those that an exception left."""

SETTLED = 8
"""Runs after which a segment is given a graph that commits by itself."""

MAX_AGAIN = 8
"""How often a block is divided anew."""


@dataclass(slots=True)
class _Run:
    """A segment under way in some frame: who runs its statements, and what was predicted of them."""

    end: int
    python: bool
    segment: SegmentRegion | None = None
    trial: Trial | None = None
    visit: _Visit | None = None
    started: float = 0.0
    why: str = ""


class Segments:
    """Decides at the seams of one session.

    Attributes:
        division: How blocks are divided.
        ran: Number of segments run as graphs so far.
    """

    def __init__(self, engine: Engine, store: Any) -> None:
        self.engine = engine
        self.store = store
        self.division = Division(engine, store)
        self.ran = 0
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
        plan = self.store.plan(site, frame.f_globals, self.division.owner, self.engine.options)
        segment = self._beyond(site, plan, position, frame) or plan.segments.get(position)
        if segment is None:
            if not self.division.may_try(plan, position):
                return True
            segment = self.division.divide(site, plan, position, frame)
            if segment is None:
                return True
        if segment.region.status is Status.IMPERATIVE:
            return True
        run = self._run(site, plan, segment, position, frame)
        if run.end > position + 1 or run.trial is not None or segment.beyond is not None:
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

    def _beyond(self, site: BlockSite, plan: Plan, position: int, frame: FrameType) -> SegmentRegion | None:
        """A new segment from here to behind the `with`, if the tape that the `with` has opened is the only one that records."""
        if site.outer is None or not plan.beyond.get(position, 1) or (id(frame), site.outer[0]) in self._runs:
            return None
        with self.engine.backend.paused(names_of(frame).get(site.opened[-1])) as alone:
            pass
        return self.division.beyond(site, plan, position, frame) if alone else None

    # -- execution --------------------------------------------------------------------------------------------------------

    def _run(self, site: BlockSite, plan: Plan, segment: SegmentRegion, position: int, frame: FrameType) -> _Run:
        """Run the segment's graph, or say why Python must."""
        self.engine.found(segment.region)
        run = _Run(segment.end, True, segment, started=time.perf_counter())
        run.visit = visit = _Visit(self, site, plan, segment, position, frame)
        if segment.beyond is None:
            outcome = visit.attempt()
        else:
            with self.engine.backend.paused(names_of(frame).get(site.opened[-1])) as alone:
                if not alone:
                    run.why = "another tape records"
                    return run
                outcome = visit.attempt()
        if isinstance(outcome, Committed):
            self.ran += 1
            return _Run(segment.end, False)
        run.why, run.trial, run.started = outcome.why, outcome.trial, time.perf_counter()
        return run

    def _close(self, key: tuple[int, int], run: _Run, frame: FrameType) -> None:
        """The segment's statements have run: time them, and settle a verification."""
        del self._runs[key]
        if not run.python or run.segment is None:
            return
        region, engine = run.segment.region, self.engine
        seconds = time.perf_counter() - run.started
        with engine.contained(region, "after a segment"):
            region.note_eager(seconds)
            engine.bus.emit(EagerRan(region.number, seconds, run.why))
        if run.trial is not None and run.visit is not None:
            run.visit.attempt.settle(run.trial)


class _Visit:
    """One arrival at a segment in some frame: what an attempt asks of it."""

    def __init__(self, segments: Segments, site: BlockSite, plan: Plan, segment: SegmentRegion, position: int, frame: FrameType) -> None:
        self._segments = segments
        self._engine = segments.engine
        self._site = site
        self._plan = plan
        self._segment = segment
        self._position = position
        self._frame = frame
        self.region = segment.region
        self.region.missed = False  # how often it may be tried is counted by `tries`
        self.executor = Executor(self._engine.backend, self.names, None if at_top(frame) else frame)
        self.attempt = Attempt(self._engine, self)

    def names(self) -> MutableMapping[str, Any]:
        """The names of the frame around the segment, live."""
        return names_of(self._frame)

    def scene(self) -> Scene:
        """What the segment can see."""
        nodes = self._segments.division.nodes(self._site, self._position, self._segment.end, self._segment.beyond)
        return Scene.of(self._frame, nodes)

    def against(self) -> str | None:
        """Why no graph is generated now."""
        region, segment = self.region, self._segment
        if segment.tries >= MAX_VERSIONS_MADE and region.graph_iterations < 8 * segment.tries:
            self._engine.retire(region, "JN402", f"{segment.tries} graphs for {region.graph_iterations} runs")
            return "graphs do not last"
        return None

    def generate(self) -> Version | None:
        """A graph for the state of things now; without any, the block is divided elsewhere the next time."""
        segment, plan, position = self._segment, self._plan, self._position
        segment.tries += 1
        made = self._segments.division.generate(self.region, self._site, position, segment.end, self._frame, segment.beyond)
        if not isinstance(made, Refusal):
            return made
        plan.again += 1
        if plan.again > MAX_AGAIN:
            self.region.status = Status.IMPERATIVE
        else:
            del plan.segments[position]  # what was learned divides the block elsewhere, from the next time on
            plan.beyond.pop(position, None)
        return None

    def block(self, version: Version, count: int | None) -> Block | None:
        """A segment has no elements."""
        return Block([None])

    def scope(self, rehearsing: bool) -> AbstractContextManager[Any]:
        """What holds around the graph: no tape while rehearsing; otherwise the tapes that the user holds open by name."""
        backend, names = self._engine.backend, self.names()
        return backend.off_tape() if rehearsing else backend.held_by([names.get(name) for name in self._site.opened])

    def _alone(self, version: Version) -> bool:
        return not version.program.body.variables or not self._engine.backend.under_tape()

    def directly(self, version: Version) -> bool:
        """Run the segment by a graph that commits by itself, if it has one and that holds."""
        if version.committing is None or not self._alone(version):
            return False
        started = time.perf_counter()
        with self.scope(False):
            finals = self.executor.directly(version, None)
        if finals is None:
            return False
        Writes(self.executor.frame, self.names()).write(zip(version.program.finals, finals, strict=True))
        with self._engine.contained(self.region, "after a commit"):
            seconds = time.perf_counter() - started
            self._engine.ran(self.region, version, 1, seconds, seconds)
        return True

    def advance(self, done: int) -> None:
        """A segment has no elements."""

    def committed(self, version: Version, block: Block, done: int, seconds: float) -> None:
        """Count the run; a version that has lasted commits in its graph from now on."""
        self._engine.ran(self.region, version, 1, seconds, self.executor.inside)
        self._engine.judge(self.region, version)
        if version.iterations > SETTLED and self._alone(version):
            self._engine.let_commit(version)
