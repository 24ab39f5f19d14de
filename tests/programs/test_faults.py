"""Fault injection: each assertion of a graph is made to fail in each of several iterations; the outcome must be eager's.

Assertions stand in four places: the host's programs before the graph (`pre`), the graph itself, the host's program after
it (`post`), and what is fed. The first graph of a program gets one fault; everything that follows (relaxing, generating
again, running on) is left to the run time.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from janus_nb.backend import LoopResult
from janus_nb.cache.version import Version
from janus_nb.runtime import engine as engines
from janus_nb.runtime import executor
from janus_nb.runtime.journal import CheckFailed, Journal
from janus_nb.runtime.prepare import Cut

from tests.programs import control_flow, keras_programs, language, library, objects, partial
from tests.programs.harness import Program, differences, run
from tests.programs.recording import Result

ITERATIONS = (0, 2, 9)
PROGRAMS: dict[str, Program] = {
    "branch": control_flow.PROGRAMS["tensor_if_both"],
    "branches and numbers": language.PROGRAMS["chained_comparisons"],
    "integers": language.PROGRAMS["integer_arithmetic"],
    "early stopping": objects.PROGRAMS["early_stopping_object"],
    "containers": language.PROGRAMS["list_operations"],
    "objects": objects.PROGRAMS["dataclass_made_in_the_loop"],
    "numpy random": library.PROGRAMS["numpy_random_global"],
    "python random": library.PROGRAMS["python_random"],
    "window": library.PROGRAMS["deque_window"],
    "dropout": keras_programs.PROGRAMS["adam_dropout"],
    "segments": partial.PROGRAMS["unknown_call_in_the_middle"],
    "tape over segments": partial.PROGRAMS["tape_spans_a_call"],
    "arrays": language.PROGRAMS["array_written_in_place"],
    "best weights": objects.PROGRAMS["best_weights_copied"],
}


class Fault:
    """One fault: a kind of assertion, which one, and in which iteration of the first graph it fails."""

    def __init__(self, kind: str, index: int, iteration: int) -> None:
        self.kind, self.index, self.iteration = kind, index, iteration
        self.fired = False
        self.again = False
        self.seen: dict[str, int] | None = None

    def into(self, version: Version) -> None:
        """Build the fault into a version."""
        if self.seen is not None:
            return
        program = version.program
        self.seen = {"graph": program.body.checks, "pre": len(program.pre_checks), "post": len(program.host_checks), "error": 1}
        if self.kind == "graph" or self.kind == "error":
            version.graph = _FaultyGraph(version.graph, self)
        elif self.kind == "pre":
            version.program = dataclasses.replace(program, pre=self._failing(program.pre, lambda: Cut(self.index, "injected")))
        elif self.kind == "post":
            version.program = dataclasses.replace(program, post=self._failing_post(program.post))

    def _failing(self, function: Any, error: Any) -> Any:
        count = 0

        def call(*args: Any) -> Any:
            nonlocal count
            count += not self.again
            if count == self.iteration + 1 and not self.fired and not self.again:
                self.fired = True
                raise error()
            return function(*args)

        return call

    def _failing_post(self, function: Any) -> Any:
        fault = self

        class Faulty(Journal):
            __slots__ = ()

        count = 0

        def call(journal: Journal, *args: Any) -> Any:
            nonlocal count
            count += 1
            if count == fault.iteration + 1 and not fault.fired:
                check = journal.check

                def failing(index: int, condition: Any, expected: bool) -> None:
                    if index == fault.index and not fault.fired:
                        fault.fired = True
                        raise CheckFailed(index, not expected)
                    check(index, condition, expected)

                journal.check = failing  # type: ignore[method-assign]
                try:
                    return function(journal, *args)
                finally:
                    journal.check = check  # type: ignore[method-assign]
            return function(journal, *args)

        return call


class _FaultyGraph:
    """A graph whose assertion fails once, in one iteration (or that raises there)."""

    def __init__(self, graph: Any, fault: Fault) -> None:
        self.graph, self.fault, self.done, self.asked = graph, fault, 0, 0

    def run(self, steps: int, *args: Any) -> LoopResult:
        if steps == self.asked:  # a pure function is asked again for the iterations that passed
            self.asked = 0
            return self.graph.run(steps, *args)  # type: ignore[no-any-return]
        at = self.fault.iteration - self.done
        result: LoopResult = self.graph.run(steps, *args)
        if not self.fault.fired and 0 <= at < steps and at <= result.done:  # nothing has failed before by itself
            self.fault.fired = True
            if self.fault.kind == "error":
                raise RuntimeError("injected")
            self.asked = at
            return LoopResult(at, self.fault.index)
        self.done += result.done
        self.asked = result.done if result.done < steps else 0
        return result


def inject(monkeypatch: pytest.MonkeyPatch, program: Program, fault: Fault) -> Result:
    """Run a program under JANUS with a fault in its first graph."""
    attempt = engines.Engine.attempt

    def with_fault(self: Any, *args: Any) -> Any:
        made = attempt(self, *args)
        if isinstance(made, Version):
            fault.into(made)
        return made

    return_draws = executor.Executor.return_draws

    def drawn_again(*args: Any) -> None:
        fault.again = True
        return_draws(*args)
        fault.again = False

    with monkeypatch.context() as patch:
        patch.setattr(engines.Engine, "attempt", with_fault)
        patch.setattr(executor.Executor, "return_draws", drawn_again)
        return run(program, True, {})


@pytest.mark.slow
@pytest.mark.parametrize("name", PROGRAMS)
def test_every_assertion_may_fail_in_every_iteration(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program = PROGRAMS[name]
    eager = run(program, False, {})
    probe = Fault("none", 0, 0)
    inject(monkeypatch, program, probe)
    assert probe.seen is not None, "no graph"
    faults = [(kind, index) for kind, count in probe.seen.items() for index in sorted({*range(min(count, 2)), *range(max(0, count - 1), count)})]
    fired = 0
    for position, (kind, index) in enumerate(faults):
        for iteration in ITERATIONS if position < 2 else ITERATIONS[position % 3 :][:1]:
            fault = Fault(kind, index, iteration)
            janus = inject(monkeypatch, program, fault)
            fired += fault.fired
            problems = differences(eager, janus, program.floats)
            internal = [e for e in janus.report.events if type(e).__name__ in ("InternalError", "GraphRejected")]
            assert not problems and not internal, f"{kind} {index} in iteration {iteration}: {problems} {internal}\n{janus.report.to_text()}"
    assert fired >= len(faults) // 2, f"{fired} of {len(faults)} faults came to pass"
