"""The core sequence, once, for loops, functions and segments alike.

    look up      a graph version whose guards hold
    generate     one, if there is none and it pays
    verify       it beside Python, before its first commits and at growing distances ever after (the audit)
    run          as many iterations as hold, and commit them
    relax        what failed, and let Python run the iteration

An attempt ends in one of two ways: iterations have been committed, or Python runs what comes next. Whatever goes wrong inside JANUS
is an event, and Python runs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from janus_nb.cache.lookup import Miss, lookup
from janus_nb.cache.version import Version
from janus_nb.events import Missed, Spent
from janus_nb.proof.fingerprint import Fingerprint
from janus_nb.proof.output import Transcript
from janus_nb.runtime.engine import Engine
from janus_nb.runtime.executor import Executor
from janus_nb.runtime.region import Region
from janus_nb.runtime.signals import deferred_signals
from janus_nb.runtime.sources import Block
from janus_nb.runtime.verify import Scene, Trial, rehearse, settle


@dataclass(frozen=True, slots=True)
class Committed:
    """Iterations were run by a graph, and are final.

    Attributes:
        iterations: How many.
        stopped: Whether Python must run the next one.
    """

    iterations: int
    stopped: bool = False


@dataclass(frozen=True, slots=True)
class PythonRuns:
    """Python runs what comes next; with a `trial`, it is compared with what a graph predicts."""

    why: str
    trial: Trial | None = None


class Caller(Protocol):
    """What an attempt asks of a loop, a function's call or a segment."""

    @property
    def region(self) -> Region: ...
    @property
    def executor(self) -> Executor: ...
    def names(self) -> MutableMapping[str, Any]: ...
    def arrive(self) -> None: ...
    def scene(self) -> Scene: ...
    def against(self) -> str | None: ...
    def generate(self) -> Version | None: ...
    def block(self, version: Version, count: int | None) -> Block | None: ...
    def scope(self, rehearsing: bool) -> AbstractContextManager[Any]: ...
    def directly(self, version: Version) -> bool: ...
    def advance(self, done: int) -> None: ...
    def skip(self, done: int) -> None: ...
    def committed(self, version: Version, block: Block, done: int, seconds: float) -> None: ...


