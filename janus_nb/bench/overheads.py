"""What JANUS itself costs: profiling, the way to the first graph, a hit, a run again."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from textwrap import indent
from typing import Any

from janus_nb.bench.catalogue import BY_NAME, MLP_STEP
from janus_nb.bench.measure import Running, compiled, eager_start, janus_start
from janus_nb.events import Event, GraphRan, Profiled
from janus_nb.function import function, run_cell, runtime

_STEP = f"def step(x, y):\n{indent(MLP_STEP, '    ')}\n    return loss\nx, y = tf.constant(images[:32]), tf.constant(labels[:32])\n"


def profiling(rounds: int = 9, count: int = 60) -> float:
    """Median time of a profiled iteration over the median time of an eager one (MLP, indexing), side by side."""
    program = BY_NAME["mlp-tensor"]
    eager, janus = Running(program, eager_start(program)), Running(program, janus_start(program, {"profile": count - 20}))
    eager.run(count), janus.run(count)
    ratios = []
    for _ in range(rounds):
        runtime.forget()
        plain = eager.run(count) / count
        janus.run(count)
        assert runtime.last is not None
        ratios.append(statistics.median(e.seconds for e in runtime.last.events if isinstance(e, Profiled)) / plain)
    return statistics.median(ratios)


def first_commit(repeats: int = 5) -> float:
    """Median seconds from the last profiled iteration to the first committed graph call (MLP, indexing, no XLA)."""
    program = BY_NAME["mlp-tensor"]
    variant = Running(program, eager_start(program))
    found = []
    for _ in range(repeats):
        runtime.forget()
        variant.restart()
        stamps: dict[type, float] = {}

        def note(event: Event, stamps: dict[type, float] = stamps) -> None:
            if isinstance(event, Profiled) or (isinstance(event, GraphRan) and GraphRan not in stamps):
                stamps[type(event)] = time.perf_counter()

        variant.namespace["count"] = 400
        run_cell(program.cell, variant.namespace, watch=note, view="none")
        found.append(stamps[GraphRan] - stamps[Profiled])
    return statistics.median(found)


def hit(rounds: int = 15, count: int = 300) -> tuple[float, float]:
    """Microseconds of a call of a decorated function, and of the same as a `ConcreteFunction`: medians, interleaved."""
    import gc

    import tensorflow as tf

    program = BY_NAME["mlp-tensor"]
    calls: list[Callable[[], Any]] = []
    for decorate in (True, False):
        variant = Running(program, eager_start(program))
        exec(compiled(_STEP, "<cell-setup step>"), variant.namespace)
        step, x, y = (variant.namespace[n] for n in ("step", "x", "y"))
        called = function(step) if decorate else tf.function(step).get_concrete_function(x, y)
        calls.append(partial(called, x, y))
    for call in calls:
        for _ in range(30):
            call()
    gc.collect()
    times: list[list[float]] = [[], []]
    for _ in range(rounds):
        for call, taken in zip(calls, times, strict=True):
            started = time.perf_counter()
            for _ in range(count):
                call()
            taken.append((time.perf_counter() - started) / count * 1e6)
    return statistics.median(times[0]), statistics.median(times[1])


def again() -> tuple[int, int]:
    """Graphs generated, and functions traced, when a cell is run again, and when it is edited outside its loop."""
    from janus_nb.tf.flat import FlatFunction

    program = BY_NAME["mlp-tensor"]
    variant = Running(program, janus_start(program, {}))
    variant.run(400)
    made = FlatFunction.made
    variant.run(400)
    assert runtime.last is not None
    graphs = runtime.last.counts["graphs"]
    variant.namespace["count"] = 400
    report = run_cell("# a remark\nbefore = 1\n\n" + program.cell + "after = 2\n", variant.namespace, view="none")
    return graphs + report.counts["graphs"], FlatFunction.made - made


def overheads(progress: Callable[[str], None] = lambda text: None) -> dict[str, str]:
    """All of it, in words."""
    progress("overheads: profiling")
    found = {"a profiled iteration (MLP, indexing)": f"{profiling():.2f}x an eager one"}
    progress("overheads: first commit")
    found["from hot to the first committed graph call (MLP, no XLA)"] = f"{first_commit():.2f} s"
    progress("overheads: a hit")
    janus, concrete = hit()
    found["a hit of `@janus_nb.function` (MLP step)"] = f"{janus:.0f} us; the same as a `ConcreteFunction`: {concrete:.0f} us"
    graphs, traces = again()
    found["the cell run again, and edited outside its loop"] = f"{graphs} graphs generated, {traces} functions traced"
    return found


__all__ = ["again", "first_commit", "hit", "overheads", "profiling"]
