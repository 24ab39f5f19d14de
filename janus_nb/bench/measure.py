"""Timing: every variant of a program in one process, interleaved, after it has been checked to compute the same.

fresh namespaces -> first run of each (checked against eager) -> rounds of timed runs, one of each variant in turn
                 -> total time of a fixed run, from nothing, profiling, tracing and compilation included
"""

from __future__ import annotations

import contextlib
import gc
import io
import linecache
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import CodeType
from typing import Any

from janus_nb.bench.program import HEAD, Handwritten, Program
from janus_nb.function import run_cell, runtime

CHECKED = 24
"""Iterations whose losses are compared."""

RUN_SECONDS = 0.6
"""About how long one timed run of a slow variant takes."""

TOTAL_SECONDS = 6.0
"""Eager's total time is measured up to this; beyond, it follows from the time per iteration."""

SETTLING_SECONDS = 40.0
"""JANUS chooses a backend in the first so many seconds of runs, or not at all."""


@dataclass
class Timing:
    """Of one variant.

    Attributes:
        seconds: Per iteration, each timed run's.
        first: Of the first run in seconds: tracing and compilation.
        total: Of the fixed run in seconds, everything included; `None` if it was not taken.
        computed: Whether `total` follows from the time per iteration.
        difference: Largest relative difference of a loss from eager's, in the first iterations.
    """

    seconds: list[float] = field(default_factory=list)
    first: float = 0.0
    total: float | None = None
    computed: bool = False
    difference: float | None = None

    @property
    def median(self) -> float:
        """Median seconds per iteration."""
        return statistics.median(self.seconds)


@dataclass
class Outcome:
    """Of one program.

    Attributes:
        program: Which.
        timings: By variant: "eager", the hand-written ones ("K steps, XLA"), "JANUS" (or the ablation's bars).
        backends: What runs JANUS's graphs in the end, and their fastest iteration.
        counts: JANUS's counts in the last timed run.
    """

    program: Program
    timings: dict[str, Timing]
    backends: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def over(self, variant: str, base: str) -> float | None:
        """How many times faster one variant is than another, per iteration."""
        if variant not in self.timings or base not in self.timings:
            return None
        return self.timings[base].median / self.timings[variant].median

    @property
    def best_by_hand(self) -> str | None:
        """The fastest hand-written variant that runs several steps a call."""
        found = [n for n in self.timings if n.startswith("K steps")]
        return min(found, key=lambda n: self.timings[n].median) if found else None


class Running:
    """A variant of a program in a namespace of its own."""

    def __init__(self, program: Program, start: Callable[[dict[str, Any]], Callable[[], Any]]) -> None:
        self.program = program
        self._start = start
        self.restart()

    def restart(self) -> None:
        """A fresh namespace: same seeds, same data."""
        self.namespace: dict[str, Any] = {"__name__": "__main__"}
        exec(compiled(HEAD + self.program.setup, f"<cell-setup {self.program.name}>"), self.namespace)
        self._run = self._start(self.namespace)

    def run(self, count: int) -> float:
        """Seconds that `count` units take."""
        self.namespace["count"] = count
        self.namespace["losses"].clear()
        gc.collect()
        gc.disable()  # as `timeit` does: a collection looks through all of TensorFlow's objects, whosever turn it is
        try:
            started = time.perf_counter()
            with contextlib.redirect_stdout(io.StringIO()):
                self._run()
            return time.perf_counter() - started
        finally:
            gc.enable()


def compiled(text: str, file: str) -> CodeType:
    """Code whose source AutoGraph (and JANUS) can find, as that of a notebook's cell."""
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    return compile(text, file, "exec")


def eager_start(program: Program) -> Callable[[dict[str, Any]], Callable[[], Any]]:
    """The cell as it is, run by Python."""
    code = compile(program.cell, "<eager>", "exec")
    return lambda namespace: lambda: exec(code, namespace)


def _by_hand(written: Handwritten, xla: bool) -> Callable[[dict[str, Any]], Callable[[], Any]]:
    define, loop = compiled(written.define, f"<by hand {hash(written)}>"), compile(written.loop, "<loop by hand>", "exec")

    def start(namespace: dict[str, Any]) -> Callable[[], Any]:
        namespace["XLA"] = xla
        exec(define, namespace)
        return lambda: exec(loop, namespace)

    return start


def janus_start(program: Program, options: dict[str, Any]) -> Callable[[dict[str, Any]], Callable[[], Any]]:
    """The cell as it is, under JANUS with the given options."""

    def start(namespace: dict[str, Any]) -> Callable[[], Any]:
        return lambda: run_cell(program.cell, namespace, name=program.name, view="none", **options)

    return start


def variants_of(program: Program, options: dict[str, Any]) -> dict[str, Running]:
    """Everything a program is measured as, started."""
    made = {"eager": Running(program, eager_start(program))}
    for name, written in program.by_hand.items():
        made[name] = Running(program, _by_hand(written, False))
        if name != "fit" and program.xla:
            made[f"{name}, XLA"] = Running(program, _by_hand(written, True))
    made["JANUS"] = Running(program, janus_start(program, options))
    return made


