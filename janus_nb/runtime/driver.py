"""The driver of one execution of a loop: it decides, element by element, who runs what.

The instrumented loop iterates over a driver. What the driver yields, Python runs, in the user's own code; in between
it runs graph calls. So an iteration that a graph must not run (`break`, an exception, a failed assumption) is simply
yielded, with the element that was already taken.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, MutableMapping
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from types import FrameType
from typing import Any, Protocol

from janus_nb.cache.version import Version
from janus_nb.events import EagerRan, Profiled
from janus_nb.lowering.generate import Target
from janus_nb.lowering.program import Refusal
from janus_nb.profile.instrument import LoopSite
from janus_nb.reasons import REASONS
from janus_nb.runtime.attempt import Attempt, PythonRuns
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.executor import Executor
from janus_nb.runtime.frames import at_top, names_of, shares_cell
from janus_nb.runtime.region import MIN_SECONDS, Region, Status
from janus_nb.runtime.sources import Block, Source
from janus_nb.runtime.verify import Scene, Trial
from janus_nb.span import Span

CALL_SECONDS = 0.15
"""How long one graph call should take: output and the stop button stay prompt."""

MAX_STEPS = 4096

WORTH = 80
"""Iterations of Python's that generating, verifying and starting a graph costs, whatever their length: both grow with the number of operations."""


class DriverSession(Protocol):
    """What a driver needs of its session."""

    engine: Engine
    drivers: dict[tuple[int, int], Driver]

    def split(self, region: Region) -> AbstractContextManager[None]: ...
    def accompanied(self) -> bool: ...
    def hand_over(self, driver: Driver) -> None: ...


