"""What the copies of a `while` ask: whether they go on. Graph calls happen before the condition is tested."""

from __future__ import annotations

import sys
import time
from types import FrameType
from typing import Any

from janus_nb.runtime.driver import Driver
from janus_nb.runtime.executions import Execution, Executions, header_span
from janus_nb.runtime.quiet import ROUNDS
from janus_nb.runtime.region import Status
from janus_nb.runtime.signals import surfaced_from_handler


class Whiles(Executions):
    """The part of a session that `while` loops call."""

    def profile_while(self, number: int) -> bool:
        """Whether the profiled copy of a `while` goes on."""
        frame = sys._getframe(1)
        try:
            execution = self._while(number, frame)
            driver = execution.driver
            return driver is not None and not execution.alone and self._profiles(driver)
        except Exception as error:
            return self._left_alone(number, frame, error)

    def _while(self, number: int, frame: FrameType) -> Execution:
        """The execution of a `while` in a frame: the one under way, or a new one."""
        execution = self.loops.get((id(frame), number))
        if execution is None:
            execution, region = self._begin(number, frame, "while")
            if region is not None:
                self._drive(execution, number, region, None)
        return execution

    def _left_alone(self, number: int, frame: FrameType, error: Exception) -> bool:
        """JANUS has failed at the head of a `while`: the user's own copy of it goes on."""
        if surfaced_from_handler(error):
            raise error
        execution = self.loops.setdefault((id(frame), number), Execution(frame))
        execution.alone = True
        self._fault(execution.claimed, "while", error)
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
                        self.store.recorder.trip(header_span(driver.site), driver.count)
        return going

    def rest_while(self, number: int) -> bool:
        """Whether the copy of a `while` without probes goes on; graph calls happen here."""
        frame = sys._getframe(1)
        execution = self.loops.get((id(frame), number))
        driver = execution.driver if execution is not None else None
        if execution is None or driver is None or driver.ended or execution.alone:
            return False
        try:
            going = self._goes_on(execution, driver)
            if going is None:
                driver.rest_while()
            return going is not False
        except Exception as error:
            return self._left_alone(number, frame, error)

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
        frame = sys._getframe(1)
        try:
            execution = self._while(number, frame)
            driver = execution.driver
            return driver is not None and not driver.ended and not execution.alone and self._goes_on_inside(execution, driver)
        except Exception as error:
            return self._left_alone(number, frame, error)

    def _goes_on_inside(self, execution: Execution, driver: Driver) -> bool:
        if driver.region.versions and not self.engine.backend.under_tape():
            driver.rest_while()
            return True
        return not (self._still_quiet(execution) and self._quiet_rounds_over(execution, driver))

    def untouched_while(self, number: int) -> bool:
        """Whether the user's own copy of a `while` runs: JANUS leaves the loop alone, and it has not ended."""
        execution = self._end((id(sys._getframe(1)), number))
        return execution is not None and execution.alone


__all__ = ["Whiles"]
