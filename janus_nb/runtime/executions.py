"""Executions of loops: how one begins and ends, and the seams between the statements of a split one."""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import FrameType
from typing import Any

from janus_nb.events import EagerRan
from janus_nb.profile.instrument import LoopSite
from janus_nb.runtime.bystanders import bystander, in_company
from janus_nb.runtime.driver import Driver
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.probes import Callee, Probes
from janus_nb.runtime.quiet import ROUNDS
from janus_nb.runtime.region import Region, Status
from janus_nb.runtime.segments import Segments
from janus_nb.runtime.signals import surfaced_from_handler
from janus_nb.runtime.store import Store
from janus_nb.span import Span

_log = logging.getLogger("janus_nb")

NOTHING: Iterator[Any] = iter(())
"""What a copy of a loop iterates over that has nothing to do."""


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
    plain: Any = NOTHING
    own: Any = NOTHING
    alone: bool = False
    stays: bool = False
    claimed: Region | None = None


class Executions(Probes):
    """The part of a session that begins and ends executions of loops."""

    def __init__(self, engine: Engine, store: Store, callees: dict[int, Callee] | None = None) -> None:
        super().__init__(engine, store, callees)
        self.loops: dict[tuple[int, int], Execution] = {}
        self.segments = Segments(engine, store)
        self.splitting = False
        self._users: BaseException | None = None

    def region(self, site: LoopSite, namespace: dict[str, Any], kind: str) -> Region:
        """The region of a loop under this session's options."""
        region = self.store.region(site, namespace, kind, self.engine.options)
        if len(region.homes) > 1:
            self.engine.bus.place(region.number, region.homes, region.span)
        return region

    # -- seams -------------------------------------------------------------------------------------------------------

    def seam(self, block: int, position: int) -> bool:
        """Whether Python runs the statement behind this seam; if not, a segment has run it."""
        if not self.splitting:
            return True
        frame = sys._getframe(1)
        if self.segments.has_run(block, position, frame):
            return False
        try:
            return self.segments.seam(block, position, frame)
        except Exception as error:
            self._failed("segments", error)
            return True

    def sealed(self, block: int) -> None:
        """The end of a block of statements."""
        if self.splitting:
            try:
                self.segments.sealed(block, sys._getframe(1))
            except Exception as error:
                self._failed("segments", error)

    def _failed(self, where: str, error: Exception) -> None:
        """JANUS has failed between the statements of a split region: Python runs them all."""
        if surfaced_from_handler(error):
            raise error
        self._fault(self.segments.division.owner, where, error)

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
                with self.engine.contained(region, "segments"):
                    self.engine.backend.forget_segments()
        with self.engine.contained(region, "segments"):
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
        self._end((id(sys._getframe(1)), number))

    def _end(self, key: tuple[int, int]) -> Execution | None:
        """An execution is over, whatever goes wrong at its end."""
        execution = self.loops.pop(key, None)
        if execution is None:
            return None
        driver = self.drivers.pop(key, None)
        try:
            self._close(key, execution, driver)
        except Exception as error:
            if surfaced_from_handler(error):
                raise
            self._fault(execution.claimed, "end of a loop", error)
        return execution

    def _close(self, key: tuple[int, int], execution: Execution, driver: Driver | None) -> None:
        try:
            if driver is not None:
                driver.close()
                if self.quiet.now() == execution.work:
                    self.quiet.note(key[1], 1 + driver.count)
        finally:
            if execution.claimed is not None:
                claimed, execution.claimed = execution.claimed, None
                self.store.claims.give_back(claimed)

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


def header_span(site: LoopSite) -> Any:
    """Where a loop's iterable, or test, stands: its trip counts are recorded there."""
    node = site.node
    return Span.of(getattr(node, "iter", None) or node.test, site.unit.file)  # type: ignore[union-attr]


__all__ = ["NOTHING", "Execution", "Executions", "header_span"]