def measure(program: Program, rounds: int = 5, options: dict[str, Any] | None = None, progress: Callable[[str], None] = lambda text: None) -> Outcome:
    """Measure one program.

    Args:
        program: Which.
        rounds: Timed runs of each variant.
        options: Options of JANUS.
        progress: Called with what is being done.
    """
    running = variants_of(program, options or {})
    outcome = Outcome(program, {name: Timing() for name in running})
    gc.collect()
    gc.freeze()
    for name, variant in list(running.items()):
        progress(f"{program.name}: first run of {name}")
        checked = Running(program, janus_start(program, {**(options or {}), "generate": "always"})) if name == "JANUS" else variant
        checked.restart()  # random streams are the process's
        try:
            outcome.timings[name].first = checked.run(_checked_count(program, name))
        except Exception as error:  # a hand-written variant that this TensorFlow cannot compile is left out, and said to be
            if name in ("eager", "JANUS"):
                raise
            progress(f"{program.name}: {name} does not run: {str(error).splitlines()[0][:120]}")
            del running[name], outcome.timings[name]
            continue
        outcome.timings[name].difference = _difference(running["eager"].namespace["losses"], checked.namespace["losses"])
    settle(program, running["JANUS"], progress)
    timed(program, running, outcome, rounds, progress)
    report = runtime.last
    assert report is not None
    outcome.counts = dict(report.counts)
    newest = (region.versions[0] for region in runtime.store.regions.values() if region.versions)
    outcome.backends = [f"{v.backend}, {v.seconds * 1e6:.1f} us at best" for v in newest]
    take_totals(program, running, outcome, progress)
    return outcome


def _checked_count(program: Program, name: str) -> int:
    return -(-CHECKED // program.unit) if program.unit > 1 or name in ("eager", "JANUS", "per step") else program.count


def _difference(expected: list[float], found: list[float]) -> float | None:
    """Largest relative difference among the first losses."""
    pairs = list(zip(expected[:CHECKED], found[:CHECKED], strict=False))
    return max((abs(a - b) / max(abs(a), 1e-3) for a, b in pairs), default=None)


def settle(program: Program, janus: Running, progress: Callable[[str], None]) -> None:
    """Run JANUS until it has decided how to run the program, or for a while."""
    started = time.perf_counter()
    while time.perf_counter() - started < SETTLING_SECONDS:
        progress(f"{program.name}: JANUS settles")
        janus.run(program.count)
        if all(v.decided for region in runtime.store.regions.values() for v in region.versions):
            return


def timed(program: Program, running: dict[str, Running], outcome: Outcome, rounds: int, progress: Callable[[str], None]) -> None:
    """Rounds of one run of each variant."""
    fast = {name for name in running if name.startswith(("K steps", "JANUS", "+STEPS", "+XLA")) or name == "fit"}
    counts = {}
    for name, variant in running.items():
        counts[name] = program.count
        if name not in fast:
            each = variant.run(1)
            counts[name] = max(1, min(program.count, round(RUN_SECONDS / each)))
            variant.run(counts[name])
    for number in range(rounds):
        progress(f"{program.name}: round {number + 1} of {rounds}")
        for name, variant in running.items():
            outcome.timings[name].seconds.append(variant.run(counts[name]) / (counts[name] * program.unit))


def take_totals(program: Program, running: dict[str, Running], outcome: Outcome, progress: Callable[[str], None]) -> None:
    """Total time of the fixed run from nothing, of each variant."""
    iterations = program.total * program.unit
    eager = outcome.timings["eager"].median * iterations
    repeats = 5 if eager < 2.0 else 1
    for name, variant in running.items():
        timing = outcome.timings[name]
        slow = name != "JANUS" and timing.first > TOTAL_SECONDS
        if slow or (name == "eager" and eager > TOTAL_SECONDS):
            timing.total, timing.computed = (timing.first if slow else 0.0) + timing.median * iterations, True
            continue
        progress(f"{program.name}: total of {name}")
        totals = []
        for _ in range(repeats):
            if name == "JANUS":
                runtime.forget()
            variant.restart()
            totals.append(variant.run(program.total))
        timing.total = statistics.median(totals)


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    import os
    import platform
    from importlib.metadata import version

    return {
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "machine": platform.machine(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("tensorflow", "keras", "numpy", "janus-nb")},
    }


def chosen(names: Iterable[str]) -> list[Program]:
    """Programs by name; all without names.

    Raises:
        KeyError: an unknown name.
    """
    from janus_nb.bench.catalogue import BY_NAME, PROGRAMS

    return [BY_NAME[n] for n in names] or list(PROGRAMS)


__all__ = ["Outcome", "Running", "Timing", "chosen", "compiled", "eager_start", "janus_start", "machine", "measure", "settle", "take_totals", "timed"]
