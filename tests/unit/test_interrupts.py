"""Interrupts at any moment: what is left is the state of a whole number of iterations, and at most one that Python was running.

A timer fires after every one of some hundreds of delays, spread over a run in which a loop is profiled, generated, rehearsed, run as a
graph, falls back, and is generated anew. The signal's own handler raises, as `KeyboardInterrupt` is raised by the stop button.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from janus_nb.runtime.signals import deferred_signals, interruptible
from janus_nb.runtime.store import Store

from tests.unit.test_engine import every_iteration_is_worth_it, run, space

__all__ = ["every_iteration_is_worth_it"]

POINTS = 320
ROUNDS = 120

CELL = """
for i in range(ROUNDS):
    v.add(1.0)
    log.append(i)
    table[i] = float(data[i % 100])
    box.n += 1
    k = rng.integers(0, 10)
    drawn.append(int(k))
    if data[i % 100] > 60.5:
        late.append(i)
    last = i
"""


class Box:
    def __init__(self) -> None:
        self.n = 0


class Stopped(Exception):
    """Raised by the signal handler."""


def fresh() -> dict[str, Any]:
    return space(box=Box(), table={}, drawn=[], late=[], rng=np.random.default_rng(7), ROUNDS=ROUNDS)


def assert_consistent(names: dict[str, Any]) -> int:
    """Whether the state is that of a whole number of iterations, and at most one begun by Python, whose statements ran in order."""
    steps = [int(names["v"].data[0]), len(names["log"]), len(names["table"]), names["box"].n, len(names["drawn"])]
    assert steps == sorted(steps, reverse=True) and steps[0] - steps[-1] <= 1, steps
    assert names["log"] == list(range(steps[1]))
    assert names["table"] == {i: float(i % 100) for i in range(steps[2])}
    again = np.random.default_rng(7)
    assert names["drawn"] == [int(again.integers(0, 10)) for _ in range(steps[4])]
    ahead = [again.bit_generator.state]
    again.integers(0, 10)
    ahead.append(again.bit_generator.state)
    assert names["rng"].bit_generator.state in ahead
    expected = [i for i in range(steps[4]) if i % 100 > 60]
    assert names["late"] in (expected, expected[:-1])
    return steps[4]


def interrupted(names: dict[str, Any], delay: float, error: type[BaseException]) -> int:
    """Run the cell; how often the handler's exception surfaced."""

    def handler(number: int, frame: Any) -> None:
        raise error()

    before = signal.signal(signal.SIGALRM, handler)
    surfaced = 0
    try:
        signal.setitimer(signal.ITIMER_REAL, delay)
        run(CELL, names, store=Store())
    except error:
        surfaced = 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    return surfaced


@pytest.mark.parametrize("error", [Stopped, KeyboardInterrupt])
def test_an_interrupt_at_any_moment_leaves_whole_iterations(error: type[BaseException]) -> None:
    started = time.perf_counter()
    run(CELL, fresh(), store=Store())
    whole = time.perf_counter() - started
    reached: set[int] = set()
    surfaced = 0
    for point in range(POINTS // 2):
        names = fresh()
        came = interrupted(names, 1e-4 + whole * 1.1 * point / (POINTS // 2), error)
        done = assert_consistent(names)
        assert came or done == ROUNDS, "the exception was lost"
        surfaced += came
        reached.add(done)
    assert surfaced > POINTS // 8 and len(reached) > 5, (surfaced, sorted(reached))


def noting(into: list[int], then: Callable[[], None] = lambda: None) -> Callable[[int, Any], None]:
    def handler(number: int, frame: Any) -> None:
        into.append(number)
        then()

    return handler


def test_signals_wait_and_are_delivered_once_in_order() -> None:
    seen: list[int] = []
    before = {number: signal.signal(number, noting(seen)) for number in (signal.SIGUSR1, signal.SIGUSR2)}
    try:
        with deferred_signals():
            signal.raise_signal(signal.SIGUSR2)
            signal.raise_signal(signal.SIGUSR1)
            with deferred_signals():
                signal.raise_signal(signal.SIGUSR1)
            assert seen == []
        assert seen == [signal.SIGUSR2, signal.SIGUSR1, signal.SIGUSR1]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_handler_that_raises_does_not_lose_the_signals_after_it() -> None:
    seen: list[int] = []

    def fail() -> None:
        raise Stopped

    before = {signal.SIGUSR1: signal.signal(signal.SIGUSR1, noting(seen, fail)), signal.SIGUSR2: signal.signal(signal.SIGUSR2, noting(seen))}
    try:
        with pytest.raises(Stopped), deferred_signals():
            signal.raise_signal(signal.SIGUSR1)
            signal.raise_signal(signal.SIGUSR2)
        assert seen == [signal.SIGUSR1, signal.SIGUSR2]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_handlers_run_at_once_where_nothing_is_half_done() -> None:
    seen: list[int] = []

    def fail() -> None:
        raise Stopped

    before = signal.signal(signal.SIGUSR1, noting(seen, fail))
    after: list[str] = []
    try:
        with pytest.raises(Stopped), deferred_signals():
            try:
                with interruptible():
                    signal.raise_signal(signal.SIGUSR1)
                    after.append("not reached")
            except Exception:
                after.append("taken for an error of our own")
        assert seen == [signal.SIGUSR1] and not after
    finally:
        signal.signal(signal.SIGUSR1, before)