class Attempt:
    """Attempts of one caller, one after another."""

    def __init__(self, engine: Engine, caller: Caller) -> None:
        self.engine = engine
        self.caller = caller
        self._before: Fingerprint | None = None
        self._muted = ""
        self._transcript: Transcript | None = None

    def __call__(self) -> Committed | PythonRuns:
        """Run iterations as a graph, or say why Python must."""
        __tracebackhide__ = True
        with deferred_signals():
            done: Committed | PythonRuns = PythonRuns("internal error")
            try:
                self._unmute()
                done = self._attempt()
                if isinstance(done, PythonRuns):
                    self._hand_over(done)
            except Exception as error:
                self.engine.containment.contain(self.caller.region, "attempt", error)
                if isinstance(done, PythonRuns):
                    done = PythonRuns("internal error")
            return done

    def _hand_over(self, outcome: PythonRuns) -> None:
        """Python's turn: what it prints is taken down for a trial; what has been printed is not printed again."""
        if outcome.trial is not None:
            outcome.trial.transcript.open()
        elif self._muted:
            self._transcript = Transcript(mute=self._muted).open()
            self._muted = ""

    def _unmute(self) -> None:
        if self._transcript is not None:
            self._transcript.close()
            self._transcript = None

    def _attempt(self) -> Committed | PythonRuns:
        __tracebackhide__ = True
        engine, caller = self.engine, self.caller
        self._before = None
        caller.arrive()
        version = self._version()
        if isinstance(version, str):
            return PythonRuns(version)
        count = engine.judge.to_compare(caller.region, version)
        if not count:
            if caller.directly(version):
                return Committed(1)
            return self._run(version)
        return self._rehearse(version, count)

    def _version(self) -> Version | str:
        """The version to run, generated if need be; or why there is none."""
        caller, region, names = self.caller, self.caller.region, self.caller.names()
        found = lookup(region.versions, names)
        if not isinstance(found, Miss):
            region.missed = region.renewed = False
            self.engine.judge.uses(region, found.version, lambda: caller.scene().bound())
            return found.version
        if region.versions and not region.missed:
            self.engine.bus.emit(Missed(region.number, found.explain(names)))
            self.engine.judge.learn_from_miss(region, found)
        if region.missed and not region.generate_again:
            return "no graph fits"
        if region.versions and found.replaced and not region.renewed:
            region.renewed = True
            return "objects are new"  # what builds itself at its first use does so in Python
        why = caller.against()
        if why is not None:
            return why
        region.missed, region.generate_again = True, False
        self._before = self._look()
        made = caller.generate()
        if made is None:
            return "no graph"
        made.bound = caller.scene().bound()
        return made

    def _look(self) -> Fingerprint | None:
        if self.engine.options.verify == "off":
            return None
        with self._verifying():
            return self.caller.scene().look(self.engine.backend, {}, frozenset())

    @contextmanager
    def _verifying(self, what: str = "verify") -> Iterator[None]:
        """A context whose time counts as verification, or as compilation, if that is what a first call does."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.engine.bus.emit(Spent(self.caller.region.number, what, time.perf_counter() - started))

    def _rehearse(self, version: Version, count: int) -> PythonRuns:
        __tracebackhide__ = True
        caller, started = self.caller, time.perf_counter()
        block = caller.block(version, count)
        if block is None:
            return PythonRuns("the source has ended")
        with caller.scope(True), self._verifying("compile" if version.sibling is not None and version.agreed == 0 else "verify"):
            trial = rehearse(caller.executor, version, block, caller.scene(), self._before)
        version.cost = time.perf_counter() - started
        self.engine.choice.compiled(version, version.cost)
        if isinstance(trial, Trial):
            return PythonRuns("verification" if not version.verified else "audit", trial)
        return self._failed(version, trial)

    def _run(self, version: Version) -> Committed | PythonRuns:
        __tracebackhide__ = True
        caller, started = self.caller, time.perf_counter()
        block = caller.block(version, None)
        if block is None:
            return PythonRuns("the source has ended")
        if version.sibling is not None and 2 * len(block.elements) < version.steps:
            version = version.sibling  # the compiled loop has room for many more
        with caller.scope(False):
            outcome, _ = caller.executor.run(version, block)
        if outcome.done:
            self._advance(outcome.done)
            with self.engine.contained(caller.region, "after a commit"):
                caller.committed(version, block, outcome.done, time.perf_counter() - started)
        if outcome.stopped is None:
            return Committed(outcome.done)
        self._muted = outcome.printed
        failed = self._failed(version, outcome.stopped)
        if not outcome.done:
            return failed
        self._hand_over(failed)
        return Committed(outcome.done, stopped=True)

    def _advance(self, done: int) -> None:
        """The elements of iterations that are final are used up, whatever goes wrong."""
        try:
            self.caller.advance(done)
        except Exception as error:
            self.engine.containment.contain(self.caller.region, "after a commit", error)
            self.caller.skip(done)

    def _failed(self, version: Version, why: Any) -> PythonRuns:
        """Python runs the iteration; without the assumption that failed, a new graph may be generated."""
        with self.engine.contained(self.caller.region, "after a fallback"):
            if self.engine.judge.failed(self.caller.region, version, why):
                self.caller.region.missed = False
        return PythonRuns("graph failed" if isinstance(why, Exception) else "fallback")

    def settle(self, trial: Trial) -> None:
        """Python has run the iterations of a trial: the version has agreed once more, or is thrown away."""
        with deferred_signals(), self.engine.contained(self.caller.region, "verification"):
            started = time.perf_counter()
            with self._verifying():
                compared, differs = settle(self.engine.backend, trial, self.caller.scene())
            trial.version.cost += time.perf_counter() - started
            self.engine.judge.settle(self.caller.region, trial.version, compared, differs)

    def abandon(self, trial: Trial | None) -> None:
        """The region is left; if the iterations of a trial are not over, the graph went on where Python did not."""
        with self.engine.contained(self.caller.region, "verification"):
            self._unmute()
            if trial is not None:
                trial.transcript.close()
                self.engine.judge.left(self.caller.region, trial.version)

    def release(self) -> None:
        """No more attempts: let go of the caller, and of all that it holds."""
        del self.caller


__all__ = ["Attempt", "Caller", "Committed", "PythonRuns"]
