"""Every program of the corpus: eager equals JANUS, and those that should run in a graph do (counted)."""

from __future__ import annotations

import pytest

from tests.programs import (
    control_flow,
    effects,
    exceptions,
    functions,
    fuzz,
    heap,
    idioms,
    keras_programs,
    numbers,
    sources,
    traps,
    violations,
)
from tests.programs.harness import Program, check

TOPICS = (control_flow, effects, exceptions, functions, heap, idioms, keras_programs, numbers, sources, traps, violations)
ALL = {f"{t.__name__.rpartition('.')[2]}.{name}": p for t in TOPICS for name, p in t.PROGRAMS.items()}


@pytest.mark.parametrize("name", ALL)
def test_program(name: str) -> None:
    program: Program = ALL[name]
    report = check(program)
    counts = report.counts
    if program.graph:
        assert counts["graph"] > 0, report.to_text()
    if program.aborts is not None:
        assert counts["aborts"] == program.aborts, report.to_text()
    for key, value in program.counts.items():
        assert counts[key] == value, f"{key}: {counts[key]}\n{report.to_text()}"


def test_enough_programs() -> None:
    assert len(ALL) >= 60
    assert sum(p.graph for p in ALL.values()) >= 50


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(24))
def test_random_program(seed: int) -> None:
    """Control flow, state, effects and aborts mixed at random (`python -m tests.programs.fuzz` runs more)."""
    check(fuzz.make(seed))
