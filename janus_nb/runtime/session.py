"""The session: what instrumented code calls. One per cell or decorated function; regions and graphs outlive it.

    profile -> rest -> untouched      the three copies of a loop, one after the other, as far as they are needed
    left                              however the loop was left

It never raises on its own account: whatever goes wrong inside JANUS, the user's loop gets its elements.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Any

from janus_nb.profile.instrument import LoopSite
from janus_nb.runtime.driver import Driver, imperative
from janus_nb.runtime.executions import NOTHING, Execution, header_span
from janus_nb.runtime.quiet import ROUNDS
from janus_nb.runtime.region import Region, Status
from janus_nb.runtime.segments import Segments
from janus_nb.runtime.signals import surfaced_from_handler
from janus_nb.runtime.sources import HostSource, Source, made_in_header, open_iterable
from janus_nb.runtime.whiles import Whiles
from janus_nb.source.units import is_user_class

_log = logging.getLogger("janus_nb")

LONG = 16
"""An inner loop over a source of unknown length counts as part of the loop around it up to this many iterations."""

MIN_REST = 5
"""Fewer iterations than this after profiling are not worth a graph."""


class Session(Whiles):
    """The object that instrumented code holds as a constant: what `for` loops call, and the end."""

    def profile(self, number: int, iterable: Any) -> Iterator[Any]:
        """Elements for the profiled copy of a loop."""
        __tracebackhide__ = True
        references, frame = sys.getrefcount(iterable), sys._getframe(1)
        try:
            return self._profile(number, iterable, references, frame)
        except Exception as error:
            self._python_takes(number, frame, iterable, error)
            return NOTHING

    def _python_takes(self, number: int, frame: FrameType, iterable: Any, error: Exception) -> None:
        """JANUS has failed at the head of a `for`: the user's own copy of it runs."""
        __tracebackhide__ = True
        if error is self._users or surfaced_from_handler(error):
            raise error
        key = (id(frame), number)
        execution = self.loops.get(key) or Execution(frame)
        source = execution.driver.source if execution.driver is not None else None
        execution.own, execution.alone, execution.driver = iterable if source is None else _left_of(source), True, None
        self.drivers.pop(key, None)
        self.loops[key] = execution
        self._fault(execution.claimed, "head of a loop", error)

    def _profile(self, number: int, iterable: Any, references: int, frame: FrameType) -> Iterator[Any]:
        __tracebackhide__ = True
        fresh = self._made_in_header(number, references)
        execution, region = self._begin(number, frame, "for")
        if region is None:
            execution.own = iterable  # the user's `for` calls `iter`
            return NOTHING
        driver = self._driver(execution, number, region, iterable, fresh)
        if driver is None:
            return NOTHING
        try:
            if self._is_inner(driver, iterable):
                return self._guarded(driver, lambda: self._counted(driver))
            if driver.region.status is not Status.COLD:
                return NOTHING
            self.engine.announce.found(driver.region)
        except Exception as error:
            self._fault(region, "profile", error)
            self.hand_over(driver)
            return NOTHING
        return self._guarded(driver, lambda: driver.profiled(self.engine.options.profile))

    def _guarded(self, driver: Driver, elements: Callable[[], Iterator[Any]]) -> Iterator[Any]:
        """A driver's elements; should JANUS fail between two of them, the rest as Python takes them."""
        __tracebackhide__ = True
        source = driver.source
        assert source is not None
        try:
            yield from elements()
            return
        except Exception as error:
            if error is source.error or error is driver.users or error is self._users or surfaced_from_handler(error):
                raise
            self._fault(driver.region, "driver", error)
        driver.ended = True
        for element in driver.handed if driver.handed is not None else _left_of(source):  # noqa: UP028 - `yield from` would close the user's generator
            yield element

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
                self._users = error
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
            self.store.recorder.trip(header_span(driver.site), count)

    def rest(self, number: int) -> Iterable[Any]:
        """Elements for the copy without probes."""
        execution = self.loops.get((id(sys._getframe(1)), number))
        if execution is None or execution.alone:
            return NOTHING
        driver = execution.driver
        if driver is None:
            plain, execution.plain = execution.plain, NOTHING
            return plain  # type: ignore[no-any-return]
        return NOTHING if driver.ended else self._guarded(driver, lambda: self._driven(execution, driver))

    def _driven(self, execution: Execution, driver: Driver) -> Iterator[Any]:
        """Elements of a loop that may be run by graphs."""
        __tracebackhide__ = True
        if not driver.region.versions and self._still_quiet(execution):
            yield from self._first_rounds(execution, driver)
        else:
            yield from driver.rest()

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
        execution = self._end((id(sys._getframe(1)), number))
        return execution.own if execution is not None else NOTHING

    def again(self, number: int, iterable: Iterable[Any]) -> Iterable[Any]:
        """Elements of an inner loop outside profiling: graphs run it if it has any, otherwise Python."""
        __tracebackhide__ = True
        references, frame = sys.getrefcount(iterable), sys._getframe(1)
        try:
            return self._again(number, iterable, references, frame)
        except Exception as error:
            self._python_takes(number, frame, iterable, error)
            return NOTHING

    def _again(self, number: int, iterable: Iterable[Any], references: int, frame: FrameType) -> Iterable[Any]:
        __tracebackhide__ = True
        fresh = self._made_in_header(number, references)
        execution, region = self._begin(number, frame, "for")
        if region is None:
            execution.own = iterable  # the user's `for` calls `iter`
            return NOTHING
        if execution.stays or self.engine.backend.under_tape() or (not region.versions and self._is_short(self.store.sites.loops[number])):
            return iterable
        source = self._opened(execution, iterable, fresh)
        if source is None:
            return NOTHING
        if not region.versions and source.holds_fewer_than(MIN_REST):
            return source.remaining()
        try:
            driver = self._drive(execution, number, region, source)
        except Exception as error:
            self._fault(region, "driver", error)
            return source.remaining()
        return self._guarded(driver, lambda: self._driven(execution, driver))

    def _made_in_header(self, number: int, references: int) -> bool:
        """Whether a loop's header has made what it iterates over."""
        site = self.store.sites.loops.get(number)
        return site is not None and made_in_header(site.node, references)

    def _is_short(self, site: LoopSite) -> bool:
        """Whether an inner loop had few iterations whenever it was profiled."""
        return max(self.store.recorder.trips.get(header_span(site), {LONG}), default=LONG) < LONG

    # -- the end -----------------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """The cell is over. What it left behind (generator expressions, suspended coroutines) goes on as plain Python.

        The regions are let go: TensorFlow's graphs remember the code that they were made in, that code holds this session, and
        neither is seen by the garbage collector.
        """
        self.forget()
        self.store = self.store.emptied()
        self.segments = Segments(self.engine, self.store)


def _left_of(source: Source) -> Iterator[Any]:
    """All elements still to come of a source, in one way or the other."""
    try:
        return source.remaining()
    except Exception:
        _log.debug("JANUS failed to give an iterator back; its elements are taken one by one", exc_info=True)
        return iter(source.pop, object())


__all__ = ["Session"]
