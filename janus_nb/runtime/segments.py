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
from dataclasses import dataclass, replace
from functools import partial
from types import FrameType
from typing import Any

from janus_nb.cache.lookup import Miss, lookup
from janus_nb.events import EagerRan, Missed
from janus_nb.lowering.program import Refusal
from janus_nb.profile.instrument import BlockSite
from janus_nb.runtime.division import Division, Plan, SegmentRegion
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.executor import Executor
from janus_nb.runtime.frames import at_top, names_of
from janus_nb.runtime.journal import EffectRaised
from janus_nb.runtime.region import Status, Version
from janus_nb.runtime.sources import Block
from janus_nb.runtime.verify import Prediction, compare, rehearse

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
    prediction: Prediction | None = None
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
        made = self.division.generate(region, site, position, segment.end, frame, segment.beyond)
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
