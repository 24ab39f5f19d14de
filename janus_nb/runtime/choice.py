"""The choice of a backend: TensorFlow's executor or XLA, for each graph version by measurement on live iterations.

    executor runs, and is timed
      -> enough work left to pay for compiling?          (expected: what the loop announces, or as much again as was done)
      -> the same body compiled by XLA: a new graph, verified like any other before it commits
      -> its calls commit, and are timed; the slower of the two is not called again

Every call does the loop's own work: nothing is run only to be measured.
"""

from __future__ import annotations

from janus_nb.backend import Backend
from janus_nb.cache.version import Version
from janus_nb.config import Options
from janus_nb.events import BackendChosen, EventBus, Working
from janus_nb.runtime.region import Region

SETTLED_CALLS = 3
"""Calls of one size by the executor before its time per iteration is taken for settled."""

TRIAL_CALLS = 3
"""Calls of the compiled graph on which it is judged; the first of them may still warm up."""

HOPELESS = 4.0
"""Times the executor's time after which one call is enough: XLA compiles anew for every value of some input."""

COMPILE_SECONDS = (0.4, 4e-3, 2e-6)
"""What compiling a body of n operations is expected to take: a + b n + c n**2; later, scaled by what the last compilation took."""

LONGEST = 10.0
"""Seconds of compilation that nobody is made to wait for unasked."""

EXPECTED_GAIN = 0.5
"""Share of the executor's time that XLA is hoped to save."""


class BackendChoice:
    """Chooses for all versions of a session."""

    def __init__(self, backend: Backend, options: Options, bus: EventBus) -> None:
        self.backend = backend
        self.options = options
        self.bus = bus
        self._factor = 1.0

    def first(self, region: Region, version: Version, against: str | None = None) -> None:
        """Say how a new version's graph runs; `against` is why it does not run as the user has asked."""
        why = "asked for" if self.options.xla != "auto" else "XLA is tried when the work left pays for compiling"
        self._tell(region, version, why if against is None else f"{against}: not compiled with XLA")

    def after_call(self, region: Region, version: Version, done: int, announced: int | None) -> None:
        """A call has committed `done` iterations: try XLA, or judge it. `announced`: iterations still to come, if known."""
        version.calls = 1 if done > 1.25 * version.largest else version.calls + 1
        version.largest = max(version.largest, done)
        if version.sibling is not None:
            self._judge(region, version)
        elif not version.decided and self._pays(region, version, announced):
            version.decided = True
            self._try(region, version)

    def _pays(self, region: Region, version: Version, announced: int | None) -> bool:
        if self.options.xla != "auto" or not self.options.multistep or version.calls < SETTLED_CALLS:
            return False
        left, cost = max(announced or 0, version.iterations), self._cost(version)
        if cost > LONGEST:
            version.decided = True
            self._tell(region, version, f"compiling with XLA is expected to take {cost:.0f} s: not tried without `--xla on`")
            return False
        return left * version.seconds * EXPECTED_GAIN > cost

    def _cost(self, version: Version) -> float:
        a, b, c = COMPILE_SECONDS
        n = len(version.program.graph.body.ops)
        return self._factor * (a + b * n + c * n * n)

    def _try(self, region: Region, version: Version) -> None:
        body = version.program.graph.body
        against = self.backend.unsuited_to_xla(body)
        if against is not None:
            self._tell(region, version, f"{against}: not tried with XLA")
            return
        compiled = self.backend.compile(body, xla=True, parallel=self.options.parallel, capacity=version.largest)
        made = Version(version.number, version.program, compiled, steps=version.largest, backend="XLA", sibling=version, generated=version.generated)
        region.versions.insert(region.versions.index(version), made)
        expected = f"expected {self._cost(version):.1f} s, for what took {version.iterations * version.seconds:.1f} s so far"
        self._tell(region, made, f"being compiled ({expected}) and verified")
        self.bus.emit(Working(region.number, f"compiling with XLA, about {self._cost(version):.1f} s"))

    def compiled(self, version: Version, seconds: float) -> None:
        """The first call of a compiled graph took this long, compilation included."""
        if version.sibling is not None and version.agreed == 0:
            expected = self._cost(version) / self._factor
            self._factor = max(0.2, seconds / expected) if expected > 0 else 1.0

    def _judge(self, region: Region, version: Version) -> None:
        sibling = version.sibling
        if version.decided or sibling is None:
            return
        if version.calls < TRIAL_CALLS and version.seconds < HOPELESS * sibling.seconds:
            return
        version.decided = True
        numbers = f"{version.seconds * 1e6:.0f} us an iteration, the executor {sibling.seconds * 1e6:.0f} us"
        if version.seconds <= sibling.seconds:
            self._tell(region, version, numbers)
        else:
            self.give_up(region, version, f"XLA {numbers}")

    def give_up(self, region: Region, version: Version, why: str) -> None:
        """Go back to the executor: XLA cannot compile the graph, computes something else, or is slower."""
        if version in region.versions:
            region.versions.remove(version)
        assert version.sibling is not None
        self._tell(region, version.sibling, why)

    def _tell(self, region: Region, version: Version, why: str) -> None:
        self.bus.emit(BackendChosen(region.number, version.number, version.backend, why))


__all__ = ["BackendChoice"]