class Driver:
    """Runs one execution of a `for` or `while` statement."""

    def __init__(
        self,
        session: DriverSession,
        region: Region,
        site: LoopSite,
        source: Source | None,
        frame: FrameType,
    ) -> None:
        self.session = session
        self.engine = engine = session.engine
        self.region = region
        self.site = site
        self.source = source
        self.frame = frame
        self.module_level = at_top(frame)
        self.executor = Executor(engine.backend, self.names, None if self.module_level else frame)
        self.attempt = Attempt(engine, self)
        self.trial: Trial | None = None
        region.missed = False  # every execution may try once
        self.eager_reason = ""
        self.since = 0.0
        self.ended = False
        self.count = 0
        self.inner = False
        self.handed: Iterator[Any] | None = None
        self.users: BaseException | None = None
        self.ending = False
        self.split_scope: AbstractContextManager[None] | None = None

    def names(self) -> MutableMapping[str, Any]:
        """The region's own names, live."""
        return names_of(self.frame)

    # -- profiled iterations ---------------------------------------------------------------------------------------------

    def profiled(self, count: int | None) -> Iterator[Any]:
        """Elements for Python to run under the profiler: `count`, or all."""
        __tracebackhide__ = True
        assert self.source is not None
        while count is None or self.region.profiled < count:
            try:
                element = self.source.pop()
            except StopIteration:
                self.ended = True
                return
            self.count += 1
            started = time.perf_counter()
            try:
                yield element
            except GeneratorExit:
                self.source.close()
                raise
            with self.engine.contained(self.region, "profile"):
                self.note_profiled(time.perf_counter() - started)

    def note_profiled(self, seconds: float) -> None:
        """Record a profiled iteration."""
        self.region.profiled += 1
        self.region.note_eager(seconds)
        self.engine.bus.emit(Profiled(self.region.number, seconds))

    # -- the rest of the loop ----------------------------------------------------------------------------------------------

    def rest(self) -> Iterator[Any]:
        """Elements for Python to run; graph calls happen between them."""
        __tracebackhide__ = True
        assert self.source is not None
        try:
            yield from self._rest()
        except GeneratorExit:
            self.source.close()
            raise
        finally:
            self.abandon()

    def _rest(self) -> Iterator[Any]:
        __tracebackhide__ = True
        assert self.source is not None
        with self.engine.contained(self.region, "driver"):
            self.engine.announce.found(self.region)
            self.engine.announce.expects(self.region, self._announced)
        while True:
            self.run_graphs()
            if self.region.too_fast:
                self.session.hand_over(self)
                return
            if self.region.status is Status.IMPERATIVE:
                self.handed = self.source.remaining()
                yield from self._users_own(imperative(self.engine, self.region, self.handed))
                return
            if self.region.status is Status.SPLIT:
                self.handed = self.source.remaining()
                yield from self._users_own(self.in_segments(self.handed))
                yield from self._users_own(imperative(self.engine, self.region, self.handed))  # what is left, if segments did not pay
                return
            try:
                element = self.source.pop()
            except StopIteration:
                return
            self.since = time.perf_counter()
            yield element
            self.after_eager()

    def _users_own(self, elements: Iterator[Any]) -> Iterator[Any]:
        """Elements of an iterator that has been handed on: what it raises is the user's."""
        __tracebackhide__ = True
        try:
            yield from elements
        except Exception as error:
            self.users = error
            raise

    def in_segments(self, elements: Iterator[Any]) -> Iterator[Any]:
        """Elements for Python, with segments at the seams of the loop's body, as long as these pay."""
        __tracebackhide__ = True
        for element in elements:
            with self._split():
                yield element
            if self.region.status is Status.IMPERATIVE:
                return

    def rest_while(self) -> None:
        """For `while`: run graph calls as long as they go; the condition and the body of the next round are Python's."""
        __tracebackhide__ = True
        with self.engine.contained(self.region, "driver"):
            self.engine.announce.found(self.region)
        if self.since:
            self.after_eager()
        self.leave_split()
        self.run_graphs()
        if self.region.status is Status.SPLIT:
            self.split_scope = self._split()
            self.split_scope.__enter__()
            return
        self.since = time.perf_counter()

    def _split(self) -> AbstractContextManager[None]:
        return self.engine.containment.opened(self.region, "segments", lambda: self.session.split(self.region))

    def leave_split(self) -> None:
        """A `while` iteration in segments is over, or the loop has ended."""
        scope, self.split_scope = self.split_scope, None
        if scope is not None:
            scope.__exit__(None, None, None)

    def close(self) -> None:
        """The execution is over. What it held, the user's iterator above all, ends now and not when garbage is collected."""
        try:
            self.leave_split()
            self.abandon()
        finally:
            self.attempt.release()
            self.source = None
            self.executor.names = dict

    def after_eager(self) -> None:
        """An iteration that Python ran is over: time it, and settle a trial."""
        seconds = time.perf_counter() - self.since
        self.since = 0.0
        with self.engine.contained(self.region, "after an iteration"):
            self.region.note_eager(seconds)
            self.engine.bus.emit(EagerRan(self.region.number, seconds, self.eager_reason))
        if self.trial is not None:
            self.trial.iterations -= 1
            if self.trial.iterations == 0:
                trial, self.trial = self.trial, None
                self.attempt.settle(trial)

    def abandon(self) -> None:
        """The loop is over, or was left: a trial that was not settled says nothing."""
        trial, self.trial = self.trial, None
        self.attempt.abandon(trial)

    def run_graphs(self) -> None:
        """Run graph calls until it is Python's turn: to run an iteration, or to find that the source is exhausted."""
        __tracebackhide__ = True
        while self.trial is None:
            if self.region.status in (Status.IMPERATIVE, Status.SPLIT):
                self.eager_reason = "stays imperative"
                return
            if self.session.accompanied():
                self.eager_reason = "another thread runs"
                return
            outcome = self.attempt()
            if isinstance(outcome, PythonRuns):
                self.trial, self.eager_reason = outcome.trial, outcome.why
                return
            if outcome.stopped:
                self.eager_reason = "fallback"
                return

    # -- what an attempt asks --------------------------------------------------------------------------------------------

    def arrive(self) -> None:
        """Take the next element, if taking it may be seen by others: what guards look at is what the iteration will see."""
        if self.source is not None and not self.source.ahead:
            self.source.block(1)

    def scene(self) -> Scene:
        """What the loop can see."""
        return Scene.of(self.frame, (self.site.node,))

    def block(self, version: Version, count: int | None) -> Block | None:
        """Elements of the next call: `count`, or as many as the version takes."""
        steps = self._steps(version)
        steps = steps if count is None else count
        if self.source is None:
            return Block([None] * steps)
        block = self.source.block(steps)
        return block if block.elements else None

    def scope(self, rehearsing: bool) -> AbstractContextManager[Any]:
        """Nothing special holds around a loop's graph."""
        return nullcontext()

    def directly(self, version: Version) -> bool:
        """A loop's graph does not commit by itself."""
        return False

    def advance(self, done: int) -> None:
        """Iterations are final: their elements are used up."""
        if self.source is not None:
            self.source.advance(done)

    def skip(self, done: int) -> None:
        """As `advance`, one by one."""
        for _ in range(done if self.source is not None else 0):
            self.source.pop()  # type: ignore[union-attr]

    def committed(self, version: Version, block: Block, done: int, seconds: float) -> None:
        """Count what a call has done; choose how many iterations the next one may run, and by which backend."""
        self.engine.judge.ran(self.region, version, done, seconds, self.executor.inside)
        each, options = seconds / done, self.engine.options
        completed = done == len(block.elements)
        if options.steps == "auto" and options.multistep and version.backend == "executor" and completed and not self.ending:
            version.steps = max(1, min(MAX_STEPS, version.room, version.steps * 4, int(CALL_SECONDS / each)))
        self.engine.judge.speed(self.region, version)
        if self.region.status is Status.READY:
            self.engine.choice.after_call(self.region, version, done, self.source.announced() if self.source is not None else None)

    def against(self) -> str | None:
        """Why no graph is generated now."""
        if self.region.holds_region:
            self.engine.judge.leave_to_inner(self.region)
            return "its inner loop is converted"
        if not self.region.versions and max(self.region.eager_seconds, default=0.0) < MIN_SECONDS:
            return "no tensor work seen yet"
        if self.source is not None and self.source.holds_fewer_than(2):
            return "last iterations"
        if not self.region.versions and not self._pays():
            self.engine.announce.say_once(self.region, "JN409")
            return "too little work left"
        return None

    def generate(self) -> Version | None:
        """A graph for the next element and the state of things now."""
        element: Any = None
        iterated: tuple[Any, ...] = ()
        if self.source is not None:
            block = self.source.block(1)
            if not block.elements:
                return None  # the source has ended, or raises: Python asks it
            element, iterated = block.template if block.template is not None else block.elements[0], self.source.watched
        names = frozenset() if self.module_level else self.site.local_names
        target = Target(
            self.site.node, self.site.unit, self.frame.f_globals, names, element, None, iterated, shares_cell=partial(shares_cell, self.frame)
        )
        version = self.engine.generate(self.region, target, self.names())
        if version is not None:
            self._tell_outer_loops()
            self._tell_one_by_one()
        return version

    def _steps(self, version: Version) -> int:
        """Iterations of the next call. What is known to be left is shared out evenly, so that the last call is not a small one."""
        left = self.source.announced() if self.source is not None else None
        self.ending = left is not None and left <= version.steps
        if not left:
            return version.steps
        calls = -(-left // version.steps)
        return -(-left // calls)

    def _pays(self) -> bool:
        """Whether the work still expected is worth a graph. A loop of unknown length counts as long."""
        if self.engine.options.generate == "always":
            return True
        left = self._announced()
        return left is None or max(left, self.region.iteration) > WORTH

    def _announced(self) -> int | None:
        """Iterations still to come in this execution and in those that the loops around it announce; `None` if unknown."""
        left = self.source.announced() if self.source is not None else None
        if left is None:
            return None
        each = left + self.engine.options.profile
        for outer in self._enclosing():
            rounds = outer.source.announced() if outer.source is not None else None
            if rounds is None:
                return None
            left += rounds * each
            each *= rounds + 1
        return left

    def _enclosing(self) -> Iterator[Driver]:
        """Loops that may be running around this one, innermost first."""
        frame: FrameType | None = self.frame
        while frame is not None:
            for (frame_id, _), driver in reversed(list(self.session.drivers.items())):
                if frame_id == id(frame) and driver is not self:
                    yield driver
            frame = frame.f_back

    def _tell_outer_loops(self) -> None:
        """Loops around a converted loop stay imperative themselves."""
        for driver in self._enclosing():
            driver.region.holds_region = True

    def _tell_one_by_one(self) -> None:
        """Say why every call runs one iteration only, if the source is the reason."""
        if self.source is not None and not self.source.ahead:
            span = Span.of(getattr(self.site.node, "iter", self.site.node), self.site.unit.file)
            self.engine.announce.seam(self.region, Refusal(REASONS["JN406"], "", span))


def imperative(engine: Engine, region: Region, elements: Iterable[Any]) -> Iterator[Any]:
    """Elements of a loop that stays imperative: counted and timed as one, so that the loop keeps its speed."""
    __tracebackhide__ = True
    count, started = 0, time.perf_counter()
    try:
        for element in elements:
            count += 1
            yield element
    finally:
        if count:
            engine.bus.emit(EagerRan(region.number, time.perf_counter() - started, "stays imperative", count))
