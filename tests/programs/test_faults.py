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
from janus_nb.lowering.core.programs import HostPrograms
from janus_nb.lowering.core.values import Phase
from janus_nb.lowering.effects.checks import CheckFailed
from janus_nb.runtime import engine as engines
from janus_nb.runtime import executor

from tests.programs import control_flow, keras_programs, language, library, objects, partial, text_and_types
from tests.programs.harness import Program, differences, run
from tests.programs.recording import Result

ITERATIONS = (0, 2, 9)
PROGRAMS: dict[str, Program] = {
    "branch": control_flow.PROGRAMS["tensor_if_both"],
    "branches and numbers": language.PROGRAMS["chained_comparisons"],
    "integers": text_and_types.PROGRAMS["integer_arithmetic"],
    "early stopping": objects.PROGRAMS["early_stopping_object"],
    "containers": text_and_types.PROGRAMS["list_operations"],
    "objects": objects.PROGRAMS["dataclass_made_in_the_loop"],
    "numpy random": library.PROGRAMS["numpy_random_global"],
    "python random": library.PROGRAMS["python_random"],
    "window": library.PROGRAMS["deque_window"],
    "dropout": keras_programs.PROGRAMS["adam_dropout"],
    "segments": partial.PROGRAMS["unknown_call_in_the_middle"],
    "tape over segments": partial.PROGRAMS["tape_spans_a_call"],
    "arrays": text_and_types.PROGRAMS["array_written_in_place"],
    "best weights": objects.PROGRAMS["best_weights_copied"],
}


class Fault:
    """One fault: a kind of assertion, which one, and in which iteration of the first graph it fails."""

    def __init__(self, kind: str, index: int, iteration: int) -> None:
        self.kind, self.index, self.iteration = kind, index, iteration
        self.fired = False
        self.again = False
        self.failing = False
        self.seen: dict[str, int] | None = None

    def into(self, version: Version) -> None:
        """Build the fault into a version."""
        if self.seen is not None:
            return
        program = version.program
        self.seen = {"graph": program.graph.body.checks, "pre": len(program.conditions.before), "post": len(program.conditions.at_replay), "error": 1}
        if self.kind == "graph" or self.kind == "error":
            version.graph = _FaultyGraph(version.graph, self)
        elif self.kind == "pre":
            version.program = dataclasses.replace(
                program, host=dataclasses.replace(program.host, pre=self._failing(program.host.pre, lambda: CheckFailed(self.index, "injected")))
            )
        elif self.kind == "post":
            version.program = dataclasses.replace(program, host=dataclasses.replace(program.host, post=self._failing_post(program.host.post)))

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
        count = 0

        def call(*args: Any) -> Any:
            nonlocal count
            count += 1
            self.failing = count == self.iteration + 1 and not self.fired
            try:
                return function(*args)
            finally:
                self.failing = False

        return call

    def probe(self, condition: Any, index: int, expected: bool) -> Any:
        """Stands before every condition that a post program checks."""
        if not self.failing or index != self.index:
            return condition
        self.fired = True
        return not expected


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

    check = HostPrograms.check

    def probed(self: HostPrograms, phase: Phase, index: int, condition: Any, expected: bool) -> None:
        if phase is Phase.POST:
            condition = self.operation(f"{{probe}}({{}}, {index}, {expected})", condition, uses={"probe": fault.probe})
        check(self, phase, index, condition, expected)

    with monkeypatch.context() as patch:
        patch.setattr(HostPrograms, "check", probed)
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
