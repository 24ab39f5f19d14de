"""The session: what instrumented code calls. One per cell or decorated function; regions and graphs outlive it.

    profile -> rest -> untouched      the three copies of a loop, one after the other, as far as they are needed
    left                              however the loop was left

It never raises on its own account: whatever goes wrong inside JANUS, the user's loop gets its elements.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

from janus_nb.events import EagerRan
from janus_nb.profile.instrument import LoopSite
from janus_nb.runtime.bystanders import bystander, in_company
from janus_nb.runtime.driver import Driver, imperative
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.probes import Callee, Probes
from janus_nb.runtime.quiet import ROUNDS
from janus_nb.runtime.region import Region, Status
from janus_nb.runtime.segments import Segments
from janus_nb.runtime.sources import HostSource, Source, made_in_header, open_iterable
from janus_nb.runtime.store import Store
from janus_nb.source.units import is_user_class
from janus_nb.span import Span

_log = logging.getLogger("janus_nb")

LONG = 16
"""An inner loop over a source of unknown length counts as part of the loop around it up to this many iterations."""

MIN_REST = 5
"""Fewer iterations than this after profiling are not worth a graph."""

_NONE: Iterator[Any] = iter(())


@dataclass(slots=True)
class Execution:
    """One execution of a loop that is under way: what the next copy of it iterates over.

    Attributes:
        frame: Where it runs; held, so that no other frame gets its `id`.
        work: Tensor work done before it began.
        driver: For loops that are, or may be, converted.
        plain: What the copy without probes iterates over, if Python runs all the rest.
        own: What the user's own copy iterates over.
        alone: Whether JANUS leaves the loop alone.
        stays: Whether the loop as a whole stays imperative.
        claimed: The region, as long as no other thread may work on it.
    """

    frame: FrameType
    work: int = 0
    driver: Driver | None = None
    plain: Any = _NONE
    own: Any = _NONE
    alone: bool = False
    stays: bool = False
    claimed: Region | None = None


class Session(Probes):
    """The object that instrumented code holds as a constant."""

    def __init__(self, engine: Engine, store: Store, callees: dict[int, Callee] | None = None) -> None:
        super().__init__(engine, store, callees)
        self.loops: dict[tuple[int, int], Execution] = {}
        self.segments = Segments(engine, store)
        self.splitting = False

    def region(self, site: LoopSite, namespace: dict[str, Any], kind: str) -> Region:
        """The region of a loop under this session's options."""
        region = self.store.region(site, namespace, kind, self.engine.options)
        if len(region.homes) > 1:
            self.engine.bus.place(region.number, region.homes, region.span)
        return region

    # -- seams -------------------------------------------------------------------------------------------------------

    def seam(self, block: int, position: int) -> bool:
        """Whether Python runs the statement behind this seam; if not, a segment has run it."""
        return self.segments.seam(block, position, sys._getframe(1)) if self.splitting else True

    def sealed(self, block: int) -> None:
        """The end of a block of statements."""
        if self.splitting:
            self.segments.sealed(block, sys._getframe(1))

    @contextlib.contextmanager
    def split(self, region: Region) -> Iterator[None]:
        """An iteration (or call) of a split region: segments may run inside. Without any, or slower than Python, they are given up."""
        segments, division = self.segments, self.segments.division
        before = self.splitting, division.owner
        ran, generated, started = segments.ran, division.generated, time.perf_counter()
        self.splitting, division.owner = True, region
        try:
            yield
        finally:
            self.splitting, division.owner = before
            if not self.splitting:
                self.engine.backend.forget_segments()
        ran, generated, seconds = segments.ran - ran, division.generated - generated, time.perf_counter() - started
        region.iteration += 1
        self.engine.bus.emit(EagerRan(region.number, seconds, "segments" if ran else "no segment runs"))
        region.note_split(seconds, ran, generated)
        if region.split_fails:
            self.engine.judge.give_up_split(region)

    # -- the life of an execution -----------------------------------------------------------------------------------------

    def _begin(self, number: int, frame: FrameType, kind: str) -> tuple[Execution, Region | None]:
        """A new execution of a loop; without a region if JANUS leaves it alone."""
        execution = self.loops[id(frame), number] = Execution(frame)
        try:
            region = self._admitted(execution, number, kind)
        except Exception as error:
            self._fault(None, "loop", error)
            region = None
        execution.alone = region is None
        return execution, region

    def _admitted(self, execution: Execution, number: int, kind: str) -> Region | None:
        """The region of an execution that JANUS works on."""
        if not self.awake() or self.quiet.count(number) >= ROUNDS:
            return None
        execution.work = self.quiet.now()
        region = self.region(self.store.sites.loops[number], execution.frame.f_globals, kind)
        code = bystander()
        if code is not None:
            self.engine.announce.say_once(region, code)
        if code is not None or region.untouched or not self.store.claims.take(region):
            return None
        execution.claimed = region
        execution.stays = region.status is Status.IMPERATIVE or not self.engine.backend.in_eager_mode()
        if region.status is Status.IMPERATIVE and not region.holds_region:
            self.engine.announce.found(region)
        return region

    def _fault(self, region: Region | None, where: str, error: Exception) -> None:
        """An error of JANUS's own: Python runs what it concerns."""
        _log.debug("JANUS failed (%s); Python goes on", where, exc_info=error)
        if region is not None:
            self.engine.containment.contain(region, where, error)

    def _drive(self, execution: Execution, number: int, region: Region, source: Any) -> Driver:
        driver = Driver(self, region, self.store.sites.loops[number], source, execution.frame)
        execution.driver = self.drivers[id(execution.frame), number] = driver
        return driver

    def left(self, number: int) -> None:
        """An execution is over: it ended, or was left by `break`, `return`, an exception, or the end of a coroutine."""
        self._close((id(sys._getframe(1)), number))

    def _close(self, key: tuple[int, int]) -> Execution | None:
        execution = self.loops.pop(key, None)
        if execution is None:
            return None
        driver = self.drivers.pop(key, None)
        try:
            if driver is not None:
                driver.close()
                if self.quiet.now() == execution.work:
                    self.quiet.note(key[1], 1 + driver.count)
        except Exception as error:
            self._fault(execution.claimed, "end of a loop", error)
        finally:
            if execution.claimed is not None:
                self.store.claims.give_back(execution.claimed)
                execution.claimed = None
        return execution

    def accompanied(self) -> bool:
        """Whether another thread runs user code by now, so that Python must run what comes next."""
        return in_company()

    def hand_over(self, driver: Driver) -> None:
        """The rest of a `for` runs in the user's own copy."""
        execution = next(e for e in self.loops.values() if e.driver is driver)
        assert driver.source is not None
        execution.own, execution.alone = driver.source.remaining(), True

    def _still_quiet(self, execution: Execution) -> bool:
        return self.quiet.now() == execution.work

    # -- for -----------------------------------------------------------------------------------------------------------

    def profile(self, number: int, iterable: Any) -> Iterator[Any]:
        """Elements for the profiled copy of a loop."""
        __tracebackhide__ = True
        fresh = self._made_in_header(number, sys.getrefcount(iterable))
        execution, region = self._begin(number, sys._getframe(1), "for")
        if region is None:
            execution.own = iterable  # the user's `for` calls `iter`
            return _NONE
        driver = self._driver(execution, number, region, iterable, fresh)
        if driver is None:
            return _NONE
        try:
            if self._is_inner(driver, iterable):
                return self._counted(driver)
            if driver.region.status is not Status.COLD:
                return _NONE
            self.engine.announce.found(driver.region)
        except Exception as error:
            self._fault(region, "profile", error)
            self.hand_over(driver)
            return _NONE
        return driver.profiled(self.engine.options.profile)

    def _driver(self, execution: Execution, number: int, region: Region, iterable: Any, fresh: bool) -> Driver | None:
        """A driver for this execution; None (with the iterable put aside) if the loop stays imperative."""
        __tracebackhide__ = True
        if execution.stays:
            told = region.status is Status.IMPERATIVE and not region.holds_region
            execution.plain = imperative(self.engine, region, iterable) if told else iterable
            return None
        source = self._opened(execution, iterable, fresh)
        if source is None:
            return None
        try:
            return self._drive(execution, number, region, source)
        except Exception as error:
            self._fault(region, "driver", error)
            execution.own, execution.alone = source.remaining(), True
            return None

    def _opened(self, execution: Execution, iterable: Any, fresh: bool) -> Source | None:
        """A source over what the loop's header gave; `None` if it cannot be opened, and Python's own `for` says why."""
        __tracebackhide__ = True
        try:
            return open_iterable(self.engine.backend, iterable, fresh)
        except Exception as error:
            if is_user_class(type(iterable)):
                raise  # the user's `__iter__` has run, and must not run again
            self._fault(None, "iterable", error)
            execution.own, execution.alone = iterable, True
            return None

    def _is_inner(self, driver: Driver, iterable: Any) -> bool:
        """Whether a loop belongs to a bigger region: it runs under a tape, or has few iterations."""
        if self.engine.backend.under_tape():
            return True
        if driver.region.versions:
            return False
        if driver.source is not None and not driver.source.ahead and isinstance(driver.source, HostSource) and self._runs_inside(driver):
            return True
        wanted = max(0, self.engine.options.profile - driver.region.profiled) + MIN_REST
        assert driver.source is not None
        return driver.source.holds_fewer_than(wanted)

    def _runs_inside(self, driver: Driver) -> bool:
        """Whether another loop is being run around this one."""
        frame: FrameType | None = driver.frame
        while frame is not None:
            if any(key[0] == id(frame) and other is not driver and not other.ended for key, other in self.drivers.items()):
                return True
            frame = frame.f_back
        return False

    def _counted(self, driver: Driver) -> Iterator[Any]:
        """Elements run by Python under the profiler as part of a bigger region: all, unless they turn out to be many."""
        assert driver.source is not None
        count = 0
        while driver.source.ahead or count < LONG:
            try:
                element = driver.source.pop()
            except StopIteration:
                driver.ended = True
                break
            count += 1
            try:
                yield element
            except GeneratorExit:
                driver.source.close()
                raise
        if not driver.ended:
            return  # a loop of its own, after all
        with self.engine.contained(driver.region, "trip count"):
            self.store.recorder.trip(_iter_span(driver.site), count)

    def rest(self, number: int) -> Iterable[Any]:
        """Elements for the copy without probes."""
        execution = self.loops.get((id(sys._getframe(1)), number))
        if execution is None or execution.alone:
            return _NONE
        driver = execution.driver
        if driver is None:
            plain, execution.plain = execution.plain, _NONE
            return plain  # type: ignore[no-any-return]
        if driver.ended:
            return _NONE
        if not driver.region.versions and self._still_quiet(execution):
            return self._first_rounds(execution, driver)
        return driver.rest()

    def _first_rounds(self, execution: Execution, driver: Driver) -> Iterator[Any]:
        """Elements of a loop that has done no tensor work yet: it is left alone when that goes on."""
        __tracebackhide__ = True
        source = driver.source
        assert source is not None
        while self._still_quiet(execution):
            if driver.count >= ROUNDS:
                self.engine.announce.say_once(driver.region, "JN408")
                self.hand_over(driver)
                return
            try:
                element = source.pop()
            except StopIteration:
                driver.ended = True
                return
            driver.count += 1
            try:
                yield element
            except GeneratorExit:
                source.close()
                raise
        yield from driver.rest()

    def untouched(self, number: int) -> Iterable[Any]:
        """Elements for the user's own copy: those of loops that JANUS leaves alone."""
        execution = self._close((id(sys._getframe(1)), number))
        return execution.own if execution is not None else _NONE

    def again(self, number: int, iterable: Iterable[Any]) -> Iterable[Any]:
        """Elements of an inner loop outside profiling: graphs run it if it has any, otherwise Python."""
        __tracebackhide__ = True
        fresh = self._made_in_header(number, sys.getrefcount(iterable))
        frame = sys._getframe(1)
        execution, region = self._begin(number, frame, "for")
        if region is None:
            execution.own = iterable  # the user's `for` calls `iter`
            return _NONE
        try:
            inside = execution.stays or self.engine.backend.under_tape() or (not region.versions and self._is_short(self.store.sites.loops[number]))
        except Exception as error:
            self._fault(region, "inner loop", error)
            inside = True
        if inside:
            return iterable
        source = self._opened(execution, iterable, fresh)
        if source is None:
            return _NONE
        if not region.versions and source.holds_fewer_than(MIN_REST):
            return source.remaining()
        try:
            driver = self._drive(execution, number, region, source)
        except Exception as error:
            self._fault(region, "driver", error)
            return source.remaining()
        return driver.rest() if region.versions else self._first_rounds(execution, driver)

    def _made_in_header(self, number: int, references: int) -> bool:
        """Whether a loop's header has made what it iterates over."""
        site = self.store.sites.loops.get(number)
        return site is not None and made_in_header(site.node, references)

    def _is_short(self, site: LoopSite) -> bool:
        """Whether an inner loop had few iterations whenever it was profiled."""
        return max(self.store.recorder.trips.get(_iter_span(site), {LONG}), default=LONG) < LONG

    # -- while -----------------------------------------------------------------------------------------------------------

    def profile_while(self, number: int) -> bool:
        """Whether the profiled copy of a `while` goes on."""
        execution = self._while(number, sys._getframe(1))
        driver = execution.driver
        if driver is None or execution.alone:
            return False
        try:
            return self._profiles(driver)
        except Exception as error:
            return self._alone_from_now(execution, error)

    def _while(self, number: int, frame: FrameType) -> Execution:
        """The execution of a `while` in a frame: the one under way, or a new one."""
        execution = self.loops.get((id(frame), number))
        if execution is None:
            execution, region = self._begin(number, frame, "while")
            try:
                if region is not None:
                    self._drive(execution, number, region, None)
            except Exception as error:
                self._alone_from_now(execution, error)
        return execution

    def _alone_from_now(self, execution: Execution, error: Exception) -> bool:
        """JANUS has failed at the head of a `while`: the user's own copy of it goes on."""
        self._fault(execution.claimed, "while", error)
        execution.alone = True
        return False

    def _profiles(self, driver: Driver) -> bool:
        if driver.count == 0:
            driver.inner = self.engine.backend.under_tape()
        if driver.since:
            driver.note_profiled(time.perf_counter() - driver.since)
            driver.since = 0.0
        if driver.inner:
            return True
        self.engine.announce.found(driver.region)
        cold = driver.region.status is Status.COLD and self.engine.backend.in_eager_mode()
        return bool(cold and driver.region.profiled < self.engine.options.profile)

    def holds(self, number: int, value: Any) -> bool:
        """A `while` condition's value, as a bool; False ends the loop in all its copies."""
        going = bool(value)
        execution = self.loops.get((id(sys._getframe(1)), number))
        driver = execution.driver if execution is not None else None
        if driver is not None:
            if going:
                driver.count += 1
                if driver.split_scope is None:
                    driver.since = time.perf_counter()
            else:
                driver.ended = True
                with self.engine.contained(driver.region, "end of a while"):
                    driver.leave_split()
                    driver.abandon()
                    if driver.inner:
                        self.store.recorder.trip(_iter_span(driver.site), driver.count)
        return going

    def rest_while(self, number: int) -> bool:
        """Whether the copy of a `while` without probes goes on; graph calls happen here."""
        execution = self.loops.get((id(sys._getframe(1)), number))
        driver = execution.driver if execution is not None else None
        if execution is None or driver is None or driver.ended or execution.alone:
            return False
        try:
            going = self._goes_on(execution, driver)
        except Exception as error:
            return self._alone_from_now(execution, error)
        if going is None:
            driver.rest_while()
        return going is not False

    def _goes_on(self, execution: Execution, driver: Driver) -> bool | None:
        """Whether a `while` goes on in the copy without probes; `None` if graphs are asked first."""
        if not driver.region.versions and self._still_quiet(execution):
            return not self._quiet_rounds_over(execution, driver)
        if driver.region.too_fast:
            execution.alone = True
            return False
        if driver.region.status is Status.IMPERATIVE or not self.engine.backend.in_eager_mode():
            driver.since = 0.0
            return True
        return None

    def _quiet_rounds_over(self, execution: Execution, driver: Driver) -> bool:
        """Whether a `while` has gone round often enough without tensor work to be left alone."""
        driver.since = 0.0
        if driver.count < ROUNDS:
            return False
        self.engine.announce.say_once(driver.region, "JN408")
        execution.alone = True
        return True

    def again_while(self, number: int) -> bool:
        """As `rest_while`, for an inner loop outside profiling."""
        execution = self._while(number, sys._getframe(1))
        driver = execution.driver
        if driver is None or driver.ended or execution.alone:
            return False
        if driver.region.versions and not self.engine.backend.under_tape():
            driver.rest_while()
            return True
        return not (self._still_quiet(execution) and self._quiet_rounds_over(execution, driver))

    def untouched_while(self, number: int) -> bool:
        """Whether the user's own copy of a `while` runs: JANUS leaves the loop alone, and it has not ended."""
        execution = self._close((id(sys._getframe(1)), number))
        return execution is not None and execution.alone

    # -- the end -----------------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """The cell is over. What it left behind (generator expressions, suspended coroutines) goes on as plain Python.

        The regions are let go: TensorFlow's graphs remember the code that they were made in, that code holds this session, and
        neither is seen by the garbage collector.
        """
        self.forget()
        self.store = self.store.emptied()
        self.segments = Segments(self.engine, self.store)


def _iter_span(site: LoopSite) -> Any:
    node = site.node
    return Span.of(getattr(node, "iter", None) or node.test, site.unit.file)  # type: ignore[union-attr]


__all__ = ["Execution", "Session"]
